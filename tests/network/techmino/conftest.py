"""A whole engine in this loop, and Techmino clients that send any bytes."""

from __future__ import annotations

import asyncio
import base64
import os
import struct

import msgspec
import pytest
from raw_clients import masked

from parlour.network import account_requests as ask
from parlour.network import configfile
from parlour.network.admin import request_of_engine
from parlour.network.passwords import hash_password
from parlour.network.server import RunOptions, Server

WILD_KEY = "osT3F7mvlojIvf3/8uIsJQ=="
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


class Client:
    """One connection; what it was told is checked as bytes or as JSON."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.head = b""

    async def read_head(self):
        async with asyncio.timeout(5):
            self.head = await self.reader.readuntil(b"\r\n\r\n")
        return int(self.head.split(b" ")[1])

    async def frame(self):
        async with asyncio.timeout(5):
            first, size = await self.reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack(">H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", await self.reader.readexactly(8))
            return first & 0x0F, await self.reader.readexactly(size)

    async def told(self):
        """The next message, whatever pings stand before it."""
        while True:
            opcode, payload = await self.frame()
            if opcode in (TEXT, BINARY):
                return msgspec.json.decode(payload)
            assert opcode == PING, (opcode, payload)

    async def close_code(self):
        """The code of the close frame that comes next; then TCP is closed too."""
        opcode, payload = await self.frame()
        assert opcode == CLOSE
        self.writer.write(masked(payload, CLOSE))
        async with asyncio.timeout(5):
            assert await self.reader.read() == b""
        return struct.unpack(">H", payload[:2])[0]

    def send(self, document, opcode=TEXT):
        self.writer.write(masked(msgspec.json.encode(document), opcode))

    def send_bytes(self, payload, opcode=TEXT):
        self.writer.write(masked(payload, opcode))

    async def ask(self, document):
        self.send(document)
        return await self.told()


class Engine:
    """A running server."""

    def __init__(self, server, data, address):
        self.server, self.data = server, data
        self.host, _, self.port = address.rpartition(":")
        self._clients = []

    async def connect(self):
        client = Client(*await asyncio.open_connection(self.host, int(self.port)))
        self._clients.append(client)
        return client

    def request(self, endpoint, body=None, *, key=None, headers=""):
        """The bytes of an upgrade, as (head, body)."""
        content = b"" if body is None else body
        if not isinstance(content, bytes):
            content = msgspec.json.encode(content)
        key = key or base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET /tech/socket/v1/{endpoint} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\nContent-Type: application/json\r\n{headers}"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        return head.encode(), content

    async def upgrade(self, endpoint, body=None, *, key=None, headers=""):
        """Send an upgrade in two segments and read the answer's head."""
        client = await self.connect()
        head, content = self.request(endpoint, body, key=key, headers=headers)
        client.writer.write(head)
        if content:
            await asyncio.sleep(0.01)
            client.writer.write(content)
        client.status = await client.read_head()
        return client

    async def refused(self, endpoint, body):
        """Upgrade with what is refused after it; return (reason, close code)."""
        client = await self.upgrade(endpoint, body)
        assert client.status == 101
        words = await client.told()
        assert words["type"] == "Error"
        return words["reason"], await client.close_code()

    async def order(self, request):
        """Have the engine serve an operator's request."""
        return await asyncio.to_thread(request_of_engine, self.data, request)

    async def add_account(self, name="koji", email="k@j.jp", password="pw"):
        hashed = await asyncio.to_thread(hash_password, password)
        made = await self.order(ask.AddAccount(name=name, email=email, password_hash=hashed))
        return made["uid"]

    async def token(self, uid, kind, **more):
        return (await self.order(ask.GiveToken(uid=uid, kind=kind, **more)))["token"]

    def hang_up(self):
        for client in self._clients:
            client.writer.close()


@pytest.fixture
async def start(tmp_path):
    """Start an engine with settings (`--set` lines); it stops with the test."""
    running = []

    async def make(*settings, open_mode=False):
        data, ready = tmp_path / "data", tmp_path / "ready.json"
        settings = ("limits.linger_seconds=0.5", *settings)
        options = RunOptions(
            data=data,
            config=configfile.load(None, settings, open_mode=open_mode),
            listen=("http=127.0.0.1:0",),
            ready_file=ready,
            open_mode=open_mode,
        )
        server = Server(options)
        task = asyncio.ensure_future(server.run())
        async with asyncio.timeout(20):
            while not ready.exists() and not task.done():
                await asyncio.sleep(0.01)
        engine = Engine(server, data, msgspec.json.decode(ready.read_bytes())["http"])
        running.append((engine, task))
        return engine

    yield make
    for engine, task in running:
        engine.hang_up()
        engine.server.stop()
        await task


@pytest.fixture
async def engine(start):
    return await start()
