"""Group commit: what is committed together, what leaves when, what is dropped with what."""

import sqlite3

import pytest
from eventsourcing.persistence import OperationalError

from parlour.events.errors import AlreadyClaimed, LogUnavailable, VersionConflict
from parlour.events.journal import Journal
from parlour.events.recorder import SealedSQLiteRecorder
from parlour.events.unit import Unit
from parlour.events.writers import InlineWriter


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


@pytest.fixture
def desk(store, unit):
    def make(**options):
        desk = Desk(store(FullDisk), **options)
        desk.unit = unit
        return desk

    return make


# --- batches ------------------------------------------------------------------------------


def test_what_is_appended_in_one_loop_iteration_is_one_commit(desk):
    desk = desk()
    for name in "abc":
        assert desk.append((name, 1), held=name)
    assert desk.left == []
    desk.writer.flush()
    assert desk.left == ["a", "b", "c"]
    assert desk.sizes == [3]
    assert desk.batches[0].seal.last_position == 3
    assert (desk.journal.batches, desk.journal.events, desk.journal.uncommitted) == (1, 3, 0)


def test_what_comes_during_a_commit_is_the_next_commit(desk):
    desk = desk()
    desk.append(("a", 1))
    desk.writer.turn()
    desk.append(("b", 1))
    desk.writer.turn()
    desk.append(("c", 1))
    assert (desk.journal.in_flight_events, desk.journal.open_events) == (1, 2)
    desk.writer.work()
    assert desk.sizes == [1]
    desk.writer.flush()
    assert desk.sizes == [1, 2]


def test_a_batch_never_exceeds_its_size_except_for_a_unit_that_does_alone(desk):
    desk = desk(max_events=4)
    for name, count in (("a", 2), ("b", 1), ("c", 2), ("d", 9), ("e", 1)):
        desk.append((name, 1, count), held=name)
    desk.writer.flush()
    assert desk.sizes == [3, 2, 9, 1]
    assert desk.left == ["a", "b", "c", "d", "e"]


def test_a_full_batch_is_committed_before_the_loop_iteration_ends(desk):
    desk = desk(max_events=2)
    desk.append(("a", 1, 2))
    assert desk.writer.work()
    assert desk.sizes == [2]


def test_a_batch_waits_no_longer_than_the_delay_in_a_long_iteration(desk):
    desk = desk(max_delay=0.002)
    desk.append(("a", 1))
    assert not desk.writer.work()
    desk.writer.advance(0.003)
    desk.append(("b", 1))
    assert desk.writer.work()
    assert desk.sizes == [2]


def test_backpressure_begins_at_the_limit_and_ends_at_half_of_it(desk):
    desk = desk(max_events=2, max_uncommitted=4)
    for version in range(1, 4):
        desk.append(("a", version))
    assert desk.journal.accepting
    desk.append(("a", 4))
    desk.append(("a", 5))
    assert not desk.journal.accepting
    desk.writer.turn()
    desk.writer.work()
    assert not desk.journal.accepting
    desk.writer.work()
    assert desk.journal.accepting
    desk.writer.flush()
    assert len(desk.recorder.history("a")) == 5
    assert desk.accepting == []


# --- held outputs -------------------------------------------------------------------------


def test_nothing_leaves_before_the_commit_of_everything_before_it(desk):
    desk = desk()
    desk.append(("a", 1), held="first")
    desk.writer.turn()
    desk.append(held="an answer during the commit")
    desk.append(("b", 1), held="second")
    desk.append(held="an answer after it")
    desk.writer.work()
    assert desk.left == ["first", "an answer during the commit"]
    desk.writer.flush()
    assert desk.left[2:] == ["second", "an answer after it"]


def test_an_answer_waits_for_nothing_when_nothing_is_uncommitted(desk):
    desk = desk()
    assert desk.journal.idle
    assert not desk.append(held="x")
    assert not desk.journal.hold("x")
    desk.append(("a", 1))
    assert not desk.journal.idle
    assert desk.journal.hold("y")
    assert desk.journal.held == 2
    desk.writer.flush()
    assert desk.journal.idle
    assert desk.left == [None, "y"]


def test_an_answer_waits_for_the_newest_of_several_batches(desk):
    desk = desk(max_events=1)
    for name in "abc":
        desk.append((name, 1), held=name)
    desk.writer.turn()
    assert desk.append(held="answer")
    for _ in range(2):
        desk.writer.work()
    assert desk.left == ["a", "b"]
    desk.writer.work()
    assert desk.left == ["a", "b", "c", "answer"]


def test_the_next_commit_is_on_its_way_when_outputs_leave(desk):
    desk = desk(max_events=1)
    underway = []
    desk.journal._on_commit = lambda batch: underway.append(desk.journal._flight is not None)
    desk.append(("a", 1))
    desk.append(("b", 1))
    desk.writer.flush()
    assert underway == [True, False]


