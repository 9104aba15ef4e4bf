"""Group commit: what is committed together, what leaves when, what is dropped with what."""

import sqlite3

import pytest

from parlour.events.errors import LogUnavailable
from parlour.events.unit import Unit

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
    assert (desk.journal.in_flight_events, desk.journal.uncommitted) == (1, 3)
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
