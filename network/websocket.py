"""WebSocket frames as a server sends them (RFC 6455, section 5): final and unmasked.

Frames are built here and written straight to the transport, so that many frames share one
write; aiohttp does the handshake and reads what clients send. Only bytes here, no sockets.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import msgspec

_TEXT, _CLOSE, _PONG = 0x81, 0x88, 0x8A
_ENCODER: Final = msgspec.json.Encoder()


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65536:
        return struct.pack(">BBH", first, 126, size) + payload
    return struct.pack(">BBQ", first, 127, size) + payload


def text_frame(payload: bytes) -> bytes:
    """Return one whole text frame; `payload` is UTF-8."""
    return _frame(_TEXT, payload)


def pong_frame(payload: bytes) -> bytes:
    """Return the answer to a ping, at most 125 bytes."""
    return _frame(_PONG, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a close frame; the reason is cut to the 123 bytes a control frame has room for."""
    text = reason.encode()[:123].decode(errors="ignore").encode()
    return _frame(_CLOSE, struct.pack(">H", code) + text)


class JsonText:
    """The dialect of every protocol that is one JSON object a text frame."""

    name: Final = "websocket"

    def encode(self, message: Any) -> bytes:
        """Return the whole frame of a message."""
        return text_frame(_ENCODER.encode(message))


JSON_TEXT: Final = JsonText()
