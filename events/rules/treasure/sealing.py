"""What a player chose in secret, as the log may hold it before the game is over.

A choice is 8 bytes, whatever it is: `kind u16be | what u16be | price u32be`, so that a pass
looks like anything else. It is XORed with the first 8 bytes of HMAC-SHA256(seed, label); the label
names day, stage, seat and which choice of that seat in that stage it is, so no two choices share a
keystream. Only the seed opens it. Vectors: `docs/protocols/treasure-vectors.json`.
"""

from __future__ import annotations

import hmac
from enum import IntEnum
from functools import lru_cache
from struct import Struct, error
from typing import Final, NamedTuple

from parlour.events.errors import CorruptLog

_PLAIN: Final = Struct(">HHI")
_LABEL: Final = b"parlour/treasure/seal/%d/%d/%d/%d"


class Kind(IntEnum):
    """What a choice is."""

    PASS = 0
    MOVE = 1
    ATTACK = 2
    HEAL = 3
    MINE = 4
    BID = 5
    EXPLORE = 6


class Choice(NamedTuple):
    """What a player does in a stage."""

    kind: Kind
    what: int = 0
    """The cell of a move, the seat of an attack or a heal, the lot of a bid; else 0."""
    price: int = 0
    """Of a bid; else 0."""


class Place(NamedTuple):
    """Which choice of a game it is."""

    day: int
    stage: int
    seat: int
    n: int
    """0 for the seat's first choice in the stage."""


_KINDS: Final = {int(kind): kind for kind in Kind}


def seal(seed: bytes, place: Place, choice: Choice) -> str:
    """Return a choice as 16 hex digits that only `seed` opens."""
    return _flip(seed, place, _PLAIN.pack(*choice)).hex()


def unseal(seed: bytes, place: Place, sealed: str) -> Choice:
    """Return the choice that was sealed.

    Raises:
        CorruptLog: It is no choice: other bytes, another place, or another seed.
    """
    try:
        kind, what, price = _PLAIN.unpack(_flip(seed, place, bytes.fromhex(sealed)))
        return Choice(_KINDS[kind], what, price)
    except (ValueError, KeyError, OverflowError, error) as reason:
        raise CorruptLog(f"no choice is sealed at {place}") from reason


def _flip(seed: bytes, place: Place, content: bytes) -> bytes:
    flipped = _keystream(seed, place) ^ int.from_bytes(content, "big")
    return flipped.to_bytes(_PLAIN.size, "big")


# What is sealed is unsealed at once, when the event is applied to the world.
@lru_cache(maxsize=64)
def _keystream(seed: bytes, place: Place) -> int:
    key = hmac.digest(seed, _LABEL % place, "sha256")
    return int.from_bytes(key[: _PLAIN.size], "big")
