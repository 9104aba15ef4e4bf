"""Dou Dizhu frames: bytes in, requests out; messages in, bytes out. No sockets, no clock.

Source: docs/protocols/landlord.md, "Transports". A TCP frame is `u32le length | JSON`, length
1 to 8192. Clients of the family XOR every payload byte with 0x0D; the first payload byte of a
connection tells (`{` plain, `v` obfuscated), and the server answers in kind. Anything else is
read as plain, where it is either JSON of the wrong shape or no JSON at all.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from parlour.events.errors import RemoteProtocolError, RuleViolation
from parlour.events.messages.landlord import MALFORMED, GameReady, Message, Request

HEADER: Final = struct.Struct("<I")
MAX_FRAME: Final = 8192
"""Longest payload in bytes, on every transport."""
MAX_NONCE: Final = 64
"""Longest nonce in bytes of UTF-8."""
_FLIP: Final = bytes(byte ^ 0x0D for byte in range(256))
_OBFUSCATED_BRACE: Final = ord("{") ^ 0x0D
_INT64: Final = range(-(2**63), 2**63)
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Request)


def obfuscate(payload: bytes) -> bytes:
    """Return `payload` with every byte XORed with 0x0D; its own inverse."""
    return payload.translate(_FLIP)


class PlainFrames:
    """The dialect of TCP clients that speak plain JSON."""

    name: Final = "tcp"

    def encode(self, message: Message) -> bytes:
        """Return the whole frame of a message."""
        payload = _ENCODER.encode(message)
        return HEADER.pack(len(payload)) + payload


class ObfuscatedFrames:
    """The dialect of TCP clients that XOR their payload."""

    name: Final = "tcp-xor"

    def encode(self, message: Message) -> bytes:
        """Return the whole frame of a message; the header is never obfuscated."""
        payload = _ENCODER.encode(message)
        return HEADER.pack(len(payload)) + obfuscate(payload)


PLAIN: Final = PlainFrames()
OBFUSCATED: Final = ObfuscatedFrames()


class TcpCodec:
    """One connection's frames, both ways."""

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self._max_frame = max_frame
        self._buffer = bytearray()
        self._start = 0
        self._spoken = False
        self.dialect: PlainFrames | ObfuscatedFrames = PLAIN
        """How to answer; plain until the first payload byte has told."""

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer."""
        if self._start:
            del self._buffer[: self._start]
            self._start = 0
        self._buffer += data

    def next_frame(self) -> bytes | None:
        """Return the next payload in plain, or None when more bytes are needed.

        Raises:
            RemoteProtocolError: The declared length is 0 or over the limit.
        """
        end = self._start + HEADER.size
        if len(self._buffer) < end:
            return None
        (length,) = HEADER.unpack_from(self._buffer, self._start)
        # Refuse on the header alone: a peer must not make us buffer the body.
        if not 1 <= length <= self._max_frame:
            raise RemoteProtocolError(
                f"a frame is 1 to {self._max_frame} bytes, not {length}", code=MALFORMED
            )
        if len(self._buffer) < end + length:
            return None
        payload = bytes(memoryview(self._buffer)[end : end + length])
        self._start = end + length
        if not self._spoken:
            self._spoken = True
            if payload[0] == _OBFUSCATED_BRACE:
                self.dialect = OBFUSCATED
        return payload if self.dialect is PLAIN else obfuscate(payload)

    def encode(self, message: Message) -> bytes:
        """Return the frame that says `message` as this peer speaks."""
        return self.dialect.encode(message)


def decode(payload: bytes) -> Request:
    """Return the request in a payload that is in plain.

    Raises:
        RuleViolation: "malformed": JSON, but no request of this protocol.
        RemoteProtocolError: Not JSON (also: not UTF-8, nested too deeply to be read).
    """
    try:
        # A field we do not know is skipped unread, so its UTF-8 is checked here.
        str(payload, "utf-8")
        request: Request = _DECODER.decode(payload)
    except msgspec.DecodeError as error:
        _require_json(payload)
        raise RuleViolation("malformed", str(error)) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise RemoteProtocolError("the frame is not JSON", code=MALFORMED) from error
    _check_ranges(request)
    return request


def _require_json(payload: bytes) -> None:
    # The typed decoder stops at the first wrong field and never saw what follows it.
    try:
        msgspec.json.decode(payload)
    except msgspec.ValidationError:
        return
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RemoteProtocolError("the frame is not JSON", code=MALFORMED) from error


def _check_ranges(request: Request) -> None:
    for name in request.__struct_fields__:
        value = getattr(request, name)
        numbers = value if isinstance(value, tuple) else (value,)
        if any(isinstance(number, int) and number not in _INT64 for number in numbers):
            raise RuleViolation("malformed", f"an integer of 64 bits is expected at `$.{name}`")
    if isinstance(request, GameReady) and len(request.nonce.encode()) > MAX_NONCE:
        raise RuleViolation("malformed", f"a nonce is at most {MAX_NONCE} bytes of UTF-8")
