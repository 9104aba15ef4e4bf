"""A client of instant messaging for the demo: 52-byte headers and protobuf over TCP."""

from __future__ import annotations

import asyncio
import struct
from typing import Final, TypeVar

from parlour.events.errors import EngineError
from parlour.events.messages.beehive import common, private, room
from parlour.events.messages.beehive.packet import Message
from parlour.network.beehive import commands, protobuf

_HEADER: Final = struct.Struct(">IIQQIQQQ")
"""cmd, length, sid, cid, nid, seq, dsid, dseq."""
_KEYS: Final = {row.message: row.key for row in commands.ROWS}
_MESSAGES: Final = {row.key: row.message for row in commands.ROWS}
_M = TypeVar("_M", bound=Message)


class BeehiveClient:
    """One device of one user."""

    def __init__(self, uid: int, sid: int) -> None:
        self.uid = uid
        self.sid = sid
        self.heard: list[Message] = []
        """Everything that came, acks included."""
        self._seq = 1
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def connect(self, address: str) -> None:
        """Connect and come online."""
        host, _, port = address.rpartition(":")
        self._reader, self._writer = await asyncio.open_connection(host, int(port))
        online = common.Online(
            uid=self.uid, sid=self.sid, token="demo", app="parlour demo", version="1"
        )
        ack = await self.ask(online, common.OnlineAck)
        self._seq = ack.seq

    async def ask(self, message: Message, answer: type[_M]) -> _M:
        """Send a command and return its answer.

        Raises:
            EngineError: The engine said something else, or hung up.
        """
        self.send(message)
        return await self.until(answer)

    def send(self, message: Message, *, seq: int | None = None) -> None:
        """Send a message under the next number; an ack under that of what it acknowledges."""
        if seq is None:
            seq = self._seq
            self._seq += 1
        body = protobuf.write(message)
        header = _HEADER.pack(_KEYS[type(message)], len(body), self.sid, 0, 0, seq, 0, 0)
        self._writer.write(header + body)

    async def until(self, wanted: type[_M]) -> _M:
        """Return the next message of a kind; private ones on the way are acknowledged."""
        while True:
            header = await self._reader.readexactly(_HEADER.size)
            key, length, _, _, _, seq, _, _ = _HEADER.unpack(header)
            message = protobuf.reader(_MESSAGES[key])(await self._reader.readexactly(length))
            self.heard.append(message)
            if isinstance(message, private.Chat):
                ack = private.ChatAck(suid=message.suid, duid=self.uid, code=0, errmsg="Ok")
                self.send(ack, seq=seq)
            if isinstance(message, wanted):
                return message
            if isinstance(message, common.Error | common.Kick):
                raise EngineError(f"the engine said {message.code}: {message.errmsg}")

    async def enter(self, rid: int) -> None:
        """Join a room."""
        await self.ask(room.RoomJoin(uid=self.uid, rid=rid), room.RoomJoinAck)

    async def say(self, rid: int, text: str) -> None:
        """Say something to a room, and wait until that is on disk."""
        said = room.RoomChat(uid=self.uid, rid=rid, gid=0, level=0, time=0, text=text)
        await self.ask(said, room.RoomChatAck)

    async def write(self, uid: int, text: str) -> private.ChatAck:
        """Send a private message, and wait until that is on disk."""
        said = private.Chat(suid=self.uid, duid=uid, level=0, time=0, text=text)
        return await self.ask(said, private.ChatAck)

    async def sync(self) -> list[private.Chat]:
        """Return the private messages that waited."""
        before = len(self.heard)
        await self.ask(common.Sync(uid=self.uid), common.SyncAck)
        return [said for said in self.heard[before:] if isinstance(said, private.Chat)]

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            pass  # it was killed before
