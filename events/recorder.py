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
from itertools import chain, count, islice
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eventsourcing.persistence import IntegrityError, PersistenceError, StoredEvent, Tracking
from eventsourcing.sqlite import SQLiteCursor, SQLiteProcessRecorder

from parlour.events.bulk import MAX_ROWS, insert_sealed
from parlour.events.datastore import LogDatastore
from parlour.events.errors import AlreadyClaimed, EngineError, LocalProtocolError, VersionConflict
from parlour.events.schema import TABLES, SchemaObject
from parlour.events.sealing import GENESIS, Seal, canonicals, make_seal
from parlour.events.unit import Entry, Snapshot, Unit

_SEAL = "number, first_position, last_position, digest, signature, marks"
"""The fields of `Seal`."""
_INSERT_CLAIM = "INSERT INTO claims (key, originator_id, position) VALUES (?,?,?)"
_INSERT_SNAPSHOT = (
    "INSERT OR REPLACE INTO snapshots (originator_id, originator_version, topic, state) "
    "VALUES (?,?,?,?)"
)
_PROBE_BYTES = 262_144
# More than most batches write, so that a nearly full disk is not taken for a free one.
_KNOWN_VERSIONS = 20_000
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

    datastore: LogDatastore

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
        return [*super().construct_create_table_statements(), *TABLES]

    def schema(self) -> list[SchemaObject]:
        """Return every table, index, view and trigger of the file."""
        with self.datastore.transaction(commit=False) as c:
            c.execute("SELECT type, name, sql FROM sqlite_master")
            return [SchemaObject(*row) for row in c.fetchall()]

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
        store = self.datastore
        alone = self._head is not None and len(entries) <= MAX_ROWS
        alone = alone and not any(u.claims or u.releases or u.snapshots for u in units)
        try:
            with store.single_statement() if alone else store.transaction(commit=True) as c:
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
        self._versions.update(last)
        if len(self._versions) > _KNOWN_VERSIONS:
            for oldest in list(islice(self._versions, _KNOWN_VERSIONS // 2)):
                del self._versions[oldest]
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
        insert_sealed(c, list(chain.from_iterable(rows)), seal)
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
                c.executemany(_INSERT_CLAIM, claims)
            position += len(unit.entries)

    def _insert_snapshots(self, c: SQLiteCursor, units: Sequence[Unit]) -> None:
        snapshots = [snapshot for unit in units for snapshot in unit.snapshots]
        if snapshots:
            c.executemany(_INSERT_SNAPSHOT, snapshots)

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
        """Return the newest snapshot of an aggregate, None also for one that cannot be read.

        A snapshot only saves time: whatever is wrong with it, the events are there.
        """
        try:
            row = self._one(
                "SELECT originator_version, CAST(topic AS BLOB), state FROM snapshots "
                "WHERE originator_id=?",
                aggregate_id,
            )
        except PersistenceError:
            return None
        match row:
            case int(version), bytes(topic), bytes(state):
                return Snapshot(aggregate_id, version, topic.decode(errors="replace"), state)
            case _:
                return None

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

    def last_claim(self, prefix: str, *, below: str | None = None) -> str | None:
        """Return the last claimed key, in order of key, that begins so (and is before `below`)."""
        end = prefix + "\U0010ffff" if below is None else below
        row = self._one("SELECT MAX(key) FROM claims WHERE key>=? AND key<?", prefix, end)
        return str(row[0]) if row and row[0] is not None else None

    def last_seal(self) -> Seal | None:
        """Return the newest seal."""
        row = self._one(f"SELECT {_SEAL} FROM seals ORDER BY number DESC LIMIT 1")
        return Seal(*row) if row else None

    def seal(self, number: int) -> Seal | None:
        """Return one seal."""
        row = self._one(f"SELECT {_SEAL} FROM seals WHERE number=?", number)
        return Seal(*row) if row else None

    def last_position(self) -> int:
        """Return the position of the newest event, 0 for none."""
        return self.max_notification_id() or 0

    def newest_besides(self, *kinds: str) -> tuple[str, bytes] | None:
        """Return (topic, state) of the newest event of an aggregate of no kind of these."""
        # Backwards through the log until one is found. A comparison that an index could
        # serve would have SQLite collect all of them first.
        besides = " AND ".join(["substr(originator_id,1,?)<>?"] * len(kinds))
        prefixes = chain.from_iterable((len(kind) + 1, f"{kind}:") for kind in kinds)
        row = self._one(
            f"SELECT topic, state FROM stored_events WHERE {besides} ORDER BY rowid DESC LIMIT 1",
            *prefixes,
        )
        return (row[0], row[1]) if row else None

    def probe(self) -> None:
        """Prove that the disk takes a transaction: space is really allocated and synced.

        Raises:
            eventsourcing.persistence.PersistenceError: It does not.
        """
        with self.datastore.transaction(commit=True) as c:
            c.execute("DELETE FROM probe")
            c.execute("INSERT INTO probe (filler) VALUES (randomblob(?))", (_PROBE_BYTES,))
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
