"""How a room follows from its events.

A join or a leave copies one shard of the people, never all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from parlour.events import beehive as facts
from parlour.events.event import Event
from parlour.events.rules.beehive.places import Presence, Room, Shard, Standing, devices, standing
from parlour.events.times import MICROSECONDS

_SHARDS: Final = 32
_NOBODY: Final[Shard] = {}
"""Never changed, so one will do for all."""
_MOST_RANGES: Final = 1_000
"""Ranges of versions kept of what was said: each is one remark at least."""


def evolve(room: Room, event: Event) -> Room:
    """Return `room` as `event` leaves it; never refuses a recorded fact."""
    step = _STEPS.get(type(event))
    return replace(room, version=room.version + 1) if step is None else step(room, event)


def _created(room: Room, event: facts.RoomCreated) -> Room:
    return Room(
        version=room.version + 1,
        rid=event.rid,
        name=event.name,
        desc=event.desc,
        owner=event.uid,
        epoch=event.epoch,
    )


def _dismissed(room: Room, _event: facts.RoomDismissed) -> Room:
    return Room(
        version=room.version + 1,
        rid=room.rid,
        name=room.name,
        desc=room.desc,
        owner=room.owner,
        dismissed=True,
        epoch=room.epoch,
        said=room.said,
    )


def _emptied(room: Room, event: facts.RoomEmptied) -> Room:
    return replace(room, version=room.version + 1, epoch=event.epoch, people=(), count=0, sizes=())


def _with_people(
    people: tuple[Shard, ...], uid: int, there: tuple[Presence, ...]
) -> tuple[Shard, ...]:
    place = uid % len(people)
    shard = people[place].copy()
    if there:
        shard[uid] = there
    else:
        shard.pop(uid, None)
    return (*people[:place], shard, *people[place + 1 :])


def _resized(sizes: tuple[int, ...], gid: int, by: int) -> tuple[int, ...]:
    return (*sizes[: gid - 1], sizes[gid - 1] + by, *sizes[gid:])


def _joined(room: Room, event: facts.RoomJoined) -> Room:
    there = devices(room, event.uid)
    people = room.people or (_NOBODY,) * _SHARDS
    sizes = room.sizes if event.gid <= len(room.sizes) else (*room.sizes, 0)
    broadcasts = room.broadcasts
    return replace(
        room,
        version=room.version + 1,
        people=_with_people(people, event.uid, (*there, Presence(event.sid, event.gid))),
        count=room.count if there else room.count + 1,
        sizes=_resized(sizes, event.gid, 1),
        broadcasts=tuple(standing(room, event.at)) if broadcasts else broadcasts,
    )


def _left(room: Room, event: facts.RoomLeft) -> Room:
    there = devices(room, event.uid)
    rest = tuple(presence for presence in there if presence.sid != event.sid)
    return _put_out(room, event.uid, rest, [p for p in there if p.sid == event.sid])


def _put_out(room: Room, uid: int, rest: tuple[Presence, ...], gone: list[Presence]) -> Room:
    if not gone:
        return replace(room, version=room.version + 1)
    sizes = room.sizes
    for presence in gone:
        sizes = _resized(sizes, presence.gid, -1)
    return replace(
        room,
        version=room.version + 1,
        people=_with_people(room.people, uid, rest),
        count=room.count if rest else room.count - 1,
        sizes=sizes,
    )


def _kicked(room: Room, event: facts.RoomKicked) -> Room:
    room = _put_out(room, event.uid, (), list(devices(room, event.uid)))
    return replace(room, black=room.black | {event.uid}, managers=room.managers - {event.uid})


def _role_changed(room: Room, event: facts.RoomRoleChanged) -> Room:
    managers = room.managers
    managers = managers | {event.uid} if event.manager else managers - {event.uid}
    return replace(room, version=room.version + 1, managers=managers)


def _said(room: Room, event: facts.RoomSaid) -> Room:
    version, said = room.version + 1, room.said
    if event.gid:  # the history is for everybody, this was not
        return replace(room, version=version)
    if said and said[-1][1] == room.version:
        said = (*said[:-1], (said[-1][0], version))
    else:
        said = (*said[-_MOST_RANGES + 1 :], (version, version))
    return replace(room, version=version, said=said)


def _broadcasted(room: Room, event: facts.RoomBroadcast) -> Room:
    until = (event.time + event.expire) * MICROSECONDS
    stays = Standing(
        msgid=event.msgid,
        level=event.level,
        time=event.time,
        expire=event.expire,
        data=event.data,
        until=until,
    )
    broadcasts = tuple(b for b in (*room.broadcasts, stays) if b.until > event.at)
    return replace(room, version=room.version + 1, broadcasts=broadcasts)


_STEPS: Final[dict[type[Event], Callable[[Room, Any], Room]]] = {
    facts.RoomCreated: _created,
    facts.RoomDismissed: _dismissed,
    facts.RoomEmptied: _emptied,
    facts.RoomJoined: _joined,
    facts.RoomLeft: _left,
    facts.RoomKicked: _kicked,
    facts.RoomRoleChanged: _role_changed,
    facts.RoomSaid: _said,
    facts.RoomBroadcast: _broadcasted,
}
