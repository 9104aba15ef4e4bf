"""The lobby: starts of the engine, numbers given out, broadcasts."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from parlour.events import beehive as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.beehive.state import Lobby

CHECKSUM: Final = 0x1ED23CB4
"""What the older header has where the newer one has a sid's low half."""
GIVEN_SIDS: Final = range(2**52, 2**53)
"""Sids that are given out and that nobody may choose: so the next one is always free."""
GIVEN_PLACES: Final = range(2**31, 2**32)
"""The same of gids and rids; they fit where dialect v1 has 32 bits."""
_LOW: Final = 0xFFFFFFFF


def evolve(lobby: Lobby, event: Event) -> Lobby:
    """Return `lobby` as `event` leaves it."""
    match event:
        case facts.EngineStarted():
            return replace(lobby, epoch=event.epoch, started=event.at)
        case facts.NumberGiven(series="sid"):
            return replace(lobby, last_sid=event.number)
        case facts.NumberGiven():
            return replace(lobby, last_place=event.number)
        case facts.BroadcastSent():
            return replace(lobby, msgid=event.msgid)
        case _:
            return lobby


def sid_is_valid(sid: int) -> bool:
    """Tell whether a device may have this number: by the others a packet's kind is told."""
    return 0 < sid < 2**64 and sid & _LOW != CHECKSUM


def may_choose_sid(sid: int) -> bool:
    """Tell whether a client may come with this number; those that are given out are not free."""
    return sid_is_valid(sid) and sid not in GIVEN_SIDS


def may_choose_place(number: int) -> bool:
    """Tell whether somebody may make a group or a room of this number himself."""
    return 0 < number < 2**64 and number not in GIVEN_PLACES


def next_sid(lobby: Lobby) -> int:
    """Return the next sid to give out.

    Raises:
        RuleViolation: full.
    """
    sid = max(lobby.last_sid + 1, GIVEN_SIDS.start)
    return _given(sid if sid_is_valid(sid) else sid + 1, GIVEN_SIDS)


def next_place(lobby: Lobby) -> int:
    """Return the next number to give a group or a room.

    Raises:
        RuleViolation: full.
    """
    return _given(max(lobby.last_place + 1, GIVEN_PLACES.start), GIVEN_PLACES)


def _given(number: int, series: range) -> int:
    if number not in series:
        raise RuleViolation("full")
    return number
