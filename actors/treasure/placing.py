"""How a room's game comes to a room server, and its players to their tickets.

The room asks `treasure.servers:1` for one with a place, has it serve the game, and tells the
members where it is once it said so (502). One that does not answer, or dies, is followed by the
next; the epoch tells what comes from which. A running game that finds none in time is cancelled.

A room server that lives may still not go on with its game, or break it. The room sees the first by
the game's clock, hears of the second, and gives the game to another one, a few times.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from msgspec import UNSET

from parlour.actors.actor import EngineActor
from parlour.actors.ports import Publish, Reply
from parlour.actors.treasure import messages, secrets
from parlour.actors.treasure.serving import longest, longest_rest, serve_of, us
from parlour.actors.treasure.session import PROTOCOL, refusal, session_number
from parlour.events import treasure as facts
from parlour.events.account import Seated, Unseated, account_id
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.messages import treasure as wire
from parlour.events.rules.treasure import commands, notices
from parlour.events.rules.treasure import room as rules
from parlour.events.rules.treasure.evolution import played_out
from parlour.events.rules.treasure.state import Game, Room

PLACING = "placing"
WATCH = "watch"
_TAKEN_AWAY: Final = 3
"""How often a game is taken from its room server before it is cancelled."""
_OVERDUE: Final = 4
"""Times `treasure.dead_seconds` that a game may be late."""


class _Watched(NamedTuple):
    """A game of another process, as it was seen."""

    stage: tuple[int, int, int]
    """Epoch, day and stage."""
    since: int
    """Since when it is so (µs)."""
    look: int = 0
    """When it is looked at next (µs)."""


class PlacedRoom(EngineActor):
    """A room as far as its game needs a room server; base of `room.TreasureRoom`."""

    def __init__(self) -> None:
        super().__init__()
        self._tickets: dict[int, str] = {}
        """Tickets that are told as soon as a room server has the game."""
        self._asker: tuple[str, wire.Request] | None = None
        """Who asked for the start, and with what."""
        self._asked: tuple[str, ...] = ()
        """Room servers that did not take the game."""
        self._unplaced = False
        """Whether the game goes on as soon as a room server is free."""
        self._left_at = 0
        """When the room server that the game was lost with was heard last (µs)."""
        self._unserved_since = 0
        """When the game first found no room server after it had lost its own (µs)."""
        self._taken_away = 0
        """How often the game was taken from a room server that did not go on with it."""
        self._watched: _Watched | None = None

    def may_end(self) -> bool:
        """Tell whether nothing is known here that the log does not hold."""
        waits = self._unplaced or self._unserved_since or self._taken_away or self._watched
        return not (self._asker or self._tickets or waits)

    @property
    def room(self) -> Room:
        """The room with everything recorded so far."""
        state: Room = self.context.state(self.id)
        return state

    @property
    def _game_id(self) -> str:
        room = self.room
        return facts.game_id(room.room, room.game)

    # --- obeying and telling ---------------------------------------------------------------

    def _obey(self, command: commands.Command) -> None:
        """Record what a command causes, on the room and around it.

        Raises:
            RuleViolation: The command is refused; nothing was recorded.
        """
        for event in rules.decide(self.room, command):
            self.context.record(self.id, event)
            follow = _FOLLOWED_BY.get(type(event))
            if follow is not None:
                follow(self, event)

    def _sit(self, event: facts.PlayerJoined) -> None:
        self.context.record(account_id(event.uid), Seated(at=event.at, seat=self.id))

    def _unsit(self, event: facts.PlayerLeft) -> None:
        self.context.record(account_id(event.uid), Unseated(at=event.at, seat=self.id))

    def _delist(self, event: facts.RoomClosed) -> None:
        delisted = facts.RoomDelisted(at=event.at, room=self.room.room)
        self.context.record(facts.LOBBY_ID, delisted)

    def _report(self, _event: Event | None = None) -> None:
        self.tell(facts.SERVERS_ID, messages.RoomChanged(room=self.room.room))

    def _reply(self, origin: str, message: Any) -> None:
        self.context.say(Reply(session_number(origin), message))

    def _publish(self, message: Any, *, without: int = 0) -> None:
        uids = tuple(uid for uid in self.room.members if uid != without)
        if uids:
            self.context.say(Publish(PROTOCOL, uids, message))

    def _publish_room(self) -> None:
        self._publish(notices.room_info(self.room))

    def _note_absent(self) -> None:
        """Begin to wait for members without a connection."""

    def _give_up(self, reason: facts.CancelReason, **why: Any) -> None:
        """End a game that nobody can go on with."""

    def _settle_unasked(self) -> None:
        """Settle a game that is played out, and whose room server does not say so."""

    # --- finding a room server -------------------------------------------------------------

    def on_place_on(self, message: messages.PlaceOn) -> None:
        """Have a room server serve the game; when none is free, give up or ask again later."""
        at, before = self.context.now(), self.room
        tickets = (
            self._draw_tickets() if message.server else commands.Tickets(digests={}, expires=0)
        )
        command: commands.Command
        if message.origin:
            command = commands.StartGame(
                at=at, uid=message.uid, server=message.server, tickets=tickets
            )
        else:
            command = commands.PlaceGame(
                at=at, epoch=before.epoch, server=message.server, tickets=tickets
            )
        try:
            self._obey(command)
        except RuleViolation as refused:
            self._report()  # it is not where the servers think
            if message.origin:
                self._reply(message.origin, refusal(message.request, refused.code))
            elif refused.code == "no_room_server":
                self._wait_for_server()
            return
        self._unplaced = False
        if message.origin:
            self._asker, self._asked = (message.origin, message.request), ()
        if rules.busy(self.room):
            self._serve()
        else:
            self._set_placing_clock()
            self._answer_start("no_room_server")
            self._note_absent()
        if self.room.state != before.state:
            self._publish_room()

    def _wait_for_server(self) -> None:
        """Ask again soon, unless the game was without a room server for too long."""
        now, settings = self.context.now(), self.context.settings.treasure
        self._asked, self._unplaced = (), True
        self._unserved_since = self._unserved_since or now
        if now - self._unserved_since >= us(settings.unserved_seconds):
            self._give_up("no_room_server")
        else:
            self._set_placing_clock()

    def _draw_tickets(self) -> commands.Tickets:
        self._tickets = {uid: secrets.draw_ticket(self.context) for uid in self.room.members}
        digests = {uid: secrets.ticket_digest(ticket) for uid, ticket in self._tickets.items()}
        return commands.Tickets(digests=digests, expires=self._expiry())

    def _expiry(self) -> int:
        return self.context.now() + us(self.context.settings.treasure.ticket_seconds)

    def _serve(self) -> None:
        room = self.room
        self._hand(room.server, serve_of(self.context, room, left_at=self._left_at))
        self._set_placing_clock()

    def _hand(self, server: str, message: Any) -> None:
        room = self.room
        hand = messages.Hand(server=server, room=room.room, game=room.game, message=message)
        self.tell(facts.SERVERS_ID, hand)

    def _set_placing_clock(self) -> None:
        at = None
        if self.room.state == "starting" or self._unplaced:
            at = self.context.now() + us(self.context.settings.treasure.accept_seconds)
        self.context.set_timer(self.id, PLACING, at)

    def _place_elsewhere(self) -> None:
        room = self.room
        self._asked = (*self._asked, room.server)
        place = messages.Place(room=room.room, without=self._asked, passed_over=room.server)
        self.tell(facts.SERVERS_ID, place)

    def _place_again(self) -> None:
        """Ask every room server that lives."""
        self._asked, self._unplaced = (), False
        self.tell(facts.SERVERS_ID, messages.Place(room=self.room.room))

    def _answer_start(self, code: str | None = None) -> None:
        """Answer who asked for the start; the host, if that is not known any more."""
        asker, self._asker = self._asker, None
        number = wire.OK if code is None else wire.CODES[code]
        if asker is not None:
            origin, request = asker
            self._reply(origin, wire.StartAnswer(code=number, seq=request.seq))
        else:
            answer = wire.StartAnswer(code=number, seq=UNSET)
            self.context.say(Publish(PROTOCOL, (self.room.host,), answer))

    def on_serving(self, message: messages.Serving) -> None:
        """The room server has the game, or has not: tell the members where it is, or go on."""
        room = self.room
        if (message.game, message.epoch) != (room.game, room.epoch) or not rules.busy(room):
            return
        if message.code:
            if room.state == "starting":
                self._place_elsewhere()
            elif not self._unplaced:  # it had it; it cannot read what it was given since
                self._take_away("it gave the game back")
            return
        first = not room.accepted
        self._obey(
            commands.AcceptGame(
                at=self.context.now(),
                epoch=message.epoch,
                ip=message.ip,
                port=message.port,
                ws=message.ws,
            )
        )
        if self.room is room:  # it was asked again, because of these
            self._tell_ways()
            return
        self._asked, self._left_at, self._unserved_since = (), 0, 0
        self._set_placing_clock()
        self._watch()
        if first:
            self._answer_start()
        if self.room.state != room.state:
            self._publish_room()
        here = [uid for uid in self.room.members if self.context.hub.online(PROTOCOL, uid)]
        self._show_way(*here)

    # --- room servers that do not go on ----------------------------------------------------

    def _take_away(self, why: str) -> None:
        """Give a running game to another room server, unless too many were tried."""
        room = self.room
        self._taken_away += 1
        if self._taken_away > _TAKEN_AWAY:
            self._give_up("bad_room_server", server=room.server, why=why)
            return
        self.context.report(
            "game_taken_away", room=room.room, game=room.game, server=room.server, why=why
        )
        self._left_at = self.context.now()
        self._place_elsewhere()

    def _watch(self) -> None:
        """See whether the game goes on, if its room server is another process."""
        room, now = self.room, self.context.now()
        if room.state != "playing" or room.server == facts.EMBEDDED:
            self._watched = None
            self.context.set_timer(self.id, WATCH, None)
            return
        game: Game = self.context.state(self._game_id)
        seen = self._watched
        # Looked at late, this process itself was away, and the room server could do nothing.
        away = seen is not None and now > seen.look + self._patience // _OVERDUE
        stage = (game.epoch, game.day, game.stage)
        if seen is None or away or seen.stage != stage:
            seen = _Watched(stage, now)
        # The room server's clock may be another: the stage must be over by either. It may have
        # been interrupted, but not for ever.
        ends = min(game.until, seen.since + longest_rest(self.context, game))
        late = max(seen.since + longest(game), ends) + self._patience
        self._watched = seen._replace(look=late)
        self.context.set_timer(self.id, WATCH, late)
        if now < late:
            return
        self._watched = None
        self.context.set_timer(self.id, WATCH, now + self._patience)
        if played_out(game):
            self._settle_unasked()
        elif not self._unplaced:
            self._take_away("it does not go on with the game")

    @property
    def _patience(self) -> int:
        return us(_OVERDUE * self.context.settings.treasure.dead_seconds)

    # --- the way there ---------------------------------------------------------------------

    def _show_way(self, *uids: int) -> None:
        """Give tickets to players who have none that they were not told, and tell them."""
        if self._unplaced:
            return  # the next room server's are given to everybody
        fresh = [uid for uid in uids if uid not in self._tickets]
        for uid in fresh:
            self._give_ticket(uid)
        if fresh and self.room.server != facts.EMBEDDED:
            self._serve()  # they are told when the room server knows of their tickets
        else:
            self._tell_ways()

    def _tell_ways(self) -> None:
        """Tell players where the game is, each with the ticket that waits for him."""
        tickets, self._tickets = self._tickets, {}
        for uid, ticket in tickets.items():
            member = self.room.members.get(uid)
            if member is not None and member.ticket is not None:
                way = notices.game_at(self.room, ticket, member.ticket.expires)
                self.context.say(Publish(PROTOCOL, (uid,), way))

    def _give_ticket(self, uid: int) -> None:
        ticket = self._tickets[uid] = secrets.draw_ticket(self.context)
        self._obey(
            commands.GiveTicket(
                at=self.context.now(),
                uid=uid,
                ticket=secrets.ticket_digest(ticket),
                expires=self._expiry(),
            )
        )


_FOLLOWED_BY: dict[type[Event], Any] = {
    facts.PlayerJoined: PlacedRoom._sit,
    facts.PlayerLeft: PlacedRoom._unsit,
    facts.RoomClosed: PlacedRoom._delist,
    facts.GamePlaced: PlacedRoom._report,
    facts.GameAccepted: PlacedRoom._report,
    facts.GameRefused: PlacedRoom._report,
    facts.GameClosed: PlacedRoom._report,
}
"""What else is recorded, or told, with an event of the room."""
