"""The lobby as its events leave it, and the page of it that a client asks for."""

from __future__ import annotations

from itertools import islice

from msgspec.structs import replace

from parlour.events import treasure as facts
from parlour.events.event import Event
from parlour.events.messages.treasure import PAGE_SIZE
from parlour.events.rules.treasure.state import Lobby


def evolve(lobby: Lobby, event: Event) -> Lobby:
    """Return `lobby` as `event` leaves it; never refuses a recorded fact."""
    match event:
        case facts.RoomListed():
            rooms = {**lobby.rooms, event.room: None}
            return replace(lobby, rooms=rooms, last=max(lobby.last, event.room))
        case facts.RoomDelisted():
            rooms = {room: None for room in lobby.rooms if room != event.room}
            return replace(lobby, rooms=rooms)
        case _:
            return lobby


def next_room(lobby: Lobby) -> int:
    """Return the number of a new room: none ever had it."""
    return lobby.last + 1


def page(lobby: Lobby, number: int, size: int) -> list[int]:
    """Return one page of the rooms, in order of their numbers.

    Args:
        lobby: The lobby.
        number: Which page, from 0.
        size: Rooms on a page; more than `PAGE_SIZE` is `PAGE_SIZE`.
    """
    size = min(max(size, 1), PAGE_SIZE)
    first = min(max(number, 0) * size, len(lobby.rooms))
    return list(islice(lobby.rooms, first, first + size))
