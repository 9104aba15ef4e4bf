"""Messages as JSON: the names of the struct's fields, bytes in base64, no body for `{}`.

Numbers are held to the widths their protobuf fields have (u32, u64): what one dialect takes,
every other can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from parlour.events.messages.beehive.packet import Message
from parlour.network.beehive import protobuf
from parlour.network.beehive.frames import BODY_INVALID, PARSE, BodyRefused

Body = TypeVar("Body", bound=msgspec.Struct)

write: Final[Callable[[msgspec.Struct], bytes]] = msgspec.json.Encoder().encode
"""Return the body of a message; a field that is None is not in it."""


def reader(message: type[Message]) -> Callable[[bytes], Message]:
    """Return what reads the bodies of a kind of message; it raises BodyRefused."""
    parse = shaped(message)
    largest = protobuf.LARGEST[message]

    def read(body: bytes) -> Message:
        parsed = parse(body)
        for name, limit in largest:
            require_number(name, getattr(parsed, name), limit)
        return parsed

    return read


def shaped(shape: type[Body]) -> Callable[[bytes], Body]:
    """Return what reads JSON of a shape, strictly but for unknown members; raises BodyRefused."""
    decode = msgspec.json.Decoder(shape).decode

    def parse(body: bytes) -> Body:
        body = body or b"{}"
        try:
            if not body.isascii():
                str(body, "utf-8")  # a member we do not know is skipped unread
            return decode(body)
        except msgspec.ValidationError as error:
            _require_json(body)
            raise BodyRefused(BODY_INVALID, str(error)) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BodyRefused(PARSE, "the body is not JSON") from error

    return parse


def require_number(name: str, number: int | None, limit: int) -> None:
    """Refuse a number that is negative or over its limit; there may be none.

    Raises:
        BodyRefused: It is.
    """
    if number is not None and not 0 <= number <= limit:
        raise BodyRefused(BODY_INVALID, f"{name} is not a number from 0 to {limit}")


def _require_json(body: bytes) -> None:
    # The typed decoder stops at the first wrong member and never saw what follows it.
    try:
        msgspec.json.decode(body)
    except msgspec.ValidationError:  # a number of thousands of digits
        return
    except (msgspec.DecodeError, RecursionError) as error:
        raise BodyRefused(PARSE, "the body is not JSON") from error
