"""What is said to a client of dialect v1: the engine's messages, in the older numbering.

Source: docs/protocols/beehive.md, "Dialect v1". A message the seed has no key for is not told.
An ack that says no and has no body in the seed becomes UNUSUAL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from parlour.events.messages.beehive import common, group, node, private, push, room
from parlour.events.messages.beehive.packet import Message
from parlour.network.beehive.json_body import write
from parlour.network.beehive.v1_requests import FOREIGN, SUBSCRIPTIONS

HB_ACK: Final = 0x0402
LSN_RPT_ACK: Final = 0x0404
UNUSUAL: Final = 0x0121
_SUBS: Final = {cmd: sub for sub, cmd in SUBSCRIPTIONS.items()}


class Said(NamedTuple):
    """One packet, yet without sid and serial."""

    key: int
    body: bytes = b""
    rsv: int = 0
    """Of a push: the uid it is from, or the gid or rid it was said in."""
    pushed: bool = False
    """Whether it has a serial of its own; else it has that of the command it answers."""


Writer = Callable[[Any], Said]


class _Verdict(msgspec.Struct):
    errno: int
    errmsg: str


class _SubVerdict(msgspec.Struct):
    sub: int
    errno: int
    errmsg: str


class _FriendAdd(msgspec.Struct):
    mark: str


class _FriendReply(msgspec.Struct):
    errno: int
    errmsg: str
    mark: str


class _Count(msgspec.Struct):
    rid: int
    usrnum: int


class _Uid(msgspec.Struct):
    uid: int


class _Forwarders(msgspec.Struct):
    len: int
    list: tuple[node.Address, ...]


def _bare(key: int) -> Writer:
    return lambda _: Said(key)


def _verdict(key: int) -> Writer:
    return lambda said: Said(key, write(_Verdict(said.code, said.errmsg)))


def _silent(key: int) -> Writer:
    """Return what writes an ack that has no body: a refusal is UNUSUAL."""
    unusual = _verdict(UNUSUAL)
    return lambda said: unusual(said) if said.code else Said(key)


def _sub_verdict(key: int) -> Writer:
    def write_it(said: common.SubAck | common.UnsubAck) -> Said:
        sub = _SUBS.get(said.cmd, said.cmd & (FOREIGN - 1))
        return Said(key, write(_SubVerdict(sub, said.code, said.errmsg)))

    return write_it


def _words(said: group.GroupChat | private.Chat | push.Bc | room.RoomChat) -> bytes:
    return said.text.encode() if said.text else said.data or b""


def _notice(key: int, place: str = "") -> Writer:
    """Return what writes {uid}, with the member `place` in rsv."""

    def write_it(said: Any) -> Said:
        rsv = getattr(said, place) if place else 0
        return Said(key, write(_Uid(said.uid)), rsv, pushed=True)

    return write_it


def _room_chat(said: room.RoomChat) -> Said:
    return Said(0x011C, _words(said), said.rid, pushed=True)


def _group_chat(said: group.GroupChat) -> Said:
    return Said(0x0110, _words(said), said.gid, pushed=True)


def _chat(said: private.Chat) -> Said:
    return Said(0x0112, _words(said), said.suid, pushed=True)


def _p2p(said: push.P2P) -> Said:
    return Said(0x0112, said.data, said.suid, pushed=True)


def _broadcast(said: push.Bc) -> Said:
    return Said(0x0114, _words(said), pushed=True)


def _room_broadcast(said: room.RoomBc) -> Said:
    return Said(0x011E, said.data, said.rid, pushed=True)


def _friend_add(said: private.FriendAdd) -> Said:
    return Said(0x0116, write(_FriendAdd(said.mark)), said.suid, pushed=True)


def _friend_reply(said: private.FriendReply) -> Said:
    body = write(_FriendReply(said.code, said.errmsg, said.mark))
    return Said(0x0118, body, said.suid, pushed=True)


def _friend_del(said: private.FriendDel) -> Said:
    return Said(0x011A, b"", said.suid, pushed=True)


def _kick(said: common.Kick) -> Said:
    return Said(UNUSUAL, write(_Verdict(said.code, said.errmsg)), pushed=True)


def _count(said: room.RoomUsrNum) -> Said:
    return Said(0x0123, write(_Count(said.rid, said.num)), said.rid, pushed=True)


def _forwarders(said: node.ForwarderList) -> Said:
    return Said(0x0405, write(_Forwarders(len(said.list), said.list)), pushed=True)


WRITERS: Final[dict[type[Message], Writer]] = {
    common.OnlineAck: _verdict(0x0102),
    common.OfflineAck: _bare(0x0104),
    common.Pong: _bare(0x010A),
    common.SubAck: _sub_verdict(0x010C),
    common.UnsubAck: _sub_verdict(0x010E),
    common.Error: _verdict(UNUSUAL),
    common.Kick: _kick,
    common.SyncAck: _silent(0x0126),
    common.OnlineNtf: _notice(0x0301),
    common.OfflineNtf: _notice(0x0302),
    private.Chat: _chat,
    private.ChatAck: _silent(0x0113),
    private.FriendAdd: _friend_add,
    private.FriendAddAck: _silent(0x0117),
    private.FriendReply: _friend_reply,
    private.FriendReplyAck: _silent(0x0119),
    private.FriendDel: _friend_del,
    private.FriendDelAck: _silent(0x011B),
    group.GroupChat: _group_chat,
    group.GroupChatAck: _silent(0x0111),
    group.GroupJoinNtf: _notice(0x0303, "gid"),
    group.GroupQuitNtf: _notice(0x0304, "gid"),
    group.GroupGagAddNtf: _notice(0x0305, "gid"),
    group.GroupKickNtf: _notice(0x0306, "gid"),
    room.RoomJoinAck: _verdict(0x0106),
    room.RoomQuitAck: _silent(0x0108),
    room.RoomChat: _room_chat,
    room.RoomChatAck: _silent(0x011D),
    room.RoomBc: _room_broadcast,
    room.RoomUsrNum: _count,
    room.RoomJoinNtf: _notice(0x0303, "rid"),
    room.RoomQuitNtf: _notice(0x0304, "rid"),
    room.RoomKick: _notice(0x0306, "rid"),
    room.RoomKickNtf: _notice(0x0306, "rid"),
    push.Bc: _broadcast,
    push.BcAck: _silent(0x0115),
    push.P2P: _p2p,
    push.P2PAck: _silent(0x0113),
    node.LsndInfoAck: _bare(HB_ACK),
    node.FrwdInfoAck: _bare(HB_ACK),
    node.ForwarderList: _forwarders,
    node.ForwarderListWantedAck: _bare(0x0406),
    node.NodeAuthAck: _verdict(0x06F2),
}
"""What is told, by type; the rest is not."""
