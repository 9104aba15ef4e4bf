"""The treasure game on the wire: frames and bodies, both ways. No sockets, no clock.

TCP: `u32le length | u16le service_id | JSON object`, length = 2 + body. WebSocket: the same
without `length`, one binary message a frame. Ids are per direction, so the lobby and the room
server each read by a table of their own. Source: docs/protocols/treasure.md, "Frames".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from parlour.events.errors import RemoteProtocolError, RuleViolation
from parlour.events.messages import treasure as wire
from parlour.network import websocket

HEADER: Final = struct.Struct("<I")
SERVICE: Final = struct.Struct("<H")
MAX_FRAME: Final = 65_536
"""Longest frame in bytes after its length: service id and body."""
_MAX_NUMBER: Final = 2**53
_ENCODER: Final = msgspec.json.Encoder()


class _Numbered(msgspec.Struct, frozen=True):
    seq: wire.Seq = msgspec.UNSET


_NUMBERED: Final = msgspec.json.Decoder(_Numbered)


def payload_of(message: Any) -> bytes:
    """Return service id and body of a message."""
    if type(message) is wire.Refusal:
        body = _ENCODER.encode({"code": message.code, **_seq(message.seq)})
    else:
        body = _ENCODER.encode(message)
    return SERVICE.pack(message.service) + body


def _seq(seq: wire.Seq) -> dict[str, int | str]:
    return {} if isinstance(seq, msgspec.UnsetType) else {"seq": seq}


class TcpFrames:
    """The dialect of TCP clients."""

    name: Final = "tcp"

    def encode(self, message: Any) -> bytes:
        """Return the whole frame of a message."""
        payload = payload_of(message)
        return HEADER.pack(len(payload)) + payload


class WebSocketFrames:
    """The dialect of WebSocket clients: one binary message a frame."""

    name: Final = "websocket"

    def encode(self, message: Any) -> bytes:
        """Return the whole WebSocket frame of a message."""
        return websocket.binary_frame(payload_of(message))


TCP: Final = TcpFrames()
WEBSOCKET: Final = WebSocketFrames()


class FrameCodec:
    """One TCP connection's frames, both ways; the node link has them too, with a higher limit."""

    dialect: Final = TCP

    def __init__(self, max_frame: int = MAX_FRAME) -> None:
        self.max_frame = max_frame
        self._buffer = bytearray()
        self._start = 0

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer."""
        if self._start:
            del self._buffer[: self._start]
            self._start = 0
        self._buffer += data

    def next_frame(self) -> bytes | None:
        """Return service id and body of the next frame, or None when more bytes are needed.

        Raises:
            RemoteProtocolError: The declared length is under 2 or over the limit.
        """
        end = self._start + HEADER.size
        if len(self._buffer) < end:
            return None
        (length,) = HEADER.unpack_from(self._buffer, self._start)
        # Refuse on the header alone: a peer must not make us buffer the body.
        if not SERVICE.size <= length <= self.max_frame:
            raise RemoteProtocolError(
                f"a frame is {SERVICE.size} to {self.max_frame} bytes, not {length}",
                code=wire.CODES["bad_body"],
            )
        if len(self._buffer) < end + length:
            return None
        self._start = end + length
        return bytes(memoryview(self._buffer)[end : end + length])


class RequestDecoder:
    """Reads what clients of one listener send."""

    def __init__(self, requests: Mapping[int, type[wire.Request]]) -> None:
        """`requests` has the struct of each service id."""
        self._decoders = {
            service: msgspec.json.Decoder(request) for service, request in requests.items()
        }

    def decode(self, payload: bytes) -> wire.Request:
        """Return the request in a frame.

        Raises:
            RuleViolation: "unknown_service" or "bad_body".
            RemoteProtocolError: A WebSocket message too short for a service id.
        """
        if len(payload) < SERVICE.size:
            raise RemoteProtocolError("a service id is missing", code=wire.CODES["bad_body"])
        (service,) = SERVICE.unpack_from(payload)
        body = payload[SERVICE.size :] or b"{}"
        decoder = self._decoders.get(service)
        if decoder is None:
            raise RuleViolation("unknown_service", f"no service {service} here")
        try:
            if not body.isascii():
                str(body, "utf-8")  # fields we do not know are skipped unread
            request = decoder.decode(body)
            _check_numbers(request)
        except (ValueError, RecursionError) as error:
            raise RuleViolation("bad_body", str(error)) from error
        return request


def heading_of(payload: bytes) -> tuple[int, wire.Seq]:
    """Return the service id of a request, and its number if that can be told: to answer it by."""
    if len(payload) < SERVICE.size:
        return 0, msgspec.UNSET
    (service,) = SERVICE.unpack_from(payload)
    return service, _seq_in(payload[SERVICE.size :])


def _check_numbers(request: wire.Request) -> None:
    for name in request.__struct_fields__:
        value = getattr(request, name)
        if isinstance(value, int) and not -_MAX_NUMBER <= value <= _MAX_NUMBER:
            raise ValueError(f"`{name}` is a number of at most 53 bits")


def _seq_in(body: bytes) -> wire.Seq:
    """Return the number of a request that is otherwise wrong, if it can be told."""
    try:
        seq = _NUMBERED.decode(body).seq
    except (ValueError, RecursionError):
        return msgspec.UNSET
    if isinstance(seq, int) and not -_MAX_NUMBER <= seq <= _MAX_NUMBER:
        return msgspec.UNSET
    return seq
