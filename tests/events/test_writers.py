"""The thread that commits beside the loop."""

import asyncio
import threading

import pytest

from parlour.events.journal import Journal
from parlour.events.writers import InlineWriter, ThreadWriter


@pytest.fixture
async def writer():
    writer = ThreadWriter(asyncio.get_running_loop())
    yield writer
    writer.close()


async def test_jobs_run_in_order_in_one_thread_and_results_come_back_on_the_loop(writer):
    results = []
    done = asyncio.Event()

    def take(result, error):
        results.append((result, error, threading.current_thread() is threading.main_thread()))
        if len(results) == 10:
            done.set()

    jobs = []

    def job(number):
        jobs.append((number, threading.current_thread().name))
        return number

    for number in range(10):
        writer.submit(lambda number=number: job(number), take)
    await done.wait()
    assert jobs == [(number, "journal") for number in range(10)]
    assert results == [(number, None, True) for number in range(10)]


async def test_an_exception_is_handed_back(writer):
    outcome = asyncio.get_running_loop().create_future()
    writer.submit(lambda: 1 // 0, lambda result, error: outcome.set_result((result, error)))
    result, error = await outcome
    assert result is None
    assert isinstance(error, ZeroDivisionError)


async def test_closing_waits_for_the_jobs_there_are():
    writer = ThreadWriter(asyncio.get_running_loop())
    started, ran = threading.Event(), []
    writer.submit(lambda: (started.set(), ran.append(1)), lambda result, error: None)
    writer.submit(lambda: ran.append(2), lambda result, error: None)
    writer.close()
    assert ran == [1, 2]


def test_results_for_a_closed_loop_are_nobodys():
    loop = asyncio.new_event_loop()
    writer = ThreadWriter(loop)
    gate = threading.Event()
    writer.submit(gate.wait, lambda result, error: None)
    loop.close()
    gate.set()
    writer.close()


async def test_a_journal_commits_through_the_thread_and_drains(writer, recorder, unit):
    left = []
    journal = Journal(
        recorder,
        writer=writer,
        on_commit=lambda batch: left.extend(item.held for item in batch.items),
        on_drop=lambda items, error: pytest.fail(str(error)),
    )
    for version in range(1, 2001):
        journal.append(unit(("a", version)), version)
        if version % 100 == 0:
            await asyncio.sleep(0)
    await journal.drain()
    assert left == list(range(1, 2001))
    assert recorder.last_position() == 2000
    await journal.drain()


def test_the_inline_writer_keeps_the_order_of_timers():
    writer = InlineWriter()
    rung = []
    for name, seconds in (("c", 2.0), ("a", 1.0), ("b", 1.0)):
        writer.later(seconds, lambda name=name: rung.append(name))
    writer.advance(1.0)
    assert rung == ["a", "b"]
    writer.advance(1.0)
    assert rung == ["a", "b", "c"]
    assert not writer.work()
