"""WebSocket members as cheap as they can be: bytes are counted, not parsed.

A full WebSocket client for each of 200 members would cost more than the servers that are
measured. All messages of a bench have one size (`chat`), so a member's bytes are its messages;
one of them, the witness, keeps its bytes, and every frame of those is looked at afterwards.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence
from typing import Final, cast

import msgspec

from parlour.events.errors import EngineError
from parlour.network.bench import room_wire as chat

UPGRADE: Final = (
    "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
"""Asks for a WebSocket at a path."""
_BUFFER: Final = bytearray(1 << 20)
_VIEW: Final = memoryview(_BUFFER)
"""Everybody reads into the same memory: what was read is dealt with before anybody reads on."""
_ENCODER: Final = msgspec.json.Encoder()


class BenchFailed(EngineError):
    """A server did not do what the bench asked of it."""


def masked_frame(payload: bytes) -> bytes:
    """Return a client's text frame; masked with zeros, which RFC 6455 allows and leaves as is."""
    size = len(payload)
    if size < 126:
        return struct.pack(">BB4x", 0x81, 0x80 | size) + payload
    return struct.pack(">BBH4x", 0x81, 0x80 | 126, size) + payload


def heard_size() -> int:
    """Return the bytes of every frame a member hears."""
    heard = chat.Heard(chat.FIRST_UID, chat.FIRST_SEQ, 10**15, chat.TEXT)
    payload = len(_ENCODER.encode(heard))
    return payload + (2 if payload < 126 else 4)


SAY: Final = masked_frame(_ENCODER.encode(chat.Say(chat.TEXT)))
"""The frame that says a chat line."""


class Member(asyncio.BufferedProtocol):
    """One connection in a room."""

    def __init__(self, request: bytes, entering: bytes, on_bytes: Callable[[int], None]) -> None:
        self._request = request
        self._entering = entering
        self._on_bytes = on_bytes
        self._greeting = b""
        self._upgraded = False
        self.transport: asyncio.Transport
        self.inside: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.kept: list[bytes] | None = None
        """A witness keeps what it hears."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._request)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to read into."""
        return _VIEW

    def buffer_updated(self, nbytes: int) -> None:
        """Count what was heard; before that, come in."""
        if not self.inside.done():
            self._come_in(bytes(_VIEW[:nbytes]))
            return
        if self.kept is not None:
            self.kept.append(bytes(_VIEW[:nbytes]))
        self._on_bytes(nbytes)

    def _come_in(self, data: bytes) -> None:
        self._greeting += data
        if not self._upgraded:
            head, end, rest = self._greeting.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head:
                self.inside.set_exception(BenchFailed(head.decode(errors="replace")))
                return
            self._upgraded, self._greeting = True, rest
            self.transport.write(self._entering)
        if self._greeting:
            self.inside.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Report that the server hung up."""
        if not self.inside.done():
            self.inside.set_exception(BenchFailed("the server hung up on a member coming in"))
        if not self.closed.done():
            self.closed.set_result(None)


async def enter(
    address: str, rooms: Sequence[int], on_bytes: Callable[[int, int], None], *, path: str
) -> list[Member]:
    """Connect one member a room number given, and return them when all are inside.

    Args:
        address: "host:port".
        rooms: The room of each member; the same number puts members together.
        on_bytes: Told a member's index and how many bytes it heard.
        path: Of the WebSocket.
    """
    host, _, port = address.rpartition(":")
    request = UPGRADE.format(path=path, address=address).encode()
    loop = asyncio.get_running_loop()
    members = []
    for index, room in enumerate(rooms):
        entering = masked_frame(_ENCODER.encode(chat.Enter(room, chat.FIRST_UID + index)))

        def heard(size: int, index: int = index) -> None:
            on_bytes(index, size)

        def make(entering: bytes = entering, heard: Callable[[int], None] = heard) -> Member:
            return Member(request, entering, heard)

        _, member = await loop.create_connection(make, host, int(port))
        await member.inside
        members.append(member)
    return members


async def leave(members: Sequence[Member]) -> None:
    """Hang up, all of them."""
    for member in members:
        member.transport.abort()
    await asyncio.gather(*(member.closed for member in members))


def frames_of(pieces: Sequence[bytes]) -> list[chat.Heard]:
    """Return the messages in what a witness kept, every frame looked at.

    Raises:
        BenchFailed: A frame is not one of the messages all members hear.
    """
    data, size, messages, start = b"".join(pieces), heard_size(), [], 0
    while start + size <= len(data):
        frame = data[start : start + size]
        header = 2 if frame[1] < 126 else 4
        heard = chat.ANSWERS.decode(frame[header:]) if frame[0] == 0x81 else None
        if not isinstance(heard, chat.Heard):
            raise BenchFailed(f"not a chat message: {frame!r}")
        messages.append(heard)
        start += size
    return messages
