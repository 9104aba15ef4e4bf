"""What may be asked of a group, with the time it is asked at."""

from __future__ import annotations

import msgspec


class GroupTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The settings a group's decisions need."""

    most_members: int
    most_listed: int
    """Most uids that are gagged, and most that are black."""


class GroupCommand(msgspec.Struct, frozen=True, kw_only=True):
    """An order; what it causes is decided by `group`."""

    at: int
    """µs since 1970 UTC."""


class Create(GroupCommand, frozen=True, kw_only=True):
    """Make the group and own it."""

    gid: int
    uid: int
    name: str
    desc: str


class Dismiss(GroupCommand, frozen=True, kw_only=True):
    """End the group."""

    uid: int


class Join(GroupCommand, frozen=True, kw_only=True):
    """Be a member."""

    uid: int


class Invite(GroupCommand, frozen=True, kw_only=True):
    """Make somebody a member."""

    by: int
    uid: int


class Quit(GroupCommand, frozen=True, kw_only=True):
    """Be a member no more."""

    uid: int


class Say(GroupCommand, frozen=True, kw_only=True):
    """Say something to the group."""

    uid: int
    """0 is an operator, who need not be a member."""
    ssid: int
    seq: int
    level: int
    time: int
    text: str
    data: bytes | None


class Kick(GroupCommand, frozen=True, kw_only=True):
    """Throw a member out."""

    by: int
    uid: int


class ChangeGag(GroupCommand, frozen=True, kw_only=True):
    """Forbid a member to speak, or allow it again."""

    by: int
    uid: int
    on: bool


class ChangeBlacklist(GroupCommand, frozen=True, kw_only=True):
    """Forbid somebody to enter, and throw him out; or allow it again."""

    by: int
    uid: int
    on: bool


class ChangeRole(GroupCommand, frozen=True, kw_only=True):
    """Make a member manager, or a manager owner; or a manager member again."""

    by: int
    uid: int
    on: bool
