"""Real HTTP and WebSocket clients against the tiny engine."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import struct
from contextlib import asynccontextmanager

import aiohttp
import msgspec
import pytest
from raw_clients import masked, read_frame

from parlour.actors.ports import Publish
from parlour.events.messages import landlord as wire
from parlour.network.config import HttpSettings
from parlour.network.http import HttpServer


class Served:
    def __init__(self, host, port, session):
        self.host, self.port, self.session = host, port, session
        self.url = f"http://{host}:{port}"

    async def get(self, path, **headers):
        async with self.session.get(self.url + path, headers=headers) as response:
            return response.status, await response.text()

    def websocket(self, **headers):
        return self.session.ws_connect(self.url + "/landlord", headers=headers)

    async def raw_websocket(self):
        """An upgraded connection that can be sent any bytes."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET /landlord HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head
        return reader, writer


@asynccontextmanager
async def serving(edge, *, open_mode=False, **settings):
    server = HttpServer(edge, HttpSettings(**settings), open_mode=open_mode)
    factory = await server.start()
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(factory, "127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session:
            yield Served(*listener.sockets[0].getsockname(), session)
    finally:
        listener.close()
        edge.hub.farewell()
        await server.stop()
        async with asyncio.timeout(5):
            while edge.gate.count:
                await asyncio.sleep(0.001)


async def close_of(reader):
    """Read up to the close frame; return its code."""
    while True:
        opcode, payload = await read_frame(reader)
        if opcode == 0x8:
            return struct.unpack(">H", payload[:2])[0]


async def test_a_text_frame_is_a_request_and_is_answered_in_text(make_edge, wires):
    async with serving(make_edge()) as served, served.websocket() as socket:
        await socket.send_str(wires.join(3).decode())
        answer = await socket.receive()
        assert answer.type is aiohttp.WSMsgType.TEXT
        assert answer.json()["cmd"] == "SERVER_JOIN_TABLE_SUCC"


async def test_a_binary_frame_is_taken_as_json_too(make_edge, wires):
    async with serving(make_edge()) as served, served.websocket() as socket:
        await socket.send_bytes(wires.join(3))
        assert (await socket.receive_json())["seatid"] == 0


async def test_a_request_may_come_in_fragments_with_a_ping_between(make_edge, wires):
    async with serving(make_edge()) as served:
        reader, writer = await served.raw_websocket()
        payload = wires.join(3)
        writer.write(masked(payload[:5], fin=False))
        writer.write(masked(b"here?", 0x9))
        writer.write(masked(payload[5:], 0x0))
        assert await read_frame(reader) == (0xA, b"here?")
        opcode, answer = await read_frame(reader)
        assert opcode == 0x1
        assert msgspec.json.decode(answer)["cmd"] == "SERVER_JOIN_TABLE_SUCC"
        writer.close()


async def test_frames_of_a_delivery_arrive_as_frames(make_edge, wires):
    edge = make_edge()
    async with serving(edge) as served, served.websocket() as socket:
        await socket.send_bytes(wires.join(3))
        await socket.receive_json()
        edge.hub.deliver(
            [Publish("landlord", (3,), wire.Unseated(reason="x" * size)) for size in (1, 70_000, 2)]
        )
        for size in (1, 70_000, 2):
            assert len((await socket.receive_json())["reason"]) == size


async def test_a_frame_of_8192_bytes_is_taken_and_one_more_closes_1009(make_edge):
    async with serving(make_edge()) as served:
        reader, writer = await served.raw_websocket()
        payload = b'{"cmd":"logout","uid":1,"x":"' + b"a" * (8192 - 31) + b'"}'
        writer.write(masked(payload))
        assert b"logout_ok" in (await read_frame(reader))[1]
        # Only the header of the long one: refused before there is a body.
        writer.write(masked(b"x" * 8193)[:8])
        assert await close_of(reader) == 1009
        writer.close()


async def test_fragments_that_add_up_to_too_much_close_1009(make_edge):
    async with serving(make_edge()) as served:
        reader, writer = await served.raw_websocket()
        writer.write(masked(b"x" * 5000, fin=False) + masked(b"x" * 5000, 0x0))
        assert await close_of(reader) == 1009
        writer.close()


async def test_what_is_not_json_is_told_and_closed(make_edge, engine):
    async with serving(make_edge()) as served, served.websocket() as socket:
        await socket.send_str("hello")
        answer = await socket.receive_json()
        assert (answer["cmd"], answer["error_code"]) == ("error", 1)
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 1007
    assert engine.requests() == []
    assert engine.ended == ["landlord.session:1"]


async def test_text_that_is_not_utf8_closes_1007(make_edge):
    async with serving(make_edge()) as served:
        reader, writer = await served.raw_websocket()
        writer.write(masked(b'{"cmd":"\xff"}'))
        assert await close_of(reader) == 1007
        writer.close()


async def test_three_malformed_in_a_row_close(make_edge):
    async with serving(make_edge()) as served, served.websocket() as socket:
        for _ in range(3):
            await socket.send_str("{}")
        for _ in range(3):
            assert (await socket.receive_json())["error_code"] == 1
        await socket.receive()
        assert socket.close_code == 1007


async def test_a_second_login_closes_the_first_connection(make_edge, wires):
    async with (
        serving(make_edge()) as served,
        served.websocket() as first,
        served.websocket() as second,
    ):
        await first.send_bytes(wires.join(3))
        await first.receive_json()
        await second.send_bytes(wires.join(3))
        assert (await first.receive_json())["error_code"] == 3
        await first.receive()
        assert first.close_code == 1008
        assert (await second.receive_json())["cmd"] == "SERVER_JOIN_TABLE_SUCC"


async def test_going_down_closes_1001(make_edge, wires):
    edge = make_edge()
    async with serving(edge) as served, served.websocket() as socket:
        await socket.send_bytes(wires.join(3))
        await socket.receive_json()
        edge.hub.farewell()
        assert (await socket.receive_json())["error_code"] == 6
        await socket.receive()
        assert socket.close_code == 1001


async def test_a_client_that_vanishes_is_lost(make_edge, wires):
    edge = make_edge()
    async with serving(edge) as served:
        reader, writer = await served.raw_websocket()
        writer.write(masked(wires.join(3)))
        await read_frame(reader)
        assert edge.hub.online("landlord", 3)
        writer.transport.abort()
        async with asyncio.timeout(5):
            while edge.hub.online("landlord", 3):
                await asyncio.sleep(0.001)


async def test_a_close_is_answered_with_its_code(make_edge):
    async with serving(make_edge()) as served:
        reader, writer = await served.raw_websocket()
        writer.write(masked(struct.pack(">H", 1000), 0x8))
        assert await close_of(reader) == 1000
        assert await reader.read() == b""
        writer.close()


async def test_a_flood_of_pings_is_slowed_down(make_edge, wires):
    async with serving(make_edge(messages_per_second=50, burst=10)) as served:
        _, writer = await served.raw_websocket()
        writer.write(masked(b"", 0x9) * 3_000_000)
        async with served.websocket() as bystander:
            await bystander.send_bytes(wires.join(3))
            assert (await bystander.receive_json())["cmd"] == "SERVER_JOIN_TABLE_SUCC"
        assert writer.transport.get_write_buffer_size() > 0
        writer.transport.abort()


async def test_messages_over_the_rate_are_refused(make_edge, wires):
    async with (
        serving(make_edge(messages_per_second=0.001, burst=2)) as served,
        served.websocket() as socket,
    ):
        for _ in range(3):
            await socket.send_bytes(wires.logout(1))
        answers = [await socket.receive_json() for _ in range(3)]
        assert [answer.get("error_code") for answer in answers] == [None, None, 4]


async def test_health_readiness_and_metrics(make_edge, engine):
    async with serving(make_edge()) as served:
        assert await served.get("/healthz") == (200, '{"alive":true}')
        assert await served.get("/readyz") == (200, '{"ready":true}')
        engine.accepting = False
        assert await served.get("/readyz") == (503, '{"ready":false}')
        assert await served.get("/healthz") == (200, '{"alive":true}')
        status, page = await served.get("/metrics")
        assert status == 200
        assert "parlour_connections_accepted_total" in page
        assert (await served.get("/"))[0] == 200
        assert (await served.get("/nothing"))[0] == 404


async def test_metrics_can_be_left_out(make_edge):
    async with serving(make_edge(), metrics=False) as served:
        assert (await served.get("/metrics"))[0] == 404


async def test_a_plain_get_of_a_websocket_is_a_bad_request(make_edge):
    async with serving(make_edge()) as served:
        status, text = await served.get("/landlord")
        assert status == 400
        assert "Traceback" not in text


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:3000", 200),
        ("http://127.0.0.1", 200),
        ("http://[::1]:8080", 200),
        ("https://example.com", 403),
        ("http://localhost.example.com", 403),
        ("null", 403),
        ("http://[bad", 403),
    ],
)
async def test_open_mode_serves_pages_of_this_machine_only(make_edge, origin, status):
    async with serving(make_edge(), open_mode=True) as served:
        assert (await served.get("/healthz", Origin=origin))[0] == status
        assert (await served.get("/healthz"))[0] == 200


