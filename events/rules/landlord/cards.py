"""The 54 cards of Dou Dizhu: their codes, ranks, order and text.

Owns the card code of `docs/protocols/landlord.md`, "Cards": `suit << 4 | n`. Knows nothing of
hands; a code outside the deck is refused with `ValueError`.
"""

from collections.abc import Iterable
from typing import Final, TypeVar

_T = TypeVar("_T")

LITTLE_JOKER: Final = 0x0E
BIG_JOKER: Final = 0x0F
JOKERS: Final = (LITTLE_JOKER, BIG_JOKER)

RANK_A: Final = 14
RANK_2: Final = 15
RANK_LITTLE: Final = 16
RANK_BIG: Final = 17

SUITS: Final = "♦♣♥♠"
"""The glyph of suit 0, 1, 2, 3."""

_NUMBERS: Final = ("", "A", "2", "3", "4", "5", "6", "7", "8", "9", "10", "J", "Q", "K")
_RANK_OF_NUMBER: Final = {1: RANK_A, 2: RANK_2, **{n: n for n in range(3, 14)}}

RANKS: Final[dict[int, int]] = {
    **{suit << 4 | n: rank for suit in range(4) for n, rank in _RANK_OF_NUMBER.items()},
    LITTLE_JOKER: RANK_LITTLE,
    BIG_JOKER: RANK_BIG,
}
"""The rank of each card of the deck."""

DECK: Final[tuple[int, ...]] = tuple(sorted(RANKS))
"""The 54 card codes, ascending: the order a shuffle starts from."""

SORT_KEYS: Final[dict[int, int]] = {card: rank << 2 | card >> 4 for card, rank in RANKS.items()}
_TEXTS: Final[dict[int, str]] = {
    card: SUITS[card >> 4] + _NUMBERS[card & 0x0F] for card in DECK if card & 0x0F <= 13
} | {LITTLE_JOKER: "joker", BIG_JOKER: "JOKER"}


def _of_deck(table: dict[int, _T], card: int) -> _T:
    try:
        return table[card]
    except KeyError:
        raise ValueError(f"no such card: {card!r}") from None


def rank_of(card: int) -> int:
    """Return the rank of `card`: 3..13, then 14 ace, 15 two, 16 little and 17 big joker.

    Raises:
        ValueError: `card` is not a code of the deck.
    """
    return _of_deck(RANKS, card)


def sort_key(card: int) -> int:
    """Return the key that sorts cards by rank, and by suit within a rank.

    Raises:
        ValueError: `card` is not a code of the deck.
    """
    return _of_deck(SORT_KEYS, card)


def describe(cards: Iterable[int]) -> str:
    """Return `cards` as text, in the order given: `♠3 ♥3 ♦10 ♣K joker JOKER`.

    Raises:
        ValueError: A card is not a code of the deck.
    """
    return " ".join(_of_deck(_TEXTS, card) for card in cards)
