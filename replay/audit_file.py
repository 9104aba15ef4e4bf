"""The file itself: whether SQLite finds it sound, what it is made of, how far projections are."""

from __future__ import annotations

from collections.abc import Iterable

from parlour.events.datastore import LogDatastore
from parlour.events.reader import MIGRATION
from parlour.events.recorder import SealedSQLiteRecorder
from parlour.events.schema import SchemaObject, differences
from parlour.replay.findings import Findings, Where

_TRACKING_VERSION = 1
"""What eventsourcing notes in a table it made; at 0 it would make the table anew."""


def examine_file(faults: Iterable[str], findings: Findings) -> None:
    """Tell what SQLite's own check found, line by line."""
    for fault in faults:
        findings.add("file_damaged", Where(), f"SQLite: {fault}", found=fault)


def examine_schema(schema: Iterable[SchemaObject], findings: Findings) -> None:
    """Tell what the file is made of besides, or otherwise than, a fresh log."""
    for one in differences(_fresh_schema(), schema):
        findings.add(
            "schema_altered",
            Where(),
            one.detail,
            field="sql",
            expected=one.expected,
            found=one.found,
        )


def _fresh_schema() -> list[SchemaObject]:
    recorder = SealedSQLiteRecorder(LogDatastore(":memory:"))
    try:
        recorder.create_table()
        return recorder.schema()
    finally:
        recorder.close()


def examine_tracking(tracking: Iterable[tuple[str, int]], last: int, findings: Findings) -> None:
    """Tell which projections say they have read beyond position `last`, the log's end."""
    version: object = None
    for name, position in tracking:
        if name == MIGRATION:
            version = position
        elif not isinstance(position, int) or position > last:
            findings.add(
                "tracking_ahead",
                Where(),
                f"projection {name} has read to {position}, the log goes to {last}",
                field="notification_id",
                expected=last,
                found=position,
            )
    if version != _TRACKING_VERSION:
        findings.add(
            "tracking_altered",
            Where(),
            f"the version of the table of projections is {version}",
            field="notification_id",
            expected=_TRACKING_VERSION,
            found=version,
        )
