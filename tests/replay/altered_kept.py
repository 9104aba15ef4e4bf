"""Random alterations of what is kept beside the events, and of the file itself."""

from __future__ import annotations

import json
import random
import sqlite3

from altering import (
    CLAIM_COLUMNS,
    SNAPSHOT_COLUMNS,
    Altered,
    Past,
    as_json,
    other,
    other_field,
    put,
    where,
)
from tampering import Tamperer

_CLAIM = ("claim_",)
_SNAPSHOT = ("snapshot_",)


def bytes_of_a_claim(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    claim, column = dice.choice(past.claims), dice.choice(CLAIM_COLUMNS)
    before = claim[CLAIM_COLUMNS.index(column)]
    after = other(before, dice)
    if after == before:
        return None
    try:
        put(log, "claims", column, "key", claim[0], after)
    except sqlite3.IntegrityError:  # another claim's key
        return None
    return Altered(f"{claim} {column} -> {after!r}", _CLAIM, where(claim[2]))


def type_in_a_claim(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    claim, column = dice.choice(past.claims), dice.choice(CLAIM_COLUMNS[1:])
    made = dice.choice([f"CAST({column} AS BLOB)", "NULL", "0.5"])
    log.sql(f"UPDATE claims SET {column}={made} WHERE key=?", claim[0])
    return Altered(f"{claim} {made}", _CLAIM, where(claim[2]))


def claim_removed(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    claim = dice.choice(past.claims)
    log.sql("DELETE FROM claims WHERE key=?", claim[0])
    return Altered(f"{claim}", ("claim_missing",), where(claim[2]))


def claim_added(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    key = dice.choice(["settled/landlord.hand:1:999", "account/name/nobody", "", "account/uid/77"])
    of = dice.choice(["account:1", "nobody"])
    log.sql("INSERT INTO claims VALUES (?,?,?)", key, of, dice.randint(0, past.last + 9))
    return Altered(f"{key!r} of {of}", ("claim_unfounded",), ids=frozenset({of}))


def bytes_of_a_snapshot(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    snapshot = dice.choice(past.snapshots)
    column = dice.choice([*SNAPSHOT_COLUMNS, "state", "state"])
    before = snapshot[SNAPSHOT_COLUMNS.index(column)]
    after = other(before, dice)
    if after == before or (column == "state" and _same(after, before)):
        return None
    try:
        put(log, "snapshots", column, "originator_id", snapshot[0], after)
    except sqlite3.IntegrityError:  # another aggregate's
        return None
    return Altered(f"{snapshot[:3]} {column} -> {after!r}", _SNAPSHOT)


def _same(state: bytes, other: bytes) -> bool:
    """Tell whether two states differ in nothing but spaces: nobody reads those."""
    try:
        return json.loads(state) == json.loads(other)
    except ValueError:
        return False


def field_of_a_snapshot(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    snapshot = dice.choice(past.snapshots)
    state = json.loads(snapshot[3])
    name = dice.choice(list(state))
    after = {**state, name: other_field(state[name], dice)}
    if dice.random() < 0.1:
        after = {**state, "evil": 1}
    if after == state:
        return None
    put(log, "snapshots", "state", "originator_id", snapshot[0], as_json(after))
    what = f"{snapshot[:3]} {name}: {state[name]} -> {after[name]}"
    return Altered(what, _SNAPSHOT, ids=frozenset({snapshot[0]}))


def type_in_a_snapshot(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    snapshot, column = dice.choice(past.snapshots), dice.choice(SNAPSHOT_COLUMNS[1:])
    made = dice.choice(["NULL", "0.5", "x'00'"])
    log.sql(f"UPDATE snapshots SET {column}={made} WHERE originator_id=?", snapshot[0])
    return Altered(f"{snapshot[:3]} {column}={made}", _SNAPSHOT, ids=frozenset({snapshot[0]}))


def snapshot_of_another(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    one, two = dice.sample(past.snapshots, 2)
    if one[3] == two[3]:
        return None
    put(log, "snapshots", "state", "originator_id", one[0], two[3])
    return Altered(f"{one[0]} has {two[0]}'s", _SNAPSHOT, ids=frozenset({one[0]}))


def snapshot_added(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    of = dice.choice(["landlord.hand:1:1", "landlord.table:99", "nobody:1", "log", "account:99"])
    if any(snapshot[0] == of for snapshot in past.snapshots):
        return None
    version = dice.choice([1, 2, 5_000])
    log.sql("INSERT INTO snapshots VALUES (?,?,'account.state@1',x'7b7d')", of, version)
    return Altered(f"{of} {version}", _SNAPSHOT, ids=frozenset({of}))


def projection_ahead(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    position = past.last + dice.randint(1, 99)
    log.sql("INSERT INTO tracking VALUES ('evil', ?)", position)
    return Altered(f"{position}", ("tracking_ahead",))


def version_of_tracking(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    version = dice.choice([0, 2, 10**6, None])
    log.sql("DELETE FROM tracking WHERE application_name='__migration__'")
    if version is not None:
        log.sql("INSERT INTO tracking VALUES ('__migration__', ?)", version)
    return Altered(f"{version}", ("tracking_altered",))


_A_COLUMN = {
    "stored_events": "topic",
    "seals": "marks",
    "claims": "position",
    "snapshots": "topic",
    "tracking": "notification_id",
}


def schema(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    table = dice.choice(list(_A_COLUMN))
    statement = dice.choice(
        [
            f"CREATE TRIGGER evil AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END",
            f"CREATE VIEW evil AS SELECT * FROM {table}",
            f"CREATE TABLE evil AS SELECT * FROM {table}",
            f"CREATE INDEX evil ON {table} ({_A_COLUMN[table]})",
            f"ALTER TABLE {table} ADD COLUMN evil",
            f"ALTER TABLE {table} RENAME COLUMN {_A_COLUMN[table]} TO evil",
            "DROP TABLE probe",
        ]
    )
    log.sql(statement)
    return Altered(statement, ("schema_altered",))


ALTERATIONS = {
    bytes_of_a_claim: 4,
    type_in_a_claim: 1,
    claim_removed: 2,
    claim_added: 2,
    bytes_of_a_snapshot: 5,
    field_of_a_snapshot: 6,
    type_in_a_snapshot: 2,
    snapshot_of_another: 1,
    snapshot_added: 2,
    projection_ahead: 1,
    version_of_tracking: 1,
    schema: 4,
}
