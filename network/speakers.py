"""Which connections speak for whom: announced at once, bound when that is on disk.

Whom a connection speaks for is a number: a uid, or, where a user has several devices, a device's.

A session actor says whom its connection speaks for before the events of that are committed.
From then on the user is not gone when an older connection ends; what is published reaches
the newer one when its `Bind` has been delivered.
"""

from __future__ import annotations

from collections.abc import Mapping

from parlour.network.connection import Connection

_NOBODY: Mapping[int, Connection] = {}


class Speakers:
    """Of all protocols; for a number there is one bound connection in each."""

    def __init__(self) -> None:
        self._bound: dict[str, dict[int, Connection]] = {}
        self._announced: dict[tuple[str, int], set[Connection]] = {}

    def bound(self, protocol: str) -> Mapping[int, Connection]:
        """Return the bound connections of a protocol, by whom they speak for."""
        return self._bound.get(protocol, _NOBODY)

    def online(self, protocol: str, number: int) -> bool:
        """Tell whether a connection speaks for that number, announced or bound."""
        return number in self.bound(protocol) or (protocol, number) in self._announced

    def of(self, protocol: str, number: int) -> set[Connection]:
        """Return every connection that speaks for that number."""
        connections = set(self._announced.get((protocol, number), ()))
        bound = self.bound(protocol).get(number)
        return connections if bound is None else connections | {bound}

    def announce(self, connection: Connection, number: int) -> None:
        """Have a connection speak for a number, and for none it was announced for before."""
        self.retract(connection)
        connection.announced = number
        self._announced.setdefault((connection.service.name, number), set()).add(connection)

    def retract(self, connection: Connection) -> int | None:
        """Forget an announcement; return for whom it was."""
        number, connection.announced = connection.announced, None
        if number is not None:
            key = (connection.service.name, number)
            others = self._announced.pop(key) - {connection}
            if others:
                self._announced[key] = others
        return number

    def bind(self, connection: Connection, protocol: str, number: int) -> Connection | None:
        """Bind a connection; return the one that was bound to the number before, if another."""
        if connection.announced == number:
            self.retract(connection)
        bound = self._bound.setdefault(protocol, {})
        older = bound.get(number)
        if older is connection:
            return None
        self.release(connection)
        connection.speaker = number
        bound[number] = connection
        return older

    def release(self, connection: Connection) -> bool:
        """Have a bound connection be bound no more; tell whether it was."""
        bound = self._bound.get(connection.service.name, {})
        number = connection.speaker
        if number is None or bound.get(number) is not connection:
            return False
        del bound[number]
        return True

    def leave(self, connection: Connection) -> list[tuple[str, int]]:
        """Forget a connection; return the (protocol, number) nobody speaks for any more."""
        spoke_for = {self.retract(connection)}
        if self.release(connection):
            spoke_for.add(connection.speaker)
        protocol = connection.service.name
        return [
            (protocol, number)
            for number in spoke_for
            if number is not None and not self.online(protocol, number)
        ]
