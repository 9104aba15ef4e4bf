"""Techmino's messages: payloads in, requests out. No sockets, no clock.

Source: docs/protocols/techmino.md, section 2. A request is `{"action": N, "data": {…}}`; which
struct `data` is depends on the endpoint and N (`handlers.ACTIONS`). What cannot be read is
answered with a Warn and forgotten: nothing here ends a connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from parlour.events.errors import RuleViolation
from parlour.events.messages.techmino import common

MAX_MESSAGE: Final = 1 << 20
"""Longest message of a client in bytes."""
NAME_BYTES: Final = 256
"""Longest name of a room."""
PASSWORD_BYTES: Final = 1024
"""Longest password."""
_MAX_NUMBER: Final = 2**53
"""Numbers survive readers that know only doubles, the clients themselves among them."""
_NO_DATA: Final = msgspec.Raw(b"{}")


class Lengths(NamedTuple):
    """Longest texts in bytes of UTF-8 (`TechminoSettings`)."""

    message: int
    config: int
    chunk: int


class _Envelope(msgspec.Struct, frozen=True):
    action: int
    data: msgspec.Raw = _NO_DATA


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)


class RequestDecoder:
    """Reads what a client of one endpoint says."""

    def __init__(self, requests: Mapping[int, type[common.Request]], lengths: Lengths) -> None:
        """`requests` has the struct of each action."""
        self._decoders = {
            action: msgspec.json.Decoder(request) for action, request in requests.items()
        }
        limits = {
            "message": lengths.message,
            "config": lengths.config,
            "stream": lengths.chunk,
            "name": NAME_BYTES,
            "password": PASSWORD_BYTES,
        }
        self._limits = {
            request: tuple(
                (name, limits[name]) for name in request.__struct_fields__ if name in limits
            )
            for request in requests.values()
        }

    def decode(self, payload: bytes) -> common.Request:
        """Return the request in a message.

        Raises:
            RuleViolation: "malformed", with what is wrong, or "unknown_action".
        """
        try:
            if not payload.isascii():
                str(payload, "utf-8")  # fields we do not know are skipped unread
            envelope = _ENVELOPE.decode(payload)
            decoder = self._decoders.get(envelope.action)
            if decoder is None:
                raise RuleViolation("unknown_action", common.ACTION_NOT_FOUND)
            request: common.Request = decoder.decode(envelope.data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RuleViolation("malformed", what_is_wrong(error)) from error
        self._check(request)
        return request

    def _check(self, request: common.Request) -> None:
        for name, limit in self._limits[type(request)]:
            text: str | None = getattr(request, name)
            if text is not None and len(text) * 4 > limit and len(text.encode()) > limit:
                raise RuleViolation("malformed", f"`{name}` is at most {limit} bytes")
        for name in _numbers(type(request)):
            _check_number(name, getattr(request, name))


def what_is_wrong(error: Exception) -> str:
    """Return the words for JSON that cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


_NUMBERS: dict[type, tuple[str, ...]] = {}


def _numbers(request: type[common.Request]) -> tuple[str, ...]:
    """Return the fields of a request that hold numbers."""
    found = _NUMBERS.get(request)
    if found is None:
        hints = {field.name: field.type for field in msgspec.structs.fields(request)}
        found = _NUMBERS[request] = tuple(name for name, hint in hints.items() if _is_number(hint))
    return found


def _is_number(hint: Any) -> bool:
    return any(kind in (int, float) for kind in getattr(hint, "__args__", (hint,)))


def _check_number(name: str, number: float | None) -> None:
    if number is not None and not abs(number) <= _MAX_NUMBER:  # also true of NaN
        raise RuleViolation("malformed", f"`{name}` is a number up to 2^53")
    if number is not None and number < 0 and name in ("begin", "count"):
        raise RuleViolation("malformed", f"`{name}` is not negative")
