"""A hand as its recorded facts leave it.

`evolve` never refuses: what is in the log happened, also when the rules of today would not
let it (judging is the audit's work). Turns and clocks are derived here, from the events' times
and the hand's terms, so that replay finds the same deadlines the players had.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from parlour.events import landlord as facts
from parlour.events.event import Event
from parlour.events.rules.landlord import bidding
from parlour.events.rules.landlord.hands import CardType
from parlour.events.rules.landlord.state import SEATS, Call, Hand, Phase, Play

RUNNING: Final[frozenset[Phase]] = frozenset(("calling", "robbing", "playing"))
"""The phases in which it is somebody's turn."""

_DOUBLING: Final = frozenset((CardType.BOMB.value, CardType.ROCKET.value))
_PASS: Final = CardType.PASS.value
_NOBODY: Final = (False, False, False)
_DEALT: Final = (17, 17, 17)
_BOTTOM: Final = 3

_T = TypeVar("_T")


def evolve(hand: Hand, event: Event) -> Hand:
    """Return `hand` as `event` leaves it; an event that is no hand's changes nothing."""
    step = _STEPS.get(type(event))
    return hand if step is None else step(hand, event)


def running(hand: Hand) -> bool:
    """Return whether it is somebody's turn."""
    return hand.phase in RUNNING


def _put(values: tuple[_T, ...], seat: int, value: _T) -> tuple[_T, ...]:
    return tuple([value if at == seat else old for at, old in enumerate(values)])


def _micros(seconds: float) -> int:
    return round(seconds * 1_000_000)


def _trustee_limit(hand: Hand) -> int:
    return _micros(hand.terms.trustee_seconds) if hand.terms else 0


def _full_limit(hand: Hand, phase: Phase) -> int:
    """Return how long (µs) a seat that is not trustee has for its turn."""
    if hand.terms is None:
        return 0
    terms = hand.terms
    return _micros(terms.play_seconds if phase == "playing" else terms.call_seconds)


def _limit(hand: Hand, phase: Phase, turn: int) -> int:
    """Return how long (µs) the seat `turn` has."""
    return _trustee_limit(hand) if hand.trustees[turn] else _full_limit(hand, phase)


def _ask(hand: Hand, phase: Phase, seat: int, at: int, **changes: object) -> Hand:
    """Return `hand` with `changes`, at the beginning of the turn of `seat`."""
    turn = seat % SEATS
    return replace(
        hand,
        phase=phase,
        turn=turn,
        turn_at=at,
        deadline=at + _limit(hand, phase, turn),
        timed_out=False,
        **changes,
    )


def _acted(hand: Hand, seat: int) -> tuple[int, ...]:
    """Return the time-outs in a row once `seat` has acted, or the engine has for it."""
    if hand.timed_out or hand.trustees[seat % SEATS] or not hand.timeouts[seat % SEATS]:
        return hand.timeouts
    return _put(hand.timeouts, seat, 0)


def _opened(hand: Hand, event: facts.HandOpened) -> Hand:
    return replace(
        hand, tid=event.tid, hand=event.hand, salt=event.salt, commitments=event.commitments
    )


def _dealt(hand: Hand, event: facts.HandDealt) -> Hand:
    return _ask(
        replace(hand, terms=event.terms),
        "calling",
        event.first,
        event.at,
        deal=event.deal,
        uids=event.seats,
        nonces=event.nonces,
        bottom=event.bottom,
        first=event.first,
        calls=(),
        caller=None,
        ratio=0,
        landlord=None,
        plays=(),
        last=None,
        counts=_DEALT,
        winner=None,
    )


def _called(hand: Hand, event: facts.Called) -> Hand:
    call = Call(seat=event.seat, score=event.score)
    timeouts = _acted(hand, event.seat)
    if event.score > bidding.best_call(hand):
        hand = replace(hand, caller=event.seat, ratio=event.score)
    return _bid(replace(hand, calls=(*hand.calls, call), timeouts=timeouts), event.at)


def _robbed(hand: Hand, event: facts.Robbed) -> Hand:
    score = bidding.ROB if event.rob else bidding.REFUSED_ROB
    calls = (*hand.calls, Call(seat=event.seat, score=score))
    ratio = hand.ratio * 2 if event.rob else hand.ratio
    timeouts = _acted(hand, event.seat)
    return _bid(replace(hand, calls=calls, ratio=ratio, timeouts=timeouts), event.at)


def _bid(hand: Hand, at: int) -> Hand:
    """Ask the next seat; when there is none, what follows from the bids is the next event."""
    seat = bidding.asked(hand)
    if seat is None:
        return replace(hand, deadline=0)
    return _ask(hand, "calling" if bidding.calls_open(hand) else "robbing", seat, at)


