"""What stands between the frames of one connection and the engine: rate, shape, room."""

from __future__ import annotations

from parlour.events.errors import RemoteProtocolError, RuleViolation
from parlour.network.connection import Connection, Ending
from parlour.network.edge import Edge
from parlour.network.limits import Meter, Verdict

PATIENCE = 3
"""Malformed messages in a row that end a connection."""
TURN = 32
"""Frames of one connection handled before others have their turn."""
PAUSE_SECONDS = 1.0
"""How long a connection is not read that goes on over its rate."""


class Intake:
    """Takes one connection's frames in order."""

    __slots__ = ("_connection", "_edge", "_malformed", "_meter")

    def __init__(self, connection: Connection, edge: Edge) -> None:
        self._connection = connection
        self._edge = edge
        self._malformed = 0
        limits = edge.limits
        self._meter = Meter(rate=limits.messages_per_second, burst=limits.burst, now=edge.clock())

    def may_speak(self) -> bool:
        """Judge a frame that carries nothing (a ping); False when reading should pause."""
        return self._meter.take(self._edge.clock()) is not Verdict.WAIT

    def take(self, payload: bytes) -> bool:
        """Handle one frame; False when reading should pause for `PAUSE_SECONDS`."""
        verdict = self._meter.take(self._edge.clock())
        if verdict is not Verdict.TAKE:
            self._edge.metrics.failed("too_many")
            if verdict is Verdict.REFUSE:
                self._refuse("too_many", "too many messages; this one was dropped")
            return verdict is Verdict.REFUSE
        connection = self._connection
        try:
            request = connection.service.decode(payload)
        except RuleViolation as violation:
            self._count_malformed(str(violation))
        except RemoteProtocolError as error:
            self.break_off(error)
        else:
            self._malformed = 0
            self._pass_on(request)
        return True

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
        handler = service.handlers[type(request)]
        began = edge.clock()
        edge.engine.tell(*handler(connection.session, request))
        edge.metrics.command(service.name, type(request).__name__, edge.clock() - began)

    def _count_malformed(self, reason: str) -> None:
        self._malformed += 1
        self._edge.metrics.failed("malformed")
        if self._malformed < PATIENCE:
            self._refuse("malformed", reason)
            return
        words = self._connection.service.refusal("malformed", reason)
        self._edge.hub.dismiss(
            self._connection, Ending.BAD_PROTOCOL, words, "malformed messages in a row"
        )

    def _refuse(self, code: str, reason: str) -> None:
        connection = self._connection
        self._edge.hub.say(connection, connection.service.refusal(code, reason))
