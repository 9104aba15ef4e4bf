"""Everything a treasure game draws, from its 32-byte seed and a label that says for what.

Each purpose has a stream of its own, so what is drawn does not depend on what was drawn before.
Owns "Fairness" of `docs/protocols/treasure.md`; vectors for other implementers are in
`docs/protocols/treasure-vectors.json`. Draws no randomness of its own: the seed follows from the
key file and a recorded salt.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import count
from struct import Struct
from typing import Final, Literal, TypeVar

from parlour.events.treasure import Lot

Role = Literal["evil", "healer", "miner", "explorer"]

CENTRE: Final = 4
"""Where everybody starts; cells are 0..8, row by row."""
OUTER: Final = (0, 1, 2, 3, 5, 6, 7, 8)
"""Cells with ore, and maybe a treasure."""
LOTS_A_DAY: Final = 2
LOWEST_BIDS: Final[dict[Literal["potion", "pick", "map", "lamp"], int]] = {
    "potion": 2,
    "pick": 3,
    "map": 2,
    "lamp": 3,
}
_ITEMS: Final = tuple(LOWEST_BIDS)
_TWO_EVIL: Final = 6
"""Players from which on two are evil."""

_SEED: Final = b"parlour/treasure/seed\0"
_STREAM: Final = b"parlour/treasure/"
_PLACE: Final = Struct(">QQ")
_DRAWS: Final = Struct(">8I")

_T = TypeVar("_T")


def seed(key: bytes, room: int, game: int, salt: str) -> bytes:
    """Return the seed of one game.

    Args:
        key: What the key file holds.
        room: The room.
        game: The game's number in its room.
        salt: The 32 hex digits recorded when the game was committed.
    """
    return hmac.digest(key, _SEED + _PLACE.pack(room, game) + bytes.fromhex(salt), "sha256")


def commitment(seed: bytes) -> str:
    """Return what is published before the game: the seed's hex SHA-256."""
    return sha256(seed).hexdigest()


def stream(seed: bytes, label: str) -> Iterator[int]:
    """Return the endless draws (u32) of one purpose."""
    prefix = _STREAM + label.encode()
    for block in count():
        yield from _DRAWS.unpack(hmac.digest(seed, prefix + block.to_bytes(4, "big"), "sha256"))


def below(draws: Iterator[int], bound: int) -> int:
    """Return a number 0 to `bound` - 1, each as likely as the others."""
    # What lies above the last whole multiple of `bound` would favour the low numbers.
    limit = 2**32 - 2**32 % bound
    return next(draw for draw in draws if draw < limit) % bound


def shuffled(draws: Iterator[int], items: Sequence[_T]) -> list[_T]:
    """Return `items` in a drawn order (Fisher and Yates, from the end)."""
    order = list(items)
    for i in range(len(order) - 1, 0, -1):
        j = below(draws, i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def roles(seed: bytes, players: int) -> tuple[Role, ...]:
    """Return the role of each seat."""
    evil = 2 if players >= _TWO_EVIL else 1
    dealt: list[Role] = ["evil"] * evil
    dealt += ["healer", "miner"]
    dealt += ["explorer"] * (players - len(dealt))
    return tuple(shuffled(stream(seed, "roles"), dealt))


def treasures(seed: bytes, players: int) -> tuple[int, ...]:
    """Return the cells with a treasure, ascending: one less than there are players."""
    return tuple(sorted(shuffled(stream(seed, "treasures"), OUTER)[: players - 1]))


def lots(seed: bytes, day: int) -> tuple[Lot, ...]:
    """Return what is sold on a day."""
    draws = stream(seed, f"lots/{day}")
    items = [_ITEMS[below(draws, len(_ITEMS))] for _ in range(LOTS_A_DAY)]
    first = (day - 1) * LOTS_A_DAY + 1
    return tuple(
        Lot(lot_id=lot_id, item=item, min=LOWEST_BIDS[item])
        for lot_id, item in enumerate(items, first)
    )


def map_cell(seed: bytes, lot_id: int) -> int:
    """Return the outer cell that the map of a lot tells about."""
    return OUTER[below(stream(seed, f"map/{lot_id}"), len(OUTER))]


def finder(seed: bytes, day: int, cell: int, seats: Sequence[int]) -> int:
    """Return which of the seats, ascending, finds the treasure of a cell."""
    if len(seats) == 1:
        return seats[0]
    return seats[below(stream(seed, f"explore/{day}/{cell}"), len(seats))]


def hint(seed: bytes, day: int, cells: Sequence[int]) -> int:
    """Return which of the cells with a treasure, ascending, the evil are told of."""
    return cells[below(stream(seed, f"hint/{day}"), len(cells))]
