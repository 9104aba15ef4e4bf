"""Decisions of play: what a player may put down, and what the engine does in his place.

`docs/protocols/landlord.md`, "play_card_submit". Refuses in a fixed order, so that a client that
is wrong twice is always told the same.
"""

from __future__ import annotations

from parlour.events import landlord as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.landlord import deck
from parlour.events.rules.landlord.cards import sort_key
from parlour.events.rules.landlord.commands import PlayCards
from parlour.events.rules.landlord.hands import CardType, beats, classify
from parlour.events.rules.landlord.state import Hand


def play_cards(hand: Hand, command: PlayCards, secrets: deck.Secrets) -> list[Event]:
    """Return what a player's play or pass causes.

    Raises:
        RuleViolation: "wrong_state", "not_your_turn", "must_lead", "not_in_hand",
            "no_such_type", "type_mismatch" or "does_not_beat"; the first that applies.
    """
    if hand.phase != "playing" or hand.terms is None:
        raise RuleViolation("wrong_state")
    if command.seat != hand.turn:
        raise RuleViolation("not_your_turn")
    if command.card_type == CardType.PASS:
        if hand.last is None:
            raise RuleViolation("must_lead")
        return [facts.Passed(at=command.at, seat=command.seat)]
    cards, book = command.cards, hand.terms.book
    if len(set(cards)) != len(cards) or not deck.holdings(hand, secrets)[hand.turn].issuperset(
        cards
    ):
        raise RuleViolation("not_in_hand")
    kind = classify(cards, book=book)
    if kind is None:
        raise RuleViolation("no_such_type")
    if kind.card_type != command.card_type:
        raise RuleViolation("type_mismatch")
    if hand.last is not None and not beats(kind, hand.last.cards, book=book):
        raise RuleViolation("does_not_beat")
    card_type = kind.card_type.value
    return [facts.CardsPlayed(at=command.at, seat=hand.turn, cards=cards, card_type=card_type)]


def play_for_absent(hand: Hand, secrets: deck.Secrets, *, at: int) -> list[Event]:
    """Return what the engine plays for the seat in turn: the lowest single, or a pass."""
    if hand.last is not None:
        return [facts.Passed(at=at, seat=hand.turn)]
    lowest = min(deck.holdings(hand, secrets)[hand.turn], key=sort_key)
    single = CardType.SINGLE.value
    return [facts.CardsPlayed(at=at, seat=hand.turn, cards=(lowest,), card_type=single)]
