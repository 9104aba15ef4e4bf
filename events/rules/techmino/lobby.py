"""The lobby as its events leave it, and the window of it that a client asks for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, Final

from msgspec.structs import replace

from parlour.events import techmino as facts
from parlour.events.event import Event
from parlour.events.rules.techmino.state import Lobby

MOST: Final = 100
"""Rooms one answer lists."""


def evolve(lobby: Lobby, event: Event) -> Lobby:
    """Return `lobby` as `event` leaves it; never refuses a recorded fact."""
    step = _STEPS.get(type(event))
    return lobby if step is None else step(lobby, event)


def window(lobby: Lobby, kind: str, begin: int, count: int) -> list[str]:
    """Return rids of play rooms in order of creation.

    Args:
        lobby: The lobby.
        kind: The type of room, in any case; "" for all.
        begin: How many of them are left out at the beginning.
        count: How many are wanted; more than `MOST` gives `MOST`.
    """
    wanted = kind.casefold()
    found = (rid for rid, type in lobby.rooms.items() if not wanted or type.casefold() == wanted)
    first = min(max(begin, 0), len(lobby.rooms))
    return list(islice(found, first, first + min(max(count, 0), MOST)))


def _room_listed(lobby: Lobby, event: facts.RoomListed) -> Lobby:
    return replace(lobby, rooms={**lobby.rooms, event.rid: event.type})


def _room_delisted(lobby: Lobby, event: facts.RoomDelisted) -> Lobby:
    rooms = {rid: type for rid, type in lobby.rooms.items() if rid != event.rid}
    return replace(lobby, rooms=rooms)


def _match_listed(lobby: Lobby, event: facts.MatchListed) -> Lobby:
    return replace(lobby, matches={**lobby.matches, event.rid: None})


def _match_delisted(lobby: Lobby, event: facts.MatchDelisted) -> Lobby:
    matches = {rid: None for rid in lobby.matches if rid != event.rid}
    return replace(lobby, matches=matches)


_STEPS: Final[dict[type[Event], Callable[[Lobby, Any], Lobby]]] = {
    facts.RoomListed: _room_listed,
    facts.RoomDelisted: _room_delisted,
    facts.MatchListed: _match_listed,
    facts.MatchDelisted: _match_delisted,
}
