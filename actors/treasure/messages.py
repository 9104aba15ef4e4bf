"""Messages between the treasure game's sessions, lobby, rooms, room servers and games.

`origin` is the session actor that waits for the answer (see `engine.source_of`), `request` what it
was asked, for the case that the answer is that nothing came of it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from parlour.events.messages.treasure import GameOver
from parlour.events.treasure import Player, Times


class LogIn(msgspec.Struct, frozen=True, kw_only=True):
    """To a session: it was found out who logs in."""

    origin: str
    uid: int
    """0 for nobody: name, password or token is wrong."""
    request: Any
    """`treasure.Login`."""


class InLobby(msgspec.Struct, frozen=True, kw_only=True):
    """To the lobby: a request of a player who is logged in."""

    origin: str
    uid: int
    request: Any


class InRoom(msgspec.Struct, frozen=True, kw_only=True):
    """To a room: a request of a player who should be in it (or wants to be)."""

    origin: str
    uid: int
    request: Any


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """To a room: a player logged in again; he is told where his game is."""

    origin: str
    uid: int
    request: Any


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """To a room or a game: this player's connection ended."""

    uid: int


# --- rooms and room servers -----------------------------------------------------------------


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """To the servers: find a room server for a room's game."""

    room: int
    without: tuple[str, ...] = ()
    """Those that were asked already, or are dead."""
    passed_over: str = ""
    """The one of them that did not answer just now, or did not take the game."""
    origin: str = ""
    """Who asked for the start; "" for a game that its room server did not take, or lost."""
    uid: int = 0
    request: Any = None


class PlaceOn(msgspec.Struct, frozen=True, kw_only=True):
    """To a room: this server has a place for the game; "" for none."""

    server: str
    origin: str = ""
    uid: int = 0
    request: Any = None


class RoomChanged(msgspec.Struct, frozen=True, kw_only=True):
    """To the servers: the room's game may be somewhere else now, or nowhere."""

    room: int


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """To the servers: tell a game something, wherever it is."""

    server: str
    room: int
    game: int
    message: Any
    """`Serve`, `Settle`, or `Recover` to a game of this very process."""


class ServerGone(msgspec.Struct, frozen=True, kw_only=True):
    """To a room: the room server of its game is dead."""

    server: str
    last_at: int
    """When it was heard last (µs)."""


class Unplayable(msgspec.Struct, frozen=True, kw_only=True):
    """To a room: what its room server shipped is none of its game's events."""

    server: str
    game: int
    why: str


# --- rooms and games ------------------------------------------------------------------------


class Serve(msgspec.Struct, frozen=True, kw_only=True):
    """To a game: begin, or go on here (501). Said again, it is answered again."""

    room: int
    game: int
    epoch: int
    server: str
    players: tuple[Player, ...]
    commitment: str
    times: Times
    left_at: int = 0
    """When the room server before was heard last (µs); 0 when there was none."""


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """From a game's room server to the room: I have it (502)."""

    room: int
    game: int
    epoch: int
    code: int = 0
    ip: str = ""
    port: int = 0
    ws: str = ""


class Over(msgspec.Struct, frozen=True, kw_only=True):
    """From a game to its room: settle this (502 with a result)."""

    room: int
    game: int
    epoch: int
    result: GameOver


class Settle(msgspec.Struct, frozen=True, kw_only=True):
    """To a game: it is settled, tell everybody."""

    room: int
    game: int
    epoch: int
    result: GameOver


# --- games and their players ----------------------------------------------------------------


class Enter(msgspec.Struct, frozen=True, kw_only=True):
    """To a game: a connection shows a ticket (1001)."""

    origin: str
    uid: int
    ticket: str
    """Hex SHA-256 of what it showed."""
    request: Any


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """To a session: the ticket was good; commands go to this game."""

    game: str
    """Its actor."""


class TurnedAway(msgspec.Struct, frozen=True, kw_only=True):
    """To a session: the ticket was not good."""

    origin: str
    request: Any


class InGame(msgspec.Struct, frozen=True, kw_only=True):
    """To a game: a verified player's command."""

    origin: str
    uid: int
    request: Any


class Plays(msgspec.Struct, frozen=True, kw_only=True):
    """To the games' home: this player's connection is to this game."""

    uid: int
    game: str
    """Its actor."""
