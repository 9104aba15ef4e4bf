"""The treasure game's rooms and games in a real log, without an engine.

`Treasury` asks the rules, and records what they answer as the lobby, room, server and game actors
do: what several aggregates tell of one thing in one unit. Its clock moves when it is told to.
"""

from __future__ import annotations

import random
from hashlib import sha256

from tables import KEY, SECOND
from tables import Room as LogRoom

from parlour.events import account
from parlour.events import treasure as facts
from parlour.events.event import Event
from parlour.events.rules.treasure import commands, draws, game, room, servers, stages, world
from parlour.events.rules.treasure.state import Game, Room, Server, World

TIMES = facts.Times(verify=20 * SECOND, stages=(30 * SECOND, 30 * SECOND, 20 * SECOND, 20 * SECOND))
EMBEDDED, OTHER = facts.EMBEDDED, "rs-2"
NAMES = ("", "ada", "bo", "cy", "dee", "eve", "fay", "gus", "hal")


class Treasury:
    """Rooms, room servers and games over one log."""

    def __init__(self, log: LogRoom):
        self.log = log
        self.dice = random.Random(3)
        self.unheard: list[facts.GameSettled] | None = None
        """Ends that no room hears of, when it is a list."""

    def wait(self, seconds: float) -> None:
        self.log.wait(seconds)

    @property
    def at(self) -> int:
        return self.log.now()

    def state(self, aggregate_id: str):
        return self.log.repository.get(aggregate_id)

    def record(self, aggregate_id: str, *events: Event) -> None:
        self.log.record(aggregate_id, *events)

    # --- room servers ----------------------------------------------------------------------

    def serve(self, *names: str) -> None:
        for port, name in enumerate(names, 9201):
            server = Server(server=name, ip="127.0.0.1", port=port, ws="", capacity=9)
            before = self.state(facts.SERVERS_ID)
            self.record(facts.SERVERS_ID, *servers.register(before, server, at=self.at))

    def lose_server(self, name: str) -> None:
        self.record(facts.SERVERS_ID, *servers.lose(self.state(facts.SERVERS_ID), name, at=self.at))

    # --- rooms -----------------------------------------------------------------------------

    def commitment(self, number: int, of_game: int) -> commands.Commitment:
        salt = self.dice.randbytes(16).hex()
        seed = draws.seed(KEY, number, of_game, salt)
        return commands.Commitment(salt=salt, commitment=draws.commitment(seed))

    def open_room(self, number: int, uid: int, *, password: str = "") -> None:
        room_id = facts.room_id(number)
        command = commands.OpenRoom(
            at=self.at,
            room=number,
            name=f"room {number}",
            max=8,
            salt="salt" if password else "",
            password=password,
            uid=uid,
            username=NAMES[uid],
            next=self.commitment(number, self.state(room_id).game + 1),
        )
        with self.log.unit():
            self.in_room(number, command)
            self.record(facts.LOBBY_ID, facts.RoomListed(at=self.at, room=number))
            self.record(account.account_id(uid), account.Seated(at=self.at, seat=room_id))

    def join(self, number: int, *uids: int, password: str = "") -> None:
        for uid in uids:
            self.wait(1)
            with self.log.unit():
                self.in_room(
                    number,
                    commands.JoinRoom(at=self.at, uid=uid, username=NAMES[uid], password=password),
                )
                seated = account.Seated(at=self.at, seat=facts.room_id(number))
                self.record(account.account_id(uid), seated)

    def leave(self, number: int, uid: int, reason: facts.LeaveReason = "left") -> None:
        room_id = facts.room_id(number)
        with self.log.unit():
            self.in_room(number, commands.LeaveRoom(at=self.at, uid=uid, reason=reason))
            self.record(account.account_id(uid), account.Unseated(at=self.at, seat=room_id))
            if self.state(room_id).state == "closed":
                self.record(facts.LOBBY_ID, facts.RoomDelisted(at=self.at, room=number))

    def ready(self, number: int, *uids: int) -> None:
        for uid in uids:
            self.in_room(number, commands.ChangeReady(at=self.at, uid=uid, ready=True))

    def in_room(self, number: int, command: commands.Command) -> None:
        room_id = facts.room_id(number)
        self.record(room_id, *room.decide(self.state(room_id), command))

    # --- games begin and move --------------------------------------------------------------

    def ticket(self, uid: int) -> str:
        return sha256(b"%d %d" % (uid, self.at)).hexdigest()

    def tickets(self, number: int) -> commands.Tickets:
        members = self.state(facts.room_id(number)).members
        digests = {uid: self.ticket(uid) for uid in members}
        return commands.Tickets(digests=digests, expires=self.at + 60 * SECOND)

    def place(self, number: int, server: str) -> None:
        """Have the room's host start, or find another room server for the game."""
        state: Room = self.state(facts.room_id(number))
        tickets = self.tickets(number)
        if room.busy(state):
            command: commands.Command = commands.PlaceGame(
                at=self.at, epoch=state.epoch, server=server, tickets=tickets
            )
        else:
            command = commands.StartGame(at=self.at, uid=state.host, server=server, tickets=tickets)
        with self.log.unit():
            self.in_room(number, command)

    def start(self, number: int, *, server: str = EMBEDDED, come: bool = True) -> str:
        """Have everybody be ready and the host start; return the game's id."""
        state: Room = self.state(facts.room_id(number))
        self.ready(number, *[uid for uid in state.members if uid != state.host])
        self.wait(1)
        self.place(number, server)
        game_id = self.open_game(number)
        if come:
            self.come(game_id)
        return game_id

    def open_game(self, number: int) -> str:
        state: Room = self.state(facts.room_id(number))
        game_id = facts.game_id(number, state.game)
        self.wait(0.25)
        self.in_game(
            game_id,
            commands.OpenGame(
                at=self.at,
                room=number,
                game=state.game,
                epoch=state.epoch,
                server=state.server,
                players=room.players(state),
                commitment=state.commitment,
                times=TIMES,
            ),
        )
        self.accept(number)
        return game_id

    def accept(self, number: int) -> None:
        epoch = self.state(facts.room_id(number)).epoch
        accepted = commands.AcceptGame(at=self.at, epoch=epoch, ip="127.0.0.1", port=9201, ws="")
        self.in_room(number, accepted)

    def come(self, game_id: str, *seats: int) -> None:
        """Let players show the tickets they have."""
        state: Game = self.state(game_id)
        members = self.state(facts.room_id(state.room)).members
        for seat in seats or range(len(state.players)):
            self.wait(0.5)
            ticket = members[state.players[seat].uid].ticket.ticket
            verify = commands.VerifyPlayer(at=self.at, seat=seat, ticket=ticket)
            self.in_game(game_id, verify)

    def go(self, game_id: str, seat: int) -> None:
        self.in_game(game_id, commands.LosePlayer(at=self.at, seat=seat))

    def new_ticket(self, game_id: str, seat: int) -> None:
        state: Game = self.state(game_id)
        uid = state.players[seat].uid
        expires = self.at + 60 * SECOND
        given = commands.GiveTicket(at=self.at, uid=uid, ticket=self.ticket(uid), expires=expires)
        self.in_room(state.room, given)

    def move_game(self, game_id: str, server: str) -> None:
        """Its room server is dead: the game goes on elsewhere."""
        number, left_at = self.state(game_id).room, self.at
        self.wait(15)
        self.place(number, server)
        epoch = self.state(facts.room_id(number)).epoch
        moved = commands.MoveGame(
            at=self.at, epoch=epoch, server=server, left_at=left_at, floor_us=5 * SECOND
        )
        self.in_game(game_id, moved)
        self.accept(number)

    def crash(self, game_id: str) -> None:
        """The engine stops here and starts again a minute later."""
        left_at = self.at
        self.wait(60)
        resume = commands.Resume(at=self.at, left_at=left_at, floor_us=5 * SECOND, cold=True)
        self.in_game(game_id, resume)

    def lose_key(self, game_id: str) -> None:
        with self.log.unit():
            self.in_game(game_id, commands.CancelGame(at=self.at))
            self._close(self.state(game_id).room)

    # --- games are played ------------------------------------------------------------------

    def seed(self, game_id: str) -> bytes:
        state: Game = self.state(game_id)
        salt = self.state(facts.room_id(state.room)).game_salt
        return draws.seed(KEY, state.room, state.game, salt)

    def world(self, game_id: str) -> World:
        return world.world_of(self.state(game_id), self.seed(game_id))

    def in_game(self, game_id: str, command: commands.Command) -> None:
        """Record what a command causes; a settlement is the room's to record."""
        state: Game = self.state(game_id)
        seed = self.seed(game_id) if state.room else b""
        hidden = self.world(game_id) if state.room else World()
        events = game.decide(state, hidden, command, seed)
        settled = [event for event in events if isinstance(event, facts.GameSettled)]
        with self.log.unit():
            self.record(game_id, *[event for event in events if event not in settled])
        if self.unheard is not None:
            self.unheard += settled
            return
        for event in settled:
            self.wait(0.01)
            self.settle(game_id, event)

    def settle(self, game_id: str, settled: facts.GameSettled) -> None:
        with self.log.unit():
            at = self.at
            event = facts.GameSettled(
                at=at,
                seed=settled.seed,
                winner=settled.winner,
                reason=settled.reason,
                players=settled.players,
                game_id=settled.game_id,
            )
            self.record(game_id, event)
            for line in settled.players:
                counted = account.GameCounted(at=at, game=game_id, exp=line.score, win=line.win)
                self.record(account.account_id(line.player_id), counted)
            self._close(self.state(game_id).room)

    def _close(self, number: int) -> None:
        state: Room = self.state(facts.room_id(number))
        following = self.commitment(number, state.game + 1)
        close = commands.CloseGame(at=self.at, epoch=state.epoch, next=following)
        self.in_room(number, close)

    def act(self, game_id: str, seat: int, kind: type[commands.Act], **fields: object) -> None:
        self.wait(0.75)
        self.in_game(game_id, kind(at=self.at, seat=seat, **fields))

    def wait_out(self, game_id: str) -> None:
        """Let the running stage (or the wait for players) end by its time."""
        self.log.time = self.state(game_id).until
        self.in_game(game_id, commands.Ring(at=self.at))

    # --- chance ----------------------------------------------------------------------------

    def play(self, game_id: str, *, until: tuple[int, int] | None = None) -> None:
        """Let everybody do what the rules allow, to the end or until (day, stage) is on."""
        while (state := self.state(game_id)).phase == "playing" and state.stage:
            if (state.day, state.stage) == until:
                return
            if self.dice.random() < 0.02:
                self.wait_out(game_id)
                continue
            hidden = self.world(game_id)
            waiting = [
                seat
                for seat, hp in enumerate(hidden.hp)
                if hp and state.present[seat] and not stages.has_acted(hidden, seat)
            ]
            if not waiting:
                self.wait_out(game_id)
                continue
            seat = self.dice.choice(waiting)
            self.wait(0.75)
            self.in_game(game_id, self._some(state, hidden, seat))

    def _some(self, state: Game, hidden: World, seat: int) -> commands.Act:
        at, pick = self.at, self.dice.choice
        here = hidden.cells[seat]
        near = [
            player.uid
            for player in state.players
            if player.seat != seat and hidden.hp[player.seat] and hidden.cells[player.seat] == here
        ]
        match state.stage:
            case stages.MOVE:
                to = pick([None, *sorted(stages.REACH[here])])
                return commands.Move(at=at, seat=seat, to=to)
            case stages.ACTION:
                if hidden.ore[here] and self.dice.random() < 0.6:
                    return commands.Mine(at=at, seat=seat)
                kind = pick([commands.Attack, commands.Heal])
                return kind(at=at, seat=seat, target=pick([None, *near]))
            case stages.AUCTION:
                lot = pick([None, *state.lots])
                if lot is None or lot.min > hidden.gold[seat]:
                    return commands.Bid(at=at, seat=seat, lot_id=None, price=0)
                price = self.dice.randint(lot.min, hidden.gold[seat])
                return commands.Bid(at=at, seat=seat, lot_id=lot.lot_id, price=price)
            case _:
                return commands.Explore(at=at, seat=seat, skip=self.dice.random() < 0.2)


