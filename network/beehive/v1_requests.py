"""What a client of dialect v1 says, in the engine's messages: the 48 keys of the older numbering.

Source: docs/protocols/beehive.md, "Dialect v1". No body names its sender: whose connection it is,
is meant (`uid`, `suid` 0), as is the room joined last where no room is named (`rid` 0).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from parlour.events.messages.beehive import common, group, node, private, push, room
from parlour.events.messages.beehive.packet import Message
from parlour.network.beehive import json_body
from parlour.network.beehive.commands import ANYBODY, CLIENT, ENGINE, NODE, Sender
from parlour.network.beehive.frames import BODY_INVALID, BodyRefused, Frame

U64_MAX: Final = 2**64 - 1
_Natural = Annotated[int, msgspec.Meta(ge=0)]
_U32 = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]

SUBSCRIPTIONS: Final = {0x0123: 0x0410, 0x0301: 0x0150, 0x0302: 0x0152}
"""`sub` to `cmd`: the pushes a client of the older numbering may want, in the newer one."""
FOREIGN: Final = 1 << 32
"""Set in the `cmd` of a `sub` that is none of those: no command has it, and the ack finds back."""

Reader = Callable[[Frame], Message]
"""Raises BodyRefused."""


class _Online(msgspec.Struct):
    uid: _Natural
    token: str
    app: str
    version: str
    terminal: _U32 | None = None


class _Join(msgspec.Struct):
    # ONLINE has said and proved the rest
    uid: _Natural = 0
    token: str = ""
    app: str = ""
    version: str = ""
    terminal: _U32 | None = None
    rid: _Natural = 0


class _Sub(msgspec.Struct):
    sub: _U32 | None = None


class _Unsub(msgspec.Struct):
    sub: _U32


class _To(msgspec.Struct):
    to: _Natural | None = None


class _FriendAdd(msgspec.Struct):
    mark: str = ""


class _FriendReply(msgspec.Struct):
    errno: _U32
    errmsg: str
    mark: str = ""


class _Listener(msgspec.Struct):
    nid: _U32
    ipaddr: str
    port: _U32


class _Heartbeat(_Listener):
    mod: _U32


_parse_online: Final = json_body.shaped(_Online)
_parse_join: Final = json_body.shaped(_Join)
_parse_sub: Final = json_body.shaped(_Sub)
_parse_unsub: Final = json_body.shaped(_Unsub)
_parse_to: Final = json_body.shaped(_To)
_parse_friend_add: Final = json_body.shaped(_FriendAdd)
_parse_friend_reply: Final = json_body.shaped(_FriendReply)
_parse_listener: Final = json_body.shaped(_Listener)
_parse_heartbeat: Final = json_body.shaped(_Heartbeat)
_parse_node_auth: Final = json_body.reader(node.NodeAuth)


def _to(frame: Frame) -> int:
    """Return whom a message is for: `rsv`, else the member `to` of a JSON object."""
    if frame.rsv:
        return frame.rsv
    try:
        to = _parse_to(frame.body).to
    except BodyRefused as error:
        raise BodyRefused(BODY_INVALID, "neither rsv nor a member `to` says for whom") from error
    if not to:
        raise BodyRefused(BODY_INVALID, "neither rsv nor a member `to` says for whom")
    json_body.require_number("to", to, U64_MAX)
    return to


def _words(body: bytes) -> dict[str, Any]:
    """Return text and data: what is UTF-8 is text, anything else is bytes; both come back whole."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": "", "data": body}


def _online(frame: Frame) -> Message:
    said = _parse_online(frame.body)
    json_body.require_number("uid", said.uid, U64_MAX)
    return common.Online(
        uid=said.uid,
        sid=0,
        token=said.token,
        app=said.app,
        version=said.version,
        terminal=said.terminal,
    )


def _join(frame: Frame) -> Message:
    said = _parse_join(frame.body)
    json_body.require_number("uid", said.uid, U64_MAX)
    json_body.require_number("rid", said.rid, U64_MAX)
    return room.RoomJoin(uid=said.uid, rid=said.rid)


def _cmd(sub: int) -> int:
    return SUBSCRIPTIONS.get(sub, sub | FOREIGN)


def _sub(frame: Frame) -> Message:
    sub = _parse_sub(frame.body).sub
    return common.Sub(cmd=None if sub is None else _cmd(sub))


def _unsub(frame: Frame) -> Message:
    return common.Unsub(cmd=_cmd(_parse_unsub(frame.body).sub))


def _group_msg(frame: Frame) -> Message:
    return group.GroupChat(uid=0, gid=_to(frame), level=0, time=0, **_words(frame.body))


def _private_msg(frame: Frame) -> Message:
    return private.Chat(suid=0, duid=_to(frame), level=0, time=0, **_words(frame.body))


def _room_msg(frame: Frame) -> Message:
    return room.RoomChat(uid=0, rid=frame.rsv, gid=0, level=0, time=0, **_words(frame.body))


def _broadcast(frame: Frame) -> Message:
    return push.Bc(time=0, **_words(frame.body))


def _friend_add(frame: Frame) -> Message:
    said = _parse_friend_add(frame.body)
    return private.FriendAdd(suid=0, duid=_to(frame), mark=said.mark)


def _friend_reply(frame: Frame) -> Message:
    said = _parse_friend_reply(frame.body)
    return private.FriendReply(
        suid=0, duid=_to(frame), code=said.errno, errmsg=said.errmsg, mark=said.mark
    )


def _friend_del(frame: Frame) -> Message:
    return private.FriendDel(suid=0, duid=_to(frame))


