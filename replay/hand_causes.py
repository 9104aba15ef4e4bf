"""From recorded events of a hand back to the command that must have caused them.

A command is not recorded; what it caused is. Each function here reads the next events of a hand
and names the commands that could have led to them, the likelier first; whether they did is for
the rules to say. An event that only ever follows another (a landlord named, a deal thrown in)
has no cause of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from parlour.events import landlord as facts
from parlour.events.event import Event
from parlour.events.rules.landlord import bidding, commands
from parlour.events.rules.landlord.state import Hand

_ACTIONS = (facts.Called, facts.Robbed, facts.CardsPlayed, facts.Passed)


def causes(hand: Hand, upcoming: Sequence[Event]) -> list[commands.Command]:
    """Return the commands that may have caused the first of the upcoming events.

    Args:
        hand: The hand before them.
        upcoming: What was recorded next, at least one event.
    """
    find = _CAUSES.get(type(upcoming[0]))
    return [] if find is None else find(hand, *upcoming[:2])


def _deal(hand: Hand, event: facts.HandDealt, *_: Event) -> list[commands.Command]:
    return [
        commands.Deal(
            at=event.at,
            uids=event.seats,
            nonces=event.nonces,
            terms=event.terms,
            first=event.first,
        )
    ]


def _action(hand: Hand, event: Event) -> commands.Command:
    """Return what a player said to cause a call, a rob, a play or a pass."""
    match event:
        case facts.Called():
            return commands.AnswerCall(at=event.at, seat=event.seat, action=event.score)
        case facts.Robbed():
            action = bidding.ROB if event.rob else 0
            return commands.AnswerCall(at=event.at, seat=event.seat, action=action)
        case facts.CardsPlayed():
            return commands.PlayCards(
                at=event.at, seat=event.seat, cards=event.cards, card_type=event.card_type
            )
        case facts.Passed():
            return commands.PlayCards(at=event.at, seat=event.seat, cards=(), card_type=0)
        case _:
            raise LookupError(type(event).__name__)


def _acted(hand: Hand, event: Any, *_: Event) -> list[commands.Command]:
    # Without a TrusteeCleared before it, what a trustee seat does is the engine's doing.
    if hand.trustees[hand.turn]:
        return [_time_out(event.at, online=True)]
    return [_action(hand, event)]


def _cleared(
    hand: Hand, event: facts.TrusteeCleared, following: Event | None = None
) -> list[commands.Command]:
    returned = commands.RegainConnection(at=event.at, seat=event.seat)
    # The player's own act clears him too, and is then the very next event.
    if isinstance(following, _ACTIONS) and following.at == event.at:
        return [_action(hand, following), returned]
    return [returned]


def _timed_out(
    hand: Hand, event: facts.TurnTimedOut, following: Event | None = None
) -> list[commands.Command]:
    gone = isinstance(following, facts.TrusteeSet) and following.why == "offline"
    return [_time_out(event.at, online=not gone)]


def _time_out(at: int, *, online: bool) -> commands.TimeOut:
    return commands.TimeOut(at=at, online=(online, online, online))


def _lost(hand: Hand, event: facts.TrusteeSet, *_: Event) -> list[commands.Command]:
    # Time-outs make a seat trustee only right behind a TurnTimedOut.
    if event.why != "offline":
        return []
    return [commands.LoseConnection(at=event.at, seat=event.seat)]


def _resumed(hand: Hand, event: facts.HandResumed, *_: Event) -> list[commands.Command]:
    # When the engine stopped, and the least it leaves, are not in the log: any `left` is possible.
    return [
        commands.Resume(
            at=event.at, left_at=hand.deadline - event.left, floor_us=0, cold=event.cold
        )
    ]


def _cancelled(hand: Hand, event: facts.HandCancelled, *_: Event) -> list[commands.Command]:
    return [commands.Cancel(at=event.at, reason=event.reason, secret=event.secret)]


_CAUSES: Final[dict[type[Event], Callable[..., list[commands.Command]]]] = {
    facts.HandDealt: _deal,
    facts.Called: _acted,
    facts.Robbed: _acted,
    facts.CardsPlayed: _acted,
    facts.Passed: _acted,
    facts.TrusteeCleared: _cleared,
    facts.TurnTimedOut: _timed_out,
    facts.TrusteeSet: _lost,
    facts.HandResumed: _resumed,
    facts.HandCancelled: _cancelled,
}
