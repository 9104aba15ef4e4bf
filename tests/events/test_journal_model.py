"""200 random lives of a journal, each compared with what must be true whatever happens.

A seeded random drives commands, loop turns, commits, disk failures, foreign writers and
crashes over a real recorder. Every held output carries what its command saw and wrote, so when
it leaves, the log itself tells whether it may.
"""

import random

import msgspec
import pytest
from eventsourcing.persistence import OperationalError, StoredEvent

from parlour.events import seals
from parlour.events.account import Posted
from parlour.events.datastore import LogDatastore
from parlour.events.errors import LogUnavailable
from parlour.events.event import decode, encode, topic_of
from parlour.events.journal import Journal
from parlour.events.recorder import SealedSQLiteRecorder
from parlour.events.repository import AggregateKind, Repository
from parlour.events.seals import Seal
from parlour.events.writers import InlineWriter

AGGREGATES = [f"account:{number}" for number in range(4)]
KEYS = ["k1", "k2", "k3"]


class Keyed(Posted, frozen=True, kw_only=True):
    """A posting that claims `reason` and releases `ref` (neither when empty)."""

    def claims(self):
        return (self.reason,) if self.reason else ()

    def releases(self):
        return (self.ref,) if self.ref else ()


class Sum(msgspec.Struct, frozen=True):
    total: int = 0


KINDS = {
    "account": AggregateKind(
        initial=lambda _: Sum(),
        evolve=lambda state, event: Sum(state.total * 31 + event.amount),
        state_type=Sum,
        snapshot_topic="sum@1",
        snapshot_every=3,
    )
}


class Weather(SealedSQLiteRecorder):
    """A recorder on a disk with moods."""

    mood = ""

    def commit(self, units):
        mood, self.mood = self.mood, "" if self.mood == "lost answer" else self.mood
        if mood == "full":
            raise OperationalError("full")
        seal = super().commit(units)
        if mood == "lost answer":
            raise OperationalError("the disk did it and did not say so")
        return seal

    def probe(self):
        if self.mood == "full":
            raise OperationalError("full")
        super().probe()


