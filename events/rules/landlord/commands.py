"""What a hand of Dou Dizhu can be told to do.

Seats are 0..2, times microseconds since 1970 UTC from the clock port. Who may give a command
(whose connection it is, which seat is his) is settled before it comes here.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parlour.events.landlord import Terms


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Anything a hand can be told."""

    at: int
    """When it is obeyed (µs)."""


class OpenHand(Command, frozen=True, kw_only=True):
    """Commit to the three secrets of the table's next hand."""

    tid: int
    hand: int
    salt: str
    """32 hex digits, drawn afresh."""


class Deal(Command, frozen=True, kw_only=True):
    """Deal: all three players are ready."""

    uids: tuple[int, int, int]
    """By seat."""
    nonces: tuple[str, str, str]
    terms: Terms
    first: int
    """Seat that is asked first."""


class AnswerCall(Command, frozen=True, kw_only=True):
    """Answer a call (0 no, 1..3) or a rob (0 no, 4)."""

    seat: int
    action: int


class PlayCards(Command, frozen=True, kw_only=True):
    """Play cards, or pass with card_type 0, whatever `cards` then says."""

    seat: int
    cards: tuple[int, ...]
    card_type: int


class TimeOut(Command, frozen=True, kw_only=True):
    """The turn's timer rang."""

    online: tuple[bool, bool, bool]
    """Which seats have a connection."""


class LoseConnection(Command, frozen=True, kw_only=True):
    """The seat's player has no connection any more."""

    seat: int


class RegainConnection(Command, frozen=True, kw_only=True):
    """The seat's player is back."""

    seat: int


class Resume(Command, frozen=True, kw_only=True):
    """The engine goes on after a start, or after the log took no events, in mid-hand."""

    left_at: int
    """When the last commit before the stop was made (µs)."""
    floor_us: int
    """What the running turn has left at least."""
    cold: bool
    """It started again, so nobody is trustee any more."""


class Cancel(Command, frozen=True, kw_only=True):
    """End the hand without payment."""

    reason: Literal["nobody_called", "key_lost"]
    secret: str
    """The running deal's, in hex; "" when the key is lost or nothing was dealt."""
