import asyncio

import aiohttp.web
import pytest

from parlour.events.messages import treasure as wire
from parlour.network.demo.links import ConnectionClosed
from parlour.network.demo.treasure_client import connect_game, connect_lobby, message_of
from parlour.network.treasure.codec import TCP, FrameCodec, payload_of

ASKED = wire.Login(name="Ada", token="t", seq=1)
ANSWERED = wire.LoginAnswer(player_id=7, name="Ada", token="t", seq=1)


@pytest.fixture
async def tcp_address():
    async def serve(reader, writer):
        codec = FrameCodec()
        while (payload := codec.next_frame()) is None:
            codec.receive_data(await reader.read(100))
        assert payload == payload_of(ASKED)
        writer.write(TCP.encode(wire.Welcome(session=1, server_time=1.5)) + TCP.encode(ANSWERED))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()
    server.close()
    await server.wait_closed()


@pytest.fixture
async def http_address():
    async def serve(request):
        socket = aiohttp.web.WebSocketResponse()
        await socket.prepare(request)
        assert (await socket.receive()).data == payload_of(ASKED)
        await socket.send_bytes(payload_of(ANSWERED))
        await socket.close()
        return socket

    app = aiohttp.web.Application()
    app.router.add_get("/treasure", serve)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0]
    await runner.cleanup()


async def talk(client):
    assert await client.ask(ASKED, wire.LoginAnswer) == ANSWERED
    with pytest.raises(ConnectionClosed):
        await client.hear()
    await client.close()
    await client.close()


async def test_over_tcp_a_request_is_answered_and_a_server_that_hangs_up_noticed(tcp_address):
    host, port = tcp_address
    await talk(await connect_lobby("tcp", {"treasure": f"{host}:{port}"}))


async def test_over_websocket_too(http_address):
    host, port = http_address
    await talk(await connect_lobby("websocket", {"http": f"{host}:{port}"}))


async def test_a_game_is_found_where_50_says(tcp_address, http_address):
    host, port = tcp_address
    http_host, http_port = http_address
    place = wire.GameAt(
        room_id=1,
        ip=host,
        port=port,
        ws=f"ws://{http_host}:{http_port}/treasure",
        ticket="00",
        expires=1.0,
    )
    await talk(await connect_game("tcp", place))
    await talk(await connect_game("websocket", place))


def test_a_farewell_is_no_welcome():
    welcome = wire.Welcome(session=3, server_time=2.5)
    assert message_of(payload_of(welcome)) == welcome
    with pytest.raises(ConnectionClosed, match="code 25: too fast"):
        message_of(payload_of(wire.Farewell(code=25, reason="too fast")))


def test_a_refusal_is_an_answer_with_a_code():
    assert message_of(payload_of(wire.refusal(5, 6, 9))) == wire.RoomJoined(code=6, seq=9)
    assert message_of(payload_of(wire.refusal(57, 4))) == wire.ActionStatus(of=57, code=4)