def _heartbeat(frame: Frame) -> Message:
    said = _parse_heartbeat(frame.body)
    if said.mod == 1:
        return _listener_at(said)
    if said.mod == 2:
        return node.FrwdInfo(
            nid=said.nid, ip=said.ipaddr, forward_port=said.port, backend_port=said.port
        )
    raise BodyRefused(BODY_INVALID, "mod is 1 (listener) or 2 (forwarder)")


def _listener_report(frame: Frame) -> Message:
    return _listener_at(_parse_listener(frame.body))


def _listener_at(said: _Listener) -> Message:
    return node.LsndInfo(
        type=1, nid=said.nid, opid=0, nation="", ip=said.ipaddr, port=said.port, connections=0
    )


def _node_auth(frame: Frame) -> Message:
    return _parse_node_auth(frame.body)


def _always(message: Message) -> Reader:
    """Return what reads a command without a body: whatever there is, is not looked at."""
    return lambda _: message


def _ack(message: type[Message], **fields: Any) -> Reader:
    return _always(message(code=0, errmsg="", **fields))


class Row(NamedTuple):
    """One command of the older numbering."""

    key: int
    keyword: str
    sender: Sender
    read: Reader | None = None
    """None: only we send it."""


ROWS: Final = (
    Row(0x0101, "ONLINE", CLIENT, _online),
    Row(0x0102, "ONLINE-ACK", ENGINE),
    Row(0x0103, "OFFLINE", CLIENT, _always(common.Offline())),
    Row(0x0104, "OFFLINE-ACK", ENGINE),
    Row(0x0105, "JOIN", CLIENT, _join),
    Row(0x0106, "JOIN-ACK", ENGINE),
    Row(0x0107, "QUIT", CLIENT, _always(room.RoomQuit(uid=0, rid=0))),
    Row(0x0108, "QUIT-ACK", ENGINE),
    Row(0x0109, "PING", ANYBODY, _always(common.Ping())),
    Row(0x010A, "PONG", ENGINE),
    Row(0x010B, "SUB", CLIENT, _sub),
    Row(0x010C, "SUB-ACK", ENGINE),
    Row(0x010D, "UNSUB", CLIENT, _unsub),
    Row(0x010E, "UNSUB-ACK", ENGINE),
    Row(0x0110, "GROUP-MSG", CLIENT, _group_msg),
    Row(0x0111, "GROUP-MSG-ACK", CLIENT, _ack(group.GroupChatAck)),
    Row(0x0112, "PRVT-MSG", CLIENT, _private_msg),
    Row(0x0113, "PRVT-MSG-ACK", CLIENT, _ack(private.ChatAck, suid=0, duid=0)),
    Row(0x0114, "BC-MSG", CLIENT, _broadcast),
    Row(0x0115, "BC-MSG-ACK", CLIENT, _ack(push.BcAck)),
    Row(0x0116, "ADD-FRIEND", CLIENT, _friend_add),
    Row(0x0117, "ADD-FRIEND-ACK", CLIENT, _ack(private.FriendAddAck)),
    Row(0x0118, "REP-ADD-FRIEND", CLIENT, _friend_reply),
    Row(0x0119, "REP-ADD-FRIEND-ACK", CLIENT, _ack(private.FriendReplyAck)),
    Row(0x011A, "DEL-FRIEND", CLIENT, _friend_del),
    Row(0x011B, "DEL-FRIEND-ACK", CLIENT, _ack(private.FriendDelAck)),
    Row(0x011C, "ROOM-MSG", CLIENT, _room_msg),
    Row(0x011D, "ROOM-MSG-ACK", CLIENT, _ack(room.RoomChatAck, uid=0, rid=0, gid=0)),
    Row(0x011E, "ROOM-BC", ENGINE),
    Row(0x0120, "ROOM-BC-ACK", CLIENT, _ack(room.RoomBcAck, rid=0, msgid=0)),
    Row(0x0121, "UNUSUAL", ENGINE),
    Row(0x0122, "UNUSUAL-ACK", ANYBODY, _always(common.ErrorAck())),
    Row(0x0123, "ROOM-USR-NUM", ENGINE),
    Row(0x0124, "ROOM-USR-NUM-ACK", CLIENT, _always(room.RoomUsrNumAck())),
    Row(0x0125, "SYNC-MSG", CLIENT, _always(common.Sync(uid=0))),
    Row(0x0126, "SYNC-MSG-ACK", ENGINE),
    Row(0x0301, "ONLINE-NOTIFY", ENGINE),
    Row(0x0302, "OFFLINE-NOTIFY", ENGINE),
    Row(0x0303, "JOIN-NOTIFY", ENGINE),
    Row(0x0304, "QUIT-NOTIFY", ENGINE),
    Row(0x0305, "BAN-NOTIFY", ENGINE),
    Row(0x0306, "KICK-NOTIFY", ENGINE),
    Row(0x0401, "HB", NODE, _heartbeat),
    Row(0x0402, "HB-ACK", ENGINE),
    Row(0x0403, "LSN-RPT", NODE, _listener_report),
    Row(0x0404, "LSN-RPT-ACK", ENGINE),
    Row(0x0405, "FRWD-LIST", NODE, _always(node.ForwarderListWanted())),
    Row(0x0406, "FRWD-LIST-ACK", NODE, _always(node.ForwarderListAck())),
    Row(0x06F1, "NODE-AUTH", NODE, _node_auth),
    Row(0x06F2, "NODE-AUTH-ACK", ENGINE),
)
"""Seed 004's 48 commands, and two of ours for nodes."""


def heard_from(sender: Sender) -> dict[int, Reader]:
    """Return what a client, or a node, may say: readers by key."""
    return {row.key: row.read for row in ROWS if row.read and row.sender in (sender, ANYBODY)}
