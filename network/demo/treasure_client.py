"""A client of the treasure game, of its lobby or of a room server: requests out, messages in.

TCP and WebSocket speak the same messages (docs/protocols/treasure.md, "Frames"); only the bytes
around them differ. Nothing here knows a rule of the game.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Literal, Protocol, TypeVar

import aiohttp
import msgspec

from parlour.events.messages import treasure as wire
from parlour.network.demo.client import ConnectionClosed
from parlour.network.treasure.codec import SERVICE, TCP, FrameCodec, payload_of

TreasureTransport = Literal["tcp", "websocket"]
Told = TypeVar("Told", bound=wire.Message)

_READ_SIZE: Final = 65536
_TOLD: Final = (
    wire.Welcome,
    wire.LoginAnswer,
    wire.RoomList,
    wire.RoomCreated,
    wire.RoomLeft,
    wire.RoomJoined,
    wire.RoomInfo,
    wire.ReadyChanged,
    wire.StartAnswer,
    wire.GameAt,
    wire.Verified,
    wire.Role,
    wire.ActionStatus,
    wire.Positions,
    wire.Healths,
    wire.Goods,
    wire.Lots,
    wire.Sales,
    wire.Stage,
    wire.Exploration,
    wire.Findings,
    wire.GameOver,
    wire.Vision,
)
_DECODERS: Final[Mapping[int, msgspec.json.Decoder[Any]]] = {
    told.service: msgspec.json.Decoder(told) for told in _TOLD
}
_FAREWELL: Final = msgspec.json.Decoder(wire.Farewell)


def message_of(payload: bytes) -> wire.Message:
    """Return what a server says with service id and body.

    Raises:
        ConnectionClosed: It says goodbye.
    """
    (service,) = SERVICE.unpack_from(payload)
    body = payload[SERVICE.size :]
    if service == wire.Farewell.service and b'"session"' not in body:
        farewell = _FAREWELL.decode(body)
        raise ConnectionClosed(f"code {farewell.code}: {farewell.reason}")
    message: wire.Message = _DECODERS[service].decode(body)
    return message


class _Link(Protocol):
    """What carries service ids and bodies."""

    async def send(self, request: wire.Request) -> None: ...

    async def receive(self) -> bytes:
        """Return the next service id and body; ConnectionClosed when there is none."""
        ...

    async def close(self) -> None: ...


class _TcpLink:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._codec = FrameCodec()

    async def send(self, request: wire.Request) -> None:
        self._writer.write(TCP.encode(request))
        await self._writer.drain()

    async def receive(self) -> bytes:
        while (payload := self._codec.next_frame()) is None:
            try:
                data = await self._reader.read(_READ_SIZE)
            except ConnectionError as error:
                raise ConnectionClosed(str(error)) from error
            if not data:
                raise ConnectionClosed("the server closed the connection")
            self._codec.receive_data(data)
        return payload

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            pass  # killed before we could say goodbye


class _WebSocketLink:
    def __init__(
        self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
    ) -> None:
        self._session = session
        self._socket = socket

    async def send(self, request: wire.Request) -> None:
        await self._socket.send_bytes(payload_of(request))

    async def receive(self) -> bytes:
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.BINARY:
            raise ConnectionClosed("the server closed the connection")
        payload: bytes = message.data
        return payload

    async def close(self) -> None:
        await self._socket.close()
        await self._session.close()


class TreasureClient:
    """One connection."""

    def __init__(self, link: _Link) -> None:
        self._link = link

    async def say(self, request: wire.Request) -> None:
        """Ask the server for something."""
        await self._link.send(request)

    async def hear(self) -> wire.Message:
        """Return the next message.

        Raises:
            ConnectionClosed: There will be none.
        """
        return message_of(await self._link.receive())

    async def hear_until(self, kind: type[Told]) -> Told:
        """Return the next message of a kind, whatever comes before it."""
        while not isinstance(told := await self.hear(), kind):
            pass
        return told

    async def ask(self, request: wire.Request, answer: type[Told]) -> Told:
        """Say a request and return its answer."""
        await self.say(request)
        return await self.hear_until(answer)

    async def close(self) -> None:
        """Hang up; closing again does nothing."""
        await self._link.close()


async def connect_tcp(host: str, port: int) -> TreasureClient:
    """Connect over TCP.

    Raises:
        OSError: Nobody listens there.
    """
    return TreasureClient(_TcpLink(*await asyncio.open_connection(host, port)))


async def connect_websocket(url: str) -> TreasureClient:
    """Connect over WebSocket.

    Raises:
        OSError: Nobody listens there.
    """
    session = aiohttp.ClientSession()
    try:
        socket = await session.ws_connect(url)
    except BaseException:
        await session.close()
        raise
    return TreasureClient(_WebSocketLink(session, socket))


async def connect_lobby(
    transport: TreasureTransport, addresses: Mapping[str, str]
) -> TreasureClient:
    """Connect to an engine's lobby, whose addresses are as its ready file has them."""
    if transport == "websocket":
        return await connect_websocket(f"ws://{addresses['http']}/treasure")
    host, _, port = addresses["treasure"].rpartition(":")
    return await connect_tcp(host, int(port))


async def connect_game(transport: TreasureTransport, place: wire.GameAt) -> TreasureClient:
    """Connect to the room server that a 50 names."""
    if transport == "websocket":
        return await connect_websocket(place.ws)
    return await connect_tcp(place.ip, place.port)
