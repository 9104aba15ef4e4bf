"""Facts about Dou Dizhu tables and hands.

Two aggregates: `landlord.table:{tid}` (who sits where, who is ready, who is online) lives
long and has snapshots; `landlord.hand:{tid}:{hand}` is one game, from the commitment of its
secrets to its settlement, and never long. A hand's events hold no hidden card: those follow
from the key file, the salt and the nonces, until the settlement reveals the secret
(docs/protocols/landlord.md, fairness).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parlour.events.event import Event, event

LOBBY_ID = "landlord.lobby:1"

Reason = Literal["logout", "swapped", "unready", "offline", "quit", "dissolved"]
"""Why a player left a table."""


def table_id(tid: int) -> str:
    """Return the aggregate id of a table."""
    return f"landlord.table:{tid}"


def hand_id(tid: int, hand: int) -> str:
    """Return the aggregate id of a hand; it is also the id of the game."""
    return f"landlord.hand:{tid}:{hand}"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Under what a hand is played, recorded with it so that it can be judged for ever."""

    type: int
    """Level 1..4."""
    zone: int
    base: int
    """Money a point of ratio is worth."""
    rake: int
    """Percent of what a winner gets, rounded down."""
    book: Literal["lenient", "pagat"]
    rob: bool
    call_seconds: float
    """Also for robbing."""
    play_seconds: float
    trustee_seconds: float
    """How long a trustee seat takes to act."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One seat of a settlement."""

    seat: int
    uid: int
    before: int
    """Money before."""
    change: int
    """Signed change of money; the lines and the rake sum to 0."""
    after: int
    win: bool
    exp: int
    coin: int
    """Coins held; a hand does not change them."""


# --- lobby: landlord.lobby:1 --------------------------------------------------------------


@event("landlord.table-listed")
class TableListed(Event, frozen=True, kw_only=True):
    """The lobby made a table for a level and a zone."""

    tid: int
    type: int
    zone: int


# --- table --------------------------------------------------------------------------------


@event("landlord.table-opened")
class TableOpened(Event, frozen=True, kw_only=True):
    """A table exists."""

    tid: int
    type: int
    zone: int


@event("landlord.player-seated")
class PlayerSeated(Event, frozen=True, kw_only=True):
    """A player sat down, online and not ready."""

    uid: int
    seat: int
    came_from: int = 0
    """The table he swapped from, 0 for none."""


@event("landlord.player-left")
class PlayerLeft(Event, frozen=True, kw_only=True):
    """A player's seat is empty."""

    uid: int
    seat: int
    reason: Reason


@event("landlord.player-readied")
class PlayerReadied(Event, frozen=True, kw_only=True):
    """A player is ready, with his nonce for the shuffle ("" for none)."""

    uid: int
    seat: int
    nonce: str


@event("landlord.connection-lost")
class ConnectionLost(Event, frozen=True, kw_only=True):
    """A seated player has no connection."""

    uid: int
    seat: int


@event("landlord.connection-regained")
class ConnectionRegained(Event, frozen=True, kw_only=True):
    """A seated player has a connection again."""

    uid: int
    seat: int


@event("landlord.table-resumed")
class TableResumed(Event, frozen=True, kw_only=True):
    """The engine goes on after a start, or after the log took no events for a while."""

    cold: bool
    """It started again: every seat is offline until its player returns."""
    paused: int
    """How long (µs) nobody could do anything: no waiting player is held to that time."""


@event("landlord.hand-numbered")
class HandNumbered(Event, frozen=True, kw_only=True):
    """The table's next hand has this number; its own aggregate holds the commitments."""

    hand: int


@event("landlord.hand-begun")
class HandBegun(Event, frozen=True, kw_only=True):
    """All three were ready: the numbered hand is being played."""

    hand: int


@event("landlord.hand-closed")
class HandClosed(Event, frozen=True, kw_only=True):
    """The hand is over (settled or cancelled): nobody is ready."""

    hand: int
    landlord: int | None
    """Seat of the landlord, None when there was none; the next first call is his left's."""


