import asyncio

import pytest

from parlour.events.messages import landlord as wire
from parlour.network.demo.client import connect
from parlour.network.demo.links import ConnectionClosed
from parlour.network.landlord.codec import OBFUSCATED, PLAIN, TcpCodec, decode


@pytest.fixture
async def server_of():
    """Makes a server of one dialect that answers the first request and hangs up."""
    servers = []

    async def make(dialect, heard):
        async def serve(reader, writer):
            codec = TcpCodec()
            while (payload := codec.next_frame()) is None:
                codec.receive_data(await reader.read(100))
            heard.append((codec.dialect, decode(payload)))
            writer.write(dialect.encode(wire.GameReadyOk(uid=7)))
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        servers.append(server)
        host, port = server.sockets[0].getsockname()
        return {"landlord": f"{host}:{port}"}

    yield make
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(("transport", "dialect"), [("tcp", PLAIN), ("tcp-xor", OBFUSCATED)])
async def test_a_client_speaks_and_hears_its_dialect(server_of, transport, dialect):
    heard = []
    client = await connect(transport, await server_of(dialect, heard))
    await client.send(wire.GameReady(uid=7))
    assert await client.receive() == wire.GameReadyOk(uid=7)
    assert heard == [(dialect, wire.GameReady(uid=7))]
    await client.close()


async def test_a_server_that_hangs_up_is_noticed(server_of):
    client = await connect("tcp", await server_of(PLAIN, []))
    await client.send(wire.GameReady(uid=7))
    await client.receive()
    with pytest.raises(ConnectionClosed):
        await client.receive()
    await client.close()
