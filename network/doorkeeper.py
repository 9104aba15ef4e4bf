"""Stands before aiohttp, and holds the limits that must not wait for a whole request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import cast

from parlour.network.conversation import keep_alive, peer_of
from parlour.network.edge import Edge


class Doorkeeper(asyncio.Protocol):
    """Admits an HTTP connection, sees that a request comes in time, and steps aside."""

    __slots__ = ("_admitted", "_edge", "_inner", "_peer", "_timer", "_waiting")

    def __init__(
        self, edge: Edge, inner: asyncio.Protocol, waiting: dict[object, asyncio.TimerHandle]
    ) -> None:
        self._edge = edge
        self._inner = inner
        self._waiting = waiting
        self._peer = ""
        self._admitted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the peer in and start its clock, or turn it away."""
        edge = self._edge
        self._peer = peer_of(transport)
        refusal = edge.gate.admit(self._peer)
        if refusal is not None:
            edge.metrics.refused.labels("http").inc()
            _turn_away(cast(asyncio.Transport, transport), refusal)
            return
        self._admitted = True
        edge.metrics.accepted.labels("http").inc()
        keep_alive(transport, edge.limits.keepalive_seconds)
        loop = asyncio.get_running_loop()
        self._waiting[self._inner] = loop.call_later(
            edge.limits.auth_seconds, cast(asyncio.Transport, transport).abort
        )
        self._inner.connection_made(transport)

    def step_aside(self) -> Callable[[], None]:
        """Leave an upgraded connection to its next protocol, and the counting out with it."""
        self._admitted = False
        return partial(self._edge.gate.leave, self._peer)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on."""
        if self._admitted:
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
        self._edge.gate.leave(self._peer)
        timer = self._waiting.pop(self._inner, None)
        if timer is not None:
            timer.cancel()
        self._inner.connection_lost(exc)


def _turn_away(transport: asyncio.Transport, reason: str) -> None:
    body = reason.encode() + b"\n"
    transport.write(
        b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s"
        % (len(body), body)
    )
    transport.close()
