"""A room of the treasure game, `treasure.room:{room}`; its aggregate has the same id.

What may happen is decided by `events.rules.treasure.room`. The room finds a room server for its
game (through `treasure.servers:1`), gives its members their tickets, and settles the game: the
settlement, the accounts' records and the end of the room's game are one unit. It remembers only
what may be lost: who is away since when, tickets that were not told yet, who asked for the start.
"""

from __future__ import annotations

from typing import Any, ClassVar

from parlour.actors.actor import Handler
from parlour.actors.messages import Recover, Restarted, TimerFired
from parlour.actors.treasure import messages, secrets
from parlour.actors.treasure.placing import WATCH, PlacedRoom
from parlour.actors.treasure.serving import us
from parlour.actors.treasure.session import PROTOCOL, refusal
from parlour.events import treasure as facts
from parlour.events.account import GameCounted, account_id
from parlour.events.errors import RuleViolation
from parlour.events.messages import treasure as wire
from parlour.events.rules.treasure import commands, notices, settlement, views
from parlour.events.rules.treasure import game as game_rules
from parlour.events.rules.treasure import room as rules
from parlour.events.rules.treasure.state import Game, Servers
from parlour.events.rules.treasure.world import DAYS, STAGES_A_DAY, world_of

AWAY = "away"


