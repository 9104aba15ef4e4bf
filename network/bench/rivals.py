"""douzero and rlcard, each called as its own code calls itself, on our cards in its own form.

Neither is a dependency: they are imported when a bench asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final, NamedTuple

from parlour.events.rules.landlord.cards import rank_of

Cards = tuple[int, ...]

_DOUZERO_RANKS: Final = {**{rank: rank for rank in range(3, 15)}, 15: 17, 16: 20, 17: 30}
_RLCARD_RANKS: Final = dict(zip(range(3, 18), "3456789TJQKA2BR", strict=True))


class Position(NamedTuple):
    """What a player holds, and the hand on the table; none when he leads."""

    cards: Cards
    to_beat: Cards | None


class Side(NamedTuple):
    """A function to time, and what to call it with."""

    call: Callable[..., object]
    arguments: Sequence[tuple[object, ...]]


def douzero_types(samples: Sequence[Cards]) -> Side:
    """Return DouZero's detector of hand types."""
    detector = import_module("douzero.env.move_detector")
    return Side(detector.get_move_type, [(_douzero_cards(cards),) for cards in samples])


def douzero_plays(positions: Sequence[Position]) -> Side:
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


def rlcard_plays(positions: Sequence[Position]) -> Side:
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


def _douzero_cards(cards: Sequence[int] | None) -> list[int]:
    return sorted(_DOUZERO_RANKS[rank_of(card)] for card in cards or ())


def _rlcard_text(cards: Sequence[int]) -> str:
    return "".join(_RLCARD_RANKS[rank] for rank in sorted(map(rank_of, cards)))
