"""Raw clients on real sockets against the tiny engine, on uvloop and on asyncio's own loop."""

from __future__ import annotations

import asyncio
import struct
from contextlib import asynccontextmanager

import pytest
from raw_clients import masked, on_both_loops, read_frame

from parlour.actors.ports import Backlog, Publish
from parlour.events.messages import landlord as wire
from parlour.network.config import HttpSettings
from parlour.network.http import HttpServer

UPGRADE = (
    b"GET /landlord HTTP/1.1\r\nHost: x\r\n"
    b"Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


class Client:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def frame(self):
        return await read_frame(self.reader)

    async def close_code(self):
        """Read up to the close frame and the end; return the code."""
        while True:
            opcode, payload = await self.frame()
            if opcode == CLOSE:
                return struct.unpack(">H", payload[:2])[0]

    async def rest(self):
        async with asyncio.timeout(5):
            return await self.reader.read()


@asynccontextmanager
async def serving(edge, **settings):
    server = HttpServer(edge, HttpSettings(**settings), open_mode=False)
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(await server.start(), "127.0.0.1", 0)
    writers = []

    async def connect(*, upgraded=True):
        reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
        writers.append(writer)
        if upgraded:
            writer.write(UPGRADE)
            await reader.readuntil(b"\r\n\r\n")
        return Client(reader, writer)

    try:
        yield connect
    finally:
        for writer in writers:
            writer.close()
        listener.close()
        edge.hub.farewell()
        await server.stop()
        async with asyncio.timeout(5):
            while edge.gate.count:
                await asyncio.sleep(0.001)


@on_both_loops
async def test_the_answer_proves_that_the_key_was_read(make_edge):
    """The key and its answer are those of RFC 6455, section 1.3."""
    async with serving(make_edge()) as connect:
        client = await connect(upgraded=False)
        client.writer.write(UPGRADE)
        head = await client.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head
        assert b"content-length" not in head.lower()


@on_both_loops
async def test_frames_behind_the_request_are_not_lost(make_edge, wires):
    async with serving(make_edge()) as connect:
        client = await connect(upgraded=False)
        frames = masked(wires.join(3)) + masked(wires.logout(3))
        client.writer.write(UPGRADE + frames[:-3])
        await client.reader.readuntil(b"\r\n\r\n")
        assert b"SERVER_JOIN_TABLE_SUCC" in (await client.frame())[1]
        client.writer.write(frames[-3:])
        assert b"logout_ok" in (await client.frame())[1]


@on_both_loops
async def test_a_request_and_its_frames_may_come_byte_by_byte(make_edge, wires):
    async with serving(make_edge()) as connect:
        client = await connect(upgraded=False)
        for byte in UPGRADE + masked(wires.join(3)):
            client.writer.write(bytes((byte,)))
            await asyncio.sleep(0)
        await client.reader.readuntil(b"\r\n\r\n")
        assert b"SERVER_JOIN_TABLE_SUCC" in (await client.frame())[1]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x02{}", 1002),
        (masked(b"{}", reserved=0x40), 1002),
        (masked(b"{}", 0x5), 1002),
        (masked(b"", PING, fin=False), 1002),
        (masked(b"\x00", CLOSE), 1002),
        (masked(struct.pack(">H", 1006), CLOSE), 1002),
        (masked(b"\xff"), 1007),
        (struct.pack(">BBH", 0x81, 0xFE, 8193), 1009),
    ],
)
@on_both_loops
async def test_what_breaks_the_protocol_closes_with_its_code(make_edge, engine, frame, code):
    edge = make_edge()
    async with serving(edge) as connect:
        client, bystander = await connect(), await connect()
        client.writer.write(frame)
        assert await client.close_code() == code
        assert len(edge.hub) == 1
        bystander.writer.write(masked(b"still here", PING))
        assert await bystander.frame() == (PONG, b"still here")
    assert engine.requests() == []


@on_both_loops
async def test_the_code_arrives_although_the_peer_goes_on_sending(make_edge):
    async with serving(make_edge()) as connect:
        client = await connect()
        client.writer.write(struct.pack(">BBH", 0x81, 0xFE, 60_000) + b"x" * 200_000)
        assert await client.close_code() == 1009


@on_both_loops
async def test_a_close_is_answered_and_tcp_is_closed(make_edge, wires, engine):
    edge = make_edge()
    async with serving(edge) as connect:
        client = await connect()
        client.writer.write(masked(wires.join(3)) + masked(b"\x0f\xa0bye", CLOSE) + masked(b"{}"))
        await client.frame()
        assert await client.rest() == b"\x88\x02\x0f\xa0"
        assert not edge.hub.online("landlord", 3)
    assert len(engine.requests()) == 1


@on_both_loops
async def test_after_our_close_only_the_peers_close_is_waited_for(make_edge, wires, engine):
    edge = make_edge(linger_seconds=3600)
    async with serving(edge) as connect:
        client = await connect()
        client.writer.write(masked(wires.join(3)))
        await client.frame()
        edge.hub.farewell()
        assert await client.close_code() == 1001
        client.writer.write(masked(wires.logout(3)) + masked(b"", PING))
        client.writer.write(masked(b"\x03\xe9", CLOSE))
        assert await client.rest() == b""
    assert len(engine.requests()) == 1


