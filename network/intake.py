"""What stands between the frames of one connection and the engine: rate, shape, room."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from parlour.events.errors import EngineError, LogUnavailable, RemoteProtocolError, RuleViolation
from parlour.network.connection import Connection, Ending
from parlour.network.edge import Edge
from parlour.network.limits import Meter, Verdict
from parlour.network.service import Errand
from parlour.network.turns import Peer

_log = structlog.get_logger("parlour.intake")
PAUSE_SECONDS = 1.0
"""How long a connection is not read that goes on over its rate."""
_FLOOD = "too many messages, again and again"
PACED = 16
"""How many times as often as others those frames may come that are never dropped."""


class Intake:
    """Takes one connection's frames in order."""

    __slots__ = ("_connection", "_edge", "_errand", "_malformed", "_meter", "_pacer")

    def __init__(self, connection: Connection, edge: Edge) -> None:
        self._connection = connection
        self._edge = edge
        self._malformed = 0
        self._errand: asyncio.Task[None] | None = None
        limits = edge.limits
        rate, burst, now = limits.messages_per_second, limits.burst, edge.clock()
        self._meter = self._pacer = Meter(rate=rate, burst=burst, now=now)
        if connection.service.paced is not None:
            self._pacer = Meter(rate=rate * PACED, burst=burst * PACED, now=now)

    def count(self) -> float:
        """Count a frame that carries nothing (a ping); return seconds to read nothing."""
        if self._connection.service.lossless:
            return self._meter.pace(self._edge.clock())
        verdict = self._meter.take(self._edge.clock())
        return PAUSE_SECONDS if verdict is Verdict.WAIT else 0.0

    def take(self, frame: Any) -> float:
        """Handle one frame, in plain or as the codec has it; return seconds to read nothing."""
        connection, now = self._connection, self._edge.clock()
        service = connection.service
        if connection.parting is not None:
            return self._hear_out(frame)
        if service.lossless or (service.paced is not None and service.paced(frame)):
            pause = self._pacer.pace(now)
            self._handle(frame, now)
            return pause
        verdict = self._meter.take(now)
        if verdict is Verdict.TAKE:
            self._handle(frame, now)
            return 0.0
        self._edge.metrics.failed("too_many")
        if verdict is Verdict.WAIT:
            if service.floods_end:
                words = service.refusal("too_many", _FLOOD)
                self._edge.hub.dismiss(connection, Ending.BAD_PROTOCOL, words, _FLOOD)
            return PAUSE_SECONDS
        self._refuse("too_many", "too many messages; this one was dropped", frame)
        return 0.0

    def _handle(self, frame: Any, now: float) -> None:
        try:
            request = self._connection.service.decode(frame)
        except RuleViolation as violation:
            self._count_malformed(violation, frame)
        except RemoteProtocolError as error:
            self.break_off(error)
        else:
            self._malformed = 0
            self._pass_on(request, frame, now)

    def _hear_out(self, frame: Any) -> float:
        """Look in a frame of a peer that was told to go only for whether it knows."""
        if self._meter.take(self._edge.clock()) is Verdict.WAIT:
            return PAUSE_SECONDS
        service = self._connection.service
        try:
            request = service.decode(frame)
        except EngineError:
            return 0.0
        if service.knows is not None and service.knows(request):
            self._edge.hub.part(self._connection)
        return 0.0

    def break_off(self, error: RemoteProtocolError) -> None:
        """Tell the peer how it broke the protocol and end the connection."""
        hub, connection = self._edge.hub, self._connection
        self._edge.metrics.failed("bad_protocol")
        if connection.parting is not None:
            hub.part(connection)
            return
        hub.dismiss(connection, Ending.BAD_PROTOCOL, self._words_for(error), str(error))

    def _words_for(self, error: RemoteProtocolError) -> Any:
        service = self._connection.service
        code = "malformed" if service.breach is None else service.breach(error)
        return service.refusal(code, str(error))

    def _pass_on(self, request: object, frame: Any, began: float) -> None:
        edge, connection = self._edge, self._connection
        if not edge.engine.accepting:
            edge.metrics.failed("unavailable")
            words = "the engine takes no commands now; nothing was changed"
            self._refuse("unavailable", words, frame)
            return
        service = connection.service
        handler = service.handlers.get(type(request))
        if handler is None:
            self._send_out(service.errands[type(request)], request, frame)
            return
        edge.engine.tell(*handler(connection.session, request))
        name = type(request).__name__ if service.label is None else service.label(request)
        edge.metrics.command(service.name, name, edge.clock() - began)

    def _count_malformed(self, violation: RuleViolation, frame: Any) -> None:
        self._malformed += 1
        self._edge.metrics.failed("malformed")
        service, reason = self._connection.service, str(violation)
        if service.patience is None or self._malformed < service.patience:
            self._refuse(violation.code, reason, frame)
            return
        words = service.refusal(violation.code, reason)
        self._edge.hub.dismiss(
            self._connection, Ending.BAD_PROTOCOL, words, "malformed messages in a row"
        )

    def _refuse(self, code: str, reason: str, frame: Any = None) -> None:
        connection = self._connection
        service = connection.service
        words = service.refusal(code, reason)
        if service.address is not None and frame is not None:
            words = service.address(words, frame)
        self._edge.hub.say(connection, words)

    # --- what takes its time ---------------------------------------------------------------

    def _send_out(self, errand: Errand, request: object, frame: Any) -> None:
        """Serve a request beside the others, one a connection at a time."""
        if self._errand is not None:
            self._edge.metrics.failed("too_many")
            self._refuse("too_many", "one at a time; this one was dropped", frame)
            return
        self._errand = asyncio.ensure_future(self._run(errand, request, frame))

    async def _run(self, errand: Errand, request: object, frame: Any) -> None:
        edge, connection = self._edge, self._connection
        peer = Peer(connection.peer, lambda: connection.live, connection.session)
        began = edge.clock()
        try:
            answer = await errand(peer, request)
            if answer is not None:
                edge.hub.say(connection, answer)
        except LogUnavailable as error:
            self._refuse("unavailable", str(error), frame)
        except Exception as error:  # a task has nobody else to tell
            _log.error("errand_failed", request=type(request).__name__, exc_info=error)
            edge.metrics.failed("internal")
            self._refuse("internal", "internal error; nothing was changed", frame)
        finally:
            self._errand = None
            name = type(request).__name__
            edge.metrics.command(connection.service.name, name, edge.clock() - began)
