"""A whole engine in this loop, and clients of the treasure game that send any bytes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import struct
import sys
from pathlib import Path

import msgspec
import pytest

from parlour.network import account_requests as ask
from parlour.network import configfile
from parlour.network.admin import request_of_engine
from parlour.network.netaddr import parse
from parlour.network.passwords import hash_password
from parlour.network.server import RunOptions, Server
from parlour.network.treasure.room_server import RoomServer, RoomServerOptions

# Tests are imported by path (importlib mode); what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

from link_talk import SECRET, Lobby, Player, Running

BINARY, CLOSE, PING, PONG = 0x2, 0x8, 0x9, 0xA
KINDS = ("http", "treasure", "treasure-room")


def payload(service, body):
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return struct.pack("<H", service) + content


class Client:
    """One TCP connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.heard = []

    def send(self, service, body=None, **fields):
        frame = payload(service, fields if body is None else body)
        self.send_bytes(struct.pack("<I", len(frame)) + frame)

    def send_bytes(self, data):
        self.writer.write(data)

    async def _next(self):
        (length,) = struct.unpack("<I", await self.reader.readexactly(4))
        return await self.reader.readexactly(length)

    async def told(self):
        """The next message, as (service id, body)."""
        async with asyncio.timeout(10):
            frame = await self._next()
        message = struct.unpack("<H", frame[:2])[0], msgspec.json.decode(frame[2:])
        self.heard.append(message)
        return message

    async def until(self, service):
        """The body of the next message with that id."""
        while True:
            heard, body = await self.told()
            if heard == service:
                return body

    async def ask(self, service, body=None, **fields):
        """Send, and return what is told next."""
        self.send(service, body, **fields)
        return await self.told()

    async def ended(self):
        """Everything that is told before the connection ends."""
        told = []
        while True:
            try:
                told.append(await self.told())
            except (asyncio.IncompleteReadError, ConnectionError):
                return told

    def close(self):
        self.writer.close()


class WebSocketClient(Client):
    """One WebSocket connection."""

    def send(self, service, body=None, **fields):
        self.send_bytes(payload(service, fields if body is None else body))

    def send_bytes(self, data, opcode=BINARY):
        key, size = os.urandom(4), len(data)
        if size < 126:
            head = bytes((0x80 | opcode, 0x80 | size))
        elif size < 65536:
            head = struct.pack(">BBH", 0x80 | opcode, 0xFE, size)
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 0xFF, size)
        masked = bytes(byte ^ key[n % 4] for n, byte in enumerate(data))
        self.writer.write(head + key + masked)

    async def _next(self):
        while True:
            first, size = await self.reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack(">H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", await self.reader.readexactly(8))
            data = await self.reader.readexactly(size)
            match first & 0x0F:
                case 0x2:
                    return data
                case 0x8:
                    self.close_code = struct.unpack(">H", data[:2])[0]
                    self.send_bytes(data, CLOSE)
                    raise asyncio.IncompleteReadError(b"", 1)


