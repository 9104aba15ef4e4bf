"""Endpoint `/tech/socket/v1/chat`: rooms to talk in."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from parlour.events.messages.techmino.common import (
    Broadcast,
    Connect,
    Person,
    Remark,
    Request,
    Self,
)


class ListChats(Request, frozen=True, kw_only=True):
    """Action 0."""


class JoinChat(Request, frozen=True, kw_only=True):
    """Action 1."""

    rid: str


class LeaveChat(Request, frozen=True, kw_only=True):
    """Action 2."""

    rid: str


class SayInChat(Request, frozen=True, kw_only=True):
    """Action 3."""

    rid: str
    message: str


class ChatConnect(Connect, frozen=True, kw_only=True):
    """The first message; uid and token only after a login with an authToken."""

    uid: int | UnsetType = UNSET
    accessToken: str | UnsetType = UNSET  # noqa: N815


class ChatListing(msgspec.Struct, frozen=True, kw_only=True):
    """One room of the list."""

    rid: str
    count: int
    capacity: int


class ChatList(Self, frozen=True, kw_only=True):
    """Answer to 0."""

    action: int = 0
    roomList: tuple[ChatListing, ...]  # noqa: N815


class Histories(msgspec.Struct, frozen=True, kw_only=True):
    """The last remarks, oldest first."""

    histories: tuple[Remark, ...]


class ChatEntered(Self, frozen=True, kw_only=True):
    """Answer to 1."""

    action: int = 1
    rid: str
    data: Histories


class ChatJoinedBy(Broadcast, frozen=True, kw_only=True):
    """Action 1: somebody else joined."""

    action: int = 1
    rid: str
    data: Person


class ChatExited(Self, frozen=True, kw_only=True):
    """Answer to 2."""

    action: int = 2
    rid: str


class ChatLeftBy(Broadcast, frozen=True, kw_only=True):
    """Action 2: somebody else left."""

    action: int = 2
    rid: str
    data: Person


class ChatSaidBy(Broadcast, frozen=True, kw_only=True):
    """Action 3, to everybody in the room."""

    action: int = 3
    rid: str
    data: Remark
