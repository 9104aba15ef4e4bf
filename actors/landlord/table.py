"""A Dou Dizhu table: who sits, who is ready, and the hand being played there.

The actor `landlord.table:{tid}` owns two aggregates: the table, which lives on, and its open
or running hand. What may happen is decided by `events.rules.landlord`; here the decisions
are recorded together with the postings they cause, and the players are told.
"""

from __future__ import annotations

from typing import ClassVar

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.landlord import messages
from parlour.actors.landlord.dealer import Dealer, leave
from parlour.actors.messages import Recover, Restarted, TimerFired
from parlour.actors.ports import Reply, Unbind
from parlour.events import landlord as facts
from parlour.events.account import Seated, account_id
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.messages import landlord as wire
from parlour.events.rules.landlord import commands
from parlour.events.rules.landlord import table as rules
from parlour.events.rules.landlord.state import Chair, Table
from parlour.events.times import MICROSECONDS

TIMER = "clock"
_PLAY_ERRORS = {
    "not_your_turn": 1,
    "wrong_state": 2,
    "not_in_hand": 3,
    "no_such_type": 4,
    "does_not_beat": 5,
    "must_lead": 6,
    "type_mismatch": 7,
}


class LandlordTable(EngineActor):
    """The actor of one table."""

    # --- what is where ---------------------------------------------------------------------

    @property
    def tid(self) -> int:
        """The table's number."""
        return int(self.id.partition(":")[2])

    @property
    def table(self) -> Table:
        """The table with everything recorded so far."""
        state: Table = self.context.state(self.id)
        return state

    @property
    def dealer(self) -> Dealer:
        """The hand of this table and what is done with it."""
        return Dealer(self.context, self.id)

    def _reply(self, origin: str, message: wire.Message) -> None:
        self.context.say(Reply(session_number(origin), message))

    def _chair(self, uid: int) -> tuple[int, Chair]:
        for seat, chair in rules.seated(self.table):
            if chair.uid == uid:
                return seat, chair
        raise RuleViolation("not_seated", f"uid {uid} does not sit at table {self.tid}")

    def _record(self, event: Event) -> None:
        self.context.record(self.id, event)

    def _set_clock(self) -> None:
        """Wake up when the running turn, or the next waiting player, is late."""
        settings = self.context.settings.landlord
        table = self.table
        if table.playing:
            at = self.dealer.hand.deadline
        else:
            at = rules.next_deadline(
                table, _us(settings.ready_seconds), _us(settings.offline_seconds)
            )
        self.context.set_timer(self.id, TIMER, at or None)

    def _tell_lobby(self) -> None:
        self.tell(facts.LOBBY_ID, messages.SeatsChanged(tid=self.tid))

    # --- sitting down and coming back ------------------------------------------------------

    def on_take_seat(self, message: messages.TakeSeat) -> None:
        """Seat a user, also one who swaps from another table: one unit for both."""
        table = self.table
        seat = rules.free_seat(table)
        if seat is None or table.playing:
            self._look_again(message)
            return
        taken = self.context.state(account_id(message.uid)).seat
        if taken != (facts.table_id(message.leaving) if message.leaving else ""):
            self._reply(message.origin, wire.JoinTableErr(error_code=5))
            return
        if message.leaving:
            leave(self.context, message.leaving, message.uid, "swapped")
            self.tell(taken, messages.SeatsChanged(tid=message.leaving))
        at = self.context.now()
        if not rules.seated(table):
            self.dealer.recover()  # its hand may wait since before the key file was lost
        if not table.hand:
            self.dealer.open_next()
        self._record(
            facts.PlayerSeated(at=at, uid=message.uid, seat=seat, came_from=message.leaving)
        )
        self.context.record(account_id(message.uid), Seated(at=at, seat=self.id))
        self._welcome(message.origin, message.uid, seat)
        self.dealer.publish_table()
        self._tell_lobby()
        self._set_clock()

    def _look_again(self, message: messages.TakeSeat) -> None:
        self._tell_lobby()
        tries = message.tries + 1
        if message.leaving:
            old: Table = self.context.state(facts.table_id(message.leaving))
            came_from = next((c.came_from for _, c in rules.seated(old) if c.uid == message.uid), 0)
            again: messages.FindOther | messages.FindSeat = messages.FindOther(
                origin=message.origin,
                uid=message.uid,
                tid=message.leaving,
                came_from=came_from,
                tries=tries,
            )
        else:
            table = self.table
            again = messages.FindSeat(
                origin=message.origin,
                uid=message.uid,
                type=table.type,
                zone=table.zone,
                tries=tries,
            )
        self.tell(facts.LOBBY_ID, again)

    def _welcome(self, origin: str, uid: int, seat: int) -> None:
        table = self.table
        self._reply(
            origin,
            wire.JoinTableSucc(
                type=table.type,
                sid=self.context.settings.landlord.sid,
                tid=self.tid,
                seatid=seat,
            ),
        )

    def on_rejoin(self, message: messages.Rejoin) -> None:
        """Give a returning user his seat, the table as it is, and his own hand of cards."""
        seat = self._regain(message.uid)
        self._welcome(message.origin, message.uid, seat)
        self._reply(message.origin, self.dealer.snapshot(seat))
        self.dealer.publish_table()
        self._set_clock()

    def _regain(self, uid: int) -> int:
        """Note that a player is there again; return his seat."""
        seat, chair = self._chair(uid)
        at = self.context.now()
        if not chair.online:
            self._record(facts.ConnectionRegained(at=at, uid=uid, seat=seat))
        if self.table.playing:
            self.dealer.obey(commands.RegainConnection(at=at, seat=seat))
        return seat

    def on_back(self, message: messages.PlayerBack) -> None:
        """Note a connection whose coming was dropped with other events."""
        online = self.context.hub.online("landlord", message.uid)
        if online and rules.seat_of(self.table, message.uid) is not None:
            self._regain(message.uid)
            self.dealer.publish_table()
            self._set_clock()

    def on_gone(self, message: messages.PlayerGone) -> None:
        """Note a lost connection; in mid-hand the engine takes the seat's turns."""
        if self.context.hub.online("landlord", message.uid):
            return  # he was faster back than the news of his going
        if rules.seat_of(self.table, message.uid) is None:
            return
        seat, chair = self._chair(message.uid)
        if not chair.online:
            return
        at = self.context.now()
        self._record(facts.ConnectionLost(at=at, uid=message.uid, seat=seat))
        if self.table.playing:
            self.dealer.obey(commands.LoseConnection(at=at, seat=seat))
        self.dealer.publish_table()
        self._set_clock()

    def on_seats_changed(self, message: messages.SeatsChanged) -> None:
        """Another table took one of the players here."""
        self.dealer.publish_table()
        self._tell_lobby()
        self._set_clock()

    # --- requests --------------------------------------------------------------------------

    def on_request(self, message: messages.AtTable) -> None:
        """Obey a seated user's request, or say why not."""
        seat = rules.seat_of(self.table, message.uid)
        if seat is None:
            self._reply(
                message.origin, wire.Error(error_code=wire.NOT_NOW, reason="you are not at a table")
            )
            return
        _REQUESTS[type(message.request)](self, message, seat)
        self._set_clock()

    def _ready(self, message: messages.AtTable, seat: int) -> None:
        request = message.request
        assert isinstance(request, wire.GameReady)
        table = self.table
        _, chair = self._chair(message.uid)
        level = self.context.settings.landlord.levels.get(table.type)
        if table.playing or chair.ready or level is None:
            self._reply(message.origin, wire.GameReadyNg(error_code=2))
            return
        if self.context.state(account_id(message.uid)).money < level.floor:
            self._reply(message.origin, wire.GameReadyNg(error_code=3))
            return
        at = self.context.now()
        self._record(facts.PlayerReadied(at=at, uid=message.uid, seat=seat, nonce=request.nonce))
        self.dealer.publish(wire.GameReadyOk(uid=message.uid))
        players = rules.seated(self.table)
        if len(players) == 3 and all(chair.ready for _, chair in players):
            if not self._unseat_poor(level.floor):
                self.dealer.begin(level)
            self._tell_lobby()

    def _unseat_poor(self, floor: int) -> bool:
        """Unseat who was ready and then lost the money for it; tell whether there was one."""
        poor = [
            chair.uid
            for _, chair in rules.seated(self.table)
            if self.context.state(account_id(chair.uid)).money < floor
        ]
        for uid in poor:
            leave(self.context, self.tid, uid, "unready")
            self.dealer.publish_to((uid,), wire.Unseated(reason="unready"))
        if poor:
            self.dealer.publish_table()
        return bool(poor)

    def _call(self, message: messages.AtTable, seat: int) -> None:
        request = message.request
        assert isinstance(request, wire.CallSubmit)
        try:
            self._obey(commands.AnswerCall(at=self.context.now(), seat=seat, action=request.action))
        except RuleViolation as refusal:
            self._reply(message.origin, wire.Error(error_code=wire.NOT_NOW, reason=refusal.code))

    def _play(self, message: messages.AtTable, seat: int) -> None:
        request = message.request
        assert isinstance(request, wire.PlaySubmit)
        try:
            self._obey(
                commands.PlayCards(
                    at=self.context.now(),
                    seat=seat,
                    cards=request.cards,
                    card_type=request.card_type,
                )
            )
        except RuleViolation as refusal:
            code = _PLAY_ERRORS[refusal.code]
            self._reply(message.origin, wire.PlayNg(uid=message.uid, error_code=code))

    def _obey(self, command: commands.Command) -> None:
        if not self.table.playing:
            raise RuleViolation("wrong_state")
        self.dealer.obey(command)
        if not self.table.playing:
            self._tell_lobby()

    def _quit(self, message: messages.AtTable, seat: int) -> None:
        if self.table.playing:
            self.dealer.settle_quit(seat)
        self._leave(message, "quit", wire.ForceOk(uid=message.uid))

    def _logout(self, message: messages.AtTable, seat: int) -> None:
        if self.table.playing:
            self._reply(message.origin, wire.LogoutNg(error_code=2))
            return
        self._leave(message, "logout", wire.LogoutOk(uid=message.uid))

    def _leave(self, message: messages.AtTable, reason: facts.Reason, ok: wire.Message) -> None:
        leave(self.context, self.tid, message.uid, reason)
        self._reply(message.origin, ok)
        self.context.say(Unbind(session_number(message.origin)))
        self.dealer.publish_table()
        self._tell_lobby()

    def _swap(self, message: messages.AtTable, seat: int) -> None:
        if self.table.playing:
            self._reply(
                message.origin, wire.Error(error_code=wire.NOT_NOW, reason="a hand is being played")
            )
            return
        _, chair = self._chair(message.uid)
        self.tell(
            facts.LOBBY_ID,
            messages.FindOther(
                origin=message.origin, uid=message.uid, tid=self.tid, came_from=chair.came_from
            ),
        )

    # --- time ------------------------------------------------------------------------------

    def on_timer(self, message: TimerFired) -> None:
        """Act for who is late."""
        at = self.context.now()
        if self.table.playing:
            a, b, c = (chair is not None and chair.online for chair in self.table.chairs)
            self._obey(commands.TimeOut(at=at, online=(a, b, c)))
        else:
            self._unseat_late(at)
        self._set_clock()

    def _unseat_late(self, at: int) -> None:
        settings = self.context.settings.landlord
        late = rules.overdue(
            self.table, at, _us(settings.ready_seconds), _us(settings.offline_seconds)
        )
        for uid, _, reason in late:
            leave(self.context, self.tid, uid, reason)
            self.dealer.publish_to((uid,), wire.Unseated(reason=reason))
        if late:
            self.dealer.publish_table()
            self._tell_lobby()

    def on_recover(self, message: Recover) -> None:
        """Go on after a start (nobody is connected) or after the log refused events."""
        at = self.context.now()
        paused = at - message.last_at
        self._record(facts.TableResumed(at=at, cold=message.cold, paused=paused))
        self.dealer.recover()
        if self.table.playing:
            floor = _us(self.context.settings.landlord.resume_seconds)
            self.dealer.obey(
                commands.Resume(at=at, left_at=message.last_at, floor_us=floor, cold=message.cold)
            )
        self._note_changes()
        self._tell_lobby()
        self._set_clock()

    def _note_changes(self) -> None:
        """Connections may have come and gone in what was dropped."""
        for _, chair in rules.seated(self.table):
            if chair.online != self.context.hub.online("landlord", chair.uid):
                change = messages.PlayerGone if chair.online else messages.PlayerBack
                self.tell(self.id, change(uid=chair.uid))

    def on_restarted(self, message: Restarted) -> None:
        """Stand on the log again."""
        self._note_changes()
        self._tell_lobby()
        self._set_clock()

    HANDLERS: ClassVar[dict[type, Handler]] = {
        messages.TakeSeat: on_take_seat,
        messages.Rejoin: on_rejoin,
        messages.PlayerGone: on_gone,
        messages.PlayerBack: on_back,
        messages.SeatsChanged: on_seats_changed,
        messages.AtTable: on_request,
        TimerFired: on_timer,
        Recover: on_recover,
        Restarted: on_restarted,
    }


_REQUESTS = {
    wire.GameReady: LandlordTable._ready,
    wire.CallSubmit: LandlordTable._call,
    wire.PlaySubmit: LandlordTable._play,
    wire.ForceQuit: LandlordTable._quit,
    wire.Logout: LandlordTable._logout,
    wire.SwapTable: LandlordTable._swap,
}


def session_number(origin: str) -> int:
    """Return the hub's number of a session actor."""
    return int(origin.partition(":")[2])


def _us(seconds: float) -> int:
    return int(seconds * MICROSECONDS)
