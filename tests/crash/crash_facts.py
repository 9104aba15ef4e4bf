"""What a log says, as plain data that two runs can be compared by."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from parlour.events.event import name_of
from parlour.events.reader import LogReader
from parlour.replay.audit import audit


class Fact(NamedTuple):
    """One event."""

    aggregate: str
    name: str
    """Its topic without the version: "landlord.passed"."""
    fields: dict[str, Any]
    """As in the log, without the time."""


def facts_of(folder: Path) -> list[Fact]:
    """Return all events of a log."""
    with LogReader(folder) as reader:
        return [_fact(row.originator_id, row.topic, row.state) for row in reader.rows()]


def _fact(aggregate: str, topic: str, state: bytes) -> Fact:
    fields = msgspec.json.decode(state)
    fields.pop("at", None)
    return Fact(aggregate, name_of(topic), fields)


def named(facts: list[Fact], *names: str) -> list[tuple[str, str, str]]:
    """Return the events of some names, in their order, as things that sort and compare."""
    return [
        (fact.aggregate, fact.name, msgspec.json.encode(fact.fields).decode())
        for fact in facts
        if fact.name in names
    ]


def findings_of(folder: Path) -> list[str]:
    """Return what the audit finds in a log, its streams too."""
    with LogReader(folder) as reader:
        return [str(finding) for finding in audit(reader).findings]
