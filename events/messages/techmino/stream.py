"""Endpoint `/tech/socket/v1/stream`: one match, live."""

from __future__ import annotations

import msgspec

from parlour.events.messages.techmino.common import Broadcast, Connect, Request, Server


class Die(Request, frozen=True, kw_only=True):
    """Action 4: the player's own end."""

    score: int | float
    survivalTime: int | float  # noqa: N815


class SendChunk(Request, frozen=True, kw_only=True):
    """Action 5: base64 of record bytes."""

    stream: str


class Connected(msgspec.Struct, frozen=True, kw_only=True):
    """Who is connected already."""

    connected: tuple[int, ...]


class StreamConnect(Connect, frozen=True, kw_only=True):
    """The first message."""

    data: Connected


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """Who came; `watch` for whoever is no player."""

    uid: int
    watch: bool


class ConnectedBy(Broadcast, frozen=True, kw_only=True):
    """Action 2, to the others."""

    action: int = 2
    data: Arrival


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """Of the random generators."""

    seed: int


class Begin(Server, frozen=True, kw_only=True):
    """Action 0: the game is on."""

    action: int = 0
    data: Seed


class End(Server, frozen=True, kw_only=True):
    """Action 1: the game is over."""

    action: int = 1


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody."""

    uid: int


class Disconnected(Server, frozen=True, kw_only=True):
    """Action 3: a connection ended; a living player died of it."""

    action: int = 3
    data: Who


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """Whose end."""

    uid: int
    score: int | float
    survivalTime: int | float  # noqa: N815


class DiedBy(Broadcast, frozen=True, kw_only=True):
    """Action 4, to the others."""

    action: int = 4
    data: Death


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Whose record."""

    uid: int
    stream: str


class ChunkBy(Broadcast, frozen=True, kw_only=True):
    """Action 5, to the others."""

    action: int = 5
    data: Chunk
