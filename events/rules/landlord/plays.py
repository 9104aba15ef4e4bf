"""What a Dou Dizhu player may play: every hand in his cards, or every one that beats another.

Owns the search, which puts hands together from `hands.SHAPES` and never tries a set of cards
that is no hand. Passing is not a play, and is not listed.
"""

from collections.abc import Collection
from itertools import chain, combinations
from typing import Final

from parlour.events.rules.landlord.cards import (
    BIG_JOKER,
    LITTLE_JOKER,
    RANK_A,
    RANK_BIG,
    RANK_LITTLE,
    RANKS,
    SORT_KEYS,
)
from parlour.events.rules.landlord.hands import (
    BOOKS,
    SHAPES,
    CardType,
    HandType,
    Shape,
    classify,
)

Play = tuple[int, ...]
Groups = dict[int, Play]
"""The cards of each rank, lowest rank first, lowest suit first."""

_ROCKET: Final = (LITTLE_JOKER, BIG_JOKER)
_JOKERS: Final = [*_ROCKET]
_BOMB: Final = SHAPES[CardType.BOMB]


def legal_plays(
    cards: Collection[int],
    to_beat: HandType | Collection[int] | None = None,
    *,
    book: str = "lenient",
) -> list[Play]:
    """Return the hands in `cards` that beat `to_beat`, or every hand when there is none to beat.

    Of the hands that differ in suits only, the one of the lowest suits stands for all. The run
    comes first in a hand, the wings after it. Hands are ordered by type, bombs and the rocket
    last, then from the lowest run up.

    Args:
        cards: What the player holds.
        to_beat: The hand on the table; None or no cards on a lead.
        book: The rule book.

    Raises:
        ValueError: A card of `cards` is not of the deck or is there twice, `to_beat` is no hand,
            or there is no such `book`.
    """
    if book not in BOOKS:
        raise ValueError(f"no such rule book: {book!r}")
    groups = _group(cards)
    target = _target(to_beat, book)
    if target is None:
        plays: list[Play] = []
        for shape in SHAPES.values():
            for length in shape.lengths:
                plays += _hands(groups, shape, length, 0, book)
        return plays + _rocket(groups)
    if target.card_type == CardType.ROCKET:
        return []
    shape = SHAPES[target.card_type]
    length = target.size // shape.size(1)
    plays = _hands(groups, shape, length, target.main_rank, book)
    if shape is not _BOMB:
        plays += _hands(groups, _BOMB, 1, 0, book)
    return plays + _rocket(groups)


def _group(cards: Collection[int]) -> Groups:
    if len(set(cards)) != len(cards) or bool in map(type, cards):
        raise ValueError(f"not a set of cards: {cards!r}")
    groups: Groups = {}
    try:
        for card in sorted(cards, key=SORT_KEYS.__getitem__):
            rank = RANKS[card]
            groups[rank] = (*groups.get(rank, ()), card)
    except KeyError as error:
        raise ValueError(f"no such card: {error.args[0]!r}") from None
    return groups


def _target(to_beat: HandType | Collection[int] | None, book: str) -> HandType | None:
    if to_beat is None or isinstance(to_beat, HandType):
        return to_beat
    target = classify(to_beat, book=book)
    if target is None and len(to_beat):
        raise ValueError(f"no hand to beat: {to_beat!r}")
    return target


def _rocket(groups: Groups) -> list[Play]:
    return [_ROCKET] if RANK_LITTLE in groups and RANK_BIG in groups else []


def _hands(groups: Groups, shape: Shape, length: int, above: int, book: str) -> list[Play]:
    """Return the hands of `shape` whose run is `length` ranks and starts over rank `above`."""
    copies = shape.copies
    if length == 1:
        runs = [
            (rank, held[:copies])
            for rank, held in groups.items()
            if rank > above and len(held) >= copies
        ]
    else:
        runs = _chains(groups, copies, length, above)
    if not shape.wings:
        return [run for _, run in runs]
    count = shape.wings * length
    wings = _single_wings if shape.wing_copies == 1 else _pair_wings
    plays: list[Play] = []
    for low, run in runs:
        others = [held for rank, held in groups.items() if not low <= rank < low + length]
        plays += [run + wing for wing in wings(others, count, book)]
    return plays


def _chains(groups: Groups, copies: int, length: int, above: int) -> list[tuple[int, Play]]:
    chains = []
    run: list[Play] = []
    for rank in range(max(above + 1, 3), RANK_A + 1):
        held = groups.get(rank, ())
        if len(held) < copies:
            run = []
            continue
        run.append(held[:copies])
        if len(run) >= length:
            chains.append((rank - length + 1, tuple(chain.from_iterable(run[-length:]))))
    return chains


def _single_wings(others: list[Play], count: int, book: str) -> list[Play]:
    """Return every `count` cards of `others`, at most two of a rank and never both jokers."""
    ones = [held[0] for held in others]
    if count == 1:
        return [(card,) for card in ones]
    wings = _apart(ones, count)
    if book == "lenient":
        twos = [held[:2] for held in others if len(held) > 1]
        for paired in range(1, count // 2 + 1):
            for pairs in combinations(twos, paired):
                both = tuple(chain.from_iterable(pairs))
                rest = [card for card in ones if card not in both]
                wings += [both + wing for wing in _apart(rest, count - 2 * paired)]
    return wings


def _apart(ones: list[int], count: int) -> list[Play]:
    wings = combinations(ones, count)
    if ones[-2:] != _JOKERS or count < 2:
        return list(wings)
    # The jokers have the highest ranks, so that they come last in every choice.
    return [wing for wing in wings if wing[-2:] != _ROCKET]


def _pair_wings(others: list[Play], count: int, book: str) -> list[Play]:
    """Return every `count` pairs of `others`; the books agree on these."""
    twos = [held[:2] for held in others if len(held) > 1]
    return [tuple(chain.from_iterable(pairs)) for pairs in combinations(twos, count)]
