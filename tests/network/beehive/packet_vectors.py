"""Packets as the page and a client in the wild have them, and what reads them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parlour.events.messages.beehive import common, group, node, private, push, room
from parlour.events.messages.beehive.packet import Packet, Request
from parlour.network.beehive.codec import BeehiveCodec, Frame

CAPTURED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "beehive-pb.json").read_text()
)["packets"]
SID, UID, FRIEND, ROOM = 1234, 18600522324, 18610485118, 1000000015


@dataclass(frozen=True)
class Vector:
    dialect: str
    packet: Packet
    hex: str
    nodes: bool = False

    @property
    def name(self) -> str:
        return f"{self.dialect} {type(self.packet.message).__name__}"


def narrow(key: str, flag: str, body: str, sid: int, serial: int, version: int = 2) -> str:
    return (
        f"0000{key}{flag}{len(body) // 2:08x}1ed23cb4"
        f"{sid:016x}00000000{serial:016x}{version:08x}00000000{body}"
    )


def json_of(text: str) -> str:
    return text.encode().hex()


HEARD = [
    Vector(
        "v2",
        Packet(
            common.Online(uid=UID, sid=SID, token="t", app="a", version="1", terminal=3), 1, SID
        ),
        "00000101" + "00000001" + "0000004f" + "1ed23cb4" + "00000000000004d2" + "00000000"
        "0000000000000001"
        + "00000002"
        + "00000000"
        + json_of(
            '{"uid":18600522324,"sid":1234,"token":"t","app":"a","version":"1","terminal":3}'
        ),
    ),
    Vector("v2", Packet(common.Ping(), 9, SID), narrow("0105", "00000001", json_of("{}"), SID, 9)),
    Vector(
        "v2",
        Packet(private.Chat(suid=1, duid=2, level=0, time=3, text="蜂", data=b"\x00\xff"), 8, SID),
        narrow(
            "0201",
            "00000001",
            json_of('{"suid":1,"duid":2,"level":0,"time":3,"text":"蜂","data":"AP8="}'),
            SID,
            8,
        ),
    ),
    Vector(
        "v2",
        Packet(room.RoomChat(uid=1, rid=2, gid=0, level=0, time=3, text="hi"), 16, SID),
        narrow(
            "040b",
            "00000001",
            json_of('{"uid":1,"rid":2,"gid":0,"level":0,"time":3,"text":"hi"}'),
            SID,
            16,
        ),
    ),
    Vector(
        "v2",
        Packet(node.NodeAuth(nid=7, time=1, nonce="n", mac="m"), 0, 0),
        narrow("06f1", "ffffffff", json_of('{"nid":7,"time":1,"nonce":"n","mac":"m"}'), 0, 0),
        nodes=True,
    ),
    Vector(
        "pb",
        Packet(push.P2P(suid=1, duid=2, time=0, data=b"\x00\xff"), 8, SID),
        "00000503" + "0000000a" + "00000000000004d2" + "0000000000000000" + "00000000"
        "0000000000000008" + "0000000000000000" + "0000000000000000" + "080110021800220200ff",
    ),
    Vector(
        "pb",
        Packet(common.Sub(), 2, SID),
        "00000107" + "00000000" + "00000000000004d2" + "0000000000000000" + "00000000"
        "0000000000000002" + "0000000000000000" + "0000000000000000",
    ),
    Vector(
        "pb",
        Packet(
            node.LsndInfo(type=2, nid=7, opid=0, nation="", ip="1", port=1, connections=0), 5, 0
        ),
        "00000601" + "0000000f" + "0000000000000000" + "0000000000000000" + "00000000"
        "0000000000000005" + "0000000000000000" + "0000000000000000"
        "08021007180022002a013130013800",
        nodes=True,
    ),
]
"""What peers say, and what we would say in their place."""
TOLD = [
    Vector(
        "v2",
        Packet(private.ChatAck(suid=1, duid=2, code=10005, errmsg="no"), 8),
        narrow("0202", "00000001", json_of('{"suid":1,"duid":2,"code":10005,"errmsg":"no"}'), 0, 8),
    ),
    Vector(
        "v2",
        Packet(group.GroupCreatAck(code=0, errmsg="Ok", gid=2**64 - 1), 8),
        narrow(
            "0302",
            "00000001",
            json_of('{"code":0,"errmsg":"Ok","gid":18446744073709551615}'),
            0,
            8,
        ),
    ),
    Vector(
        "v2",
        Packet(node.FrwdInfoAck(), 3),
        narrow("0604", "ffffffff", json_of("{}"), 0, 3),
        nodes=True,
    ),
    Vector(
        "pb",
        Packet(common.Error(code=10007, errmsg="no"), 77),
        "0000010b" + "00000007" + "0000000000000000" + "0000000000000000" + "00000000"
        "000000000000004d" + "0000000000000000" + "0000000000000000" + "08974e12026e6f",
    ),
    Vector(
        "pb",
        Packet(room.RoomBc(rid=ROOM, msgid=1, level=0, time=0, expire=60, data=b"\x00"), 0, SID),
        "0000040d" + "00000011" + "00000000000004d2" + "0000000000000000" + "00000000"
        "0000000000000000" + "0000000000000000" + "0000000000000000"
        "088f94ebdc031001180020002" + "83c320100",
    ),
]
"""What only we say."""


def codec_of(vector: Vector) -> BeehiveCodec:
    return BeehiveCodec(vector.dialect, nodes=vector.nodes)


def frames_of(codec: BeehiveCodec) -> Iterator[Frame]:
    while (frame := codec.next_frame()) is not None:
        yield frame


def heard(codec: BeehiveCodec, data: bytes) -> list[Request]:
    codec.receive_data(data)
    return [codec.decode(frame) for frame in frames_of(codec)]


PACKETS = {
    "v1": narrow("0109", "00000001", "", SID, 3, 1),
    "v2": narrow("0105", "00000001", "", SID, 3, 2),
    "pb": CAPTURED[-1]["header"],
    "wrong checksum": narrow("0105", "00000001", "", SID, 3, 2).replace("1ed2", "1ed3"),
    "wrong flag": narrow("0105", "00000002", "", SID, 3, 2),
}
