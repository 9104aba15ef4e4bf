"""Groups: keys 0x0301 to 0x0367.

Source: docs/protocols/beehive-commands.json. Fields stand in the order of their protobuf numbers.
"""

from __future__ import annotations

from parlour.events.messages.beehive.packet import Message


class GroupCreat(Message, frozen=True, kw_only=True):
    """GROUP-CREAT (0x0301). Client to server."""

    uid: int
    gid: int
    name: str
    desc: str


class GroupCreatAck(Message, frozen=True, kw_only=True):
    """GROUP-CREAT-ACK (0x0302). Server to client."""

    code: int
    errmsg: str
    gid: int | None = None


class GroupDimiss(Message, frozen=True, kw_only=True):
    """GROUP-DIMISS (0x0303). Client to server."""

    uid: int
    gid: int


class GroupDimissAck(Message, frozen=True, kw_only=True):
    """GROUP-DIMISS-ACK (0x0304). Server to client."""

    code: int
    errmsg: str


class GroupJoin(Message, frozen=True, kw_only=True):
    """GROUP-JOIN (0x0305). Client to server."""

    uid: int
    gid: int


class GroupJoinAck(Message, frozen=True, kw_only=True):
    """GROUP-JOIN-ACK (0x0306). Server to client."""

    code: int
    errmsg: str


class GroupQuit(Message, frozen=True, kw_only=True):
    """GROUP-QUIT (0x0307). Client to server."""

    uid: int
    gid: int


class GroupQuitAck(Message, frozen=True, kw_only=True):
    """GROUP-QUIT-ACK (0x0308). Server to client."""

    code: int
    errmsg: str


class GroupInvite(Message, frozen=True, kw_only=True):
    """GROUP-INVITE (0x0309). Client to server."""

    uid: int
    gid: int
    to: int


class GroupInviteAck(Message, frozen=True, kw_only=True):
    """GROUP-INVITE-ACK (0x030A). Server to client."""

    code: int
    errmsg: str


class GroupChat(Message, frozen=True, kw_only=True):
    """GROUP-CHAT (0x030B). Client to server, then server to client."""

    uid: int
    gid: int
    level: int
    time: int
    text: str
    data: bytes | None = None


class GroupChatAck(Message, frozen=True, kw_only=True):
    """GROUP-CHAT-ACK (0x030C). Server to client."""

    code: int
    errmsg: str


class GroupKick(Message, frozen=True, kw_only=True):
    """GROUP-KICK (0x030D). Client to server."""

    uid: int
    gid: int


class GroupKickAck(Message, frozen=True, kw_only=True):
    """GROUP-KICK-ACK (0x030E). Server to client."""

    code: int
    errmsg: str


class GroupGagAdd(Message, frozen=True, kw_only=True):
    """GROUP-GAG-ADD (0x0310). Client to server."""

    uid: int
    gid: int


class GroupGagAddAck(Message, frozen=True, kw_only=True):
    """GROUP-GAG-ADD-ACK (0x0311). Server to client."""

    code: int
    errmsg: str


class GroupGagDel(Message, frozen=True, kw_only=True):
    """GROUP-GAG-DEL (0x0312). Client to server."""

    uid: int
    gid: int


class GroupGagDelAck(Message, frozen=True, kw_only=True):
    """GROUP-GAG-DEL-ACK (0x0313). Server to client."""

    code: int
    errmsg: str


class GroupBlAdd(Message, frozen=True, kw_only=True):
    """GROUP-BL-ADD (0x0314). Client to server."""

    uid: int
    gid: int


class GroupBlAddAck(Message, frozen=True, kw_only=True):
    """GROUP-BL-ADD-ACK (0x0315). Server to client."""

    code: int
    errmsg: str


class GroupBlDel(Message, frozen=True, kw_only=True):
    """GROUP-BL-DEL (0x0316). Client to server."""

    uid: int
    gid: int


class GroupBlDelAck(Message, frozen=True, kw_only=True):
    """GROUP-BL-DEL-ACK (0x0317). Server to client."""

    code: int
    errmsg: str


