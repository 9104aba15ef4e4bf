"""A treasure game, `treasure.game:{room}:{game}`; its aggregate has the same id.

What may happen is decided by `events.rules.treasure.game`; what is told, by `views`. The hidden
side of the game (the world) is kept in memory only, and made anew from the log and the seed. The
game does not know whether it runs beside its room or on a room server elsewhere: it is told
`Serve` and `Settle`, and tells `Serving` and `Over` to its home. The settlement itself is recorded
by the room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import Recover, Restarted, TimerFired
from parlour.actors.ports import Publish, Reply
from parlour.actors.treasure import messages, secrets
from parlour.actors.treasure.game_home import GAME_HOME
from parlour.actors.treasure.serving import opening_of
from parlour.actors.treasure.session import refusal, session_number
from parlour.events import treasure as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.messages import treasure as wire
from parlour.events.rules.treasure import commands, settlement, views
from parlour.events.rules.treasure import game as rules
from parlour.events.rules.treasure import room as room_rules
from parlour.events.rules.treasure.state import Game, Room, World
from parlour.events.rules.treasure.world import DAYS, STAGES_A_DAY, advance, world_of
from parlour.events.times import MICROSECONDS

STAGE: Final = "stage"
PROTOCOL: Final = "treasure-room"
_HIDDEN: Final = (facts.ChoiceMade, facts.StageEnded, facts.StageBegun)
"""Facts that change the world; the others need none, and after a start it is made only then."""
_NO_WORLD: Final = World()


class TreasureGame(EngineActor):
    """The actor of one game."""

    def __init__(self) -> None:
        super().__init__()
        self._seed: bytes | None = None
        self._world: World | None = None
        self._alarm = 0
        """When the clock is set to ring (µs)."""

    @property
    def game(self) -> Game:
        """The public side of the game, with everything recorded so far."""
        state: Game = self.context.state(self.id)
        return state

    @property
    def room(self) -> Room:
        """Its room: who has which ticket."""
        state: Room = self.context.state(facts.room_id(self.game.room))
        return state

    @property
    def seed(self) -> bytes:
        """What everything hidden follows from."""
        if self._seed is None:
            self._seed = secrets.seed_of(self.context, self.room)
        return self._seed

    @property
    def world(self) -> World:
        """The hidden side of the game."""
        if self._world is None:
            self._world = world_of(self.game, self.seed)
        return self._world

    @property
    def _is_here(self) -> bool:
        """Whether the game goes on as it is; placed anew, it must first be served anew."""
        return rules.running(self.game) and self.game.epoch == self.room.epoch

    # --- obeying and telling ---------------------------------------------------------------

    def _obey(self, command: commands.Command) -> None:
        """Record what a command causes, and tell it.

        Raises:
            RuleViolation: The command is refused; nothing was recorded.
        """
        self._follow(rules.decide(self.game, _NO_WORLD, command, self.seed))

    def _follow(self, events: Sequence[Event]) -> None:
        """Record events and tell the players of them; the settlement is the room's to record."""
        for event in events:
            if isinstance(event, facts.GameSettled):
                self._report_over(event)
                return
            before = after = _NO_WORLD
            if isinstance(event, _HIDDEN):
                before = self.world
                self._world = after = advance(before, event, self.seed)
            self.context.record(self.id, event)
            self._tell(views.follow(self.game, before, event, after))
        self._set_clock()

    def _tell(self, tellings: Sequence[views.Telling]) -> None:
        """Tell those who are here; who comes later is told how things stand then."""
        game = self.game
        for seat, message in tellings:
            if seat is None:
                uids = tuple(
                    [p.uid for p, here in zip(game.players, game.present, strict=True) if here]
                )
            else:
                uids = (game.players[seat].uid,) if game.present[seat] else ()
            if uids:
                self.context.say(Publish(PROTOCOL, uids, message))

    def _set_clock(self) -> None:
        until = self.game.until
        if until != self._alarm:
            self._alarm = until
            self.context.set_timer(self.id, STAGE, until or None)

    def _reply(self, origin: str, message: Any) -> None:
        self.context.say(Reply(session_number(origin), message))

    # --- its room --------------------------------------------------------------------------

    def _tell_room(self, message: messages.Serving | messages.Over) -> None:
        here = self.context.settings.game_server
        home = here.home if here is not None else ""
        self.tell(home or facts.room_id(message.room), message)

    def on_serve(self, message: messages.Serve) -> None:
        """Begin, or go on here; asked again, only say so again."""
        game, at = self.game, self.context.now()
        if message.epoch < game.epoch:
            return  # the game is somewhere else by now
        if game.phase == "new" or (game.phase == "waiting" and message.epoch > game.epoch):
            self._begin(message)
        elif rules.running(game) and message.epoch > game.epoch:
            floor = self._resume_us()
            self._obey(
                commands.MoveGame(
                    at=at,
                    epoch=message.epoch,
                    server=message.server,
                    left_at=message.left_at or at,
                    floor_us=floor,
                )
            )
        self._say_serving()
        self._finish()
        self._set_clock()

    def _begin(self, message: messages.Serve) -> None:
        opening = opening_of(message, at=self.context.now())
        opened = rules.decide(self.game, _NO_WORLD, opening, b"")
        self.context.record(self.id, *opened)

    def _say_serving(self) -> None:
        game, here = self.game, self.context.settings.game_server
        if here is None or not rules.running(game):
            return
        self._tell_room(
            messages.Serving(
                room=game.room,
                game=game.game,
                epoch=game.epoch,
                ip=here.ip,
                port=here.port,
                ws=here.ws,
            )
        )

    def _finish(self) -> None:
        """Say again how the game ended, if it did and the room has not settled it yet."""
        game = self.game
        if not rules.played_out(game):
            return
        last = len(game.ended) == DAYS * STAGES_A_DAY
        ending = settlement.verdict(self.world, days_over=last)
        if ending is not None:
            at = self.context.now()
            self._report_over(settlement.settle(game, self.world, ending, self.seed, at=at))

    def _report_over(self, settled: facts.GameSettled) -> None:
        game = self.game
        result = views.game_over(settled)
        self._tell_room(
            messages.Over(room=game.room, game=game.game, epoch=game.epoch, result=result)
        )
        self._set_clock()

    def on_settle(self, message: messages.Settle) -> None:
        """The settlement is recorded: tell everybody."""
        self._tell([views.Telling(None, message.result)])
        self._set_clock()

    # --- players ---------------------------------------------------------------------------

    def on_enter(self, message: messages.Enter) -> None:
        """Let in a connection with a good ticket, at first or again."""
        game, at, uid = self.game, self.context.now(), message.uid
        seat = rules.seat_of(game, uid)
        if seat is None or not self._is_good(message, game, seat):
            self.tell(
                message.origin, messages.TurnedAway(origin=message.origin, request=message.request)
            )
            return
        self.context.bind(session_number(message.origin), PROTOCOL, uid)
        self._reply(message.origin, wire.Verified(seq=message.request.seq))
        self.tell(message.origin, messages.Entered(game=self.id))
        self.tell(GAME_HOME, messages.Plays(uid=uid, game=self.id))
        verified = commands.VerifyPlayer(at=at, seat=seat, ticket=message.ticket)
        self._obey(verified)
        if game.stage:  # else everything is told when the game begins
            for told in views.welcome(self.game, self.world, seat, at):
                self._reply(message.origin, told)

    def _is_good(self, message: messages.Enter, game: Game, seat: int) -> bool:
        room = self.room
        member = room.members.get(message.uid)
        good = room_rules.good_ticket(
            None if member is None else member.ticket,
            message.ticket,
            epoch=game.epoch,
            used=game.tickets[seat],
            at=self.context.now(),
        )
        return good and rules.running(game) and not rules.played_out(game)

    def on_command(self, message: messages.InGame) -> None:
        """Obey a player's command, or say why not."""
        request, game = message.request, self.game
        seat = rules.seat_of(game, message.uid)
        try:
            if seat is None:
                raise RuleViolation("not_verified")
            command = commands.command_of(request, seat=seat, at=self.context.now())
            events = rules.decide(game, self.world if game.stage else _NO_WORLD, command, self.seed)
        except RuleViolation as refused:
            self._reply(message.origin, refusal(request, refused.code))
            return
        self._reply(message.origin, wire.ActionStatus(of=request.service, seq=request.seq))
        self._follow(events)

    def on_gone(self, message: messages.Gone) -> None:
        """A player's last connection is gone: the game goes on without him."""
        seat = rules.seat_of(self.game, message.uid)
        online = self.context.hub.online(PROTOCOL, message.uid)
        if seat is not None and self._is_here and not online:
            self._obey(commands.LosePlayer(at=self.context.now(), seat=seat))

    # --- time and restarts -----------------------------------------------------------------

    def on_timer(self, message: TimerFired) -> None:
        """The stage is over, or players were waited for long enough."""
        self._alarm = 0
        game = self.game
        if not self._is_here:
            return
        world = self.world if game.stage else _NO_WORLD
        self._follow(rules.decide(game, world, commands.Ring(at=self.context.now()), self.seed))

    def on_recover(self, message: Recover) -> None:
        """Go on with what the running stage had left."""
        if self._is_here:
            resume = commands.Resume(
                at=self.context.now(),
                left_at=message.last_at,
                floor_us=self._resume_us(),
                cold=message.cold,
            )
            self._obey(resume)
        self._catch_up()

    def on_restarted(self, message: Restarted) -> None:
        """Stand on the log again."""
        self._catch_up()

    def _catch_up(self) -> None:
        game = self.game
        if self._is_here:
            for player, here in zip(game.players, game.present, strict=True):
                if here:
                    self.tell(self.id, messages.Gone(uid=player.uid))  # unless he is here
        self._set_clock()

    def _resume_us(self) -> int:
        return int(self.context.settings.treasure.resume_seconds * MICROSECONDS)

    HANDLERS: ClassVar[dict[type, Handler]] = {
        messages.Serve: on_serve,
        messages.Settle: on_settle,
        messages.Enter: on_enter,
        messages.InGame: on_command,
        messages.Gone: on_gone,
        TimerFired: on_timer,
        Recover: on_recover,
        Restarted: on_restarted,
    }
