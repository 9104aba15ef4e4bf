"""Reading a log: one that is being written, one that was, or a bare copy. Never writes.

A reader sees the log as it was when the reader was opened. Beside a running engine SQLite's WAL
sees to that (`mode=ro` in one read transaction). A file without a WAL is read as immutable,
which leaves no -shm and -wal files beside an auditor's copy; should an engine begin to write it
meanwhile, the reader notices and says so instead of showing a mixture.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from parlour.events import keyfile
from parlour.events.errors import CorruptLog, EngineError
from parlour.events.event import Event, decode
from parlour.events.log_events import LOG_ID, LogOpened
from parlour.events.seals import Seal, head_of
from parlour.events.unit import Snapshot

LOG_NAME = "log.db"

_PAGES_A_STEP = 1_000
_ROWS = "SELECT rowid, originator_id, originator_version, topic, state FROM stored_events"


class LogNotFound(EngineError, FileNotFoundError):
    """There is no log where it was looked for."""


class Row(NamedTuple):
    """A stored event as it lies in the file."""

    position: int
    originator_id: str
    version: int
    topic: str
    state: bytes


class Recorded(NamedTuple):
    """A stored event, decoded."""

    position: int
    originator_id: str
    version: int
    topic: str
    event: Event


class ClaimRow(NamedTuple):
    """A claimed key as it lies in the file."""

    key: str
    originator_id: str
    position: int


class LogReader:
    """A log as it was when the reader was opened; a context manager.

    `path` is a DATA folder or a log file. Open another reader to see what came later.
    """

    path: Path
    """The log file."""

    def __init__(self, path: Path | str) -> None:
        """Open the log.

        Raises:
            LogNotFound: There is no such file.
            CorruptLog: The file is not a log, or cannot be read where it lies.
        """
        path = Path(path)
        self.path = path / LOG_NAME if path.is_dir() else path
        if not self.path.is_file():
            raise LogNotFound(
                f"no log at {self.path}: name a DATA folder or a log file (--data DIR)"
            )
        wal = self.path.with_name(self.path.name + "-wal")
        self._stamp = None if wal.exists() else self._read_stamp()
        mode = "mode=ro" if self._stamp is None else "mode=ro&immutable=1"
        try:
            self._db = sqlite3.connect(
                f"file:{quote(str(self.path.absolute()))}?{mode}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise self._unreadable(error) from error
        try:
            self._db.execute("BEGIN")
            # Another table that is not there is for the audit to find.
            self._db.execute("SELECT originator_id, topic FROM stored_events LIMIT 1").fetchone()
        except sqlite3.Error as error:
            self._db.close()
            raise self._unreadable(error) from error

    def __enter__(self) -> LogReader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; closing again does nothing."""
        self._db.close()

    # --- events -----------------------------------------------------------------------------

    def rows(self, after: int = 0) -> Iterator[Row]:
        """Yield rows in order of position, those beyond `after`.

        From the beginning, rows that somebody added before position 1 come as well.
        """
        return map(Row._make, self._rows(after))

    def events(self, after: int = 0) -> Iterator[Recorded]:
        """Yield decoded events in order of position, those beyond `after`.

        Raises:
            CorruptLog: One does not decode.
        """
        return map(_recorded, self.rows(after))

    def aggregate(self, aggregate_id: str, after: int = 0) -> Iterator[Recorded]:
        """Yield the decoded events of one aggregate, those beyond version `after`."""
        rows = self._select(
            f"{_ROWS} WHERE originator_id=? AND originator_version>? ORDER BY originator_version",
            aggregate_id,
            after,
        )
        return map(_recorded, rows)

    def aggregate_ids(self, kind: str) -> Iterator[str]:
        """Yield the ids of a kind ("landlord.hand"), in order of their first event."""
        rows = self._select(
            "SELECT originator_id FROM stored_events WHERE originator_version=1 "
            "AND originator_id>=? AND originator_id<? ORDER BY rowid",
            f"{kind}:",
            f"{kind};",
        )
        return (row[0] for row in rows)

    def count(self) -> int:
        """Return the number of events."""
        return int(self._one("SELECT COUNT(*) FROM stored_events")[0])

    def last_position(self) -> int:
        """Return the position of the newest event, 0 for none."""
        return int(self._one("SELECT MAX(rowid) FROM stored_events")[0] or 0)

    def faults(self, most: int = 100) -> Iterator[str]:
        """Yield what SQLite itself finds wrong with the file; nothing when it is sound."""
        rows = self._select(f"PRAGMA integrity_check({most:d})")
        return (str(row[0]) for row in rows if row[0] != "ok")

    def pages(self) -> int:
        """Return the number of pages of the file."""
        return int(self._one("PRAGMA page_count")[0])

    def copy_to(self, target: Path, progress: Callable[[int], object]) -> None:
        """Copy the log, as this reader sees it, into a new file (SQLite's online backup).

        Args:
            target: The new file.
            progress: Told how many more pages were copied.
        """
        copy = sqlite3.connect(target)
        try:
            self._db.backup(
                copy, pages=_PAGES_A_STEP, progress=lambda _, left, total: progress(_PAGES_A_STEP)
            )
        except sqlite3.Error as error:
            raise CorruptLog(f"{self.path} cannot be copied: {error}") from error
        finally:
            copy.close()
        self._refuse_mixture()

    # --- beside the events ------------------------------------------------------------------

    def seals(self) -> Iterator[Seal]:
        """Yield seals in order of number; a field of a wrong type is 0 or empty."""
        return map(_seal, self._select("SELECT * FROM seals ORDER BY number"))

    def claims(self) -> Iterator[ClaimRow]:
        """Yield claimed keys in order of key."""
        return map(ClaimRow._make, self._select("SELECT * FROM claims ORDER BY key"))

    def snapshots(self) -> Iterator[Snapshot]:
        """Yield the newest snapshot of each aggregate that has one."""
        rows = self._select("SELECT * FROM snapshots ORDER BY originator_id")
        return map(Snapshot._make, rows)

    def tracking(self) -> Iterator[tuple[str, int]]:
        """Yield how far each projection is: name and position."""
        return self._select(
            "SELECT application_name, notification_id FROM tracking "
            "WHERE application_name<>'__migration__' ORDER BY application_name"
        )

    def deck_key(self) -> bytes | None:
        """Return the key beside the log, None when it is not there."""
        return keyfile.load(self.path.parent)

    def opened(self) -> LogOpened:
        """Return the log's first event: its identity.

        Raises:
            CorruptLog: The log does not begin with it.
        """
        for recorded in self.aggregate(LOG_ID):
            if isinstance(recorded.event, LogOpened):
                return recorded.event
        raise CorruptLog(f"{self.path} does not begin with log.opened: run `parlour audit`")

    def head(self) -> dict[str, str | int]:
        """Return {"log", "position", "seal", "digest", "signature"?} of the last seal."""
        last = next(self._select("SELECT * FROM seals ORDER BY number DESC LIMIT 1"), None)
        return head_of(self.opened().log, _seal(last) if last else None)

    # --- inside -----------------------------------------------------------------------------

    def _rows(self, after: int) -> Iterator[tuple[Any, ...]]:
        where = "" if after == 0 else f" WHERE rowid>{after:d}"
        last = after
        try:
            for row in self._db.execute(f"{_ROWS}{where} ORDER BY rowid"):
                last = row[0]
                yield row
        except sqlite3.OperationalError as error:
            if "UTF-8" not in str(error):
                raise self._damaged(error) from error
        else:
            self._refuse_mixture()
            return
        # Somebody wrote text that is none; from here on it is shown as surrogates.
        self._db.text_factory = _text
        yield from self._select(f"{_ROWS} WHERE rowid>? ORDER BY rowid", last)

    def _select(self, statement: str, *parameters: object) -> Iterator[tuple[Any, ...]]:
        try:
            # Through map: `yield from` a cursor would close it when it is left half read, which
            # fails once the file is closed.
            yield from map(tuple, self._db.execute(statement, parameters))
        except sqlite3.ProgrammingError:
            raise  # closed, or our own mistake
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        self._refuse_mixture()

    def _one(self, statement: str) -> tuple[Any, ...]:
        return next(self._select(statement))

    def _read_stamp(self) -> tuple[int, int]:
        status = self.path.stat()
        return status.st_mtime_ns, status.st_size

    def _refuse_mixture(self) -> None:
        if self._stamp is not None and self._read_stamp() != self._stamp:
            raise CorruptLog(f"{self.path} was written while it was read: run this again")

    def _damaged(self, error: sqlite3.Error) -> CorruptLog:
        self._refuse_mixture()
        return CorruptLog(f"{self.path} is damaged ({error}): restore it from a backup")

    def _unreadable(self, error: sqlite3.Error) -> CorruptLog:
        if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
            return CorruptLog(
                f"{self.path} cannot be read where it lies ({error}): "
                "copy it, with its -wal file, to a folder you may write"
            )
        if "malformed" in str(error):
            return CorruptLog(f"{self.path} is damaged ({error}): restore it from a backup")
        return CorruptLog(f"{self.path} is not a Parlour log ({error}): name a DATA folder")


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogateescape")


def _recorded(row: tuple[Any, ...]) -> Recorded:
    position, originator_id, version, topic, state = row
    try:
        event = decode(topic, state)
    except (CorruptLog, TypeError) as error:
        raise CorruptLog(f"position {position}, {originator_id} {version}: {error}") from error
    return Recorded(position, originator_id, version, topic, event)


def _seal(row: tuple[Any, ...]) -> Seal:
    number, first, last, digest, signature, marks = row
    return Seal(
        number,
        first if isinstance(first, int) else 0,
        last if isinstance(last, int) else 0,
        digest if isinstance(digest, bytes) else b"",
        signature if isinstance(signature, bytes) else None,
        marks if isinstance(marks, bytes) else b"",
    )
