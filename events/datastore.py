"""SQLite connections for the log: one that writes, a pool that reads.

eventsourcing's datastore with three things changed. Writing begins with BEGIN IMMEDIATE, so a
foreign writer is met at the start and never in mid-transaction. A commit that failed is rolled
back, and a connection that cannot be is thrown away: the next write finds a sane one. The
writing connection is kept apart from the pool, whose write lock stays taken for ever when a
connection cannot be opened (9.5.6).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from eventsourcing.persistence import DatabaseError, OperationalError
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTransaction,
)

from parlour.events.bulk import PREPARATION
from parlour.events.checkpoints import BACKSTOP_PAGES, Checkpointer

_CACHED_STATEMENTS = 256


class LogDatastore(SQLiteDatastore):
    """The file of a log, or ":memory:"."""

    def __init__(self, path: Path | str, *, busy_seconds: float = 5.0) -> None:
        """Nothing is opened yet; the file is made at the first use.

        Args:
            path: The file, or ":memory:".
            busy_seconds: How long a write waits for a lock that somebody else holds.
        """
        name = str(path)
        super().__init__(name, originator_id_type="text")
        self.pool: _Pool = _Pool(name, busy_seconds)
        self._writing = RLock()
        self._writer: SQLiteConnection | None = None
        self._checkpoints = Checkpointer(name)

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """Open a transaction; `commit` tells whether it writes.

        Raises:
            eventsourcing.persistence.PersistenceError: SQLite refused something; what was
                begun is undone.
        """
        if not commit and not self.pool.is_sqlite_memory_mode:
            with super().transaction(commit=False) as cursor:
                yield cursor
            return
        with self._cursor(commit=commit, begin=True) as cursor:
            yield cursor

    @contextmanager
    def single_statement(self) -> Iterator[SQLiteCursor]:
        """Open a cursor for one statement that writes: SQLite makes it a transaction by itself.

        Raises:
            eventsourcing.persistence.PersistenceError: SQLite refused it.
        """
        with self._cursor(commit=True, begin=False) as cursor:
            yield cursor

    @contextmanager
    def _cursor(self, *, commit: bool, begin: bool) -> Iterator[SQLiteCursor]:
        with self._writing:
            try:
                connection = self._writing_connection()
                with _Transaction(connection, commit=commit, begin=begin) as cursor, cursor:
                    yield cursor
                if commit and not self.pool.is_sqlite_memory_mode:
                    self._checkpoints.committed(connection.cursor)
            except BaseException:
                self._make_sane()
                raise

    def close(self) -> None:
        """Close every connection; closing again does nothing."""
        if hasattr(self, "_checkpoints"):  # __del__ also closes what was never quite made
            self._checkpoints.close()
        super().close()
        writing = getattr(self, "_writing", None)
        if writing is not None:
            with writing:
                self._throw_away()

    def _writing_connection(self) -> SQLiteConnection:
        if self.pool.closed:
            raise OperationalError("the log is closed")
        if self._writer is None:
            self._writer = self.pool.connect_writer()
        return self._writer

    def _make_sane(self) -> None:
        """Undo what a failed COMMIT left open."""
        if self._writer is None:
            return
        try:
            self._writer.rollback()
        except sqlite3.Error:
            self._throw_away()

    def _throw_away(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()


class _Pool(SQLiteConnectionPool):
    def __init__(self, name: str, busy_seconds: float) -> None:
        super().__init__(db_name=name)
        self._busy_seconds = busy_seconds

    def connect_writer(self) -> SQLiteConnection:
        """Return a connection outside the pool, on which a commit can be one statement."""
        connection = self._create_connection()
        try:
            for statement in ("PRAGMA temp_store=MEMORY", *PREPARATION):
                connection.cursor().execute(statement)
        except sqlite3.Error as error:
            connection.close()
            raise OperationalError(error) from error
        return connection

    def _create_connection(self) -> SQLiteConnection:
        try:
            connection = sqlite3.connect(
                self.db_name,
                check_same_thread=False,
                isolation_level=None,
                cached_statements=_CACHED_STATEMENTS,
                timeout=self._busy_seconds,
            )
        except sqlite3.Error as error:
            raise OperationalError(error) from error
        try:
            if not self.is_sqlite_memory_mode:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute(f"PRAGMA wal_autocheckpoint={BACKSTOP_PAGES}")
        except sqlite3.Error as error:
            connection.close()
            kind = (
                OperationalError if isinstance(error, sqlite3.OperationalError) else DatabaseError
            )
            raise kind(error) from error
        connection.row_factory = sqlite3.Row
        return SQLiteConnection(connection, max_age=self.max_age)


class _Transaction(SQLiteTransaction):
    def __init__(self, connection: SQLiteConnection, *, commit: bool, begin: bool) -> None:
        super().__init__(connection, commit=commit)
        self._begin = begin

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        if self._begin:
            try:
                cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
            except sqlite3.Error as error:
                raise OperationalError(error) from error
        return cursor
