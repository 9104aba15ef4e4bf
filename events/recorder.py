"""The store: eventsourcing's SQLite recorder, with seals, claims and snapshots in one commit.

`stored_events` is the table eventsourcing makes; its rowid is the position of an event, given
here, from 1 and without gaps. Rows are never changed and never deleted. What is refused:
a version that exists, a version that leaves a gap, a key that is claimed.

| table | holds |
|---|---|
| stored_events | originator_id, originator_version, topic, state |
| seals | number, first_position, last_position, digest, signature, marks |
| claims | key, originator_id, position |
| snapshots | originator_id, originator_version, topic, state: the newest of each aggregate |
| tracking | application_name, notification_id: how far each projection is |
| probe | nothing: a write that was only made to see whether one can be made |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking
from eventsourcing.sqlite import SQLiteCursor, SQLiteProcessRecorder

from parlour.events.datastore import LogDatastore
from parlour.events.errors import AlreadyClaimed, EngineError, LocalProtocolError, VersionConflict
from parlour.events.seals import GENESIS, Content, Seal, make_seal
from parlour.events.unit import Snapshot, Unit

_TABLES = (
    "CREATE TABLE IF NOT EXISTS seals (number INTEGER PRIMARY KEY, first_position INTEGER, "
    "last_position INTEGER, digest BLOB, signature BLOB, marks BLOB)",
    "CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, originator_id TEXT, "
    "position INTEGER) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS snapshots (originator_id TEXT PRIMARY KEY, "
    "originator_version INTEGER, topic TEXT, state BLOB)",
    "CREATE TABLE IF NOT EXISTS probe (filler BLOB)",
)
_ROWS_A_STATEMENT = 512
_ROW_STEP = 16
_PROBE_BYTES = 262_144
# More than most batches write, so that a nearly full disk is not taken for a free one.
_KNOWN_VERSIONS = 100_000


class CommitRefused(EngineError):
    """Some units of a commit contradict the log; nothing of the commit was recorded."""

    def __init__(self, units: Mapping[int, VersionConflict | AlreadyClaimed]) -> None:
        super().__init__("; ".join(str(error) for error in units.values()))
        self.units = units
        """Why, by the unit's index in the commit."""


class VersionGap(VersionConflict):
    """The version before this one is not in the log."""

    def __init__(self, aggregate_id: str, version: int, last: int) -> None:
        super().__init__(aggregate_id, version)
        self.args = (f"{aggregate_id} ends at version {last}, so {version} cannot follow",)


class _Head(NamedTuple):
    """Where the next commit goes on."""

    number: int
    position: int
    digest: bytes