def _named(hand: Hand, event: facts.LandlordNamed) -> Hand:
    counts = [
        count + _BOTTOM if seat == event.seat else count for seat, count in enumerate(hand.counts)
    ]
    return _ask(
        hand,
        "playing",
        event.seat,
        event.at,
        landlord=event.seat,
        ratio=event.ratio,
        counts=tuple(counts),
        last=None,
    )


def _thrown_in(hand: Hand, event: facts.DealThrownIn) -> Hand:
    return replace(hand, thrown_in=hand.thrown_in + 1, deadline=0)


def _played(hand: Hand, event: facts.CardsPlayed) -> Hand:
    # Plays and passes are most of every log: without `_ask` a rebuild is a fifth faster.
    at, seat = event.at, event.seat
    play = Play(seat=seat, cards=event.cards, card_type=event.card_type)
    turn = (seat + 1) % SEATS
    counts = _spend(hand.counts, seat, len(event.cards))
    after = replace(
        hand,
        phase="playing",
        turn=turn,
        turn_at=at,
        deadline=at + _limit(hand, "playing", turn),
        timed_out=False,
        plays=(*hand.plays, play),
        last=play,
        counts=counts,
        ratio=hand.ratio * 2 if event.card_type in _DOUBLING else hand.ratio,
        timeouts=_acted(hand, seat),
    )
    if min(counts) > 0:
        return after
    return replace(after, phase="won", winner=seat, turn=seat % SEATS, deadline=0)


def _spend(counts: tuple[int, ...], seat: int, spent: int) -> tuple[int, ...]:
    a, b, c = counts
    if seat == 0:
        return a - spent, b, c
    if seat == 1:
        return a, b - spent, c
    return (a, b, c - spent) if seat == 2 else counts


def _passed(hand: Hand, event: facts.Passed) -> Hand:
    at, seat, plays = event.at, event.seat, hand.plays
    turn = (seat + 1) % SEATS
    second = plays and plays[-1].card_type == _PASS
    return replace(
        hand,
        phase="playing",
        turn=turn,
        turn_at=at,
        deadline=at + _limit(hand, "playing", turn),
        timed_out=False,
        plays=(*plays, Play(seat=seat, cards=(), card_type=_PASS)),
        last=None if second else hand.last,
        timeouts=_acted(hand, seat),
    )


def _timed_out(hand: Hand, event: facts.TurnTimedOut) -> Hand:
    late = hand.timeouts[event.seat % SEATS] + 1
    return replace(hand, timed_out=True, timeouts=_put(hand.timeouts, event.seat, late))


def _trustee_set(hand: Hand, event: facts.TrusteeSet) -> Hand:
    trustees = _put(hand.trustees, event.seat, True)
    if not running(hand) or hand.turn != event.seat:
        return replace(hand, trustees=trustees)
    sooner = min(hand.deadline, event.at + _trustee_limit(hand))
    return replace(hand, trustees=trustees, deadline=sooner)


def _trustee_cleared(hand: Hand, event: facts.TrusteeCleared) -> Hand:
    trustees = _put(hand.trustees, event.seat, False)
    timeouts = _put(hand.timeouts, event.seat, 0)
    if not running(hand) or hand.turn != event.seat:
        return replace(hand, trustees=trustees, timeouts=timeouts)
    # Who returns late in his turn still gets a moment to act, but no second one.
    full = hand.turn_at + _full_limit(hand, hand.phase)
    later = max(full, min(event.at, full) + _trustee_limit(hand))
    return replace(hand, trustees=trustees, timeouts=timeouts, deadline=later)


def _resumed(hand: Hand, event: facts.HandResumed) -> Hand:
    deadline = event.at + event.left
    turn_at = deadline - _full_limit(hand, hand.phase)
    if not event.cold:
        return replace(hand, deadline=deadline, turn_at=turn_at)
    return replace(
        hand,
        trustees=_NOBODY,
        timeouts=(0, 0, 0),
        timed_out=False,
        deadline=deadline,
        turn_at=turn_at,
    )


def _settled(hand: Hand, event: facts.HandSettled) -> Hand:
    return replace(hand, phase="settled", settled=event, deadline=0)


def _cancelled(hand: Hand, event: facts.HandCancelled) -> Hand:
    return replace(hand, phase="cancelled", deadline=0)


_STEPS: Final[dict[type[Event], Callable[[Hand, Any], Hand]]] = {
    facts.HandOpened: _opened,
    facts.HandDealt: _dealt,
    facts.Called: _called,
    facts.Robbed: _robbed,
    facts.LandlordNamed: _named,
    facts.DealThrownIn: _thrown_in,
    facts.CardsPlayed: _played,
    facts.Passed: _passed,
    facts.TurnTimedOut: _timed_out,
    facts.TrusteeSet: _trustee_set,
    facts.TrusteeCleared: _trustee_cleared,
    facts.HandResumed: _resumed,
    facts.HandSettled: _settled,
    facts.HandCancelled: _cancelled,
}
