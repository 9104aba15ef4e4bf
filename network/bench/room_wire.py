"""The wire of the bench's own chat room: what members say and hear, always of one size.

A client may then count messages by counting bytes, and is never the slow one. The naive server
sends the very same text. Knows no socket.
"""

from __future__ import annotations

from typing import Final

import msgspec

FIRST_UID: Final = 100_000
FIRST_SEQ: Final = 100_000_000
"""Numbers start high, so that their width never changes."""


class Enter(msgspec.Struct, frozen=True, tag_field="cmd", tag="enter"):
    """Come into a room as a user; the first thing a connection says."""

    room: int
    uid: int


class Say(msgspec.Struct, frozen=True, tag_field="cmd", tag="say"):
    """Say something to everybody in the room."""

    text: str


class Entered(msgspec.Struct, frozen=True, tag_field="cmd", tag="entered"):
    """You are in."""

    room: int


class Heard(msgspec.Struct, frozen=True, tag_field="cmd", tag="heard"):
    """Somebody in the room said something."""

    uid: int
    seq: int
    """Counts the room's messages."""
    at: int
    """Microseconds since 1970 UTC."""
    text: str


class Refused(msgspec.Struct, frozen=True, tag_field="cmd", tag="refused"):
    """The engine did not take it."""

    code: str
    reason: str


REQUESTS: Final = msgspec.json.Decoder(Enter | Say)
ANSWERS: Final = msgspec.json.Decoder(Entered | Heard | Refused)
PATH: Final = "/room"
"""Where a room is on its server."""
TEXT: Final = "The quick brown fox jumps over the lazy dog, 1234567890."
"""What everybody says: 56 characters, a chat line."""
