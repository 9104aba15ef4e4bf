"""Decisions of calling and robbing: an answer, and what follows when it was the last one.

`docs/protocols/landlord.md`, "Calling and robbing". Refuses an answer of the wrong seat, of the
wrong phase, and a call that does not exceed the best one.
"""

from __future__ import annotations

from typing import Final

from parlour.events import landlord as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.landlord import bidding, deck
from parlour.events.rules.landlord.commands import AnswerCall
from parlour.events.rules.landlord.evolution import evolve
from parlour.events.rules.landlord.state import Hand

DEALS: Final = 3
"""Deals nobody called that end a hand."""


def answer_call(hand: Hand, command: AnswerCall, secrets: deck.Secrets) -> list[Event]:
    """Return what a player's answer causes.

    Raises:
        RuleViolation: "wrong_state", "not_your_turn" or "call_not_allowed".
    """
    if hand.phase not in ("calling", "robbing"):
        raise RuleViolation("wrong_state")
    if command.seat != hand.turn:
        raise RuleViolation("not_your_turn")
    highest = bidding.HIGHEST_CALL if hand.phase == "calling" else bidding.ROB
    if command.action != 0 and not bidding.floor(hand) <= command.action <= highest:
        raise RuleViolation("call_not_allowed")
    return answer(hand, command.action, secrets, at=command.at)


def answer(hand: Hand, action: int, secrets: deck.Secrets, *, at: int) -> list[Event]:
    """Return the answer of the asked seat as events, with all that follows from it."""
    answered: Event
    if hand.phase == "calling":
        answered = facts.Called(at=at, seat=hand.turn, score=action)
    else:
        answered = facts.Robbed(at=at, seat=hand.turn, rob=action == bidding.ROB)
    after = evolve(hand, answered)
    if bidding.asked(after) is not None:
        return [answered]
    landlord = bidding.candidate(after)
    if landlord is None:
        return [answered, *_throw_in(after, secrets, at=at)]
    return [answered, facts.LandlordNamed(at=at, seat=landlord, ratio=after.ratio)]


def _throw_in(hand: Hand, secrets: deck.Secrets, *, at: int) -> list[Event]:
    revealed = secrets[hand.deal].hex()
    thrown_in = facts.DealThrownIn(at=at, deal=hand.deal, secret=revealed)
    deal = hand.deal + 1
    if deal == DEALS:
        return [thrown_in, facts.HandCancelled(at=at, reason="nobody_called", secret="")]
    if hand.terms is None:
        raise RuleViolation("wrong_state")
    first, second, third = hand.uids
    a, b, c = hand.nonces
    dealt = facts.HandDealt(
        at=at,
        deal=deal,
        seats=(first, second, third),
        nonces=(a, b, c),
        bottom=deck.deal(secrets[deal], hand.nonces).bottom,
        first=hand.first,
        terms=hand.terms,
    )
    return [thrown_in, dealt]
