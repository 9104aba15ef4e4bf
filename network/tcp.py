"""TCP connections over a sans-I/O codec: accepting, reading in turns, closing gently."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Protocol, cast

from parlour.events.errors import RemoteProtocolError
from parlour.network.connection import Connection, Ending
from parlour.network.edge import Edge
from parlour.network.intake import PAUSE_SECONDS, TURN, Intake
from parlour.network.service import Dialect, Service


class Codec(Protocol):
    """One connection's frames (`landlord.codec.TcpCodec`)."""

    @property
    def dialect(self) -> Dialect:
        """How to answer, as far as is known."""
        ...

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer."""
        ...

    def next_frame(self) -> bytes | None:
        """Return the next frame, or None when more bytes are needed."""
        ...


class TcpLink:
    """A transport as the hub's way out."""

    __slots__ = ("_linger", "_timer", "_transport")

    def __init__(self, transport: asyncio.Transport, linger: float) -> None:
        self._transport = transport
        self._linger = linger
        self._timer: asyncio.TimerHandle | None = None

    def write(self, data: bytes) -> None:
        """Send bytes; what the kernel does not take waits in the transport."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def buffered(self) -> int:
        """Return how many bytes wait in the transport."""
        return self._transport.get_write_buffer_size()

    def close(self, ending: Ending, reason: str) -> None:
        """Say goodbye to the peer, read on until it has closed too, then let go.

        Closing at once while bytes of the peer are unread would reset the connection, and
        the peer might never see the last message.
        """
        transport = self._transport
        if transport.is_closing():
            return
        if transport.can_write_eof():
            transport.write_eof()
            transport.resume_reading()
        else:  # TLS says goodbye by itself
            transport.close()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._linger, transport.abort)

    def closed(self) -> None:
        """The transport is gone."""
        if self._timer is not None:
            self._timer.cancel()


class TcpConnection(asyncio.Protocol):
    """One accepted connection, from first byte to last."""

    def __init__(self, edge: Edge, service: Service, codec: Codec) -> None:
        self._edge = edge
        self._codec = codec
        self._service = service
        self._peer = ""
        self._transport: asyncio.Transport
        self._link: TcpLink | None = None
        self._connection: Connection
        self._intake: Intake
        self._resting: asyncio.Handle | None = None
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the peer or turn it away."""
        self._transport = cast(asyncio.Transport, transport)
        self._peer = peer_of(transport)
        edge = self._edge
        refusal = edge.gate.admit(self._peer)
        if refusal is not None:
            edge.metrics.refused.labels(self._service.name).inc()
            self._transport.write(
                self._codec.dialect.encode(self._service.refusal("too_many", refusal))
            )
            self._transport.close()
            return
        keep_alive(transport, edge.limits.keepalive_seconds)
        self._link = TcpLink(self._transport, edge.limits.linger_seconds)
        self._connection = edge.hub.open(
            self._service, self._codec.dialect, link=self._link, peer=self._peer
        )
        self._intake = Intake(self._connection, edge)

    def data_received(self, data: bytes) -> None:
        """Take bytes; what comes after the end is dropped."""
        if self._link is None or not self._connection.live:
            return
        self._codec.receive_data(data)
        if self._resting is None:
            self._work()

    def eof_received(self) -> None:
        """The peer sends no more: it has left."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        if self._link is None:
            return
        self._link.closed()
        if self._resting is not None:
            self._resting.cancel()
        self._edge.gate.leave(self._peer)
        self._edge.hub.lost(self._connection)

    def _work(self) -> None:
        self._resting = None
        connection, codec, intake = self._connection, self._codec, self._intake
        try:
            for _ in range(TURN):
                if not connection.live:
                    return
                payload = codec.next_frame()
                connection.dialect = codec.dialect
                if payload is None:
                    self._read_on()
                    return
                if not intake.take(payload):
                    self._rest(PAUSE_SECONDS)
                    return
        except RemoteProtocolError as error:
            intake.break_off(error)
            return
        self._rest(0)

    def _read_on(self) -> None:
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    def _rest(self, seconds: float) -> None:
        """Let others have their turn; read no more until the frames at hand are handled."""
        if not self._connection.live:
            return
        if not self._paused:
            self._paused = True
            self._transport.pause_reading()
        loop = asyncio.get_running_loop()
        self._resting = (
            loop.call_later(seconds, self._work) if seconds else loop.call_soon(self._work)
        )


def peer_of(transport: asyncio.BaseTransport) -> str:
    """Return the peer's address without the port, "unknown" when it has gone already."""
    peer: Any = transport.get_extra_info("peername")
    return str(peer[0]) if peer else "unknown"


def keep_alive(transport: asyncio.BaseTransport, seconds: float) -> None:
    """Have the kernel find out when the peer's machine is gone."""
    sock: socket.socket | None = transport.get_extra_info("socket")
    if sock is None or not seconds:
        return
    idle = max(int(seconds), 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", idle),
        ("TCP_KEEPINTVL", max(idle // 4, 1)),
        ("TCP_KEEPCNT", 4),
        ("TCP_USER_TIMEOUT", idle * 2000),  # milliseconds an unacknowledged write may wait
    ):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def factory(
    edge: Edge, service: Service, codec: Callable[[], Codec]
) -> Callable[[], TcpConnection]:
    """Return what `loop.create_server` makes each connection with."""
    return lambda: TcpConnection(edge, service, codec())
