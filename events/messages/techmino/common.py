"""What all five endpoints share: the four kinds of answer, refusals, people, remarks."""

from __future__ import annotations

from typing import Final

import msgspec

INTERNAL: Final = "Internal server error"
NOT_TAKING: Final = "Server is not taking commands"
TOO_MANY: Final = "Too many requests"
ROOM_NOT_FOUND: Final = "Room not found"
WRONG_PASSWORD: Final = "Password is incorrect"
ROOM_FULL: Final = "Room is full"
ONE_ROOM: Final = "Can only subscribe one room"
NO_ROOM: Final = "Room not subscribed"
TYPE_NOT_FOUND: Final = "Type not found"
ACTION_NOT_FOUND: Final = "Action not found"
WATCHER: Final = "Watchers cannot send"
NOT_STARTED: Final = "Game has not started"
DEAD: Final = "You are dead"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a client says; `action` tells which and is not a field of it."""


class Self(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="Self"):
    """An answer to the one who asked."""


class Broadcast(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="Broadcast"):
    """News of somebody in the room."""


class Server(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="Server"):
    """News from the server itself."""


class Connect(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="Connect"):
    """The connection is authenticated."""


class Warn(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="Warn"):
    """What came cannot be read; `reason` begins with "Wrong format: "."""

    reason: str


class Error(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="Error"):
    """What was asked cannot be done."""

    reason: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a room."""

    uid: int
    username: str


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something somebody said."""

    uid: int
    username: str
    time: str
    """"YYYY-MM-DD HH:MM:SS.ffffff"."""
    message: str


class Empty(msgspec.Struct, frozen=True, kw_only=True):
    """The object `{}`, for clients that need one."""
