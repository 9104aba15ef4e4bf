"""What an operator may set about the treasure game; defaults of docs/protocols/treasure.md."""

from __future__ import annotations

import msgspec

from parlour.events.treasure import EMBEDDED


class TreasureSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings under `treasure.`."""

    move_seconds: float = 30.0
    """Stage 1 of a day."""
    action_seconds: float = 30.0
    """Stage 2."""
    auction_seconds: float = 20.0
    """Stage 3."""
    explore_seconds: float = 20.0
    """Stage 4."""
    verify_seconds: float = 20.0
    """How long a game waits for its players."""
    ticket_seconds: float = 60.0
    """Time to the first use of a ticket."""
    silence_seconds: float = 10.0
    """Time to show a ticket on a room server."""
    accept_seconds: float = 5.0
    """Time for a room server to answer 501."""
    resume_seconds: float = 5.0
    """Least time a running stage has left after a restart."""
    offline_seconds: float = 60.0
    """How long a player without a connection keeps his seat in a waiting room."""
    return_seconds: float = 15.0
    """How long games wait for their room server after a restart of the lobby."""
    unserved_seconds: float = 300.0
    """How long a running game waits for a room server before it is cancelled."""
    beat_seconds: float = 5.0
    """How often a room server and the lobby tell each other that they live."""
    dead_seconds: float = 15.0
    """Silence after which either takes the other for dead."""
    embedded: bool = True
    """Whether this process serves games itself."""
    capacity: int = 2_000
    """Games this process serves at the same time."""
    advertise: str = ""
    """Address ("ip") clients are told to find games of this process at; empty: the listener's."""
    room_name_bytes: int = 120
    """Longest name of a room in bytes of UTF-8."""
    tokens: int = 20
    """Login tokens an account keeps; the oldest is revoked."""


class GameServer(msgspec.Struct, frozen=True, kw_only=True):
    """What makes an engine a room server: its name, and where clients find its games."""

    server: str = EMBEDDED
    ip: str
    port: int
    ws: str = ""
    """URL of its WebSocket; "" when it has none."""
    home: str = ""
    """The actor that is told what games have to tell their rooms; "" for the rooms themselves."""
