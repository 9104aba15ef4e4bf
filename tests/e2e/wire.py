"""A client's side of the landlord transports, written from the protocol page alone.

Nothing of Parlour is imported here: these links are the independent half of every test that
uses them. Each link keeps every message it was ever told, in order.
"""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Any

import aiohttp

PATIENCE = 20.0
"""Seconds after which an answer that must come is given up; passing tests never wait so long."""

Message = dict[str, Any]


class Ended(AssertionError):
    """The server closed the connection while something was still expected."""


class Link:
    """One connection: `told` holds all that came, `receive` hands it out one by one."""

    kind = "?"

    def __init__(self) -> None:
        self.told: list[Message] = []
        self.ended = False
        self.close_code: int | None = None
        self.close_reason = ""
        self._next = 0
        self._news = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    # --- what each transport brings --------------------------------------------------------

    async def send(self, message: Any) -> None:
        """Send a value as one frame of JSON."""
        await self.send_payload(json.dumps(message).encode())

    async def send_payload(self, payload: bytes) -> None:
        """Send bytes as the payload of one frame."""
        raise NotImplementedError

    async def _read(self) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        """Go away politely."""
        raise NotImplementedError

    def drop(self) -> None:
        """Go away as a dying machine does: without a word."""
        raise NotImplementedError

    # --- what all share --------------------------------------------------------------------

    def _start(self) -> None:
        self._reader = asyncio.create_task(self._pump())

    async def _pump(self) -> None:
        try:
            await self._read()
        except (OSError, asyncio.IncompleteReadError, aiohttp.ClientError):
            pass
        finally:
            self.ended = True
            self._news.set()

    def _take(self, payload: bytes) -> None:
        message = json.loads(payload)
        assert isinstance(message, dict), f"the server said {payload!r}"
        assert isinstance(message.get("cmd"), str), f"the server said {payload!r}"
        self.told.append(message)
        self._news.set()

    async def _wait(self, done: Any) -> None:
        async with asyncio.timeout(PATIENCE):
            while not done():
                self._news.clear()
                await self._news.wait()

    async def receive(self) -> Message:
        """Return the next message.

        Raises:
            Ended: The connection is closed and everything it said was handed out.
        """
        try:
            await self._wait(lambda: self._next < len(self.told) or self.ended)
        except TimeoutError:
            raise AssertionError(f"nothing came after {self.told[-4:]}") from None
        if self._next == len(self.told):
            raise Ended(f"closed ({self.close_code} {self.close_reason}) after {self.told[-4:]}")
        self._next += 1
        return self.told[self._next - 1]

    async def expect(self, cmd: str, **fields: Any) -> Message:
        """Skip to the next message of that name and those fields, and return it."""
        wanted = {"cmd": cmd, **fields}
        while True:
            message = await self.receive()
            if all(message.get(name) == value for name, value in wanted.items()):
                return message

    async def end(self) -> list[Message]:
        """Wait until the server has closed; return what was not yet handed out."""
        try:
            await self._wait(lambda: self.ended)
        except TimeoutError:
            raise AssertionError(f"still open after {self.told[-4:]}") from None
        rest, self._next = self.told[self._next :], len(self.told)
        return rest

    def pending(self) -> list[Message]:
        """Take everything that has come so far."""
        rest, self._next = self.told[self._next :], len(self.told)
        return rest


def _xor(payload: bytes) -> bytes:
    return bytes(byte ^ 0x0D for byte in payload)


class TcpLink(Link):
    """`u32le length | JSON`, optionally with every payload byte XORed with 0x0D."""

    def __init__(self, *, xor: bool = False) -> None:
        super().__init__()
        self.kind = "tcp-xor" if xor else "tcp"
        self._obfuscates = xor
        self.misspoken = 0
        """Answers that did not come as this end speaks."""
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def connect(self, address: str, *, reading: bool = True) -> TcpLink:
        """Connect to `host:port`; a link that is not reading never takes a byte."""
        host, _, port = address.rpartition(":")
        limit = 2**16 if reading else 1024
        self.reader, self.writer = await asyncio.open_connection(host, int(port), limit=limit)
        if reading:
            self._start()
        return self

    def _mask(self, payload: bytes) -> bytes:
        return _xor(payload) if self._obfuscates else payload

    async def send_payload(self, payload: bytes) -> None:
        await self.send_bytes(struct.pack("<I", len(payload)) + self._mask(payload))

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are, frame or not."""
        self.writer.write(data)
        await self.writer.drain()

    async def _read(self) -> None:
        try:
            while True:
                (length,) = struct.unpack("<I", await self.reader.readexactly(4))
                payload = await self.reader.readexactly(length)
                obfuscated = payload[:1] != b"{"
                self.misspoken += obfuscated != self._obfuscates
                self._take(_xor(payload) if obfuscated else payload)
        finally:
            self.writer.close()  # a server that has said its last word waits for this

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass
        if self._reader is not None:
            await self._reader

    def drop(self) -> None:
        self.writer.transport.abort()


class WebSocketLink(Link):
    """One JSON object a text frame at `/landlord`."""

    kind = "websocket"

    def __init__(self) -> None:
        super().__init__()
        self.session: aiohttp.ClientSession
        self.socket: aiohttp.ClientWebSocketResponse

    async def connect(self, address: str, **headers: str) -> WebSocketLink:
        """Connect to the HTTP listener at `host:port`."""
        self.session = aiohttp.ClientSession()
        try:
            self.socket = await self.session.ws_connect(
                f"http://{address}/landlord", headers=headers, autoclose=True
            )
        except BaseException:
            await self.session.close()
            raise
        self._start()
        return self

    async def send_payload(self, payload: bytes) -> None:
        await self.socket.send_str(payload.decode())

    async def _read(self) -> None:
        while True:
            message = await self.socket.receive()
            if message.type is aiohttp.WSMsgType.TEXT:
                self._take(message.data.encode())
                continue
            self.close_code = self.socket.close_code
            self.close_reason = str(message.extra or "")
            kinds = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)
            if message.type not in (*kinds, aiohttp.WSMsgType.ERROR):
                raise AssertionError(f"the server sent a {message.type}")
            return

    async def close(self) -> None:
        await self.socket.close()
        if self._reader is not None:
            await self._reader
        await self.session.close()

    def drop(self) -> None:
        connection = self.socket._response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()
