"""A client's side of the five endpoints, from the protocol page alone, down to the socket.

`Style` is how a client speaks: as clients of the page do, or byte for byte as existing clients
(v0.14.5, v0.14.6) do. Nothing of Parlour is imported here.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import socket
import struct
from typing import Any

from contract import name_of
from wire import Ended, Link, Message

WILD_KEY = "osT3F7mvlojIvf3/8uIsJQ=="
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_DATA_SEGMENTS_IN = 152
_PUSHED_WHOLE = 16_384
"""Bytes a fresh connection takes without its window or a segment cutting them; TCP owes no more."""
"""Where Linux keeps `tcpi_data_segs_in` in its `struct tcp_info`."""


def request(endpoint: str, address: str, body: bytes, *, key: str = "") -> tuple[bytes, bytes]:
    """Return head and body of an upgrade; with `WILD_KEY` these are the existing clients' bytes."""
    key = key or base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET /tech/socket/v1/{endpoint} HTTP/1.1\r\n"
        f"Host: {address}\r\n"
        "Connection: Upgrade\r\n"
        "Upgrade: websocket\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Sec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n"
    )
    return head.encode(), body


def frame(
    payload: bytes, *, opcode: int = TEXT, first: int | None = None, mask: bytes | None = None
) -> bytes:
    """Return a client's frame; `first` replaces the whole first byte, b"" as a mask means none."""
    mask = os.urandom(4) if mask is None else mask
    bit = 0x80 if mask else 0
    head = bytes((0x80 | opcode if first is None else first,))
    size = len(payload)
    if size < 126:
        head += bytes((bit | size,))
    elif size < 65536:
        head += struct.pack(">BH", bit | 126, size)
    else:
        head += struct.pack(">BQ", bit | 127, size)
    if not mask:
        return head + payload
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


