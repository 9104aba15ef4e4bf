"""One upgraded connection, from its 101 to its last byte.

It begins without a session: either it is `open`ed at once, or its first message is asked for
(`await_first`) and judged by somebody else, who then opens or refuses it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from parlour.events.errors import RemoteProtocolError
from parlour.network import websocket
from parlour.network.connection import Connection, Ending
from parlour.network.conversation import Conversation, peer_of
from parlour.network.edge import Edge
from parlour.network.heartbeat import Heartbeat
from parlour.network.intake import Intake
from parlour.network.service import Dialect, Service
from parlour.network.websocket import Frame, FrameReader, pong_frame
from parlour.network.websocket_link import SeparateLink, WebSocketLink

Unpack = Callable[[Connection, bytes], Any]
"""Returns the frame in a whole message; may set the connection's dialect."""
_ROOM_FOR_PONGS = 65_536
"""A peer that pings and does not read is not answered any more."""


class WebSocketConnection(Conversation[Frame]):
    """The protocol of a transport that aiohttp has let go."""

    __slots__ = (
        "_beat",
        "_connection",
        "_deaf",
        "_edge",
        "_first",
        "_gone",
        "_heard",
        "_intake",
        "_reader",
        "_timer",
        "_unpack",
        "link",
        "peer",
    )

    def __init__(
        self,
        edge: Edge,
        transport: asyncio.Transport,
        *,
        limit: int,
        heartbeat: Heartbeat,
        gone: Callable[[], None],
        separate: bool = False,
    ) -> None:
        """Args: limit, the longest message; gone, called once when the connection is lost."""
        super().__init__()
        self.transport = transport
        self.peer = peer_of(transport)
        kind = SeparateLink if separate else WebSocketLink
        self.link: WebSocketLink = kind(transport, edge.limits.linger_seconds)
        self._edge = edge
        self._reader = FrameReader(limit)
        self._beat = heartbeat
        self._gone = gone
        self._connection: Connection | None = None
        self._intake: Intake | None = None
        self._unpack: Unpack | None = None
        self._first: Callable[[bytes | None], None] | None = None
        self._deaf = False
        self._heard = edge.clock()
        self._timer: asyncio.TimerHandle | None = None
        self._held = True  # until it is known what the connection is for
        self._look_later(heartbeat.ping_after or heartbeat.every)

    # --- what it is for --------------------------------------------------------------------

    def open(
        self,
        service: Service,
        dialect: Dialect,
        *,
        login: Any = None,
        unpack: Unpack | None = None,
    ) -> None:
        """Open a session; what the peer sent already is handled now.

        `unpack` makes frames of messages, for protocols whose messages have headers.
        """
        self._first = None
        if self.transport.is_closing():
            return
        edge = self._edge
        connection = edge.hub.open(service, dialect, link=self.link, peer=self.peer, login=login)
        self._connection = connection
        self._intake = Intake(connection, edge)
        self._unpack = unpack
        self.release()

    def await_first(self, seconds: float, first: Callable[[bytes | None], None]) -> None:
        """Give the first message to `first`, or None when none came in time; then hold."""
        self._first = first
        self._cancel_timer()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._give_first, None)
        self.release()

    def refuse(self, words: bytes, code: int, reason: str) -> None:
        """Say why there is no session, and close."""
        self._first = None
        self.link.write(words)
        self.link.close_with(code, reason)
        self.release()

    def _give_first(self, message: bytes | None) -> None:
        first, self._first = self._first, None
        if first is not None:
            self._look_later(self._beat.ping_after or self._beat.every)
            self.hold()
            first(message)

    # --- the transport ---------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take bytes from the peer."""
        if self._deaf:
            return
        self._heard = self._edge.clock()
        self._reader.receive_data(data)
        self.work_unless_resting()

    def eof_received(self) -> None:
        """The peer has left without saying so."""

    def pause_writing(self) -> None:
        """Pass the transport's word on."""
        self.link.pause()

    def resume_writing(self) -> None:
        """Pass the transport's word on."""
        self.link.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        self._first = None
        self._cancel_timer()
        self.cancel_rest()
        self.link.closed()
        self._gone()
        if self._connection is not None:
            self._edge.hub.lost(self._connection)

    # --- frames ----------------------------------------------------------------------------

    def hears(self) -> bool:
        """Until the transport closes: the peer's close frame is waited for to the end."""
        return not self.transport.is_closing()

    def next_frame(self) -> Frame | None:
        """Return the next frame."""
        return self._reader.next_frame()

    def take(self, frame: Frame) -> float:
        """Handle a frame."""
        self._heard = self._edge.clock()  # while it rests, nothing is read that could be heard
        opcode = frame.opcode
        if self.link.closing:
            if opcode == websocket.CLOSE:
                self.link.end()
            return 0.0
        if opcode == websocket.TEXT or opcode == websocket.BINARY:
            if self._intake is not None:
                return self._take_in(self._intake, frame.payload)
            self._give_first(frame.payload)
            return 0.0
        if opcode == websocket.CLOSE:
            self._answer_close(frame.payload)
            return 0.0
        if opcode == websocket.PING and self.link.buffered() < _ROOM_FOR_PONGS:
            self.link.write(pong_frame(frame.payload))
        return 0.0 if self._intake is None else self._intake.count()

    def _take_in(self, intake: Intake, message: bytes) -> float:
        if self._unpack is None or self._connection is None:
            return intake.take(message)
        try:
            packet = self._unpack(self._connection, message)
        except RemoteProtocolError as error:
            intake.break_off(error)
            return 0.0
        return intake.take(packet)

    def _answer_close(self, payload: bytes) -> None:
        self.link.close_with(websocket.close_code(payload))
        self.link.end()

    def break_off(self, error: RemoteProtocolError) -> None:
        """Close with the code of the error; what follows cannot be understood any more."""
        self._deaf = True  # but read on, or the peer might be reset before it reads the code
        if self.link.closing:
            return
        self._edge.metrics.failed("bad_protocol")
        hub, connection = self._edge.hub, self._connection
        if connection is not None and connection.service.breach is not None:
            code = connection.service.breach(error)
            hub.say(connection, connection.service.refusal(code, str(error)))
        self.link.close_with(error.code, str(error))
        if connection is not None:
            hub.dismiss(connection, Ending.BAD_PROTOCOL, None, str(error))

    # --- is anybody there ------------------------------------------------------------------

    def _look(self) -> None:
        if self.link.closing:
            return
        beat = self._beat
        silence = self._edge.clock() - self._heard
        if silence >= beat.close_after:
            self._give_up()
            return
        if silence >= beat.ping_after and self.link.buffered() < _ROOM_FOR_PONGS:
            self.link.write(websocket.PING_FRAME)
        self._look_later(beat.next_look(silence))

    def _give_up(self) -> None:
        if self._connection is None:
            self.link.close(Ending.SILENT, "silence")
        else:
            self._edge.hub.dismiss(self._connection, Ending.SILENT, None, "silence")

    def _look_later(self, seconds: float) -> None:
        self._cancel_timer()
        if self._beat.every:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(seconds, self._look)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
