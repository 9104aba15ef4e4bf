"""Dialect v1 on one connection: the older numbering, and the serials only this dialect needs.

A push has a serial of the receiving session's own, so that its ack is unambiguous; here is kept
what each serial stood for. Hence one object a connection, and one frame a receiver.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from typing import Final, Literal, NamedTuple

from parlour.events.errors import LocalProtocolError
from parlour.events.messages.beehive import common, node, private, push
from parlour.events.messages.beehive.packet import Message, Packet, Request
from parlour.network.beehive.commands import CLIENT, NODE, Sender
from parlour.network.beehive.frames import (
    CHECKSUM,
    FLAG_EXTERNAL,
    FLAG_SYSTEM,
    NARROW,
    UNSUPPORTED,
    BodyRefused,
    Frame,
    digest_of,
)
from parlour.network.beehive.v1_replies import HB_ACK, LSN_RPT_ACK, WRITERS
from parlour.network.beehive.v1_requests import heard_from

VERSION: Final = 1
REMEMBERED: Final = 8_192
"""Pushes a connection may leave unacknowledged; the oldest beyond are told again by a SYNC."""
REPORTS: Final = 64
"""Reports of a node that may await their acks."""
_SYSTEM_KEYS: Final = 0x0400
_READERS: Final = {sender: heard_from(sender) for sender in (CLIENT, NODE)}
_PRVT_MSG_ACK: Final = 0x0113
_UNUSUAL_ACK: Final = 0x0122
_REPORT_ACKS: Final = {0x0401: HB_ACK, 0x0403: LSN_RPT_ACK}
_U32_MAX: Final = 2**32 - 1


class _Pushed(NamedTuple):
    """What a peer acknowledges when it acknowledges a serial; there are many, so it is small."""

    kind: Literal["chat", "p2p", "kick"]
    suid: int
    seq: int

    def ack(self) -> Message:
        """Return the ack in the engine's messages; of whom it is for nobody looks."""
        if self.kind == "kick":
            return common.KickAck()
        kind = private.ChatAck if self.kind == "chat" else push.P2PAck
        return kind(suid=self.suid, duid=0, code=0, errmsg="")


class V1Frames:
    """Dialect v1, for one connection."""

    name: Final = "beehive-v1"

    def __init__(self, sender: Sender, *, remembered: int = REMEMBERED) -> None:
        """`sender` is who speaks; `remembered` how many pushes may await their acks."""
        self._readers = _READERS[sender]
        self._remembered = remembered
        self._sid = 0
        self._serial = 0
        self._pushed: OrderedDict[int, _Pushed] = OrderedDict()
        self._reports: list[tuple[int, int]] = []
        """Serial and key of ack of what a node reported; its serials may all be the same."""

    def encode(self, packet: Packet) -> bytes:
        """Return the whole frame; no bytes for what the older numbering has no key for.

        Raises:
            LocalProtocolError: A number is out of its range.
        """
        message = packet.message
        write = WRITERS.get(type(message))
        if write is None:
            return b""
        said = write(message)
        sid, serial, key = packet.sid or self._sid, packet.seq, said.key
        if said.pushed:
            serial = self._serial = self._serial + 1
            self._remember(serial, packet)
        elif isinstance(message, common.OnlineAck):
            sid = message.sid
            if message.code == 0:
                self._sid = sid
        elif self._reports:
            key = self._report_ack(message, packet.seq) or key
        flag = FLAG_EXTERNAL if key < _SYSTEM_KEYS else FLAG_SYSTEM
        rsv = said.rsv if said.rsv <= _U32_MAX else 0
        body = said.body
        try:
            return NARROW.pack(key, flag, len(body), CHECKSUM, sid, 0, serial, VERSION, rsv) + body
        except struct.error as error:
            raise LocalProtocolError(f"no header for {packet}") from error

    def decode(self, frame: Frame) -> Request:
        """Return what a frame says, in the engine's messages.

        Raises:
            BodyRefused: Nobody may say that here ("10007"), or not so ("20005", "20011").
        """
        read = self._readers.get(frame.key)
        if read is None:
            raise BodyRefused(UNSUPPORTED, f"no command 0x{frame.key:04X} here", frame.seq)
        try:
            message = read(frame)
        except BodyRefused as error:
            error.seq = frame.seq
            raise
        seq = frame.seq
        if frame.key in (_PRVT_MSG_ACK, _UNUSUAL_ACK):
            pushed = self._take(seq, kick=frame.key == _UNUSUAL_ACK)
            if pushed is not None:
                message, seq = pushed.ack(), pushed.seq
        elif frame.key in _REPORT_ACKS:
            self._reports.append((seq, _REPORT_ACKS[frame.key]))
            del self._reports[:-REPORTS]
        return Request(message, seq, frame.sid, digest_of(frame), implied=True)

    def _remember(self, serial: int, packet: Packet) -> None:
        message = packet.message
        if isinstance(message, private.Chat):
            pushed = _Pushed("chat", message.suid, packet.seq)
        elif isinstance(message, push.P2P):
            pushed = _Pushed("p2p", message.suid, packet.seq)
        elif isinstance(message, common.Kick):
            pushed = _Pushed("kick", 0, packet.seq)
        else:
            return
        self._pushed[serial] = pushed
        if len(self._pushed) > self._remembered:
            self._pushed.popitem(last=False)

    def _take(self, serial: int, *, kick: bool) -> _Pushed | None:
        """Return and forget what a serial stood for; a refusal has the serial of a command."""
        pushed = self._pushed.get(serial)
        if pushed is None or (pushed.kind == "kick") != kick:
            return None
        del self._pushed[serial]
        return pushed

    def _report_ack(self, message: Message, serial: int) -> int | None:
        """Return the key of the ack of a node's report, or None if this is not its ack."""
        if not isinstance(message, node.LsndInfoAck | node.FrwdInfoAck | common.Error):
            return None
        for place, (reported, key) in enumerate(self._reports):
            if reported == serial:
                del self._reports[place]
                return None if isinstance(message, common.Error) else key
        return None
