"""The whole engine under peers who say anything: what holds meanwhile is in handler_target.py."""

import random

import beginnings
import handler_target
import pytest
import sim_world
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts import worse
from wire_peers import BOUNDARIES, KINDS, NUMBER

from parlour.actors.landlord.session import LandlordSession
from parlour.actors.messages import FromSession
from parlour.network import account_desk, tcp, websocket_connection

BEGINNINGS = beginnings.beginnings()
OP = handler_target.OP


def something(chance):
    """Return a message with some values changed."""
    says = (OP["say"], chance.randrange(8), chance.randrange(256), chance.randint(1, 3))
    return bytes(says) + chance.randbytes(2 * says[3])


def again(chance):
    """Return that somebody repeats himself."""
    return bytes((OP["repeat"], chance.randrange(8), chance.randrange(256)))


def noise(chance):
    """Return bytes that mean nothing."""
    said = chance.randbytes(chance.randint(1, 60))
    return bytes((OP["noise"], chance.randrange(8), len(said))) + said


@pytest.mark.parametrize("name", BEGINNINGS)
def test_every_message_there_is_is_obeyed_or_refused(name):
    handler_target.feed(BEGINNINGS[name])


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(st.sampled_from(sorted(BEGINNINGS)), st.integers(0, 2**32))
def test_whatever_peers_say_the_engine_keeps_its_promises(name, number):
    handler_target.feed(worse(BEGINNINGS[name], random.Random(number), [something, again, noise]))


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.listener], ids=lambda kind: kind.name
)
def test_every_value_that_somebody_forgot_is_obeyed_or_refused(kind):
    # Each value once, in the fields of each message in turn, to who has logged in.
    script = bytearray(beginnings.logged_in(kind))
    for number in range(len(BOUNDARIES)):
        script += bytes((OP["say"], 0, number % len(kind.messages), 1, number, number))
    handler_target.feed(bytes(script))


# --- the target itself -----------------------------------------------------------------------


def test_states_that_fuzzing_begins_from_are_reached(tmp_path):
    """Games of each kind run, and people talk."""
    reached = {
        "hand": "landlord.landlord-named@1",
        "game": "treasure.choice-made@1",
        "match": "techmino.match-began@1",
        "talk": "beehive.room-said@1",
    }
    for name, topic in reached.items():
        house = handler_target.House(BEGINNINGS[name], tmp_path / name)
        house.run([], 0)
        assert house.watch.seen[topic], name


def test_a_handler_that_raises_is_found(monkeypatch):
    def raises(self, message):
        raise ZeroDivisionError

    monkeypatch.setitem(LandlordSession.HANDLERS, FromSession, raises)
    with pytest.raises(sim_world.Violation, match="ZeroDivisionError"):
        handler_target.feed(BEGINNINGS["hand"])


def test_an_exception_in_a_connection_is_found(monkeypatch):
    monkeypatch.setattr(tcp.TcpConnection, "take", lambda self, frame: 1 / 0)
    with pytest.raises((sim_world.Violation, AssertionError, TimeoutError)):
        handler_target.feed(BEGINNINGS["hand"])


def test_a_desk_that_raises_is_found(monkeypatch):
    monkeypatch.setattr(account_desk.AccountDesk, "serve", lambda self, request: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        handler_target.feed(BEGINNINGS["all of admin"])


def test_bytes_that_are_kept_without_a_bound_are_found(monkeypatch):
    monkeypatch.setattr(websocket_connection.WebSocketConnection, "work", lambda self: None)
    flood = bytes((OP["open"], NUMBER["landlord ws"]))
    flood += bytes((OP["say"], 0, 0, 1, 3, LONGEST)) * 4
    with pytest.raises(sim_world.Violation, match="bytes are kept"):
        handler_target.feed(flood)


LONGEST = max(range(len(BOUNDARIES)), key=lambda at: len(BOUNDARIES[at]))
