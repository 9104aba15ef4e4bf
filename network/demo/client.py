"""A Dou Dizhu client over TCP, obfuscated TCP or WebSocket: requests out, messages in.

The three speak the same messages (docs/protocols/landlord.md); only the bytes around them
differ. Nothing here knows a rule of the game.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Literal, Protocol

import aiohttp
import msgspec

from parlour.events.errors import EngineError
from parlour.events.messages import landlord as wire
from parlour.network.landlord.codec import (
    OBFUSCATED,
    PLAIN,
    ObfuscatedFrames,
    PlainFrames,
    TcpCodec,
)

Transport = Literal["tcp", "tcp-xor", "websocket"]

Told = (
    wire.JoinTableSucc
    | wire.JoinTableErr
    | wire.TableInfo
    | wire.GameReadyOk
    | wire.GameReadyNg
    | wire.GameStart
    | wire.CallTurn
    | wire.CallInfo
    | wire.LandlordInfo
    | wire.PlayTurn
    | wire.PlayNg
    | wire.PlayInfo
    | wire.GameEnd
    | wire.ForceOk
    | wire.LogoutOk
    | wire.LogoutNg
    | wire.TableSnapshot
    | wire.Redeal
    | wire.TableDissolved
    | wire.Unseated
    | wire.Error
)
"""Everything a server may say."""

_DECODER: Final = msgspec.json.Decoder(Told)
_ENCODER: Final = msgspec.json.Encoder()
_READ_SIZE: Final = 65536
_MAX_FRAME: Final = 1 << 20
"""What a server may send at once: its answers are longer than a client's requests."""


def _decode(payload: bytes | str) -> Told:
    told: Told = _DECODER.decode(payload)
    return told


class ConnectionClosed(EngineError):
    """The other side is gone."""


class Client(Protocol):
    """One connection of a player."""

    async def send(self, request: wire.Request) -> None:
        """Say something to the engine."""
        ...

    async def receive(self) -> Told:
        """Return the next message.

        Raises:
            ConnectionClosed: There will be none.
        """
        ...

    async def close(self) -> None:
        """Hang up; closing again does nothing."""
        ...


class TcpClient:
    """`u32le length | JSON`, plain or with every payload byte XORed with 0x0D."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        dialect: PlainFrames | ObfuscatedFrames,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._dialect = dialect
        self._codec = TcpCodec(max_frame=_MAX_FRAME)

    async def send(self, request: wire.Request) -> None:
        """Say something to the engine."""
        self._writer.write(self._dialect.encode(request))
        await self._writer.drain()

    async def receive(self) -> Told:
        """Return the next message; see `Client.receive`."""
        while (payload := self._codec.next_frame()) is None:
            try:
                data = await self._reader.read(_READ_SIZE)
            except ConnectionError as error:
                raise ConnectionClosed(str(error)) from error
            if not data:
                raise ConnectionClosed("the server closed the connection")
            self._codec.receive_data(data)
        return _decode(payload)

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            pass  # killed before we could say goodbye


class WebSocketClient:
    """One JSON object a text frame."""

    def __init__(
        self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
    ) -> None:
        self._session = session
        self._socket = socket

    async def send(self, request: wire.Request) -> None:
        """Say something to the engine."""
        await self._socket.send_str(_ENCODER.encode(request).decode())

    async def receive(self) -> Told:
        """Return the next message; see `Client.receive`."""
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionClosed("the server closed the connection")
        return _decode(message.data)

    async def close(self) -> None:
        """Hang up."""
        await self._socket.close()
        await self._session.close()


async def connect(transport: Transport, addresses: Mapping[str, str]) -> Client:
    """Connect to an engine.

    Args:
        transport: How to speak.
        addresses: What the engine wrote into its ready file.

    Raises:
        OSError: Nobody listens there.
    """
    if transport == "websocket":
        return await _connect_websocket(addresses["http"])
    host, _, port = addresses["landlord"].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    return TcpClient(reader, writer, PLAIN if transport == "tcp" else OBFUSCATED)


async def _connect_websocket(address: str) -> Client:
    session = aiohttp.ClientSession()
    try:
        socket = await session.ws_connect(f"ws://{address}/landlord")
    except BaseException:
        await session.close()
        raise
    return WebSocketClient(session, socket)
