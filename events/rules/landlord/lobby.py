"""The list of tables as its events leave it. Who sits there is each table's own."""

from __future__ import annotations

import msgspec

from parlour.events.event import Event
from parlour.events.landlord import TableListed


class Lobby(msgspec.Struct, frozen=True, kw_only=True):
    """Every table there is."""

    tables: dict[int, tuple[int, int]] = {}
    """By tid: type (level) and zone."""


def evolve(lobby: Lobby, event: Event) -> Lobby:
    """Return `lobby` as `event` leaves it; never refuses a recorded fact."""
    match event:
        case TableListed():
            return Lobby(tables={**lobby.tables, event.tid: (event.type, event.zone)})
        case _:
            return lobby
