"""What a bot needs to know of cards, from the protocol page alone.

`shapes` is not complete and need not be: it makes plays of every type, each with the
card_type the page gives it, and the engine has to agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

ORDER = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 1, 2, 0x0E, 0x0F]
PASS, SINGLE, STRAIGHT, PAIR, PAIR_CHAIN, TRIO, TRIO_CHAIN = range(7)
TRIO_SINGLE, TRIO_PAIR, PLANE_SINGLES, PLANE_PAIRS, FOUR_SINGLES, FOUR_PAIRS = range(7, 13)
BOMB, ROCKET = 13, 14
DECK = [suit << 4 | n for suit in range(4) for n in range(1, 14)] + [0x0E, 0x0F]
_TWO = 12
"""Place of the 2 in the order: chains end below it."""

Shape = tuple[int, int, tuple[int, ...]]
"""card_type, place of the main rank in the order, cards."""


def place(card: int) -> int:
    """Return where the card's rank stands, 0 for a 3."""
    return ORDER.index(card & 15)


def by_place(cards: Iterable[int]) -> dict[int, list[int]]:
    """Return the cards by place of their rank, lowest first."""
    groups: dict[int, list[int]] = defaultdict(list)
    for card in sorted(cards):
        groups[place(card)].append(card)
    return dict(sorted(groups.items()))


def lowest(cards: Iterable[int]) -> int:
    """Return one card of the lowest rank."""
    return min(cards, key=lambda card: (place(card), card))


def highest(cards: Iterable[int]) -> int:
    """Return one card of the highest rank."""
    return max(cards, key=lambda card: (place(card), card))


def shapes(cards: Iterable[int]) -> Iterator[Shape]:
    """Yield plays of these cards, of every type they allow."""
    groups = by_place(cards)
    for at, group in groups.items():
        yield SINGLE, at, (group[0],)
        if at > _TWO:
            continue
        if len(group) >= 2:
            yield PAIR, at, tuple(group[:2])
        if len(group) >= 3:
            yield TRIO, at, tuple(group[:3])
            yield from _with_wings(groups, [at], TRIO_SINGLE, TRIO_PAIR)
        if len(group) == 4:
            yield BOMB, at, tuple(group)
            yield from _four_with(groups, at)
    for times, least, kind in ((1, 5, STRAIGHT), (2, 3, PAIR_CHAIN), (3, 2, TRIO_CHAIN)):
        for run in _runs(groups, times, least):
            yield kind, run[0], tuple(card for at in run for card in groups[at][:times])
            if times == 3:
                yield from _with_wings(groups, run, PLANE_SINGLES, PLANE_PAIRS)
    if {13, 14} <= groups.keys():
        yield ROCKET, 14, (0x0E, 0x0F)


def _runs(groups: dict[int, list[int]], times: int, least: int) -> Iterator[list[int]]:
    for start in range(_TWO):
        run = []
        for at in range(start, _TWO):
            if len(groups.get(at, ())) < times:
                break
            run.append(at)
            if len(run) >= least:
                yield list(run)


def _with_wings(
    groups: dict[int, list[int]], run: list[int], singles: int, pairs: int
) -> Iterator[Shape]:
    body = tuple(card for at in run for card in groups[at][:3])
    lone = [group[0] for at, group in groups.items() if at not in run and at != 14]
    twos = [tuple(g[:2]) for at, g in groups.items() if at not in run and len(g) in (2, 3)]
    if len(lone) >= len(run):
        yield singles, run[0], (*body, *lone[: len(run)])
    if len(twos) >= len(run):
        yield pairs, run[0], (*body, *(card for two in twos[: len(run)] for card in two))


def _four_with(groups: dict[int, list[int]], at: int) -> Iterator[Shape]:
    body = tuple(groups[at])
    lone = [group[0] for other, group in groups.items() if other not in (at, 14)]
    twos = [tuple(g[:2]) for other, g in groups.items() if other != at and len(g) in (2, 3)]
    if len(lone) >= 2:
        yield FOUR_SINGLES, at, (*body, *lone[:2])
    if len(twos) >= 2:
        yield FOUR_PAIRS, at, (*body, *twos[0], *twos[1])


def main_place(card_type: int, cards: Iterable[int]) -> int:
    """Return the place of the main rank of a play of this type."""
    groups = by_place(cards)
    if card_type in (STRAIGHT, PAIR_CHAIN, TRIO_CHAIN, SINGLE, PAIR, TRIO, BOMB, ROCKET):
        return min(groups) if card_type != ROCKET else 14
    times = 4 if card_type in (FOUR_SINGLES, FOUR_PAIRS) else 3
    body = [at for at, group in groups.items() if len(group) >= times]
    # A run of trios: wings are never trios, so every trio here is body.
    return min(body)


def answers(cards: Iterable[int], card_type: int, last: Iterable[int]) -> list[Shape]:
    """Return the shapes of `cards` that beat a play."""
    last = list(last)
    main = main_place(card_type, last)
    found = []
    for shape in shapes(cards):
        kind, at, play = shape
        same = kind == card_type and len(play) == len(last) and at > main
        bomb = kind == BOMB and card_type not in (BOMB, ROCKET)
        if same or bomb or (kind == ROCKET and card_type != ROCKET):
            found.append(shape)
    return found
