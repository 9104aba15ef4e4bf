"""Beehive's packets on real sockets, TCP and WebSocket, against a tiny engine."""

from __future__ import annotations

import asyncio
import socket

import pytest

from parlour.actors.beehive.settings import BeehiveSettings
from parlour.actors.ports import CloseUser, Publish
from parlour.events.messages.beehive import common, private
from parlour.events.messages.beehive.packet import Packet

ONLINE = {"uid": 7, "sid": 71, "token": "t", "app": "a", "version": "1"}
CHAT = {"suid": 7, "duid": 8, "level": 0, "time": 1, "text": "hi"}
BINARY, TEXT, CLOSE = 0x2, 0x1, 0x8


async def online(connect, packets, seq=1, **more):
    client = await connect()
    client.send(packets.narrow(0x0101, {**ONLINE, **more}, seq=seq))
    assert (await client.narrow())[0] == 0x0102
    return client


# --- dialects ------------------------------------------------------------------------------


async def test_the_client_in_the_wild_is_answered_in_its_own_dialect(serve, packets, told):
    client = await (await serve()).connect()
    client.send(packets.wide(0x0101, packets.online, seq=1, sid=1234))
    key, seq, body = await client.wide()
    assert (key, seq) == (0x0102, 1)
    assert body.startswith(bytes.fromhex("08d4e4b5a54510d209"))
    assert told()[0].message.app == "beehive chat"


async def test_json_under_the_narrow_header_is_answered_in_kind(serve, packets):
    client = await online((await serve()).connect, packets, seq=5)
    client.send(packets.narrow(0x0201, CHAT, seq=16, sid=71))
    assert await client.narrow() == (
        0x0202,
        16,
        {"suid": 7, "duid": 8, "code": 0, "errmsg": "Ok"},
    )


async def test_a_header_may_come_byte_by_byte(serve, packets):
    client = await (await serve()).connect()
    client.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in packets.narrow(0x0101, ONLINE):
        client.send(bytes([byte]))
        await asyncio.sleep(0)
    assert (await client.narrow())[0] == 0x0102


async def test_one_publish_reaches_each_device_in_its_own_dialect(serve, packets):
    server = await serve()
    json = await online(server.connect, packets)
    protobuf = await server.connect()
    protobuf.send(packets.wide(0x0101, packets.online))
    await protobuf.wide()
    chat = Packet(private.Chat(**CHAT), seq=9, sid=5)
    server.edge.hub.deliver([Publish("beehive", None, chat)])
    assert (await json.narrow())[:2] == (0x0201, 9)
    assert (await protobuf.wide())[:2] == (0x0201, 9)


# --- broken packets ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda p: p.narrow(0x0201, CHAT, length=2**31)[:44], 10018),
        (lambda p: p.narrow(0x0201, CHAT, length=65_537)[:44], 10018),
        (lambda p: p.narrow(0x0201, CHAT, version=3), 20010),
        (lambda p: p.narrow(0x0201, CHAT, version=1), 20010),
        (lambda p: p.wide(0x0105), 20010),
    ],
    ids=["2-gib", "one-too-many", "version", "other-dialect", "other-header"],
)
async def test_a_broken_packet_is_told_its_code_and_ends_the_connection(serve, packets, make, code):
    client = await online((await serve()).connect, packets)
    client.send(make(packets))
    key, _, body = await client.narrow()
    assert (key, body["code"]) == (0x010B, code)
    assert await client.rest() == b""


async def test_a_body_at_the_limit_is_taken(serve, packets):
    client = await online((await serve()).connect, packets)
    short = len(packets.narrow(0x0201, CHAT)) - 44
    text = CHAT["text"] + "x" * (65_536 - short)
    client.send(packets.narrow(0x0201, {**CHAT, "text": text}, seq=8))
    assert (await client.narrow())[:2] == (0x0202, 8)


async def test_even_the_first_packet_is_refused_in_its_own_dialect(serve, packets):
    client = await (await serve()).connect()
    client.send(packets.wide(0x0101, length=2**31))
    key, _, body = await client.wide()
    assert key == 0x010B
    assert body.startswith(b"\x08\xa2\x4e")  # code: 10018
    assert await client.rest() == b""


