"""Reading a log: one that is being written, one that was, or a bare copy. Never writes.

A reader sees the log as it was when the reader was opened. Beside a running engine SQLite's WAL
sees to that (`mode=ro` in one read transaction). A file without a WAL is read as immutable,
which leaves no -shm and -wal files beside an auditor's copy; should an engine begin to write it
meanwhile, the reader notices and says so instead of showing a mixture.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from parlour.events import keyfile
from parlour.events.errors import CorruptLog, EngineError
from parlour.events.event import Event, decode
from parlour.events.log_events import LOG_ID, LogOpened
from parlour.events.schema import SchemaObject
from parlour.events.seals import Seal, head_of
from parlour.events.unit import Snapshot

LOG_NAME = "log.db"
MIGRATION = "__migration__"
"""The row of `tracking` in which eventsourcing notes the table's own version."""

_PAGES_A_STEP = 1_000
_ROOM = 65_536
"""SQLite needs about as much beside a log to open it: the -shm file."""
_ROWS = "SELECT rowid, originator_id, originator_version, topic, state FROM stored_events"
_SEALS = "SELECT number, first_position, last_position, digest, signature, marks FROM seals"
_NO_TEXT = "UTF-8"
"""Stands in what sqlite3 says of text that is none."""


class LogNotFound(EngineError, FileNotFoundError):
    """There is no log where it was looked for."""


class LogChanged(EngineError):
    """The file was written while it was read as one that nobody writes: open it again."""


class Row(NamedTuple):
    """A stored event as it lies in the file; text that is no UTF-8 has surrogates in it."""

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


def readable(text: str) -> str:
    """Return text from a row as it can be printed: a byte that is no UTF-8 by its number."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()


def disk_is_full(path: Path) -> bool:
    """Tell whether there is no room where `path` lies; SQLite says "disk I/O error" then."""
    try:
        return shutil.disk_usage(path.parent).free < _ROOM
    except OSError:
        return False


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
            # Another table that is not there is for the audit to find, and so is a value.
            probe = "SELECT typeof(originator_id), typeof(topic) FROM stored_events LIMIT 1"
            self._db.execute(probe).fetchone()
        except (sqlite3.Error, UnicodeDecodeError) as error:
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
        return map(_seal, self._select(f"{_SEALS} ORDER BY number"))

    def claims(self) -> Iterator[ClaimRow]:
        """Yield claimed keys in order of key."""
        rows = self._select("SELECT key, originator_id, position FROM claims ORDER BY key")
        return map(ClaimRow._make, rows)

    def snapshots(self) -> Iterator[Snapshot]:
        """Yield the newest snapshot of each aggregate that has one."""
        rows = self._select(
            "SELECT originator_id, originator_version, topic, state FROM snapshots "
            "ORDER BY originator_id"
        )
        return map(Snapshot._make, rows)

    def tracking(self) -> Iterator[tuple[str, int]]:
        """Yield how far each projection is: name and position.

        Eventsourcing's own row `MIGRATION` comes along.
        """
        return self._select(
            "SELECT application_name, notification_id FROM tracking ORDER BY application_name"
        )

    def schema(self) -> Iterator[SchemaObject]:
        """Yield every table, index, view and trigger of the file, in order of name."""
        rows = self._select("SELECT type, name, sql FROM sqlite_master ORDER BY name, type")
        return map(SchemaObject._make, rows)

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
        last = next(self._select(f"{_SEALS} ORDER BY number DESC LIMIT 1"), None)
        return head_of(self.opened().log, _seal(last) if last else None)

    # --- inside -----------------------------------------------------------------------------

    def _rows(self, after: int) -> Iterator[tuple[Any, ...]]:
        return self._select(f"{_ROWS}{f' WHERE rowid>{after:d}' if after else ''} ORDER BY rowid")

    def _select(self, statement: str, *parameters: object) -> Iterator[tuple[Any, ...]]:
        taken = 0
        try:
            # Not `yield from`: that would close the cursor when it is left half read, which fails
            # once the file is closed.
            for row in self._db.execute(statement, parameters):
                taken += 1
                yield row
        except sqlite3.ProgrammingError:
            raise  # closed, or our own mistake
        except UnicodeEncodeError:
            return  # a name that is no text names nothing in here
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if _NO_TEXT not in str(error) or self._db.text_factory is _text:
                raise self._damaged(error) from error
        else:
            self._refuse_mixture()
            return
        # Somebody wrote text that is none; from here on it is shown as surrogates. What a
        # reader sees does not change meanwhile, so the same rows come first again.
        self._db.text_factory = _text
        yield from islice(self._select(statement, *parameters), taken, None)

    def _one(self, statement: str) -> tuple[Any, ...]:
        return next(self._select(statement))

    def _read_stamp(self) -> tuple[int, int]:
        status = self.path.stat()
        return status.st_mtime_ns, status.st_size

    def _refuse_mixture(self) -> None:
        if self._stamp is not None and self._read_stamp() != self._stamp:
            raise LogChanged(f"{self.path} was written while it was read: run this again")

    def _damaged(self, error: Exception) -> CorruptLog:
        self._refuse_mixture()
        return CorruptLog(f"{self.path} is damaged ({error}): restore it from a backup")

    def _unreadable(self, error: Exception) -> CorruptLog:
        if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
            if disk_is_full(self.path):
                return CorruptLog(f"{self.path} cannot be read ({error}): make room on that disk")
            return CorruptLog(
                f"{self.path} cannot be read where it lies ({error}): "
                "copy it, with its -wal file, to a folder you may write"
            )
        if isinstance(error, UnicodeDecodeError):  # what SQLite says quotes what it read
            return CorruptLog(f"{self.path} is damaged (its schema is no text): restore a backup")
        if "malformed" in str(error):
            return CorruptLog(f"{self.path} is damaged ({error}): restore it from a backup")
        return CorruptLog(f"{self.path} is not a Parlour log ({error}): name a DATA folder")


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogateescape")


def _recorded(row: tuple[Any, ...]) -> Recorded:
    position, originator_id, version, topic, state = row
    try:
        event = decode(topic, state)
        originator_id.encode()
    except (CorruptLog, TypeError, AttributeError, UnicodeEncodeError) as error:
        why = "text that is no UTF-8" if isinstance(error, UnicodeEncodeError) else error
        where = f"position {position}, {originator_id} {version}"
        raise CorruptLog(readable(f"{where}: {why}")) from error
    return Recorded(position, originator_id, version, topic, event)


def _seal(row: tuple[Any, ...]) -> Seal:
    number, first, last, digest, signature, marks = row
    return Seal(
        number if isinstance(number, int) else 0,
        first if isinstance(first, int) else 0,
        last if isinstance(last, int) else 0,
        digest if isinstance(digest, bytes) else b"",
        signature if signature is None or isinstance(signature, bytes) else b"",
        marks if isinstance(marks, bytes) else b"",
    )