class SealedSQLiteRecorder(SQLiteProcessRecorder):
    """Commits units and reads them back; one instance in one process writes a log.

    `commit`, `probe` and everything that writes may be called from any one thread at a time;
    reading is safe beside it.
    """

    def __init__(
        self, datastore: LogDatastore, *, signing_key: Ed25519PrivateKey | None = None
    ) -> None:
        """Use `datastore`; with a key every seal is signed."""
        super().__init__(datastore)
        self._signing_key = signing_key
        self._head: _Head | None = None
        # Last versions this instance wrote: what follows them needs no look into the log.
        self._versions: dict[str, int] = {}

    def construct_create_table_statements(self) -> list[str]:
        """Return the statements of every table; those that exist stay."""
        return [*super().construct_create_table_statements(), *_TABLES]

    # --- writing ----------------------------------------------------------------------------

    def commit(self, units: Sequence[Unit]) -> Seal:
        """Put units on disk, all of them, under one seal.

        Raises:
            CommitRefused: Some units contradict the log.
            eventsourcing.persistence.PersistenceError: The disk or SQLite refused.
        """
        contents: list[Content] = [entry[:4] for unit in units for entry in unit.entries]
        if not contents:
            raise LocalProtocolError("a commit without events")
        try:
            return self._commit(units, contents)
        except IntegrityError:
            # Either a unit is to blame, or another writer moved the head we remembered.
            refused = self._refused(units)
            if refused:
                raise CommitRefused(refused) from None
            return self._commit(units, contents)

    def _commit(self, units: Sequence[Unit], contents: Sequence[Content]) -> Seal:
        try:
            with self.datastore.transaction(commit=True) as c:
                self._refuse_gaps(c, units)
                seal = self._insert_sealed(c, contents)
                self._insert_claims(c, units, seal.first_position)
                self._insert_snapshots(c, units)
        except BaseException:
            # What the disk holds is only certain once it is read again.
            self._head = None
            self._versions.clear()
            raise
        self._remember(seal, contents)
        return seal

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Seal what comes in through eventsourcing's own interface as well."""
        contents = [
            (
                s.originator_id.hex if isinstance(s.originator_id, UUID) else s.originator_id,
                s.originator_version,
                s.topic,
                s.state,
            )
            for s in stored_events
        ]
        self._head = None
        self._versions.clear()
        tracking = kwargs.get("tracking")
        if tracking is not None:
            self._insert_tracking(c, tracking)
        if not contents:
            return []
        seal = self._insert_sealed(c, contents)
        return range(seal.first_position, seal.last_position + 1)

    def _insert_sealed(self, c: SQLiteCursor, contents: Sequence[Content]) -> Seal:
        head = self._head or self._read_head(c)
        number, first = head.number + 1, head.position + 1
        seal = make_seal(head.digest, number, first, contents, key=self._signing_key)
        _insert_rows(c, first, contents)
        c.execute("INSERT INTO seals VALUES (?,?,?,?,?,?)", seal)
        return seal

    def _insert_claims(self, c: SQLiteCursor, units: Sequence[Unit], first: int) -> None:
        position = first
        for unit in units:
            if unit.releases:
                c.executemany("DELETE FROM claims WHERE key=?", [(key,) for key in unit.releases])
            if unit.claims:
                c.executemany(
                    "INSERT INTO claims VALUES (?,?,?)",
                    [
                        (claim.key, claim.aggregate_id, position + claim.entry)
                        for claim in unit.claims
                    ],
                )
            position += len(unit.entries)

    def _insert_snapshots(self, c: SQLiteCursor, units: Sequence[Unit]) -> None:
        snapshots = [snapshot for unit in units for snapshot in unit.snapshots]
        if snapshots:
            c.executemany("INSERT OR REPLACE INTO snapshots VALUES (?,?,?,?)", snapshots)

    def _remember(self, seal: Seal, contents: Sequence[Content]) -> None:
        self._head = _Head(seal.number, seal.last_position, seal.digest)
        if len(self._versions) > _KNOWN_VERSIONS:
            self._versions.clear()
        for content in contents:
            self._versions[content[0]] = content[1]

    def tracked(self, c: SQLiteCursor, name: str) -> int:
        """Return how far a projection is, 0 for the beginning."""
        return self._max_tracking_id(name, c) or 0

    def track(self, c: SQLiteCursor, name: str, position: int) -> None:
        """Save how far a projection is, in the transaction of what it wrote.

        Raises:
            eventsourcing.persistence.IntegrityError: It was there, or further, already.
        """
        self._insert_tracking(c, Tracking(name, position))

    # --- refusing ---------------------------------------------------------------------------

    def _refuse_gaps(self, c: SQLiteCursor, units: Sequence[Unit]) -> None:
        """Raise when a version does not follow the one before; existing ones the key finds."""
        last: dict[str, int] = {}
        gaps: dict[int, VersionConflict | AlreadyClaimed] = {}
        for index, unit in enumerate(units):
            for entry in unit.entries:
                aggregate_id, version = entry.aggregate_id, entry.version
                before = last.get(aggregate_id)
                if before is None:
                    before = self._versions.get(aggregate_id, -1)
                    if before < 0:
                        before = 0 if version == 1 else self._max_version(c, aggregate_id)
                if version > before + 1:
                    gaps[index] = VersionGap(aggregate_id, version, before)
                last[aggregate_id] = version
        if gaps:
            raise CommitRefused(gaps)

    def _refused(self, units: Sequence[Unit]) -> dict[int, VersionConflict | AlreadyClaimed]:
        """Find the units that cannot be recorded, by what the log holds now."""
        refused: dict[int, VersionConflict | AlreadyClaimed] = {}
        with self.datastore.transaction(commit=False) as c:
            versions: dict[str, int] = {}
            owners: dict[str, str | None] = {}
            for index, unit in enumerate(units):
                for entry in unit.entries:
                    if entry.aggregate_id not in versions:
                        versions[entry.aggregate_id] = self._max_version(c, entry.aggregate_id)
                    if entry.version <= versions[entry.aggregate_id]:
                        refused[index] = VersionConflict(entry.aggregate_id, entry.version)
                    else:
                        versions[entry.aggregate_id] = entry.version
                owners.update(dict.fromkeys(unit.releases))
                for claim in unit.claims:
                    if claim.key not in owners:
                        owners[claim.key] = _owner(c, claim.key)
                    if owners[claim.key] is not None:
                        refused.setdefault(index, AlreadyClaimed(claim.key))
                    owners[claim.key] = claim.aggregate_id
        return refused

    # --- reading ----------------------------------------------------------------------------

    def snapshot(self, aggregate_id: str) -> Snapshot | None:
        """Return the newest snapshot of an aggregate."""
        row = self._one("SELECT * FROM snapshots WHERE originator_id=?", aggregate_id)
        return Snapshot(*row) if row else None

    def history(self, aggregate_id: str, start: int = 1) -> list[tuple[int, str, bytes]]:
        """Return (version, topic, state) of an aggregate's events from version `start` on."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT originator_version, topic, state FROM stored_events "
                "WHERE originator_id=? AND originator_version>=? ORDER BY originator_version",
                (aggregate_id, start),
            )
            return [tuple(row) for row in c.fetchall()]

    def claimed(self, key: str) -> str | None:
        """Return the aggregate that holds a key."""
        with self.datastore.transaction(commit=False) as c:
            return _owner(c, key)

    def claims(self, prefix: str) -> list[tuple[str, str]]:
        """Return (key, aggregate id) of every claimed key that begins so, in order of key."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT key, originator_id FROM claims WHERE key>=? AND key<? ORDER BY key",
                (prefix, prefix + "\U0010ffff"),
            )
            return [tuple(row) for row in c.fetchall()]

    def last_seal(self) -> Seal | None:
        """Return the newest seal."""
        row = self._one("SELECT * FROM seals ORDER BY number DESC LIMIT 1")
        return Seal(*row) if row else None

    def seal(self, number: int) -> Seal | None:
        """Return one seal."""
        row = self._one("SELECT * FROM seals WHERE number=?", number)
        return Seal(*row) if row else None

    def last_position(self) -> int:
        """Return the position of the newest event, 0 for none."""
        return self.max_notification_id() or 0

    def probe(self) -> None:
        """Prove that the disk takes a transaction: space is really allocated and synced.

        Raises:
            eventsourcing.persistence.PersistenceError: It does not.
        """
        with self.datastore.transaction(commit=True) as c:
            c.execute("DELETE FROM probe")
            c.execute("INSERT INTO probe VALUES (randomblob(?))", (_PROBE_BYTES,))
        # In the same transaction the pages would be freed before they were ever written.
        with self.datastore.transaction(commit=True) as c:
            c.execute("DELETE FROM probe")

    def close(self) -> None:
        """Close the file; closing again does nothing."""
        self.datastore.close()

    def _one(self, statement: str, *parameters: object) -> tuple[Any, ...] | None:
        with self.datastore.transaction(commit=False) as c:
            c.execute(statement, parameters)
            row = c.fetchone()
            return tuple(row) if row else None

    def _read_head(self, c: SQLiteCursor) -> _Head:
        c.execute("SELECT number, last_position, digest FROM seals ORDER BY number DESC LIMIT 1")
        number, sealed, digest = c.fetchone() or (0, 0, GENESIS)
        # Rows somebody added behind the last seal keep their positions, and are found by audit.
        return _Head(number, max(sealed, self._max_notification_id(c) or 0), digest)

    @staticmethod
    def _max_version(c: SQLiteCursor, aggregate_id: str) -> int:
        c.execute(
            "SELECT MAX(originator_version) FROM stored_events WHERE originator_id=?",
            (aggregate_id,),
        )
        return c.fetchone()[0] or 0


