"""A room server under a lobby that says anything: what holds meanwhile is in lobby_target.py."""

import random
from functools import partial

import lobby_target
import pytest
import sim_world
from hypothesis import given, settings
from hypothesis import strategies as st
from lobby_target import BEGINNINGS, OP, SAY
from msgspec.structs import replace
from scripts import worse
from wire_peers import BOUNDARIES

from parlour.actors.treasure.link import RoomServerLink
from parlour.actors.treasure.link_messages import Assigned
from parlour.events.errors import CorruptLog
from parlour.network.treasure import link as room_server_link


def something(chance):
    """Return a message with some values changed."""
    changes = chance.randint(0, 3)
    says = (OP["say"], chance.randrange(256), chance.randrange(256), changes)
    return bytes(says) + chance.randbytes(2 * changes)


def another(chance):
    """Return what another script does."""
    return BEGINNINGS[chance.choice(sorted(BEGINNINGS))]


@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_lobby_of_its_own_mind_is_obeyed_or_left(name):
    lobby_target.feed(BEGINNINGS[name])


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(st.sampled_from(sorted(BEGINNINGS)), st.integers(0, 2**32))
def test_whatever_a_lobby_says_an_honest_one_is_served_afterwards(name, number):
    lobby_target.feed(worse(BEGINNINGS[name], random.Random(number), [something, another]))


@pytest.mark.parametrize("message", SAY)
def test_every_value_that_somebody_forgot_is_obeyed_or_refused(message):
    # Each in the values of the message in turn, to who has a game.
    for first in range(0, len(BOUNDARIES), 8):
        script = BEGINNINGS["in"][: -len(lobby_target.script("cut 1"))]
        for number in range(first, min(first + 8, len(BOUNDARIES))):
            script += bytes((OP["say"], SAY[message], 0, 1, 7 * number % 256, number))
            script += lobby_target.script("wait 1")
        lobby_target.feed(script)


# --- the target itself -----------------------------------------------------------------------


def test_games_are_reached(tmp_path):
    house = lobby_target.Hostage(BEGINNINGS["game"], tmp_path)
    house.run([], 0)
    assert {1, lobby_target.LAST} <= house.opened
    assert "treasure.choice-made@1" in house.shipped


def test_what_a_room_server_raises_is_found(monkeypatch):
    def raises(self, message):
        raise CorruptLog("no such version")

    monkeypatch.setitem(RoomServerLink.HANDLERS, Assigned, raises)
    with pytest.raises(sim_world.Violation, match="CorruptLog"):
        lobby_target.feed(BEGINNINGS["in"])


def foreign(assign_of, *, room, **known):
    """Return 501 as another version of Parlour may say it, but in the end."""
    said = assign_of(room=room, **known)
    if room == lobby_target.LAST:
        return said
    return replace(said, states=(said.states[0]._replace(topic="treasure.room.state@9"),))


def test_what_cannot_be_read_and_is_taken_is_found(monkeypatch):
    monkeypatch.setattr(lobby_target, "assign_of", partial(foreign, lobby_target.assign_of))
    lobby_target.feed(BEGINNINGS["game"])
    monkeypatch.setattr(room_server_link, "check_assign", lambda said: None)
    with pytest.raises(sim_world.Violation, match="has no version 1"):
        lobby_target.feed(BEGINNINGS["game"])


def test_a_link_that_is_never_mended_is_found(monkeypatch):
    monkeypatch.setattr(room_server_link, "_LAST_PAUSE", 1e9)
    monkeypatch.setattr(room_server_link, "_FIRST_PAUSE", 1e9)
    with pytest.raises(sim_world.Violation, match="not taken from an honest lobby"):
        lobby_target.feed(BEGINNINGS["in"])
