"""The rows of beehive's rooms, one for each place where messages are: live rooms, groups, pairs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from parlour.events.times import iso
from parlour.replay.export_shape import Row

_BEYOND: Final = 2**63


def fitting(number: int) -> int | float:
    """Return a number as SQLite can hold it: beyond 63 bits rounded; `events` has it exactly."""
    return number if -_BEYOND <= number < _BEYOND else float(number)


class Rooms:
    """Rooms by name, as they are so far."""

    def __init__(self) -> None:
        """Begin with none."""
        self._rooms: dict[str, dict[str, Any]] = {}

    def get(self, name: str, kind: str, at: int) -> dict[str, Any]:
        """Return a room, which is opened when it was not yet."""
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = {
                "name": name,
                "rid": name.partition(":")[2],
                "kind": kind,
                "opened": iso(at),
                "closed": None,
                "messages": 0,
                "matches": 0,
            }
        return room

    def finish(self) -> Iterator[Row]:
        """Yield them all."""
        for room in self._rooms.values():
            yield "rooms", room
