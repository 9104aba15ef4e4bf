"""What is SQLite's own in how a log is recorded: statements, locks, the file.

What every recorder keeps to is in test_recorder.py.
"""

import contextlib
import sqlite3

import pytest
from eventsourcing.persistence import OperationalError
from recorder_contents import contents, refusals

from parlour.events import seals
from parlour.events.errors import VersionConflict
from parlour.events.reader import LogReader
from parlour.events.schema import acting

# --- a commit is one transaction ----------------------------------------------------------


@pytest.mark.parametrize("events", [1, 512])
def test_events_and_their_seal_are_one_statement_that_is_a_transaction(recorder, unit, events):
    recorder.commit([unit(("account:1", 1))])
    said = []
    writer = recorder.datastore._writing_connection()._sqlite_conn
    writer.set_trace_callback(said.append)
    recorder.commit([unit(("account:2", 1, events))])
    # Within the statement SQLite tells what its triggers do: the same text, and comments.
    assert len({one for one in said if not one.startswith("--")}) == 1
    assert said[0].startswith("INSERT OR ABORT INTO incoming ")
    assert not writer.in_transaction


@pytest.mark.parametrize(
    "more",
    [
        {"claims": [("k", "account:2")]},
        {"releases": ["old"]},
        {"snapshots": [("account:2", 1, "account.state@1", b"{}")]},
        {"events": 513},
    ],
    ids="-".join,
)
def test_what_is_more_than_one_statement_is_one_transaction_too(recorder, unit, more):
    recorder.commit([unit(("account:1", 1), claims=[("old", "account:1")])])
    before = (contents(recorder), recorder.last_seal(), recorder.claimed("old"))
    writer = recorder.datastore._writing_connection()._sqlite_conn
    writer.create_function("fail_at_the_seal", 0, lambda: 1 // (not writer.in_transaction))
    writer.execute(
        "CREATE TEMP TRIGGER fails INSTEAD OF INSERT ON incoming WHEN NEW.is_seal "
        "BEGIN SELECT fail_at_the_seal(); END"
    )
    events = more.pop("events", 1)
    with pytest.raises(OperationalError, match="exception"):
        recorder.commit([unit(("account:2", 1, events), **more)])
    assert (contents(recorder), recorder.last_seal(), recorder.claimed("old")) == before
    writer.execute("DROP TRIGGER fails")
    assert recorder.commit([unit(("account:2", 1, events), **more)]).number == 2


def test_a_table_that_keeps_what_came_before_a_conflict_keeps_nothing(store, unit, tamper):
    columns = "originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB"
    store().close()
    tamper(
        ("DROP TABLE stored_events",),
        (
            f"CREATE TABLE stored_events ({columns}, "
            "PRIMARY KEY (originator_id, originator_version) ON CONFLICT FAIL)",
        ),
    )
    recorder = store()
    recorder.commit([unit(("b", 1))])
    assert refusals(recorder, unit(("a", 1)), unit(("b", 1))) == {1: VersionConflict}
    assert len(contents(recorder)) == 1


def test_what_a_commit_is_inserted_into_is_not_in_the_file(recorder, unit):
    recorder.commit([unit(("account:1", 1))])
    assert acting(recorder.schema()) is None


# --- the file -----------------------------------------------------------------------------


def test_two_writers_on_one_file_make_one_chain(store, unit, tmp_path):
    ours, theirs = store(), store()
    for version in range(1, 4):
        ours.commit([unit(("a", version))])
        theirs.commit([unit(("b", version))])
    with LogReader(tmp_path) as reader:
        assert list(seals.verify_chain(reader)) == []
        assert [row.position for row in reader.rows()] == [1, 2, 3, 4, 5, 6]


def test_a_foreign_version_is_met_as_a_conflict_and_the_rest_can_be_committed(store, unit):
    ours, theirs = store(), store()
    ours.commit([unit(("a", 1))])
    theirs.commit([unit(("a", 2))])
    units = [unit(("b", 1)), unit(("a", 2))]
    assert refusals(ours, *units) == {1: VersionConflict}
    assert ours.commit(units[:1]).number == 3


def test_rows_added_behind_our_back_keep_their_positions(recorder, unit, tamper, tmp_path):
    recorder.commit([unit(("a", 1))])
    tamper(("INSERT INTO stored_events VALUES ('x', 1, 'account.enabled@1', x'7b7d')",))
    seal = recorder.commit([unit(("a", 2))])
    assert (seal.first_position, seal.last_position) == (3, 3)
    with LogReader(tmp_path) as reader:
        assert [finding.position for finding in seals.verify_chain(reader)] == [2]


def test_a_locked_file_refuses_the_commit_and_takes_it_when_it_is_free(recorder, unit, tmp_path):
    holder = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    with contextlib.closing(holder):
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            recorder.commit([unit(("a", 1))])
        with pytest.raises(OperationalError, match="locked"):
            recorder.probe()
        holder.execute("ROLLBACK")
    recorder.probe()
    assert recorder.commit([unit(("a", 1))]).number == 1


def test_writing_uses_a_wal_and_full_sync(recorder):
    with recorder.datastore.transaction(commit=True) as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone()[0] == "wal"
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone()[0] == 2


def test_a_closed_log_takes_nothing(recorder, unit):
    recorder.close()
    recorder.close()
    with pytest.raises(OperationalError, match="closed"):
        recorder.commit([unit(("a", 1))])


def test_positions_survive_vacuum(recorder, unit, tamper, tmp_path):
    for version in range(1, 50):
        recorder.commit([unit(("a", version)), unit(("b", version))])
    recorder.close()
    tamper(("VACUUM",))
    with LogReader(tmp_path) as reader:
        assert list(seals.verify_chain(reader)) == []


# --- somebody wrote the file ----------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        "topic=CAST(x'ff41' AS TEXT)",
        "topic=NULL",
        "originator_version='x'",
        "state=NULL",
        "state='{}'",
    ],
)
def test_a_snapshot_that_cannot_be_read_is_none(recorder, unit, tamper, spoil):
    recorder.commit([unit(("account:1", 1), snapshots=[("account:1", 1, "s@1", b"{}")])])
    assert recorder.snapshot("account:1") == ("account:1", 1, "s@1", b"{}")
    tamper((f"UPDATE snapshots SET {spoil}",))
    snapshot = recorder.snapshot("account:1")
    assert snapshot is None or snapshot.topic != "s@1"


def test_columns_that_somebody_added_do_not_matter(recorder, unit, tamper):
    recorder.commit([unit(("account:1", 1), claims=[("k", "account:1")])])
    for table in ("stored_events", "seals", "claims", "snapshots", "probe"):
        tamper((f"ALTER TABLE {table} ADD COLUMN z",))
    recorder.commit(
        [
            unit(
                ("account:1", 2),
                claims=[("l", "account:1")],
                snapshots=[("account:1", 2, "s@1", b"{}")],
            )
        ]
    )
    recorder.probe()
    assert recorder.last_seal() == recorder.seal(2)
    assert recorder.snapshot("account:1").version == 2
    assert recorder.claimed("l") == "account:1"
