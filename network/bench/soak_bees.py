"""Devices of instant messaging for `make soak`, in all three dialects, over TCP and WebSocket.

What a device says is the same in each: a room, a group, a user to write to, SYNC. Only the words
differ; here is one table of them for each numbering. Every private message that arrives is
acknowledged, and its text handed to whoever wants to know what came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple, Protocol

import aiohttp
import msgspec

from parlour.events.errors import EngineError
from parlour.events.messages.beehive import common, group, private, room
from parlour.events.messages.beehive.packet import Message
from parlour.network.beehive import json_body, protobuf
from parlour.network.beehive.commands import KEYS, ROWS
from parlour.network.beehive.frames import CHECKSUM, FLAG_EXTERNAL, NARROW, WIDE
from parlour.network.demo.links import ConnectionClosed, Link, connect_tcp, connect_websocket

BeeDialect = Literal["v1", "v2", "pb"]
BeeTransport = Literal["tcp", "websocket"]

_TOKEN: Final = "soak"
"""Any will do for an engine started with --open."""


class BeeRefused(EngineError):
    """The engine answered a device with a code."""


class _Packet(NamedTuple):
    key: int
    seq: int
    sid: int
    body: bytes
    rsv: int = 0


class _Words(Protocol):
    """A dialect, as a client speaks it. An answer's key is its command's, and one more."""

    @property
    def chat(self) -> int:
        """Key of a private message."""
        ...

    @property
    def ends(self) -> frozenset[int]:
        """Keys of what says that something is wrong."""
        ...

    def online(self, uid: int, sid: int) -> _Packet: ...

    def join(self, uid: int, rid: int) -> _Packet: ...

    def say(self, uid: int, rid: int, text: str) -> _Packet: ...

    def write(self, uid: int, to: int, text: str) -> _Packet: ...

    def say_in_group(self, uid: int, gid: int, text: str) -> _Packet: ...

    def sync(self, uid: int) -> _Packet: ...

    def ack(self, heard: _Packet) -> _Packet: ...

    def text_of(self, heard: _Packet) -> str: ...

    def code_of(self, heard: _Packet) -> tuple[int, str]:
        """Return the code and its words that an answer has; 0 for Ok."""
        ...

    def pack(self, packet: _Packet) -> bytes: ...

    def unpack(self, header: bytes) -> tuple[_Packet, int]:
        """Return a packet yet without its body, and how long that is."""
        ...


# --- seed 002's numbering: v2 and pb ---------------------------------------------------------


class _New:
    """Messages are structs; the dialect says how they are written."""

    chat: Final = KEYS[private.Chat]
    ends: Final = frozenset((KEYS[common.Error], KEYS[common.Kick]))

    def __init__(self, kind: Literal["v2", "pb"]) -> None:
        self._narrow = kind == "v2"
        self._write: Callable[[Any], bytes] = json_body.write if self._narrow else protobuf.write
        reader = json_body.reader if self._narrow else protobuf.reader
        self._read = {row.key: reader(row.message) for row in ROWS}

    def message(self, message: Message) -> _Packet:
        """Return the packet of any message."""
        return _Packet(KEYS[type(message)], 0, 0, self._write(message))

    def read(self, heard: _Packet) -> Any:
        """Return the message of a packet."""
        return self._read[heard.key](heard.body)

    def online(self, uid: int, sid: int) -> _Packet:
        said = common.Online(uid=uid, sid=sid, token=_TOKEN, app="soak", version="1")
        return self.message(said)

    def join(self, uid: int, rid: int) -> _Packet:
        return self.message(room.RoomJoin(uid=uid, rid=rid))

    def say(self, uid: int, rid: int, text: str) -> _Packet:
        return self.message(room.RoomChat(uid=uid, rid=rid, gid=0, level=0, time=0, text=text))

    def write(self, uid: int, to: int, text: str) -> _Packet:
        return self.message(private.Chat(suid=uid, duid=to, level=0, time=0, text=text))

    def say_in_group(self, uid: int, gid: int, text: str) -> _Packet:
        return self.message(group.GroupChat(uid=uid, gid=gid, level=0, time=0, text=text))

    def sync(self, uid: int) -> _Packet:
        return self.message(common.Sync(uid=uid))

    def ack(self, heard: _Packet) -> _Packet:
        chat: private.Chat = self.read(heard)
        said = private.ChatAck(suid=chat.suid, duid=chat.duid, code=0, errmsg="Ok")
        return self.message(said)._replace(seq=heard.seq)

    def text_of(self, heard: _Packet) -> str:
        chat: private.Chat = self.read(heard)
        return chat.text

    def code_of(self, heard: _Packet) -> tuple[int, str]:
        answer = self.read(heard)
        return int(getattr(answer, "code", 0)), str(getattr(answer, "errmsg", ""))

    def pack(self, packet: _Packet) -> bytes:
        key, seq, sid, body, _ = packet
        if self._narrow:
            head = NARROW.pack(key, FLAG_EXTERNAL, len(body), CHECKSUM, sid, 0, seq, 2, 0)
        else:
            head = WIDE.pack(key, len(body), sid, 0, 0, seq, 0, 0)
        return head + body

    def unpack(self, header: bytes) -> tuple[_Packet, int]:
        if self._narrow:
            return _unpack_narrow(header)
        key, length, sid, _, _, seq, _, _ = WIDE.unpack(header)
        return _Packet(key, seq, sid, b""), length


# --- seed 004's: v1 --------------------------------------------------------------------------


class _Verdict(msgspec.Struct):
    errno: int = 0
    errmsg: str = ""


class _Old:
    """Texts are bodies as they are; whom they are for stands in the header."""

    chat: Final = 0x0112
    ends: Final = frozenset((0x0121,))
    _verdicts: Final = frozenset((0x0102, 0x0106, 0x0121))
    _json: Final = msgspec.json.Encoder()
    _verdict: Final = msgspec.json.Decoder(_Verdict)

    def _login(self, key: int, **fields: object) -> _Packet:
        login = {"token": _TOKEN, "app": "soak", "version": "1", **fields}
        return _Packet(key, 0, 0, self._json.encode(login))

    def online(self, uid: int, sid: int) -> _Packet:
        return self._login(0x0101, uid=uid)

    def join(self, uid: int, rid: int) -> _Packet:
        return self._login(0x0105, uid=uid, rid=rid)

    def say(self, uid: int, rid: int, text: str) -> _Packet:
        return _Packet(0x011C, 0, 0, text.encode(), rid)

    def write(self, uid: int, to: int, text: str) -> _Packet:
        return _Packet(self.chat, 0, 0, text.encode(), to)

    def say_in_group(self, uid: int, gid: int, text: str) -> _Packet:
        return _Packet(0x0110, 0, 0, text.encode(), gid)

    def sync(self, uid: int) -> _Packet:
        return _Packet(0x0125, 0, 0, b"")

    def ack(self, heard: _Packet) -> _Packet:
        return _Packet(self.chat + 1, heard.seq, 0, b"")

    def text_of(self, heard: _Packet) -> str:
        return heard.body.decode(errors="replace")

    def code_of(self, heard: _Packet) -> tuple[int, str]:
        if heard.key not in self._verdicts:
            return 0, ""
        verdict = self._verdict.decode(heard.body)
        return verdict.errno, verdict.errmsg

    def pack(self, packet: _Packet) -> bytes:
        key, seq, sid, body, rsv = packet
        head = NARROW.pack(key, FLAG_EXTERNAL, len(body), CHECKSUM, sid, 0, seq, 1, rsv)
        return head + body

    def unpack(self, header: bytes) -> tuple[_Packet, int]:
        return _unpack_narrow(header)


def _unpack_narrow(header: bytes) -> tuple[_Packet, int]:
    key, _, length, _, sid, _, seq, _, rsv = NARROW.unpack(header)
    return _Packet(key, seq, sid, b"", rsv), length


_WORDS: Final[Mapping[BeeDialect, _Words]] = {"v1": _Old(), "v2": _New("v2"), "pb": _New("pb")}
_SIZES: Final = {"v1": NARROW.size, "v2": NARROW.size, "pb": WIDE.size}


# --- connections -----------------------------------------------------------------------------


class _Packets:
    """Cuts whole packets of one dialect out of a stream."""

    def __init__(self, dialect: BeeDialect) -> None:
        self._words, self._size = _WORDS[dialect], _SIZES[dialect]
        self._buffer = b""

    def receive_data(self, data: bytes) -> None:
        self._buffer += data

    def next_frame(self) -> bytes | None:
        buffer = self._buffer
        if len(buffer) < self._size:
            return None
        end = self._size + self._words.unpack(buffer[: self._size])[1]
        if len(buffer) < end:
            return None
        self._buffer = buffer[end:]
        return buffer[:end]


async def _connect(
    transport: BeeTransport, dialect: BeeDialect, addresses: Mapping[str, str]
) -> Link:
    if transport == "tcp":
        host, _, port = addresses["beehive"].rpartition(":")
        return await connect_tcp(host, int(port), _Packets(dialect))
    return await connect_websocket(f"ws://{addresses['http']}/im", aiohttp.WSMsgType.BINARY)


class Bee:
    """One user's only device; it may come, be cut off, and come again."""

    def __init__(
        self,
        uid: int,
        dialect: BeeDialect,
        transport: BeeTransport,
        *,
        hear: Callable[[int, str], None],
    ) -> None:
        """`hear` is told this uid and the text of each private message that comes."""
        self.uid = uid
        self.dialect = dialect
        self._transport = transport
        self._hear = hear
        self._words = _WORDS[dialect]
        self._size = _SIZES[dialect]
        self._sid = uid
        self._seq = 8
        self._link: Link | None = None

    async def come(self, addresses: Mapping[str, str]) -> None:
        """Connect and be online."""
        self._link = await _connect(self._transport, self.dialect, addresses)
        old = self.dialect == "v1"
        online = self._words.online(self.uid, self._sid)
        answer = await self._ask(online, seq=1, sid=0 if old else self._sid)
        if old:
            self._sid = answer.sid  # the engine gives a device of this dialect its number
        elif isinstance(self._words, _New):
            self._seq = max(self._seq, self._words.read(answer).seq)

    async def join(self, rid: int) -> None:
        """Enter a room."""
        await self._ask(self._words.join(self.uid, rid))

    async def say(self, rid: int, text: str) -> None:
        """Say something to a room, and wait until that is on disk."""
        await self._ask(self._words.say(self.uid, rid, text))

    async def write(self, to: int, text: str) -> None:
        """Send a private message, and wait until that is on disk."""
        await self._ask(self._words.write(self.uid, to, text))

    async def say_in_group(self, gid: int, text: str) -> None:
        """Say something to a group, and wait until that is on disk."""
        await self._ask(self._words.say_in_group(self.uid, gid, text))

    async def sync(self) -> None:
        """Be told whatever waits."""
        await self._ask(self._words.sync(self.uid))

    async def ask(self, message: Message) -> Any:
        """Send any command of seed 002, and return its answer.

        Raises:
            BeeRefused: It has a code; or this device speaks a dialect that has no such command.
        """
        if not isinstance(self._words, _New):
            raise BeeRefused(f"{self.dialect} has no {type(message).__name__}")
        return self._words.read(await self._ask(self._words.message(message)))

    async def _ask(
        self, packet: _Packet, *, seq: int | None = None, sid: int | None = None
    ) -> _Packet:
        if self._link is None:
            raise ConnectionClosed("this device is not connected")
        if seq is None:
            seq, self._seq = self._seq, self._seq + 1
        sent = packet._replace(seq=seq, sid=self._sid if sid is None else sid)
        await self._link.send(self._words.pack(sent))
        while True:
            heard = await self._next(self._link)
            if (heard.key, heard.seq) == (packet.key + 1, seq):
                break
        code, words = self._words.code_of(heard)
        if code:
            raise BeeRefused(f"{self.dialect} {packet.key:#06x}: {code} {words}")
        return heard

    async def _next(self, link: Link) -> _Packet:
        """Return the next packet; acknowledge it when it is a private message."""
        data = await link.receive()
        packet, length = self._words.unpack(data[: self._size])
        if len(data) != self._size + length:
            raise BeeRefused(f"a WebSocket message of {len(data)} bytes is no packet")
        heard = packet._replace(body=data[self._size :])
        if heard.key in self._words.ends:
            code, words = self._words.code_of(heard)
            raise BeeRefused(f"{self.dialect} was told {heard.key:#06x}: {code} {words}")
        if heard.key == self._words.chat:
            self._hear(self.uid, self._words.text_of(heard))
            await link.send(self._words.pack(self._words.ack(heard)._replace(sid=self._sid)))
        return heard

    async def leave(self) -> None:
        """Hang up; doing it again does nothing."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()
