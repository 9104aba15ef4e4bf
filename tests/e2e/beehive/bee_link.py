"""A client's connection, over TCP or WebSocket, down to the socket.

What comes is split into packets at once; over WebSocket each message must be exactly one.
Everything stays in `log` in order; `inbox` holds what nobody has looked at.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import socket
import struct
from collections.abc import Callable, Iterable
from typing import Any

import wire
from bee_dialects import Dialect, Heard
from wire import Ended

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(payload: bytes, *, opcode: int = BINARY, final: bool = True) -> bytes:
    """Return a client's WebSocket frame."""
    size = len(payload)
    head = bytes(((0x80 if final else 0) | opcode,))
    if size < 126:
        head += bytes((0x80 | size,))
    elif size < 65536:
        head += struct.pack(">BH", 0x80 | 126, size)
    else:
        head += struct.pack(">BQ", 0x80 | 127, size)
    mask = os.urandom(4)
    key = mask * (size // 4 + 1)
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(key[:size], "big")
    return head + mask + masked.to_bytes(size, "big")


class BeeLink(asyncio.Protocol):
    """One connection over TCP: packets back to back."""

    transport_name = "tcp"

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.log: list[Heard] = []
        self.inbox: list[Heard] = []
        self.ended = False
        self.wrong = ""
        """The first thing no server may do."""
        self._buffer = b""
        self._waiting: list[tuple[Callable[[], Any], asyncio.Future[None]]] = []
        self._transport: asyncio.Transport

    # --- out -----------------------------------------------------------------------------------

    async def open(self, engine: Any, path: str = "", *, receive_buffer: int = 0) -> BeeLink:
        """Connect to an engine's listener of this kind."""
        await self._connect(engine.addresses[path or "beehive"], receive_buffer)
        return self

    async def _connect(self, address: str, receive_buffer: int) -> None:
        host, _, port = address.rpartition(":")
        mouth = socket.socket()
        mouth.setblocking(False)
        mouth.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # an ack holds nothing up
        if receive_buffer:
            mouth.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(mouth, (host, int(port)))
        self._transport, _ = await loop.create_connection(lambda: self, sock=mouth)

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._transport.write(data)

    def send_packet(self, packet: bytes) -> None:
        """Send a packet."""
        self.send_bytes(packet)

    async def send_pieces(self, data: bytes, cuts: Iterable[int]) -> None:
        """Send bytes cut at these places, in so many segments if the kernel can help it."""
        start = 0
        for cut in (*cuts, len(data)):
            self.send_bytes(data[start:cut])
            start = cut
            await asyncio.sleep(0)

    def stop_reading(self) -> None:
        """Take nothing any more."""
        self._transport.pause_reading()

    def read_on(self) -> None:
        """Take again what comes."""
        self._transport.resume_reading()

    def drop(self) -> None:
        """Go away as a dying machine does."""
        self._transport.abort()

    async def close(self) -> None:
        """Go away; fail when the server ever did what none may do."""
        if not self.ended:
            self._transport.close()
            await self.when(lambda: self.ended)
        assert not self.wrong, self.wrong

    # --- in ------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            self._take()
        except AssertionError as error:
            self._blame(str(error))
        self._news()

    def connection_lost(self, error: Exception | None) -> None:
        if self._buffer and error is None and not self._transport.is_closing():
            self._blame(f"it ended in the middle: {self._buffer!r}")
        self.ended = True
        self._news()

    def _blame(self, what: str) -> None:
        self.wrong = self.wrong or what

    def _news(self) -> None:
        for done, future in self._waiting:
            if not future.done() and done():
                future.set_result(None)

    def _take(self) -> None:
        while (split := self.dialect.split(self._buffer)) is not None:
            heard, self._buffer = split
            self._hand_in(heard)

    def _hand_in(self, heard: Heard) -> None:
        self.log.append(heard)
        self.inbox.append(heard)

    # --- waiting -------------------------------------------------------------------------------

    async def when(self, done: Callable[[], Any]) -> None:
        """Wait until something is so."""
        if done():
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (done, future)
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(wire.PATIENCE):
                await future
        finally:
            self._waiting.remove(entry)

    async def hear(self, keyword: str, seq: int | None = None, **fields: Any) -> Heard:
        """Take the first packet of that name and these fields out of the inbox; wait for it.

        Raises:
            Ended: The connection is closed and nothing of the kind came.
        """
        looked = 0
        found: Heard | None = None

        def search() -> bool:
            nonlocal looked, found
            for heard in self.inbox[looked:]:
                if heard.fits(keyword, fields, seq):
                    found = heard
                    return True
            looked = len(self.inbox)
            return self.ended or bool(self.wrong)

        try:
            await self.when(search)
        except TimeoutError:
            pass
        assert not self.wrong, self.wrong
        if found is not None:
            self.inbox.remove(found)
            return found
        what = f"no {keyword} {fields} {seq}; unread: {self.inbox[-6:]}, last: {self.log[-3:]}"
        raise Ended(what) if self.ended else AssertionError(what)

    async def next(self) -> Heard:
        """Take the very next packet out of the inbox."""
        await self.when(lambda: self.inbox or self.ended)
        if not self.inbox:
            raise Ended(f"closed after {self.log[-3:]}")
        return self.inbox.pop(0)

    async def end(self) -> list[Heard]:
        """Wait until the server has closed; return what was not looked at."""
        await self.when(lambda: self.ended)
        assert not self.wrong, self.wrong
        rest, self.inbox = self.inbox, []
        return rest


class WebBeeLink(BeeLink):
    """One connection over WebSocket: a binary message a packet."""

    transport_name = "websocket"

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        self.key = base64.b64encode(os.urandom(16)).decode()
        self.head = b""
        self.close_code = 0
        self._open = False

    async def open(
        self, engine: Any, path: str = "", *, receive_buffer: int = 0, offer: str = ""
    ) -> BeeLink:
        """Connect and shake hands at `/im` or a path behind it."""
        address = engine.addresses["http"]
        await self._connect(address, receive_buffer)
        head = (
            f"GET /im{path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {self.key}\r\n"
        )
        head += f"Sec-WebSocket-Protocol: {offer}\r\n" if offer else ""
        self.send_bytes(f"{head}\r\n".encode())
        await self.when(lambda: self._open or self.ended)
        assert self._open, (self.head, self._buffer)
        return self

    def send_packet(self, packet: bytes) -> None:
        self.send_bytes(frame(packet))

    def _take(self) -> None:
        if not self._open:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self.head, self._buffer = head + end, rest
            assert head.startswith(b"HTTP/1.1 101"), (head, rest)
            proof = base64.b64encode(hashlib.sha1((self.key + _MAGIC).encode()).digest())
            assert b"Sec-WebSocket-Accept: " + proof in head, head
            self._open = True
        while self._take_frame():
            pass

    def _take_frame(self) -> bool:
        data = self._buffer
        if len(data) < 2:
            return False
        size, start = data[1], 2
        assert size < 128, "a frame with a mask"
        if size == 126 and len(data) >= 4:
            size, start = struct.unpack_from(">H", data, 2)[0], 4
        elif size == 127 and len(data) >= 10:
            size, start = struct.unpack_from(">Q", data, 2)[0], 10
        elif size >= 126:
            return False
        if len(data) < start + size:
            return False
        self._buffer = data[start + size :]
        self._take_message(data[0], data[start : start + size])
        return True

    def _take_message(self, first: int, payload: bytes) -> None:
        opcode = first & 0x0F
        assert first == 0x80 | opcode, f"a frame that begins with {first:#x}"
        if opcode == BINARY:
            split = self.dialect.split(payload)
            assert split is not None, f"half a packet in a message: {payload!r}"
            heard, rest = split
            assert not rest, f"glued to {heard}: {rest!r}"
            self._hand_in(heard)
        elif opcode == PING:
            self.send_bytes(frame(payload, opcode=PONG))
        elif opcode == CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big")
            self.send_bytes(frame(payload[:2], opcode=CLOSE))
        else:
            assert opcode == PONG, f"a message of kind {opcode}"


LINKS = {"tcp": BeeLink, "websocket": WebBeeLink}
