"""What operators and browsers find on the HTTP listener."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from health import get, total
from player import Player, begin_play
from wire import WebSocketLink


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


async def test_healthz_and_readyz_say_yes(engine, session):
    for path in ("/healthz", "/readyz"):
        async with session.get(f"http://{engine.http}{path}") as answer:
            assert answer.status == 200, path


async def test_metrics_are_for_prometheus_and_move_with_play(engine, session, table):
    async def page() -> str:
        async with session.get(f"http://{engine.http}/metrics") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/plain")
            return await answer.text()

    before = await page()
    await begin_play(await table(engine))
    after = await page()
    assert total(after, "connections") > 0
    for word in ("commands", "events", "commit", "batch"):
        assert total(after, word) > total(before, word), word
    for word in ("held", "mailbox", "errors"):
        assert word in after, word


async def test_what_is_not_there_is_404_and_what_is_not_allowed_405(engine, session):
    async with session.get(f"http://{engine.http}/nothing") as answer:
        assert answer.status == 404
    async with session.post(f"http://{engine.http}/healthz") as answer:
        assert answer.status == 405


async def test_a_plain_get_of_the_websocket_path_is_a_client_error(engine, session):
    async with session.get(f"http://{engine.http}/landlord") as answer:
        assert 400 <= answer.status < 500


ORIGINS_REFUSED = [
    "http://evil.example",
    "https://evil.example:8080",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://192.168.1.5",
    "null",
    "garbage",
    "",
]


@pytest.mark.parametrize("origin", ORIGINS_REFUSED)
async def test_an_open_engine_refuses_pages_from_elsewhere(engine, origin):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await WebSocketLink().connect(engine.http, Origin=origin)
    assert refused.value.status == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_an_open_engine_takes_pages_from_this_machine(engine, uid, zone, host):
    port = engine.http.rpartition(":")[2]
    link = await WebSocketLink().connect(engine.http, Origin=f"http://{host}:{port}")
    assert (await Player(link, uid).join(zone=zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    await link.close()


async def test_an_open_engine_takes_tools_without_an_origin(engine, uid, zone):
    link = await WebSocketLink().connect(engine.http)
    assert (await Player(link, uid).join(zone=zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    await link.close()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"b" * 100_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
    ],
    ids=["binary", "version", "long path", "long header", "length", "chunks", "many headers"],
)
async def test_hostile_requests_are_client_errors_and_the_engine_lives(
    engine, session, request_bytes
):
    host, _, port = engine.http.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = b""
    try:
        writer.write(request_bytes)
        async with asyncio.timeout(20):
            answer = await reader.read(65536)
    except ConnectionError:
        pass
    writer.close()
    assert answer == b"" or answer.split(b" ")[1].startswith(b"4"), answer[:200]
    async with session.get(f"http://{engine.http}/healthz") as healthy:
        assert healthy.status == 200


async def test_what_is_no_http_is_counted(engine, session):
    before = total((await get(engine, "/metrics"))[1], "bad_http")
    host, _, port = engine.http.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/9.9\r\n\r\n")
    assert (await reader.read()).split(b" ")[1] == b"400"
    writer.close()
    assert total((await get(engine, "/metrics"))[1], "bad_http") == before + 1
