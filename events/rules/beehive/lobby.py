"""The lobby: starts of the engine, numbers given out, broadcasts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Final

from msgspec.structs import replace

from parlour.events import beehive as facts
from parlour.events.event import Event
from parlour.events.rules.beehive.state import Lobby

CHECKSUM: Final = 0x1ED23CB4
"""What the older header has where the newer one has a sid's low half."""
FIRST_PLACE: Final = 1_000_001
"""The first gid or rid that is given out."""
_LOW: Final = 0xFFFFFFFF
_NEARBY: Final = 64
"""Numbers looked at one by one."""


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


def next_sid(lobby: Lobby, taken: Callable[[int], bool]) -> int:
    """Return the next sid that nobody has."""
    return _next(lobby.last_sid + 1, lambda sid: not sid_is_valid(sid) or taken(sid))


def next_place(lobby: Lobby, taken: Callable[[int], bool]) -> int:
    """Return the next number that is neither a gid nor a rid."""
    return _next(max(lobby.last_place + 1, FIRST_PLACE), taken)


def _next(number: int, taken: Callable[[int], bool]) -> int:
    """Return the next free number; behind many taken ones not the very next.

    Clients may choose numbers too: who took a hundred thousand in a row must not make us look at
    each of them.
    """
    step = 1
    for tries in count(1):
        if not taken(number):
            break
        number += step
        if tries >= _NEARBY:
            step *= 2
    return number
