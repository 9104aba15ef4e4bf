"""What the actors of a Dou Dizhu room tell each other.

`origin` is the session actor that waits for the answer (see `engine.source_of`).
"""

from __future__ import annotations

import msgspec

from parlour.events.messages.landlord import Request


class FindSeat(msgspec.Struct, frozen=True, kw_only=True):
    """To the lobby: seat this user at a waiting table of the level and zone."""

    origin: str
    uid: int
    type: int
    zone: int
    tries: int = 0


class FindOther(msgspec.Struct, frozen=True, kw_only=True):
    """To the lobby: find another table for a user who sits at `tid` and came from another."""

    origin: str
    uid: int
    tid: int
    came_from: int
    """The table he swapped from before, 0 for none: he is not sent back there."""
    tries: int = 0


class TakeSeat(msgspec.Struct, frozen=True, kw_only=True):
    """To a table: seat this user; `leaving` is the table he swaps from (0 for none)."""

    origin: str
    uid: int
    leaving: int
    tries: int


class AtTable(msgspec.Struct, frozen=True, kw_only=True):
    """To a table: a seated user's request."""

    origin: str
    uid: int
    request: Request


class Rejoin(msgspec.Struct, frozen=True, kw_only=True):
    """To a table: a seated user came back on this session."""

    origin: str
    uid: int


class PlayerBack(msgspec.Struct, frozen=True, kw_only=True):
    """To a table: a player has a connection that it does not know of."""

    uid: int


class PlayerGone(msgspec.Struct, frozen=True, kw_only=True):
    """To a table: a seated user's last connection is gone."""

    uid: int


class SeatsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """To the lobby: the table's free seats, or whether it plays, may have changed.

    And to a table: another table took one of your players (a swap).
    """

    tid: int
