"""Who is counted before the handshake, on uvloop and on asyncio's own loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from types import SimpleNamespace

import msgspec
import pytest
import uvloop

from parlour.network import listeners, tcp
from parlour.network.config import TlsSettings
from parlour.network.landlord.codec import TcpCodec
from parlour.network.landlord.handlers import LANDLORD


@pytest.fixture(
    params=[asyncio.SelectorEventLoop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def run(request):
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner.run


@pytest.fixture
def listening(certificate):
    """A context with a TLS listener: where it is, and how to come in."""
    files = TlsSettings(certificate=str(certificate[0]), key=str(certificate[1]))
    trust = ssl.create_default_context(cafile=str(certificate[0]))

    @contextlib.asynccontextmanager
    async def listen(edge):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        where = listener.getsockname()
        server = await listeners.accept(
            listener,
            tcp.factory(edge, LANDLORD, TcpCodec),
            kind="landlord",
            edge=edge,
            tls=listeners.tls_context(files),
        )

        async def come_in():
            return await asyncio.open_connection(*where, ssl=trust, server_hostname="localhost")

        async def knock():
            return await asyncio.open_connection(*where)

        yield SimpleNamespace(server=server, come_in=come_in, knock=knock)
        server.close()
        edge.hub.farewell()
        await until(lambda: edge.gate.count == 0)

    return listen


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def closed_unheard(reader):
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""


async def ask(reader, writer, payload):
    writer.write(struct.pack("<I", len(payload)) + payload)
    async with asyncio.timeout(5):
        (length,) = struct.unpack("<I", await reader.readexactly(4))
        return msgspec.json.decode(await reader.readexactly(length))


def refused(edge):
    return 'parlour_connections_refused_total{kind="landlord"} 1.0' in edge.metrics.page().decode()


def test_who_does_not_shake_hands_is_counted_and_the_next_is_closed_unheard(
    run, listening, make_edge, wires
):
    edge = make_edge(connections_per_address=2)

    async def story():
        async with listening(edge) as door:
            silent = [await door.knock() for _ in range(2)]
            await until(lambda: edge.gate.count == 2)
            reader, writer = await door.knock()
            await closed_unheard(reader)
            assert refused(edge)
            writer.close()
            silent[0][1].close()
            await until(lambda: edge.gate.count == 1)
            client = await door.come_in()
            assert (await ask(*client, wires.join(3)))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
            assert edge.gate.count == 2
            for _, writer in (client, silent[1]):
                writer.close()

    run(story())


def test_a_place_is_given_back_by_who_is_late_or_speaks_no_tls(run, listening, make_edge):
    edge = make_edge(auth_seconds=0.05)

    async def story():
        async with listening(edge) as door:
            late = await door.knock()
            plain = await door.knock()
            plain[1].write(b"GET / HTTP/1.1\r\n\r\n")
            for reader, writer in (late, plain):
                with contextlib.suppress(ConnectionResetError):
                    await reader.read()  # an alert, or nothing
                writer.close()
            await until(lambda: edge.gate.count == 0)

    run(story())


def test_a_connection_that_ends_is_counted_out_once(run, listening, make_edge, wires):
    edge = make_edge()

    async def story():
        async with listening(edge) as door:
            for uid in (3, 4, 5):
                reader, writer = await door.come_in()
                assert (await ask(reader, writer, wires.logout(uid)))["uid"] == uid
                assert edge.gate.count == 1
                writer.close()
                await until(lambda: edge.gate.count == 0)

    run(story())


def test_closing_breaks_off_handshakes_and_leaves_who_is_in(run, listening, make_edge, wires):
    edge = make_edge()

    async def story():
        async with listening(edge) as door:
            client = await door.come_in()
            await ask(*client, wires.join(3))
            reader, writer = await door.knock()
            await until(lambda: edge.gate.count == 2)
            door.server.close()
            await closed_unheard(reader)
            assert edge.gate.count == 1
            assert (await ask(*client, wires.logout(3)))["cmd"] == "logout_ok"
            for _, other in (client, (reader, writer)):
                other.close()

    run(story())
