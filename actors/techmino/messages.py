"""Messages between Techmino's sessions, lobby, rooms and matches."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from parlour.events.techmino import MatchPlayer, Place

Endpoint = Literal["app", "user", "chat", "play", "stream"]


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Who a connection speaks for, found out before the session was opened (`SessionOpened`)."""

    uid: int = 0
    """0 on `app`, where nobody logs in."""
    token: str = ""
    """The new token to give in Connect: authToken on `user`, accessToken on `chat`; or ""."""
    rid: str = ""
    """`stream` only."""
    plays_only: bool = False
    """A client that cannot watch: sent to a running match it would start to play."""


class Rooms(msgspec.Struct, frozen=True, kw_only=True):
    """To the lobby: answer with the list of play rooms."""

    origin: str
    request: Any
    """`play.ListRooms`."""


class Create(msgspec.Struct, frozen=True, kw_only=True):
    """To the lobby: make a play room and put this user into it."""

    origin: str
    uid: int
    plays_only: bool
    request: Any
    """`play.CreateRoom`."""


class Enter(msgspec.Struct, frozen=True, kw_only=True):
    """To a room: a user wants in; `origin` is his session's actor."""

    origin: str
    uid: int
    plays_only: bool
    config: str
    password: str


class InRoom(msgspec.Struct, frozen=True, kw_only=True):
    """To a play room, a chat room or a match: a request of a user, who should be in it."""

    origin: str
    uid: int
    request: Any


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """To a room or a match: this user's connection ended, or a new one took its place."""

    uid: int


class OpenMatch(msgspec.Struct, frozen=True, kw_only=True):
    """To a match: it begins to exist; told by its room in the message that starts it."""

    room: str
    type: str
    players: tuple[MatchPlayer, ...]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """To a match: a stream connection is there."""

    origin: str
    uid: int


class MatchOver(msgspec.Struct, frozen=True, kw_only=True):
    """To a room: its match is over."""

    match: str
    result: tuple[Place, ...]


class RoomEmpty(msgspec.Struct, frozen=True, kw_only=True):
    """To the lobby: this room is no more."""

    rid: str


class MatchDone(msgspec.Struct, frozen=True, kw_only=True):
    """To the lobby: this match is no more."""

    rid: str
