"""What every connection does alike: reading in turns, resting, and writing with a bound.

TCP and WebSocket connections are asyncio protocols over sans-I/O readers; both are built on
`Conversation` (the way in) and `Outlet` (the way out). What a frame is, and how one says
goodbye, is theirs.
"""

from __future__ import annotations

import asyncio
import socket
from abc import abstractmethod
from typing import Any, Generic, TypeVar

from parlour.events.errors import RemoteProtocolError
from parlour.network.connection import Ending

TURN = 32
"""Frames of one connection handled before others have their turn."""
Frame = TypeVar("Frame")


class Outlet:
    """A transport as the hub's way out."""

    __slots__ = ("_congested", "_farewell", "_timer", "_transport", "linger")

    def __init__(self, transport: asyncio.Transport, linger: float) -> None:
        self._transport = transport
        self.linger = linger
        """Seconds the peer has to fetch the last words."""
        self._timer: asyncio.TimerHandle | None = None
        self._farewell: asyncio.TimerHandle | None = None
        self._congested: asyncio.Future[None] | None = None

    def write(self, data: bytes) -> None:
        """Send bytes; what the kernel does not take waits in the transport."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def buffered(self) -> int:
        """Return how many bytes wait in the transport."""
        return self._transport.get_write_buffer_size()

    async def drain(self) -> None:
        """Return when the peer has taken most of what was written, or is gone."""
        if self._congested is not None:
            await asyncio.shield(self._congested)

    def pause(self) -> None:
        """More waits in the transport than should (`asyncio.Protocol.pause_writing`)."""
        if self._congested is None:
            self._congested = asyncio.get_running_loop().create_future()

    def resume(self) -> None:
        """There is room again, or nobody to write to."""
        congested, self._congested = self._congested, None
        if congested is not None:
            congested.set_result(None)

    def abort_later(self) -> None:
        """Let go of the transport after the time to linger, whatever the peer does."""
        if self._farewell is not None:
            self._farewell.cancel()
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.linger, self._transport.abort)

    def close(self, ending: Ending, reason: str) -> None:
        """Close once everything written has left, or after a short while anyway."""
        raise NotImplementedError

    def close_later(self, ending: Ending, reason: str, seconds: float) -> None:
        """The same after a while, unless it is closed before."""
        loop = asyncio.get_running_loop()
        self._farewell = loop.call_later(seconds, self.close, ending, reason)

    def closed(self) -> None:
        """The transport is gone."""
        if self._farewell is not None:
            self._farewell.cancel()
        if self._timer is not None:
            self._timer.cancel()
        self.resume()


class Conversation(asyncio.Protocol, Generic[Frame]):
    """Handles what one peer sends, in turns with all the others."""

    __slots__ = ("_held", "_paused", "_resting", "transport")

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self._resting: asyncio.Handle | None = None
        self._paused = False
        self._held = False

    # --- what a protocol says --------------------------------------------------------------

    @abstractmethod
    def next_frame(self) -> Frame | None:
        """Return the next frame that is there whole; may raise RemoteProtocolError."""

    @abstractmethod
    def take(self, frame: Frame) -> float:
        """Handle a frame; return for how many seconds nothing more is read."""

    @abstractmethod
    def hears(self) -> bool:
        """Tell whether what the peer sends still matters."""

    @abstractmethod
    def break_off(self, error: RemoteProtocolError) -> None:
        """End the connection: the peer broke the protocol."""

    # --- turns -----------------------------------------------------------------------------

    def work(self) -> None:
        """Handle what is there, as far as this turn goes."""
        self._resting = None
        try:
            for _ in range(TURN):
                if self._held or not self.hears():
                    return
                frame = self.next_frame()
                if frame is None:
                    self._read_on()
                    return
                pause = self.take(frame)
                if pause:
                    self._rest(pause)
                    return
        except RemoteProtocolError as error:
            self.break_off(error)
            return
        self._rest(0)

    def work_unless_resting(self) -> None:
        """Handle what has just come, unless this connection's turn is over."""
        if self._held:
            self._stop_reading()  # what comes now waits; what does not may be the end
        elif self._resting is None:
            self.work()

    def hold(self) -> None:
        """Handle nothing until `release`: an answer is being found out.

        Reading goes on until something comes, or nobody would see the peer leave.
        """
        self._held = True

    def release(self) -> None:
        """Go on after `hold`."""
        self._held = False
        self.work_unless_resting()

    def cancel_rest(self) -> None:
        """The connection is gone: nothing is left to do later."""
        if self._resting is not None:
            self._resting.cancel()

    def _read_on(self) -> None:
        if self._paused:
            self._paused = False
            self.transport.resume_reading()

    def _stop_reading(self) -> None:
        if not self._paused:
            self._paused = True
            self.transport.pause_reading()

    def _rest(self, seconds: float) -> None:
        """Let others have their turn; read no more until the frames at hand are handled."""
        if not self.hears():
            return
        self._stop_reading()
        loop = asyncio.get_running_loop()
        self._resting = (
            loop.call_later(seconds, self.work) if seconds else loop.call_soon(self.work)
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
