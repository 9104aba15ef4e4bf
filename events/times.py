"""Times as other programs read them; inside, a time is microseconds since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MICROSECONDS = 1_000_000
"""In a second."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(at: int) -> datetime:
    """Return a time as a UTC datetime; what no calendar holds is shown as its end."""
    try:
        return EPOCH + timedelta(microseconds=at)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if at > 0 else datetime.min.replace(tzinfo=UTC)


def iso(at: int) -> str:
    """Return a time as ISO 8601 UTC with microseconds: `2026-11-21T07:00:00.123456Z`."""
    return moment(at).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
