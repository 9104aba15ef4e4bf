import asyncio

import msgspec
import pytest

from parlour.events.messages.techmino import chat, play, stream, user
from parlour.network import websocket
from parlour.network.demo.links import ConnectionClosed
from parlour.network.demo.techmino_client import (
    Refusal,
    connect,
    masked_frame,
    request_frame,
)
from parlour.network.techmino.entrance import WILD_KEY, WildClient
from parlour.network.websocket import FrameReader

LOGIN = {"uid": 7, "accessToken": "t"}


def payload_of(frame):
    reader = FrameReader(1 << 20)
    reader.receive_data(frame)
    return reader.next_frame()


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_a_frame_is_what_the_server_reads(size):
    assert payload_of(masked_frame(b"x" * size)).payload == b"x" * size


def test_a_request_has_its_action_and_leaves_out_what_is_not_given():
    frame = payload_of(request_frame(play.ListRooms(begin=2)))
    assert msgspec.json.decode(frame.payload) == {"action": 0, "data": {"begin": 2, "count": 10}}
    frame = payload_of(request_frame(stream.SendChunk(stream="AAAA")))
    assert msgspec.json.decode(frame.payload) == {"action": 5, "data": {"stream": "AAAA"}}


@pytest.fixture
async def server_of():
    """Makes a server that answers an upgrade as told and keeps what it was sent."""
    servers = []

    async def make(answer, frames=b""):
        sent = []

        async def serve(reader, writer):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.split(b"\r\n") if b"-Length:" in line)
            sent.append((head, await reader.readexactly(length)))
            writer.write(answer)
            if not length:
                sent.append(payload_of(await reader.read(1000)).payload)
            writer.write(frames)
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        servers.append(server)
        host, port = server.sockets[0].getsockname()
        return f"{host}:{port}", sent

    yield make
    for server in servers:
        server.close()
        await server.wait_closed()


SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\n%s\r\n"
FOR_WILD = SWITCHING % (WildClient.ANSWERED + b"\r\n")


async def test_the_wild_client_sends_its_key_and_its_credentials_in_the_body(server_of):
    told = websocket.JSON_TEXT.encode(chat.ChatConnect())
    address, sent = await server_of(FOR_WILD, websocket.PING_FRAME + told)
    client = await connect("chat", address, LOGIN, wild=True)
    assert isinstance(await client.hear(), chat.ChatConnect)
    ((head, body),) = sent
    assert f"Sec-WebSocket-Key: {WILD_KEY}".encode() in head
    assert b"Origin" not in head
    assert msgspec.json.decode(body) == LOGIN
    with pytest.raises(ConnectionClosed):
        await client.hear()
    await client.close()


async def test_the_wild_client_takes_a_101_without_its_line_for_a_failure(server_of):
    address, _ = await server_of(SWITCHING % b"")
    with pytest.raises(Refusal, match="101"):
        await connect("chat", address, LOGIN, wild=True)


async def test_others_send_their_credentials_as_the_first_message(server_of):
    told = websocket.JSON_TEXT.encode(user.UserConnect(uid=7, authToken="a"))
    address, sent = await server_of(SWITCHING % b"", told)
    client = await connect("user", address, LOGIN, wild=False)
    assert (await client.hear_until(user.UserConnect)).authToken == "a"
    assert msgspec.json.decode(sent[1]) == LOGIN
    await client.close()


@pytest.mark.parametrize("kind", ["Warn", "Error"])
async def test_a_refusal_is_raised(server_of, kind):
    told = websocket.text_frame(msgspec.json.encode({"type": kind, "reason": "Room not found"}))
    address, _ = await server_of(FOR_WILD, told)
    client = await connect("play", address, LOGIN, wild=True)
    with pytest.raises(Refusal, match=f"play: {kind}: Room not found"):
        await client.hear()
    await client.close()


async def test_a_close_frame_ends_it_with_its_reason(server_of):
    address, _ = await server_of(FOR_WILD, websocket.close_frame(1008, "taken over"))
    client = await connect("play", address, LOGIN, wild=True)
    with pytest.raises(ConnectionClosed, match="taken over"):
        await client.hear()
    await client.close()


async def test_a_failed_upgrade_is_a_refusal(server_of):
    address, _ = await server_of(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    with pytest.raises(Refusal, match="403"):
        await connect("play", address, LOGIN, wild=True)
