"""Logs to write and units to write into them."""

import contextlib
import sqlite3
import sys
from pathlib import Path

import pytest
from eventsourcing.persistence import OperationalError

from parlour.events.account import Posted
from parlour.events.datastore import LogDatastore
from parlour.events.event import encode, topic_of
from parlour.events.journal import Journal
from parlour.events.recorder import SealedSQLiteRecorder
from parlour.events.unit import Claim, Entry, Snapshot, Unit
from parlour.events.writers import InlineWriter

# Tests are imported by path (importlib mode); what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

AT = 1_790_000_000_000_000


def posted(balance=0, ref=""):
    return Posted(at=AT, currency="money", amount=1, balance=balance, reason="grant", ref=ref)


def entries_of(aggregate_id, first, count=1, *, ref=""):
    for version in range(first, first + count):
        event = posted(version, ref)
        yield Entry(aggregate_id, version, topic_of(event), encode(event), event)


def unit_of(*runs, claims=(), releases=(), snapshots=(), reads=()):
    """A unit with (aggregate id, first version[, how many]) runs; claims as (key, owner)."""
    entries = tuple(entry for run in runs for entry in entries_of(*run))
    return Unit(
        entries,
        tuple(Claim(key, owner, 0) for key, owner in claims),
        tuple(releases),
        tuple(Snapshot(*snapshot) for snapshot in snapshots),
        frozenset(reads) | {entry.aggregate_id for entry in entries},
    )


class FullDisk(SealedSQLiteRecorder):
    """A recorder whose disk can be full."""

    full = False

    def commit(self, units):
        self._check()
        return super().commit(units)

    def probe(self):
        self._check()
        super().probe()

    def _check(self):
        if self.full:
            raise OperationalError("database or disk is full")


class Desk:
    """A journal with everything it said."""

    def __init__(self, recorder, **options):
        self.recorder = recorder
        self.writer = InlineWriter()
        self.batches = []
        self.drops = []
        self.accepting = []
        self.journal = Journal(
            recorder,
            writer=self.writer,
            on_commit=self.batches.append,
            on_drop=lambda items, error: self.drops.append((items, error)),
            on_accepting=self.accepting.append,
            **options,
        )

    def append(self, *runs, held=None, **parts):
        return self.journal.append(self.unit(*runs, **parts), held, origin=f"from {held}")

    @property
    def left(self):
        return [item.held for batch in self.batches for item in batch.items]

    @property
    def dropped(self):
        return [item.held for items, _ in self.drops for item in items]

    @property
    def sizes(self):
        return [sum(len(item.unit.entries) for item in batch.items) for batch in self.batches]


@pytest.fixture(scope="session")
def post():
    return posted


@pytest.fixture(scope="session")
def unit():
    return unit_of


@pytest.fixture
def store(tmp_path):
    """Opens recorders on one file; all are closed at the end."""
    with contextlib.ExitStack() as stack:

        def open_recorder(cls=SealedSQLiteRecorder, name="log.db", **options):
            datastore = LogDatastore(tmp_path / name, busy_seconds=0.05)
            recorder = cls(datastore, **options)
            recorder.create_table()
            stack.callback(recorder.close)
            return recorder

        yield open_recorder


@pytest.fixture
def recorder(store):
    return store()


@pytest.fixture
def desk(store, unit):
    def make(**options):
        desk = Desk(store(FullDisk), **options)
        desk.unit = unit
        return desk

    return make


@pytest.fixture
def tamper(tmp_path):
    """Runs statements on the file behind the log's back."""

    def run(*statements, name="log.db"):
        connection = sqlite3.connect(tmp_path / name, isolation_level=None)
        with contextlib.closing(connection):
            for statement, *parameters in statements:
                connection.execute(statement, *parameters)

    return run
