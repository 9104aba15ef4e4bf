"""Who is asked for a call or a rob, from what, and who would be landlord.

Pure questions about a hand (`docs/protocols/landlord.md`, "Calling and robbing"); what is
answered is decided in `calling`, and recorded facts are applied in `evolution`.
"""

from __future__ import annotations

from typing import Final

from parlour.events.rules.landlord.state import SEATS, Hand

HIGHEST_CALL: Final = 3
ROB: Final = 4
"""Score of a rob in `Hand.calls`, and the action that asks for or answers one."""
REFUSED_ROB: Final = -1


def best_call(hand: Hand) -> int:
    """Return the highest score called so far, 0 when nobody called."""
    scores = [call.score for call in hand.calls if call.score <= HIGHEST_CALL]
    return max(0, *scores) if scores else 0


def calls_open(hand: Hand) -> bool:
    """Return whether a seat is still to be asked for its call."""
    answered = sum(0 <= call.score <= HIGHEST_CALL for call in hand.calls)
    return answered < SEATS and best_call(hand) < HIGHEST_CALL


def asked(hand: Hand) -> int | None:
    """Return the seat whose answer is awaited, None when the bidding is over."""
    if calls_open(hand):
        return (hand.first + len(hand.calls)) % SEATS
    if hand.caller is None or hand.terms is None or not hand.terms.rob:
        return None
    refused = {call.seat for call in hand.calls if call.score == 0}
    robs = {call.seat: call.score for call in hand.calls if call.score in (ROB, REFUSED_ROB)}
    for step in (1, 2):
        seat = (hand.caller + step) % SEATS
        # A seat that was never asked (a 3 came before it) did not refuse.
        if seat not in refused and seat not in robs:
            return seat
    if ROB in robs.values() and hand.caller not in robs:
        return hand.caller
    return None


def candidate(hand: Hand) -> int | None:
    """Return the seat that is landlord if nobody robs any more: the last robber or the caller."""
    robbers = [call.seat for call in hand.calls if call.score == ROB]
    return robbers[-1] if robbers else hand.caller


def floor(hand: Hand) -> int:
    """Return the lowest action but 0 that is open to the asked seat, 0 when none is asked."""
    if hand.phase == "calling":
        return best_call(hand) + 1
    return ROB if hand.phase == "robbing" else 0