@pytest.mark.parametrize(
    ("key", "body", "code"),
    [
        (0x0999, b"{}", 10007),
        (0x0102, b"{}", 10007),
        (0x0601, b"{}", 10007),
        (0x0201, b"{", 20005),
        (0x0201, b'{"suid":"x"}', 20011),
        (0x0201, b'{"suid":1}', 20011),
    ],
)
async def test_what_is_not_understood_is_answered_and_the_connection_lives(
    serve, packets, key, body, code
):
    client = await online((await serve()).connect, packets)
    for seq in range(16, 20):
        client.send(packets.narrow(key, body=body, seq=seq))
        refused, answered, words = await client.narrow()
        assert (refused, answered, words["code"]) == (0x010B, seq, code)
    client.send(packets.narrow(0x0105, seq=30))
    assert (await client.narrow())[:2] == (0x0106, 30)


# --- ends ----------------------------------------------------------------------------------


async def test_who_is_not_online_in_time_is_told_and_closed(serve, clock):
    server = await serve(BeehiveSettings(online_seconds=0.0))
    client = await server.connect()
    async with asyncio.timeout(5):
        while not len(server.edge.hub):
            await asyncio.sleep(0)
    server.edge.hub.sweep()
    key, _, body = await client.narrow()
    assert (key, body["code"]) == (0x010B, 20008)
    assert await client.rest() == b""


async def test_a_kick_is_closed_on_its_ack(serve, packets):
    server = await serve(BeehiveSettings(farewell_seconds=60.0))
    client = await online(server.connect, packets)
    server.edge.hub.deliver([CloseUser(7, "out")])
    assert await client.narrow() == (0x0110, 0, {"code": 10005, "errmsg": "out"})
    client.send(packets.narrow(0x0201, CHAT, seq=8), packets.narrow(0x0111, seq=0))
    assert await client.rest() == b""


async def test_a_kick_is_closed_without_its_ack_too(serve, packets):
    server = await serve(BeehiveSettings(farewell_seconds=0.02))
    client = await online(server.connect, packets)
    server.edge.hub.deliver([CloseUser(7, "out")])
    assert (await client.narrow())[0] == 0x0110
    assert await client.rest() == b""


async def test_a_newer_connection_of_the_device_takes_over(serve, packets):
    server = await serve(BeehiveSettings(farewell_seconds=0.02))
    older = await online(server.connect, packets)
    other = await online(server.connect, packets, sid=72)
    await online(server.connect, packets)
    key, _, body = await older.narrow()
    assert (key, body["code"]) == (0x0110, 20009)
    assert await older.rest() == b""
    other.send(packets.narrow(0x0105, seq=3))
    assert (await other.narrow())[0] == 0x0106


async def test_silence_ends_a_connection(serve, packets):
    server = await serve(BeehiveSettings(idle_tcp_seconds=0.05, idle_websocket_seconds=0.05))
    client = await online(server.connect, packets)
    assert await client.rest() == b""
    client = await server.upgrade()
    assert (await client.message())[0] == CLOSE


# --- rates ---------------------------------------------------------------------------------


async def test_a_flood_is_told_so_by_number_and_acks_are_not_dropped(serve, packets, told):
    server = await serve(messages_per_second=0.001, burst=2)
    client = await online(server.connect, packets)
    client.send(packets.narrow(0x0201, CHAT, seq=8), packets.narrow(0x0201, CHAT, seq=9))
    assert (await client.narrow())[:2] == (0x0202, 8)
    key, seq, body = await client.narrow()
    assert (key, seq, body["code"]) == (0x010B, 9, 10022)
    ack = {"suid": 7, "duid": 8, "code": 0, "errmsg": "Ok"}
    client.send(packets.narrow(0x0202, ack, seq=10))
    async with asyncio.timeout(5):
        while told()[-1].seq != 10:
            await asyncio.sleep(0.001)


# --- WebSocket -----------------------------------------------------------------------------


async def test_each_packet_is_a_binary_message_of_its_own(serve, packets):
    server = await serve()
    client = await server.upgrade()
    client.send(packets.masked(packets.wide(0x0101, packets.online)))
    opcode, payload = await client.message()
    assert (opcode, payload[:4]) == (BINARY, bytes.fromhex("00000102"))
    ntf = [Packet(common.OnlineNtf(uid=uid)) for uid in (1, 2)]
    server.edge.hub.deliver([Publish("beehive", None, one) for one in ntf])
    assert [(await client.message())[1][-2:] for _ in ntf] == [b"\x08\x01", b"\x08\x02"]


