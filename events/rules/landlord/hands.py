"""What a set of Dou Dizhu cards is, and which hand beats which.

Owns the hand types and the two rule books of `docs/protocols/landlord.md`. Refuses by
answering None: cards that are no hand are an answer here, not an error. Whose turn it is, and
whether a player holds the cards, is decided elsewhere.

Every hand of a book stands in one table (25 thousand entries, built at the book's first use),
keyed by the ranks that are left of the deck without the hand: `bytes.translate` deletes the cards
and names the ranks in one pass, in any order of the cards, so to classify is to look up.
"""

from collections.abc import Collection, Iterable, Iterator
from enum import IntEnum
from itertools import combinations, combinations_with_replacement, permutations
from operator import eq
from typing import Final, NamedTuple

from msgspec import Struct

from parlour.events.rules.landlord.cards import (
    DECK,
    JOKERS,
    RANK_2,
    RANK_A,
    RANK_BIG,
    RANK_LITTLE,
    RANKS,
    SORT_KEYS,
)

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

_SORTED: Final = sorted(DECK, key=SORT_KEYS.__getitem__)
_OF_RANK: Final = {
    rank: [card for card in _SORTED if RANKS[card] == rank] for rank in range(3, RANK_BIG + 1)
}
_RANK_CODES: Final = bytes(RANKS.get(code, 0) for code in range(256))
_left_without: Final = bytes(_SORTED).translate
_TABLES: Final[dict[str, dict[bytes, HandType]]] = {}


def _short_hands() -> Iterator[tuple[tuple[int, ...], HandType]]:
    yield from ((order, ROCKET) for order in permutations(JOKERS))
    for card_type in (CardType.SINGLE, CardType.PAIR, CardType.TRIO):
        copies = SHAPES[card_type].copies
        for rank, cards in _OF_RANK.items():
            hand = HandType(card_type, rank, copies)
            yield from ((order, hand) for order in permutations(cards, copies))


_short: Final = dict(_short_hands()).get
"""Finds each hand of one to three cards, the same in both books, by its cards in any order."""


def classify(cards: Collection[int], *, book: str = "lenient") -> HandType | None:
    """Return what `cards` are, in any order, or None when they are no hand.

    No cards, more than 20, a code outside the deck, the same card twice and a bool are no hand.

    Raises:
        ValueError: There is no such `book`.
    """
    try:
        table = _TABLES[book]
    except KeyError:
        table = _open_book(book)
    size = len(cards)
    try:
        if size < 4:
            hand = _short(tuple(cards))
            # True is equal to 1, the ace of diamonds, but is no card.
            return None if 1 in cards and bool in map(type, cards) else hand
        codes = bytes(cards)
    except (TypeError, ValueError):
        return None
    hand = table.get(_left_without(_RANK_CODES, codes))
    # A strange code or a second copy takes nothing from the deck, so the sizes differ.
    if hand is None or hand.size != size:
        return None
    return None if 1 in codes and tuple(cards)[codes.index(1)] is True else hand


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


def _open_book(book: str) -> dict[bytes, HandType]:
    if book not in BOOKS:
        raise ValueError(f"no such rule book: {book!r}")
    table: dict[bytes, HandType] = {}
    for card_type, shape in SHAPES.items():
        for length in shape.lengths:
            wings = list(_wings(shape, length, lenient=book == "lenient"))
            for low in _lowest_ranks(shape.copies, length):
                run = range(low, low + length)
                taken = _bits(run)
                core = bytes(card for rank in run for card in _OF_RANK[rank][: shape.copies])
                hand = HandType(card_type, low, shape.size(length))
                for ranks, codes in wings:
                    if not ranks & taken:
                        table[_left_without(_RANK_CODES, core + codes)] = hand
    _TABLES[book] = table
    return table


def _lowest_ranks(copies: int, length: int) -> range:
    if length > 1:
        return range(3, RANK_A - length + 2)
    return range(3, (RANK_BIG if copies == 1 else RANK_2) + 1)


def _wings(shape: Shape, length: int, *, lenient: bool) -> Iterator[tuple[int, bytes]]:
    """Yield every set of wings, of any ranks, for a run of `length`: rank bits and cards."""
    count = shape.wings * length
    ranks = range(3, RANK_2 + 1)
    if shape.wing_copies != 1:
        for chosen in combinations(ranks, count):
            yield _bits(chosen), bytes(card for rank in chosen for card in _OF_RANK[rank][:2])
        return
    pick = combinations_with_replacement if lenient else combinations
    # One joker may be a wing, both may not: together they are the rocket.
    for joker in ((), (RANK_LITTLE,), (RANK_BIG,)):
        for chosen in pick(ranks, count - len(joker)):
            # A rank met again two places on would be a trio among the wings.
            if not any(map(eq, chosen, chosen[2:])):
                wings = (*chosen, *joker)
                again = map(eq, wings, (0, *wings))
                yield (
                    _bits(wings),
                    bytes(_OF_RANK[rank][nth] for rank, nth in zip(wings, again, strict=False)),
                )


def _bits(ranks: Iterable[int]) -> int:
    return sum(1 << rank for rank in {*ranks})
