"""Broadcasts and custom bytes: keys 0x0501 to 0x0504.

Source: docs/protocols/beehive-commands.json. Fields stand in the order of their protobuf numbers.
"""

from __future__ import annotations

from parlour.events.messages.beehive.packet import Message


class Bc(Message, frozen=True, kw_only=True):
    """BC (0x0501). Both ways."""

    msgid: int | None = None
    level: int | None = None
    time: int
    expire: int | None = None
    text: str
    data: bytes | None = None


class BcAck(Message, frozen=True, kw_only=True):
    """BC-ACK (0x0502). Client to server."""

    code: int
    errmsg: str


class P2P(Message, frozen=True, kw_only=True):
    """P2P (0x0503). Client to server, then server to client."""

    suid: int
    duid: int
    time: int
    data: bytes


class P2PAck(Message, frozen=True, kw_only=True):
    """P2P-ACK (0x0504). Both ways."""

    suid: int
    duid: int
    code: int
    errmsg: str
