"""Times as people and other programs read them; inside, a time is microseconds since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(at: int) -> datetime:
    """Return a time as a UTC datetime; what no calendar holds is shown as its end."""
    try:
        return _EPOCH + timedelta(microseconds=at)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if at > 0 else datetime.min.replace(tzinfo=UTC)


def parse(text: str) -> int:
    """Return the time that ISO 8601 text means: a date, or a date and time; UTC unless it says so.

    Raises:
        ValueError: It is none.
    """
    said = datetime.fromisoformat(text)
    return (said.replace(tzinfo=said.tzinfo or UTC) - _EPOCH) // timedelta(microseconds=1)


def iso(at: int) -> str:
    """Return a time as ISO 8601 UTC with microseconds: `2026-11-21T07:00:00.123456Z`."""
    return moment(at).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def clock(at: int) -> str:
    """Return a time to the second, for people: `2026-11-21 07:00:00`."""
    return moment(at).replace(tzinfo=None).isoformat(" ", timespec="seconds")


def offset(micros: int) -> str:
    """Return how long after the start something happened: `+1:02.250`."""
    minutes, rest = divmod(abs(micros), 60_000_000)
    sign = "-" if micros < 0 else "+"
    return f"{sign}{minutes}:{rest / 1_000_000:06.3f}"


def duration(micros: int) -> str:
    """Return how long something took, for people: `3 min 21 s`."""
    seconds = max(micros, 0) / 1_000_000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
