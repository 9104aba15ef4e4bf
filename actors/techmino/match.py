"""A match, `techmino.match:{rid}`; its aggregate has the same id, which is also the game's.

Opened by its room (`room`), it is played over stream connections and ends by itself. What may
happen is decided by `events.rules.techmino.match`. A chunk is the hot path: 660 a second in a
match of 99, each to 98 others; it changes no state, sets no timer, and its audience is made
once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import Recover, Restarted, TimerFired
from parlour.actors.ports import Backlog, Close, Publish, Reply
from parlour.actors.techmino import messages
from parlour.actors.techmino.audience import Audience
from parlour.actors.techmino.session import session_number
from parlour.events import techmino as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.messages.techmino import stream as wire
from parlour.events.repository import Repository
from parlour.events.rules.techmino import commands, notices
from parlour.events.rules.techmino import match as rules
from parlour.events.rules.techmino.state import Match as MatchState
from parlour.events.times import MICROSECONDS

CLOCK = "clock"
PAGE = 256
"""Events a page of a backlog is made of."""
_PROTOCOL = "techmino.stream"
_SEEDS = 2**30 - 1


class Match(EngineActor):
    """The actor of one match."""

    def __init__(self) -> None:
        super().__init__()
        self._audience = Audience()

    @property
    def match(self) -> MatchState:
        """The match with everything recorded so far."""
        state: MatchState = self.context.state(self.id)
        return state

    # --- obeying and telling ---------------------------------------------------------------

    def _obey(self, command: commands.Command) -> None:
        """Record what a command causes and tell who follows the match.

        Raises:
            RuleViolation: The command is refused; nothing was recorded.
        """
        match = self.match
        for event in rules.decide(match, command):
            self.context.record(self.id, event)
            told = notices.follow(event, match.players)
            if told is not None:
                self._publish(told, without=_ABOUT.get(type(event), _nobody)(event))
            if isinstance(event, facts.MatchEnded):
                self._close(event)

    def _publish(self, message: Any, *, without: int = 0) -> None:
        uids = self._audience.of(self.match.viewers, without=without)
        if uids:
            self.context.say(Publish(_PROTOCOL, uids, message))

    def _set_clock(self) -> None:
        self.context.set_timer(self.id, CLOCK, rules.next_deadline(self.match) or None)

    def _close(self, event: facts.MatchEnded) -> None:
        match = self.match
        self.context.record(facts.LOBBY_ID, facts.MatchDelisted(at=event.at, rid=match.rid))
        over = messages.MatchOver(match=match.rid, result=event.result)
        self.tell(facts.room_id(match.room), over)
        self._audience = Audience()  # nothing is said here any more

    # --- connections -----------------------------------------------------------------------

    def on_view(self, message: messages.View) -> None:
        """Say Connect to a new connection, and what it missed."""
        session, uid = session_number(message.origin), message.uid
        before = self._audience.of(self.match.viewers, without=uid)
        connect = Reply(session, wire.StreamConnect(data=wire.Connected(connected=before)))
        try:
            self._obey(commands.View(at=self.context.now(), uid=uid))
        except RuleViolation as refusal:  # it ended since the session looked
            self.context.say(Reply(session, notices.refusal(refusal.code)))
            self.context.say(Close(session, refusal.code))
            return
        self.context.say(connect)
        self.context.bind(session, _PROTOCOL, uid)
        if self.match.began_at:
            self.context.say(Backlog(session, self._missed()))
        self._set_clock()

    def _missed(self) -> Callable[[], Iterator[Sequence[Any]]]:
        """Return what reads the match so far, up to now, from the log; in any thread."""
        repository = self.context.repository
        return pages(repository, self.id, repository.version(self.id), self.match.players.keys())

    def on_gone(self, message: messages.Gone) -> None:
        """His connection ended, or he follows another match now."""
        reason: facts.LeaveReason = "lost" if message.uid in self.match.viewers else "restart"
        self._obey(commands.Leave(at=self.context.now(), uid=message.uid, reason=reason))
        self._set_clock()

    # --- requests --------------------------------------------------------------------------

    def on_request(self, message: messages.InRoom) -> None:
        """Take a chunk or a death, or say why not."""
        request = message.request
        try:
            if type(request) is wire.SendChunk:
                self._obey(
                    commands.Stream(at=self.context.now(), uid=message.uid, stream=request.stream)
                )
                return
            self._obey(
                commands.Die(
                    at=self.context.now(),
                    uid=message.uid,
                    score=request.score,
                    survival_time=request.survivalTime,
                )
            )
        except RuleViolation as refusal:
            reply = Reply(session_number(message.origin), notices.refusal(refusal.code))
            self.context.say(reply)
        else:
            self._set_clock()

    # --- time and restarts -----------------------------------------------------------------

    def on_timer(self, message: TimerFired) -> None:
        """The game begins, or ends, or who is away has been waited for long enough."""
        seed = 1 + int.from_bytes(self.context.randomness.token(8), "big") % _SEEDS
        self._obey(commands.RingMatch(at=self.context.now(), seed=seed))
        self._set_clock()

    def on_clocks_due(self, message: messages.ClocksDue) -> None:
        """The match was opened: wait for its players."""
        self._set_clock()

    def on_recover(self, message: Recover) -> None:
        """After a start nobody is here; after an interruption some may be gone."""
        if message.cold:
            settings = self.context.settings.techmino
            return_us = int(settings.return_seconds * MICROSECONDS)
            self._obey(commands.Resume(at=self.context.now(), return_us=return_us))
        self._catch_up()

    def on_restarted(self, message: Restarted) -> None:
        """Stand on the log again."""
        self._catch_up()

    def _catch_up(self) -> None:
        match = self.match
        if rules.running(match):
            for uid in match.viewers:
                if not self._follows(uid):
                    self.tell(self.id, messages.Gone(uid=uid))
        self._set_clock()

    def _follows(self, uid: int) -> bool:
        """Tell whether a user's connection is there and follows this match."""
        here = self.context.claimed(facts.viewer_key(uid)) == self.id
        return here and self.context.hub.online(_PROTOCOL, uid)

    HANDLERS: ClassVar[dict[type, Handler]] = {
        messages.View: on_view,
        messages.Gone: on_gone,
        messages.InRoom: on_request,
        messages.ClocksDue: on_clocks_due,
        TimerFired: on_timer,
        Recover: on_recover,
        Restarted: on_restarted,
    }


def pages(
    repository: Repository, match: str, last: int, players: Any
) -> Callable[[], Iterator[Sequence[Any]]]:
    """Return what yields a match's stream from its beginning, page by page, as messages.

    Args:
        repository: Where the events are read, from disk.
        match: Aggregate id.
        last: Version of the last event that is wanted.
        players: Uids of its players.
    """

    def read() -> Iterator[Sequence[Any]]:
        began = False
        for start in range(1, last + 1, PAGE):
            events = repository.recorded(match, start, min(start + PAGE - 1, last))
            if not began:
                events = _from_beginning(events)
                began = bool(events)
            told = notices.backlog(events, players)
            if told:
                yield told

    return read


def _from_beginning(events: list[Event]) -> list[Event]:
    for index, event in enumerate(events):
        if isinstance(event, facts.MatchBegan):
            return events[index:]
    return []


def _nobody(_event: Event) -> int:
    return 0


def _uid(event: Any) -> int:
    return int(event.uid)


_ABOUT: dict[type[Event], Callable[[Any], int]] = {
    facts.StreamJoined: _uid,
    facts.PlayerDied: _uid,
    facts.ChunkStreamed: _uid,
}
"""Facts that whoever they are about is not told."""
