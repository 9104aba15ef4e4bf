"""One connection of a client, over TCP or as a WebSocket: both take and give the frames of TCP."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

from parlour.network import websocket
from parlour.network.demo.techmino_client import masked_frame

if TYPE_CHECKING:
    from sim_people import Person

_UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n"
)


class Gone(Exception):
    """The connection is over, one way or another."""


class Pipe:
    """Over TCP: bytes as they are."""

    def __init__(
        self, person: Person, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.person = person
        self.reader = reader
        self.writer = writer

    def write(self, frame: bytes) -> None:
        """Send one frame."""
        self.writer.write(frame)

    def write_raw(self, data: bytes) -> None:
        """Send bytes that are no frame."""
        self.writer.write(data)

    async def read(self, seconds: float) -> bytes | None:
        """Return what comes, None when nothing comes for so long.

        Raises:
            Gone: Nothing ever will.
        """
        return await self.person.read(self.reader, seconds)


class WebSocketPipe(Pipe):
    """A frame is a message, without the length that TCP needs (`head`, None for none)."""

    def __init__(
        self,
        person: Person,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        head: struct.Struct | None,
    ) -> None:
        super().__init__(person, reader, writer)
        self._head = head
        self._buffer = b""

    def write(self, frame: bytes) -> None:
        payload = frame if self._head is None else frame[self._head.size :]
        self.writer.write(masked_frame(payload, websocket.BINARY))

    async def read(self, seconds: float) -> bytes | None:
        data = await super().read(seconds)
        self._buffer += data or b""
        found = []
        while (end := frame_end(self._buffer)) is not None:
            frame, self._buffer = self._buffer[:end], self._buffer[end:]
            opcode, size = frame[0] & 0x0F, frame[1]
            payload = frame[2 if size < 126 else 4 if size == 126 else 10 :]
            if opcode in (websocket.TEXT, websocket.BINARY):
                found.append(payload if self._head is None else self._head.pack(len(payload)))
                found.append(b"" if self._head is None else payload)
            elif opcode == websocket.PING:
                self.writer.write(masked_frame(payload, websocket.PONG))
            elif opcode == websocket.CLOSE:
                if found:
                    self._buffer = frame + self._buffer
                    break
                raise Gone
        return b"".join(found) if data is not None else None


async def upgrade(
    person: Person, path: str, head: struct.Struct | None, where: str | int
) -> WebSocketPipe:
    """Return a WebSocket of a path.

    Raises:
        Gone: The engine does not want it.
    """
    reader, writer = await person.open(where)
    writer.write(_UPGRADE.format(path=path).encode())
    try:
        async with asyncio.timeout(60.0):
            answer = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise Gone from error
    if b" 101 " not in answer:
        raise Gone
    return WebSocketPipe(person, reader, writer, head)


def frame_end(data: bytes) -> int | None:
    """Return where the first frame of a server ends, None when it is not all there."""
    if len(data) < 2:
        return None
    size, head = data[1], 2
    if size == 126:
        size, head = int.from_bytes(data[2:4], "big"), 4
    elif size == 127:
        size, head = int.from_bytes(data[2:10], "big"), 10
    return head + size if len(data) >= head + size else None
