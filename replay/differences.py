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


def unknown_fields(document: Any, kept: Any, path: str = "") -> Iterator[str]:
    """Yield the paths in a JSON document of fields that the struct read from it does not have."""
    if isinstance(kept, msgspec.Struct) and isinstance(document, dict):
        names = dict(zip(kept.__struct_encode_fields__, kept.__struct_fields__, strict=True))
        for key, value in document.items():
            inner = f"{path}.{key}" if path else key
            if key in names:
                yield from unknown_fields(value, getattr(kept, names[key]), inner)
            elif key != kept.__struct_config__.tag_field:
                yield inner
    elif isinstance(kept, dict) and isinstance(document, dict):
        read = {str(key): value for key, value in kept.items()}
        for key, value in document.items():
            yield from unknown_fields(value, read.get(key), f"{path}[{key}]")
    elif isinstance(kept, list | tuple) and isinstance(document, list):
        for index, pair in enumerate(zip(document, kept, strict=False)):
            yield from unknown_fields(*pair, f"{path}[{index}]")


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