class GroupMgrAdd(Message, frozen=True, kw_only=True):
    """GROUP-MGR-ADD (0x0318). Client to server."""

    uid: int
    gid: int


class GroupMgrAddAck(Message, frozen=True, kw_only=True):
    """GROUP-MGR-ADD-ACK (0x0319). Server to client."""

    code: int
    errmsg: str


class GroupMgrDel(Message, frozen=True, kw_only=True):
    """GROUP-MGR-DEL (0x031A). Client to server."""

    uid: int
    gid: int


class GroupMgrDelAck(Message, frozen=True, kw_only=True):
    """GROUP-MGR-DEL-ACK (0x031B). Server to client."""

    code: int
    errmsg: str


class GroupUsrList(Message, frozen=True, kw_only=True):
    """GROUP-USR-LIST (0x031C). Client to server."""

    gid: int
    num: int


class GroupUsrListAck(Message, frozen=True, kw_only=True):
    """GROUP-USR-LIST-ACK (0x031D). Server to client."""

    gid: int
    list: str


class GroupJoinNtf(Message, frozen=True, kw_only=True):
    """GROUP-JOIN-NTF (0x0350). Server to client."""

    uid: int
    gid: int


class GroupJoinNtfAck(Message, frozen=True, kw_only=True):
    """GROUP-JOIN-NTF-ACK (0x0351). Client to server."""


class GroupQuitNtf(Message, frozen=True, kw_only=True):
    """GROUP-QUIT-NTF (0x0352). Server to client."""

    uid: int
    gid: int


class GroupQuitNtfAck(Message, frozen=True, kw_only=True):
    """GROUP-QUIT-NTF-ACK (0x0353). Client to server."""


class GroupKickNtf(Message, frozen=True, kw_only=True):
    """GROUP-KICK-NTF (0x0354). Server to client."""

    uid: int
    gid: int


class GroupKickNtfAck(Message, frozen=True, kw_only=True):
    """GROUP-KICK-NTF-ACK (0x0355). Client to server."""


class GroupGagAddNtf(Message, frozen=True, kw_only=True):
    """GROUP-GAG-ADD-NTF (0x0356). Server to client."""

    uid: int
    gid: int


class GroupGagAddNtfAck(Message, frozen=True, kw_only=True):
    """GROUP-GAG-ADD-NTF-ACK (0x0357). Client to server."""


class GroupGagDelNtf(Message, frozen=True, kw_only=True):
    """GROUP-GAG-DEL-NTF (0x0358). Server to client."""

    uid: int
    gid: int


class GroupGagDelNtfAck(Message, frozen=True, kw_only=True):
    """GROUP-GAG-DEL-NTF-ACK (0x0359). Client to server."""


class GroupBlAddNtf(Message, frozen=True, kw_only=True):
    """GROUP-BL-ADD-NTF (0x0360). Server to client."""

    uid: int
    gid: int


class GroupBlAddNtfAck(Message, frozen=True, kw_only=True):
    """GROUP-BL-ADD-NTF-ACK (0x0361). Client to server."""


class GroupBlDelNtf(Message, frozen=True, kw_only=True):
    """GROUP-BL-DEL-NTF (0x0362). Server to client."""

    uid: int
    gid: int


class GroupBlDelNtfAck(Message, frozen=True, kw_only=True):
    """GROUP-BL-DEL-NTF-ACK (0x0363). Client to server."""


class GroupMgrAddNtf(Message, frozen=True, kw_only=True):
    """GROUP-MGR-ADD-NTF (0x0364). Server to client."""

    uid: int
    gid: int


class GroupMgrAddNtfAck(Message, frozen=True, kw_only=True):
    """GROUP-MGR-ADD-NTF-ACK (0x0365). Client to server."""


class GroupMgrDelNtf(Message, frozen=True, kw_only=True):
    """GROUP-MGR-DEL-NTF (0x0366). Server to client."""

    uid: int
    gid: int


class GroupMgrDelNtfAck(Message, frozen=True, kw_only=True):
    """GROUP-MGR-DEL-NTF-ACK (0x0367). Client to server."""
