"""Private messages, friends and lists: keys 0x0201 to 0x0213.

Source: docs/protocols/beehive-commands.json. Fields stand in the order of their protobuf numbers.
"""

from __future__ import annotations

from parlour.events.messages.beehive.packet import Message


class Chat(Message, frozen=True, kw_only=True):
    """CHAT (0x0201). Client to server, then server to client."""

    suid: int
    duid: int
    level: int
    time: int
    text: str
    data: bytes | None = None


class ChatAck(Message, frozen=True, kw_only=True):
    """CHAT-ACK (0x0202). Server to sender; receiver to server."""

    suid: int
    duid: int
    code: int
    errmsg: str


class FriendAdd(Message, frozen=True, kw_only=True):
    """FRIEND-ADD (0x0203). Client to server, then server to client."""

    suid: int
    duid: int
    mark: str


class FriendAddAck(Message, frozen=True, kw_only=True):
    """FRIEND-ADD-ACK (0x0204). Server to client."""

    code: int
    errmsg: str


class FriendDel(Message, frozen=True, kw_only=True):
    """FRIEND-DEL (0x0205). Client to server, then server to client."""

    suid: int
    duid: int


class FriendDelAck(Message, frozen=True, kw_only=True):
    """FRIEND-DEL-ACK (0x0206). Server to client."""

    code: int
    errmsg: str


class BlacklistAdd(Message, frozen=True, kw_only=True):
    """BLACKLIST-ADD (0x0207). Client to server."""

    suid: int
    duid: int


class BlacklistAddAck(Message, frozen=True, kw_only=True):
    """BLACKLIST-ADD-ACK (0x0208). Server to client."""

    code: int
    errmsg: str


class BlacklistDel(Message, frozen=True, kw_only=True):
    """BLACKLIST-DEL (0x0209). Client to server."""

    suid: int
    duid: int


class BlacklistDelAck(Message, frozen=True, kw_only=True):
    """BLACKLIST-DEL-ACK (0x020A). Server to client."""

    code: int
    errmsg: str


class GagAdd(Message, frozen=True, kw_only=True):
    """GAG-ADD (0x020B). Client to server."""

    suid: int
    duid: int


class GagAddAck(Message, frozen=True, kw_only=True):
    """GAG-ADD-ACK (0x020C). Server to client."""

    code: int
    errmsg: str


class GagDel(Message, frozen=True, kw_only=True):
    """GAG-DEL (0x020D). Client to server."""

    suid: int
    duid: int


class GagDelAck(Message, frozen=True, kw_only=True):
    """GAG-DEL-ACK (0x020E). Server to client."""

    code: int
    errmsg: str


class MarkAdd(Message, frozen=True, kw_only=True):
    """MARK-ADD (0x0210). Client to server."""

    suid: int
    duid: int
    mark: str


class MarkAddAck(Message, frozen=True, kw_only=True):
    """MARK-ADD-ACK (0x0211). Server to client."""

    code: int
    errmsg: str


class MarkDel(Message, frozen=True, kw_only=True):
    """MARK-DEL (0x0212). Client to server."""

    suid: int
    duid: int


class MarkDelAck(Message, frozen=True, kw_only=True):
    """MARK-DEL-ACK (0x0213). Server to client."""

    code: int
    errmsg: str


class FriendReply(Message, frozen=True, kw_only=True):
    """REP-ADD-FRIEND of dialect v1 (0x0118). Client to server, then server to client."""

    suid: int
    duid: int
    code: int
    """0 agrees, anything else refuses."""
    errmsg: str
    mark: str = ""


class FriendReplyAck(Message, frozen=True, kw_only=True):
    """REP-ADD-FRIEND-ACK of dialect v1 (0x0119). Server to client."""

    code: int
    errmsg: str
