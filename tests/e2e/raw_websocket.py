"""A WebSocket client that says whatever it is told to, allowed or not."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct

from wire import PATIENCE


class RawWebSocket:
    """A handshake, and then any bytes at all."""

    def __init__(self) -> None:
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def connect(self, address: str) -> RawWebSocket:
        host, _, port = address.rpartition(":")
        self.reader, self.writer = await asyncio.open_connection(host, int(port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            f"GET /landlord HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = await self.reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101"), answer
        return self

    def frame(
        self, payload: bytes, *, opcode: int = 1, final: bool = True, masked: bool = True
    ) -> bytes:
        first = opcode | (0x80 if final else 0)
        bit = 0x80 if masked else 0
        size = len(payload)
        if size < 126:
            head = struct.pack(">BB", first, bit | size)
        elif size < 65536:
            head = struct.pack(">BBH", first, bit | 126, size)
        else:
            head = struct.pack(">BBQ", first, bit | 127, size)
        mask = os.urandom(4)
        if masked:
            body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
            return head + mask + body
        return head + payload

    async def frames(self) -> list[tuple[int, bytes]]:
        """Read to the end of the connection."""
        got = []
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    first, second = await self.reader.readexactly(2)
                    size = second & 0x7F
                    if size == 126:
                        (size,) = struct.unpack(">H", await self.reader.readexactly(2))
                    got.append((first & 15, await self.reader.readexactly(size)))
                    if first & 15 == 8:
                        self.writer.write(self.frame(got[-1][1][:2], opcode=8))
            except (asyncio.IncompleteReadError, ConnectionError):
                return got

    async def message(self) -> dict:
        async with asyncio.timeout(PATIENCE):
            first, second = await self.reader.readexactly(2)
            assert first == 0x81
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", await self.reader.readexactly(2))
            return json.loads(await self.reader.readexactly(size))

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass


def close_code(frames: list[tuple[int, bytes]]) -> int:
    """Return the code of the close frame, 0 when the connection was just cut."""
    for opcode, payload in frames:
        if opcode == 8 and len(payload) >= 2:
            return int(struct.unpack(">H", payload[:2])[0])
    return 0
