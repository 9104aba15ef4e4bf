"""WebSocket frames (RFC 6455, section 5), both ways. Only bytes here, no sockets.

Frames of the server are final and unmasked; they are built here and written straight to the
transport, so that many frames share one write. What clients send is read by `FrameReader`,
which refuses a frame by its header, before a byte of its body is kept.
"""

from __future__ import annotations

import struct
from typing import Any, Final, NamedTuple

import msgspec

from parlour.events.errors import RemoteProtocolError

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
OPCODES: Final = frozenset((CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG))
MAX_CONTROL: Final = 125
"""Longest payload of a ping, pong or close."""

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
NO_STATUS: Final = 1005
"""Never sent: what a close frame without a code means."""
BAD_CONTENT: Final = 1007
POLICY: Final = 1008
TOO_BIG: Final = 1009
INTERNAL: Final = 1011

_FIN: Final = 0x80
_RESERVED: Final = 0x70
_MASKED: Final = 0x80
_CONTROL: Final = 0x8
_KEY: Final = 4
"""Bytes of a masking key."""
_LENGTH16: Final = struct.Struct(">H")
_LENGTH64: Final = struct.Struct(">Q")
_ENCODER: Final = msgspec.json.Encoder()


# --- what the server sends -----------------------------------------------------------------


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65536:
        return struct.pack(">BBH", first, 126, size) + payload
    return struct.pack(">BBQ", first, 127, size) + payload


def text_frame(payload: bytes) -> bytes:
    """Return one whole text frame; `payload` is UTF-8."""
    return _frame(_FIN | TEXT, payload)


def binary_frame(payload: bytes) -> bytes:
    """Return one whole binary frame."""
    return _frame(_FIN | BINARY, payload)


