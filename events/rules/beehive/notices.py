"""What a device is answered, and how what was sent is told: facts to messages. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from parlour.events import beehive as facts
from parlour.events.messages.beehive import common, group, private, push, room
from parlour.events.messages.beehive.packet import Message, Packet
from parlour.events.rules.beehive.state import ROOM_USR_NUM

OK: Final = 0
SYSTEM: Final = 10001
FORBIDDEN: Final = 10005
MISSING: Final = 10006
UNSUPPORTED: Final = 10007
TOO_MANY: Final = 10022
UNKNOWN_USER: Final = 20008
BAD_HEADER: Final = 20010
CHECK_FAILED: Final = 20012
TEXTS: Final = {
    OK: "Ok",
    SYSTEM: "System error; nothing was changed",
    FORBIDDEN: "No permission",
    MISSING: "Not found",
    UNSUPPORTED: "Unsupported command",
    10018: "Body too long",
    TOO_MANY: "Too many",
    20005: "Body cannot be parsed",
    UNKNOWN_USER: "Not authenticated",
    20009: "Taken over by another connection",
    BAD_HEADER: "Header invalid",
    20011: "Body invalid",
    CHECK_FAILED: "Check failed",
}
CODES: Final = {
    "forbidden": FORBIDDEN,
    "missing": MISSING,
    "no_such_account": MISSING,
    "list_full": TOO_MANY,
    "full": TOO_MANY,
    "too_many_devices": TOO_MANY,
    "oneself": CHECK_FAILED,
    "unsupported": UNSUPPORTED,
    "node_conflict": CHECK_FAILED,
    "report_invalid": 20011,
}
"""Numbers of what the rules refuse with."""

_Ack = Callable[[Any, int, str, int], Message]


def _plain(kind: Any) -> _Ack:
    return lambda request, code, text, value: kind(code=code, errmsg=text)


def _both(kind: Any) -> _Ack:
    return lambda request, code, text, value: kind(
        suid=request.suid, duid=request.duid, code=code, errmsg=text
    )


def _of_room(kind: Any) -> _Ack:
    return lambda request, code, text, value: kind(
        uid=request.uid, rid=request.rid, code=code, errmsg=text
    )


def _cmd(kind: Any) -> _Ack:
    def ack(request: Any, code: int, text: str, value: int) -> Message:
        cmd = ROOM_USR_NUM if request.cmd is None else request.cmd
        message: Message = kind(cmd=cmd, code=code, errmsg=text)
        return message

    return ack


_ACKS: Final[dict[type[Message], _Ack]] = {
    common.Sub: _cmd(common.SubAck),
    common.Unsub: _cmd(common.UnsubAck),
    common.Sync: lambda r, code, text, _: common.SyncAck(uid=r.uid, code=code, errmsg=text),
    private.Chat: _both(private.ChatAck),
    private.FriendAdd: _plain(private.FriendAddAck),
    private.FriendDel: _plain(private.FriendDelAck),
    private.FriendReply: _plain(private.FriendReplyAck),
    private.BlacklistAdd: _plain(private.BlacklistAddAck),
    private.BlacklistDel: _plain(private.BlacklistDelAck),
    private.GagAdd: _plain(private.GagAddAck),
    private.GagDel: _plain(private.GagDelAck),
    private.MarkAdd: _plain(private.MarkAddAck),
    private.MarkDel: _plain(private.MarkDelAck),
    group.GroupCreat: lambda r, code, text, gid: group.GroupCreatAck(
        code=code, errmsg=text, gid=gid or None
    ),
    group.GroupDimiss: _plain(group.GroupDimissAck),
    group.GroupJoin: _plain(group.GroupJoinAck),
    group.GroupQuit: _plain(group.GroupQuitAck),
    group.GroupInvite: _plain(group.GroupInviteAck),
    group.GroupChat: _plain(group.GroupChatAck),
    group.GroupKick: _plain(group.GroupKickAck),
    group.GroupGagAdd: _plain(group.GroupGagAddAck),
    group.GroupGagDel: _plain(group.GroupGagDelAck),
    group.GroupBlAdd: _plain(group.GroupBlAddAck),
    group.GroupBlDel: _plain(group.GroupBlDelAck),
    group.GroupMgrAdd: _plain(group.GroupMgrAddAck),
    group.GroupMgrDel: _plain(group.GroupMgrDelAck),
    # GROUP-USR-LIST-ACK has no code: a refusal is an ERROR.
    group.GroupUsrList: _plain(common.Error),
    room.RoomCreat: lambda r, code, text, rid: room.RoomCreatAck(
        uid=r.uid, rid=rid, code=code, errmsg=text
    ),
    room.RoomDismiss: _plain(room.RoomDismissAck),
    room.RoomJoin: lambda r, code, text, gid: room.RoomJoinAck(
        uid=r.uid, rid=r.rid, gid=gid, code=code, errmsg=text
    ),
    room.RoomQuit: _of_room(room.RoomQuitAck),
    room.RoomKick: _of_room(room.RoomKickAck),
    room.RoomChat: lambda r, code, text, _: room.RoomChatAck(
        uid=r.uid, rid=r.rid, gid=r.gid, code=code, errmsg=text
    ),
    push.Bc: _plain(push.BcAck),
    push.P2P: _both(push.P2PAck),
}
"""What answers each numbered command; the walk over all rows is in the tests."""

NUMBERED: Final = frozenset(_ACKS)
"""Commands whose numbers must grow."""


def ack(request: Message, code: int, value: int = 0) -> Message:
    """Return the answer to a numbered command; `value` is a gid or rid that it carries."""
    text = TEXTS.get(code, "Refused")
    return _ACKS[type(request)](request, code, text, value)


def tell(sent: Any) -> Packet | None:
    """Return what a device is told of an event of its user's inbox; None for nothing."""
    match sent:
        case facts.PrivateSent(kind="chat") | facts.PrivateCopied(kind="chat"):
            message: Message = private.Chat(
                suid=sent.suid,
                duid=sent.duid,
                level=sent.level,
                time=sent.time,
                text=sent.text,
                data=sent.data,
            )
        case facts.PrivateSent() | facts.PrivateCopied():
            message = push.P2P(
                suid=sent.suid, duid=sent.duid, time=sent.time, data=sent.data or b""
            )
        case facts.FriendNoticeSent():
            message = _friend_notice(sent)
        case _:
            return None
    return Packet(message, sent.seq, sent.ssid)


def _friend_notice(sent: facts.FriendNoticeSent) -> Message:
    match sent.kind:
        case "add":
            return private.FriendAdd(suid=sent.suid, duid=sent.duid, mark=sent.mark)
        case "del":
            return private.FriendDel(suid=sent.suid, duid=sent.duid)
        case _:
            return private.FriendReply(
                suid=sent.suid, duid=sent.duid, code=sent.code, errmsg=sent.text, mark=sent.mark
            )