class Engine:
    """A running server."""

    def __init__(self, server, data, where):
        self.server, self.data, self.where = server, data, where
        self._clients = []
        self.stopped = False

    async def _connect(self, kind):
        host, _, port = self.where[kind].rpartition(":")
        return await asyncio.open_connection(host, int(port))

    async def tcp(self, kind="treasure"):
        client = Client(*await self._connect(kind))
        self._clients.append(client)
        return client

    async def websocket(self, path="/treasure"):
        client = WebSocketClient(*await self._connect("http"))
        self._clients.append(client)
        key = base64.b64encode(os.urandom(16)).decode()
        client.writer.write(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        async with asyncio.timeout(5):
            head = await client.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        return client

    async def greeted(self, transport="tcp"):
        """Connect to the lobby and take its greeting."""
        client = await getattr(self, transport)()
        assert (await client.told())[0] == 0
        return client

    async def log_in(self, name, transport="tcp", **fields):
        client = await self.greeted(transport)
        client.send(1, name=name, **(fields or {"password": "x"}))
        client.me = await client.until(1)
        return client

    async def order(self, request):
        """Have the engine serve an operator's request."""
        return await asyncio.to_thread(request_of_engine, self.data, request)

    async def add_account(self, name="koji", password="pw"):
        hashed = await asyncio.to_thread(hash_password, password)
        made = await self.order(ask.AddAccount(name=name, email="", password_hash=hashed))
        return made["uid"]

    async def token(self, uid, kind, **more):
        return (await self.order(ask.GiveToken(uid=uid, kind=kind, **more)))["token"]

    async def start_game(self, number=4, transport="tcp"):
        """Have players in a room be told where their game is; return (clients, ways)."""
        clients = [await self.log_in(f"p{n}", transport) for n in range(number)]
        clients[0].send(3, name="hall", max=8)
        room = (await clients[0].until(3))["room_id"]
        for client in clients[1:]:
            client.send(5, room_id=room)
            assert (await client.until(5))["code"] == 0
            client.send(7, ready=True)
            await client.until(7)
        clients[0].send(8, seq="start")
        assert await clients[0].until(8) == {"code": 0, "seq": "start"}
        return clients, [await client.until(50) for client in clients]

    async def enter(self, client, way, transport="tcp"):
        """Show a player's ticket; return his connection to the game."""
        if transport == "tcp":
            game = await self.tcp("treasure-room")
        else:
            game = await self.websocket("/treasure/room")
        ticket = {"room_id": way["room_id"], "ticket": way["ticket"]}
        game.send(1001, player_id=client.me["player_id"], **ticket)
        assert await game.until(1001) == {"code": 0}
        return game

    def stop(self):
        """Drain; a second call would end this very process."""
        if not self.stopped:
            self.stopped = True
            self.server.stop()

    def hang_up(self):
        for client in self._clients:
            client.close()


@pytest.fixture
async def start(tmp_path):
    """Start an engine with settings (`--set` lines); it stops with the test."""
    running = []

    async def make(*settings, open_mode=False, kinds=KINDS):
        data, ready = tmp_path / "data", tmp_path / "ready.json"
        settings = ("limits.linger_seconds=0.5", *settings)
        options = RunOptions(
            data=data,
            config=configfile.load(None, settings, open_mode=open_mode),
            listen=tuple(f"{kind}=127.0.0.1:0" for kind in kinds),
            ready_file=ready,
            open_mode=open_mode,
        )
        server = Server(options)
        task = asyncio.ensure_future(server.run())
        async with asyncio.timeout(20):
            while not ready.exists() and not task.done():
                await asyncio.sleep(0.01)
        engine = Engine(server, data, msgspec.json.decode(ready.read_bytes()))
        running.append((engine, task))
        return engine

    yield make
    for engine, task in running:
        engine.hang_up()
        engine.stop()
        await task


@pytest.fixture
async def engine(start):
    return await start()


@pytest.fixture
async def open_engine(start):
    return await start(open_mode=True)


# --- a room server at the end of a link that is played by hand ---------------------------------


@pytest.fixture
async def lobby():
    lobby = Lobby()
    await lobby.listen()
    yield lobby
    await lobby.close()


@pytest.fixture
async def start_server(lobby, tmp_path):
    """Start room servers; they stop with the test."""
    running = []

    def make(*settings, server_id="north", listen=("treasure-room=127.0.0.1:0",)):
        ready = tmp_path / f"{server_id}.json"
        chosen = (
            f"cluster.secret={SECRET}",
            "limits.linger_seconds=0.1",
            "treasure.resume_seconds=0.1",
            *settings,
        )
        server = RoomServer(
            RoomServerOptions(
                lobby=parse(lobby.address),
                lobby_tls=False,
                config=configfile.load(None, chosen),
                listen=listen,
                server_id=server_id,
                capacity=7,
                ready_file=ready,
            )
        )
        running.append(Running(server, asyncio.ensure_future(server.run()), ready))
        return running[-1]

    yield make
    lobby.hang_up()
    for each in running:
        if not each.task.done():
            each.server.stop()
            await each.task


@pytest.fixture
async def connect():
    clients = []

    async def open_connection(running):
        host, _, port = (await running.address()).rpartition(":")
        clients.append(Player(*await asyncio.open_connection(host, int(port))))
        return clients[-1]

    yield open_connection
    for client in clients:
        client.writer.close()
        with contextlib.suppress(OSError):
            await client.writer.wait_closed()
