"""Stands before aiohttp, and holds the limits that must not wait for a whole request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import cast

from parlour.network.conversation import keep_alive, peer_of
from parlour.network.edge import Edge


class Doorkeeper(asyncio.Protocol):
    """Admits an HTTP connection, sees that each request comes in time, and steps aside."""

    __slots__ = (
        "_admitted",
        "_between",
        "_edge",
        "_inner",
        "_keepalive",
        "_peer",
        "_timer",
        "_transport",
    )

    def __init__(self, edge: Edge, inner: asyncio.Protocol, keepalive: float) -> None:
        """`keepalive` is how long (s) a connection may be silent between two requests."""
        self._edge = edge
        self._inner = inner
        self._keepalive = keepalive
        self._transport: asyncio.Transport
        self._peer = ""
        self._admitted = False
        self._between = False
        """A request was answered, and no byte has come since."""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the peer in and start its clock, or turn it away."""
        edge = self._edge
        self._transport = cast(asyncio.Transport, transport)
        self._peer = peer_of(transport)
        refusal = edge.gate.admit(self._peer)
        if refusal is not None:
            edge.metrics.refused.labels("http").inc()
            _turn_away(self._transport, refusal)
            return
        self._admitted = True
        edge.metrics.accepted.labels("http").inc()
        keep_alive(transport, edge.limits.keepalive_seconds)
        self._allow(edge.limits.auth_seconds)
        self._inner.connection_made(transport)

    def request_is_here(self) -> None:
        """A request has come whole: what takes time from now on is ours."""
        self._between = False
        self._cancel_timer()

    def await_next(self) -> None:
        """The request is answered, and there is time to take that; no other follows an upgrade."""
        if self._admitted:
            self._between = True
            self._allow(max(self._keepalive, self._edge.limits.auth_seconds))

    def step_aside(self) -> Callable[[], None]:
        """Leave an upgraded connection to its next protocol, and the counting out with it."""
        self._admitted = False
        return partial(self._edge.gate.leave, self._peer)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on."""
        if not self._admitted:
            return
        if self._between:
            self._between = False
            self._allow(self._edge.limits.auth_seconds)
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass the end on."""
        return self._inner.eof_received() if self._admitted else None

    def pause_writing(self) -> None:
        """Pass the transport's word on."""
        if self._admitted:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass the transport's word on."""
        if self._admitted:
            self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the peer out."""
        if not self._admitted:
            return
        self._admitted = False
        self._edge.gate.leave(self._peer)
        self._cancel_timer()
        self._inner.connection_lost(exc)

    def _allow(self, seconds: float) -> None:
        """Give the peer so long for what it is to do next."""
        self._cancel_timer()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._transport.abort)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _turn_away(transport: asyncio.Transport, reason: str) -> None:
    body = reason.encode() + b"\n"
    transport.write(
        b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s"
        % (len(body), body)
    )
    transport.close()
