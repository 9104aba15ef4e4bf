"""What a file must be made of to be a log: tables, and nothing that acts by itself.

SQLite runs triggers and reads views as if they were what Parlour wrote; neither is part of a log.
Pure: objects in, differences out. The pattern is whatever a fresh log is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

TABLES = (
    "CREATE TABLE IF NOT EXISTS seals (number INTEGER PRIMARY KEY, first_position INTEGER, "
    "last_position INTEGER, digest BLOB, signature BLOB, marks BLOB)",
    "CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, originator_id TEXT, "
    "position INTEGER) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS snapshots (originator_id TEXT PRIMARY KEY, "
    "originator_version INTEGER, topic TEXT, state BLOB)",
    "CREATE TABLE IF NOT EXISTS probe (filler BLOB)",
)
"""Tables beside those that eventsourcing makes."""

_ACTING: Final = frozenset({"trigger", "view"})
_OWN_PREFIX: Final = "sqlite_"
"""SQLite keeps such names to itself: indexes of keys, statistics."""


class SchemaObject(NamedTuple):
    """A table, index, view or trigger, as `sqlite_master` has it."""

    kind: str
    name: str
    sql: str | None
    """How it was made; None for what SQLite makes itself."""


class SchemaDifference(NamedTuple):
    """An object that is not as in a fresh log."""

    kind: str
    name: str
    detail: str
    expected: str | None
    found: str | None


def acting(objects: Iterable[SchemaObject]) -> SchemaObject | None:
    """Return a trigger or a view among `objects`, None when there is none."""
    return next((one for one in objects if one.kind in _ACTING), None)


def differences(
    expected: Iterable[SchemaObject], found: Iterable[SchemaObject]
) -> Iterator[SchemaDifference]:
    """Yield what is added, changed or missing, in order of name."""
    wanted, present = _by_name(expected), _by_name(found)
    for name in sorted(wanted.keys() | present.keys()):
        pattern, one = wanted.get(name), present.get(name)
        if one is None and pattern is not None:
            detail = f"the {pattern.kind} {name} is missing"
            yield SchemaDifference(pattern.kind, name, detail, pattern.sql, None)
        elif one is not None and pattern is None:
            detail = f"the {one.kind} {name} is none of a log's"
            yield SchemaDifference(one.kind, name, detail, None, one.sql)
        elif one is not None and pattern is not None and _plain(one) != _plain(pattern):
            detail = f"the {one.kind} {name} is not made like the {pattern.kind} of a log"
            yield SchemaDifference(one.kind, name, detail, pattern.sql, one.sql)


def _by_name(objects: Iterable[SchemaObject]) -> dict[str, SchemaObject]:
    return {
        str(one.name): one
        for one in objects
        if one.kind in _ACTING or not str(one.name).startswith(_OWN_PREFIX)
    }


def _plain(one: SchemaObject) -> tuple[str, str]:
    # The library that makes two of the tables may one day break its lines elsewhere.
    return one.kind, " ".join(str(one.sql).split())
