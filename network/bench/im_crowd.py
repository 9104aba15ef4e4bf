"""200 members of one beehive room over WebSocket (protobuf): bytes are counted, not parsed.

Every message costs the room the same bytes: one push for each member and one ack for who said it.
So what was heard follows from what came in; the witness keeps its bytes, and each of its pushes is
looked at afterwards. Speaks to the real engine process as a client would.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Sequence
from typing import Final

from parlour.events.messages.beehive.common import Online
from parlour.events.messages.beehive.packet import Message
from parlour.events.messages.beehive.room import RoomChat, RoomChatAck, RoomJoin
from parlour.network.beehive import commands
from parlour.network.beehive.protobuf import write
from parlour.network.bench.chat_pairs import HEADER
from parlour.network.bench.room_wire import TEXT
from parlour.network.bench.sockets import UPGRADE, BenchFailed, Member, leave

_PATH: Final = "/im/pb"
_ROOM: Final = 7
_FIRST_UID: Final = 100_000
_FIRST_SEQ: Final = 1_000
_KEYS: Final = {row.message: row.key for row in commands.ROWS}
_QUIET_SECONDS: Final = 0.5
_WARM_UP: Final = 0.25


class ImCrowd:
    """One room, kept full of talk; as `load.Crowd`, over the wire of existing clients."""

    def __init__(self, *, members: int, in_flight: int, turn: int = 0) -> None:
        """`turn` makes them other people: a device's numbers never begin anew."""
        self._size = members
        self._first = _FIRST_UID + turn * members
        self._in_flight = in_flight
        self._push = len(_frame(_said(_FIRST_UID), _FIRST_UID, _FIRST_SEQ)) - _MASK
        ack = RoomChatAck(uid=_FIRST_UID, rid=_ROOM, gid=0, code=0, errmsg="Ok")
        self._message = self._push * members + len(_frame(ack, 0, _FIRST_SEQ)) - _MASK
        self._members: Sequence[Member] = ()
        self._seqs = [_FIRST_SEQ] * members
        self._said = 0
        self._speaker = 0
        self._heard_bytes = 0
        self.witnessed = 0
        """Messages that the witness heard: so many must be on disk."""

    async def measure(self, address: str, seconds: float) -> float:
        """Return deliveries/s while the room is full of talk.

        Raises:
            BenchFailed: The witness did not hear every message, whole and in order.
        """
        self._members = [await self._enter(address, index) for index in range(self._size)]
        for index, member in enumerate(self._members):
            join = RoomJoin(uid=self._first + index, rid=_ROOM)
            member.transport.write(_frame(join, self._first + index, 9))
        await self._until_quiet()
        witness = self._members[-1]
        witness.kept = []
        self._heard_bytes = 0
        self._speak(self._in_flight)
        await asyncio.sleep(seconds * _WARM_UP)
        before, began = self._heard_bytes, time.perf_counter()
        await asyncio.sleep(seconds)
        messages = (self._heard_bytes - before) / self._message
        rate = messages * self._size / (time.perf_counter() - began)
        await leave(self._members)
        self.witnessed = self._check(b"".join(witness.kept))
        return rate

    async def _enter(self, address: str, index: int) -> Member:
        uid = self._first + index
        host, _, port = address.rpartition(":")
        online = Online(uid=uid, sid=uid, token="bench", app="bench", version="1")

        def heard(size: int) -> None:
            self._on_bytes(index, size)

        def make() -> Member:
            request = UPGRADE.format(path=_PATH, address=address).encode()
            return Member(request, _frame(online, uid, 1), heard)

        _, member = await asyncio.get_running_loop().create_connection(make, host, int(port))
        await member.inside
        return member

    async def _until_quiet(self) -> None:
        """Wait until everybody has heard of everybody's coming."""
        before = -1
        while before != self._heard_bytes:
            before = self._heard_bytes
            await asyncio.sleep(_QUIET_SECONDS)

    def _on_bytes(self, index: int, size: int) -> None:
        self._heard_bytes += size
        if index == 0 and self._said:
            heard_by_each = self._heard_bytes // self._message
            self._speak(self._in_flight - (self._said - heard_by_each))

    def _speak(self, count: int) -> None:
        """Have the next members in turn say `count` lines, several at once each."""
        while count > 0:
            lines = min(count, max(1, self._in_flight // self._size))
            index = self._speaker % self._size
            self._speaker += 1
            self._members[index].transport.write(b"".join(map(self._line, [index] * lines)))
            self._said += lines
            count -= lines

    def _line(self, index: int) -> bytes:
        self._seqs[index] += 1
        uid = self._first + index
        return _frame(_said(uid), uid, self._seqs[index])

    def _check(self, data: bytes) -> int:
        """Return how many messages the witness heard, every sender's in order."""
        last: dict[int, int] = {}
        start, heard = 0, 0
        while start + 2 <= len(data):
            size, header = data[start + 1], 2
            if size == 126:
                (size,), header = struct.unpack_from(">H", data, start + 2), 4
            if start + header + size > len(data):
                break
            key, _, sid, _, _, seq, _, _ = HEADER.unpack_from(data, start + header)
            start += header + size
            if key != _KEYS[RoomChat]:
                continue
            if seq != last.get(sid, _FIRST_SEQ) + 1:
                raise BenchFailed("messages are missing or out of order")
            last[sid] = seq
            heard += 1
        if not heard:
            raise BenchFailed("nobody heard anything")
        return heard


_MASK: Final = 4
"""Bytes a client's frame has more than ours."""


def _said(uid: int) -> RoomChat:
    return RoomChat(uid=uid, rid=_ROOM, gid=0, level=0, time=1, text=TEXT)


def _frame(message: Message, sid: int, seq: int) -> bytes:
    """Return a client's binary WebSocket frame, masked with zeros."""
    body = write(message)
    payload = HEADER.pack(_KEYS[type(message)], len(body), sid, 0, 0, seq, 0, 0) + body
    size = len(payload)
    if size < 126:
        return struct.pack(">BB4x", 0x82, 0x80 | size) + payload
    return struct.pack(">BBH4x", 0x82, 0x80 | 126, size) + payload
