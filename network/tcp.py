"""TCP connections over a sans-I/O codec: accepting, reading, closing gently."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, cast

from parlour.events.errors import RemoteProtocolError
from parlour.network.connection import Connection, Ending
from parlour.network.conversation import Conversation, Outlet, keep_alive, peer_of
from parlour.network.edge import Edge
from parlour.network.heartbeat import LEAST
from parlour.network.intake import Intake
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

    def next_frame(self) -> Any | None:
        """Return the next frame, or None when more bytes are needed."""
        ...


class TcpLink(Outlet):
    """A transport as the hub's way out."""

    __slots__ = ()

    def close(self, ending: Ending, reason: str) -> None:
        """Say goodbye to the peer, read on until it has closed too, then let go.

        Closing at once while bytes of the peer are unread would reset the connection, and
        the peer might never see the last message.
        """
        transport = self._transport
        if transport.is_closing() or self._timer is not None:
            return
        if transport.can_write_eof():
            try:
                transport.write_eof()
            except OSError:  # the peer is gone, and the loop is about to find out
                transport.abort()
                return
            transport.resume_reading()
        else:  # TLS says goodbye by itself
            transport.close()
        self.abort_later()


class TcpConnection(Conversation[Any]):
    """One accepted connection, from first byte to last."""

    __slots__ = (
        "_codec",
        "_connection",
        "_edge",
        "_heard",
        "_idle",
        "_intake",
        "_link",
        "_peer",
        "_service",
        "_timer",
    )

    def __init__(
        self, edge: Edge, service: Service, codec: Codec, *, idle_seconds: float = 0.0
    ) -> None:
        """`idle_seconds` is the silence that ends the connection; 0 for none."""
        super().__init__()
        self._idle = idle_seconds
        self._heard = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._edge = edge
        self._codec = codec
        self._service = service
        self._peer = ""
        self._link: TcpLink | None = None
        self._connection: Connection
        self._intake: Intake

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the peer or turn it away."""
        self.transport = cast(asyncio.Transport, transport)
        self._peer = peer_of(transport)
        edge = self._edge
        refusal = edge.gate.admit(self._peer)
        if refusal is not None:
            edge.metrics.refused.labels(self._service.name).inc()
            self.transport.write(
                self._codec.dialect.encode(self._service.refusal("too_many", refusal))
            )
            self.transport.close()
            return
        keep_alive(transport, edge.limits.keepalive_seconds)
        self._link = TcpLink(self.transport, edge.limits.linger_seconds)
        self._connection = edge.hub.open(
            self._service, self._codec.dialect, link=self._link, peer=self._peer
        )
        self._intake = Intake(self._connection, edge)
        if self._idle:
            self._heard = edge.clock()
            self._look_later(self._idle)

    def data_received(self, data: bytes) -> None:
        """Take bytes; what comes after the end is dropped."""
        if self._link is None or not self.hears():
            return
        if self._idle:
            self._heard = self._edge.clock()
        self._codec.receive_data(data)
        self.work_unless_resting()

    def eof_received(self) -> None:
        """The peer sends no more: it has left."""

    def pause_writing(self) -> None:
        """Pass the transport's word on."""
        if self._link is not None:
            self._link.pause()

    def resume_writing(self) -> None:
        """Pass the transport's word on."""
        if self._link is not None:
            self._link.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        if self._link is None:
            return
        self._link.closed()
        self.cancel_rest()
        if self._timer is not None:
            self._timer.cancel()
        self._edge.gate.leave(self._peer)
        self._edge.hub.lost(self._connection)

    def hears(self) -> bool:
        """After its end, nothing matters but whether the peer knows of it."""
        return self._connection.live or self._connection.parting is not None

    def next_frame(self) -> Any | None:
        """Return the next frame; the first one tells the dialect too."""
        frame = self._codec.next_frame()
        self._connection.dialect = self._codec.dialect
        return frame

    def take(self, frame: Any) -> float:
        """Hand a frame in."""
        return self._intake.take(frame)

    def break_off(self, error: RemoteProtocolError) -> None:
        """Tell the peer what was wrong."""
        self._connection.dialect = self._codec.dialect
        self._intake.break_off(error)

    # --- is anybody there ------------------------------------------------------------------

    def _look(self) -> None:
        left = self._heard + self._idle - self._edge.clock()
        if left > 0:
            self._look_later(max(left, LEAST))
        else:
            self._edge.hub.dismiss(self._connection, Ending.SILENT, None, "silence")

    def _look_later(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)


def factory(
    edge: Edge, service: Service, codec: Callable[[], Codec]
) -> Callable[[], TcpConnection]:
    """Return what `loop.create_server` makes each connection with."""
    return lambda: TcpConnection(edge, service, codec())
