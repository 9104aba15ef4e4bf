"""Packets of one beehive connection, both ways. No sockets, no clock.

Source: docs/protocols/beehive.md. The first packet tells which of three dialects a connection
speaks; every later one must be of the same. What cannot be cut out of the stream ends the
connection (RemoteProtocolError); what can, but is not understood, is answered (BodyRefused).
"""

from __future__ import annotations

import struct
from typing import Final

from parlour.events.errors import RemoteProtocolError
from parlour.events.messages.beehive.packet import Request
from parlour.network.beehive import v1, v2
from parlour.network.beehive.commands import CLIENT, NODE
from parlour.network.beehive.frames import (
    BODY_TOO_LONG,
    CHECKSUM,
    FLAG_EXTERNAL,
    FLAGS,
    HEADER_INVALID,
    NARROW,
    WIDE,
    BodyRefused,
    Dialect,
    Frame,
)

__all__ = ["MAX_BODY", "BeehiveCodec", "BodyRefused", "Dialect", "Frame"]

MAX_BODY: Final = 65_536
"""Longest body in bytes, unless the operator says otherwise."""
DETECTION_BYTES: Final = 16
"""So much of a packet tells whether its header is narrow or wide."""
_MARKS: Final = struct.Struct(">4xI4xI")
"""Of a narrow header: flag and chksum."""
_VERSION: Final = struct.Struct(">36xI")
"""Of a narrow header."""
_NARROW: Final = (v1.VERSION, v2.VERSION)
_WIDE: Final = 0
"""In place of a version: wide headers have none."""
_FORCED: Final = {"v1": v1.VERSION, "v2": v2.VERSION, "pb": _WIDE}


_Header = tuple[int, int, int, int, int, int, int]
"""Where the body begins and its length; key, seq, sid, flag, rsv."""


class BeehiveCodec:
    """One connection's packets.

    `forced` ("v1", "v2", "pb") is the dialect of a WebSocket that named one in its path.
    With `nodes` the commands of nodes are understood and those of clients are not.
    """

    def __init__(
        self, forced: str | None = None, max_body: int = MAX_BODY, *, nodes: bool = False
    ) -> None:
        self._max_body = max_body
        self._nodes = nodes
        self._buffer: bytes | bytearray = b""
        """What is being cut: as it came, or, of a packet in pieces, as it is put together."""
        self._start = 0
        self._spoken: int | None = None
        """A version, or `_WIDE`; None before detection."""
        self.dialect: Dialect = v2.NODES_JSON if nodes else v2.JSON
        """How to answer: v2's until the first header has told."""
        if forced is not None:
            self._speak(_FORCED[forced])

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer."""
        buffer = self._buffer
        if self._start == len(buffer):
            self._buffer = data
        elif isinstance(buffer, bytearray):
            del buffer[: self._start]
            buffer += data
        else:
            self._buffer = bytearray(memoryview(buffer)[self._start :])
            self._buffer += data
        self._start = 0

    def next_frame(self) -> Frame | None:
        """Return the next packet, or None when more bytes are needed.

        Raises:
            RemoteProtocolError: 20010, the header is not of this connection's dialect, or of
                none; 10018, the body is over the limit.
        """
        buffer, start = self._buffer, self._start
        end = len(buffer)
        if start == end:  # what a peer writes at once comes at once, nearly always
            self._buffer, self._start = b"", 0
            return None
        cut = self._cut(buffer, start, end)
        if cut is None:
            return None
        frame, self._start = cut
        return frame

    def read_packet(self, message: bytes) -> Frame:
        """Return the packet that is a whole message of a WebSocket.

        Raises:
            RemoteProtocolError: As `next_frame`; and 20010 when it is not exactly one packet.
        """
        cut = self._cut(message, 0, len(message))
        if cut is None or cut[1] != len(message):
            raise RemoteProtocolError("a message is one packet", code=HEADER_INVALID)
        return cut[0]

    def decode(self, frame: Frame) -> Request:
        """Return what a packet says.

        Raises:
            BodyRefused: 10007, nobody may say that here; 20005, the body is not JSON or not
                protobuf; 20011, it has the wrong shape.
        """
        return self.dialect.decode(frame)

    def _cut(self, data: bytes | bytearray, start: int, end: int) -> tuple[Frame, int] | None:
        """Return the packet that begins at `start`, and where the next one begins."""
        if self._spoken is None:
            if end - start < NARROW.size:
                return None
            self._detect(data, start)
        header = self._wide if self._spoken == _WIDE else self._narrow
        read = header(data, start, end)
        if read is None:
            return None
        body_at, length, key, seq, sid, flag, rsv = read
        # Refused on the header alone: a peer must not make us buffer the body.
        if length > self._max_body:
            raise RemoteProtocolError(
                f"a body is at most {self._max_body} bytes, not {length}", code=BODY_TOO_LONG
            )
        stop = body_at + length
        if end < stop:
            return None
        return Frame(key, seq, sid, bytes(data[body_at:stop]), flag, rsv), stop

    def _detect(self, data: bytes | bytearray, start: int) -> None:
        flag, checksum = _MARKS.unpack_from(data, start)
        (version,) = _VERSION.unpack_from(data, start)
        if flag not in FLAGS or (checksum != CHECKSUM and version not in _NARROW):
            self._speak(_WIDE)
            return
        if version not in _NARROW:
            raise RemoteProtocolError(f"no version {version}", code=HEADER_INVALID)
        self._speak(version)  # also where the checksum is wrong: a wide one would have a dsid

    def _speak(self, version: int) -> None:
        self._spoken = version
        if version == v1.VERSION:
            self.dialect = v1.V1Frames(NODE if self._nodes else CLIENT)
        elif version == v2.VERSION:
            self.dialect = v2.NODES_JSON if self._nodes else v2.JSON
        else:
            self.dialect = v2.NODES_PROTOBUF if self._nodes else v2.PROTOBUF

    def _narrow(self, data: bytes | bytearray, start: int, end: int) -> _Header | None:
        body_at = start + NARROW.size
        if end < body_at:
            return None
        key, flag, length, checksum, sid, _, seq, version, rsv = NARROW.unpack_from(data, start)
        if checksum != CHECKSUM or flag not in FLAGS or version != self._spoken:
            raise RemoteProtocolError("not a header of this dialect", code=HEADER_INVALID)
        return body_at, length, key, seq, sid, flag, rsv if version == v1.VERSION else 0

    @staticmethod
    def _wide(data: bytes | bytearray, start: int, end: int) -> _Header | None:
        body_at = start + WIDE.size
        if end < body_at:
            if end - start >= DETECTION_BYTES:
                _refuse_narrow(*_MARKS.unpack_from(data, start))
            return None
        key, length, sid, _, _, seq, _, _ = WIDE.unpack_from(data, start)
        _refuse_narrow(length, sid & 0xFFFFFFFF)  # what stands where a narrow one has its marks
        return body_at, length, key, seq, sid, FLAG_EXTERNAL, 0


def _refuse_narrow(flag: int, checksum: int) -> None:
    """Refuse a narrow header among wide ones: no sid ends in the checksum."""
    if checksum == CHECKSUM and flag in FLAGS:
        raise RemoteProtocolError("not a header of this dialect", code=HEADER_INVALID)
