"""Dialects v2 and pb: the newer numbering, as JSON under 44 bytes or as protobuf under 52.

Both hold no state of a connection: a packet for many is encoded once a dialect.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from msgspec.structs import fields

from parlour.events.errors import LocalProtocolError
from parlour.events.messages.beehive.packet import Message, Packet, Request
from parlour.events.messages.beehive.private import ChatAck, FriendAdd, FriendDel, FriendReply
from parlour.events.messages.beehive.push import P2PAck
from parlour.events.rules.beehive.notices import NUMBERED
from parlour.network.beehive import json_body, protobuf
from parlour.network.beehive.commands import CLIENT, KEYS, NODE, Sender, heard_from
from parlour.network.beehive.frames import (
    CHECKSUM,
    FLAG_EXTERNAL,
    FLAG_SYSTEM,
    NARROW,
    UNSUPPORTED,
    WIDE,
    BodyRefused,
    Frame,
    digest_of,
)

VERSION: Final = 2
_SYSTEM_KEYS: Final = 0x0600
"""From here on: the families of nodes."""
_Read = Callable[[bytes], Message]


def _readers(sender: Sender, reader: Callable[[type[Message]], _Read]) -> dict[int, _Read]:
    return {
        key: _reader_of_ack(message, reader(message))
        if _never_refused(message)
        else reader(message)
        for key, message in heard_from(sender).items()
    }


def _never_refused(message: type[Message]) -> bool:
    # "accepted and counted, never an error"; but these two clear a message of a queue
    return message.__name__.endswith("Ack") and message not in (ChatAck, P2PAck)


def _reader_of_ack(message: type[Message], read: _Read) -> _Read:
    blank = message(**{field.name: "" if field.type is str else 0 for field in fields(message)})

    def read_leniently(body: bytes) -> Message:
        try:
            return read(body)
        except BodyRefused:
            return blank

    return read_leniently


class _Numbered:
    """What the two dialects of the newer numbering share."""

    def __init__(self, sender: Sender, reader: Callable[[type[Message]], _Read]) -> None:
        self._readers = _readers(sender, reader)
        self._unnumbered = frozenset(
            key for key, message in heard_from(sender).items() if message not in NUMBERED
        )

    def decode(self, frame: Frame) -> Request:
        """Return what a frame says.

        Raises:
            BodyRefused: Nobody may say that here ("10007"), or not so ("20005", "20011").
        """
        read = self._readers.get(frame.key)
        if read is None:
            raise BodyRefused(UNSUPPORTED, f"no command 0x{frame.key:04X} here", frame.seq)
        try:
            message = read(frame.body)
        except BodyRefused as error:
            error.seq = frame.seq
            raise
        digest = "" if frame.key in self._unnumbered else digest_of(frame)
        return Request(message, frame.seq, frame.sid, digest)


class JsonFrames(_Numbered):
    """Dialect v2."""

    name: Final = "beehive-v2"

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender, json_body.reader)

    def encode(self, packet: Packet) -> bytes:
        """Return the whole frame; no bytes for what only dialect v1 has.

        Raises:
            LocalProtocolError: A number is out of its range.
        """
        message = packet.message
        key = KEYS.get(type(message))
        if key is None:
            return _encode_foreign(self.encode, packet)
        body = json_body.write(message)
        flag = FLAG_EXTERNAL if key < _SYSTEM_KEYS else FLAG_SYSTEM
        try:
            header = NARROW.pack(
                key, flag, len(body), CHECKSUM, packet.sid, 0, packet.seq, VERSION, 0
            )
        except struct.error as error:
            raise LocalProtocolError(f"no header for {packet}") from error
        return header + body


class ProtobufFrames(_Numbered):
    """Dialect pb."""

    name: Final = "beehive-pb"

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender, protobuf.reader)

    def encode(self, packet: Packet) -> bytes:
        """Return the whole frame; no bytes for what only dialect v1 has.

        Raises:
            LocalProtocolError: A number is out of its range.
        """
        message = packet.message
        key = KEYS.get(type(message))
        if key is None:
            return _encode_foreign(self.encode, packet)
        try:
            body = protobuf.write(message)
            header = WIDE.pack(key, len(body), packet.sid, 0, 0, packet.seq, 0, 0)
        except (ValueError, TypeError, struct.error) as error:
            raise LocalProtocolError(f"no frame for {packet}") from error
        return header + body


def _encode_foreign(encode: Callable[[Packet], bytes], packet: Packet) -> bytes:
    reply = packet.message
    if not isinstance(reply, FriendReply):
        return b""
    # the newer numbering has no word for it: agreeing is asking too, refusing is ending
    told: Message = (
        FriendAdd(suid=reply.suid, duid=reply.duid, mark=reply.mark)
        if reply.code == 0
        else FriendDel(suid=reply.suid, duid=reply.duid)
    )
    return encode(Packet(told, packet.seq, packet.sid))


JSON: Final = JsonFrames(CLIENT)
PROTOBUF: Final = ProtobufFrames(CLIENT)
NODES_JSON: Final = JsonFrames(NODE)
NODES_PROTOBUF: Final = ProtobufFrames(NODE)