class TreasureRoom(PlacedRoom):
    """The actor of one room."""

    def __init__(self) -> None:
        super().__init__()
        self._away: dict[int, int] = {}
        """Members without a connection, and when they lose their seats (µs)."""

    def may_end(self) -> bool:
        """Tell whether nothing is known here that the log does not hold."""
        return not self._away and super().may_end()

    # --- requests --------------------------------------------------------------------------

    def on_request(self, message: messages.InRoom) -> None:
        """Obey a player's request, or say why not."""
        try:
            _REQUESTS[type(message.request)](self, message)
        except RuleViolation as refused:
            self._reply(message.origin, refusal(message.request, refused.code))

    def _join(self, message: messages.InRoom) -> None:
        request, room = message.request, self.room
        account = self.context.state(account_id(message.uid))
        if account.seat:
            raise RuleViolation("already_in_room")
        self._obey(
            commands.JoinRoom(
                at=self.context.now(),
                uid=message.uid,
                username=account.name,
                password=secrets.password_hash(self.context, room.salt, request.password or ""),
            )
        )
        self._reply(message.origin, wire.RoomJoined(seq=request.seq))
        self._publish_room()

    def _leave(self, message: messages.InRoom) -> None:
        self._obey(commands.LeaveRoom(at=self.context.now(), uid=message.uid))
        self._reply(message.origin, wire.RoomLeft(seq=message.request.seq))
        self._publish_room()
        self._note_absent()

    def _ask(self, message: messages.InRoom) -> None:
        if message.uid not in self.room.members:
            raise RuleViolation("not_in_room")
        self._reply(message.origin, notices.room_info(self.room, message.request.seq))

    def _ready(self, message: messages.InRoom) -> None:
        request, uid = message.request, message.uid
        before = self.room
        self._obey(commands.ChangeReady(at=self.context.now(), uid=uid, ready=request.ready))
        changed = wire.ReadyChanged(seq=request.seq, player_id=uid, ready=request.ready)
        self._reply(message.origin, changed)
        if self.room is not before:
            changed = wire.ReadyChanged(player_id=uid, ready=request.ready)
            self._publish(changed, without=uid)
            self._publish_room()

    def _start(self, message: messages.InRoom) -> None:
        rules.check_start(self.room, message.uid)
        place = messages.Place(
            room=self.room.room, origin=message.origin, uid=message.uid, request=message.request
        )
        self.tell(facts.SERVERS_ID, place)

    # --- the end of a game -----------------------------------------------------------------

    def on_over(self, message: messages.Over) -> None:
        """Settle the game: once, and all of it in one unit."""
        room = self.room
        game_id = facts.game_id(message.room, message.game)
        game: Game = self.context.state(game_id)
        if game.settled is not None:  # it is told again what it did not hear
            self._settled(game.server, message, views.game_over(game.settled))
            return
        if (message.game, message.epoch) != (room.game, room.epoch) or not rules.busy(room):
            return
        settled = self._judge(game)
        if settled is not None:
            self._settle(settled, message)

    def _settle_unasked(self) -> None:
        """Settle a game whose room server does not say that it is over."""
        room = self.room
        settled = self._judge(self.context.state(self._game_id))
        if settled is None:
            self._give_up("bad_room_server", server=room.server, why="it is over without an end")
            return
        over = messages.Over(
            room=room.room, game=room.game, epoch=room.epoch, result=views.game_over(settled)
        )
        self._settle(settled, over)

    def _settle(self, settled: facts.GameSettled, over: messages.Over) -> None:
        """Record how the game ended, and tell its room server."""
        room, game_id = self.room, settled.game_id
        self.context.record(game_id, settled)
        for line in settled.players:
            counted = GameCounted(at=settled.at, game=game_id, exp=line.score, win=line.win)
            self.context.record(account_id(line.player_id), counted)
        self._close_game()
        self._settled(room.server, over, views.game_over(settled))

    def _judge(self, game: Game) -> facts.GameSettled | None:
        """Return how a game that is played out settles: by its choices, whoever reports its end."""
        if not game_rules.played_out(game):
            return None
        seed = secrets.seed_of(self.context, self.room)
        world = world_of(game, seed)
        days_over = len(game.ended) == DAYS * STAGES_A_DAY
        ending = settlement.verdict(world, days_over=days_over)
        if ending is None:
            return None
        return settlement.settle(game, world, ending, seed, at=self.context.now())

    def _settled(self, server: str, over: messages.Over, result: wire.GameOver) -> None:
        settle = messages.Settle(room=over.room, game=over.game, epoch=over.epoch, result=result)
        hand = messages.Hand(server=server, room=over.room, game=over.game, message=settle)
        self.tell(facts.SERVERS_ID, hand)

    def _close_game(self) -> None:
        room = self.room
        chosen = secrets.choose_seed(self.context, room.room, room.game + 1)
        at = self.context.now()
        self._obey(commands.CloseGame(at=at, epoch=room.epoch, next=chosen))
        self._asker, self._tickets, self._asked, self._unplaced = None, {}, (), False
        self._unserved_since = self._taken_away = 0
        self._set_placing_clock()
        self._watch()
        self._publish_room()
        self._note_absent()

    def _void(self) -> None:
        """Do without the seed that the room is committed to: the key it came from is lost."""
        room, at = self.room, self.context.now()
        self.context.report("deck_key_lost", room=room.room, game=room.game)
        if not rules.busy(room):
            chosen = secrets.choose_seed(self.context, room.room, room.game + 1)
            committed = facts.GameCommitted(
                at=at, game=room.game + 1, salt=chosen.salt, commitment=chosen.commitment
            )
            self.context.record(self.id, committed)
            return
        self._cancel("key_lost")

    def _give_up(self, reason: facts.CancelReason, **why: Any) -> None:
        """End a game that nobody can go on with; its players may begin another one."""
        room = self.room
        self.context.report("game_cancelled", room=room.room, game=room.game, reason=reason, **why)
        self._cancel(reason)

    def _cancel(self, reason: facts.CancelReason) -> None:
        """End the running game without a settlement."""
        game_id = self._game_id
        game: Game = self.context.state(game_id)
        if game.players:
            at = self.context.now()
            cancelled = facts.GameCancelled(at=at, reason=reason, game_id=game_id)
            self.context.record(game_id, cancelled)
        self._close_game()

    # --- connections -----------------------------------------------------------------------

    def on_back(self, message: messages.Back) -> None:
        """A member logged in again: he keeps his seat, and is told where his game is."""
        uid = message.uid
        if uid not in self.room.members:
            return
        self._away.pop(uid, None)
        self._set_away_clock()
        if self.room.state == "playing":
            self._tickets.pop(uid, None)
            self._show_way(uid)

    def on_gone(self, message: messages.Gone) -> None:
        """A member's connection ended: his seat is kept for a while, in a game to its end."""
        self._note_absent()

    def _note_absent(self) -> None:
        """Begin to wait for members without a connection; in a game nobody is waited for."""
        room, online = self.room, self.context.hub.online
        absent = [uid for uid in room.members if not online(PROTOCOL, uid)]
        if rules.busy(room) or not absent:
            self._away = {}
        else:
            until = self.context.now() + us(self.context.settings.treasure.offline_seconds)
            self._away = {uid: self._away.get(uid, until) for uid in absent}
        self._set_away_clock()

    def _set_away_clock(self) -> None:
        self.context.set_timer(self.id, AWAY, min(self._away.values(), default=None))

    # --- time and restarts -----------------------------------------------------------------

    def on_timer(self, message: TimerFired) -> None:
        """Somebody was away for too long, or a room server did not answer."""
        if message.name == AWAY:
            self._end_absence()
        elif message.name == WATCH:
            self._watch()
        elif self._unplaced:
            self._place_again()
        elif self.room.state == "starting":
            self._place_elsewhere()

    def _end_absence(self) -> None:
        self._note_absent()
        at, before = self.context.now(), self.room
        for uid in [uid for uid, until in self._away.items() if until <= at]:
            self._obey(commands.LeaveRoom(at=at, uid=uid, reason="lost"))
        if self.room is not before:
            self._publish_room()
        self._note_absent()

    def on_server_gone(self, message: messages.ServerGone) -> None:
        """The game's room server is dead: another one goes on."""
        room = self.room
        if rules.busy(room) and room.server == message.server:
            self._left_at = message.last_at
            self._place_again()

    def on_unplayable(self, message: messages.Unplayable) -> None:
        """The game's room server shipped what is none of its events: another one goes on.

        None of that is in the log. One that has not even begun is given to another one too.
        """
        room = self.room
        if not rules.busy(room) or (room.server, room.game) != (message.server, message.game):
            return
        if room.accepted:
            self._take_away(message.why)
        else:
            self._place_elsewhere()

    def on_recover(self, message: Recover) -> None:
        """After a start nobody is here; a game of this process goes on."""
        if self.room.state == "closed":
            return
        if message.cold and not secrets.key_fits(self.context, self.room):
            self._void()
        if self.room.server == facts.EMBEDDED and rules.busy(self.room):
            self._hand(facts.EMBEDDED, message)
        self._catch_up()

    def on_restarted(self, message: Restarted) -> None:
        """Stand on the log again."""
        self._catch_up()

    def _catch_up(self) -> None:
        """Do what another message of this room would have done, had it not been lost."""
        room = self.room
        self._report()
        if rules.busy(room):
            servers: Servers = self.context.state(facts.SERVERS_ID)
            if room.server in servers.servers:
                self._serve()  # it answers again, and settles what is over
                self._watched = None
                self._watch()
            else:
                self._place_elsewhere()
        self._note_absent()

    HANDLERS: ClassVar[dict[type, Handler]] = {
        messages.InRoom: on_request,
        messages.PlaceOn: PlacedRoom.on_place_on,
        messages.Serving: PlacedRoom.on_serving,
        messages.Over: on_over,
        messages.Back: on_back,
        messages.Gone: on_gone,
        messages.ServerGone: on_server_gone,
        messages.Unplayable: on_unplayable,
        TimerFired: on_timer,
        Recover: on_recover,
        Restarted: on_restarted,
    }


_REQUESTS: dict[type, Any] = {
    wire.JoinRoom: TreasureRoom._join,
    wire.LeaveRoom: TreasureRoom._leave,
    wire.AskRoom: TreasureRoom._ask,
    wire.ChangeReady: TreasureRoom._ready,
    wire.StartGame: TreasureRoom._start,
}
