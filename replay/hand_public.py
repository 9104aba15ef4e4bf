"""What a whole table can judge without seeing anybody's cards.

For deals whose secret is not known: turns, hand types, what beats what, and that no card comes
to the table twice. Says why the rules would refuse, with the rules' own codes.
"""

from __future__ import annotations

from collections.abc import Iterator

from parlour.events import landlord as facts
from parlour.events.event import Event
from parlour.events.rules.landlord import beats, classify
from parlour.events.rules.landlord.state import Hand


def public_faults(hand: Hand, event: Event) -> Iterator[str]:
    """Yield what is wrong with an event of a hand being played, as far as everybody saw it."""
    match event:
        case facts.CardsPlayed() | facts.Passed() if event.seat != hand.turn:
            yield "not_your_turn"
        case facts.Passed() if hand.last is None:
            yield "must_lead"
        case facts.CardsPlayed():
            yield from _play_faults(hand, event)
        case facts.TurnTimedOut() if event.seat != hand.turn:
            yield "not_your_turn"
        case facts.TurnTimedOut() if event.at < hand.deadline:
            yield "time_not_over"
        case _:
            return


def _play_faults(hand: Hand, event: facts.CardsPlayed) -> Iterator[str]:
    book = hand.terms.book if hand.terms else "lenient"
    gone = {card for play in hand.plays for card in play.cards}
    if event.seat != hand.landlord:
        gone.update(hand.bottom)
    kind = classify(event.cards, book=book)
    if not gone.isdisjoint(event.cards):
        yield "not_in_hand"
    elif kind is None:
        yield "no_such_type"
    elif kind.card_type != event.card_type:
        yield "type_mismatch"
    elif hand.last is not None and not beats(kind, hand.last.cards, book=book):
        yield "does_not_beat"
