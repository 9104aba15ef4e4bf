"""The rows of who was in beehive's groups and live rooms, and from when to when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from parlour.events import beehive as facts
from parlour.events.event import Event
from parlour.events.reader import Recorded
from parlour.events.times import iso
from parlour.replay.chat_beehive import group_name, room_name
from parlour.replay.export_rooms import Rooms
from parlour.replay.export_shape import Row

_ROLES: Final = {0: "member", 1: "owner", 2: "manager"}
_Stays = dict[int, dict[str, Any]]


class GroupRows:
    """Groups and their members."""

    def __init__(self, rooms: Rooms) -> None:
        """Begin before the first event."""
        self._rooms = rooms
        self._groups: dict[int, dict[str, Any]] = {}
        self._members: defaultdict[int, _Stays] = defaultdict(dict)
        """Rows of those who are in a group, by gid and uid."""
        self._gagged: defaultdict[int, set[int]] = defaultdict(set)

    def take(self, recorded: Recorded, event: Event, gid: int) -> Iterator[Row]:
        """Yield the rows an event of a group becomes at once."""
        members = self._members[gid]
        match event:
            case facts.GroupCreated():
                self._create(event, gid)
                members[event.uid] = self._entry(recorded, gid, event.uid, role=1)
            case facts.GroupMemberAdded():
                by = None if event.by == event.uid else event.by
                members[event.uid] = self._entry(recorded, gid, event.uid, by=by)
            case facts.GroupMemberRemoved():
                yield from self._go(gid, event.uid, event.at, event.reason, event.by)
            case facts.GroupBlacklistChanged(on=True):
                yield from self._go(gid, event.uid, event.at, "blacklisted", event.by)
            case facts.GroupGagChanged():
                gagged = self._gagged[gid]
                (gagged.add if event.on else gagged.discard)(event.uid)
            case facts.GroupRoleChanged():
                self._give_role(gid, event)
            case facts.GroupDismissed():
                self._groups[gid]["dismissed"] = iso(event.at)
                self._rooms.get(group_name(gid), "group", event.at)["closed"] = iso(event.at)
                for uid in list(members):
                    yield from self._go(gid, uid, event.at, "dismissed", event.uid)

    def finish(self) -> Iterator[Row]:
        """Yield the groups, and those who are still in them."""
        for gid, group in self._groups.items():
            members = self._members[gid]
            owner = next((uid for uid, row in members.items() if row["role"] == _ROLES[1]), None)
            yield "groups", {**group, "owner": owner, "members": len(members)}
            for uid, row in members.items():
                yield "group_members", {**row, "gagged": int(uid in self._gagged[gid])}

    def _create(self, event: facts.GroupCreated, gid: int) -> None:
        name = group_name(gid)
        self._rooms.get(name, "group", event.at).update(title=event.name, creator=event.uid)
        self._groups[gid] = {
            "gid": str(gid),
            "room": name,
            "name": event.name,
            "description": event.desc,
            "created": iso(event.at),
            "dismissed": None,
        }

    def _entry(
        self, recorded: Recorded, gid: int, uid: int, *, role: int = 0, by: int | None = None
    ) -> dict[str, Any]:
        return {
            "position": recorded.position,
            "gid": str(gid),
            "uid": uid,
            "role": _ROLES[role],
            "entered": iso(recorded.event.at),
            "invited_by": by,
            "gone": None,
            "why": None,
            "by": None,
        }

    def _go(self, gid: int, uid: int, at: int, why: str, by: int) -> Iterator[Row]:
        row = self._members[gid].pop(uid, None)
        if row is not None:
            gagged = int(uid in self._gagged[gid])
            yield "group_members", {**row, "gagged": gagged, "gone": iso(at), "why": why, "by": by}

    def _give_role(self, gid: int, event: facts.GroupRoleChanged) -> None:
        members = self._members[gid]
        if event.role == 1:
            for row in members.values():
                if row["role"] == _ROLES[1]:
                    row["role"] = _ROLES[2]
            self._gagged[gid].discard(event.uid)
        if event.uid in members:
            members[event.uid]["role"] = _ROLES[event.role]


class VisitRows:
    """Live rooms and who was there."""

    def __init__(self, rooms: Rooms) -> None:
        """Begin before the first event."""
        self._rooms = rooms
        self._inside: defaultdict[int, _Stays] = defaultdict(dict)
        """Rows of the devices that are in a room, by rid and sid."""

    def take(self, recorded: Recorded, event: Event, rid: int) -> Iterator[Row]:
        """Yield the rows an event of a room becomes at once."""
        name, inside = room_name(rid), self._inside[rid]
        room = self._rooms.get(name, "live", event.at)
        match event:
            case facts.RoomCreated():
                room.update(title=event.name, creator=event.uid or None)
            case facts.RoomJoined():
                inside[event.sid] = {
                    "position": recorded.position,
                    "room": name,
                    "uid": event.uid,
                    "sid": str(event.sid),
                    "sub_group": event.gid,
                    "joined": iso(event.at),
                    "gone": None,
                    "why": None,
                }
            case facts.RoomLeft():
                yield from self._go(rid, [event.sid], event.reason, event.at)
            case facts.RoomKicked():
                out = [sid for sid, row in inside.items() if row["uid"] == event.uid]
                yield from self._go(rid, out, "kicked", event.at)
            case facts.RoomEmptied():
                # When it ended is not known: the engine was not there to see it.
                yield from self._go(rid, list(inside), "restart", None)
            case facts.RoomDismissed():
                room["closed"] = iso(event.at)
                yield from self._go(rid, list(inside), "dismissed", event.at)

    def finish(self) -> Iterator[Row]:
        """Yield those who are still there, as far as their rooms know."""
        for inside in self._inside.values():
            for row in inside.values():
                yield "room_visits", row

    def _go(self, rid: int, sids: list[int], why: str, at: int | None) -> Iterator[Row]:
        for sid in sids:
            row = self._inside[rid].pop(sid, None)
            if row is not None:
                yield "room_visits", {**row, "gone": at and iso(at), "why": why}
