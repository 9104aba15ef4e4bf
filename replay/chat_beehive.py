"""Chat of beehive: live rooms, groups, what users said to each other, and what all were told.

A private message is read where it waits, in its receiver's inbox; the copies that the
sender's other devices got are not shown again. Messages carry no names: who somebody was then
is read from the accounts.
"""

from __future__ import annotations

import re
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterator
from heapq import merge
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

from parlour.events import account
from parlour.events import beehive as facts
from parlour.events.event import Event, decode, name_of
from parlour.events.reader import LogReader, Recorded
from parlour.replay.message import Message, Room

BROADCAST: Final = "broadcast"
"""The name of what everybody online was told."""

_NAME: Final = re.compile(r"(?:beehive[:.])?(room|group|user):([0-9]{1,20})(?::([0-9]{1,20}))?")
_ALONE: Final = re.compile(r"[0-9]{1,20}")
_PRIVATE_SENT: Final = "beehive.private-sent"


def room_name(rid: int) -> str:
    """Return what a live room is called."""
    return f"room:{rid}"


def group_name(gid: int) -> str:
    """Return what a group is called."""
    return f"group:{gid}"


def private_name(one: int, other: int) -> str:
    """Return what two users' private messages are called, the same for both."""
    return f"user:{min(one, other)}:{max(one, other)}"