async def test_a_message_may_come_in_fragments_or_as_text(serve, packets):
    client = await (await serve()).upgrade()
    packet = packets.narrow(0x0101, ONLINE)
    client.send(
        packets.masked(packet[:20], fin=False),
        packets.masked(packet[20:50], 0, fin=False),
        packets.masked(packet[50:], 0),
    )
    assert (await client.message())[1][:4] == bytes.fromhex("00000102")
    client = await (await serve()).upgrade()
    client.send(packets.masked(packets.wide(0x0105, seq=5), TEXT))
    assert (await client.message()) == (BINARY, packets.wide(0x0106, seq=5))


@pytest.mark.parametrize(
    "make",
    [
        lambda p: p.narrow(0x0105) + b"x",
        lambda p: p.narrow(0x0105) * 2,
        lambda p: p.narrow(0x0105)[:-1],
        lambda p: p.narrow(0x0105)[:10],
        lambda p: b"",
        lambda p: p.narrow(0x0201, CHAT)[:-1],
    ],
)
async def test_a_message_that_is_not_one_packet_ends_the_connection(serve, packets, make):
    client = await (await serve()).upgrade()
    client.send(packets.masked(packets.narrow(0x0105)), packets.masked(make(packets)))
    await client.message()
    opcode, payload = await client.message()
    assert (opcode, payload[:4]) == (BINARY, bytes.fromhex("0000010b"))
    assert b"20010" in payload
    assert (await client.message())[0] == CLOSE


async def test_a_message_over_the_limit_is_refused_on_its_header(serve, packets):
    client = await (await serve()).upgrade()
    client.send(packets.masked(packets.narrow(0x0105)), b"\x82\xff" + (2**31).to_bytes(8, "big"))
    await client.message()
    opcode, payload = await client.message()
    assert (opcode, b"10018" in payload) == (BINARY, True)
    opcode, payload = await client.message()
    assert (opcode, payload[:2]) == (CLOSE, (1009).to_bytes(2, "big"))


async def test_the_subprotocol_is_echoed_when_it_is_offered(serve):
    server = await serve()
    offered = await server.upgrade(headers=b"Sec-WebSocket-Protocol: chat, im\r\n")
    assert b"Sec-WebSocket-Protocol: im\r\n" in offered.head
    assert b"Protocol: im" not in (await server.upgrade()).head
    strange = await server.upgrade(headers=b"Sec-WebSocket-Protocol: chat\r\n")
    assert b"Sec-WebSocket-Protocol" not in strange.head


@pytest.mark.parametrize("dialect", ["v1", "v2", "pb"])
async def test_a_path_may_force_the_dialect(serve, packets, dialect):
    ping = {
        "v1": packets.narrow(0x0109, version=1),
        "v2": packets.narrow(0x0105),
        "pb": packets.wide(0x0105),
    }
    server = await serve()
    client = await server.upgrade(f"/im/{dialect}")
    client.send(packets.masked(ping[dialect]))
    assert (await client.message())[0] == BINARY
    other = await server.upgrade(f"/im/{dialect}")
    other.send(packets.masked(ping["pb" if dialect == "v2" else "v2"]))
    opcode, payload = await other.message()
    assert opcode == BINARY
    assert payload[3] == (0x21 if dialect == "v1" else 0x0B)
    assert (await other.message())[0] == CLOSE


async def test_a_kick_is_closed_on_its_ack_over_websocket_too(serve, packets):
    server = await serve(BeehiveSettings(farewell_seconds=60.0))
    client = await server.upgrade()
    client.send(packets.masked(packets.narrow(0x0101, ONLINE)))
    await client.message()
    server.edge.hub.deliver([CloseUser(7, "out")])
    assert b'"out"' in (await client.message())[1]
    client.send(packets.masked(packets.narrow(0x0111)))
    assert (await client.message())[0] == CLOSE


# --- nodes ---------------------------------------------------------------------------------


async def test_nodes_are_understood_on_their_own_listener_only(serve, packets, engine, told):
    server = await serve()
    report = {"type": 1, "nid": 5, "opid": 1, "nation": "CN", "ip": "10.0.0.5"}
    report |= {"port": 1, "connections": 0}
    node = await server.connect("nodes")
    node.send(
        packets.narrow(0x0601, report, flag=0xFFFFFFFF), packets.narrow(0x0101, ONLINE, seq=2)
    )
    key, seq, body = await node.narrow()
    assert (key, seq, body["code"]) == (0x010B, 2, 10007)
    assert [request.message.nid for request in told()] == [5]
    assert engine.told[0][0] == "beehive.node.session:1"
