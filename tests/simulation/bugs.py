"""Bugs put in on purpose: each must be found by a seed, or the simulation proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from msgspec.structs import replace

from parlour.actors.beehive.user import BeehiveUser
from parlour.actors.context import Context
from parlour.events.account import Posted
from parlour.events.journal import Journal
from parlour.events.landlord import HandSettled
from parlour.events.messages import landlord as wire
from parlour.events.recorder import SealedSQLiteRecorder
from parlour.events.repository import Repository


@contextmanager
def drop_the_hold() -> Iterator[None]:
    """What actors say leaves at once, one time in ten."""
    append, count = Journal.append, [0]

    def hasty(self: Any, unit: Any, held: Any = None, *, origin: Any = None) -> bool:
        count[0] += bool(held)
        if not held or count[0] % 10:
            return append(self, unit, held, origin=origin)
        append(self, unit, (), origin=origin)
        return False  # nothing is to wait for

    with mock.patch.object(Journal, "append", hasty):
        yield


@contextmanager
def commit_behind_the_back() -> Iterator[None]:
    """The journal takes commits that failed for ones that are on disk."""
    done = Journal._done

    def trusting(self: Any, result: Any, error: Any) -> None:
        if error is not None:
            result, error = (None, 0.0), None
        done(self, result, error)

    with mock.patch.object(Journal, "_done", trusting):
        yield


@contextmanager
def pay_twice() -> Iterator[None]:
    """Who wins a hand is paid again, by the house."""
    record = Repository.record

    def generous(self: Any, aggregate_id: str, *events: Any) -> Any:
        state = record(self, aggregate_id, *events)
        for event in events:
            if isinstance(event, Posted) and event.reason == "settlement" and event.amount > 0:
                again = replace(event, balance=event.balance + event.amount)
                house = self.get("account:0").money - event.amount
                state = record(self, aggregate_id, again)
                record(self, "account:0", replace(event, amount=-event.amount, balance=house))
        return state

    with mock.patch.object(Repository, "record", generous):
        yield


@contextmanager
def make_money() -> Iterator[None]:
    """A settlement gives one coin more than it takes."""
    record = Repository.record

    def inexact(self: Any, aggregate_id: str, *events: Any) -> Any:
        changed = [
            replace(event, amount=event.amount + 1, balance=event.balance + 1)
            if isinstance(event, Posted) and event.reason == "settlement"
            else event
            for event in events
        ]
        return record(self, aggregate_id, *changed)

    with mock.patch.object(Repository, "record", inexact):
        yield


@contextmanager
def settle_again() -> Iterator[None]:
    """A hand's settlement claims nothing, and the rules forget that it was settled."""
    record = Repository.record

    def forgetful(self: Any, aggregate_id: str, *events: Any) -> Any:
        state = record(self, aggregate_id, *events)
        if events and isinstance(events[-1], HandSettled):
            state = record(self, aggregate_id, events[-1])
        return state

    with (
        mock.patch.object(Repository, "record", forgetful),
        mock.patch.object(HandSettled, "claims", return_value=()),
    ):
        yield


@contextmanager
def leak_a_card() -> Iterator[None]:
    """One card of a player's hand is told to all as played, when he passes."""
    say, told = Context.say, {}

    def careless(self: Any, output: Any) -> None:
        message = getattr(output, "message", None)
        if isinstance(message, wire.GameStart):
            told[id(self)] = message.private
        elif isinstance(message, wire.PlayInfo) and not message.cards and id(self) in told:
            output = replace(output, message=replace(message, cards=told[id(self)][:1]))
        say(self, output)

    with mock.patch.object(Context, "say", careless):
        yield


@contextmanager
def tell_the_hand() -> Iterator[None]:
    """Who comes back is shown the cards of the seat beside his own."""
    from parlour.events.rules.landlord import notices

    snapshot = notices.snapshot

    def confused(table: Any, hand: Any, seat: int, *more: Any, **others: Any) -> Any:
        told = snapshot(table, hand, seat, *more, **others)
        other = snapshot(table, hand, (seat + 1) % 3, *more, **others)
        return replace(told, cards=other.cards)

    with mock.patch.object(notices, "snapshot", confused):
        yield


@contextmanager
def forget_a_seal() -> Iterator[None]:
    """Every fiftieth commit is not sealed."""
    insert, count = SealedSQLiteRecorder._insert_sealed, [0]

    def lazy(self: Any, c: Any, *rows: Any) -> Any:
        seal = insert(self, c, *rows)
        count[0] += 1
        if count[0] % 50 == 0:
            c.execute("DELETE FROM seals WHERE number=?", (seal.number,))
        return seal

    with mock.patch.object(SealedSQLiteRecorder, "_insert_sealed", lazy):
        yield


@contextmanager
def do_a_resend_twice() -> Iterator[None]:
    """A number that was used already is taken for a new one."""
    from parlour.events.rules.beehive import device

    with mock.patch.object(device, "judge", return_value="new"):
        yield


@contextmanager
def lose_an_ack() -> Iterator[None]:
    """A private message is acknowledged and not kept, one time in twenty."""
    accept, count = BeehiveUser._accept, [0]

    def lossy(self: Any, routed: Any, sent: Any) -> None:
        count[0] += 1
        if count[0] % 20:
            accept(self, routed, sent)
        else:
            from parlour.actors.beehive.answering import answer

            answer(self.context, routed)

    with mock.patch.object(BeehiveUser, "_accept", lossy):
        yield


BUGS: dict[str, Callable[[], Any]] = {
    bug.__name__: bug
    for bug in (
        drop_the_hold,
        commit_behind_the_back,
        pay_twice,
        make_money,
        settle_again,
        leak_a_card,
        tell_the_hand,
        forget_a_seal,
        do_a_resend_twice,
        lose_an_ack,
    )
}
