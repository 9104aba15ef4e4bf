"""Raw beehive packets, and connections to an edge with a tiny engine behind it."""

from __future__ import annotations

import asyncio
import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
import raw_clients

from parlour.actors.beehive.settings import BeehiveSettings
from parlour.actors.messages import FromSession
from parlour.actors.ports import Bind, Close, Reply
from parlour.events.messages.beehive import common, private
from parlour.events.messages.beehive.packet import Packet
from parlour.network.beehive import entrance
from parlour.network.config import HttpSettings
from parlour.network.http import HttpServer

# Tests are imported by path (importlib mode); what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

NARROW, WIDE = struct.Struct(">IIIIQIQI4s"), struct.Struct(">IIQQIQQQ")
CHECKSUM = 0x1ED23CB4
BINARY, TEXT, CLOSE = 0x2, 0x1, 0x8
ONLINE = (
    "08d4e4b5a54510d2091a11544f4b454e2d46524f4d2d49504c495354"
    "220c6265656869766520636861742a05312e302e30"
)
"""The body of the first packet the TCP client in the wild sends (docs/protocols/beehive.md)."""


def narrow(key, document=None, *, seq=1, sid=0, version=2, flag=1, rsv=0, body=None, length=None):
    """A packet of v1 or v2."""
    if body is None:
        body = b"" if document is None else msgspec.json.encode(document)
    length = len(body) if length is None else length
    return (
        NARROW.pack(key, flag, length, CHECKSUM, sid, 0, seq, version, rsv.to_bytes(4, "big"))
        + body
    )


def wide(key, body=b"", *, seq=1, sid=0, length=None):
    """A packet of pb."""
    return WIDE.pack(key, len(body) if length is None else length, sid, 0, 0, seq, 0, 0) + body


def masked(payload, opcode=BINARY, *, fin=True):
    return raw_clients.masked(payload, opcode, fin=fin)


class Client:
    """One connection; a packet is (key, seq, body), the body a document where it is JSON."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def narrow(self):
        async with asyncio.timeout(5):
            head = NARROW.unpack(await self.reader.readexactly(NARROW.size))
            body = await self.reader.readexactly(head[2])
        return head[0], head[6], msgspec.json.decode(body) if body else None

    async def wide(self):
        async with asyncio.timeout(5):
            head = WIDE.unpack(await self.reader.readexactly(WIDE.size))
            return head[0], head[5], await self.reader.readexactly(head[1])

    async def message(self):
        """(opcode, payload) of a WebSocket frame."""
        return await raw_clients.read_frame(self.reader)

    async def rest(self):
        async with asyncio.timeout(5):
            return await self.reader.read()

    def send(self, *packets):
        self.writer.write(b"".join(packets))


def answer(session, request):
    """Do what a session actor would, as far as these tests need it."""
    match request.message:
        case common.Online(uid=uid, sid=sid) as said:
            ack = common.OnlineAck(
                uid=uid, sid=sid, seq=8, app=said.app, version=said.version, code=0, errmsg="Ok"
            )
            return [
                Bind(session, "beehive", uid, sid),
                Reply(session, Packet(ack, request.seq)),
            ]
        case private.Chat() as said:
            ack = private.ChatAck(suid=said.suid, duid=said.duid, code=0, errmsg="Ok")
            return [Reply(session, Packet(ack, request.seq))]
        case common.Offline():
            return [
                Reply(session, Packet(common.OfflineAck(), request.seq)),
                Close(session, "offline"),
            ]
        case common.Ping():
            return [Reply(session, Packet(common.Pong(), request.seq))]
    return []


@pytest.fixture
def packets():
    return SimpleNamespace(narrow=narrow, wide=wide, masked=masked, online=bytes.fromhex(ONLINE))


@pytest.fixture
async def serve(make_edge, engine):
    """Serve beehive on every transport; yields a function that makes the connections."""
    engine.answer = answer
    closers = []

    async def make(settings=None, **limits):
        settings = settings or BeehiveSettings()
        edge = make_edge(**limits)
        loop = asyncio.get_running_loop()
        http = HttpServer(
            edge, HttpSettings(), open_mode=False, routes=entrance.routes(edge, settings)
        )
        factories = {
            "tcp": entrance.clients(edge, settings),
            "nodes": entrance.nodes(edge, settings),
            "http": await http.start(),
        }
        servers = {
            kind: await loop.create_server(factory, "127.0.0.1", 0)
            for kind, factory in factories.items()
        }
        writers = []

        async def connect(kind="tcp"):
            address = servers[kind].sockets[0].getsockname()
            reader, writer = await asyncio.open_connection(*address)
            writers.append(writer)
            return Client(reader, writer)

        async def upgrade(path="/im", headers=b""):
            client = await connect("http")
            client.writer.write(
                b"GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                b"%s\r\n" % (path.encode(), headers)
            )
            client.head = await client.reader.readuntil(b"\r\n\r\n")
            return client

        closers.append((edge, servers, http, writers))
        return SimpleNamespace(edge=edge, connect=connect, upgrade=upgrade)

    yield make
    for edge, servers, http, writers in closers:
        for server in servers.values():
            server.close()
        edge.hub.farewell()
        for writer in writers:
            writer.close()
        await http.stop()
        async with asyncio.timeout(5):
            while edge.gate.count:
                await asyncio.sleep(0.001)


@pytest.fixture
def told(engine):
    """The messages that reached session actors."""
    return lambda: [m.request for _, m in engine.told if isinstance(m, FromSession)]
