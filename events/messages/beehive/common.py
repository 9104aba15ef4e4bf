"""Coming, going, errors, subscriptions: keys 0x0101 to 0x0153.

Source: docs/protocols/beehive-commands.json. Fields stand in the order of their protobuf numbers.
"""

from __future__ import annotations

from parlour.events.messages.beehive.packet import Message


class Online(Message, frozen=True, kw_only=True):
    """ONLINE (0x0101). Client to server."""

    uid: int
    sid: int
    token: str
    app: str
    version: str
    terminal: int | None = None


class OnlineAck(Message, frozen=True, kw_only=True):
    """ONLINE-ACK (0x0102). Server to client."""

    uid: int
    sid: int
    seq: int
    app: str
    version: str
    terminal: int | None = None
    code: int
    errmsg: str


class Offline(Message, frozen=True, kw_only=True):
    """OFFLINE (0x0103). Client to server."""


class OfflineAck(Message, frozen=True, kw_only=True):
    """OFFLINE-ACK (0x0104). Server to client."""


class Ping(Message, frozen=True, kw_only=True):
    """PING (0x0105). Client to server."""


class Pong(Message, frozen=True, kw_only=True):
    """PONG (0x0106). Server to client."""


class Sub(Message, frozen=True, kw_only=True):
    """SUB (0x0107). Client to server."""

    cmd: int | None = None


class SubAck(Message, frozen=True, kw_only=True):
    """SUB-ACK (0x0108). Server to client."""

    cmd: int
    code: int
    errmsg: str


class Unsub(Message, frozen=True, kw_only=True):
    """UNSUB (0x0109). Client to server."""

    cmd: int


class UnsubAck(Message, frozen=True, kw_only=True):
    """UNSUB-ACK (0x010A). Server to client."""

    cmd: int
    code: int
    errmsg: str


class Error(Message, frozen=True, kw_only=True):
    """ERROR (0x010B). Server to client."""

    code: int
    errmsg: str


class ErrorAck(Message, frozen=True, kw_only=True):
    """ERROR-ACK (0x010C). Client to server."""


class Sync(Message, frozen=True, kw_only=True):
    """SYNC (0x010D). Client to server."""

    uid: int


class SyncAck(Message, frozen=True, kw_only=True):
    """SYNC-ACK (0x010E). Server to client."""

    uid: int
    code: int
    errmsg: str


class Kick(Message, frozen=True, kw_only=True):
    """KICK (0x0110). Server to client."""

    code: int
    errmsg: str


class KickAck(Message, frozen=True, kw_only=True):
    """KICK-ACK (0x0111). Client to server."""


class OnlineNtf(Message, frozen=True, kw_only=True):
    """ONLINE-NTF (0x0150). Server to client."""

    uid: int


class OnlineNtfAck(Message, frozen=True, kw_only=True):
    """ONLINE-NTF-ACK (0x0151). Client to server."""


class OfflineNtf(Message, frozen=True, kw_only=True):
    """OFFLINE-NTF (0x0152). Server to client."""

    uid: int


class OfflineNtfAck(Message, frozen=True, kw_only=True):
    """OFFLINE-NTF-ACK (0x0153). Client to server."""