async def test_without_open_mode_any_origin_may_connect(make_edge):
    async with serving(make_edge()) as served:
        assert (await served.get("/healthz", Origin="https://example.com"))[0] == 200


async def test_an_address_with_too_many_connections_is_turned_away(make_edge):
    async with serving(make_edge(connections_per_address=1)) as served, served.websocket():
        reader, writer = await asyncio.open_connection(served.host, served.port)
        assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
        writer.close()


async def test_a_connection_that_never_asks_is_closed(make_edge):
    async with serving(make_edge(auth_seconds=0.05)) as served:
        for said in (b"", b"GET / HTTP/1.1\r\nHost:"):
            reader, writer = await asyncio.open_connection(served.host, served.port)
            writer.write(said)
            async with asyncio.timeout(5):
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b""
            writer.close()


@pytest.mark.parametrize(
    "second",
    [
        b"GET / HTTP/1.1\r\nHost:",
        b"GET /landlord HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
    ],
    ids=["half a head", "half a body"],
)
@pytest.mark.parametrize("together", [True, False])
async def test_a_later_request_has_its_time_too(make_edge, second, together):
    first = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    edge = make_edge(auth_seconds=0.1)
    async with serving(edge, keepalive_seconds=0.2 if together else 3600) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        writer.write(first + second if together else first)
        async with asyncio.timeout(5):
            assert b"200 OK" in await reader.readuntil(b'{"alive":true}')
            if not together:
                await asyncio.sleep(0.15)  # between two requests there is more time
                writer.write(second)
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()


