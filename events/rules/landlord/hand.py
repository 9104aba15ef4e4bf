"""One hand of Dou Dizhu, from the commitment of its secrets to its end.

`decide` says what obeying a command would cause, `evolve` applies what was recorded. Payment is
`settlement`'s: once `decide` leaves a hand in phase "won", the caller settles it in the same
unit. Refusals are `RuleViolation` with a stable code; a refused command changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from parlour.events import landlord as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.landlord import absence, calling, commands, deck, playing
from parlour.events.rules.landlord.evolution import RUNNING, evolve, running
from parlour.events.rules.landlord.state import Hand

__all__ = ["RUNNING", "decide", "evolve", "running", "spring"]


def decide(hand: Hand, command: commands.Command, secrets: deck.Secrets) -> list[Event]:
    """Return the events that obeying `command` would cause, in order.

    Args:
        hand: The hand as it is.
        command: One of `commands`.
        secrets: The hand's three secrets; only the deals that may be touched are needed.

    Raises:
        RuleViolation: "wrong_state", "not_your_turn", "call_not_allowed", "must_lead",
            "not_in_hand", "no_such_type", "type_mismatch" or "does_not_beat".
    """
    return _DECISIONS[type(command)](hand, command, secrets)


def spring(hand: Hand) -> bool:
    """Return whether the won hand counts double once more.

    The landlord won and neither farmer played a card, or the farmers won and the landlord
    played exactly once.
    """
    played = [play.seat for play in hand.plays if play.cards]
    if hand.winner is None:
        return False
    if hand.winner == hand.landlord:
        return all(seat == hand.landlord for seat in played)
    return sum(seat == hand.landlord for seat in played) == 1


def _open(hand: Hand, command: commands.OpenHand, secrets: deck.Secrets) -> list[Event]:
    if hand.commitments:
        raise RuleViolation("wrong_state")
    first, second, third = map(deck.commitment, secrets)
    opened = facts.HandOpened(
        at=command.at,
        tid=command.tid,
        hand=command.hand,
        salt=command.salt,
        commitments=(first, second, third),
    )
    return [opened]


def _deal(hand: Hand, command: commands.Deal, secrets: deck.Secrets) -> list[Event]:
    if hand.phase != "opened" or not hand.commitments:
        raise RuleViolation("wrong_state")
    dealt = facts.HandDealt(
        at=command.at,
        deal=0,
        seats=command.uids,
        nonces=command.nonces,
        bottom=deck.deal(secrets[0], command.nonces).bottom,
        first=command.first,
        terms=command.terms,
    )
    return [dealt]


def _own(
    decision: Callable[[Hand, Any, deck.Secrets], list[Event]],
) -> Callable[[Hand, Any, deck.Secrets], list[Event]]:
    """Return `decision` for a player who acts himself: he is trustee no more."""

    def decide_own(hand: Hand, command: Any, secrets: deck.Secrets) -> list[Event]:
        events = decision(hand, command, secrets)
        if not hand.trustees[hand.turn]:
            return events
        return [facts.TrusteeCleared(at=command.at, seat=hand.turn), *events]

    return decide_own


def _cancel(hand: Hand, command: commands.Cancel, _secrets: deck.Secrets) -> list[Event]:
    if hand.phase in ("settled", "cancelled"):
        raise RuleViolation("wrong_state")
    return [facts.HandCancelled(at=command.at, reason=command.reason, secret=command.secret)]


_DECISIONS: Final[
    dict[type[commands.Command], Callable[[Hand, Any, deck.Secrets], list[Event]]]
] = {
    commands.OpenHand: _open,
    commands.Deal: _deal,
    commands.AnswerCall: _own(calling.answer_call),
    commands.PlayCards: _own(playing.play_cards),
    commands.TimeOut: absence.time_out,
    commands.LoseConnection: lambda hand, command, _: absence.lose_connection(hand, command),
    commands.RegainConnection: lambda hand, command, _: absence.regain_connection(hand, command),
    commands.Resume: lambda hand, command, _: absence.resume(hand, command),
    commands.Cancel: _cancel,
}
