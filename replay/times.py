"""Times and how long things took, as people read them; for programs see `events.times`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from parlour.events.times import EPOCH, MICROSECONDS, moment


def parse(text: str) -> int:
    """Return the time that ISO 8601 text means: a date, or a date and time; UTC unless it says so.

    Raises:
        ValueError: It is none.
    """
    said = datetime.fromisoformat(text)
    return (said.replace(tzinfo=said.tzinfo or UTC) - EPOCH) // timedelta(microseconds=1)


def clock(at: int) -> str:
    """Return a time to the second, for people: `2026-11-21 07:00:00`."""
    return moment(at).replace(tzinfo=None).isoformat(" ", timespec="seconds")


def offset(micros: int) -> str:
    """Return how long after the start something happened: `+1:02.250`."""
    minutes, rest = divmod(abs(micros), 60 * MICROSECONDS)
    sign = "-" if micros < 0 else "+"
    return f"{sign}{minutes}:{rest / MICROSECONDS:06.3f}"


def duration(micros: int) -> str:
    """Return how long something took, for people: `3 min 21 s`."""
    seconds = max(micros, 0) / MICROSECONDS
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
