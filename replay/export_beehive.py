"""The rows beehive becomes: messages and their deliveries, devices, friends, groups, rooms, nodes.

What is over becomes a row at once, what still lasts becomes one at the end. Membership of groups
and rooms is in `export_places`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from parlour.events import beehive as facts
from parlour.events.account import account_id
from parlour.events.event import Event
from parlour.events.kinds import kind_of
from parlour.events.reader import Recorded
from parlour.events.rules.account import Account
from parlour.events.times import iso
from parlour.replay.chat_beehive import BROADCAST, group_name, private_name, room_name, text_of
from parlour.replay.export_places import GroupRows, VisitRows
from parlour.replay.export_rooms import Rooms, fitting
from parlour.replay.export_shape import Row

_UNIT: Final = 4_096
"""Messages remembered for their copies, which are recorded in the same unit."""
_Identity = tuple[int, int]
"""The sender's device and its number for the message."""


class BeehiveRows:
    """Makes rows of events as they come."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        """Begin before the first event.

        Args:
            accounts: Every account as it is now, by aggregate id.
        """
        self._accounts = accounts
        self._rooms = Rooms()
        self._groups = GroupRows(self._rooms)
        self._visits = VisitRows(self._rooms)
        self._users = _UserRows()
        self._nodes: dict[int, dict[str, Any]] = {}
        self._originals: dict[_Identity, int] = {}
        """Positions of the newest messages."""
        self._take: dict[type[Event], Callable[[Recorded, Any, int], Iterator[Row]]] = {
            facts.PrivateSent: self._private,
            facts.PrivateCopied: self._copy,
            facts.GroupSaid: self._group_said,
            facts.RoomSaid: self._room_said,
            facts.RoomBroadcast: self._room_broadcast,
            facts.BroadcastSent: self._broadcast,
            facts.NodeReported: self._node,
            facts.NodeLost: self._node_lost,
        }

    def take(self, recorded: Recorded) -> Iterator[Row]:
        """Yield the rows an event of beehive becomes at once."""
        event = recorded.event
        kind, _, number = recorded.originator_id.partition(":")
        take = self._take.get(type(event))
        if take is not None:
            yield from take(recorded, event, int(number))
        elif kind == "beehive.group":
            yield from self._groups.take(recorded, event, int(number))
        elif kind == "beehive.room":
            yield from self._visits.take(recorded, event, int(number))
        elif kind in ("beehive.user", "beehive.device"):
            yield from self._users.take(recorded, event, int(number))

    def finish(self) -> Iterator[Row]:
        """Yield the rows that only the end tells."""
        yield from self._groups.finish()
        yield from self._visits.finish()
        yield from self._users.finish()
        for node in self._nodes.values():
            yield "nodes", node
        yield from self._rooms.finish()

    # --- messages ---------------------------------------------------------------------------

    def _message(
        self, recorded: Recorded, room: dict[str, Any], uid: int, kind: str, **more: Any
    ) -> Row:
        room["messages"] += 1
        account = self._accounts.get(account_id(uid)) if uid else None
        row = {
            "position": recorded.position,
            "room": room["name"],
            "seq": room["messages"],
            "at": iso(recorded.event.at),
            "uid": uid or None,
            "username": account.name if account else "",
            "kind": kind,
            **more,
        }
        return "messages", row

    def _private(self, recorded: Recorded, event: facts.PrivateSent, uid: int) -> Iterator[Row]:
        room = self._rooms.get(private_name(event.suid, event.duid), "private", event.at)
        yield self._message(
            recorded,
            room,
            event.suid,
            event.kind,
            **_of_sender(event),
            to_uid=event.duid,
            muted=int(event.muted),
        )
        yield "queued", _queued(recorded, uid, recorded.position, copy=False)
        self._originals[event.ssid, event.seq] = recorded.position
        if len(self._originals) > _UNIT:
            del self._originals[next(iter(self._originals))]

    def _copy(self, recorded: Recorded, event: facts.PrivateCopied, uid: int) -> Iterator[Row]:
        original = self._originals.get((event.ssid, event.seq))
        yield "queued", _queued(recorded, uid, original, copy=True)

    def _group_said(self, recorded: Recorded, event: facts.GroupSaid, gid: int) -> Iterator[Row]:
        room = self._rooms.get(group_name(gid), "group", event.at)
        yield self._message(recorded, room, event.uid, "group", **_of_sender(event))

    def _room_said(self, recorded: Recorded, event: facts.RoomSaid, rid: int) -> Iterator[Row]:
        room = self._rooms.get(room_name(rid), "live", event.at)
        more = {**_of_sender(event), "sub_group": fitting(event.gid)}
        yield self._message(recorded, room, event.uid, "room", **more)

    def _room_broadcast(
        self, recorded: Recorded, event: facts.RoomBroadcast, rid: int
    ) -> Iterator[Row]:
        room = self._rooms.get(room_name(rid), "live", event.at)
        more = {"text": text_of(event.data), **_content(event)}
        yield self._message(recorded, room, 0, "room-broadcast", **more)

    def _broadcast(
        self, recorded: Recorded, event: facts.BroadcastSent, _number: int
    ) -> Iterator[Row]:
        room = self._rooms.get(BROADCAST, BROADCAST, event.at)
        more = {"text": event.text, **_content(event)}
        yield self._message(recorded, room, event.suid, BROADCAST, **more)

    # --- nodes ------------------------------------------------------------------------------

    def _node(self, recorded: Recorded, event: facts.NodeReported, _number: int) -> Iterator[Row]:
        yield from self._end_node(event.nid, event.at)
        self._nodes[event.nid] = {
            "position": recorded.position,
            "nid": fitting(event.nid),
            "type": event.type,
            "ip": event.ip,
            "port": event.port,
            "backend_port": event.backend_port,
            "opid": fitting(event.opid),
            "nation": event.nation,
            "reported": iso(event.at),
            "lost": None,
        }

    def _node_lost(self, _recorded: Recorded, event: facts.NodeLost, _number: int) -> Iterator[Row]:
        yield from self._end_node(event.nid, event.at)

    def _end_node(self, nid: int, at: int) -> Iterator[Row]:
        node = self._nodes.pop(nid, None)
        if node is not None:
            yield "nodes", {**node, "lost": iso(at)}


class _UserRows:
    """Devices, their queues, friends and lists."""

    def __init__(self) -> None:
        self._devices: dict[int, dict[str, Any]] = {}
        """By sid."""
        self._queues: dict[int, dict[str, Any]] = {}
        """By sid: those that still are one."""
        self._friends: dict[tuple[int, int], dict[str, Any]] = {}
        self._listed: dict[tuple[int, str, int], dict[str, Any]] = {}
        self._steps: dict[type[Event], Callable[[Recorded, Any, int], Iterator[Row]]] = {
            facts.MessageAcknowledged: self._acknowledged,
            facts.CommandAnswered: self._answered,
            facts.DeviceLinked: self._linked,
            facts.DeviceUnlinked: self._unlinked,
        }

    def take(self, recorded: Recorded, event: Event, number: int) -> Iterator[Row]:
        step = self._steps.get(type(event))
        if step is not None:
            yield from step(recorded, event, number)
        elif kind_of(recorded.originator_id) == "beehive.user":
            self._note(event, number)
        elif isinstance(event, facts.DeviceAdded):
            self._device(number).update(uid=event.uid, added=iso(event.at))

    def finish(self) -> Iterator[Row]:
        for sid, device in self._devices.items():
            queue = self._queues.get(sid)
            yield "devices", {**device, "queue": queue and queue["position"]}
        for queue in self._queues.values():
            yield "queues", queue
        for friend in self._friends.values():
            yield "friends", friend
        for entry in self._listed.values():
            yield "user_lists", entry

    def _device(self, sid: int) -> dict[str, Any]:
        if sid not in self._devices:
            columns = ("uid", "added", "online", "offline", "why", "app", "version", "terminal")
            counts = {"commands": 0, "refused": 0}
            self._devices[sid] = {"sid": str(sid), **dict.fromkeys(columns), **counts}
        return self._devices[sid]

    def _answered(
        self, _recorded: Recorded, event: facts.CommandAnswered, sid: int
    ) -> Iterator[Row]:
        device = self._device(sid)
        device["commands"] += 1
        device["refused"] += bool(event.code)
        return iter(())

    def _linked(self, recorded: Recorded, event: facts.DeviceLinked, uid: int) -> Iterator[Row]:
        queue = self._queues.pop(event.heir_of, None) if event.heir_of else None
        if queue is None:
            queue = {
                "position": recorded.position,
                "uid": uid,
                "after": event.after,
                "begun": iso(event.at),
                "ended": None,
            }
        self._queues[event.sid] = {**queue, "sid": str(event.sid)}
        return iter(())

    def _unlinked(
        self, _recorded: Recorded, event: facts.DeviceUnlinked, _uid: int
    ) -> Iterator[Row]:
        queue = self._queues.pop(event.sid, None)
        if queue is not None:
            yield "queues", {**queue, "ended": iso(event.at)}

    def _acknowledged(
        self, recorded: Recorded, event: facts.MessageAcknowledged, uid: int
    ) -> Iterator[Row]:
        queue = self._queues.get(event.sid)
        for version in event.versions:
            row = {
                "queue": queue and queue["position"],
                "uid": uid,
                "version": version,
                "sid": str(event.sid),
                "position": recorded.position,
                "at": iso(event.at),
            }
            yield "acknowledgements", row

    def _note(self, event: Event, uid: int) -> None:
        match event:
            case facts.DeviceOnline():
                self._device(event.sid).update(
                    online=iso(event.at),
                    app=event.app,
                    version=event.version,
                    terminal=fitting(event.terminal),
                )
            case facts.DeviceOffline():
                self._device(event.sid).update(offline=iso(event.at), why=event.reason)
            case facts.FriendAsked():
                self._friends[uid, event.uid] = {
                    "uid": uid,
                    "friend": fitting(event.uid),
                    "asked": iso(event.at),
                    "mark": event.mark,
                    "since": None,
                }
            case facts.FriendMade():
                if (uid, event.uid) in self._friends:
                    self._friends[uid, event.uid]["since"] = iso(event.at)
            case facts.FriendLost():
                self._friends.pop((uid, event.uid), None)
            case facts.ListChanged():
                self._list(uid, event.list, event.uid, event.at, on=event.on)
            case facts.MarkSet():
                on = bool(event.mark)
                self._list(uid, "mark", event.uid, event.at, on=on, mark=event.mark)

    def _list(
        self, uid: int, name: str, other: int, at: int, *, on: bool, mark: str | None = None
    ) -> None:
        entry = {"uid": uid, "list": name, "other": fitting(other), "mark": mark, "since": iso(at)}
        if on:
            self._listed[uid, name, other] = entry
        else:
            self._listed.pop((uid, name, other), None)


def _queued(recorded: Recorded, uid: int, message: int | None, *, copy: bool) -> dict[str, Any]:
    return {"uid": uid, "version": recorded.version, "message": message, "copy": int(copy)}


def _of_sender(event: facts.PrivateSent | facts.GroupSaid | facts.RoomSaid) -> dict[str, Any]:
    return {
        "text": event.text,
        "sid": str(event.ssid) if event.ssid else None,
        "sender_seq": fitting(event.seq),
        **_content(event),
    }


def _content(
    event: facts.PrivateSent
    | facts.GroupSaid
    | facts.RoomSaid
    | facts.RoomBroadcast
    | facts.BroadcastSent,
) -> dict[str, Any]:
    return {
        "sender_time": fitting(event.time),
        "level": fitting(event.level),
        "data": event.data,
    }
