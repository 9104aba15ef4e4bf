"""Which connections speak for which user: announced at once, bound when that is on disk.

A session actor says whom its connection speaks for before the events of that are committed.
From then on the user is not gone when an older connection ends; what is published reaches
the newer one when its `Bind` has been delivered.
"""

from __future__ import annotations

from collections.abc import Mapping

from parlour.network.connection import Connection

_NOBODY: Mapping[int, Connection] = {}


class Speakers:
    """Of all protocols; a user has one bound connection in each."""

    def __init__(self) -> None:
        self._bound: dict[str, dict[int, Connection]] = {}
        self._announced: dict[tuple[str, int], set[Connection]] = {}

    def bound(self, protocol: str) -> Mapping[int, Connection]:
        """Return the bound connections of a protocol, by uid."""
        return self._bound.get(protocol, _NOBODY)

    def online(self, protocol: str, uid: int) -> bool:
        """Tell whether a connection speaks for the user, announced or bound."""
        return uid in self.bound(protocol) or (protocol, uid) in self._announced

    def of(self, protocol: str, uid: int) -> set[Connection]:
        """Return every connection that speaks for the user."""
        connections = set(self._announced.get((protocol, uid), ()))
        bound = self.bound(protocol).get(uid)
        return connections if bound is None else connections | {bound}

    def announce(self, connection: Connection, uid: int) -> None:
        """Have a connection speak for a user, and for nobody it was announced for before."""
        self.retract(connection)
        connection.announced = uid
        self._announced.setdefault((connection.service.name, uid), set()).add(connection)

    def retract(self, connection: Connection) -> int | None:
        """Forget an announcement; return for whom it was."""
        uid, connection.announced = connection.announced, None
        if uid is not None:
            key = (connection.service.name, uid)
            others = self._announced.pop(key) - {connection}
            if others:
                self._announced[key] = others
        return uid

    def bind(self, connection: Connection, protocol: str, uid: int) -> Connection | None:
        """Bind a connection; return the one that was bound to the user before, if another."""
        if connection.announced == uid:
            self.retract(connection)
        bound = self._bound.setdefault(protocol, {})
        older = bound.get(uid)
        if older is connection:
            return None
        self.release(connection)
        connection.uid = uid
        bound[uid] = connection
        return older

    def release(self, connection: Connection) -> bool:
        """Have a bound connection be bound no more; tell whether it was."""
        bound = self._bound.get(connection.service.name, {})
        if connection.uid is None or bound.get(connection.uid) is not connection:
            return False
        del bound[connection.uid]
        return True

    def leave(self, connection: Connection) -> list[tuple[str, int]]:
        """Forget a connection; return the (protocol, uid) that nobody speaks for any more."""
        spoke_for = {self.retract(connection)}
        if self.release(connection):
            spoke_for.add(connection.uid)
        protocol = connection.service.name
        return [
            (protocol, uid)
            for uid in spoke_for
            if uid is not None and not self.online(protocol, uid)
        ]
