"""Messages as protobuf: each struct has the protobuf message of its name and fields.

Source: proto/*.proto, which `proto/make.py` turns into the classes used here.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from types import ModuleType
from typing import Any, Final, cast

from google.protobuf.message import DecodeError
from msgspec import ValidationError, convert
from msgspec.structs import asdict

from parlour.events.messages.beehive import common, group, node, private, push, room
from parlour.events.messages.beehive.packet import Message
from parlour.network.beehive.commands import ROWS
from parlour.network.beehive.frames import BODY_INVALID, PARSE, BodyRefused
from parlour.network.beehive.proto import (
    common_pb2,
    group_pb2,
    node_pb2,
    private_pb2,
    push_pb2,
    room_pb2,
)

_GENERATED: Final[dict[str, ModuleType]] = {
    common.__name__: common_pb2,
    private.__name__: private_pb2,
    group.__name__: group_pb2,
    room.__name__: room_pb2,
    push.__name__: push_pb2,
    node.__name__: node_pb2,
}


def _generated(message: type[Message]) -> Any:
    return getattr(_GENERATED[message.__module__], message.__name__)


CLASSES: Final[dict[type[Message], Any]] = {row.message: _generated(row.message) for row in ROWS}
"""The generated class of each struct."""


def _widths(generated: Any) -> tuple[tuple[str, int], ...]:
    fields = generated.DESCRIPTOR.fields
    limits = {field.TYPE_UINT32: 2**32 - 1 for field in fields}
    limits |= {field.TYPE_UINT64: 2**64 - 1 for field in fields}
    return tuple((field.name, limits[field.type]) for field in fields if field.type in limits)


LARGEST: Final[dict[type[Message], tuple[tuple[str, int], ...]]] = {
    message: _widths(generated) for message, generated in CLASSES.items()
}
"""The fields of each struct that hold numbers, none of them negative, with the largest number."""


def write(message: Message) -> bytes:
    """Return the body of a message; a field that is None is not in it."""
    # asdict is one call in C, and protobuf takes a keyword that is None for none at all.
    body: bytes = CLASSES[type(message)](**asdict(message)).SerializeToString()
    return body


def reader(message: type[Message]) -> Callable[[bytes], Message]:
    """Return what reads the bodies of a kind of message; it raises BodyRefused."""
    generated = CLASSES[message]
    parse = generated.FromString
    fields = generated.DESCRIPTOR.fields
    required = tuple(field.name for field in fields if field.is_required)
    optional = tuple(field.name for field in fields if not field.is_required)
    texts = tuple(field.name for field in fields if field.type == field.TYPE_STRING)
    get = _getter(required)

    def read(body: bytes) -> Message:
        try:
            parsed = parse(body)
        except DecodeError as error:
            raise BodyRefused(PARSE, "the body is not protobuf") from error
        if not parsed.IsInitialized():
            missing = ", ".join(parsed.FindInitializationErrors())
            raise BodyRefused(BODY_INVALID, f"the body has no {missing}")
        values = dict(zip(required, get(parsed), strict=True))
        for name in texts:
            if values[name].__class__ is not str:  # proto2 hands out what is not UTF-8 as bytes
                raise BodyRefused(PARSE, f"{name} is not UTF-8")
        for name in optional:
            if parsed.HasField(name):
                values[name] = getattr(parsed, name)
        return message(**values)

    def read_plain(body: bytes) -> Message:
        try:
            parsed = parse(body)
            if parsed.IsInitialized():
                return convert(parsed, message, from_attributes=True)  # all of it in C
        except (DecodeError, ValidationError):
            pass
        return read(body)  # which tells what is wrong

    return read if optional else read_plain


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    # attrgetter gives a tuple only for two names and more
    if len(names) > 1:
        return cast(Callable[[Any], tuple[Any, ...]], attrgetter(*names))
    return lambda parsed: tuple(getattr(parsed, name) for name in names)