FIRST, MOVED, CANCELLED, RUNNING = (
    facts.game_id(*place) for place in ((1, 1), (1, 2), (2, 1), (3, 1))
)


def hunt(treasury: Treasury) -> None:
    """Games with every kind of trouble, in three rooms.

    Room 1: game 1 is played out; game 2 is refused at first, then moves from a room server that
    dies to another one, and players go and come back. Room 2: a game whose key is lost; then the
    room empties. Room 3: a game that runs, in the auction of its second day.
    """
    log = treasury.log
    for uid in range(1, 9):
        log.register(uid, name=NAMES[uid])
    treasury.serve(EMBEDDED, OTHER)
    treasury.open_room(1, 1)
    treasury.join(1, 2, 3, 4, 5)
    treasury.play(treasury.start(1))

    troubled(treasury)

    treasury.open_room(2, 5, password="hash")
    treasury.join(2, 6, 7, 8, password="hash")
    lost = treasury.start(2, come=False)
    treasury.come(lost, 0, 1)
    treasury.wait_out(lost)
    treasury.lose_key(lost)
    for uid in (5, 6, 7, 8):
        treasury.leave(2, uid)

    treasury.open_room(3, 5)
    treasury.join(3, 6, 7, 8)
    treasury.play(treasury.start(3), until=(2, 3))
    standing_bids(treasury)


