"""`parlour bench rules`: Dou Dizhu classification and legal plays, beside douzero and rlcard.

Both sides get the same hands in the same run, each in its own form of the cards, made before
the clock starts. The baselines are optional: a bar whose baseline is not installed is not
measured, and says how to install it.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from itertools import starmap
from pathlib import Path
from statistics import median
from time import thread_time_ns
from typing import Final, NamedTuple

from parlour.events.rules.landlord import CardType, classify, legal_plays
from parlour.events.rules.landlord.cards import DECK
from parlour.network.bench import rivals
from parlour.network.bench.report import Bar, Figure, Report, alternate, ratio
from parlour.network.bench.rivals import Cards, Position, Side

_SEED: Final = 1
_INSTALL: Final = "pip install --no-deps douzero rlcard numpy termcolor"
"""Without their dependencies, for douzero asks for torch, which no rule of the game needs."""
_DEALS: Final = 1000
"""A deal holds no quad more often than not: enough deals that every pool is wide."""


class Contest(NamedTuple):
    """Ours and a rival's way to the same answers."""

    name: str
    ours: Side
    rival: str
    load: Callable[[], Side]
    """Make the rival ready; raises ImportError or OSError when it cannot be."""
    bar: float


def measure(_folder: Path, *, rounds: int = 5, hands: int = 2000, seed: int = _SEED) -> Report:
    """Classify `hands` hands of two kinds, and find the legal plays in `hands` positions."""
    rng = random.Random(seed)
    played, even = _played(rng, hands), _even(rng, hands)
    positions = [_position(rng) for _ in range(hands)]
    played_side = Side(classify, [(cards,) for cards in played])
    even_side = Side(classify, [(cards,) for cards in even])
    search = Side(legal_plays, positions)
    contests = (
        Contest("classify", played_side, "douzero", lambda: rivals.douzero_types(played), 5.0),
        Contest(
            "classify, all types", even_side, "douzero", lambda: rivals.douzero_types(even), 5.0
        ),
        Contest("legal plays", search, "douzero", lambda: rivals.douzero_plays(positions), 4.0),
        Contest("legal plays", search, "rlcard", lambda: rivals.rlcard_plays(positions), 8.0),
    )
    bars: list[Bar] = []
    figures: dict[str, Figure] = {}
    for contest in contests:
        bar, found = _compete(contest, rounds)
        bars.append(bar)
        figures.update((figure.name, figure) for figure in found)
    return Report(
        bench="rules",
        what=f"{hands} hands each: as games whose players play at random bring them; every type "
        "equally often, one in five spoilt; positions of 3 to 20 cards, half of them to follow",
        rounds=rounds,
        figures=tuple(figures.values()),
        bars=tuple(bars),
    )


def _compete(contest: Contest, rounds: int) -> tuple[Bar, list[Figure]]:
    name = f"{contest.name} / {contest.rival}"
    ours = contest.ours
    try:
        theirs = contest.load()
    except (ImportError, OSError) as error:
        alone = median(_microseconds(ours) for _ in range(rounds))
        note = f"{contest.rival} is not installed ({error}): {_INSTALL}"
        bar = Bar(name=name, measured=None, bar=contest.bar, unit="×", note=note)
        return bar, [Figure(name=contest.name, value=alone, unit="µs")]
    found = alternate(
        rounds, {"ours": lambda: _microseconds(ours), "theirs": lambda: _microseconds(theirs)}
    )
    bar = Bar(name=name, measured=ratio(found["theirs"], found["ours"]), bar=contest.bar, unit="×")
    return bar, [
        Figure(name=contest.name, value=median(found["ours"]), unit="µs"),
        Figure(name=f"{contest.rival}, {contest.name}", value=median(found["theirs"]), unit="µs"),
    ]


def _microseconds(side: Side) -> float:
    # deque and starmap run the calls without a loop of ours beside them; the first time warms up.
    deque(starmap(*side), maxlen=0)
    start = thread_time_ns()
    deque(starmap(*side), maxlen=0)
    return (thread_time_ns() - start) / 1000 / len(side.arguments)


# --- hands --------------------------------------------------------------------------------


def _played(rng: random.Random, hands: int) -> list[Cards]:
    played: list[Cards] = []
    while len(played) < hands:
        deck = rng.sample(DECK, len(DECK))
        seats = [set(deck[:20]), set(deck[20:37]), set(deck[37:])]
        table: Cards = ()
        passes = turn = 0
        while all(seats):
            held = seats[turn % 3]
            play = rng.choice(legal_plays(held, table) + [()] * bool(table))
            passes = 0 if play else passes + 1
            if play:
                held.difference_update(play)
                played.append(play)
            table = () if passes == 2 else play or table
            turn += 1
    return played[:hands]


def _even(rng: random.Random, hands: int) -> list[Cards]:
    pools: dict[CardType, list[Cards]] = {}
    for _ in range(_DEALS):
        for card_type, plays in _by_type(rng.sample(DECK, rng.choice((17, 20)))).items():
            pools.setdefault(card_type, []).extend(plays)
    samples = []
    for nth in range(hands):
        pool = pools[rng.choice(sorted(pools))]
        cards = rng.sample(play := rng.choice(pool), len(play))
        if nth % 5 == 0:
            cards[0] = rng.choice([card for card in DECK if card not in cards])
        samples.append(tuple(cards))
    return samples


def _position(rng: random.Random) -> Position:
    deck = rng.sample(DECK, len(DECK))
    held = rng.choice((17, 20))
    cards = tuple(deck[: rng.randint(3, held)])
    return Position(cards, _any_play(rng, deck[20:37]) if rng.random() < 0.5 else None)


def _any_play(rng: random.Random, cards: Sequence[int]) -> Cards:
    plays = _by_type(cards)
    return rng.choice(plays[rng.choice(sorted(plays))])


def _by_type(cards: Sequence[int]) -> dict[CardType, list[Cards]]:
    plays: dict[CardType, list[Cards]] = {}
    for play in legal_plays(cards):
        hand = classify(play)
        assert hand is not None
        plays.setdefault(hand.card_type, []).append(play)
    return plays