# --- refused units ------------------------------------------------------------------------


def test_a_version_conflict_drops_the_unit_and_what_stands_on_it_alone(desk, store):
    desk = desk()
    desk.append(("a", 1), held="a1")
    desk.writer.flush()
    other = store()
    other.commit([desk.unit(("a", 2))])
    desk.append(("b", 1), held="b1")
    desk.append(("a", 2), held="a2")
    desk.append(("c", 1), held="c1")
    desk.append(("a", 3), ("b", 2), held="a3 b2")
    desk.append(("b", 3), held="b3")
    desk.append(("c", 2), held="c2")
    desk.writer.flush()
    assert desk.left == ["a1", "b1", "c1", "c2"]
    assert desk.dropped == ["a2", "a3 b2", "b3"]
    (items, error) = desk.drops[0]
    assert isinstance(error, VersionConflict)
    assert [item.origin for item in items] == ["from a2", "from a3 b2", "from b3"]
    assert desk.journal.drops == {"version_conflict": 3}
    assert desk.journal.accepting
    assert (desk.journal.uncommitted, desk.journal.idle) == (0, True)


def test_a_conflict_reaches_closed_and_open_batches(desk, store):
    desk = desk(max_events=1)
    store().commit([desk.unit(("a", 1))])
    desk.append(("a", 1), held="in flight")
    desk.writer.turn()
    desk.append(("b", 1), held="closed")
    desk.append(("a", 2), held="closed, on it")
    desk.append(("a", 3), held="open, on it")
    desk.writer.flush()
    assert desk.dropped == ["in flight", "closed, on it", "open, on it"]
    assert desk.left == ["closed"]
    assert desk.sizes == [1]


def test_a_unit_that_only_read_a_dropped_state_is_dropped_too(desk, store):
    desk = desk()
    store().commit([desk.unit(("a", 1))])
    desk.append(("b", 1), reads=["a"], held="read it before")
    desk.append(("a", 1), held="refused")
    desk.append(("c", 1), reads=["a"], held="read it after")
    desk.append(reads=["a"], held="answered from it")
    desk.append(reads=["b"], held="answered from another")
    desk.writer.flush()
    assert desk.left == ["read it before", "answered from another"]
    assert desk.dropped == ["refused", "read it after", "answered from it"]
    assert desk.journal.drops["version_conflict"] == 2


def test_answers_behind_a_batch_of_refused_units_still_leave(desk, store):
    desk = desk()
    store().commit([desk.unit(("a", 1))])
    desk.append(("a", 1), held="refused")
    desk.append(held="answer")
    desk.journal.hold("notice")
    desk.writer.flush()
    assert desk.left == ["answer", "notice"]
    assert desk.batches[0].seal is None
    assert desk.journal.idle


def test_what_is_said_about_a_drop_leaves_behind_older_answers(desk, store):
    desk = desk()
    store().commit([desk.unit(("a", 1))])
    held = []
    desk.journal._on_drop = lambda items, error: held.append(desk.journal.hold("sorry"))
    desk.append(("a", 1))
    desk.append(held="answer")
    desk.writer.flush()
    assert held == [True]
    assert desk.left == ["answer", "sorry"]


def test_a_claim_taken_by_another_writer_drops_the_unit_alone(desk, store):
    desk = desk()
    store().commit([desk.unit(("x", 1), claims=[("k", "x")])])
    desk.append(("a", 1), claims=[("k", "a")], held="a")
    desk.append(("b", 1), held="b")
    desk.writer.flush()
    assert desk.left == ["b"]
    assert isinstance(desk.drops[0][1], AlreadyClaimed)
    assert desk.journal.drops == {"already_claimed": 1}
    assert desk.journal.claimed("k") == "x"


def test_several_refusals_are_told_each_with_its_reason(desk, store):
    desk = desk()
    store().commit([desk.unit(("x", 1), ("a", 1), claims=[("k", "x")])])
    desk.append(("a", 1), held="conflict")
    desk.append(("b", 1), claims=[("k", "b")], held="claimed")
    desk.append(("b", 2), ("a", 2), held="on both")
    desk.writer.flush()
    assert [type(error) for _, error in desk.drops] == [VersionConflict, AlreadyClaimed]
    assert desk.dropped == ["conflict", "on both", "claimed"]


# --- pending keys -------------------------------------------------------------------------


def test_an_uncommitted_claim_counts(desk):
    desk = desk()
    desk.append(("a", 1), claims=[("k", "a")])
    assert desk.journal.claimed("k") == "a"
    desk.append(("a", 2), releases=["k"])
    assert desk.journal.claimed("k") is None
    desk.append(("b", 1), claims=[("k", "b")])
    assert desk.journal.claimed("k") == "b"
    desk.writer.flush()
    assert desk.journal.claimed("k") == "b"
    assert desk.journal._keys == {}


