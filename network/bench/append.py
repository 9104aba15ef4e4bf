"""Durable append three ways: through the journal, one `Application.save` an event, raw rows.

All three write the same facts, cards played in many hands, to a new SQLite file each round.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

import uvloop
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.domain import event as aggregate_event

from parlour.events.datastore import LogDatastore
from parlour.events.event import encode, topic_of
from parlour.events.journal import Batch, Item, Journal
from parlour.events.landlord import CardsPlayed, hand_id
from parlour.events.recorder import SealedSQLiteRecorder
from parlour.events.unit import Entry, Unit
from parlour.events.writers import ThreadWriter
from parlour.network.interpreter import tuned

BATCH: Final = 512
"""Events a commit, for raw rows as for a busy journal."""
_PLAYS_A_HAND: Final = 40
_AT: Final = 1_790_000_000_000_000
_CARDS: Final = (0x13, 0x23, 0x33, 0x14)
_CARD_TYPE: Final = 7
_TURN: Final = 32
"""Units appended before the event loop turns, as when sockets are read."""

_files = count(1)


def facts_rate(folder: Path, events: int) -> float:
    """Return events/s through the journal, from making the event to having it on disk."""
    return _run(_journal_rate(folder, _units(events)))


def units_rate(folder: Path, events: int) -> float:
    """Return events/s through the journal of units made, and encoded, beforehand."""
    return _run(_journal_rate(folder, list(_units(events))))


def _run(work: Coroutine[Any, Any, float]) -> float:
    with tuned(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def _journal_rate(folder: Path, units: Iterable[Unit]) -> float:
    recorder = SealedSQLiteRecorder(LogDatastore(_new_file(folder)))
    recorder.create_table()
    writer = ThreadWriter(asyncio.get_running_loop())
    room = asyncio.Event()

    def on_commit(batch: Batch) -> None:
        room.set()

    journal = Journal(recorder, writer=writer, on_commit=on_commit, on_drop=_on_drop)
    try:
        began = time.perf_counter()
        for number, unit in enumerate(units, 1):
            journal.append(unit, number)
            if number % _TURN == 0:
                await asyncio.sleep(0)
            while not journal.accepting:
                room.clear()
                await room.wait()
        await journal.drain()
        return journal.events / (time.perf_counter() - began)
    finally:
        writer.close()
        recorder.close()


def _on_drop(items: Sequence[Item], error: Exception) -> None:
    raise error


def _facts(events: int) -> Iterator[tuple[str, int, CardsPlayed]]:
    """Yield aggregate id, version and fact: one hand after the other."""
    for number in range(events):
        hand, play = divmod(number, _PLAYS_A_HAND)
        fact = CardsPlayed(at=_AT + number, seat=play % 3, cards=_CARDS, card_type=_CARD_TYPE)
        yield hand_id(1 + hand % 1000, 1 + hand // 1000), play + 1, fact


def _units(events: int) -> Iterator[Unit]:
    for aggregate_id, version, fact in _facts(events):
        entry = Entry(aggregate_id, version, topic_of(fact), encode(fact), fact)
        yield Unit(entries=(entry,))


def rows_rate(folder: Path, events: int) -> float:
    """Return events/s of rows made beforehand, through executemany and nothing else."""
    rows = [
        (aggregate_id, version, topic_of(fact), encode(fact))
        for aggregate_id, version, fact in _facts(events)
    ]
    connection = sqlite3.connect(_new_file(folder), isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE stored_events (originator_id TEXT, originator_version INTEGER, "
        "topic TEXT, state BLOB, PRIMARY KEY (originator_id, originator_version))"
    )
    began = time.perf_counter()
    for start in range(0, events, BATCH):
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO stored_events VALUES (?,?,?,?)", rows[start : start + BATCH]
        )
        connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    connection.close()
    return events / seconds


class _Hand(Aggregate):
    """The same fact, as eventsourcing's own aggregates have it."""

    @aggregate_event("Played")
    def play(self, seat: int, cards: list[int], card_type: int) -> None:
        self.last: Any = (seat, cards, card_type)


def save_rate(folder: Path, events: int) -> float:
    """Return events/s of `Application.save`, one event each."""
    application: Application[Any] = Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(_new_file(folder)),
        }
    )
    hand = _Hand()
    began = time.perf_counter()
    for number in range(events):
        if number % _PLAYS_A_HAND == 0:
            hand = _Hand()  # its creation is an event, like a play
        else:
            hand.play(number % 3, list(_CARDS), _CARD_TYPE)
        application.save(hand)
    seconds = time.perf_counter() - began
    application.close()
    return events / seconds


def _new_file(folder: Path) -> Path:
    return folder / f"append-{next(_files)}.db"