def text_of(data: bytes) -> str:
    """Return bytes as the text they are, "" when they are none."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return ""


def open_room(reader: LogReader, name: str) -> Room | None:
    """Return a room by its name; None for a name that is none of beehive's.

    Args:
        reader: The log.
        name: `room:RID` or RID, `group:GID`, `user:UID` for all that a user sent or got in
            private, `user:UID:UID` for what two sent each other, `broadcast`; with `beehive:` or
            `beehive.` before it or without.
    """
    if re.fullmatch(rf"(?:beehive[:.])?{BROADCAST}", name):
        return _of(reader, facts.LOBBY_ID, BROADCAST)
    if _ALONE.fullmatch(name):
        name = f"room:{name}"
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    kind, first, second = found[1], int(found[2]), found[3]
    if kind == "user":
        return _private(reader, first, None if second is None else int(second))
    if second is not None:
        return None
    if kind == "room":
        return _of(reader, facts.room_id(first), room_name(first))
    return _of(reader, facts.group_id(first), group_name(first))


def known(reader: LogReader) -> Iterator[str]:
    """Yield the names of rooms and groups."""
    for kind, name in (("beehive.room", room_name), ("beehive.group", group_name)):
        for aggregate_id in reader.aggregate_ids(kind):
            yield name(int(aggregate_id.partition(":")[2]))
    if next(reader.aggregate(facts.LOBBY_ID), None) is not None:
        yield BROADCAST


# --- where messages lie ---------------------------------------------------------------------


def _of(reader: LogReader, aggregate_id: str, name: str) -> Room | None:
    if next(reader.aggregate(aggregate_id), None) is None:
        return None
    return Room(name, _messages(reader, reader.aggregate(aggregate_id)))


def _private(reader: LogReader, one: int, other: int | None) -> Room | None:
    uids = list(dict.fromkeys((one, one if other is None else other)))
    if not any(_is_user(reader, uid) for uid in uids):
        return None
    if other is None:
        return Room(f"user:{one}", _messages(reader, _sent_or_got(reader, one)))
    inboxes = (reader.aggregate(facts.inbox_id(uid)) for uid in uids)
    pair = {one, other}
    between = (
        recorded
        for recorded in merge(*inboxes, key=attrgetter("position"))
        if isinstance(recorded.event, facts.PrivateSent)
        and {recorded.event.suid, recorded.event.duid} == pair
    )
    return Room(f"user:{one}:{other}", _messages(reader, between))


def _is_user(reader: LogReader, uid: int) -> bool:
    ids = (facts.user_id(uid), facts.inbox_id(uid))
    return any(next(reader.aggregate(aggregate_id), None) is not None for aggregate_id in ids)


def _sent_or_got(reader: LogReader, uid: int) -> Iterator[Recorded]:
    """Yield all private messages of a user: what he sent lies with each of its receivers."""
    for row in reader.rows():
        if type(row.topic) is not str or name_of(row.topic) != _PRIVATE_SENT:
            continue
        event = decode(row.topic, row.state)
        if isinstance(event, facts.PrivateSent) and uid in (event.suid, event.duid):
            yield Recorded(row.position, row.originator_id, row.version, row.topic, event)


# --- what a message is ----------------------------------------------------------------------


class _Told(NamedTuple):
    """What one kind of event says of its message."""

    uid: int
    text: str
    data: bytes | None
    more: dict[str, Any]
    to: str = ""


def _messages(reader: LogReader, recorded_events: Iterator[Recorded]) -> Iterator[Message]:
    names = Names(reader)
    seq = 0
    for recorded in recorded_events:
        tell = _TELL.get(type(recorded.event))
        if tell is None:
            continue
        seq += 1
        told = tell(recorded.event)
        more, notes = told.more, [told.to] if told.to else []
        if told.data is not None:
            more["data"] = b64encode(told.data).decode()
            notes.append(f"{len(told.data)} bytes")
        yield Message(
            recorded.position,
            told.uid,
            names.at(told.uid, recorded.position),
            recorded.event.at,
            told.text,
            seq,
            more,
            ", ".join(notes),
        )


def _tell_private(event: facts.PrivateSent) -> _Told:
    more = {
        "kind": event.kind,
        "to": event.duid,
        **_of_sender(event),
        "muted": event.muted,
    }
    return _Told(event.suid, event.text, event.data, more, f"to {event.duid}")


def _tell_group(event: facts.GroupSaid) -> _Told:
    return _Told(event.uid, event.text, event.data, {"kind": "group", **_of_sender(event)})


def _tell_room(event: facts.RoomSaid) -> _Told:
    more = {"kind": "room", "gid": event.gid, **_of_sender(event)}
    return _Told(
        event.uid, event.text, event.data, more, f"to sub-group {event.gid}" if event.gid else ""
    )


def _tell_room_broadcast(event: facts.RoomBroadcast) -> _Told:
    more = {"kind": "room-broadcast", **_of_operator(event)}
    return _Told(0, text_of(event.data), event.data, more, "broadcast")


def _tell_broadcast(event: facts.BroadcastSent) -> _Told:
    more = {"kind": "broadcast", **_of_operator(event)}
    return _Told(event.suid, event.text, event.data, more)


def _of_sender(event: facts.PrivateSent | facts.GroupSaid | facts.RoomSaid) -> dict[str, Any]:
    return {
        "sid": event.ssid,
        "sender_seq": event.seq,
        "level": event.level,
        "sender_time": event.time,
    }


def _of_operator(event: facts.RoomBroadcast | facts.BroadcastSent) -> dict[str, Any]:
    return {
        "msgid": event.msgid,
        "level": event.level,
        "sender_time": event.time,
        "expire": event.expire,
    }


_TELL: Final[dict[type[Event], Callable[[Any], _Told]]] = {
    facts.PrivateSent: _tell_private,
    facts.GroupSaid: _tell_group,
    facts.RoomSaid: _tell_room,
    facts.RoomBroadcast: _tell_room_broadcast,
    facts.BroadcastSent: _tell_broadcast,
}


class Names:
    """What accounts were called at a position of the log."""

    def __init__(self, reader: LogReader) -> None:
        """Read an account when it is asked for, once."""
        self._reader = reader
        self._names: dict[int, list[tuple[int, str]]] = {}
        """Position and name, by uid."""

    def at(self, uid: int, position: int) -> str:
        """Return what an account was called at a position, "" when nobody knows."""
        names = self._names.get(uid)
        if names is None:
            names = self._names[uid] = list(self._read(uid))
        index = bisect_right(names, position, key=itemgetter(0))
        return names[index - 1][1] if index else ""

    def _read(self, uid: int) -> Iterator[tuple[int, str]]:
        if uid == account.HOUSE_UID:
            return
        for recorded in self._reader.aggregate(account.account_id(uid)):
            match recorded.event:
                case account.Registered(name=name) | account.Renamed(new=name):
                    yield recorded.position, name
