"""What a soak makes of its samples, and how its parties live through an engine's death."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest
from rich.console import Console

from parlour.network.bench import soak_match, soak_party
from parlour.network.bench.soak_match import MatchParty
from parlour.network.bench.soak_party import Party, together
from parlour.network.bench.soak_report import Findings, Stretch, clock, show, slope
from parlour.network.bench.soak_servers import Sample, complaints, sample, soak_engine
from parlour.network.bench.soak_talk import TalkParty
from parlour.network.demo.client import ConnectionClosed
from parlour.network.demo.process import EngineFailed, run_command

MIB = 1 << 20


# --- memory and files ------------------------------------------------------------------------


def samples(resident, *, files=lambda at: 20, seconds=240):
    return [Sample(float(at), round(resident(at)), files(at)) for at in range(seconds)]


def flat(at):
    return 80 * MIB + (at % 2) * 4096


def judged(engine, *, finished=None, parties=()):
    findings = Findings()
    stretch = Stretch(
        ready=0.5, engine=engine, room_server=samples(flat), finished=finished or {"cards 0": 1}
    )
    findings.judge([stretch], parties)
    return findings


def test_memory_that_is_flat_has_no_slope():
    assert slope(samples(flat)) == pytest.approx(0, abs=0.01)
    assert judged(samples(flat)).broken == {}


def test_growth_is_told_in_mib_a_minute():
    growing = samples(lambda at: 80 * MIB + at * MIB / 20)
    assert slope(growing) == pytest.approx(3, abs=0.01)
    (found,) = judged(growing).broken.values()
    assert found == "+3.00 MiB a minute, from 84.5 to 91.9 MiB"


def test_growth_before_the_warm_up_is_over_does_not_count():
    assert judged(samples(lambda at: min(at, 90) * MIB)).broken == {}


def test_a_stretch_too_short_to_tell_promises_nothing_of_memory():
    growing = samples(lambda at: 80 * MIB + at * MIB, seconds=100)
    assert not any("engine's memory" in promise for promise in judged(growing).promises)


def test_files_that_stay_open_are_found():
    leaking = samples(flat, files=lambda at: 20 + at // 5)
    (found,) = judged(leaking).broken.values()
    assert found == "38 open files became 53"


def test_an_ended_process_is_no_sample():
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit"]) as ended:
        ended.communicate()
        with pytest.raises(EngineFailed, match="has ended by itself"):
            sample(ended.pid, 0.0)


def test_a_running_process_is_one(request):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as running:
        assert sample(running.pid, 1.0).files > 0
        running.communicate(b"\n")


# --- promises --------------------------------------------------------------------------------


def test_a_party_that_finished_nothing_is_named_with_its_stretch():
    findings = judged(samples(flat), finished={"cards 0": 3, "techmino 1": 0})
    assert list(findings.broken.values()) == ["no techmino 1 in stretch 1"]


def test_a_promise_once_broken_stays_broken():
    findings = Findings()
    for kept in (True, False, True):
        findings.keep("it drains", kept, "exit code 1, at 00:45")
    assert findings.broken == {"it drains": "exit code 1, at 00:45"}


def test_what_a_party_was_told_wrongly_is_said():
    party = Unlucky()
    party.blame("a message was lost")
    findings = judged(samples(flat), parties=[party])
    assert findings.broken == {
        "everybody was told what was promised": "unlucky 0, round 1: a message was lost"
    }


def test_errors_in_a_process_s_lines_are_complaints(tmp_path):
    lines = tmp_path / "engine.log"
    assert complaints(lines) == []
    lines.write_text(
        '{"level": "info", "event": "ready"}\n'
        '{"level": "error", "event": "handler_failed"}\n'
        '{"level": "error", "event": "lobby_refuses"}\n'
    )
    assert complaints(lines) == ['{"level": "error", "event": "handler_failed"}']


def test_a_person_sees_stretches_and_promises():
    party = Unlucky()
    party.troubles = Counter({"ConnectionClosed: killed": 2})
    stretch = Stretch(ready=0.5, ending="kill -9", events=1234, finished={"unlucky 0": 7})
    stretch.engine = stretch.room_server = samples(flat)
    findings = Findings()
    findings.keep("the audit is clean", kept=False, found="1 finding [see above]")
    console = Console(width=140)
    with console.capture() as captured:
        show(console, [stretch], [party], findings)
    text = captured.get()
    assert "kill -9" in text
    assert "1,234" in text
    assert " 7 " in text
    assert "unlucky: 2 rounds were cut off, 0 went on after a restart" in text
    assert "2 × ConnectionClosed: killed" in text
    assert "no   the audit is clean: 1 finding [see above]" in text
    assert clock(125.7) == "02:05"


# --- parties ---------------------------------------------------------------------------------


class Unlucky(Party):
    """Loses its engine in every other round."""

    kind = "unlucky"

    def __init__(self):
        super().__init__(0)
        self.begun = self.ended = 0
        self.enough = asyncio.Event()

    async def _round(self, where):
        self.begun += 1
        if self.begun % 2:
            raise ConnectionClosed("killed")
        if self.begun == 4:
            self.enough.set()

    async def _hang_up(self):
        self.ended += 1


async def test_a_party_counts_its_troubles_and_plays_on(monkeypatch):
    monkeypatch.setattr(soak_party, "PAUSE_SECONDS", 0)
    party = Unlucky()

    async def addresses():
        await asyncio.sleep(0)
        return {}

    playing = asyncio.create_task(party.play_on(addresses))
    await party.enough.wait()
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert party.troubles == {"ConnectionClosed: killed": 2}
    assert party.rounds >= 1
    assert party.ended == party.begun


async def test_what_is_done_together_ends_together():
    ended = []

    async def wait():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def fail():
        raise ConnectionClosed("killed")

    with pytest.raises(ConnectionClosed):
        await together(wait(), fail(), wait())
    assert ended == [True, True]


@pytest.fixture
def engine(tmp_path):
    process, _ = soak_engine(tmp_path, tmp_path / "data")
    process.start()
    yield process
    process.close()


async def play(party, engine):
    try:
        await party._round(engine.addresses)
    finally:
        await party._hang_up()


async def test_devices_of_all_dialects_hear_what_was_acknowledged(engine):
    party = TalkParty(0)
    await play(party, engine)
    engine.kill()
    engine.start()
    await play(party, engine)
    assert party.broken == []
    owed = 5001, "acknowledged once, and never told"
    party._owed.add(owed)
    await play(party, engine)
    assert party.broken == [f"beehive 0, round 1: acknowledged, and not told by a SYNC: [{owed}]"]


async def test_a_match_is_gone_on_with_after_a_kill(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(soak_match, "_STREAM_SECONDS", 0.3)
    party = MatchParty(0)
    for account in party.accounts:
        arguments = ("--name", account.name, "--uid", str(account.uid), "--email", account.email)
        done = run_command(
            *("account", "add", *arguments, "--password", account.password),
            *("--data", str(tmp_path / "data")),
        )
        assert done.code == 0, done
    playing = asyncio.create_task(play(party, engine))
    while not (party._running and all(player.heard for player in party._players)):
        assert not playing.done(), await playing
        await asyncio.sleep(0.01)
    os.kill(engine.pid, signal.SIGSTOP)
    said = [len(player.own) for player in party._players]
    while any(len(p.own) == before for p, before in zip(party._players, said, strict=True)):
        assert not playing.done(), await playing
        await asyncio.sleep(0.01)  # what is said now is on no disk
    engine.kill()
    with pytest.raises((ConnectionClosed, OSError)):
        await playing
    engine.start()
    rid = party._players[0].match
    await play(party, engine)
    assert party.resumed == 1
    assert {player.match for player in party._players} == {rid}
    assert party.broken == []
