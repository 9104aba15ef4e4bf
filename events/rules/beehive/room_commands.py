"""What may be asked of a room, with the time it is asked at."""

from __future__ import annotations

import msgspec

from parlour.events.beehive import LeaveReason


class RoomTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a room's decisions need to know besides the room."""

    epoch: int
    """Of the engine as it runs."""
    auto_create: bool
    group_size: int
    most_listed: int
    """Most uids that are managers, and most that are black."""
    most_broadcasts: int = 100
    """Most that stay at a time."""


class RoomCommand(msgspec.Struct, frozen=True, kw_only=True):
    """An order; what it causes is decided by `room`."""

    at: int
    """µs since 1970 UTC."""


class Create(RoomCommand, frozen=True, kw_only=True):
    """Make the room and own it."""

    rid: int
    uid: int
    name: str
    desc: str


class Dismiss(RoomCommand, frozen=True, kw_only=True):
    """End the room."""

    uid: int


class Join(RoomCommand, frozen=True, kw_only=True):
    """Be in the room with a device; a room that nobody made comes to be."""

    rid: int
    uid: int
    sid: int


class Quit(RoomCommand, frozen=True, kw_only=True):
    """Take a device out."""

    uid: int
    sid: int


class Lose(RoomCommand, frozen=True, kw_only=True):
    """A device is offline: it is out, if it was in."""

    uid: int
    sid: int
    reason: LeaveReason


class Say(RoomCommand, frozen=True, kw_only=True):
    """Say something to the room or to one sub-group."""

    uid: int
    ssid: int
    seq: int
    gid: int
    """0 for everybody."""
    level: int
    time: int
    text: str
    data: bytes | None


class Kick(RoomCommand, frozen=True, kw_only=True):
    """Throw a user out for good."""

    by: int
    uid: int


class ChangeManager(RoomCommand, frozen=True, kw_only=True):
    """Make somebody manager, or no manager any more."""

    by: int
    uid: int
    on: bool


class Broadcast(RoomCommand, frozen=True, kw_only=True):
    """Tell everybody in the room, and who joins until it expires."""

    expire: int
    """Seconds."""
    data: bytes
