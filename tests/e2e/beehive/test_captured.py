"""The clients of the wild send what was captured from them, and are told what they need."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bee_dialects import PB
from bee_http import get
from bee_link import WebBeeLink

UID, SID, ROOM, PEER = 18600522324, 1234, 1000000015, 18610485118
CAPTURED = json.loads((Path(__file__).parent / "captured.json").read_text())["packets"]
SENT = {p["keyword"]: bytes.fromhex(p["header"] + p["body"]) for p in CAPTURED}


@pytest.fixture
async def peer(meet):
    """Whom the captured CHAT is for."""
    return await meet(uid=PEER, sid=9_999_001, dialect="pb").come()


async def test_iplist_tells_the_tcp_client_where_to_go(hive):
    status, told = await get(hive, "iplist", type=1, uid=UID, sid=SID, clientip="1.0.1.3")
    assert status == 200
    assert (told["uid"], told["sid"], told["type"]) == (UID, SID, 1)
    assert (told["code"], told["errmsg"]) == (0, "Ok")
    assert isinstance(told["token"], str)
    assert told["token"]
    assert told["expire"] > 0
    assert told["len"] == len(told["list"]) >= 1
    assert told["list"][0] == hive.addresses["beehive"]


async def _walk(device, peer):
    """Say the rest of what was captured; every answer has the number of its command."""
    link = device.link
    ack = await link.hear("ONLINE-ACK", 1)
    assert (ack["uid"], ack["sid"], ack["code"]) == (UID, SID, 0)
    assert (ack["app"], ack["version"]) == ("beehive chat", "1.0.0")
    assert ack["seq"] % 8 == 0
    link.send_packet(SENT["SYNC"])
    assert (await link.hear("SYNC-ACK", 1001))["code"] == 0
    link.send_packet(SENT["ROOM-JOIN"])
    joined = await link.hear("ROOM-JOIN-ACK", 1002)
    assert (joined["rid"], joined["gid"], joined["code"]) == (ROOM, 1, 0)
    await link.hear("ROOM-JOIN-NTF", uid=UID, rid=ROOM)
    link.send_packet(SENT["CHAT"])
    assert (await link.hear("CHAT-ACK", 1003))["code"] == 0
    chat = await peer.hear("CHAT", 1003)
    peer.ack(chat)
    assert (chat["text"], chat["level"], chat.sid) == ("This is just a test!", 0, SID)
    link.send_packet(SENT["ROOM-CHAT"])
    assert (await link.hear("ROOM-CHAT-ACK", 1004))["code"] == 0
    said = await link.hear("ROOM-CHAT", 1004)
    assert (said["text"], said["time"]) == ("This is room chat", 1795231046)
    link.send_packet(SENT["PING"])
    await link.hear("PONG", 1006)
    assert link.inbox == []


async def test_the_session_of_the_tcp_client(launch, meet):
    engine = launch()
    peer = await meet(at=engine, uid=PEER, sid=9_999_001).come()
    device = meet(at=engine, uid=UID, sid=SID, dialect="pb")
    await device.connect()
    device.link.send_packet(SENT["ONLINE"])
    await _walk(device, peer)
    device.link.drop()
    for way in ("tcp", "websocket"):  # what it said once is answered once more, and done once
        device.way = way
        await device.connect()
        device.link.send_packet(SENT["ONLINE"])
        assert (await device.hear("ONLINE-ACK", 1))["seq"] == 1008
        for keyword, seq in (("CHAT", 1003), ("ROOM-CHAT", 1004)):
            device.link.send_packet(SENT[keyword])
            assert (await device.hear(f"{keyword}-ACK", seq))["code"] == 0
        await device.quiet()
    await peer.quiet()


async def test_the_websocket_client_subscribes_with_an_empty_body(meet):
    device = await meet(dialect="pb", way="websocket").come()
    assert isinstance(device.link, WebBeeLink)
    seq = device.send("SUB", body=b"")
    answer = await device.answered("SUB", seq)
    assert answer["cmd"] == 0x0410
    await device.quiet()


@pytest.mark.parametrize("step", [1, 2, 7, 51, 52, 53])
async def test_a_session_cut_into_pieces_of_any_size_is_the_same(hive, meet, rid, step):
    device = meet(dialect="pb")
    await device.connect()
    fields = {"uid": device.uid, "sid": device.sid, "token": "x", "app": "a", "version": "1"}
    said = PB.pack("ONLINE", fields, seq=1, sid=device.sid)
    said += PB.pack("SYNC", {"uid": device.uid}, seq=1001, sid=device.sid)
    said += PB.pack("ROOM-JOIN", {"uid": device.uid, "rid": rid}, seq=1002, sid=device.sid)
    said += PB.pack("PING", {}, seq=1006, sid=device.sid)
    await device.link.send_pieces(said, range(step, len(said), step))
    for keyword, seq in (("ONLINE", 1), ("SYNC", 1001), ("ROOM-JOIN", 1002), ("PING", 1006)):
        await device.answered(keyword, seq)


async def test_an_online_cut_at_each_of_its_bytes_is_the_same(hive, meet):
    for dialect in ("v1", "v2", "pb"):
        device = meet(dialect=dialect)
        fields = {"uid": device.uid, "token": "x", "app": "a", "version": "1"}
        fields |= {} if device.old else {"sid": device.sid}
        packet = device.dialect.pack("ONLINE", fields, seq=1, sid=device.sid)
        for cut in range(1, 60 if dialect == "pb" else 48):
            await device.connect()
            await device.link.send_pieces(packet, [cut])
            assert (await device.hear("ONLINE-ACK", 1)).code == 0
            device.link.drop()