class _Ear(asyncio.Protocol):
    """Hands on what the kernel hands over, piece by piece."""

    def __init__(self, link: TechLink) -> None:
        self.link = link

    def data_received(self, data: bytes) -> None:
        self.link.take_bytes(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.link.take_end()


class TechLink(Link):
    """One connection to one endpoint. What it is told must be in the contract."""

    kind = "techmino"

    def __init__(self, endpoint: str, *, key: str = "", mask: bytes | None = None) -> None:
        super().__init__()
        self.endpoint = endpoint
        self.key = key or base64.b64encode(os.urandom(16)).decode()
        self.mask = mask
        self.head = b""
        """The answer to the upgrade, up to the empty line."""
        self.status = 0
        self.body = b""
        """What follows an answer that is no 101."""
        self.names: list[str] = []
        """What was handed out so far, in the words of the contract."""
        self.frames = 0
        self.opcodes: set[int] = set()
        self.pings = 0
        self.answers_pings = True
        self.torn = 0
        """Early pieces from the kernel that ended in the middle of a frame; a long past may."""
        self.wrong = ""
        """The first thing no server may do."""
        self._buffer = b""
        self._taken = 0
        self._transport: asyncio.Transport

    # --- in and out --------------------------------------------------------------------------

    async def open(self, address: str, *, receive_buffer: int = 0) -> TechLink:
        """Connect to the HTTP listener, and say nothing yet."""
        host, _, port = address.rpartition(":")
        ear = socket.socket()
        ear.setblocking(False)
        if receive_buffer:
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(ear, (host, int(port)))
        self._transport, _ = await loop.create_connection(lambda: _Ear(self), sock=ear)
        self.address = address
        return self

    async def upgrade(self, body: bytes = b"", *, pieces: str = "two") -> TechLink:
        """Ask for the upgrade and wait for its answer.

        Args:
            body: The credentials.
            pieces: How the request leaves: in "one" piece, in "two", or each "byte" by itself.
        """
        head, body = request(self.endpoint, self.address, body, key=self.key)
        if pieces == "byte":
            for byte in head + body:
                self.send_raw(bytes((byte,)))
                await asyncio.sleep(0)
        elif pieces == "two":
            self.send_raw(head)
            await asyncio.sleep(0.005)  # two segments, if the kernel can help it
            self.send_raw(body)
        else:
            self.send_raw(head + body)
        await self.answered()
        return self

    async def answered(self) -> int:
        """Wait for the answer to the upgrade; return its status, 0 when there will be none."""
        try:
            await self._wait(lambda: self.status or self.ended)
        except TimeoutError:
            raise AssertionError(f"{self.endpoint}: the upgrade was not answered") from None
        return self.status

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._transport.write(data)

    async def send_payload(self, payload: bytes) -> None:
        self.send_raw(frame(payload, mask=self.mask))

    async def say(self, action: int, **fields: Any) -> None:
        """Send a request; without fields it has no `data`."""
        await self.send({"action": action, "data": fields} if fields else {"action": action})

    async def ask(self, action: int, **fields: Any) -> Message:
        """Send a request and return the next message."""
        await self.say(action, **fields)
        return await self.receive()

    def stop_reading(self) -> None:
        """Take nothing any more."""
        self._transport.pause_reading()

    async def close(self) -> None:
        if not self.ended:
            if self.status == 101:
                self.send_raw(frame(struct.pack(">H", 1000), opcode=CLOSE))
            self._transport.close()
        await self._wait(lambda: self.ended)
        assert not self.wrong, self.wrong

    def drop(self) -> None:
        self._transport.abort()

    def segments_in(self) -> int:
        """Return how many pieces of anything this socket got from the network."""
        told = self._transport.get_extra_info("socket").getsockopt(
            socket.IPPROTO_TCP, socket.TCP_INFO, 256
        )
        return int(struct.unpack_from("I", told, _DATA_SEGMENTS_IN)[0])

    # --- what the kernel says ----------------------------------------------------------------

    def take_bytes(self, data: bytes) -> None:
        """Take a piece of what the server sent."""
        self._buffer += data
        if not self.status:
            self._take_head()
        if self.status == 101:
            while self._take_frame():
                pass
            self._taken += len(data)
            self.torn += bool(self._buffer) and self._taken < _PUSHED_WHOLE
        elif self.status:
            self.body += self._buffer
            self._buffer = b""
        self._news.set()

    def take_end(self) -> None:
        """Take the end of the connection."""
        if self._buffer:
            self._blame(f"it ended in the middle of a frame: {self._buffer!r}")
        self.ended = True
        self._news.set()

    def _blame(self, what: str) -> None:
        self.wrong = self.wrong or what

    def _take_head(self) -> None:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        self.head, self._buffer = head + end, rest
        self.status = int(head.split(b" ")[1])
        proof = base64.b64encode(hashlib.sha1((self.key + _MAGIC).encode()).digest())
        if self.status == 101 and b"Sec-WebSocket-Accept: " + proof not in head:
            self._blame(f"the 101 does not prove anything: {head!r}")

    def _take_frame(self) -> bool:
        data = self._buffer
        if len(data) < 2:
            return False
        size, start = data[1], 2
        if size == 126 and len(data) >= 4:
            size, start = struct.unpack_from(">H", data, 2)[0], 4
        elif size == 127 and len(data) >= 10:
            size, start = struct.unpack_from(">Q", data, 2)[0], 10
        elif size in (126, 127):
            return False
        elif size > 127:
            self._blame("a frame with a mask")
        if len(data) < start + size:
            return False
        self._buffer = data[start + size :]
        self._take_whole(data[0], data[start : start + size])
        return True

    def _take_whole(self, first: int, payload: bytes) -> None:
        self.frames += 1
        opcode = first & 0x0F
        if first != 0x80 | opcode or opcode not in (TEXT, BINARY, CLOSE, PING, PONG):
            self._blame(f"a frame that begins with {first:#x}")
        if opcode in (TEXT, BINARY):
            self.opcodes.add(opcode)
            self.told.append(json.loads(payload))
        elif opcode == PING:
            self.pings += 1
            if self.answers_pings:
                self.send_raw(frame(payload, opcode=PONG))
        elif opcode == CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big")
            self.close_reason = payload[2:].decode()
            self.send_raw(frame(payload[:2], opcode=CLOSE))

    # --- hearing -----------------------------------------------------------------------------

    async def receive(self) -> Message:
        """Return the next message, which must be one of the contract.

        Raises:
            Ended: The connection is closed and everything it said was handed out.
        """
        message = await super().receive()
        assert not self.wrong, self.wrong
        self.names.append(name_of(self.endpoint, message))
        return message

    async def hear(self, *names: str) -> list[Message]:
        """Expect exactly these messages next, by their names in the contract."""
        heard = [await self.receive() for _ in names]
        assert self.names[-len(names) :] == list(names), heard
        return heard

    async def until(self, name: str, **data: Any) -> Message:
        """Skip to the next message of that name with these fields in its `data`; return it."""
        while True:
            message = await self.receive()
            told = message.get("data", {})
            if self.names[-1] == name and all(told.get(k) == v for k, v in data.items()):
                return message

    async def error(self, reason: str) -> None:
        """Expect an Error as the next message."""
        assert await self.receive() == {"type": "Error", "reason": reason}

    async def warned(self) -> str:
        """Expect a Warn as the next message; return its reason."""
        (warn,) = await self.hear("Warn")
        return str(warn["reason"])

    async def refused(self, reason: str, code: int) -> None:
        """Expect an Error, a close frame with that code, and the end of TCP."""
        await self.error(reason)
        assert await self.end() == []
        assert self.close_code == code

    async def cut(self, code: int) -> None:
        """Expect to be closed with that code, after whatever else is said."""
        while True:
            try:
                await self.receive()
            except Ended:
                break
        assert self.close_code == code

    async def http_refused(self, status: int) -> Message:
        """Expect an answer that is no 101; return its JSON."""
        assert self.status == status, (self.head, self.told)
        size = int(self.header("content-length"))
        await self._wait(lambda: len(self.body) >= size)
        answer = json.loads(self.body)
        assert name_of(self.endpoint, answer) == "Error"
        return dict(answer)

    async def pinged(self) -> None:
        """Wait for the next ping."""
        before = self.pings
        await self._wait(lambda: self.pings > before)

    def header(self, name: str) -> str:
        """Return a header of the answer by its exact name, "" when there is none."""
        for line in self.head.decode().split("\r\n")[1:]:
            found, _, value = line.partition(": ")
            if found == name:
                return value
        return ""


class WildLink(TechLink):
    """An existing client: its key, its mask, and its ear that loses what comes torn."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint, key=WILD_KEY, mask=bytes((1, 14, 5, 14)))

    async def upgrade(self, body: bytes = b"", *, pieces: str = "two") -> TechLink:
        await super().upgrade(body, pieces=pieces)
        # It looks for "length" in the lines, and takes an answer without it for a failure.
        assert self.header("content-length"), self.head
        return self

    async def close(self) -> None:
        await super().close()
        assert self.torn == 0, f"{self.endpoint}: a frame came in pieces"


def credentials(**fields: Any) -> bytes:
    """Return credentials as the body of an upgrade."""
    return json.dumps(fields).encode()
