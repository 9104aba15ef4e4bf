"""The rows one game of Dou Dizhu becomes: its game, seats, deals, calls, plays, settlement.

Only what the events themselves reveal goes in: the hidden cards and the secret of a running
hand stay out, also when the key file lies beside the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from parlour.events import landlord as facts
from parlour.events.reader import Recorded
from parlour.events.rules.landlord import bidding, deck
from parlour.events.rules.landlord.cards import RANKS, describe
from parlour.events.rules.landlord.state import Hand
from parlour.events.times import iso
from parlour.replay import decks
from parlour.replay.export_shape import Row
from parlour.replay.games import KIND, state_after
from parlour.replay.hand import Step, fold
from parlour.replay.hand_lines import type_name


def rows_of(events: Sequence[Recorded]) -> Iterator[Row]:
    """Yield the rows of a game; none when it was never dealt."""
    steps = list(fold(events))
    dealt = [s for s in steps if isinstance(s.recorded.event, facts.HandDealt)]
    if not dealt:
        return
    secrets = decks.known(recorded.event for recorded in events)
    yield "games", _game(steps, dealt)
    yield from _seats(dealt[0].recorded)
    for step in steps:
        match step.recorded.event:
            case facts.HandDealt():
                yield "deals", _deal(step, secrets)
            case facts.Called() | facts.Robbed():
                yield "calls", _call(step)
            case facts.CardsPlayed() | facts.Passed():
                yield "plays", _play(step)
            case facts.HandSettled() as settled:
                yield from _settlements(step.recorded, settled)


def _game(steps: Sequence[Step], dealt: Sequence[Step]) -> dict[str, Any]:
    first, last = dealt[0].recorded.event, steps[-1].recorded
    assert isinstance(first, facts.HandDealt)
    hand, settled, terms = steps[-1].after, steps[-1].after.settled, first.terms
    state = state_after(last.event)
    return {
        "id": last.originator_id,
        "kind": KIND,
        "tid": hand.tid,
        "hand": hand.hand,
        "state": state,
        "started": iso(first.at),
        "ended": None if state == "running" else iso(last.event.at),
        "base": terms.base,
        "rake_percent": terms.rake,
        "book": terms.book,
        "rob": int(terms.rob),
        "deals": len(dealt),
        "landlord_seat": hand.landlord,
        "ratio": settled.ratio if settled else hand.ratio,
        "spring": int(settled.spring) if settled else None,
        "win_type": settled.win_type if settled else None,
        "quitter_seat": settled.quitter if settled else None,
        "rake": settled.rake if settled else None,
    }


def _seats(recorded: Recorded) -> Iterator[Row]:
    event = recorded.event
    assert isinstance(event, facts.HandDealt)
    for seat, (uid, nonce) in enumerate(zip(event.seats, event.nonces, strict=True)):
        row = {"game": recorded.originator_id, "seat": seat, "uid": uid, "nonce": nonce}
        yield "seats", row


def _deal(step: Step, secrets: deck.Secrets) -> dict[str, Any]:
    recorded, event = step.recorded, step.recorded.event
    assert isinstance(event, facts.HandDealt)
    secret = secrets[event.deal] if event.deal in range(decks.DEALS) else decks.UNKNOWN
    hands: Sequence[Sequence[int] | None] = (None, None, None)
    if secret != decks.UNKNOWN:
        hands = deck.deal(secret, event.nonces).hands
    commitments = step.after.commitments
    return {
        "game": recorded.originator_id,
        "deal": event.deal,
        "position": recorded.position,
        "at": iso(event.at),
        "commitment": commitments[event.deal] if event.deal in range(len(commitments)) else None,
        "secret": secret.hex() or None,
        "bottom": _json(event.bottom),
        **{f"hand_{seat}": cards and _json(cards) for seat, cards in enumerate(hands)},
    }


def _call(step: Step) -> dict[str, Any]:
    event = step.recorded.event
    assert isinstance(event, facts.Called | facts.Robbed)
    if isinstance(event, facts.Called):
        question, answer = "call", event.score
    else:
        question, answer = "rob", bidding.ROB if event.rob else 0
    return {
        "deal": step.before.deal,
        **_act(step, event.seat),
        "question": question,
        "answer": answer,
    }


def _play(step: Step) -> dict[str, Any]:
    event = step.recorded.event
    assert isinstance(event, facts.CardsPlayed | facts.Passed)
    cards, card_type = (
        (event.cards, event.card_type) if isinstance(event, facts.CardsPlayed) else ((), 0)
    )
    return {
        **_act(step, event.seat),
        "number": len(step.after.plays),
        "cards": _json(cards),
        "drawn": describe(card for card in cards if card in RANKS),
        "card_type": card_type,
        "type": type_name(card_type),
        "lead": int(step.before.last is None),
        "left": _of(step.after.counts, event.seat),
    }


def _act(step: Step, seat: int) -> dict[str, Any]:
    """Return what every act of a seat has."""
    hand = step.before
    return {
        "position": step.recorded.position,
        "game": step.recorded.originator_id,
        "at": iso(step.recorded.event.at),
        "seat": seat,
        "uid": _of(hand.uids, seat),
        "by_engine": int(_by_engine(hand, seat)),
    }


def _by_engine(hand: Hand, seat: int) -> bool:
    return hand.timed_out or bool(_of(hand.trustees, seat))


def _settlements(recorded: Recorded, settled: facts.HandSettled) -> Iterator[Row]:
    for line in settled.lines:
        row = {
            "game": recorded.originator_id,
            "seat": line.seat,
            "uid": line.uid,
            "position": recorded.position,
            "at": iso(settled.at),
            "before": line.before,
            "change": line.change,
            "after": line.after,
            "win": int(line.win),
            "exp": line.exp,
        }
        yield "settlements", row


def _of(values: Sequence[Any], seat: int) -> Any:
    return values[seat] if seat in range(len(values)) else None


def _json(cards: Iterable[int]) -> str:
    return msgspec.json.encode(list(cards)).decode()