class Life:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.recorder = Weather(LogDatastore(":memory:"))
        self.recorder.create_table()
        self.serial = 0
        self.appended, self.gone, self.delivered, self.dropped = [], [], [], []
        self.begin()

    def begin(self):
        """Start (again) from what is on disk alone."""
        self.writer = InlineWriter()
        self.journal = Journal(
            self.recorder,
            writer=self.writer,
            on_commit=self.on_commit,
            on_drop=self.on_drop,
            max_events=self.random.choice([1, 3, 512]),
            max_uncommitted=20,
        )
        self.repository = Repository(
            self.recorder, KINDS, claimed=self.journal.claimed, capacity=self.random.choice([1, 9])
        )

    # --- what the journal says ------------------------------------------------------------

    def on_commit(self, batch):
        self.repository.committed(item.unit for item in batch.items)
        for item in batch.items:
            self.deliver(item.held)

    def deliver(self, held):
        serial, seen, unit = held
        for aggregate_id, (version, total) in seen.items():
            assert self.on_disk(aggregate_id, version) == total, "a state left that is not on disk"
        for entry in unit.entries:
            stored = self.recorder.history(entry.aggregate_id, entry.version)[0]
            assert stored[2] == entry.state
        self.delivered.append(serial)
        self.gone.append(serial)

    def on_drop(self, items, error):
        self.repository.dropped(item.unit for item in items)
        self.dropped += [item.held[0] for item in items]
        self.gone += [item.held[0] for item in items]
        if isinstance(error, LogUnavailable):
            assert not self.journal.accepting

    def on_disk(self, aggregate_id, version):
        state = Sum()
        for number, topic, content in self.recorder.history(aggregate_id):
            if number > version:
                break
            state = KINDS["account"].evolve(state, decode(topic, content))
        return state.total

    # --- what happens ---------------------------------------------------------------------

    def command(self):
        """Look at some aggregates, record on some, say what was seen."""
        chosen = self.random.sample(AGGREGATES, self.random.randint(1, 3))
        self.serial += 1
        self.repository.begin()
        for aggregate_id in chosen:
            self.repository.get(aggregate_id)
            if self.random.random() < 0.6:
                for _ in range(self.random.randint(1, 2)):
                    self.repository.record(aggregate_id, self.event(**self.keys()))
        regret = self.random.random() < 0.1
        unit = self.repository.rollback() if regret else self.repository.take()
        seen = {
            aggregate_id: (
                self.repository.version(aggregate_id),
                self.repository.get(aggregate_id).total,
            )
            for aggregate_id in chosen
        }
        held = (self.serial, seen, unit)
        self.appended.append(self.serial)
        if not self.journal.append(unit, held, origin=self.serial):
            assert self.journal.idle
            self.deliver(held)

    def keys(self):
        key = self.random.choice(KEYS)
        if self.random.random() < 0.7:
            return {}
        return {"reason": key} if self.repository.claimed(key) is None else {"ref": key}

    def event(self, *, reason="", ref=""):
        amount = self.random.randint(1, 10**6)
        return Keyed(at=0, currency="money", amount=amount, balance=0, reason=reason, ref=ref)

    def foreign_writer(self):
        """Somebody else records the next version of an aggregate, or takes a key."""
        aggregate_id = self.random.choice(AGGREGATES)
        version = len(self.recorder.history(aggregate_id)) + 1
        event = Posted(at=0, currency="money", amount=7, balance=0, reason="", ref="")
        stored = StoredEvent(aggregate_id, version, topic_of(event), encode(event))
        self.recorder.insert_events([stored])
        # Its own process would not share our memory: what we hold is now behind the disk.
        if self.random.random() < 0.3:
            with self.recorder.datastore.transaction(commit=True) as cursor:
                key = self.random.choice(KEYS)
                cursor.execute("INSERT OR IGNORE INTO claims VALUES (?, 'x', 1)", (key,))

    def crash(self):
        undecided = [serial for serial in self.appended if serial not in self.gone]
        self.gone += undecided
        self.begin()

    def step(self):
        actions = {
            self.command: 12,
            self.writer.turn: 6,
            self.writer.work: 5,
            self.writer.flush: 1,
            lambda: self.writer.advance(0.4): 2,
            lambda: self.set_mood("full"): 0.5,
            lambda: self.set_mood("lost answer"): 0.3,
            lambda: self.set_mood(""): 1.5,
            self.foreign_writer: 0.7,
            self.crash: 0.3,
        }
        self.random.choices(list(actions), actions.values())[0]()

    def set_mood(self, mood):
        self.recorder.mood = mood

    def settle(self):
        self.set_mood("")
        for _ in range(3):
            self.writer.flush()
            self.writer.advance(1.0)
        self.writer.flush()


@pytest.fixture(autouse=True, scope="module")
def keyed_postings_are_stored_as_postings():
    from parlour.events import event

    event._TOPIC_OF[Keyed] = event._TOPIC_OF[Posted]
    yield
    del event._TOPIC_OF[Keyed]


@pytest.mark.parametrize("seed", range(200))
def test_whatever_happens_only_what_is_on_disk_leaves_and_the_log_stays_whole(seed):
    life = Life(seed)
    for _ in range(120):
        life.step()
    life.settle()

    # Every output left or was dropped (or died in a crash), once; those that left, in order.
    assert sorted(life.gone) == life.appended
    assert life.delivered == sorted(life.delivered)
    assert life.journal.idle
    assert life.journal.accepting
    assert life.journal.uncommitted == 0
    assert life.journal._keys == {}

    # The log is whole: no gap, every seal fits.
    rows = [
        (n.id, n.originator_id, n.originator_version, n.topic, n.state)
        for n in life.recorder.select_notifications(1, 10_000)
    ]
    sealed = [
        life.recorder.seal(n)
        for n in range(1, (life.recorder.last_seal() or Seal(0, 0, 0, b"")).number + 1)
    ]
    assert [one.findings for one in seals.check(rows, sealed)] == [[]] * len(sealed)
    for aggregate_id in AGGREGATES:
        versions = [version for version, _, _ in life.recorder.history(aggregate_id)]
        assert versions == list(range(1, len(versions) + 1))

    # What is in memory is what the disk says, once a conflict told us of foreign events.
    life.repository.clear()
    for aggregate_id in AGGREGATES:
        version = life.repository.version(aggregate_id)
        assert life.repository.get(aggregate_id).total == life.on_disk(aggregate_id, version)
    life.command()
    life.settle()
    assert life.delivered[-1] == life.serial
    life.recorder.close()
