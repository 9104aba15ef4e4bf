"""Where connections meet the engine: who speaks for whom, and what leaves to whom.

The hub numbers sessions, binds them to users as the actors say, and takes what the engine
delivers. A message is encoded once a dialect, and all frames for one connection leave in one
write a delivery: that is where fan-out speed comes from. A reader that does not keep up is
cut off. The hub knows no protocol and makes no decision about a game.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import structlog

from parlour.actors.messages import SessionOpened, UserLost
from parlour.actors.ports import (
    Admit,
    Backlog,
    Bind,
    Close,
    CloseUser,
    Output,
    Publish,
    Reply,
    Unbind,
)
from parlour.network import backlog
from parlour.network.connection import Connection, Ending, Link
from parlour.network.encoding import Encoder
from parlour.network.limits import Deadlines
from parlour.network.metrics import Metrics
from parlour.network.outbox import Outbox
from parlour.network.service import Commands, Dialect, Service
from parlour.network.speakers import Speakers

_log = structlog.get_logger("parlour.hub")
_TAKEN_OVER = "taken over by another connection"
_TOLD_WHY = (Ending.TAKEN_OVER, Ending.KICKED)
"""Ends that a peer is given time to take notice of, where its protocol has words for that."""
_Audience = tuple[str, tuple[int, ...] | None]


class ConnectionHub:
    """All live connections of one process; implements `actors.ports.Hub`."""

    engine: Commands
    """Set right after the engine is made: each of the two needs the other."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        out_limit: int = 1 << 20,
        auth_seconds: float = 10.0,
        idle_seconds: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """See `config.LimitSettings` for the limits."""
        self._homes: dict[str, str] = {}
        self._metrics = metrics
        self._encoder = Encoder(metrics)
        self._outbox = Outbox(metrics, limit=out_limit, too_slow=self._end_slow)
        self._auth_seconds = auth_seconds
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._last_session = 0
        self._connections: dict[int, Connection] = {}
        self._parting: set[Connection] = set()
        self._speakers = Speakers()
        self._deadlines = Deadlines()
        self._backlogs = backlog.turns()
        # Of the running delivery:
        self._audience: _Audience | None = None
        self._said: list[Any] = []
        self._gone: list[Connection] = []
        self._lost: list[tuple[str, int]] = []
        self._obey: dict[type, Callable[[Any], None]] = {
            Reply: self._on_reply,
            Bind: self._on_bind,
            Unbind: self._on_unbind,
            Admit: self._on_admit,
            Close: self._on_close,
            CloseUser: self._on_close_user,
            Backlog: self._on_backlog,
        }

    def __len__(self) -> int:
        return len(self._connections)

    def online(self, protocol: str, uid: int) -> bool:
        """Tell whether a live connection speaks for the uid (or device), announced or bound."""
        return self._speakers.online(protocol, uid)

    def announce(self, session: int, protocol: str, uid: int, device: int = 0) -> None:
        """Know at once whom a session speaks for; its `Bind` comes when that is on disk."""
        connection = self._connections.get(session)
        if connection is not None:
            self._speakers.announce(connection, device or uid)

    def retract(self, session: int) -> None:
        """Forget an announcement whose `Bind` was dropped with what it stood on."""
        connection = self._connections.get(session)
        if connection is None:
            return
        uid, protocol = self._speakers.retract(connection), connection.service.name
        if uid is not None and not self._speakers.online(protocol, uid):
            self._lost.append((protocol, uid))
            self._tell_losses()

    def speaker(self, session: int) -> int:
        """Return the uid (or device) a session speaks for, announced or bound; 0 for nobody."""
        connection = self._connections.get(session)
        return 0 if connection is None else connection.announced or connection.speaker or 0

    def admitted(self, session: int) -> bool:
        """Tell whether the session's `Bind` or `Admit` was delivered."""
        connection = self._connections.get(session)
        return connection is not None and connection.admitted

    # --- connections come and go -----------------------------------------------------------

    def open(
        self, service: Service, dialect: Dialect, *, link: Link, peer: str, login: Any = None
    ) -> Connection:
        """Take in a new connection and tell its session actor.

        `login` is for protocols that authenticate before there is a session: such a connection
        speaks for `login.uid` (0 for nobody) and need not log in.
        """
        self._last_session += 1
        session = self._last_session
        self._homes[service.name] = service.home
        connection = Connection(session, service, dialect, link=link, peer=peer)
        self._connections[session] = connection
        if login is None:
            seconds = service.auth_seconds
            within = self._auth_seconds if seconds is None else seconds
            self._deadlines.set(session, self._clock() + within)
        else:
            connection.uid = connection.speaker = login.uid or None
            if connection.uid is not None:
                self.announce(session, service.name, connection.uid)
        self._metrics.accepted.labels(service.name).inc()
        self._metrics.connections.labels(service.name).inc()
        if service.exclusive:
            self._take_over(connection)
        self.engine.tell(service.session_actor(session), SessionOpened(session, peer, login))
        return connection

    def _take_over(self, newer: Connection) -> None:
        """End the user's older connections now: between two of them nothing could be told apart."""
        for connection in self._speakers.of(newer.service.name, newer.uid or 0) - {newer}:
            self._bid_farewell(connection, Ending.TAKEN_OVER, _TAKEN_OVER)
        self._tell_losses()

    def lost(self, connection: Connection) -> None:
        """The peer is gone; nothing happens when the connection was closing anyway."""
        self._parting.discard(connection)
        self._drop(connection)
        self._tell_losses()

    def part(self, connection: Connection) -> None:
        """Close a connection whose farewell was heard, or need not be waited for any more."""
        if connection in self._parting and connection.parting is not None:
            self._parting.remove(connection)
            connection.link.close(*connection.parting)

    def say(self, connection: Connection, message: Any) -> None:
        """Tell one connection something that no actor has to do with."""
        if connection.live:
            self._outbox.put(connection, self.encode(connection, message))
            self._outbox.write()

    def dismiss(self, connection: Connection, ending: Ending, words: Any, reason: str) -> None:
        """End a connection after a last message (None: without one)."""
        self._end(connection, ending, words, reason)
        self._outbox.write()
        self._tell_losses()

    def close(self, close: Close) -> None:
        """End a connection that had to be told its backlog first."""
        self._on_close(close)
        self._tell_losses()

    def sweep(self) -> None:
        """Close connections that did not log in (again) in time; called about once a second."""
        if not self.engine.accepting:  # they cannot log in now
            self._deadlines.postpone(self._clock() + self._auth_seconds)
            return
        for session in self._deadlines.expired(self._clock()):
            connection = self._connections[session]
            if connection.logged_out:
                self._bid_farewell(connection, Ending.IDLE, "idle after logging out")
            else:
                self._bid_farewell(connection, Ending.NO_LOGIN, "no login in time")
        self._tell_losses()

    def farewell(self) -> None:
        """End every connection: the engine is going down.

        The actors are not told: to the log these players never left, and they find their
        seats as after a crash, not as trustees.
        """
        for connection in list(self._connections.values()):
            self._bid_farewell(connection, Ending.DRAINING, "draining")
        for connection in list(self._parting):
            self.part(connection)
        self._gone.clear()
        self._lost.clear()

    def _bid_farewell(self, connection: Connection, ending: Ending, reason: str) -> None:
        words = connection.service.refusal(ending.value, reason)
        self._end(connection, ending, words, reason, lingers=ending in _TOLD_WHY)

    def _end(
        self,
        connection: Connection,
        ending: Ending,
        words: Any,
        reason: str,
        *,
        lingers: bool = False,
    ) -> None:
        if not connection.live:
            return
        if connection.held is not None:
            connection.out.clear()  # what it may have now waits behind its backlog
        if words is not None:
            connection.out.append(self.encode(connection, words))
        if connection.out:
            connection.link.write(b"".join(connection.out))
            connection.out.clear()
        self._drop(connection)
        self._metrics.endings.labels(ending.value).inc()
        _log.info(
            "connection_ended",
            session=connection.session,
            uid=connection.uid,
            peer=connection.peer,
            ending=ending.value,
            reason=reason,
        )
        if lingers and (seconds := connection.service.farewell_seconds):
            connection.parting = (ending, reason)
            self._parting.add(connection)
            connection.link.close_later(ending, reason, seconds)
        else:
            connection.link.close(ending, reason)

    def _end_slow(self, connection: Connection, waiting: int) -> None:
        reason = f"reading too slowly: {waiting} bytes are waiting"
        self._bid_farewell(connection, Ending.TOO_SLOW, reason)

    def _drop(self, connection: Connection) -> None:
        if not connection.live:
            return
        connection.live = False
        del self._connections[connection.session]
        self._metrics.connections.labels(connection.service.name).dec()
        self._deadlines.clear(connection.session)
        self._gone.append(connection)
        self._lost += self._speakers.leave(connection)

    def _tell_losses(self) -> None:
        # Last of all: what the actors answer may come back here as another delivery.
        gone, self._gone = self._gone, []
        lost, self._lost = self._lost, []
        for connection in gone:
            self.engine.end(connection.service.session_actor(connection.session))
        for protocol, uid in lost:
            home = self._homes[protocol]
            self.engine.tell(home, UserLost(uid, protocol))

    # --- what the engine delivers ----------------------------------------------------------

    def deliver(self, outputs: Sequence[Output]) -> None:
        """Take outputs whose events are on disk, in order; never blocks, never raises."""
        for output in outputs:
            if type(output) is Publish:
                audience = (output.protocol, output.uids)
                if audience != self._audience:
                    if self._said:
                        self._spread()
                    self._audience = audience
                self._said.append(output.message)
            else:
                if self._said:
                    self._spread()
                self._obey[type(output)](output)
        if self._said:
            self._spread()
        self._outbox.write()
        self._encoder.clear()
        self._tell_losses()

    def _spread(self) -> None:
        """Queue the messages that go to one audience: one piece of bytes a dialect."""
        assert self._audience is not None
        protocol, uids = self._audience
        said, self._said, self._audience = self._said, [], None
        bound = self._speakers.bound(protocol)
        if not bound:
            return
        listeners = bound.values() if uids is None else map(bound.get, uids)
        self._outbox.spread(listeners, partial(self._piece, said), frames=len(said))

    def _piece(self, said: Sequence[Any], dialect: Dialect) -> bytes:
        frames = [self._encoder.encode_once(dialect, message) for message in said]
        return frames[0] if len(frames) == 1 else b"".join(frames)

    def _on_reply(self, reply: Reply) -> None:
        connection = self._connections.get(reply.session)
        if connection is not None:
            frame = self._encoder.encode_once(connection.dialect, reply.message)
            self._outbox.put(connection, frame)

    def _on_bind(self, bind: Bind) -> None:
        connection = self._connections.get(bind.session)
        speaker = bind.device or bind.uid
        if connection is None:
            # It logged in and was gone before that was on disk.
            if not self._speakers.online(bind.protocol, speaker):
                self._lost.append((bind.protocol, speaker))
            elif bind.device:
                self._end_superseded(bind)
            return
        older = self._speakers.bind(connection, bind.protocol, speaker)
        connection.uid = bind.uid
        connection.admitted = True
        self._deadlines.clear(connection.session)
        if older is not None:
            self._bid_farewell(older, Ending.TAKEN_OVER, _TAKEN_OVER)

    def _end_superseded(self, bind: Bind) -> None:
        """End the device's older connection: that it was taken over is on record already."""
        older = self._speakers.bound(bind.protocol).get(bind.device)
        if older is not None and older.session < bind.session:
            self._bid_farewell(older, Ending.TAKEN_OVER, _TAKEN_OVER)

    def _on_unbind(self, unbind: Unbind) -> None:
        connection = self._connections.get(unbind.session)
        if connection is not None and self._speakers.release(connection):
            connection.uid = connection.speaker = None
            connection.logged_out = True
            self._deadlines.set(connection.session, self._clock() + self._idle_seconds)

    def _on_admit(self, admit: Admit) -> None:
        connection = self._connections.get(admit.session)
        if connection is not None:
            connection.admitted = True

    def _on_close(self, close: Close) -> None:
        connection = self._connections.get(close.session)
        if connection is None:
            return
        if connection.held is not None and not close.failed:
            connection.held.closing = close  # its last words wait behind its backlog
            return
        ending = Ending.INTERNAL if close.failed else Ending.ACTOR
        self._end(connection, ending, None, close.reason, lingers=close.lingers)

    def _on_close_user(self, close: CloseUser) -> None:
        # Not by what is bound: who has several connections of a protocol is bound by none.
        for connection in list(self._connections.values()):
            if connection.uid == close.uid:
                self._bid_farewell(connection, Ending.KICKED, close.reason)

    def _on_backlog(self, said: Backlog) -> None:
        connection = self._connections.get(said.session)
        if connection is None:
            return
        if connection.out and connection.held is None:
            connection.link.write(b"".join(connection.out))
            connection.out.clear()
        backlog.start(self, connection, said, self._backlogs)

    # --- bytes -----------------------------------------------------------------------------

    def encode(self, connection: Connection, message: Any) -> bytes:
        """Return the frame that says a message to a connection."""
        return self._encoder.encode(connection.dialect, message)
