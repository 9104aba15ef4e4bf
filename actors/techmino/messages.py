"""Messages between Techmino's sessions, lobby, rooms and matches.

`origin` is the session actor that waits for the answer (see `engine.source_of`).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from parlour.events.techmino import Place

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


class FindStream(msgspec.Struct, frozen=True, kw_only=True):
    """Asked of the lobby before a stream's upgrade: answers whether there is such a match."""

    rid: str


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


class OpenRoom(msgspec.Struct, frozen=True, kw_only=True):
    """To a room that is none yet: begin to exist, with this user in it."""

    origin: str
    uid: int
    plays_only: bool
    rid: str
    type: str
    name: str
    capacity: int
    password: str
    config: str


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
    """To a room or a match: this user's connection ended, or he is elsewhere now."""

    uid: int
    origin: str = ""
    """The session that cannot go on before that is recorded, if one waits for it."""


class Proceed(msgspec.Struct, frozen=True, kw_only=True):
    """To a session, from itself: what an older connection left behind is cleared up."""

    origin: str
    """The session: what it is let in with may be dropped."""


class ClocksDue(msgspec.Struct, frozen=True, kw_only=True):
    """To a match: its room has just recorded its beginning; set your timers."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """To a match: a stream connection is there."""

    origin: str
    uid: int


class MatchOver(msgspec.Struct, frozen=True, kw_only=True):
    """To a room: its match is over."""

    match: str
    result: tuple[Place, ...]
