"""What a Dou Dizhu player may play: every hand in his cards, or every one that beats another.

Owns the search, which puts hands together from `hands.SHAPES` and never tries a set of cards
that is no hand. Passing is not a play, and is not listed.

The cards become one integer, a bit a card and four bits a rank. Each of its bytes, two ranks,
finds the singles, pairs, trios and bombs of those ranks made already.
"""

from collections.abc import Collection
from functools import cache, lru_cache, partial
from itertools import chain, combinations
from operator import add
from typing import Final

from parlour.events.rules.landlord.cards import (
    BIG_JOKER,
    DECK,
    JOKERS,
    LITTLE_JOKER,
    RANK_2,
    RANK_BIG,
    RANK_LITTLE,
    RANKS,
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
Groups = list[Play]
"""Singles, pairs, trios or bombs, one for each rank that has as many cards, lowest rank first."""

Entry = tuple[tuple[Play, ...], ...]
"""The singles, pairs, trios and bombs of two ranks, or of the twos and the jokers."""

_BITS: Final = {
    card: 1 << (53 if card == BIG_JOKER else 4 * (rank - 3) + (card >> 4))
    for card, rank in RANKS.items()
}
_bit_of: Final = _BITS.__getitem__
_BOTH_JOKERS: Final = _BITS[LITTLE_JOKER] | _BITS[BIG_JOKER]
_FIRSTS: Final = sum(1 << 4 * (rank - 3) for rank in range(3, RANK_2 + 1))
"""The first of the four bits of each rank but the jokers'."""
_OVER: Final = [
    sum(_BITS[card] for card in DECK if RANKS[card] > rank) for rank in range(RANK_BIG + 1)
]
"""For each rank, the bits of all cards of higher ranks."""

# By card type: a list is faster than a dict of enum keys.
_SHAPES: Final = [SHAPES.get(card_type) for card_type in CardType]
_AIRPLANES: Final = (SHAPES[CardType.AIRPLANE_SINGLES], SHAPES[CardType.AIRPLANE_PAIRS])
_QUADS: Final = (SHAPES[CardType.QUAD_SINGLES], SHAPES[CardType.QUAD_PAIRS])
_BOMB: Final = SHAPES[CardType.BOMB]


def _byte_table(nth: int) -> list[Entry]:
    """Return what the cards of every value of the `nth` byte make."""
    found: dict[int, Entry] = {0: ((),) * 4}
    for rank in (3 + 2 * nth, 4 + 2 * nth) if nth < 6 else (RANK_2, RANK_LITTLE, RANK_BIG):
        cards = [card for card in DECK if RANKS[card] == rank]
        of_rank = [
            (sum(map(_bit_of, held)), tuple((held[:n],) if n <= count else () for n in range(1, 5)))
            for count in range(len(cards) + 1)
            for held in combinations(cards, count)
        ]
        found = {
            bits | more: tuple(map(add, groups, others))
            for bits, groups in found.items()
            for more, others in of_rank
        }
    return [found.get(value << 8 * nth, ()) for value in range(256)]


_B0, _B1, _B2, _B3, _B4, _B5, _B6 = map(_byte_table, range(7))


def legal_plays(
    cards: Collection[int],
    to_beat: HandType | Collection[int] | None = None,
    *,
    book: str = "lenient",
) -> list[Play]:
    """Return the hands in `cards` that beat `to_beat`, or every hand when there is none to beat.

    Of the hands that differ in suits only, the one of the lowest suits stands for all. The run
    comes first in a hand, the wings after it. Hands are ordered by type, bombs and the rocket
    last, then by length, then from the lowest run up.

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
    try:
        bits = sum(map(_bit_of, cards))
    except KeyError as error:
        raise ValueError(f"no such card: {error.args[0]!r}") from None
    if bits.bit_count() != len(cards):
        raise ValueError(f"a card is there twice: {cards!r}")
    if to_beat is None:
        return _leads(bits, book)
    if isinstance(to_beat, HandType):
        return _follows(bits, to_beat, book)
    target = classify(to_beat, book=book)
    if target is not None:
        return _follows(bits, target, book)
    if len(to_beat):
        raise ValueError(f"no hand to beat: {to_beat!r}")
    return _leads(bits, book)


def _leads(bits: int, book: str) -> list[Play]:
    """Return every hand among `bits`."""
    b0, b1, b2, b3, b4, b5, b6 = bits.to_bytes(7, "little")
    a, b, c, d, e, f, g = _B0[b0], _B1[b1], _B2[b2], _B3[b3], _B4[b4], _B5[b5], _B6[b6]
    ones = [*a[0], *b[0], *c[0], *d[0], *e[0], *f[0], *g[0]]
    pairs = [*a[1], *b[1], *c[1], *d[1], *e[1], *f[1], *g[1]]
    trios = [*a[2], *b[2], *c[2], *d[2], *e[2], *f[2], *g[2]]
    quads = [*a[3], *b[3], *c[3], *d[3], *e[3], *f[3], *g[3]]
    plays = ones[:]
    if len(ones) > 4 and (parts := _straights(_ranks(bits, 1))):
        plays += _cut(ones, parts)
    if pairs:
        plays += pairs
        if len(pairs) > 2:
            plays += _cut(pairs, _pair_chains(_ranks(bits, 2)))
    if trios:
        chains = _cut(trios, _trio_chains(_ranks(bits, 3))) if len(trios) > 1 else []
        plays += trios
        plays += chains
        plays += _kicked(trios, ones)
        plays += _kicked(trios, pairs)
        for shape in _AIRPLANES if chains else ():
            plays += _winged(chains, shape, ones, pairs, book)
    for shape in _QUADS if quads else ():
        plays += _winged(quads, shape, ones, pairs, book)
    plays += quads
    if bits & _BOTH_JOKERS == _BOTH_JOKERS:
        plays.append(JOKERS)
    return plays


def _follows(bits: int, target: HandType, book: str) -> list[Play]:
    """Return every hand among `bits` that beats `target`; nothing beats the rocket."""
    shape = _SHAPES[target.card_type]
    if shape is None:
        return []
    copies, _, wings, wing_copies = shape
    length = target.size // (copies + wings * wing_copies)
    over = bits & _OVER[target.main_rank]
    plays: list[Play] = []
    if length > 1:
        if parts := _runs(_ranks(over, copies), copies, length):
            plays = _cut(_groups(over, copies), parts)
    elif copies < 3 or _ranks(over, copies):
        plays = _groups(over, copies)
    if wings and plays:
        if wings * length == 1:
            plays = _kicked(plays, _groups(bits, wing_copies))
        else:
            plays = _winged(plays, shape, _groups(bits, 1), _groups(bits, 2), book)
    both = bits & bits >> 1
    if both & both >> 2 & _FIRSTS and shape is not _BOMB:
        plays += _groups(bits, 4)
    if bits & _BOTH_JOKERS == _BOTH_JOKERS:
        plays.append(JOKERS)
    return plays


def _groups(bits: int, copies: int) -> Groups:
    """Return the singles, pairs, trios or bombs among `bits`."""
    n = copies - 1
    a, b, c, d, e, f, g = bits.to_bytes(7, "little")
    return [
        *_B0[a][n],
        *_B1[b][n],
        *_B2[c][n],
        *_B3[d][n],
        *_B4[e][n],
        *_B5[f][n],
        *_B6[g][n],
    ]


def _ranks(bits: int, copies: int) -> int:
    """Return the first bit of every rank that has `copies` cards among `bits`."""
    either = bits | bits >> 1
    if copies == 1:
        return (either | either >> 2) & _FIRSTS
    both = bits & bits >> 1
    if copies == 2:
        return (both | both >> 2 | either & either >> 2) & _FIRSTS
    if copies == 3:
        return (both & either >> 2 | both >> 2 & either) & _FIRSTS
    return both & both >> 2 & _FIRSTS


def _find_runs(copies: int, lengths: range, ranks: int) -> list[slice]:
    """Return where, in the cards of `ranks` with `copies` of each, the chains of `lengths` are."""
    runs = []
    for length in lengths:
        # Twelve ranks are in chains, from three to ace.
        for low in range(0, 4 * (13 - length), 4):
            run = (1 << 4 * length) - 1 << low & _FIRSTS
            if ranks & run == run:
                first = copies * (ranks & (1 << low) - 1).bit_count()
                runs.append(slice(first, first + copies * length))
    return runs


@lru_cache(maxsize=4096)
def _runs(ranks: int, copies: int, length: int) -> list[slice]:
    return _find_runs(copies, range(length, length + 1), ranks)


# With one argument a cache is fastest; none can pass 8192 entries.
_straights: Final = cache(partial(_find_runs, 1, SHAPES[CardType.STRAIGHT].lengths))
_pair_chains: Final = cache(partial(_find_runs, 2, SHAPES[CardType.PAIR_CHAIN].lengths))
_trio_chains: Final = cache(partial(_find_runs, 3, SHAPES[CardType.TRIO_CHAIN].lengths))


def _cut(groups: Groups, parts: list[slice]) -> list[Play]:
    """Return the chains that `parts` mark in the cards of `groups`."""
    if not parts:
        return []
    cards = tuple(chain.from_iterable(groups))
    return [cards[part] for part in parts]


def _kicked(trios: Groups, groups: Groups) -> list[Play]:
    """Return every trio with every single, or every pair, of another rank."""
    # What is of the trio's rank begins with the trio's first card.
    return [trio + wing for trio in trios for wing in groups if wing[0] != trio[0]]


def _winged(runs: Groups, shape: Shape, ones: Groups, pairs: Groups, book: str) -> list[Play]:
    """Return every run with every set of wings that `shape` gives a run of its length."""
    plays: list[Play] = []
    singles = [one[0] for one in ones]
    for run in runs:
        length = len(run) // shape.copies
        if length not in shape.lengths:
            continue
        # The ranks of a run are held, so that they stand together in the groups.
        first = pairs.index(run[:2])
        other_pairs = pairs[:first] + pairs[first + length :]
        count = shape.wings * length
        if shape.wing_copies == 2:
            wings = _pair_wings(other_pairs, count)
        else:
            first = singles.index(run[0])
            others = singles[:first] + singles[first + length :]
            wings = _apart(others, count)
            if book == "lenient":
                wings += _with_pairs(others, other_pairs, count)
        plays += [run + wing for wing in wings]
    return plays


def _pair_wings(pairs: Groups, count: int) -> list[Play]:
    """Return every `count` of `pairs`, each as one tuple of cards."""
    if count == 1:
        return pairs
    if count == 2:
        return [low + high for low, high in combinations(pairs, 2)]
    return [tuple(chain.from_iterable(wing)) for wing in combinations(pairs, count)]


def _with_pairs(singles: list[int], pairs: Groups, count: int) -> list[Play]:
    """Return the wings of `count` cards in which one of `pairs` or more stand for two each."""
    wings: list[Play] = []
    for paired in range(1, count // 2 + 1):
        both = _pair_wings(pairs, paired)
        if count == 2 * paired:
            wings += both
            continue
        for pair in both:
            rest = [card for card in singles if card not in pair]
            wings += [pair + wing for wing in _apart(rest, count - 2 * paired)]
    return wings


def _apart(singles: list[int], count: int) -> list[Play]:
    """Return every `count` of `singles` but those with both jokers, which are the rocket."""
    wings = combinations(singles, count)
    if count < 2 or singles[-2:] != [*JOKERS]:
        return list(wings)
    # The jokers rank highest, so they come last in every choice.
    return [wing for wing in wings if wing[-2:] != JOKERS]
