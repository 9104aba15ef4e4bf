"""What was committed moves from the -wal file into the log beside the commits."""

import sqlite3
import threading
import time

import pytest

from parlour.events import checkpoints
from parlour.events.checkpoints import Checkpointer


@pytest.fixture
def writer(tmp_path):
    connection = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("CREATE TABLE t (x)")
    yield connection
    connection.close()


@pytest.fixture
def make_checkpointer(tmp_path):
    made = []

    def make(**settings):
        made.append(Checkpointer(str(tmp_path / "log.db"), **settings))
        return made[-1]

    yield make
    for checkpointer in made:
        checkpointer.close()


def in_main_file(path):
    """Return the rows that lie in the log itself, as somebody without the -wal file sees them."""
    with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as connection:
        try:
            return connection.execute("SELECT count(*) FROM t").fetchone()[0]
        except sqlite3.DatabaseError:
            return 0  # not even the table, or in the middle of being written


def wait_until(holds):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_was_committed_comes_into_the_log_by_itself(tmp_path, writer, make_checkpointer):
    checkpointer = make_checkpointer(seconds=0.01)
    writer.execute("INSERT INTO t VALUES (1)")
    checkpointer.committed(writer.cursor)
    wait_until(lambda: in_main_file(tmp_path / "log.db") == 1)


def test_a_long_wal_file_starts_over_although_commits_never_pause(
    tmp_path, writer, make_checkpointer
):
    wal = tmp_path / "log.db-wal"
    checkpointer = make_checkpointer(seconds=0.01, long=1)

    def commit():
        writer.execute("INSERT INTO t VALUES (randomblob(4096))")
        checkpointer.committed(writer.cursor)
        with open(wal, "rb") as file:
            return file.read(32)[12:16]  # counts how often it started over

    first = commit()
    wait_until(lambda: commit() != first)


def test_closing_again_does_nothing(writer, make_checkpointer):
    checkpointer = make_checkpointer()
    checkpointer.committed(writer.cursor)
    checkpointer.close()
    checkpointer.close()


def test_its_own_thread_may_close_it(writer, make_checkpointer, monkeypatch):
    # A log that nobody closed is closed by the collector, in whatever thread that runs.
    checkpointer = make_checkpointer(seconds=0.01)
    closed = threading.Event()

    def collect(cursor):
        checkpointer.close()
        closed.set()
        return 0

    monkeypatch.setattr(checkpoints, "_checkpoint", collect)
    checkpointer.committed(writer.cursor)
    assert closed.wait(10)