@on_both_loops
async def test_who_never_answers_our_close_is_let_go(make_edge):
    edge = make_edge(linger_seconds=0.05)
    async with serving(edge) as connect:
        client = await connect()
        edge.hub.farewell()
        assert await client.close_code() == 1001
        async with asyncio.timeout(5):
            while edge.gate.count:
                await asyncio.sleep(0.001)


@on_both_loops
async def test_who_answers_pings_stays(make_edge):
    edge = make_edge()
    async with serving(edge, ping_seconds=0.5) as connect:  # half of it is what we have to answer
        client = await connect()
        for _ in range(3):
            assert await client.frame() == (PING, b"")
            client.writer.write(masked(b"", PONG))
        assert len(edge.hub) == 1


@on_both_loops
async def test_who_answers_no_ping_is_told_and_closed(make_edge):
    edge = make_edge()
    async with serving(edge, ping_seconds=0.05) as connect:
        client = await connect()
        assert await client.frame() == (PING, b"")
        assert await client.close_code() == 1001
        assert len(edge.hub) == 0


@on_both_loops
async def test_nobody_is_pinged_when_pings_are_off(make_edge, wires):
    async with serving(make_edge(), ping_seconds=0) as connect:
        client = await connect()
        await asyncio.sleep(0.05)
        client.writer.write(masked(wires.join(3)))
        assert (await client.frame())[0] == TEXT


@on_both_loops
async def test_a_flood_of_messages_is_not_read_on_and_disturbs_nobody(make_edge, wires):
    async with serving(make_edge(messages_per_second=50, burst=10)) as connect:
        flooder, bystander = await connect(), await connect()
        flooder.writer.write(masked(wires.logout(1)) * 200_000)
        for uid in range(5):
            bystander.writer.write(masked(wires.logout(uid)))
            assert b"logout_ok" in (await bystander.frame())[1]
        for _ in range(20):
            await flooder.frame()
        # What the server does not read stays with the flooder.
        assert flooder.writer.transport.get_write_buffer_size() > 0
        flooder.writer.transport.abort()


@on_both_loops
async def test_a_reader_that_never_reads_is_cut_off(make_edge, wires):
    edge = make_edge(out_bytes=20_000, linger_seconds=0.1)
    async with serving(edge) as connect:
        client = await connect()
        client.writer.write(masked(wires.join(3)))
        await client.frame()
        client.writer.transport.pause_reading()
        message = wire.TableDissolved(reason="x" * 4000)
        async with asyncio.timeout(20):
            while edge.hub.online("landlord", 3):
                edge.hub.deliver([Publish("landlord", (3,), message)] * 20)
                await asyncio.sleep(0)
        assert 'ended_total{reason="too_slow"} 1.0' in edge.metrics.page().decode()


@on_both_loops
async def test_a_backlog_waits_for_its_reader_and_what_is_said_meanwhile_follows_it(
    make_edge, wires
):
    edge = make_edge()
    async with serving(edge) as connect:
        client = await connect()
        client.writer.write(masked(wires.join(3)))
        await client.frame()
        [connection] = edge.hub._connections.values()
        text, read = "x" * 50_000, []

        def pages():
            for number in range(200):
                read.append(number)
                yield [wire.TableDissolved(reason=f"{number} {text}")]

        client.writer.transport.pause_reading()
        edge.hub.deliver(
            [
                Backlog(connection.session, pages),
                Publish("landlord", (3,), wire.TableDissolved(reason="live")),
            ]
        )
        async with asyncio.timeout(5):
            while connection.link.buffered() < 50_000:
                await asyncio.sleep(0.01)
        assert len(read) < 200
        client.writer.transport.resume_reading()
        for number in range(200):
            _, payload = await client.frame()
            assert payload.partition(b'"reason":"')[2].startswith(b"%d x" % number)
        assert b"live" in (await client.frame())[1]


@on_both_loops
async def test_connections_are_counted_in_and_out(make_edge):
    edge = make_edge()
    async with serving(edge) as connect:
        client, _ = await connect(), await connect()
        assert edge.gate.count == 2
        client.writer.close()
        async with asyncio.timeout(5):
            while edge.gate.count != 1:
                await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"Upgrade: websocket", b"Upgrade: h2c", 400),
        (b"keep-alive, Upgrade", b"keep-alive", 400),
        (b"Version: 13", b"Version: 8", 426),
        (b"GET /landlord HTTP/1.1", b"GET /landlord HTTP/1.0", 400),
        (b"GET", b"HEAD", 405),
        (b"GET", b"POST", 405),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"short", 400),
        (b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b"", 400),
    ],
)
@on_both_loops
async def test_what_is_no_upgrade_is_answered_in_http(make_edge, old, new, status):
    async with serving(make_edge()) as connect:
        client = await connect(upgraded=False)
        client.writer.write(UPGRADE.replace(old, new))
        head = await client.reader.readuntil(b"\r\n\r\n")
        assert head.split(b" ")[1] == b"%d" % status
