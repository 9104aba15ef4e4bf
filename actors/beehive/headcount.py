"""How many are in a room, for who wants to know: only when it changed, and not too often."""

from __future__ import annotations

from collections.abc import Callable

from parlour.events import beehive as facts
from parlour.events.event import Event
from parlour.events.rules.beehive.places import Room, devices, everybody

Wish = Callable[[int, int], bool]
"""Tells of (uid, sid) whether the device wants to know."""


class Headcount:
    """Who in one room wants its number, and what was told last and when."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._people: object = None
        self._wishing: dict[int, None] = {}
        self._told: int | None = None
        self._told_at = 0

    def follow(self, before: Room, event: Event, after: Room) -> None:
        """Take the room's next fact; costs nothing that grows with the room."""
        if before.people is not self._people:
            return
        match event:
            case facts.RoomJoined(uid=uid, sid=sid):
                self._note(uid, sid)
            case facts.RoomLeft(sid=sid):
                self._wishing.pop(sid, None)
            case facts.RoomKicked(uid=uid):
                for presence in devices(before, uid):
                    self._wishing.pop(presence.sid, None)
            case _:
                return
        self._people = after.people

    def renew(self, room: Room, uid: int, sid: int) -> None:
        """Ask again what a device wants."""
        if room.people is self._people and any(p.sid == sid for p in devices(room, uid)):
            self._note(uid, sid)

    def wishing(self, room: Room) -> tuple[int, ...]:
        """Return the devices in the room that want to know."""
        if room.people is not self._people:
            self._people, self._wishing = room.people, {}
            for uid, presence in everybody(room):
                self._note(uid, presence.sid)
        return tuple(self._wishing)

    def begin(self, count: int) -> None:
        """Take it that `count` was told, when nothing is known of that."""
        if self._told is None:
            self._told = count

    def due(self, count: int, *, now: int, every: int) -> int | None:
        """Return when `count` is to be told, now or later (µs); None when it is known."""
        if count == self._told:
            return None
        return max(now, self._told_at + every)

    def tell(self, count: int, *, now: int) -> None:
        """Note that it is told."""
        self._told, self._told_at = count, now

    def _note(self, uid: int, sid: int) -> None:
        if self._wish(uid, sid):
            self._wishing[sid] = None
        else:
            self._wishing.pop(sid, None)
