"""How a bot plays Dou Dizhu: pure, quick, and good enough to be worth watching.

Owns taste, not rules: what may be played comes from `parlour.events.rules.landlord`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from parlour.events.rules.landlord import CardType, HandType, classify, legal_plays
from parlour.events.rules.landlord.cards import BIG_JOKER, LITTLE_JOKER, RANK_2, RANK_A, rank_of

Play = tuple[int, ...]

ROB: Final = 4
"""The action that robs, and the question that asks for it."""

_STRENGTHS: Final = {BIG_JOKER: 4, LITTLE_JOKER: 3}
_RANK_STRENGTHS: Final = {RANK_2: 2, RANK_A: 1}
_CALLS: Final = ((9, 3), (7, 2), (5, 1))
_ROB_FROM: Final = 9
_CARD_WORTH: Final = 1.6
"""How much higher a play may be for each card more that it gets rid of."""
_BROKEN_COST: Final = 4.0
"""What it costs to take cards out of a pair, a trio or a bomb."""
_POWER_COST: Final = 30.0
"""What it costs to spend a bomb or the rocket."""
_DANGER: Final = 4
"""So few cards in an opponent's hand that anything is spent to stop him."""


def strength(cards: Sequence[int]) -> int:
    """Return how good a dealt hand is; 5 is worth a call, 9 is very good."""
    ranks = Counter(rank_of(card) for card in cards)
    high = sum(_STRENGTHS.get(card) or _RANK_STRENGTHS.get(rank_of(card), 0) for card in cards)
    return high + 3 * sum(count == 4 for count in ranks.values())


def call(cards: Sequence[int], asked: int, *, must: bool) -> int:
    """Return the answer to a call or rob question.

    Args:
        cards: The bot's 17 cards.
        asked: The question: the lowest score that is open, or `ROB`.
        must: Nobody else can call any more; somebody has to play.
    """
    worth = strength(cards)
    if asked == ROB:
        return ROB if worth >= _ROB_FROM else 0
    score = next((score for least, score in _CALLS if worth >= least), 0)
    if score >= asked:
        return score
    return asked if must else 0


def lead(cards: Sequence[int]) -> Play:
    """Return what to lead: what rids the hand of many low cards and breaks nothing."""
    held = Counter(rank_of(card) for card in cards)
    return min(legal_plays(cards), key=lambda play: _cost(play, held))


def follow(cards: Sequence[int], to_beat: Play, *, friend: bool, enemy_cards: int) -> Play:
    """Return what to play on somebody's cards, () to pass.

    Args:
        cards: What the bot holds.
        to_beat: The cards on the table.
        friend: They are the other farmer's.
        enemy_cards: The fewest cards an opponent holds.
    """
    plays = legal_plays(cards, to_beat)
    out = [play for play in plays if len(play) == len(cards)]
    if out:
        return out[0]
    if not plays or (friend and not _is_low(to_beat)):
        return ()
    held = Counter(rank_of(card) for card in cards)
    best = min(plays, key=lambda play: _cost(play, held))
    spends = _kind(best).card_type in (CardType.BOMB, CardType.ROCKET)
    if spends and (friend or enemy_cards > _DANGER):
        return ()
    return best


def _cost(play: Play, held: Counter[int]) -> float:
    hand = _kind(play)
    used = Counter(rank_of(card) for card in play)
    broken = sum(held[rank] > count for rank, count in used.items())
    cost = hand.main_rank - _CARD_WORTH * hand.size + _BROKEN_COST * broken
    # The wings' own height counts a little: the lowest spare cards go first.
    cost += 0.05 * sum(rank * count for rank, count in used.items())
    return cost + _POWER_COST * (hand.card_type in (CardType.BOMB, CardType.ROCKET))


def _is_low(play: Play) -> bool:
    return _kind(play).main_rank <= 9


def _kind(play: Play) -> HandType:
    hand = classify(play)
    assert hand is not None, play
    return hand
