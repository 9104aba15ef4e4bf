"""Where two facts differ, field by field, down to the one value that is not the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from parlour.events.event import Event, name_of, topic_of


class Difference(NamedTuple):
    """One field with two values."""

    field: str
    """Path of the field: `lines[1].change`."""
    expected: Any
    found: Any


def differences(expected: Any, found: Any, path: str = "") -> Iterator[Difference]:
    """Yield the fields in which `found` is not as expected, in their declared order.

    Structs of one type are compared by field and tuples of one length by element; a set of
    cards is told whole, because a reader wants to see the hand and not its third card.
    """
    if expected == found:
        return
    if isinstance(expected, msgspec.Struct) and type(expected) is type(found):
        for name in expected.__struct_fields__:
            inner = f"{path}.{name}" if path else name
            yield from differences(getattr(expected, name), getattr(found, name), inner)
    elif _alike(expected, found):
        for index, pair in enumerate(zip(expected, found, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    else:
        yield Difference(path, expected, found)


def told(event: Event) -> dict[str, Any]:
    """Return an event with its name, as output shows it."""
    fields = msgspec.to_builtins(event)
    return {"name": name_of(topic_of(event)), **fields}


def _alike(expected: Any, found: Any) -> bool:
    return (
        isinstance(expected, tuple)
        and isinstance(found, tuple)
        and len(expected) == len(found)
        and any(isinstance(value, msgspec.Struct) for value in expected)
    )
