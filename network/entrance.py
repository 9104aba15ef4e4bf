"""Where WebSocket clients of a protocol come in that log in with a message of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from parlour.network import handshake
from parlour.network.config import HttpSettings
from parlour.network.edge import Edge
from parlour.network.heartbeat import Heartbeat, asking_when_silent
from parlour.network.service import Dialect, Service
from parlour.network.websocket import JSON_TEXT
from parlour.network.websocket_connection import WebSocketConnection


class WebSocketEntrance:
    """Where the WebSocket clients of one protocol come in."""

    def __init__(
        self,
        edge: Edge,
        service: Service,
        *,
        max_frame: int,
        settings: HttpSettings,
        dialect: Dialect = JSON_TEXT,
    ):
        self._edge = edge
        self._dialect = dialect
        self._service = service
        self._max_frame = max_frame
        self._heartbeat = asking_when_silent(settings.ping_seconds)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Upgrade one client; what follows has nothing to do with the request any more."""
        key = handshake.key_of(request)
        connection = upgrade(
            request,
            handshake.switching(key),
            edge=self._edge,
            limit=self._max_frame,
            heartbeat=self._heartbeat,
        )
        if connection is not None:
            connection.open(self._service, self._dialect)
        return web.Response()  # to aiohttp the connection is lost; this goes nowhere


def upgrade(
    request: web.Request,
    head: bytes,
    *,
    edge: Edge,
    limit: int,
    heartbeat: Heartbeat,
    separate: bool = False,
) -> WebSocketConnection | None:
    """Answer a request with `head` and return the WebSocket it now is; None when it has gone.

    Frames that came along with the request are in it, and handled when it is opened.
    """

    def succeed(transport: asyncio.Transport, gone: Callable[[], None]) -> WebSocketConnection:
        transport.write(head)
        return WebSocketConnection(
            edge, transport, limit=limit, heartbeat=heartbeat, gone=gone, separate=separate
        )

    taken = handshake.take_over(request, succeed)
    if taken is None:
        return None
    connection, tail = taken
    if tail:
        connection.data_received(tail)
    return connection
