"""The ways out of an upgraded connection."""

from __future__ import annotations

import asyncio
import os
from typing import Final

from parlour.network import websocket
from parlour.network.connection import Ending
from parlour.network.conversation import Outlet

CLOSE_CODES: Final = {
    Ending.TAKEN_OVER: websocket.POLICY,
    Ending.TOO_SLOW: websocket.POLICY,
    Ending.NO_LOGIN: websocket.POLICY,
    Ending.IDLE: websocket.POLICY,
    Ending.BAD_PROTOCOL: websocket.BAD_CONTENT,
    Ending.DRAINING: websocket.GOING_AWAY,
    Ending.KICKED: websocket.POLICY,
    Ending.ACTOR: websocket.POLICY,
    Ending.INTERNAL: websocket.INTERNAL,
    Ending.SILENT: websocket.GOING_AWAY,
}


class WebSocketLink(Outlet):
    """An upgraded connection as the hub's way out; many frames share a write."""

    __slots__ = ("closing",)

    def __init__(self, transport: asyncio.Transport, linger: float) -> None:
        super().__init__(transport, linger)
        self.closing = False
        """We sent our close frame: the peer's own one is all that is waited for."""

    def close(self, ending: Ending, reason: str) -> None:
        """Send a close frame and give the peer a moment to answer it."""
        self.close_with(CLOSE_CODES[ending], reason)

    def close_with(self, code: int, reason: str = "") -> None:
        """Send a close frame with any code and give the peer a moment to answer it."""
        if self.closing or self._transport.is_closing():
            return
        self.closing = True
        self.write(websocket.close_frame(code, reason))
        self._transport.resume_reading()  # or the answer would never be seen
        self.abort_later()

    def end(self) -> None:
        """Close the transport: both sides have said goodbye, or one never will."""
        self._transport.close()


class SeparateLink(WebSocketLink):
    """The same for a client that loses a frame whose header arrives split: one write a frame.

    The event loop would join writes of one turn; while nothing waits in it, frames therefore
    go past it, straight to the socket.
    """

    __slots__ = ("_descriptor",)

    def __init__(self, transport: asyncio.Transport, linger: float) -> None:
        super().__init__(transport, linger)
        socket = transport.get_extra_info("socket")
        encrypted = transport.get_extra_info("ssl_object") is not None
        self._descriptor: int | None = None if socket is None or encrypted else socket.fileno()

    def write(self, data: bytes) -> None:
        """Send whole frames, each by itself."""
        start = 0
        while start < len(data):
            end = websocket.frame_end(data, start)
            self._send(data[start:end])
            start = end

    def _send(self, frame: bytes) -> None:
        if self._transport.is_closing():
            return
        if self._descriptor is not None and not self.buffered():
            try:
                frame = frame[os.write(self._descriptor, frame) :]
            except OSError:  # full, or broken: the transport finds out which
                pass
        if frame:
            self._transport.write(frame)
