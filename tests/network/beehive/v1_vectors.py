"""What clients and nodes of dialect v1 say, packet by packet, and what reads it."""

import json
from typing import Any

import pytest

from parlour.events.messages.beehive import common, group, node, private, push, room
from parlour.events.messages.beehive.packet import Message, Request
from parlour.network.beehive.codec import BeehiveCodec, BodyRefused

SID = 1234
ONLINE = {"uid": 18600522324, "token": "t", "app": "a", "version": "1"}
BIG = 18600522324
"""A uid that does not fit rsv."""


def frame(
    key: int, body: bytes = b"", *, serial: int = 9, sid: int = SID, rsv: int = 0, flag: int = 1
) -> str:
    """Return a packet of dialect v1 in hex."""
    return (
        f"{key:08x}{flag:08x}{len(body):08x}1ed23cb4"
        f"{sid:016x}00000000{serial:016x}00000001{rsv:08x}{body.hex()}"
    )


def js(**members: Any) -> bytes:
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


def heard(packet: str, codec: BeehiveCodec | None = None, *, nodes: bool = False) -> Request:
    codec = codec or BeehiveCodec(nodes=nodes)
    codec.receive_data(bytes.fromhex(packet))
    read = codec.next_frame()
    assert read is not None
    assert codec.dialect.name == "beehive-v1"
    return codec.decode(read)


def refusal_of(packet: str, *, nodes: bool = False) -> str:
    with pytest.raises(BodyRefused) as refused:
        heard(packet, nodes=nodes)
    assert refused.value.seq == 9
    return refused.value.code


HEARD: list[tuple[str, Message]] = [
    (
        frame(0x0101, js(**ONLINE, terminal=3)),
        common.Online(uid=BIG, sid=0, token="t", app="a", version="1", terminal=3),
    ),
    (
        frame(0x0101, js(**ONLINE)),
        common.Online(uid=BIG, sid=0, token="t", app="a", version="1"),
    ),
    (frame(0x0103), common.Offline()),
    (frame(0x0105, js(**ONLINE)), room.RoomJoin(uid=BIG, rid=0)),
    (frame(0x0105, js(**ONLINE, rid=7)), room.RoomJoin(uid=BIG, rid=7)),
    (frame(0x0105), room.RoomJoin(uid=0, rid=0)),
    (frame(0x0107), room.RoomQuit(uid=0, rid=0)),
    (frame(0x0109), common.Ping()),
    (frame(0x010B, js(sub=0x0123)), common.Sub(cmd=0x0410)),
    (frame(0x010B, js(sub=0x0301)), common.Sub(cmd=0x0150)),
    (frame(0x010B, js(sub=0x0302)), common.Sub(cmd=0x0152)),
    (frame(0x010B), common.Sub()),
    (frame(0x010D, js(sub=0x0123)), common.Unsub(cmd=0x0410)),
    (
        frame(0x0110, b"hi", rsv=5),
        group.GroupChat(uid=0, gid=5, level=0, time=0, text="hi"),
    ),
    (
        frame(0x0112, js(to=BIG, x="蜂")),
        private.Chat(suid=0, duid=BIG, level=0, time=0, text='{"to":18600522324,"x":"蜂"}'),
    ),
    (
        frame(0x0112, js(to=7), rsv=5),
        private.Chat(suid=0, duid=5, level=0, time=0, text='{"to":7}'),
    ),
    (
        frame(0x0112, b"\xff\x00", rsv=2**32 - 1),
        private.Chat(suid=0, duid=2**32 - 1, level=0, time=0, text="", data=b"\xff\x00"),
    ),
    (frame(0x0112, rsv=5), private.Chat(suid=0, duid=5, level=0, time=0, text="")),
    (frame(0x0114, b"all"), push.Bc(time=0, text="all")),
    (frame(0x0116, rsv=5), private.FriendAdd(suid=0, duid=5, mark="")),
    (frame(0x0116, js(mark="m", to=BIG)), private.FriendAdd(suid=0, duid=BIG, mark="m")),
    (
        frame(0x0118, js(errno=0, errmsg="Ok", mark="m"), rsv=5),
        private.FriendReply(suid=0, duid=5, code=0, errmsg="Ok", mark="m"),
    ),
    (
        frame(0x0118, js(errno=1, errmsg="no", to=6)),
        private.FriendReply(suid=0, duid=6, code=1, errmsg="no"),
    ),
    (frame(0x011A, rsv=5), private.FriendDel(suid=0, duid=5)),
    (frame(0x011A, js(to=BIG)), private.FriendDel(suid=0, duid=BIG)),
    (
        frame(0x011C, b"hi"),
        room.RoomChat(uid=0, rid=0, gid=0, level=0, time=0, text="hi"),
    ),
    (
        frame(0x011C, b"\xfe", rsv=7),
        room.RoomChat(uid=0, rid=7, gid=0, level=0, time=0, text="", data=b"\xfe"),
    ),
    (frame(0x0125), common.Sync(uid=0)),
    (frame(0x0111), group.GroupChatAck(code=0, errmsg="")),
    (frame(0x0113), private.ChatAck(suid=0, duid=0, code=0, errmsg="")),
    (frame(0x0115, b"noise"), push.BcAck(code=0, errmsg="")),
    (frame(0x0117), private.FriendAddAck(code=0, errmsg="")),
    (frame(0x0119), private.FriendReplyAck(code=0, errmsg="")),
    (frame(0x011B), private.FriendDelAck(code=0, errmsg="")),
    (frame(0x011D), room.RoomChatAck(uid=0, rid=0, gid=0, code=0, errmsg="")),
    (frame(0x0120), room.RoomBcAck(rid=0, msgid=0, code=0, errmsg="")),
    (frame(0x0122, b"noise"), common.ErrorAck()),
    (frame(0x0124), room.RoomUsrNumAck()),
]
NODES_SAY: list[tuple[str, Message]] = [
    (
        frame(0x0401, js(nid=3, mod=1, ipaddr="10.0.0.1", port=80), flag=0),
        node.LsndInfo(type=1, nid=3, opid=0, nation="", ip="10.0.0.1", port=80, connections=0),
    ),
    (
        frame(0x0401, js(nid=3, mod=2, ipaddr="10.0.0.1", port=80), flag=2**32 - 1),
        node.FrwdInfo(nid=3, ip="10.0.0.1", forward_port=80, backend_port=80),
    ),
    (
        frame(0x0403, js(nid=3, ipaddr="10.0.0.1", port=80)),
        node.LsndInfo(type=1, nid=3, opid=0, nation="", ip="10.0.0.1", port=80, connections=0),
    ),
    (frame(0x0405, js(len=0, list=[])), node.ForwarderListWanted()),
    (frame(0x0406), node.ForwarderListAck()),
    (frame(0x0109), common.Ping()),
    (frame(0x0122), common.ErrorAck()),
    (
        frame(0x06F1, js(nid=3, time=1, nonce="n", mac="m")),
        node.NodeAuth(nid=3, time=1, nonce="n", mac="m"),
    ),
]