def _owner(c: SQLiteCursor, key: str) -> str | None:
    c.execute("SELECT originator_id FROM claims WHERE key=?", (key,))
    row = c.fetchone()
    return row[0] if row else None


def _insert_rows(c: SQLiteCursor, first: int, contents: Sequence[Content]) -> None:
    """Insert rows in as few statements as can be.

    Python's sqlite3 gives up the GIL around every step of a statement. With executemany that
    is once a row, and beside a busy event loop each time may cost a switch interval: measured
    here 640 rows/s where 200,000/s were possible. One statement of many rows gives it up once.
    """
    start = 0
    while start < len(contents):
        rest = min(len(contents) - start, _ROWS_A_STATEMENT)
        # Few distinct sizes, so that SQLite's compiled statements stay in the cache.
        size = rest - rest % _ROW_STEP or rest
        parameters: list[object] = []
        for position, content in enumerate(contents[start : start + size], first + start):
            parameters += (position, *content)
        c.execute(_insert_statement(size), parameters)
        start += size


@lru_cache(maxsize=64)
def _insert_statement(rows: int) -> str:
    values = ",".join(["(?,?,?,?,?)"] * rows)
    return (
        "INSERT INTO stored_events "
        f"(rowid, originator_id, originator_version, topic, state) VALUES {values}"
    )
