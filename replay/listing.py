"""The events of a log as they lie there, one line each; hashes of passwords are not shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

import parlour.events.kinds  # noqa: F401  # registers every event: one not known is shown raw
from parlour.events.errors import CorruptLog
from parlour.events.event import decode, name_of
from parlour.events.reader import LogReader, Row, readable
from parlour.events.times import iso

HASHES: Final = frozenset({"password", "digest", "ticket"})
"""Fields that hold a hash of something secret: good for nothing but guessing it."""


def entries(
    reader: LogReader, *, start: int = 1, aggregate: str | None = None, name: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield events as dictionaries, in order of position.

    Args:
        reader: The log.
        start: The first position.
        aggregate: Only events of this aggregate.
        name: Only events of this name, or of this topic.
    """
    for row in reader.rows(after=start - 1):
        if aggregate is not None and row.originator_id != aggregate:
            continue
        if name is not None and name not in (row.topic, name_of(str(row.topic))):
            continue
        yield entry(row)


def entry(row: Row) -> dict[str, Any]:
    """Return an event with where it stands; one that does not decode is given as it is."""
    head: dict[str, Any] = {
        "position": row.position,
        "originator_id": _text(row.originator_id),
        "version": row.version,
        "at": None,
        "name": readable(name_of(str(row.topic))),
    }
    try:
        event = decode(row.topic, row.state)
    except CorruptLog as error:
        return {**head, "error": readable(str(error)), "state": _text(row.state)}
    head["at"] = iso(event.at)
    fields = without_hashes(msgspec.to_builtins(event))
    del fields["at"]
    # An account's `name` is not the event's.
    return head | {f"own_{name}" if name in head else name: fields[name] for name in fields}


def without_hashes(fields: dict[str, Any]) -> dict[str, Any]:
    """Return an event's fields without the hashes in them."""
    return {name: value for name, value in fields.items() if name not in HASHES}


def line(entry: dict[str, Any]) -> str:
    """Return an entry as one line for people."""
    fields = {
        name: value
        for name, value in entry.items()
        if name not in ("position", "originator_id", "version", "at", "name")
    }
    where = f"{entry['position']:>8}  {entry['at'] or '?':27}  {entry['originator_id']}"
    return f"{where} v{entry['version']}  {entry['name']}  {msgspec.json.encode(fields).decode()}"


def _text(value: object) -> str:
    if isinstance(value, str):
        return readable(value)
    return value.decode(errors="replace") if isinstance(value, bytes) else repr(value)
