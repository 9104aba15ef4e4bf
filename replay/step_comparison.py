"""What the rules give, compared event by event with what was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from parlour.events.event import Event
from parlour.events.reader import Recorded
from parlour.replay.differences import differences, told


class Fault(NamedTuple):
    """Something recorded that is not what the rules give."""

    recorded: Recorded
    detail: str
    field: str | None = None
    """None when it is the whole event."""
    expected: Any = None
    found: Any = None


class Comparison(NamedTuple):
    """What a comparison found; it ends with the first event that is not as expected."""

    looked_at: int
    """Recorded events."""
    faults: Sequence[Fault]


def compare(steps: Sequence[Recorded], answer: Sequence[Event]) -> Comparison:
    """Compare recorded events with what the rules give for their cause.

    Args:
        steps: At least one; more may follow than the rules gave.
        answer: What the rules gave.
    """
    for number, expected in enumerate(answer):
        if number == len(steps):
            missing = Fault(steps[-1], "what must follow is not there", expected=told(expected))
            return Comparison(number, [missing])
        if steps[number].event != expected:
            return Comparison(number + 1, list(_faults(steps[number], expected)))
    return Comparison(len(answer), [])


def _faults(recorded: Recorded, expected: Event) -> Iterator[Fault]:
    if type(expected) is not type(recorded.event):
        yield Fault(
            recorded,
            "the rules give another event here",
            expected=told(expected),
            found=told(recorded.event),
        )
        return
    for field, wanted, found in differences(expected, recorded.event):
        yield Fault(recorded, "the rules give another value here", field, wanted, found)
