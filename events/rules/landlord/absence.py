"""Decisions about players who are late, gone, back, or cut off by a restart of the engine.

`docs/protocols/landlord.md`, "Clocks". A connection that comes or goes while nobody is to act
causes nothing: the table keeps who is online.
"""

from __future__ import annotations

from typing import Final, Literal

from parlour.events import landlord as facts
from parlour.events.event import Event
from parlour.events.rules.landlord import calling, deck, playing
from parlour.events.rules.landlord.commands import (
    LoseConnection,
    RegainConnection,
    Resume,
    TimeOut,
)
from parlour.events.rules.landlord.evolution import running
from parlour.events.rules.landlord.state import Hand

TIME_OUTS: Final = 2
"""Time-outs in a row that make a seat trustee."""


def time_out(hand: Hand, command: TimeOut, secrets: deck.Secrets) -> list[Event]:
    """Return what the timer causes; nothing when it rang before the deadline.

    A seat that is trustee just acts. Another one timed out: it becomes trustee when its player
    is offline, or when that is the second time in a row, and then the engine acts for it.
    """
    if not running(hand) or command.at < hand.deadline:
        return []
    seat = hand.turn
    events: list[Event] = []
    if not hand.trustees[seat]:
        events.append(facts.TurnTimedOut(at=command.at, seat=seat))
        why = _why(hand, online=command.online[seat])
        if why is not None:
            events.append(facts.TrusteeSet(at=command.at, seat=seat, why=why))
    if hand.phase == "playing":
        return events + playing.play_for_absent(hand, secrets, at=command.at)
    return events + calling.answer(hand, 0, secrets, at=command.at)


def lose_connection(hand: Hand, command: LoseConnection) -> list[Event]:
    """Return what a lost connection causes: the seat becomes trustee, if it is not yet."""
    if not running(hand) or hand.trustees[command.seat]:
        return []
    return [facts.TrusteeSet(at=command.at, seat=command.seat, why="offline")]


def regain_connection(hand: Hand, command: RegainConnection) -> list[Event]:
    """Return what a player's return causes: he acts for himself again."""
    if not running(hand) or not hand.trustees[command.seat]:
        return []
    return [facts.TrusteeCleared(at=command.at, seat=command.seat)]


def resume(hand: Hand, command: Resume) -> list[Event]:
    """Return what a pause causes: the turn keeps what it had left, and at least the floor."""
    if not running(hand):
        return []
    left = max(hand.deadline - command.left_at, command.floor_us)
    return [facts.HandResumed(at=command.at, left=left, cold=command.cold)]


def _why(hand: Hand, *, online: bool) -> Literal["offline", "timeouts"] | None:
    if not online:
        return "offline"
    return "timeouts" if hand.timeouts[hand.turn] + 1 >= TIME_OUTS else None
