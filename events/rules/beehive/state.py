"""The states of devices, users, their inboxes and the lobby.

None of them grows with what was said: a queue is a few ranges of versions of the inbox, and what
they leave out is what the device has not acknowledged. Groups and rooms are in `places`, nodes in
`nodes`.
"""

from __future__ import annotations

from typing import Final

import msgspec

ONLINE_NTF: Final = 0x0150
OFFLINE_NTF: Final = 0x0152
ROOM_USR_NUM: Final = 0x0410
ROOM_LSN_STAT: Final = 0x0412
PUSHES: Final = (ONLINE_NTF, OFFLINE_NTF, ROOM_USR_NUM, ROOM_LSN_STAT)
"""What can be subscribed, in the newer numbering."""
UNASKED: Final = (ONLINE_NTF, OFFLINE_NTF)
"""What a device gets until it says that it does not want it."""
REMEMBERED: Final = 256
"""Commands of a device that may be sent again."""


class Answered(msgspec.Struct, frozen=True, array_like=True):
    """A command and what it was answered."""

    seq: int
    digest: str
    code: int
    value: int


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """What a device's commands used up; `uid` is 0 for a sid nobody has."""

    sid: int = 0
    uid: int = 0
    highest: int = 0
    """The highest number a command had."""
    recent: tuple[Answered, ...] = ()
    """The last ones, oldest first."""
    rooms: dict[int, int] = {}
    """Epoch by rid, in order of joining; what is of an older epoch than the engine's is over."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One device as its user knows it, and what it has heard."""

    sid: int
    seen: int
    """µs since 1970."""
    epoch: int = 0
    """Of which start of the engine it is online; 0 when it is not."""
    acked: tuple[int, ...] = ()
    """Versions of the inbox it has: first, last, first, last, … ascending, never touching."""
    heard: dict[int, int] = {}
    """Versions of groups up to which it has heard what was said, by gid."""
    caught: dict[int, int] = {}
    """The same as they were when it came online: from there on it heard everything live."""
    wants: tuple[int, ...] = UNASKED
    """Pushes it gets."""
    lent: bool = False
    """Its sid was drawn at ONLINE, for a client that names none."""
    came: bool = False
    """Whether it was ever online."""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's devices, lists and groups."""

    devices: dict[int, Line] = {}
    """By sid, in order of coming."""
    friends: frozenset[int] = frozenset()
    asked: frozenset[int] = frozenset()
    """Whom he asked for friendship and who has not asked him."""
    black: frozenset[int] = frozenset()
    gagged: frozenset[int] = frozenset()
    marks: dict[int, str] = {}
    groups: dict[int, int] = {}
    """By gid: the version of the group after which what is said there is his."""


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent to a user: how much there is."""

    count: int = 0


class Lobby(msgspec.Struct, frozen=True, kw_only=True):
    """What the whole engine has one of."""

    epoch: int = 0
    """How often it started on this log."""
    started: int = 0
    """When it started last (µs)."""
    last_sid: int = 0
    last_place: int = 0
    msgid: int = 0
    """Of the newest broadcast."""


def is_online(line: Line, epoch: int) -> bool:
    """Tell whether a connection speaks for a device."""
    return line.epoch == epoch and epoch > 0


def online_sids(user: User, epoch: int) -> tuple[int, ...]:
    """Return the devices of a user that are online."""
    return tuple(line.sid for line in user.devices.values() if is_online(line, epoch))


def last_seen(line: Line, lobby: Lobby, at: int) -> int:
    """Return when a device was seen last (µs), `at` if it is online.

    When the engine stopped under a device nobody noted; so it was seen until the next start.
    """
    if line.epoch == 0:
        return line.seen
    if line.epoch == lobby.epoch:
        return at
    return max(line.seen, lobby.started) if line.epoch == lobby.epoch - 1 else line.seen


def living(user: User, lobby: Lobby, *, at: int, keep: int) -> list[Line]:
    """Return the devices that were seen no more than `keep` µs before `at`."""
    return [line for line in user.devices.values() if at - last_seen(line, lobby, at) <= keep]
