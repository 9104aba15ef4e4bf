"""The file itself: whether SQLite finds it sound, and whether no projection is ahead of it."""

from __future__ import annotations

from collections.abc import Iterable

from parlour.replay.findings import Findings, Where


def examine_file(faults: Iterable[str], findings: Findings) -> None:
    """Tell what SQLite's own check found, line by line."""
    for fault in faults:
        findings.add("file_damaged", Where(), f"SQLite: {fault}", found=fault)


def examine_tracking(tracking: Iterable[tuple[str, int]], last: int, findings: Findings) -> None:
    """Tell which projections say they have read beyond position `last`, the log's end."""
    for name, position in tracking:
        if not isinstance(position, int) or position > last:
            findings.add(
                "tracking_ahead",
                Where(),
                f"projection {name} has read to {position}, the log goes to {last}",
                field="notification_id",
                expected=last,
                found=position,
            )
