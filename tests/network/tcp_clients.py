"""Clients of the Dou Dizhu protocol over TCP, and a server for them."""

from __future__ import annotations

import asyncio
import struct
from contextlib import asynccontextmanager

import msgspec

from parlour.network import tcp
from parlour.network.landlord.codec import TcpCodec, obfuscate
from parlour.network.landlord.handlers import LANDLORD


class Client:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def send(self, payload, *, flip=False):
        payload = obfuscate(payload) if flip else payload
        self.writer.write(struct.pack("<I", len(payload)) + payload)

    async def receive(self, *, flip=False):
        async with asyncio.timeout(5):
            (length,) = struct.unpack("<I", await self.reader.readexactly(4))
            payload = await self.reader.readexactly(length)
        return msgspec.json.decode(obfuscate(payload) if flip else payload)

    async def rest(self):
        """Everything until the server closes."""
        async with asyncio.timeout(5):
            return await self.reader.read()

    async def documents(self):
        data, found = await self.rest(), []
        while data:
            (length,) = struct.unpack_from("<I", data)
            found.append(msgspec.json.decode(data[4 : 4 + length]))
            data = data[4 + length :]
        return found


@asynccontextmanager
async def serving(edge, service=LANDLORD, *, factory=None):
    loop = asyncio.get_running_loop()
    factory = factory or tcp.factory(edge, service, TcpCodec)
    server = await loop.create_server(factory, "127.0.0.1", 0)
    clients = []

    async def connect():
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        clients.append(writer)
        return Client(reader, writer)

    try:
        yield connect
    finally:
        server.close()
        edge.hub.farewell()
        for writer in clients:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        async with asyncio.timeout(5):
            while edge.gate.count:
                await asyncio.sleep(0.001)
