"""One actor has another handle a message as part of its own: one unit, one fate."""

from typing import ClassVar

import msgspec
import pytest

from parlour.actors.actor import EngineActor
from parlour.actors.engine import Engine
from parlour.actors.messages import Restarted
from parlour.actors.settings import ActorSettings
from parlour.events import account as facts
from parlour.events.datastore import LogDatastore
from parlour.events.kinds import KINDS
from parlour.events.recorder import SealedSQLiteRecorder
from parlour.events.writers import InlineWriter


class Pass(msgspec.Struct, frozen=True):
    fails: bool = False


class Take(msgspec.Struct, frozen=True):
    fails: bool = False


def renamed(old):
    return facts.Renamed(at=1, old=old, new=old + "!")


class Outer(EngineActor):
    def on_pass(self, message):
        self.context.record("account:1", renamed("outer"))
        self.pass_on("inner:1", Take(message.fails))

    HANDLERS: ClassVar = {Pass: on_pass, Restarted: lambda self, message: SEEN.append(self.id)}


class Inner(EngineActor):
    def on_take(self, message):
        self.context.record("account:2", renamed("inner"))
        self.tell("outer:1", Restarted())
        if message.fails:
            raise ValueError("no")

    HANDLERS: ClassVar = {Take: on_take, Restarted: lambda self, message: SEEN.append(self.id)}


SEEN = []


@pytest.fixture
def system(tmp_path, house):
    SEEN.clear()
    recorder = SealedSQLiteRecorder(LogDatastore(tmp_path / "passing.db"))
    recorder.create_table()
    writer = InlineWriter()
    reports = []
    engine = Engine(
        recorder=recorder,
        writer=writer,
        kinds=KINDS,
        actors={"outer": Outer, "inner": Inner},
        roots=(),
        hub=house.hub,
        clock=house.clock,
        randomness=house.randomness,
        decks=house.decks,
        settings=ActorSettings(),
        report=lambda event, **fields: reports.append(event),
    )
    yield engine, writer, recorder, reports
    recorder.close()


def test_both_record_in_one_unit(system):
    engine, writer, recorder, _ = system
    engine.tell("outer:1", Pass())
    assert engine.journal.uncommitted == 2
    writer.flush()
    assert recorder.last_seal().number == 1
    assert recorder.last_position() == 2
    assert SEEN == ["outer:1"]


def test_who_fails_takes_all_of_it_along_and_nobody_is_told(system):
    engine, writer, recorder, reports = system
    engine.tell("outer:1", Pass(fails=True))
    writer.flush()
    assert recorder.last_position() == 0
    assert reports == ["handler_failed"]
    assert not engine.is_live("inner:1")
    assert not engine.is_live("outer:1")
    assert SEEN == []


def test_both_stand_on_the_log_again_when_the_unit_is_dropped(system, monkeypatch):
    engine, writer, recorder, _ = system
    engine.tell("outer:1", Pass())
    SEEN.clear()
    monkeypatch.setattr(recorder, "commit", lambda units: 1 / 0)
    writer.flush()
    monkeypatch.undo()
    writer.advance(2)
    writer.flush()
    assert SEEN == ["outer:1", "inner:1"]
