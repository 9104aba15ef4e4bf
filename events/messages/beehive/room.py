"""Rooms: keys 0x0401 to 0x0455.

Source: docs/protocols/beehive-commands.json. Fields stand in the order of their protobuf numbers.
"""

from __future__ import annotations

from parlour.events.messages.beehive.packet import Message


class RoomCreat(Message, frozen=True, kw_only=True):
    """ROOM-CREAT (0x0401). Client to server."""

    uid: int
    name: str
    desc: str


class RoomCreatAck(Message, frozen=True, kw_only=True):
    """ROOM-CREAT-ACK (0x0402). Server to client."""

    uid: int
    rid: int
    code: int
    errmsg: str


class RoomDismiss(Message, frozen=True, kw_only=True):
    """ROOM-DISMISS (0x0403). Client to server."""

    uid: int
    rid: int


class RoomDismissAck(Message, frozen=True, kw_only=True):
    """ROOM-DISMISS-ACK (0x0404). Server to client."""

    code: int
    errmsg: str


class RoomJoin(Message, frozen=True, kw_only=True):
    """ROOM-JOIN (0x0405). Client to server."""

    uid: int
    rid: int


class RoomJoinAck(Message, frozen=True, kw_only=True):
    """ROOM-JOIN-ACK (0x0406). Server to client."""

    uid: int
    rid: int
    gid: int
    code: int
    errmsg: str


class RoomQuit(Message, frozen=True, kw_only=True):
    """ROOM-QUIT (0x0407). Client to server."""

    uid: int
    rid: int


class RoomQuitAck(Message, frozen=True, kw_only=True):
    """ROOM-QUIT-ACK (0x0408). Server to client."""

    uid: int
    rid: int
    code: int
    errmsg: str


class RoomKick(Message, frozen=True, kw_only=True):
    """ROOM-KICK (0x0409). Client to server, then server to client."""

    uid: int
    rid: int


class RoomKickAck(Message, frozen=True, kw_only=True):
    """ROOM-KICK-ACK (0x040A). Server to client."""

    uid: int
    rid: int
    code: int
    errmsg: str


class RoomChat(Message, frozen=True, kw_only=True):
    """ROOM-CHAT (0x040B). Client to server, then server to client."""

    uid: int
    rid: int
    gid: int
    level: int
    time: int
    text: str
    data: bytes | None = None


class RoomChatAck(Message, frozen=True, kw_only=True):
    """ROOM-CHAT-ACK (0x040C). Server to client."""

    uid: int
    rid: int
    gid: int
    code: int
    errmsg: str


class RoomBc(Message, frozen=True, kw_only=True):
    """ROOM-BC (0x040D). Server to client."""

    rid: int
    msgid: int
    level: int
    time: int
    expire: int
    data: bytes


class RoomBcAck(Message, frozen=True, kw_only=True):
    """ROOM-BC-ACK (0x040E). Client to server."""

    rid: int
    msgid: int
    code: int
    errmsg: str


class RoomUsrNum(Message, frozen=True, kw_only=True):
    """ROOM-USR-NUM (0x0410). Server to client."""

    rid: int
    num: int


class RoomUsrNumAck(Message, frozen=True, kw_only=True):
    """ROOM-USR-NUM-ACK (0x0411). Client to server."""


class RoomLsnStat(Message, frozen=True, kw_only=True):
    """ROOM-LSN-STAT (0x0412). Node to server; server to operators who want it."""

    rid: int
    nid: int
    num: int


class RoomLsnStatAck(Message, frozen=True, kw_only=True):
    """ROOM-LSN-STAT-ACK (0x0413). Server to node."""


class RoomJoinNtf(Message, frozen=True, kw_only=True):
    """ROOM-JOIN-NTF (0x0450). Server to client."""

    uid: int
    rid: int


class RoomJoinNtfAck(Message, frozen=True, kw_only=True):
    """ROOM-JOIN-NTF-ACK (0x0451). Client to server."""


class RoomQuitNtf(Message, frozen=True, kw_only=True):
    """ROOM-QUIT-NTF (0x0452). Server to client."""

    uid: int
    rid: int


class RoomQuitNtfAck(Message, frozen=True, kw_only=True):
    """ROOM-QUIT-NTF-ACK (0x0453). Client to server."""


class RoomKickNtf(Message, frozen=True, kw_only=True):
    """ROOM-KICK-NTF (0x0454). Server to client."""

    uid: int
    rid: int


class RoomKickNtfAck(Message, frozen=True, kw_only=True):
    """ROOM-KICK-NTF-ACK (0x0455). Client to server."""
