"""Protobuf by hand: just enough of proto2 to write and read the bodies of commands.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


class Field(NamedTuple):
    """One field of a body."""

    name: str
    number: int
    type: str
    optional: bool


def varint(number: int) -> bytes:
    """Return a base 128 varint."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def tag(number: int, kind: int) -> bytes:
    """Return what stands before a value."""
    return varint(number << 3 | kind)


def write(fields: Sequence[Field], values: Mapping[str, Any]) -> bytes:
    """Return a body; a field without a value is left out, required or not."""
    out = b""
    for field in fields:
        value = values.get(field.name)
        if value is None:
            continue
        if field.type in ("uint64", "uint32"):
            out += tag(field.number, VARINT) + varint(value)
        else:
            content = value.encode() if field.type == "string" else bytes(value)
            out += tag(field.number, LENGTH) + varint(len(content)) + content
    return out


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def read(fields: Sequence[Field], data: bytes) -> dict[str, Any]:
    """Return the values of a body.

    It must be as strict writers write it: known fields in the order of their numbers, none twice.
    """
    by_number = {field.number: field for field in fields}
    values: dict[str, Any] = {}
    at = last = 0
    while at < len(data):
        key, at = _varint(data, at)
        field = by_number[key >> 3]
        assert field.number > last, f"{field.name} is out of order"
        last = field.number
        value, at = _varint(data, at)
        if field.type in ("uint64", "uint32"):
            assert key & 7 == VARINT, field
            assert value < 2 ** int(field.type[4:]), field
            values[field.name] = value
        else:
            assert key & 7 == LENGTH, field
            content = data[at : at + value]
            assert len(content) == value, f"{field.name} is cut off"
            at += value
            values[field.name] = content.decode() if field.type == "string" else content
    return values
