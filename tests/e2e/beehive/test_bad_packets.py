"""Packets no good client sends: each has its code, and nobody else is disturbed."""

from __future__ import annotations

import json

import bee_proto
import pytest
from bee_dialects import CHECKSUM, PB, V1, V2
from bee_rows import NEW, answer_to

EACH = pytest.mark.parametrize(
    ("dialect", "way"), [(d, w) for d in ("v1", "v2", "pb") for w in ("tcp", "websocket")]
)
LIMIT = 65_536
HUGE = 2**31


@pytest.fixture(autouse=True)
async def onlookers(come):
    """Two people who chat before and after, and notice nothing."""
    first, second = await come(2)
    yield
    for a, b in ((first, second), (second, first)):
        seq = a.send("CHAT", duid=b.uid, text="all is well")
        await a.answered("CHAT", seq)
        await b.hear("CHAT", seq)
    await first.quiet()


async def sent_off(device, code):
    """Expect an error of that code, and nothing behind it."""
    await device.refused(code)
    assert await device.link.end() == []


@EACH
async def test_a_command_before_online_is_an_error_and_the_end(meet, dialect, way):
    device = await meet(dialect=dialect, way=way).connect()
    await device.ask("PING")
    if device.old:
        device.send("PRVT-MSG", rsv=1, body=b"x")
    else:
        device.send("CHAT", duid=1, text="x")
    await sent_off(device, 20008)


@EACH
@pytest.mark.parametrize("length", [LIMIT + 1, HUGE, 2**32 - 1])
async def test_a_long_body_is_refused_on_the_header_alone(meet, dialect, way, length):
    for online in (False, True):
        device = await meet(dialect=dialect, way=way).connect()
        if online:
            await device.online()
        key = device.dialect.rows["ONLINE"].key
        device.link.send_packet(device.dialect.head(key, length, seq=9, sid=device.sid))
        await sent_off(device, 10018)


@EACH
async def test_a_body_of_the_limit_gets_through(come, dialect, way):
    sender, receiver = await come(2, dialect=dialect, way=way)
    if dialect == "v1":
        await sender.ask("PRVT-MSG", rsv=receiver.uid, body=b"x" * LIMIT)
        assert (await receiver.hear("PRVT-MSG")).body == b"x" * LIMIT
        return
    room = LIMIT - len(sender.pack("CHAT", seq=1, duid=receiver.uid)) + sender.dialect.size - 2
    packet = sender.pack("CHAT", seq=(seq := next(sender.seq)), duid=receiver.uid, text="x" * room)
    assert LIMIT - 2 <= len(packet) - sender.dialect.size <= LIMIT
    sender.link.send_packet(packet)
    await sender.answered("CHAT", seq)
    assert (await receiver.hear("CHAT"))["text"] == "x" * room


@pytest.mark.parametrize("way", ["tcp", "websocket"])
async def test_a_header_with_a_fault_behind_the_first_packet_is_the_end(meet, way):
    for dialect in (V1, V2):
        for damaged in (
            dialect.head(0x0109, 0, seq=1, sid=0, chksum=CHECKSUM ^ 1),
            dialect.head(0x0109, 0, seq=1, sid=0, version=3),
            dialect.head(0x0109, 0, seq=1, sid=0, version=3 - dialect.version),
            dialect.head(0x0109, 0, seq=1, sid=0, flag=2),
            PB.head(0x0109, 0, seq=1, sid=7),
        ):
            device = await meet(dialect=dialect.name, way=way).come()
            device.link.send_packet(damaged)
            await sent_off(device, 20010)
    for old in (V1, V2):
        device = await meet(dialect="pb", way=way).come()
        device.link.send_packet(old.head(0x0105, 0, seq=1, sid=0) + bytes(8))
        await sent_off(device, 20010)


@pytest.mark.parametrize("way", ["tcp", "websocket"])
async def test_a_first_packet_with_a_fault_is_the_end(meet, way):
    for damaged in ({"version": 3}, {"version": 0}, {"chksum": CHECKSUM ^ 1}):
        device = await meet(dialect="v2", way=way).connect()
        device.link.send_packet(V2.head(NEW["PING"].key, 0, seq=1, sid=0, **damaged))
        await sent_off(device, 20010)


async def test_flags_0_1_and_minus_1_are_taken(meet):
    for flag in (0, 1, 0xFFFFFFFF):
        device = await meet(dialect="v2").connect()
        device.link.send_packet(V2.head(NEW["PING"].key, 0, seq=5, sid=0, flag=flag))
        await device.hear("PONG", 5)


@EACH
async def test_what_only_the_engine_says_is_an_unknown_command_of_a_client(come, dialect, way):
    (device,) = await come(dialect=dialect, way=way)
    of_nodes = {"HB", "LSN-RPT", "FRWD-LIST", "FRWD-LIST-ACK"}
    rows = device.dialect.rows
    acks = {answer_to(row.keyword) for row in rows.values() if row.heard}  # also where none is owed
    for row in rows.values():
        if (row.sent or row.keyword in acks) and row.keyword not in of_nodes and row.key < 0x0600:
            continue
        seq = next(device.seq)
        device.link.send_packet(device.dialect.raw(row.key, b"", seq=seq, sid=device.sid))
        await device.refused(10007, seq)
    await device.quiet()


