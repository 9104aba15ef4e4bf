"""Messages about room servers in other processes: on the lobby's side of a link, and on theirs."""

from __future__ import annotations

from typing import Any

import msgspec

from parlour.actors.treasure.messages import Serve

LINK_ID = "treasure.link:1"
"""The actor of a room server that speaks for it."""
LOBBY = 0
"""In a room server, the session that is the lobby: what is said to it leaves over the link."""
LINKS = "nodes"
"""Protocol of the links on the lobby's side."""

# --- in the lobby engine --------------------------------------------------------------------


class Enters(msgspec.Struct, frozen=True, kw_only=True):
    """From a link to the servers: a room server proved that it knows the secret."""

    origin: str
    request: Any
    """`treasure_link.Register`."""


class LetIn(msgspec.Struct, frozen=True, kw_only=True):
    """From the servers to a link: it may serve, and these rooms' games are its own."""

    server: str
    rooms: tuple[int, ...]
    last_at: int
    """When it was heard last (µs)."""


class KeptOut(msgspec.Struct, frozen=True, kw_only=True):
    """From the servers to a link: it may not serve."""

    code: str
    reason: str


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """From a link to the servers: this room server was heard."""

    origin: str
    server: str


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """From the servers to a link: the room's game is somewhere else now, or nowhere."""

    room: int


# --- in a room server -----------------------------------------------------------------------


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """From the link to its actor: serve this game."""

    serve: Serve
    known: bool
    """Whether this process has served it under this epoch before."""
    now: bool
    """Whether events are taken now; else the game waits for the end of the interruption."""


class Concluded(msgspec.Struct, frozen=True, kw_only=True):
    """From the link to its actor: the lobby's answer to a result."""

    room: int
    game: int
    code: int


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """From the link to its actor: the game is not here any more."""

    room: int
    game: int
    uids: tuple[int, ...]
    """Its players, whose connections are of no use."""
