"""Moves what was committed from SQLite's -wal file into the log, beside the commits.

SQLite does that by itself within every commit that finds 4 MB in the -wal, and a client whose
commit it is waits for it: with one commit in forty so, the slowest replies took twice as long.
Here a thread of its own does it each second; the commits go on meanwhile. Only when the -wal
has become long, because commits never paused, the next commit finishes what little is left,
so that the file starts over.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any, Protocol

from eventsourcing.persistence import PersistenceError

BACKSTOP_PAGES = 16_000
"""From here (64 MB) SQLite does it within a commit after all: should our thread not get to it."""
_LONG_PAGES = 8_000
_SECONDS = 1.0
_CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"
"""Takes no lock that a writer or a reader waits for."""


class Cursor(Protocol):
    """What is needed of a database cursor."""

    def execute(self, statement: str) -> Any:
        """Run a statement."""
        ...

    def fetchone(self) -> Any:
        """Return the next row."""
        ...


class Checkpointer:
    """The thread, for the log in one file; begins with the first commit."""

    def __init__(self, path: str, *, seconds: float = _SECONDS, long: int = _LONG_PAGES) -> None:
        """Checkpoint every `seconds` in which there were commits; a -wal of `long` pages ends."""
        self._path = path
        self._seconds = seconds
        self._long = long
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._dirty = False
        self._is_long = False

    def committed(self, cursor: Callable[[], Cursor]) -> None:
        """There was a commit; `cursor` makes one on the connection that wrote."""
        self._dirty = True
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
            self._thread.start()
        elif self._is_long:
            self._is_long = False
            _checkpoint(cursor())

    def close(self) -> None:
        """End the thread; closing again does nothing."""
        self._stopping.set()
        # The collector may close a forgotten log in any thread, also in this one.
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        try:
            connection = sqlite3.connect(self._path, isolation_level=None)
        except sqlite3.Error:
            return  # the backstop has to do
        try:
            while not self._stopping.wait(self._seconds):
                if self._dirty:
                    self._dirty = False
                    self._is_long = _checkpoint(connection.cursor()) >= self._long
        finally:
            connection.close()


def _checkpoint(cursor: Cursor) -> int:
    """Return how many pages the -wal file holds; a checkpoint that fails is tried again."""
    try:
        cursor.execute(_CHECKPOINT)
        _, pages, _ = cursor.fetchone()
    except (sqlite3.Error, PersistenceError):
        return 0
    return int(pages)
