"""Endpoint `/tech/socket/v1/play`: rooms to play in."""

from __future__ import annotations

import msgspec

from parlour.events.messages.techmino.common import (
    Broadcast,
    Connect,
    Empty,
    Person,
    Remark,
    Request,
    Self,
    Server,
)
from parlour.events.techmino import Place


class ListRooms(Request, frozen=True, kw_only=True):
    """Action 0; `message` (or `type`) filters by room type."""

    message: str | None = None
    type: str | None = None
    begin: int = 0
    count: int = 10


class CreateRoom(Request, frozen=True, kw_only=True):
    """Action 1."""

    type: str = "classic"
    name: str | None = None
    password: str = ""
    config: str = ""


class EnterRoom(Request, frozen=True, kw_only=True):
    """Action 2."""

    rid: str
    password: str = ""
    config: str = ""


class LeaveRoom(Request, frozen=True, kw_only=True):
    """Action 3."""


class SayInRoom(Request, frozen=True, kw_only=True):
    """Action 4."""

    message: str


class ChangeConfig(Request, frozen=True, kw_only=True):
    """Action 5."""

    config: str


class ChangeReady(Request, frozen=True, kw_only=True):
    """Action 6."""

    ready: bool


class PlayConnect(Connect, frozen=True, kw_only=True):
    """The first message."""

    action: int = 0


class RoomListing(msgspec.Struct, frozen=True, kw_only=True):
    """One room of the list."""

    rid: str
    name: str
    type: str
    private: bool
    start: bool
    count: int
    capacity: int


class RoomList(Self, frozen=True, kw_only=True):
    """Answer to 0."""

    action: int = 0
    roomList: tuple[RoomListing, ...]  # noqa: N815


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in the room."""

    sid: int
    uid: int
    username: str
    config: str
    ready: bool


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """The room as its newest member finds it, himself included."""

    sid: int
    ready: bool
    histories: tuple[Remark, ...]
    players: tuple[Member, ...]


class RoomEntered(Self, frozen=True, kw_only=True):
    """Answer to 1 and 2."""

    action: int = 2
    data: RoomView


class RoomEnteredBy(Broadcast, frozen=True, kw_only=True):
    """Action 2: somebody else entered."""

    action: int = 2
    data: Member


class RoomExited(Self, frozen=True, kw_only=True):
    """Answer to 3."""

    action: int = 3
    data: Empty = Empty()


class Leaver(Person, frozen=True, kw_only=True):
    """Who left, and from which seat (existing clients need it)."""

    sid: int


class RoomLeftBy(Broadcast, frozen=True, kw_only=True):
    """Action 3: somebody else left."""

    action: int = 3
    data: Leaver


class RoomSaidBy(Broadcast, frozen=True, kw_only=True):
    """Action 4, to everybody in the room."""

    action: int = 4
    data: Remark


class ConfigOf(msgspec.Struct, frozen=True, kw_only=True):
    """Whose settings."""

    uid: int
    config: str


class ConfigChangedBy(Broadcast, frozen=True, kw_only=True):
    """Action 5, to the others."""

    action: int = 5
    data: ConfigOf


class ReadyOf(msgspec.Struct, frozen=True, kw_only=True):
    """Whose readiness."""

    uid: int
    ready: bool


class ReadyChangedBy(Broadcast, frozen=True, kw_only=True):
    """Action 6, to everybody in the room."""

    action: int = 6
    data: ReadyOf


class GetSet(Server, frozen=True, kw_only=True):
    """Action 7: everybody is ready."""

    action: int = 7


class StreamAt(msgspec.Struct, frozen=True, kw_only=True):
    """Where the match is streamed."""

    rid: str


class Go(Server, frozen=True, kw_only=True):
    """Action 8: connect to the stream."""

    action: int = 8
    data: StreamAt


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A finished match."""

    start: bool = False
    result: tuple[Place, ...]


class Result(Server, frozen=True, kw_only=True):
    """Action 9: the match is over."""

    action: int = 9
    data: Outcome