def test_a_dropped_claim_does_not_count(desk, store):
    desk = desk()
    desk.append(("x", 1), claims=[("k", "x")])
    desk.writer.flush()
    store().commit([desk.unit(("a", 1))])
    desk.append(("a", 1), releases=["k"], claims=[("k", "a")])
    assert desk.journal.claimed("k") == "a"
    desk.writer.flush()
    assert desk.journal.claimed("k") == "x"


# --- a disk that takes nothing ------------------------------------------------------------


def test_a_failed_commit_drops_everything_uncommitted(desk):
    desk = desk(max_events=1)
    desk.append(("a", 1), held="in flight")
    desk.writer.turn()
    desk.append(("b", 1), held="closed")
    desk.append(("c", 1), held="open")
    desk.append(held="answer")
    desk.recorder.full = True
    desk.writer.flush()
    assert desk.left == []
    assert desk.dropped == ["in flight", "closed", "open", "answer"]
    assert isinstance(desk.drops[0][1], LogUnavailable)
    assert "disk is full" in str(desk.drops[0][1])
    assert desk.journal.drops == {"unavailable": 3}
    assert desk.accepting == [False]
    assert not desk.journal.accepting
    assert desk.journal.idle


def test_a_probe_each_second_tells_when_the_disk_takes_events_again(desk):
    desk = desk()
    desk.recorder.full = True
    desk.append(("a", 1))
    desk.writer.flush()
    for _ in range(3):
        desk.writer.advance(1.0)
        desk.writer.flush()
        assert not desk.journal.accepting
    desk.recorder.full = False
    desk.writer.advance(0.5)
    desk.writer.flush()
    assert not desk.journal.accepting
    desk.writer.advance(0.5)
    desk.writer.flush()
    assert desk.accepting == [False, True]
    desk.append(("a", 1), held="again")
    desk.writer.flush()
    assert desk.left == ["again"]


def test_what_is_recorded_during_the_failure_is_dropped_at_the_end_of_the_iteration(desk):
    desk = desk()
    desk.recorder.full = True
    desk.append(("a", 1), held="first")
    desk.writer.flush()
    desk.append(("b", 1), held="second")
    desk.append(held="answered from it")
    assert desk.dropped == ["first"]
    desk.writer.turn()
    assert desk.dropped == ["first", "second", "answered from it"]
    assert not desk.append(held="answered from the disk")


def test_nothing_recorded_during_the_failure_survives_the_recovery(desk):
    desk = desk()
    desk.recorder.full = True
    desk.append(("a", 1), held="first")
    desk.writer.flush()
    desk.recorder.full = False
    desk.writer.advance(1.0)
    desk.append(("b", 1), held="second")
    desk.writer.work()
    assert desk.journal.accepting
    assert desk.dropped == ["first", "second"]
    desk.writer.flush()
    assert desk.left == []
    assert desk.recorder.history("b") == []


def test_a_real_lock_of_another_process_is_a_failure_that_passes(desk, tmp_path):
    desk = desk()
    holder = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    desk.append(("a", 1))
    desk.writer.flush()
    assert not desk.journal.accepting
    holder.execute("ROLLBACK")
    holder.close()
    desk.writer.advance(1.0)
    desk.writer.flush()
    assert desk.journal.accepting


# --- draining -----------------------------------------------------------------------------


def test_when_idle_calls_back_after_the_outputs_left(desk):
    desk = desk()
    said = []
    desk.journal.when_idle(lambda: said.append("idle at once"))
    desk.append(("a", 1))
    desk.journal.when_idle(lambda: said.append(len(desk.batches)))
    assert said == ["idle at once"]
    desk.writer.flush()
    assert said == ["idle at once", 1]


def test_drain_ends_also_when_everything_was_dropped(desk):
    desk = desk()
    desk.recorder.full = True
    desk.append(("a", 1))
    said = []
    desk.journal.when_idle(lambda: said.append(len(desk.drops)))
    desk.writer.flush()
    assert said == [1]


def test_an_output_callback_that_raises_leaves_the_journal_working(desk):
    desk = desk()

    def raise_once(batch):
        desk.journal._on_commit = desk.batches.append
        raise ZeroDivisionError

    desk.journal._on_commit = raise_once
    desk.append(("a", 1))
    with pytest.raises(ZeroDivisionError):
        desk.writer.flush()
    desk.append(("a", 2), held="next")
    desk.writer.flush()
    assert desk.left == ["next"]


def test_an_empty_unit_is_no_commit(desk):
    desk = desk()
    assert not desk.journal.append(Unit())
    desk.writer.flush()
    assert desk.journal.batches == 0
