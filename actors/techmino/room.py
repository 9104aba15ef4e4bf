"""A play room, `techmino.room:{rid}`; its aggregate has the same id.

What may happen is decided by `events.rules.techmino.room`. The unit that starts a match also
opens the match's aggregate and lists it, and the unit that ends the room delists it: whatever
happens between two messages, nothing is half begun.
"""

from __future__ import annotations

from typing import Any, ClassVar

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import Recover, Restarted, TimerFired
from parlour.actors.ports import Publish, Reply
from parlour.actors.techmino import messages
from parlour.actors.techmino.session import session_number
from parlour.actors.techmino.times import time_writer
from parlour.events import techmino as facts
from parlour.events.account import account_id
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.messages.techmino import play as wire
from parlour.events.messages.techmino.common import Empty
from parlour.events.rules.techmino import commands, notices
from parlour.events.rules.techmino import match as match_rules
from parlour.events.rules.techmino import room as rules
from parlour.events.rules.techmino.room import present
from parlour.events.rules.techmino.state import Match, Room
from parlour.events.times import MICROSECONDS

CLOCK = "clock"
_PROTOCOL = "techmino.play"
_RID_BYTES = 16
_SALT_BYTES = 16


class PlayRoom(EngineActor):
    """The actor of one play room."""

    # --- what is where ---------------------------------------------------------------------

    @property
    def room(self) -> Room:
        """The room with everything recorded so far."""
        state: Room = self.context.state(self.id)
        return state

    def _match(self, rid: str) -> Match:
        state: Match = self.context.state(facts.match_id(rid))
        return state

    def _terms(self) -> commands.RoomTerms:
        settings = self.context.settings.techmino
        return commands.RoomTerms(
            least=1 if settings.practice else 2,
            start_us=_us(settings.start_seconds),
            return_us=_us(settings.return_seconds),
        )

    def _time_of(self, at: int) -> str:
        return time_writer(self.context.settings.techmino.utc_offset)(at)

    def _username(self, uid: int) -> str:
        return str(self.context.state(account_id(uid)).name)

    def _hash(self, salt: str, password: str) -> str:
        return self.context.decks.keyed_hash("techmino.room", salt + password)

    # --- obeying and telling ---------------------------------------------------------------

    def _obey(self, command: commands.Command) -> None:
        """Record what a command causes, tell the room, and set its clock.

        Raises:
            RuleViolation: The command is refused; nothing was recorded.
        """
        for event in rules.decide(self.room, command, self._terms()):
            before = self.room
            self.context.record(self.id, event)
            tell = _TOLD.get(type(event))
            if tell is not None:
                tell(self, before, event)
        self._set_clock()

    def _set_clock(self) -> None:
        at = rules.next_deadline(self.room, self._terms())
        self.context.set_timer(self.id, CLOCK, at or None)

    def _publish(self, message: Any, *, without: int = 0) -> None:
        self._publish_to(rules.connected(self.room, without=without), message)

    def _publish_to(self, uids: tuple[int, ...], message: Any) -> None:
        if uids:
            self.context.say(Publish(_PROTOCOL, uids, message))

    def _reply(self, origin: str, message: Any) -> None:
        self.context.say(Reply(session_number(origin), message))

    def _told_opened(self, _before: Room, event: facts.RoomOpened) -> None:
        listed = facts.RoomListed(at=event.at, rid=event.rid, type=event.type)
        self.context.record(facts.LOBBY_ID, listed)

    def _told_closed(self, before: Room, event: facts.RoomClosed) -> None:
        self.context.record(facts.LOBBY_ID, facts.RoomDelisted(at=event.at, rid=before.rid))

    def _told_entered(self, _before: Room, event: facts.PlayerEntered) -> None:
        member = notices.member(self.room.members[event.uid])
        self._publish(wire.RoomEnteredBy(data=member), without=event.uid)

    def _told_returned(self, before: Room, event: facts.PlayerReturned) -> None:
        # Nobody was told that he was away; only who knows an older configuration needs news.
        if before.members[event.uid].config != event.config:
            self._told_config(before, event)

    def _told_left(self, _before: Room, event: facts.PlayerLeft) -> None:
        leaver = wire.Leaver(uid=event.uid, username=event.username, sid=event.sid)
        self._publish(wire.RoomLeftBy(data=leaver))

    def _told_said(self, _before: Room, event: facts.RoomSaid) -> None:
        self._publish(wire.RoomSaidBy(data=notices.remark(event, self._time_of)))

    def _told_config(
        self, _before: Room, event: facts.ConfigChanged | facts.PlayerReturned
    ) -> None:
        config = wire.ConfigOf(uid=event.uid, config=event.config)
        self._publish(wire.ConfigChangedBy(data=config), without=event.uid)

    def _told_ready(self, _before: Room, event: facts.ReadyChanged) -> None:
        self._publish(_ready_changed(event.uid, event.ready))

    def _told_countdown(self, _before: Room, _event: facts.CountdownStarted) -> None:
        self._publish(wire.GetSet())

    def _told_started(self, before: Room, event: facts.MatchStarted) -> None:
        settings = self.context.settings.techmino
        terms = facts.MatchTerms(
            connect_seconds=settings.connect_seconds,
            settle_seconds=settings.settle_seconds,
            end_seconds=settings.end_seconds,
        )
        players = rules.players(before)
        match = facts.match_id(event.match)
        opened = match_rules.opened(before, players, event.match, terms, event.at)
        self.context.record(match, opened)
        self.context.record(facts.LOBBY_ID, facts.MatchListed(at=event.at, rid=event.match))
        self.tell(match, messages.ClocksDue())
        playing = {player.uid for player in players}
        sent = [
            m.uid
            for m in self.room.members.values()
            if not m.away and (m.uid in playing or not m.plays_only)
        ]
        self._publish_to(tuple(sent), notices.go(event.match))

    # --- coming in -------------------------------------------------------------------------

    def on_open(self, message: messages.OpenRoom) -> None:
        """Begin to exist, with whoever created the room in it."""
        if other := self._elsewhere(message.uid):
            if present(self.context.state(other), message.uid):
                self._reply(message.origin, notices.refusal("one_room"))
            else:
                self._give_up(other, message)
            return
        salt = self.context.randomness.token(_SALT_BYTES).hex() if message.password else ""
        opening = commands.Open(
            at=self.context.now(),
            rid=message.rid,
            type=message.type,
            name=message.name,
            capacity=message.capacity,
            salt=salt,
            password=self._hash(salt, message.password) if message.password else "",
            uid=message.uid,
            username=self._username(message.uid),
            config=message.config,
            plays_only=message.plays_only,
        )
        try:
            self._obey(opening)
        except RuleViolation as refusal:
            self._reply(message.origin, notices.refusal(refusal.code))
        else:
            self._welcome(message.origin, message.uid)

    def on_enter(self, message: messages.Enter) -> None:
        """Take a user in, or back, or say why not."""
        room = self.room
        enter = commands.Enter(
            at=self.context.now(),
            uid=message.uid,
            username=self._username(message.uid),
            config=message.config,
            plays_only=message.plays_only,
            password=self._hash(room.salt, message.password) if room.password else "",
        )
        try:
            if other := self._elsewhere(message.uid):
                if present(self.context.state(other), message.uid):
                    raise RuleViolation("one_room")
                rules.decide(room, enter, self._terms())
                self._give_up(other, message)
                return
            self._obey(enter)
        except RuleViolation as refusal:
            self._reply(message.origin, notices.refusal(refusal.code))
        else:
            self._welcome(message.origin, message.uid)

    def _elsewhere(self, uid: int) -> str:
        """Return the other room that a user is in, or away from; "" for none."""
        room = self.context.claimed(facts.player_key(uid))
        return "" if room is None or room == self.id else room

    def _give_up(self, other: str, message: messages.Enter | messages.OpenRoom) -> None:
        """Have a user who is taken in here leave the room he is away from, then go on."""
        self.tell(other, messages.Gone(uid=message.uid, origin=message.origin))
        self.tell(self.id, message)

    def _welcome(self, origin: str, uid: int) -> None:
        room = self.room
        self._reply(origin, notices.room_entered(room, uid, self._time_of))
        if room.match and self._may_follow(room, uid):
            self._reply(origin, notices.go(room.match))

    def _may_follow(self, room: Room, uid: int) -> bool:
        """Tell whether the user is sent to the running match.

        A client that cannot watch would start to play; that is right only for a player of a
        match that has not begun.
        """
        match = self._match(room.match)
        if not match_rules.running(match):
            return False
        if not room.members[uid].plays_only:
            return True
        return uid in match.players and not match.began_at

    # --- requests --------------------------------------------------------------------------

    def on_request(self, message: messages.InRoom) -> None:
        """Obey a member's request, or say why not."""
        try:
            if not rules.present(self.room, message.uid):
                raise RuleViolation("no_room")
            _REQUESTS[type(message.request)](self, message)
        except RuleViolation as refusal:
            self._reply(message.origin, notices.refusal(refusal.code))

    def _leave(self, message: messages.InRoom) -> None:
        self._obey(commands.Leave(at=self.context.now(), uid=message.uid))
        self._reply(message.origin, wire.RoomExited(data=Empty()))

    def _say(self, message: messages.InRoom) -> None:
        self._obey(
            commands.Say(
                at=self.context.now(),
                uid=message.uid,
                username=self.room.members[message.uid].username,
                text=message.request.message,
            )
        )

    def _config(self, message: messages.InRoom) -> None:
        config = message.request.config
        self._obey(commands.ChangeConfig(at=self.context.now(), uid=message.uid, config=config))

    def _ready(self, message: messages.InRoom) -> None:
        ready = message.request.ready
        if self.room.members[message.uid].ready == ready:
            # Nothing changes, but whoever says it waits to hear it.
            self._publish(_ready_changed(message.uid, ready))
        else:
            self._obey(commands.ChangeReady(at=self.context.now(), uid=message.uid, ready=ready))

    # --- connections, matches, time --------------------------------------------------------

    def on_gone(self, message: messages.Gone) -> None:
        """His connection ended, or he is elsewhere now."""
        member = self.room.members.get(message.uid)
        if member is not None:
            reason: facts.LeaveReason = "restart" if member.away else "lost"
            self._obey(commands.Leave(at=self.context.now(), uid=message.uid, reason=reason))

    def on_match_over(self, message: messages.MatchOver) -> None:
        """Tell the result; the next match may start."""
        self._finish(message.match, message.result)

    def _finish(self, match: str, result: tuple[facts.Place, ...]) -> None:
        if not self.room.open or self.room.match != match:
            return  # everybody left meanwhile
        self._publish(wire.Result(data=wire.Outcome(result=result)))
        self._obey(commands.FinishMatch(at=self.context.now(), match=match))

    def on_timer(self, message: TimerFired) -> None:
        """The countdown is over, or the wait for members who are away."""
        self._wake()

    def _wake(self) -> None:
        rid = self.context.randomness.token(_RID_BYTES).hex()
        self._obey(commands.Wake(at=self.context.now(), match=rid))

    def on_recover(self, message: Recover) -> None:
        """After a start nobody is here; after an interruption some may be gone."""
        if message.cold and self.room.open:
            self._obey(commands.Resume(at=self.context.now()))
        self._catch_up()

    def on_restarted(self, message: Restarted) -> None:
        """Stand on the log again."""
        self._catch_up()

    def _catch_up(self) -> None:
        """Do what another message of this room would have done, had it not been lost."""
        room = self.room
        if not room.open:
            self._set_clock()
            return
        if room.match and (result := self._match(room.match).result) is not None:
            self._finish(room.match, result)
        self._wake()
        for uid in rules.connected(self.room):
            if not self.context.hub.online(_PROTOCOL, uid):
                self.tell(self.id, messages.Gone(uid=uid))

    HANDLERS: ClassVar[dict[type, Handler]] = {
        messages.OpenRoom: on_open,
        messages.Enter: on_enter,
        messages.InRoom: on_request,
        messages.Gone: on_gone,
        messages.MatchOver: on_match_over,
        TimerFired: on_timer,
        Recover: on_recover,
        Restarted: on_restarted,
    }


def _ready_changed(uid: int, ready: bool) -> wire.ReadyChangedBy:
    return wire.ReadyChangedBy(data=wire.ReadyOf(uid=uid, ready=ready))


def _us(seconds: float) -> int:
    return int(seconds * MICROSECONDS)


_TOLD: dict[type[Event], Any] = {
    facts.RoomOpened: PlayRoom._told_opened,
    facts.RoomClosed: PlayRoom._told_closed,
    facts.PlayerEntered: PlayRoom._told_entered,
    facts.PlayerReturned: PlayRoom._told_returned,
    facts.PlayerLeft: PlayRoom._told_left,
    facts.RoomSaid: PlayRoom._told_said,
    facts.ConfigChanged: PlayRoom._told_config,
    facts.ReadyChanged: PlayRoom._told_ready,
    facts.CountdownStarted: PlayRoom._told_countdown,
    facts.MatchStarted: PlayRoom._told_started,
}
_REQUESTS: dict[type, Any] = {
    wire.LeaveRoom: PlayRoom._leave,
    wire.SayInRoom: PlayRoom._say,
    wire.ChangeConfig: PlayRoom._config,
    wire.ChangeReady: PlayRoom._ready,
}
