"""Where WebSocket clients of a protocol come in.

aiohttp does the handshake and reads; what leaves was built by the dialects and is written
straight to the transport (`websocket.py`).
"""

from __future__ import annotations

import asyncio

from aiohttp import WSMsgType, web

from parlour.network.config import HttpSettings
from parlour.network.connection import Connection, Ending
from parlour.network.edge import Edge
from parlour.network.intake import PAUSE_SECONDS, TURN, Intake
from parlour.network.service import Service
from parlour.network.tcp import peer_of
from parlour.network.websocket import JSON_TEXT, close_frame, pong_frame

_CLOSE_CODES = {
    Ending.TAKEN_OVER: 1008,
    Ending.TOO_SLOW: 1008,
    Ending.NO_LOGIN: 1008,
    Ending.IDLE: 1008,
    Ending.BAD_PROTOCOL: 1007,
    Ending.DRAINING: 1001,
    Ending.KICKED: 1008,
    Ending.ACTOR: 1000,
}


class WebSocketLink:
    """An upgraded connection as the hub's way out."""

    __slots__ = ("_linger", "_timer", "_transport", "closing")

    def __init__(self, transport: asyncio.Transport, linger: float) -> None:
        self._transport = transport
        self._linger = linger
        self._timer: asyncio.TimerHandle | None = None
        self.closing = False
        """We sent our close frame: the peer's own one is all that is waited for."""

    def write(self, data: bytes) -> None:
        """Send whole frames; what the kernel does not take waits in the transport."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def buffered(self) -> int:
        """Return how many bytes wait in the transport."""
        return self._transport.get_write_buffer_size()

    def close(self, ending: Ending, reason: str) -> None:
        """Send a close frame and give the peer a moment to answer it."""
        if self.closing or self._transport.is_closing():
            return
        self.closing = True
        self._transport.write(close_frame(_CLOSE_CODES[ending], reason))
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._linger, self._transport.abort)

    def closed(self) -> None:
        """The conversation is over: let go of the transport."""
        if self._timer is not None:
            self._timer.cancel()
        if self.closing:
            self._transport.close()


class WebSocketEntrance:
    """Where the WebSocket clients of one protocol come in."""

    def __init__(self, edge: Edge, service: Service, *, max_frame: int, settings: HttpSettings):
        self._edge = edge
        self._service = service
        self._max_frame = max_frame
        self._settings = settings

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one client until it leaves."""
        edge = self._edge
        # aiohttp refuses a frame by its header, from `max_msg_size` bytes on.
        socket = web.WebSocketResponse(
            autoclose=False,
            autoping=False,
            compress=False,
            heartbeat=self._settings.ping_seconds or None,
            max_msg_size=self._max_frame + 1,
        )
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        link = WebSocketLink(transport, edge.limits.linger_seconds)
        peer = peer_of(transport)
        connection = edge.hub.open(self._service, JSON_TEXT, link=link, peer=peer)
        try:
            await self._converse(socket, connection, link)
        finally:
            edge.hub.lost(connection)
            link.closed()
        return socket

    async def _converse(
        self, socket: web.WebSocketResponse, connection: Connection, link: WebSocketLink
    ) -> None:
        intake = Intake(connection, self._edge)
        turn = 0
        while True:
            message = await socket.receive()
            may_go_on = True
            if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
                if connection.live:
                    may_go_on = intake.take(_payload(message.data))
            elif message.type is WSMsgType.PING:
                may_go_on = intake.may_speak()
                link.write(pong_frame(message.data))
            elif message.type is not WSMsgType.PONG:
                break
            turn += 1
            if not may_go_on:
                await asyncio.sleep(PAUSE_SECONDS)
            elif turn % TURN == 0:
                await asyncio.sleep(0)
        if not link.closing and not socket.closed:
            await socket.close(code=socket.close_code or 1000, drain=False)


def _payload(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode()
