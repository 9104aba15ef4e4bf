"""Who hears what: tuples of sids, made once for each set of people.

The hub compares an audience with the one before; made once, that costs nothing. States replace
their mappings and never change them, so identity tells whether what is kept here is still right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

from parlour.events import beehive as facts
from parlour.events.event import Event
from parlour.events.rules.beehive.places import Presence, Room, devices, everybody

_MOST = 1 << 20
"""Sids kept in all tuples of a group together."""


class GroupAudience:
    """The devices of a group's members.

    Also those that are offline: the hub knows which are not, and so does nobody need to tell a
    group who comes and goes.
    """

    def __init__(self, sids_of: Callable[[int], Iterable[int]]) -> None:
        """`sids_of` returns the devices of a user."""
        self._sids_of = sids_of
        self._sids: dict[int, tuple[int, ...]] = {}
        self._members: Mapping[int, Any] | None = None
        self._tuples: dict[int, tuple[int, ...]] = {}

    def forget(self, uid: int) -> None:
        """Ask again for a user's devices."""
        self._sids.pop(uid, None)
        self._members = None

    def sids(self, uid: int) -> tuple[int, ...]:
        """Return a user's devices."""
        found = self._sids.get(uid)
        if found is None:
            found = self._sids[uid] = tuple(self._sids_of(uid))
        return found

    def of(self, members: Mapping[int, Any], *, without: int = 0) -> tuple[int, ...]:
        """Return the devices of all members but for one device."""
        if members is not self._members:
            self._turn_to(members)
        found = self._tuples.get(without)
        if found is None:
            if without:
                found = tuple(sid for sid in self.of(members) if sid != without)
            else:
                found = tuple(chain.from_iterable(map(self.sids, members)))
            if len(self._tuples) * len(found) > _MOST:
                self._tuples.clear()
            self._tuples[without] = found
        return found

    def _turn_to(self, members: Mapping[int, Any]) -> None:
        for uid in self._sids.keys() - members.keys():
            del self._sids[uid]
        self._members, self._tuples = members, {}


class RoomAudience:
    """The devices in a room, by sub-group; follows the room's facts one by one."""

    def __init__(self) -> None:
        self._people: object = None
        self._groups: dict[int, dict[int, None]] = {}
        """Sids of each sub-group, in order of arrival."""
        self._tuples: dict[int, tuple[int, ...]] = {}

    def of(self, room: Room, gid: int = 0) -> tuple[int, ...]:
        """Return the devices in a sub-group, for 0 in the whole room."""
        if room.people is not self._people:
            self._make(room)
        found = self._tuples.get(gid)
        if found is None:
            groups = self._groups
            sids = groups.get(gid, ()) if gid else chain.from_iterable(groups.values())
            found = self._tuples[gid] = tuple(sids)
        return found

    def follow(self, before: Room, event: Event, after: Room) -> None:
        """Take the next fact; costs nothing that grows with the room, but for a new `of`."""
        if before.people is not self._people:
            return
        match event:
            case facts.RoomJoined(sid=sid, gid=gid):
                self._groups.setdefault(gid, {})[sid] = None
                self._append(gid, sid)
            case facts.RoomLeft(uid=uid, sid=sid):
                self._drop(p for p in devices(before, uid) if p.sid == sid)
            case facts.RoomKicked(uid=uid):
                self._drop(devices(before, uid))
            case _:
                return
        self._people = after.people

    def _append(self, gid: int, sid: int) -> None:
        # Half the cost of making them again, in a large room that is filling up.
        for key in (0, gid):
            if key in self._tuples:
                self._tuples[key] += (sid,)

    def _drop(self, gone: Iterable[Presence]) -> None:
        for presence in gone:
            self._groups[presence.gid].pop(presence.sid, None)
            self._change(presence.gid)

    def _change(self, gid: int) -> None:
        self._tuples.pop(gid, None)
        self._tuples.pop(0, None)

    def _make(self, room: Room) -> None:
        self._people, self._groups, self._tuples = room.people, {}, {}
        for _, presence in everybody(room):
            self._groups.setdefault(presence.gid, {})[presence.sid] = None
