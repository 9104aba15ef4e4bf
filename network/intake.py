"""What stands between the frames of one connection and the engine: rate, shape, room."""

from __future__ import annotations

import asyncio

import structlog

from parlour.events.errors import LogUnavailable, RemoteProtocolError, RuleViolation
from parlour.network.connection import Connection, Ending
from parlour.network.edge import Edge
from parlour.network.limits import Meter, Verdict
from parlour.network.service import Errand
from parlour.network.turns import Peer

_log = structlog.get_logger("parlour.intake")
PAUSE_SECONDS = 1.0
"""How long a connection is not read that goes on over its rate."""


class Intake:
    """Takes one connection's frames in order."""

    __slots__ = ("_connection", "_edge", "_errand", "_malformed", "_meter")

    def __init__(self, connection: Connection, edge: Edge) -> None:
        self._connection = connection
        self._edge = edge
        self._malformed = 0
        self._errand: asyncio.Task[None] | None = None
        limits = edge.limits
        self._meter = Meter(rate=limits.messages_per_second, burst=limits.burst, now=edge.clock())

    def count(self) -> float:
        """Count a frame that carries nothing (a ping); return seconds to read nothing."""
        if self._connection.service.lossless:
            return self._meter.pace(self._edge.clock())
        verdict = self._meter.take(self._edge.clock())
        return PAUSE_SECONDS if verdict is Verdict.WAIT else 0.0

    def take(self, payload: bytes) -> float:
        """Handle one frame; return seconds to read nothing."""
        if self._connection.service.lossless:
            pause = self._meter.pace(self._edge.clock())
            self._handle(payload)
            return pause
        verdict = self._meter.take(self._edge.clock())
        if verdict is Verdict.TAKE:
            self._handle(payload)
            return 0.0
        self._edge.metrics.failed("too_many")
        if verdict is Verdict.WAIT:
            return PAUSE_SECONDS
        self._refuse("too_many", "too many messages; this one was dropped")
        return 0.0

    def _handle(self, payload: bytes) -> None:
        connection = self._connection
        try:
            request = connection.service.decode(payload)
        except RuleViolation as violation:
            self._count_malformed(violation)
        except RemoteProtocolError as error:
            self.break_off(error)
        else:
            self._malformed = 0
            self._pass_on(request)

    def break_off(self, error: RemoteProtocolError) -> None:
        """Tell the peer how it broke the protocol and end the connection."""
        reason = str(error)
        words = self._connection.service.refusal("malformed", reason)
        self._edge.metrics.failed("bad_protocol")
        self._edge.hub.dismiss(self._connection, Ending.BAD_PROTOCOL, words, reason)

    def _pass_on(self, request: object) -> None:
        edge, connection = self._edge, self._connection
        if not edge.engine.accepting:
            edge.metrics.failed("unavailable")
            self._refuse("unavailable", "the engine takes no commands now; nothing was changed")
            return
        service = connection.service
        handler = service.handlers.get(type(request))
        if handler is None:
            self._send_out(service.errands[type(request)], request)
            return
        began = edge.clock()
        edge.engine.tell(*handler(connection.session, request))
        edge.metrics.command(service.name, type(request).__name__, edge.clock() - began)

    def _count_malformed(self, violation: RuleViolation) -> None:
        self._malformed += 1
        self._edge.metrics.failed("malformed")
        service, reason = self._connection.service, str(violation)
        if service.patience is None or self._malformed < service.patience:
            self._refuse(violation.code, reason)
            return
        words = service.refusal(violation.code, reason)
        self._edge.hub.dismiss(
            self._connection, Ending.BAD_PROTOCOL, words, "malformed messages in a row"
        )

    def _refuse(self, code: str, reason: str) -> None:
        connection = self._connection
        self._edge.hub.say(connection, connection.service.refusal(code, reason))

    # --- what takes its time ---------------------------------------------------------------

    def _send_out(self, errand: Errand, request: object) -> None:
        """Serve a request beside the others, one a connection at a time."""
        if self._errand is not None:
            self._edge.metrics.failed("too_many")
            self._refuse("too_many", "one at a time; this one was dropped")
            return
        self._errand = asyncio.ensure_future(self._run(errand, request))

    async def _run(self, errand: Errand, request: object) -> None:
        edge, connection = self._edge, self._connection
        peer = Peer(connection.peer, lambda: connection.live)
        began = edge.clock()
        try:
            edge.hub.say(connection, await errand(peer, request))
        except LogUnavailable as error:
            self._refuse("unavailable", str(error))
        except Exception as error:  # a task has nobody else to tell
            _log.error("errand_failed", request=type(request).__name__, exc_info=error)
            edge.metrics.failed("internal")
            self._refuse("internal", "internal error; nothing was changed")
        finally:
            self._errand = None
            name = type(request).__name__
            edge.metrics.command(connection.service.name, name, edge.clock() - began)
