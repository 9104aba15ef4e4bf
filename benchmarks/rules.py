"""Measures the Dou Dizhu rules beside douzero and rlcard, on the same hands in the same run.

The baselines are optional; a figure whose baseline is not installed is None, with the reason.
What each side is timed on is its own form of the cards, made before the clock starts.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import starmap
from time import perf_counter_ns
from typing import Final, NamedTuple

from parlour.events.rules.landlord import CardType, classify, legal_plays
from parlour.events.rules.landlord.cards import DECK, rank_of

Result = dict[str, float | int | str | None]

GAME_MIX: Final = "the hands played in games whose players play or pass at random"
EVEN_MIX: Final = (
    "every hand type equally often, the hands of a type as random deals of 17 and 20 cards hold "
    "them, cards in any order; in one of five a card is exchanged, which mostly makes it no hand"
)
PLAYS_MIX: Final = (
    "random deals of 17 and 20 cards cut to 3..17 and 3..20, each number equally often; half lead, "
    "half follow a hand of another seat, its type drawn evenly from those that the seat could lead"
)

_DOUZERO_RANKS: Final = {**{rank: rank for rank in range(3, 15)}, 15: 17, 16: 20, 17: 30}
_RLCARD_RANKS: Final = dict(zip(range(3, 18), "3456789TJQKA2BR", strict=True))
_ROUNDS: Final = 5


class Position(NamedTuple):
    """What a player holds, and the hand on the table; none when he leads."""

    cards: tuple[int, ...]
    to_beat: tuple[int, ...] | None


class Side(NamedTuple):
    """A function to time, and what to call it with."""

    call: Callable[..., object]
    arguments: Sequence[tuple[object, ...]]


def run(*, hands: int = 2000, seed: int = 1) -> dict[str, Result | str | int]:
    """Return the microseconds a call of each side, their ratio, and the ratio that is the bar.

    Args:
        hands: How many hands are classified, and how many positions searched.
        seed: Draws the same hands each time.
    """
    rng = random.Random(seed)
    played = _played(rng, hands)
    even = _even(rng, hands)
    positions = [_position(rng) for _ in range(hands)]
    classifying = Side(classify, [(cards,) for cards in played])
    classifying_even = Side(classify, [(cards,) for cards in even])
    searching = Side(legal_plays, positions)
    return {
        "hands": hands,
        "seed": seed,
        "classify_mix": GAME_MIX,
        "classify": _compare(5, classifying, "douzero", lambda: _douzero_types(played)),
        "classify_even_mix": EVEN_MIX,
        "classify_even": _compare(5, classifying_even, "douzero", lambda: _douzero_types(even)),
        "legal_plays_mix": PLAYS_MIX,
        "legal_plays": _compare(4, searching, "douzero", lambda: _douzero_plays(positions)),
        "legal_plays_rlcard": _compare(8, searching, "rlcard", lambda: _rlcard_plays(positions)),
    }


def _compare(bar: int, ours: Side, name: str, load: Callable[[], Side]) -> Result:
    theirs_us = f"{name}_us"
    try:
        theirs = load()
    except (ImportError, OSError) as error:
        fastest = min(_microseconds(ours) for _ in range(_ROUNDS))
        reason = f"{name} is not installed: {error}"
        return {"ours_us": fastest, theirs_us: None, "ratio": None, "bar": bar, "reason": reason}
    # In turns, so that a slow spell of the machine falls on both; each warms up first.
    rounds = [(_microseconds(ours), _microseconds(theirs)) for _ in range(_ROUNDS)]
    mine, other = (min(times) for times in zip(*rounds, strict=True))
    return {"ours_us": mine, theirs_us: other, "ratio": round(other / mine, 1), "bar": bar}


def _microseconds(side: Side) -> float:
    # deque and starmap run the calls without a loop of ours beside them.
    deque(starmap(*side), maxlen=0)
    start = perf_counter_ns()
    deque(starmap(*side), maxlen=0)
    return round((perf_counter_ns() - start) / 1000 / len(side.arguments), 3)


def _played(rng: random.Random, hands: int) -> list[tuple[int, ...]]:
    played: list[tuple[int, ...]] = []
    while len(played) < hands:
        deck = rng.sample(DECK, len(DECK))
        seats = [set(deck[:20]), set(deck[20:37]), set(deck[37:])]
        table: tuple[int, ...] = ()
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


def _even(rng: random.Random, hands: int) -> list[tuple[int, ...]]:
    pools: dict[CardType, list[tuple[int, ...]]] = {}
    # A deal holds no quad more often than not: enough deals that every pool is wide.
    for _ in range(1000):
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


def _any_play(rng: random.Random, cards: Sequence[int]) -> tuple[int, ...]:
    plays = _by_type(cards)
    return rng.choice(plays[rng.choice(sorted(plays))])


def _by_type(cards: Sequence[int]) -> dict[CardType, list[tuple[int, ...]]]:
    plays: dict[CardType, list[tuple[int, ...]]] = {}
    for play in legal_plays(cards):
        hand = classify(play)
        assert hand is not None
        plays.setdefault(hand.card_type, []).append(play)
    return plays


def _douzero_cards(cards: Sequence[int] | None) -> list[int]:
    return sorted(_DOUZERO_RANKS[rank_of(card)] for card in cards or ())


def _douzero_types(samples: Sequence[tuple[int, ...]]) -> Side:
    detector = import_module("douzero.env.move_detector")
    return Side(detector.get_move_type, [(_douzero_cards(cards),) for cards in samples])


def _douzero_plays(positions: Sequence[Position]) -> Side:
    """Return DouZero's own search, fed through the game state that it reads."""
    game = import_module("douzero.env.game").GameEnv(None)
    game.acting_player_position = "landlord"
    state = game.info_sets["landlord"]

    def search(cards: list[int], played: list[list[int]]) -> object:
        state.player_hand_cards = cards
        game.card_play_action_seq = played
        return game.get_legal_card_play_actions()

    arguments = [
        (_douzero_cards(cards), [_douzero_cards(to_beat)] if to_beat else [])
        for cards, to_beat in positions
    ]
    return Side(search, arguments)


def _rlcard_text(cards: Sequence[int]) -> str:
    return "".join(_RLCARD_RANKS[rank] for rank in sorted(map(rank_of, cards)))


def _rlcard_plays(positions: Sequence[Position]) -> Side:
    """Return RLCard's search: its judger's on a lead, its table scan on a follow."""
    module = import_module("rlcard.games.doudizhu")
    follow = import_module("rlcard.games.doudizhu.utils").get_gt_cards
    lead = module.Judger.playable_cards_from_hand
    make = import_module("rlcard.games.base").Card

    def search(held: object, to_beat: object) -> object:
        return lead(held) if to_beat is None else follow(held, to_beat)

    arguments: list[tuple[object, object]] = []
    for cards, to_beat in positions:
        if to_beat is None:
            arguments.append((_rlcard_text(cards), None))
            continue
        holder, rival = module.Player(0, None), module.Player(1, None)
        holder.set_current_hand([make("S", rank) for rank in _rlcard_text(cards)])
        rival.played_cards = _rlcard_text(to_beat)
        arguments.append((holder, rival))
    return Side(search, arguments)
