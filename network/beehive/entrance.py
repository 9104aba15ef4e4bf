"""Where beehive's clients and nodes come in: over TCP, and by an upgrade of `/im`.

Source: docs/protocols/beehive.md, "Transports".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from aiohttp import web

from parlour.actors.beehive.settings import BeehiveSettings
from parlour.events.messages.beehive.packet import Packet
from parlour.network import handshake
from parlour.network.beehive import handlers
from parlour.network.beehive.codec import BeehiveCodec
from parlour.network.beehive.frames import NARROW, WIDE, Frame
from parlour.network.connection import Connection
from parlour.network.edge import Edge
from parlour.network.entrance import upgrade
from parlour.network.heartbeat import only_listening
from parlour.network.service import Dialect
from parlour.network.tcp import TcpConnection
from parlour.network.websocket import binary_frame

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PATH: Final = "/im"
DIALECTS: Final = ("v1", "v2", "pb")
"""What may be forced: `/im/v1`."""
_SUBPROTOCOL: Final = "im"


def clients(edge: Edge, settings: BeehiveSettings) -> Callable[[], TcpConnection]:
    """Return what `loop.create_server` makes each client's connection with."""

    def connection() -> TcpConnection:
        codec = BeehiveCodec(max_body=settings.body_bytes)
        service = handlers.clients(settings, codec.decode)
        return TcpConnection(edge, service, codec, idle_seconds=settings.idle_tcp_seconds)

    return connection


def nodes(edge: Edge, settings: BeehiveSettings) -> Callable[[], TcpConnection]:
    """Return what `loop.create_server` makes each node's connection with."""

    def connection() -> TcpConnection:
        codec = BeehiveCodec(max_body=settings.body_bytes, nodes=True)
        service = handlers.nodes(settings, codec.decode)
        return TcpConnection(edge, service, codec, idle_seconds=settings.node_seconds)

    return connection


class Messages:
    """A dialect with each packet in a binary message of its own."""

    __slots__ = ("_packets", "name")

    def __init__(self, packets: Dialect) -> None:
        self._packets = packets
        self.name = f"{packets.name}-websocket"

    def encode(self, packet: Packet) -> bytes:
        """Return the whole WebSocket frame; no bytes where the dialect has no such packet."""
        piece = self._packets.encode(packet)
        return binary_frame(piece) if piece else b""


class Unpacker:
    """Makes packets of one connection's messages; the first one tells the dialect."""

    __slots__ = ("_codec", "_spoken", "dialect")

    def __init__(self, codec: BeehiveCodec) -> None:
        self._codec = codec
        self._spoken = codec.dialect
        self.dialect = _in_messages(codec.dialect)

    def unpack(self, connection: Connection, message: bytes) -> Frame:
        """Return the packet in a message.

        Raises:
            RemoteProtocolError: 20010 or 10018, see `BeehiveCodec.read_packet`.
        """
        try:
            return self._codec.read_packet(message)
        finally:
            if self._codec.dialect is not self._spoken:
                self._spoken = self._codec.dialect
                connection.dialect = self.dialect = _in_messages(self._spoken)


_SHARED: dict[str, Messages] = {}


def _in_messages(dialect: Dialect) -> Messages:
    """Return a dialect's messages: what is said to many is encoded once only if it is the same."""
    if dialect.name == "beehive-v1":  # one a connection
        return Messages(dialect)
    return _SHARED.setdefault(dialect.name, Messages(dialect))


class BeehiveEntrance:
    """Where WebSocket clients come in; `forced` is the dialect of the path, if it names one."""

    def __init__(self, edge: Edge, settings: BeehiveSettings, forced: str | None = None) -> None:
        self._edge = edge
        self._settings = settings
        self._forced = forced
        self._heartbeat = only_listening(settings.idle_websocket_seconds)
        self._limit = max(NARROW.size, WIDE.size) + settings.body_bytes

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Upgrade one client; what follows has nothing to do with the request any more."""
        key = handshake.key_of(request)
        offered = handshake.tokens_of(request, "Sec-WebSocket-Protocol")
        extra = (b"Sec-WebSocket-Protocol: im",) if _SUBPROTOCOL in offered else ()
        connection = upgrade(
            request,
            handshake.switching(key, *extra),
            edge=self._edge,
            limit=self._limit,
            heartbeat=self._heartbeat,
        )
        if connection is not None:
            codec = BeehiveCodec(self._forced, self._settings.body_bytes)
            unpacker = Unpacker(codec)
            service = handlers.clients(self._settings, codec.decode)
            connection.open(service, unpacker.dialect, unpack=unpacker.unpack)
        return web.Response()  # to aiohttp the connection is lost; this goes nowhere


def routes(edge: Edge, settings: BeehiveSettings) -> dict[str, Handler]:
    """Return what serves each path."""
    entrance = partial(BeehiveEntrance, edge, settings)
    forced = {f"{PATH}/{name}": entrance(name).serve for name in DIALECTS}
    return {PATH: entrance().serve, **forced}