@pytest.mark.parametrize("dialect", ["v2", "pb"])
async def test_a_forged_sid_or_uid_is_not_obeyed(come, dialect):
    forger, victim, receiver = await come(3, dialect=dialect)
    seq = forger.send("CHAT", duid=receiver.uid, text="x", header_sid=victim.sid)
    await forger.refused(20012, seq)
    for keyword, fields in (
        ("CHAT", {"suid": victim.uid, "duid": receiver.uid, "text": "x"}),
        ("P2P", {"suid": victim.uid, "duid": receiver.uid}),
        ("FRIEND-ADD", {"suid": victim.uid, "duid": receiver.uid}),
        ("GROUP-CREAT", {"uid": victim.uid, "name": "x"}),
        ("ROOM-CREAT", {"uid": victim.uid, "name": "x"}),
        ("ROOM-JOIN", {"uid": victim.uid, "rid": 1}),
        ("SYNC", {"uid": victim.uid}),
    ):
        await forger.ask(keyword, code=20012, **fields)
    for device in (forger, victim, receiver):
        await device.quiet()


CHAT = {"suid": 0, "duid": 1, "level": 0, "time": 1, "text": "x"}
WRONG_TYPES = [
    {"duid": "5"}, {"duid": -1}, {"duid": 2**64}, {"duid": None}, {"duid": True}, {"duid": 1.5},
    {"level": 2**32}, {"text": 5}, {"text": None}, {"text": ["x"]}, {"data": "not base64!"},
    {"data": 7},
]  # fmt: skip


async def test_wrong_json_has_its_codes_and_the_connection_lives(come):
    (device,) = await come()
    chat = {**CHAT, "suid": device.uid}
    missing = [{k: v for k, v in chat.items() if k != name} for name in chat]
    bodies = [json.dumps({**chat, **wrong}).encode() for wrong in WRONG_TYPES]
    bodies += [json.dumps(short).encode() for short in missing]
    bodies += [b"[]", b"7", b'"x"', b"null"]
    for body in bodies:
        await device.refused(20011, device.send("CHAT", body=body))
    for body in (b"{", b"{]", b"\xff\xfe", b'{"text": "\xff"}', b"{} {}", b"[" * 5_000, b"nil"):
        await device.refused(20005, device.send("CHAT", body=body))
    await device.refused(20011, device.send("CHAT", body=b""))
    seq = device.send("SUB", body=b'{"cmd": 1040, "more": [1, {"than": "asked"}]}')
    await device.answered("SUB", seq)
    await device.quiet()


async def test_wrong_protobuf_has_its_codes_and_the_connection_lives(come):
    device, receiver = await come(2, dialect="pb")
    row = NEW["CHAT"]
    chat = {**CHAT, "suid": device.uid, "duid": receiver.uid}
    whole = bee_proto.write(row.fields, chat)
    for name in chat:
        short = bee_proto.write(row.fields, {k: v for k, v in chat.items() if k != name})
        await device.refused(20011, device.send("CHAT", body=short))
    await device.refused(20011, device.send("CHAT", body=b""))
    for body in (
        whole[:-1],
        whole + b"\x08",
        b"\xff" * 20,
        bee_proto.tag(5, bee_proto.LENGTH) + bee_proto.varint(2**31) + b"x",
        bee_proto.tag(0, bee_proto.VARINT) + b"\x01",
        bee_proto.tag(7, 7),
    ):
        await device.refused(20005, device.send("CHAT", body=body))
    twisted = whole[:-3] + bee_proto.tag(5, bee_proto.VARINT) + b"\x05"
    seq = device.send("CHAT", body=twisted)
    assert (await device.hear("ERROR", seq)).code in (20005, 20011)
    not_utf8 = whole[:-1] + b"\xff"
    seq = device.send("CHAT", body=not_utf8)
    assert (await device.hear("ERROR", seq)).code in (20005, 20011)
    more = whole + bee_proto.tag(99, bee_proto.VARINT) + b"\x01"
    seq = device.send("CHAT", body=more)  # of a later version of the protocol
    await device.answered("CHAT", seq)
    await receiver.hear("CHAT", seq)
    await device.quiet()


async def test_every_prefix_of_a_protobuf_body_is_an_error_and_no_more(come):
    device, receiver = await come(2, dialect="pb")
    chat = {**CHAT, "suid": device.uid, "duid": receiver.uid, "text": "whole"}
    whole = bee_proto.write(NEW["CHAT"].fields, chat)
    for cut in range(len(whole)):
        seq = device.send("CHAT", body=whole[:cut])
        assert (await device.hear("ERROR", seq)).code in (20005, 20011)
    await device.answered("CHAT", device.send("CHAT", body=whole))
    await receiver.hear("CHAT", text="whole")
    await receiver.quiet()


async def test_wrong_bodies_in_v1(come):
    (device,) = await come(dialect="v1")
    for keyword, body in (
        ("PRVT-MSG", b"no destination"),
        ("PRVT-MSG", b'{"to": "5"}'),
        ("GROUP-MSG", b"\xff\xff"),
        ("ADD-FRIEND", b"{}"),
        ("DEL-FRIEND", b""),
        ("UNSUB", b"{}"),
        ("JOIN", b'{"rid": "1"}'),
    ):
        await device.refused(20011, device.send(keyword, body=body))
    await device.refused(20005, device.send("SUB", body=b"{"))
    await device.quiet()


async def test_a_slow_reader_in_a_busy_room_is_cut_off_and_nobody_waits(meet, come, rid):
    fast, talker = await come(2)
    slow = meet()
    await slow.connect(receive_buffer=4096)
    await slow.online()
    for device in (slow, fast, talker):
        await device.ask("ROOM-JOIN", rid=rid)
    slow.link.stop_reading()
    left = False
    for _ in range(600):
        await talker.ask("ROOM-CHAT", rid=rid, text="x" * 60_000)
        await fast.hear("ROOM-CHAT")
        left = any(h.fits("ROOM-QUIT-NTF", {"uid": slow.uid}) for h in fast.link.inbox)
        if left:
            break
    assert left
    slow.link.read_on()
    await slow.link.when(lambda: slow.link.ended)