# --- hand ---------------------------------------------------------------------------------


@event("landlord.hand-opened")
class HandOpened(Event, frozen=True, kw_only=True):
    """The house committed to the three secrets this hand may need."""

    tid: int
    hand: int
    salt: str
    """32 hex digits."""
    commitments: tuple[str, str, str]
    """Hex SHA-256 of the secret of deal 0, 1 and 2."""


@event("landlord.hand-dealt")
class HandDealt(Event, frozen=True, kw_only=True):
    """Cards were dealt (deal 0, or 1 and 2 after nobody called)."""

    deal: int
    seats: tuple[int, int, int]
    """The uid in each seat."""
    nonces: tuple[str, str, str]
    bottom: tuple[int, int, int]
    """The three bottom cards: shown to all before the calling."""
    first: int
    """Seat that is asked first."""
    terms: Terms


@event("landlord.called")
class Called(Event, frozen=True, kw_only=True):
    """A seat answered its call: 0 no, 1..3 the score."""

    seat: int
    score: int


@event("landlord.robbed")
class Robbed(Event, frozen=True, kw_only=True):
    """A seat answered whether it robs."""

    seat: int
    rob: bool


@event("landlord.landlord-named")
class LandlordNamed(Event, frozen=True, kw_only=True):
    """The landlord is known, has the bottom cards and leads."""

    seat: int
    ratio: int


@event("landlord.deal-thrown-in")
class DealThrownIn(Event, frozen=True, kw_only=True):
    """Nobody called: the deal's secret is revealed."""

    deal: int
    secret: str
    """64 hex digits."""


@event("landlord.cards-played")
class CardsPlayed(Event, frozen=True, kw_only=True):
    """A seat played cards."""

    seat: int
    cards: tuple[int, ...]
    card_type: int


@event("landlord.passed")
class Passed(Event, frozen=True, kw_only=True):
    """A seat passed."""

    seat: int


@event("landlord.turn-timed-out")
class TurnTimedOut(Event, frozen=True, kw_only=True):
    """The seat's time was over; what the engine did for it follows."""

    seat: int


@event("landlord.trustee-set")
class TrusteeSet(Event, frozen=True, kw_only=True):
    """The engine acts for this seat from now on."""

    seat: int
    why: Literal["timeouts", "offline"]


@event("landlord.trustee-cleared")
class TrusteeCleared(Event, frozen=True, kw_only=True):
    """The seat's player acts for himself again."""

    seat: int


@event("landlord.hand-resumed")
class HandResumed(Event, frozen=True, kw_only=True):
    """The engine goes on in mid-hand, after a start or a full disk: the turn has `left` µs."""

    left: int
    cold: bool
    """It started again: everybody is offline, and nobody is trustee."""


@event("landlord.hand-settled")
class HandSettled(Event, frozen=True, kw_only=True):
    """The hand is over and paid; its secret is revealed."""

    tid: int
    hand: int
    win_type: int
    """0 landlord, 1 farmers, 2 a player quit."""
    ratio: int
    """With bombs and spring."""
    spring: bool
    """Spring or anti-spring doubled the ratio."""
    quitter: int | None
    """Seat that quit, for win_type 2."""
    lines: tuple[Line, Line, Line]
    """By seat."""
    rake: int
    """What the house got."""
    secret: str
    """64 hex digits: the secret of the last deal."""

    def claims(self) -> tuple[str, ...]:
        """A hand is settled once."""
        return (f"settled/{hand_id(self.tid, self.hand)}",)


@event("landlord.hand-cancelled")
class HandCancelled(Event, frozen=True, kw_only=True):
    """The hand ended without payment."""

    reason: Literal["nobody_called", "key_lost"]
    secret: str
    """The running deal's secret, "" when the key is lost or the deal was thrown in."""
