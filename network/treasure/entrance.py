"""Where the treasure game's clients come in: over TCP, and by upgrades of two paths.

Source: docs/protocols/treasure.md, "Frames".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from parlour.network import tcp
from parlour.network.config import HttpSettings
from parlour.network.edge import Edge
from parlour.network.entrance import WebSocketEntrance
from parlour.network.service import Service
from parlour.network.treasure.codec import MAX_FRAME, WEBSOCKET, FrameCodec

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LOBBY_PATH: Final = "/treasure"
ROOM_PATH: Final = "/treasure/room"


def listener(edge: Edge, service: Service) -> Callable[[], tcp.TcpConnection]:
    """Return what `loop.create_server` makes each connection of a service with."""
    return tcp.factory(edge, service, FrameCodec)


def upgrades(edge: Edge, service: Service, settings: HttpSettings) -> Handler:
    """Return what serves a path where WebSocket clients of a service come in."""
    entrance = WebSocketEntrance(
        edge, service, max_frame=MAX_FRAME, settings=settings, dialect=WEBSOCKET
    )
    return entrance.serve