def pong_frame(payload: bytes) -> bytes:
    """Return the answer to a ping, at most 125 bytes."""
    return _frame(_FIN | PONG, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a close frame; the reason is cut to the 123 bytes a control frame has room for."""
    if code == NO_STATUS:
        return _frame(_FIN | CLOSE, b"")
    text = reason.encode()[: MAX_CONTROL - 2].decode(errors="ignore").encode()
    return _frame(_FIN | CLOSE, _LENGTH16.pack(code) + text)


PING_FRAME: Final = _frame(_FIN | PING, b"")
"""Are you there?"""


def frame_end(data: bytes, start: int) -> int:
    """Return where a frame of ours that begins at `start` ends."""
    size = data[start + 1]
    if size < 126:
        return start + 2 + size
    if size == 126:
        return start + 4 + int(_LENGTH16.unpack_from(data, start + 2)[0])
    return start + 10 + int(_LENGTH64.unpack_from(data, start + 2)[0])


class JsonText:
    """The dialect of every protocol that is one JSON object a text frame."""

    name: Final = "websocket"

    def encode(self, message: Any) -> bytes:
        """Return the whole frame of a message."""
        return text_frame(_ENCODER.encode(message))


class JsonBinary:
    """The same in binary frames."""

    name: Final = "websocket-binary"

    def encode(self, message: Any) -> bytes:
        """Return the whole frame of a message."""
        return binary_frame(_ENCODER.encode(message))


JSON_TEXT: Final = JsonText()
JSON_BINARY: Final = JsonBinary()


# --- what clients send ---------------------------------------------------------------------


class Frame(NamedTuple):
    """What a client sent: a whole message, or a control frame."""

    opcode: int
    """TEXT or BINARY with the whole message; PING, PONG or CLOSE.

    CONTINUATION stands for a piece of a message whose end is not there yet.
    """
    payload: bytes


_PIECE: Final = Frame(CONTINUATION, b"")


class FrameReader:
    """One client's frames; the errors it raises carry the close code."""

    __slots__ = ("_buffer", "_limit", "_opcode", "_pieces", "_start")

    def __init__(self, limit: int) -> None:
        """`limit` is the most bytes of one message, however many frames it comes in."""
        self._limit = limit
        self._buffer = bytearray()
        self._start = 0
        self._opcode = CONTINUATION
        """Of the message that is coming in pieces; CONTINUATION for none."""
        self._pieces: bytearray | None = None

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer."""
        if self._start:
            del self._buffer[: self._start]
            self._start = 0
        self._buffer += data

    def next_frame(self) -> Frame | None:
        """Return the next frame, or None when more bytes are needed.

        Raises:
            RemoteProtocolError: The client may not send that; 1002, 1007 or 1009.
        """
        buffer, start = self._buffer, self._start
        there = len(buffer) - start
        if there < 2:
            return None
        first, second = buffer[start], buffer[start + 1]
        size = second & 0x7F
        self._check_header(first, second, size)
        body = start + 2
        if size == 126:
            if there < 4:
                return None
            (size,) = _LENGTH16.unpack_from(buffer, body)
            _check_shortest(size, 126)
            body += 2
        elif size == 127:
            if there < 10:
                return None
            (size,) = _LENGTH64.unpack_from(buffer, body)
            _check_shortest(size, 65536)
            body += 8
        if not first & _CONTROL:
            self._check_size(size)
        end = body + _KEY + size
        if len(buffer) < end:
            return None
        payload = _unmask(buffer, body, end)
        if end == len(buffer):
            buffer.clear()
            self._start = 0
        else:
            self._start = end
        return self._whole(first, payload)

    def _check_header(self, first: int, second: int, size: int) -> None:
        opcode = first & 0x0F
        if first & _RESERVED or opcode not in OPCODES:
            raise _broken("reserved bits or an unknown opcode")
        if not second & _MASKED:
            raise _broken("a client's frame is masked")
        if opcode & _CONTROL:
            if size > MAX_CONTROL or not first & _FIN:
                raise _broken("a control frame is whole, and 125 bytes at most")
        elif (opcode == CONTINUATION) != (self._pieces is not None):
            raise _broken("a message begins before another has ended, or goes on without one")

    def _check_size(self, size: int) -> None:
        if self._pieces is not None:
            size += len(self._pieces)
        if size > self._limit:
            raise RemoteProtocolError(f"a message is at most {self._limit} bytes", code=TOO_BIG)

    def _whole(self, first: int, payload: bytes) -> Frame:
        opcode = first & 0x0F
        if opcode & _CONTROL:
            return Frame(opcode, payload)
        if first & _FIN and self._pieces is None:
            return _checked(opcode, payload)
        if self._pieces is None:
            self._opcode, self._pieces = opcode, bytearray()
        self._pieces += payload
        if not first & _FIN:
            return _PIECE
        message, self._pieces = bytes(self._pieces), None
        return _checked(self._opcode, message)


def _checked(opcode: int, message: bytes) -> Frame:
    if opcode == TEXT and not message.isascii():
        try:
            message.decode()
        except UnicodeDecodeError as error:
            raise RemoteProtocolError("text is UTF-8", code=BAD_CONTENT) from error
    return Frame(opcode, message)


def _unmask(buffer: bytearray, body: int, end: int) -> bytes:
    """Return the payload that follows its key (section 5.3), XORed as one long integer."""
    size = end - body - _KEY
    if not size:
        return b""
    key = (buffer[body : body + _KEY] * (size // _KEY + 1))[:size]
    masked = int.from_bytes(buffer[body + _KEY : end], "little")
    return (masked ^ int.from_bytes(key, "little")).to_bytes(size, "little")


def _check_shortest(size: int, least: int) -> None:
    if size < least:
        raise _broken("a length is written in the fewest bytes (section 5.2)")


def _broken(what: str) -> RemoteProtocolError:
    return RemoteProtocolError(what, code=PROTOCOL_ERROR)


def close_code(payload: bytes) -> int:
    """Return the code of a client's close frame, NO_STATUS when it has none.

    Raises:
        RemoteProtocolError: 1002 for a code nobody may send, 1007 for a reason not in UTF-8.
    """
    if not payload:
        return NO_STATUS
    if len(payload) == 1:
        raise _broken("a close code has two bytes")
    (code,) = _LENGTH16.unpack_from(payload)
    if not (3000 <= code < 5000 or (1000 <= code < 1015 and code not in (1004, 1005, 1006))):
        raise _broken(f"{code} is no close code")
    try:
        payload[2:].decode()
    except UnicodeDecodeError as error:
        raise RemoteProtocolError("a close reason is UTF-8", code=BAD_CONTENT) from error
    return int(code)
