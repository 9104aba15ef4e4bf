"""A player of the treasure game who does what a test says, over TCP or WebSocket.

Written from the protocol page alone; it shares no line with the engine. Unlike a guest it does
nothing by itself: it sends one message at a time and keeps every byte it was sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from typing import Any

import aiohttp

PATIENCE = 20.0
Body = dict[str, Any]


class Closed(Exception):
    """The server hung up."""


def frame(service: int, body: object) -> bytes:
    """Return one TCP frame."""
    return packed(payload(service, body))


def payload(service: int, body: object) -> bytes:
    """Return service id and body, as a WebSocket message has them."""
    return struct.pack("<H", service) + json.dumps(body).encode()


def packed(content: bytes) -> bytes:
    """Return a TCP frame of any content."""
    return struct.pack("<I", len(content)) + content


class TcpLink:
    """`u32le length | u16le service_id | JSON object`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, address: str) -> TcpLink:
        host, _, port = address.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    def send_bytes(self, data: bytes) -> None:
        """Send any bytes at all."""
        self._writer.write(data)

    async def send(self, service: int, body: object) -> None:
        self.send_bytes(frame(service, body))

    async def receive(self) -> bytes:
        """Return service id and body of the next message."""
        try:
            (length,) = struct.unpack("<I", await self._reader.readexactly(4))
            return await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Closed from error

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class WebSocketLink:
    """The same without the length, one binary message each."""

    def __init__(
        self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
    ) -> None:
        self._session = session
        self._socket = socket

    @classmethod
    async def connect(cls, url: str) -> WebSocketLink:
        session = aiohttp.ClientSession()
        try:
            return cls(session, await session.ws_connect(url))
        except BaseException:
            await session.close()
            raise

    async def send(self, service: int, body: object) -> None:
        await self._socket.send_bytes(payload(service, body))

    async def receive(self) -> bytes:
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.BINARY:
            raise Closed
        return message.data

    async def close(self) -> None:
        await self._socket.close()
        await self._session.close()


class Line:
    """One connection, with all that was heard on it."""

    def __init__(self, link: TcpLink | WebSocketLink) -> None:
        self.link = link
        self.bytes: list[bytes] = []
        """Every service id and body, as they came."""
        self.heard: list[tuple[int, Body]] = []
        self.seq = 0

    async def hear(self) -> tuple[int, Body]:
        """Return the next message."""
        async with asyncio.timeout(PATIENCE):
            got = await self.link.receive()
        self.bytes.append(got)
        service, body = struct.unpack_from("<H", got)[0], json.loads(got[2:])
        self.heard.append((service, body))
        return service, body

    async def until(self, service: int, **has: object) -> Body:
        """Return the next message of a service with these fields; others are kept."""
        while True:
            got, body = await self.hear()
            if got == service and has.items() <= body.items():
                return body

    async def say(self, service: int, **body: object) -> None:
        await self.link.send(service, body)

    async def ask(self, service: int, **body: object) -> Body:
        """Say something and return its answer, by its number."""
        self.seq += 1
        await self.say(service, seq=self.seq, **body)
        while True:
            _, answer = await self.hear()
            if answer.get("seq") == self.seq:
                return answer

    async def code(self, service: int, **body: object) -> int:
        """Say something and return the code of its answer."""
        return (await self.ask(service, **body))["code"]

    async def ended(self) -> None:
        """Wait until the server hangs up."""
        with contextlib.suppress(Closed):
            while True:
                await self.hear()

    def of(self, service: int) -> list[Body]:
        """Return what was heard of one service."""
        return [body for got, body in self.heard if got == service]

    async def close(self) -> None:
        await self.link.close()


class Seeker:
    """One player with a line to the lobby and one to his game."""

    def __init__(self, name: str, addresses: dict[str, str], *, websocket: bool = False) -> None:
        self.name = name
        self.addresses = addresses
        self.websocket = websocket
        self.uid = 0
        self.token = ""
        self.room = 0
        self.way: Body = {}
        """The newest 50."""
        self.lobby: Line
        self.game: Line
        self.lines: list[Line] = []
        """All he ever had."""

    async def _line(self, address: str, url: str) -> Line:
        link = await (WebSocketLink.connect(url) if self.websocket else TcpLink.connect(address))
        self.lines.append(Line(link))
        return self.lines[-1]

    async def connect(self) -> Line:
        """Connect to the lobby, and be greeted."""
        self.lobby = await self._line(
            self.addresses["treasure"], f"ws://{self.addresses['http']}/treasure"
        )
        greeted = await self.lobby.until(0)
        assert greeted["proto"] == 1
        return self.lobby

    async def log_in(self, **credentials: object) -> Body:
        """Connect to the lobby and log in."""
        await self.connect()
        given = credentials or {"password": "x"}
        answer = await self.lobby.ask(1, name=self.name, **given)
        assert answer["code"] == 0, answer
        self.uid, self.token = answer["player_id"], answer["token"]
        self.room = answer.get("room_id", 0)
        return answer

    async def hear_way(self) -> Body:
        """Wait for 50."""
        self.way = await self.lobby.until(50)
        return self.way

    async def knock(self) -> Line:
        """Connect to the room server."""
        self.game = await self._line(f"{self.way['ip']}:{self.way['port']}", self.way["ws"])
        return self.game

    @property
    def ticket(self) -> Body:
        """What 1001 has."""
        return {
            "room_id": self.way["room_id"],
            "player_id": self.uid,
            "ticket": self.way["ticket"],
        }

    async def enter(self) -> None:
        """Go where 50 says, and show the ticket."""
        await self.knock()
        assert await self.game.code(1001, **self.ticket) == 0

    async def come_back(self) -> None:
        """Log in again, and return into the game."""
        await self.log_in(token=self.token)
        await self.hear_way()
        await self.enter()

    async def leave(self) -> None:
        for line in self.lines:
            await line.close()
