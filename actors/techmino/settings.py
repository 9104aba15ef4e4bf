"""What an operator may set about Techmino, with defaults from docs/protocols/techmino.md."""

from __future__ import annotations

from typing import Literal

import msgspec


def default_chats() -> dict[str, int]:
    """Return the chat rooms of the seed."""
    return {"global": 1024, "english": 512, "chinese": 512}


def default_types() -> dict[str, int]:
    """Return the room types of the seed."""
    return {"solo": 2, "classic": 6, "r49": 49, "r99": 99, "unlimited": 10_000}


class TechminoSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings under `techmino.`."""

    reject: Literal["close", "http"] = "close"
    """How a refused upgrade is told: after it with a close code, or as an HTTP status."""
    register: bool = True
    """Whether clients may make accounts (app action 2)."""
    binary: bool = False
    """Answer in binary frames."""
    practice: bool = False
    """Whether one player alone may start a match."""
    chats: dict[str, int] = msgspec.field(default_factory=default_chats)
    """Chat rooms and how many they take."""
    types: dict[str, int] = msgspec.field(default_factory=default_types)
    """Play room types and how many they take."""
    message_bytes: int = 8_192
    """Longest remark in bytes of UTF-8."""
    config_bytes: int = 8_192
    """Longest player configuration in bytes of UTF-8."""
    chunk_bytes: int = 4_096
    """Longest stream chunk in characters of base64."""
    start_seconds: float = 2.0
    """From everybody ready to the start of the match."""
    connect_seconds: float = 10.0
    """How long a match waits for its players' stream connections."""
    settle_seconds: float = 1.0
    """Least time from the last such connection to the beginning."""
    end_seconds: float = 3.0
    """From game over to the result."""
    return_seconds: float = 30.0
    """How long rooms and matches wait for their players after a restart of the engine."""
    credentials_seconds: float = 5.0
    """Time to send credentials as the first message."""
    ping_seconds: float = 10.0
    """Between pings to a client."""
    silence_seconds: float = 60.0
    """Silence that ends a connection."""
    utc_offset: str = "+00:00"
    """Offset of the times clients are told, "+08:00"."""
    newest_code: int = 1_406
    """Code of the newest client."""
    newest_name: str = "V0.14.6"
    """Its name."""
    newest_content: str = ""
    """What is new in it."""
    least_code: int = 1_405
    """Code of the oldest client that is let in."""
    least_name: str = "V0.14.5"
    """Its name."""
    least_content: str = ""
    """What was new in it."""
    notice: str = "Welcome"
    """Shown to everybody."""
