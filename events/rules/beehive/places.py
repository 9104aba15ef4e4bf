"""The states of groups and rooms, and how to look into a room.

Never changed, only replaced: whoever keeps a mapping from here (an audience made of it, say)
knows by its identity whether it is still the one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

MEMBER: Final = 0
OWNER: Final = 1
MANAGER: Final = 2
Role = Literal[0, 1, 2]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group; `gid` is 0 before it is created."""

    gid: int = 0
    name: str = ""
    desc: str = ""
    dismissed: bool = False
    members: dict[int, Role] = {}
    """Role by uid, in order of entering; exactly one owner while it lives."""
    gagged: frozenset[int] = frozenset()
    """Who may not speak, also when he leaves and comes back."""
    black: frozenset[int] = frozenset()
    """Who may not enter; no member is among them."""


class Presence(msgspec.Struct, frozen=True, array_like=True):
    """One device in a room."""

    sid: int
    gid: int
    """Its sub-group."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A broadcast that is told to who joins until it expires."""

    msgid: int
    level: int
    time: int
    expire: int
    data: bytes
    until: int
    """µs since 1970."""


Shard = dict[int, tuple[Presence, ...]]


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A room; `rid` is 0 before it is created.

    Who is in it stands in shards by uid: of a room of ten thousand, a join copies some hundreds.
    """

    version: int = 0
    """Events so far: the last one's version."""
    rid: int = 0
    name: str = ""
    desc: str = ""
    owner: int = 0
    """0 for nobody."""
    managers: frozenset[int] = frozenset()
    black: frozenset[int] = frozenset()
    """Who was thrown out."""
    dismissed: bool = False
    epoch: int = 0
    """Of which start of the engine `people` is."""
    people: tuple[Shard, ...] = ()
    """Devices by uid, by `uid % len(people)`; empty before the first join of an epoch."""
    count: int = 0
    """Distinct uids in it."""
    sizes: tuple[int, ...] = ()
    """Devices in each sub-group, from 1 up."""
    broadcasts: tuple[Standing, ...] = ()
    said: tuple[tuple[int, int], ...] = ()
    """Versions of the last remarks to everybody, as ranges (first, last), oldest first."""


# --- looking --------------------------------------------------------------------------------


def devices(room: Room, uid: int) -> tuple[Presence, ...]:
    """Return a user's devices in the room."""
    people = room.people
    return people[uid % len(people)].get(uid, ()) if people else ()


def sub_group(room: Room, uid: int, sid: int) -> int:
    """Return the sub-group a device is in, 0 when it is not in the room."""
    return next((there.gid for there in devices(room, uid) if there.sid == sid), 0)


def uids(room: Room) -> Iterator[int]:
    """Return who is in the room."""
    for shard in room.people:
        yield from shard


def everybody(room: Room) -> Iterator[tuple[int, Presence]]:
    """Return uid and device of each device in the room."""
    for shard in room.people:
        for uid, there in shard.items():
            for presence in there:
                yield uid, presence


def standing(room: Room, at: int) -> list[Standing]:
    """Return the broadcasts that are still good, oldest first."""
    return [broadcast for broadcast in room.broadcasts if broadcast.until > at]


def last_remarks(room: Room, count: int) -> list[tuple[int, int]]:
    """Return the versions of the last `count` remarks as ranges (first, last), oldest first."""
    found: list[tuple[int, int]] = []
    for first, last in reversed(room.said):
        if count <= 0:
            break
        found.append((max(first, last - count + 1), last))
        count -= last - first + 1
    return found[::-1]
