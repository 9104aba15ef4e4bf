"""Clients that chat in pairs over beehive's TCP, as cheap as they can be: frames of known size.

Each side sends CHAT to the other at its pace and acknowledges what it is sent. A frame is made by
patching a number into bytes made once; what comes is told apart by its key and never parsed. The
header's number is the stopwatch: by it an answer finds the moment its question left.
"""

from __future__ import annotations

import asyncio
import struct
import time
from typing import Final, cast

from parlour.events.messages.beehive.common import Online
from parlour.events.messages.beehive.private import Chat, ChatAck
from parlour.network.beehive.protobuf import write as encode
from parlour.network.bench.sockets import BenchFailed

HEADER: Final = struct.Struct(">IIQQIQQQ")
_ONLINE: Final = 0x0101
_ONLINE_ACK: Final = 0x0102
_CHAT: Final = 0x0201
_CHAT_ACK: Final = 0x0202
_ERROR: Final = 0x010B
_OVERLOADED: Final = b"takes no commands now"
"""In the ERROR of an engine whose disk is too far behind."""
_TEXT: Final = "The quick brown fox jumps over the lazy dog, 1234567890."
FIRST_UID: Final = 200_000
_TICK: Final = 0.002
"""How often what is due is sent (s)."""


class Chatter(asyncio.Protocol):
    """One client of a pair; its sid is its uid."""

    def __init__(self, uid: int, other: int, *, at_once: bool = True) -> None:
        """`at_once` comes online when connected, without waiting for `come_online`."""
        self.uid = uid
        self._at_once = at_once
        self._buffer = b""
        self._seq = 0
        self._body = encode(Chat(suid=uid, duid=other, level=0, time=1, text=_TEXT))
        self._ack = encode(ChatAck(suid=other, duid=uid, code=0, errmsg="Ok"))
        self._left: dict[int, float] = {}
        self.peer: Chatter | None = None
        self.failure: BenchFailed | None = None
        self.transport: asyncio.Transport
        self.online: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.acked: list[float] = []
        """Seconds from each CHAT to its CHAT-ACK."""
        self.heard: list[float] = []
        """Seconds from each CHAT of the other to here."""
        self.refused = 0
        """CHATs that the engine did not take: it could not keep up."""

    @property
    def unanswered(self) -> int:
        """Return how many CHATs have no ack yet."""
        return len(self._left)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Come online, if that is wanted at once."""
        self.transport = cast(asyncio.Transport, transport)
        if self._at_once:
            self.come_online()

    def come_online(self) -> None:
        """Ask to be online; `online` is done when the engine has said yes."""
        body = encode(Online(uid=self.uid, sid=self.uid, token="bench", app="bench", version="1"))
        self.transport.write(self._frame(_ONLINE, 1, body))

    def _frame(self, key: int, seq: int, body: bytes) -> bytes:
        return HEADER.pack(key, len(body), self.uid, 0, 0, seq, 0, 0) + body

    def send(self, count: int) -> None:
        """Send some CHATs in one write.

        Raises:
            BenchFailed: The engine said what no bench expects, or hung up.
        """
        if self.failure is not None:
            raise self.failure
        frames = []
        now = time.perf_counter()
        for _ in range(count):
            self._seq += 1
            self._left[self._seq] = now
            frames.append(self._frame(_CHAT, self._seq, self._body))
        self.transport.write(b"".join(frames))

    def data_received(self, data: bytes) -> None:
        """Take what came, and acknowledge every CHAT."""
        data = self._buffer + data if self._buffer else data
        start, size, acks = 0, len(data), []
        now = time.perf_counter()
        while size - start >= HEADER.size:
            key, length, _, _, _, seq, _, _ = HEADER.unpack_from(data, start)
            if size - start < HEADER.size + length:
                break
            start += HEADER.size + length
            if key == _CHAT_ACK:
                left = self._left.pop(seq, None)
                if left is not None:
                    self.acked.append(now - left)
            elif key == _CHAT:
                acks.append(self._frame(_CHAT_ACK, seq, self._ack))
                self._hear(seq, now)
            elif key == _ERROR and _OVERLOADED in data[start - length : start]:
                # Of a CHAT, or of an ack, which has a number of the other's.
                self.refused += self._left.pop(seq, None) is not None
            elif key == _ONLINE_ACK and not self.online.done():
                self._seq = 8
                self.online.set_result(None)
            else:
                said = data[start - length : start].decode(errors="replace")
                self._fail(f"the engine said {key:#06x} to a bench client: {said!r}")
                return
        self._buffer = data[start:]
        if acks:
            self.transport.write(b"".join(acks))

    def _fail(self, what: str) -> None:
        self.failure = self.failure or BenchFailed(what)
        self.transport.abort()

    def _hear(self, seq: int, now: float) -> None:
        # The sender's stopwatch still runs when the push comes before the ack.
        left = None if self.peer is None else self.peer.left_at(seq)
        if left is not None:
            self.heard.append(now - left)

    def left_at(self, seq: int) -> float | None:
        """Return when a CHAT left that has no ack yet."""
        return self._left.get(seq)

    def connection_lost(self, exc: Exception | None) -> None:
        """Report that the engine hung up."""
        self.failure = self.failure or BenchFailed("the engine hung up on a bench client")
        if not self.online.done():
            self.online.set_exception(self.failure)


async def connect(address: str, pairs: int) -> list[Chatter]:
    """Return twice as many clients, online; each pair after the other."""
    host, _, port = address.rpartition(":")
    loop = asyncio.get_running_loop()
    clients: list[Chatter] = []
    for index in range(pairs * 2):
        uid = FIRST_UID + index

        def make(uid: int = uid) -> Chatter:
            return Chatter(uid, uid ^ 1)

        _, client = await loop.create_connection(make, host, int(port))
        await client.online
        clients.append(client)
    for one, other in zip(clients[::2], clients[1::2], strict=True):
        one.peer, other.peer = other, one
    return clients


async def at_pace(clients: list[Chatter], *, rate: float, seconds: float) -> float:
    """Send `rate` CHATs a second, for some time; return what was taken."""
    refused = sum(client.refused for client in clients)
    began = time.perf_counter()
    due, sent = 0.0, 0
    while (now := time.perf_counter()) - began < seconds:
        due = (now - began) * rate
        while sent < due:
            clients[sent % len(clients)].send(1)
            sent += 1
        await asyncio.sleep(_TICK)
    await _settle(clients)
    refused = sum(client.refused for client in clients) - refused
    return (sent - refused) / (time.perf_counter() - began)


async def flat_out(clients: list[Chatter], *, seconds: float, in_flight: int) -> float:
    """Keep `in_flight` CHATs of each client on their way; return how many a second were acked."""
    began = time.perf_counter()
    before = sum(len(client.acked) for client in clients)
    while time.perf_counter() - began < seconds:
        for client in clients:
            room = in_flight - client.unanswered
            if room > 0:
                client.send(room)
        await asyncio.sleep(0)
    acked = sum(len(client.acked) for client in clients) - before
    rate = acked / (time.perf_counter() - began)
    await _settle(clients)
    return rate


async def _settle(clients: list[Chatter]) -> None:
    for _ in range(5_000):
        if not any(client.unanswered for client in clients):
            return
        await asyncio.sleep(_TICK)
    raise BenchFailed("the engine does not answer any more")
