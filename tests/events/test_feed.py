"""A projection sees each event once, in order, whatever happens in between."""

import pytest

from parlour.events.errors import LocalProtocolError
from parlour.events.feed import Feed
from parlour.events.journal import Journal
from parlour.events.writers import InlineWriter


class Ledger:
    """Writes down each position it is shown; may be told to fail."""

    name = "ledger"
    failing = False

    def prepare(self, cursor):
        cursor.execute("CREATE TABLE IF NOT EXISTS ledger (position INTEGER, balance INTEGER)")

    def project(self, cursor, events):
        for event in events:
            cursor.execute(
                "INSERT INTO ledger VALUES (?, ?)", (event.position, event.event.balance)
            )
        if self.failing:
            raise ZeroDivisionError


@pytest.fixture
def read(recorder):
    def read():
        with recorder.datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT position FROM ledger ORDER BY rowid")
            return [row[0] for row in cursor.fetchall()]

    return read


@pytest.fixture
def writer():
    return InlineWriter()


@pytest.fixture
def failures():
    return []


@pytest.fixture
def feed(recorder, writer, failures):
    def make():
        return Feed(
            recorder,
            writer,
            on_failure=lambda name, error: failures.append((name, type(error))),
            page=3,
            retry_seconds=5.0,
        )

    return make


def test_a_new_projection_begins_at_the_first_event(recorder, unit, writer, feed, read):
    recorder.commit([unit(("a", 1, 10))])
    fed = feed()
    fed.subscribe(Ledger())
    assert fed.behind("ledger") == 10
    writer.flush()
    assert read() == list(range(1, 11))
    assert fed.behind("ledger") == 0


def test_a_projection_resumes_where_it_was_after_a_restart(recorder, unit, writer, feed, read):
    recorder.commit([unit(("a", 1, 10))])
    feed().subscribe(Ledger())
    writer.work()
    writer.work()
    recorder.commit([unit(("a", 11, 2))])
    after_crash = InlineWriter()
    fed = Feed(recorder, after_crash, on_failure=pytest.fail)
    fed.subscribe(Ledger())
    after_crash.flush()
    assert read() == list(range(1, 13))


def test_events_committed_while_it_catches_up_come_once(recorder, unit, writer, feed, read):
    recorder.commit([unit(("a", 1, 7))])
    fed = feed()
    journal = Journal(
        recorder,
        writer=writer,
        on_commit=lambda batch: fed.published(batch.seal.last_position),
        on_drop=lambda items, error: pytest.fail(str(error)),
        max_events=2,
    )
    fed.subscribe(Ledger())
    for version in range(8, 16):
        journal.append(unit(("a", version)))
        writer.work()
    writer.flush()
    journal.append(unit(("a", 16)))
    writer.flush()
    assert read() == list(range(1, 17))


def test_a_projection_that_fails_keeps_nothing_and_is_tried_again(
    recorder, unit, writer, feed, read, failures
):
    recorder.commit([unit(("a", 1, 2))])
    ledger = Ledger()
    ledger.failing = True
    fed = feed()
    fed.subscribe(ledger)
    writer.flush()
    fed.published(2)
    writer.flush()
    assert failures == [("ledger", ZeroDivisionError)]
    assert read() == []
    ledger.failing = False
    writer.advance(5.0)
    writer.flush()
    assert read() == [1, 2]


def test_a_projection_that_fails_stops_neither_the_journal_nor_another(
    recorder, unit, writer, feed, read
):
    class Broken(Ledger):
        name = "broken"

        def prepare(self, cursor):
            pass

        def project(self, cursor, events):
            raise ZeroDivisionError

    recorder.commit([unit(("a", 1))])
    fed = feed()
    fed.subscribe(Broken())
    fed.subscribe(Ledger())
    writer.flush()
    recorder.commit([unit(("a", 2))])
    fed.published(2)
    writer.flush()
    assert read() == [1, 2]


def test_two_projections_of_one_name_are_our_own_mistake(feed, writer):
    fed = feed()
    fed.subscribe(Ledger())
    with pytest.raises(LocalProtocolError):
        fed.subscribe(Ledger())