def troubled(treasury: Treasury) -> None:
    """Room 1's second game: refused at first, moved, and with players who come and go."""
    treasury.leave(1, 5)
    treasury.ready(1, 2, 3, 4)
    treasury.place(1, OTHER)
    treasury.place(1, "")
    treasury.wait(3)
    treasury.place(1, OTHER)
    moved = treasury.open_game(1)
    treasury.come(moved, 0, 1, 2)
    treasury.wait_out(moved)
    treasury.play(moved, until=(1, 2))
    treasury.lose_server(OTHER)
    treasury.move_game(moved, EMBEDDED)
    treasury.come(moved)
    treasury.go(moved, 3)
    treasury.new_ticket(moved, 3)
    treasury.come(moved, 3)
    treasury.crash(moved)
    treasury.come(moved, 0, 1, 2)
    treasury.play(moved)


def standing_bids(treasury: Treasury) -> None:
    """Two players bid, one of them twice."""
    state = treasury.state(RUNNING)
    hidden = treasury.world(RUNNING)
    lot = state.lots[0]
    rich = sorted(range(4), key=lambda seat: -hidden.gold[seat])[:2]
    for seat in rich:
        treasury.act(RUNNING, seat, commands.Bid, lot_id=lot.lot_id, price=lot.min)
    treasury.act(RUNNING, rich[0], commands.Bid, lot_id=lot.lot_id, price=lot.min + 1)