async def test_requests_in_time_go_on_and_so_does_an_upgrade(make_edge, wires):
    edge = make_edge(auth_seconds=0.2)
    async with serving(edge) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        for _ in range(3):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.readuntil(b'{"alive":true}')
            await asyncio.sleep(0.1)
        writer.write(
            b"GET /landlord HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.25)
        writer.write(masked(wires.join(3)))
        assert b"SERVER_JOIN_TABLE_SUCC" in (await read_frame(reader))[1]
        writer.close()


async def test_a_websocket_that_never_logs_in_is_closed_by_the_sweep(make_edge):
    edge = make_edge(auth_seconds=0.05)
    async with serving(edge) as served, served.websocket() as socket:
        await asyncio.sleep(0.06)
        edge.hub.sweep()
        assert (await socket.receive_json())["reason"] == "no login in time"
        await socket.receive()
        assert socket.close_code == 1008


async def test_a_peer_that_answers_no_ping_is_lost(make_edge, wires):
    edge = make_edge()
    async with serving(edge, ping_seconds=0.1) as served:
        reader, writer = await served.raw_websocket()
        writer.write(masked(wires.join(3)))
        await read_frame(reader)
        assert (await read_frame(reader))[0] == 0x9
        async with asyncio.timeout(5):
            while edge.hub.online("landlord", 3):
                await asyncio.sleep(0.001)
        writer.close()


async def test_answers_do_not_name_our_libraries(make_edge):
    async with (
        serving(make_edge()) as served,
        served.session.get(served.url + "/healthz") as response,
    ):
        assert response.headers["Server"] == "parlour"


@pytest.mark.parametrize(
    "request_line",
    [b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n"],
)
async def test_what_is_not_http_is_refused_and_counted_but_not_logged(
    make_edge, caplog, request_line
):
    edge = make_edge()
    async with serving(edge) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        writer.write(request_line)
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.")
        assert b" 400 " in answer.splitlines()[0]
        assert b"Traceback" not in answer
        writer.close()
    assert "bad_http" in edge.metrics.page().decode() or b"hello" in request_line
    assert not caplog.records
