"""A client's connection to an engine over TCP or WebSocket: bytes out, payloads in.

What the bytes say, and how a request becomes bytes, is the business of each game's client.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

import aiohttp

from parlour.events.errors import EngineError

_READ_SIZE: Final = 65536


class ConnectionClosed(EngineError):
    """The other side is gone."""


class Codec(Protocol):
    """Cuts payloads out of a stream."""

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer."""
        ...

    def next_frame(self) -> bytes | None:
        """Return the next payload, or None when more bytes are needed."""
        ...


class Link(Protocol):
    """One connection."""

    async def send(self, data: bytes) -> None:
        """Send a whole frame (TCP), or the payload of one (WebSocket)."""
        ...

    async def receive(self) -> bytes:
        """Return the next payload.

        Raises:
            ConnectionClosed: There will be none.
        """
        ...

    async def close(self) -> None:
        """Hang up; closing again does nothing."""
        ...


class TcpLink:
    """Frames as a codec cuts them."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, codec: Codec
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._codec = codec

    async def send(self, data: bytes) -> None:
        """Send a whole frame."""
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self) -> bytes:
        """Return the next payload; see `Link.receive`."""
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
        """Hang up."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            pass  # killed before we could say goodbye


class WebSocketLink:
    """One payload a message, all of them text or all of them binary."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        socket: aiohttp.ClientWebSocketResponse,
        kind: aiohttp.WSMsgType,
    ) -> None:
        self._session = session
        self._socket = socket
        self._kind = kind

    async def send(self, data: bytes) -> None:
        """Send the payload of one message."""
        if self._kind is aiohttp.WSMsgType.TEXT:
            await self._socket.send_str(data.decode())
        else:
            await self._socket.send_bytes(data)

    async def receive(self) -> bytes:
        """Return the next payload; see `Link.receive`."""
        message = await self._socket.receive()
        if message.type is not self._kind:
            raise ConnectionClosed("the server closed the connection")
        data: str | bytes = message.data
        return data.encode() if isinstance(data, str) else data

    async def close(self) -> None:
        """Hang up."""
        await self._socket.close()
        await self._session.close()


async def connect_tcp(host: str, port: int, codec: Codec) -> TcpLink:
    """Connect over TCP.

    Raises:
        OSError: Nobody listens there.
    """
    return TcpLink(*await asyncio.open_connection(host, port), codec)


async def connect_websocket(url: str, kind: aiohttp.WSMsgType) -> WebSocketLink:
    """Connect over WebSocket, for messages of one kind: TEXT or BINARY.

    Raises:
        OSError: Nobody listens there.
    """
    session = aiohttp.ClientSession()
    try:
        socket = await session.ws_connect(url)
    except BaseException:
        await session.close()
        raise
    return WebSocketLink(session, socket, kind)
