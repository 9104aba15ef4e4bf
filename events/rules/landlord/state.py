"""The states of tables and hands: public facts only.

A hand's cards are not here: they are derived by `deck.holdings` from the hand's secrets and its
plays, so a snapshot or a log of a running hand shows nobody a hidden card.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parlour.events.landlord import HandSettled, Terms

SEATS = 3

Phase = Literal["opened", "calling", "robbing", "playing", "won", "settled", "cancelled"]


class Chair(msgspec.Struct, frozen=True, kw_only=True):
    """A taken seat."""

    uid: int
    ready: bool = False
    nonce: str = ""
    online: bool = True
    offline_at: int = 0
    """When the connection was lost (µs); 0 while online."""
    came_from: int = 0
    """The table he swapped from, 0 for none."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table as its events leave it."""

    tid: int = 0
    type: int = 0
    zone: int = 0
    chairs: tuple[Chair | None, Chair | None, Chair | None] = (None, None, None)
    hand: int = 0
    """Number of the open or running hand; 0 before the first."""
    playing: bool = False
    last_landlord: int | None = None
    """Seat."""
    full_at: int = 0
    """Since when (µs) all three seats are taken with no hand running: the ready clock; 0 = not."""


class Play(msgspec.Struct, frozen=True, kw_only=True):
    """A play of the running deal; card_type 0 is a pass."""

    seat: int
    cards: tuple[int, ...]
    card_type: int


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """An answered call: score 0 no, 1..3, and 4 for a rob, -1 for a refused rob."""

    seat: int
    score: int


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """A hand as its events leave it; seats are 0..2."""

    tid: int = 0
    hand: int = 0
    salt: str = ""
    commitments: tuple[str, ...] = ()
    phase: Phase = "opened"
    deal: int = 0
    uids: tuple[int, ...] = ()
    nonces: tuple[str, ...] = ()
    terms: Terms | None = None
    bottom: tuple[int, ...] = ()
    first: int = 0
    turn: int = 0
    """Seat that is asked or must play."""
    turn_at: int = 0
    """When this turn began (µs); after a restart, shifted so that `deadline` is right."""
    deadline: int = 0
    """When this turn times out (µs); 0 when no clock runs."""
    timed_out: bool = False
    """The running turn's time is over: what its seat does next, the engine does for it."""
    calls: tuple[Call, ...] = ()
    caller: int | None = None
    """Seat of the highest call."""
    ratio: int = 0
    landlord: int | None = None
    plays: tuple[Play, ...] = ()
    """Since the last deal, passes included."""
    last: Play | None = None
    """What must be beaten; None on a lead."""
    counts: tuple[int, ...] = (0, 0, 0)
    """Cards held by each seat."""
    timeouts: tuple[int, ...] = (0, 0, 0)
    """Time-outs in a row."""
    trustees: tuple[bool, ...] = (False, False, False)
    thrown_in: int = 0
    """Deals nobody called."""
    winner: int | None = None
    """Seat that went out (phase "won")."""
    settled: HandSettled | None = None
