"""What a set of Dou Dizhu cards is, and which hand beats which.

Owns the hand types and the two rule books of `docs/protocols/landlord.md` section 3. Refuses by
answering None: cards that are no hand are an answer here, not an error. Whose turn it is, and
whether a player holds the cards, is decided elsewhere.

Every hand of a book stands in one table (27 thousand entries, built at the book's first use),
keyed by how often each rank occurs, three bits a rank: to classify is to sum and to look up.
"""

from collections.abc import Collection, Iterator
from enum import IntEnum
from itertools import combinations, combinations_with_replacement
from operator import eq
from typing import Final, NamedTuple

from msgspec import Struct

from parlour.events.rules.landlord.cards import RANK_2, RANK_A, RANK_BIG, RANK_LITTLE, RANKS

BOOKS: Final = ("lenient", "pagat")
"""The rule books; `pagat` also refuses two wings of one rank, and a pair as two singles."""

class CardType(IntEnum):
    """The kind of a hand, as `card_type` on the wire."""

    PASS = 0
    SINGLE = 1
    STRAIGHT = 2
    PAIR = 3
    PAIR_CHAIN = 4
    TRIO = 5
    TRIO_CHAIN = 6
    TRIO_SINGLE = 7
    TRIO_PAIR = 8
    AIRPLANE_SINGLES = 9
    AIRPLANE_PAIRS = 10
    QUAD_SINGLES = 11
    QUAD_PAIRS = 12
    BOMB = 13
    ROCKET = 14


class HandType(Struct, frozen=True):
    """What decides whether one hand beats another."""

    card_type: CardType
    main_rank: int
    """3..17: the rank itself, the lowest rank of a chain, that of the trio or quad; rocket 16."""
    size: int
    """Number of cards."""


class Shape(NamedTuple):
    """How the hands of one type are put together: a run of ranks, and wings."""

    copies: int
    """Cards of each rank of the run."""
    lengths: range
    """Ranks in the run; a run of two or more lies within 3..A."""
    wings: int = 0
    """Wings for each rank of the run, all of other ranks than the run's."""
    wing_copies: int = 0
    """Cards of one wing: 1 single, 2 pair."""

    def size(self, length: int) -> int:
        """Return the number of cards of a hand whose run has `length` ranks."""
        return length * (self.copies + self.wings * self.wing_copies)


_ONE: Final = range(1, 2)

SHAPES: Final = {
    CardType.SINGLE: Shape(1, _ONE),
    CardType.STRAIGHT: Shape(1, range(5, 13)),
    CardType.PAIR: Shape(2, _ONE),
    CardType.PAIR_CHAIN: Shape(2, range(3, 11)),
    CardType.TRIO: Shape(3, _ONE),
    CardType.TRIO_CHAIN: Shape(3, range(2, 7)),
    CardType.TRIO_SINGLE: Shape(3, _ONE, 1, 1),
    CardType.TRIO_PAIR: Shape(3, _ONE, 1, 2),
    CardType.AIRPLANE_SINGLES: Shape(3, range(2, 6), 1, 1),
    CardType.AIRPLANE_PAIRS: Shape(3, range(2, 5), 1, 2),
    CardType.QUAD_SINGLES: Shape(4, _ONE, 2, 1),
    CardType.QUAD_PAIRS: Shape(4, _ONE, 2, 2),
    CardType.BOMB: Shape(4, _ONE),
}
"""Every type but pass and rocket. No run is so long that its hand passes 20 cards."""

ROCKET: Final = HandType(CardType.ROCKET, RANK_LITTLE, 2)

_KEYS: Final = {rank: 1 << 3 * (rank - 3) for rank in range(3, RANK_BIG + 1)}
_CARD_KEYS: Final = {card: _KEYS[rank] for card, rank in RANKS.items()}
_INT_ONLY: Final = frozenset({int})
_TABLES: Final[dict[str, dict[int, HandType]]] = {}


def classify(cards: Collection[int], *, book: str = "lenient") -> HandType | None:
    """Return what `cards` are, in any order, or None when they are no hand.

    No cards, more than 20, a code outside the deck, the same card twice and a bool are no hand.

    Raises:
        ValueError: There is no such `book`.
    """
    table = _TABLES.get(book) or _open_book(book)
    try:
        hand = table.get(sum(map(_CARD_KEYS.__getitem__, cards)))
    except (KeyError, TypeError):
        return None
    if hand is None or not hand.size == len(cards) == len(set(cards)):
        return None
    # True and 4.0 find the entries of 1 and 4, but are no cards.
    return hand if _INT_ONLY.issuperset(map(type, cards)) else None


def beats(
    a: HandType | Collection[int], b: HandType | Collection[int], *, book: str = "lenient"
) -> bool:
    """Return whether hand `a` may be played on hand `b`; what is no hand neither beats nor loses.

    Raises:
        ValueError: There is no such `book`.
    """
    high = a if isinstance(a, HandType) else classify(a, book=book)
    low = b if isinstance(b, HandType) else classify(b, book=book)
    if high is None or low is None:
        return False
    if high.card_type == low.card_type:
        return high.size == low.size and high.main_rank > low.main_rank
    if high.card_type == CardType.BOMB:
        return low.card_type != CardType.ROCKET
    return high.card_type == CardType.ROCKET


def _open_book(book: str) -> dict[int, HandType]:
    if book not in BOOKS:
        raise ValueError(f"no such rule book: {book!r}")
    table = {_KEYS[RANK_LITTLE] + _KEYS[RANK_BIG]: ROCKET}
    for card_type, shape in SHAPES.items():
        for length in shape.lengths:
            wings = list(_wings(shape, length, lenient=book == "lenient"))
            for low, run in _runs(shape.copies, length):
                core, taken = shape.copies * run, 7 * run
                hand = HandType(card_type, low, shape.size(length))
                keys = [core + wing for wing in wings if not wing & taken]
                table.update(dict.fromkeys(keys, hand))
    _TABLES[book] = table
    return table


def _runs(copies: int, length: int) -> Iterator[tuple[int, int]]:
    """Yield the lowest rank, and the key of one card of each rank, of every run."""
    if length > 1:
        highest = RANK_A
    else:
        highest = RANK_BIG if copies == 1 else RANK_2
    for low in range(3, highest - length + 2):
        yield low, sum(_KEYS[rank] for rank in range(low, low + length))


def _wings(shape: Shape, length: int, *, lenient: bool) -> Iterator[int]:
    """Yield the key of every set of wings, of any ranks, that a run of `length` may carry."""
    count = shape.wings * length
    suited = [_KEYS[rank] * shape.wing_copies for rank in range(3, RANK_2 + 1)]
    if shape.wing_copies != 1:
        yield from map(sum, combinations(suited, count))
        return
    pick = combinations_with_replacement if lenient else combinations
    # One joker may be a wing, both may not: together they are the rocket.
    for jokers in ((), (_KEYS[RANK_LITTLE],), (_KEYS[RANK_BIG],)):
        for chosen in pick(suited, count - len(jokers)):
            # A wing met again two places on would be a trio among the wings.
            if not any(map(eq, chosen, chosen[2:])):
                yield sum(chosen, sum(jokers))
