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

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, count
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking
from eventsourcing.sqlite import SQLiteCursor, SQLiteProcessRecorder

from parlour.events.datastore import LogDatastore
from parlour.events.errors import AlreadyClaimed, EngineError, LocalProtocolError, VersionConflict
from parlour.events.sealing import GENESIS, Seal, canonicals, make_seal
from parlour.events.unit import Entry, Snapshot, Unit

_TABLES = (
    "CREATE TABLE IF NOT EXISTS seals (number INTEGER PRIMARY KEY, first_position INTEGER, "
    "last_position INTEGER, digest BLOB, signature BLOB, marks BLOB)",
    "CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, originator_id TEXT, "
    "position INTEGER) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS snapshots (originator_id TEXT PRIMARY KEY, "
    "originator_version INTEGER, topic TEXT, state BLOB)",
    "CREATE TABLE IF NOT EXISTS probe (filler BLOB)",
)
_COLUMNS = 5
_ROWS_A_STATEMENT = 512
_ROW_STEP = 16
_PROBE_BYTES = 262_144
# More than most batches write, so that a nearly full disk is not taken for a free one.
_KNOWN_VERSIONS = 100_000
_LAST_VERSION = 2**63 - 1


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
        if not any(unit.entries for unit in units):
            raise LocalProtocolError("a commit without events")
        try:
            return self._commit(units)
        except IntegrityError:
            # Either a unit is to blame, or another writer moved the head we remembered.
            refused = self._refused(units)
            if refused:
                raise CommitRefused(refused) from None
            return self._commit(units)

    def _commit(self, units: Sequence[Unit]) -> Seal:
        entries = [entry for unit in units for entry in unit.entries]
        originator_ids, versions, topics, states, _ = zip(*entries, strict=True)
        try:
            with self.datastore.transaction(commit=True) as c:
                last = self._last_versions(c, units, entries)
                seal = self._insert_sealed(c, originator_ids, versions, topics, states)
                self._insert_claims(c, units, seal.first_position)
                self._insert_snapshots(c, units)
        except BaseException:
            # What the disk holds is only certain once it is read again.
            self._head = None
            self._versions.clear()
            raise
        self._head = _Head(seal.number, seal.last_position, seal.digest)
        if len(self._versions) > _KNOWN_VERSIONS:
            self._versions.clear()
        self._versions.update(last)
        return seal

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Seal what comes in through eventsourcing's own interface as well."""
        self._head = None
        self._versions.clear()
        tracking = kwargs.get("tracking")
        if tracking is not None:
            self._insert_tracking(c, tracking)
        if not stored_events:
            return []
        seal = self._insert_sealed(
            c,
            [
                s.originator_id.hex if isinstance(s.originator_id, UUID) else s.originator_id
                for s in stored_events
            ],
            [s.originator_version for s in stored_events],
            [s.topic for s in stored_events],
            [s.state for s in stored_events],
        )
        return range(seal.first_position, seal.last_position + 1)

    def _insert_sealed(
        self,
        c: SQLiteCursor,
        originator_ids: Sequence[str],
        versions: Sequence[int],
        topics: Sequence[str],
        states: Sequence[bytes],
    ) -> Seal:
        head = self._head or self._read_head(c)
        number, first = head.number + 1, head.position + 1
        texts = canonicals(originator_ids, versions, topics, states)
        seal = make_seal(head.digest, number, first, texts, key=self._signing_key)
        rows = zip(count(first), originator_ids, versions, topics, states)
        _insert_rows(c, list(chain.from_iterable(rows)))
        c.execute("INSERT INTO seals VALUES (?,?,?,?,?,?)", seal)
        return seal

    def _insert_claims(self, c: SQLiteCursor, units: Sequence[Unit], first: int) -> None:
        if not any(unit.claims or unit.releases for unit in units):
            return
        position = first
        for unit in units:
            if unit.releases:
                c.executemany("DELETE FROM claims WHERE key=?", [(key,) for key in unit.releases])
            claims = [
                (key, aggregate_id, position + entry) for key, aggregate_id, entry in unit.claims
            ]
            if claims:
                c.executemany("INSERT INTO claims VALUES (?,?,?)", claims)
            position += len(unit.entries)

    def _insert_snapshots(self, c: SQLiteCursor, units: Sequence[Unit]) -> None:
        snapshots = [snapshot for unit in units for snapshot in unit.snapshots]
        if snapshots:
            c.executemany("INSERT OR REPLACE INTO snapshots VALUES (?,?,?,?)", snapshots)

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

    def _last_versions(
        self, c: SQLiteCursor, units: Sequence[Unit], entries: Sequence[Entry]
    ) -> dict[str, int]:
        """Return the last version of each aggregate of a commit.

        Raises:
            CommitRefused: A version does not follow the one before. (One that exists is left
                to the table's key.)
        """
        last: dict[str, int] = {}
        known, gap = self._versions, False
        for aggregate_id, version, _, _, _ in entries:
            before = last.get(aggregate_id)
            if before is None:
                before = known.get(aggregate_id)
                if before is None:
                    before = 0 if version == 1 else self._max_version(c, aggregate_id)
            gap = gap or version > before + 1
            last[aggregate_id] = version
        if gap:
            gaps = dict(self._gaps(c, units))
            if gaps:
                raise CommitRefused(gaps)
        return last

    def _gaps(self, c: SQLiteCursor, units: Sequence[Unit]) -> Iterator[tuple[int, VersionGap]]:
        last: dict[str, int] = {}
        for index, unit in enumerate(units):
            for aggregate_id, version, _, _, _ in unit.entries:
                if aggregate_id not in last:
                    last[aggregate_id] = self._max_version(c, aggregate_id)
                if version > last[aggregate_id] + 1:
                    yield index, VersionGap(aggregate_id, version, last[aggregate_id])
                last[aggregate_id] = version

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

    def history(
        self, aggregate_id: str, start: int = 1, end: int = _LAST_VERSION
    ) -> list[tuple[int, str, bytes]]:
        """Return (version, topic, state) of an aggregate's events, versions `start` to `end`."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT originator_version, topic, state FROM stored_events WHERE originator_id=? "
                "AND originator_version BETWEEN ? AND ? ORDER BY originator_version",
                (aggregate_id, start, end),
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

    def last_claim(self, prefix: str) -> str | None:
        """Return the last claimed key, in order of key, that begins so."""
        row = self._one(
            "SELECT MAX(key) FROM claims WHERE key>=? AND key<?", prefix, prefix + "\U0010ffff"
        )
        return str(row[0]) if row and row[0] is not None else None

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


def _insert_rows(c: SQLiteCursor, values: list[object]) -> None:
    """Insert rows, given as one flat list, in as few statements as can be.

    Python's sqlite3 gives up the GIL around every step of a statement. With executemany that
    is once a row, and beside a busy event loop each time may cost a switch interval: measured
    here 640 rows/s where 200,000/s were possible. One statement of many rows gives it up once.
    """
    start, total = 0, len(values) // _COLUMNS
    while start < total:
        rest = min(total - start, _ROWS_A_STATEMENT)
        # Few distinct sizes, so that SQLite's compiled statements stay in the cache.
        size = rest - rest % _ROW_STEP or rest
        c.execute(_insert_statement(size), values[start * _COLUMNS : (start + size) * _COLUMNS])
        start += size


@lru_cache(maxsize=64)
def _insert_statement(rows: int) -> str:
    values = ",".join(["(?,?,?,?,?)"] * rows)
    return (
        "INSERT INTO stored_events "
        f"(rowid, originator_id, originator_version, topic, state) VALUES {values}"
    )
