"""The lobby's side of a room server's link: its proof, its games, and what it ships to be recorded.

A room server is heard for nothing until the servers (`treasure.servers:1`) have let it in. What it
ships is recorded here, in one unit a batch, and answered when that is on disk. A batch that stands
on a game which is not the room server's any more, or not as it thinks, is refused whole, and before
the refusal it is told how that game really is.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import FromSession, Refused, SessionOpened
from parlour.actors.ports import Close, Reply
from parlour.actors.treasure import messages, proof, secrets, serving, shipment
from parlour.actors.treasure.link_messages import LINKS, Alive, Enters, KeptOut, Left, LetIn
from parlour.actors.treasure.session import session_number
from parlour.events import treasure as facts
from parlour.events.kinds import KINDS, kind_of
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link
from parlour.events.rules.treasure import room as room_rules
from parlour.events.rules.treasure.state import Game, Room

_CHALLENGE_BYTES: Final = 16
_REFUSED: Final = {"internal": "internal_error", "unavailable": "no_commands"}
_ENCODER: Final = msgspec.json.Encoder()
_NAMES: Final = range(1, 65)
"""How long a server_id may be, in characters."""


class _Given(NamedTuple):
    """A game the room server was told to serve."""

    game: int
    epoch: int


class RoomServerSession(EngineActor):
    """The actor of one room server's connection, `treasure.node.session:{number}`."""

    RESTARTS = False  # it holds what was said on this connection, and that is still true

    def __init__(self) -> None:
        super().__init__()
        self._challenge = ""
        self._server = ""
        """Its id, "" until it is let in."""
        self._asked = False
        self._given: dict[int, _Given] = {}
        """By room."""
        self._worlds: dict[str, shipment.Folded] = {}
        """What its games' events lead to, by game; made anew where it is not known."""

    @property
    def session(self) -> int:
        """The hub's number of the connection."""
        return session_number(self.id)

    def may_end(self) -> bool:
        """A session ends with its connection, not before."""
        return False

    def _reply(self, message: wire.Message) -> None:
        self.context.say(Reply(self.session, message))

    def _room(self, number: int) -> Room:
        room: Room = self.context.state(facts.room_id(number))
        return room

    # --- coming in -------------------------------------------------------------------------

    def on_opened(self, message: SessionOpened) -> None:
        """Have whoever connected prove that it knows the secret."""
        self._challenge = self.context.randomness.token(_CHALLENGE_BYTES).hex()
        self._reply(link.Challenge(challenge=self._challenge))

    def on_request(self, message: FromSession) -> None:
        """Hear a room server, once it is known which it is."""
        said: wire.Message = message.request
        if type(said) is link.Register:
            self._register(said)
        elif self._server:
            _SAID[type(said)](self, said)
        else:
            self._keep_out("not_verified", "something else before 1000")

    def _register(self, said: link.Register) -> None:
        if self._asked:  # which it is does not change in mid-connection
            self._keep_out("bad_body", "1000 was sent before")
            return
        self._asked = True
        refusal = self._judge(said)
        if refusal is None:
            self.tell(facts.SERVERS_ID, Enters(origin=self.id, request=said))
        else:
            self._keep_out(*refusal)

    def _judge(self, said: link.Register) -> tuple[str, str] | None:
        """Return code and reason why this one is not let in, None when it may be."""
        if len(said.server_id) not in _NAMES or "|" in said.server_id or said.capacity < 1:
            return "bad_body", "1000 with a server_id or a capacity that is none"
        settings = self.context.settings
        if settings.open and not settings.cluster.secret:
            return None
        if not settings.cluster.secret:
            return "wrong_name_or_password", "no cluster.secret is set"
        if not proof.is_proven(settings.cluster.secret, self._challenge, said):
            return "wrong_name_or_password", "the mac is wrong"
        return None

    def _keep_out(self, code: str, reason: str) -> None:
        self._reply(link.Registered(code=wire.CODES[code]))
        self.context.say(Close(self.session, reason))

    def on_kept_out(self, message: KeptOut) -> None:
        """The servers do not want it."""
        self._keep_out(message.code, message.reason)

    def on_let_in(self, message: LetIn) -> None:
        """Give it the games that are its own, and then let it speak."""
        entered, self._server = not self._server, message.server
        if entered:
            # Bound by its session: no kick of a user reaches the server with his number.
            self.context.bind(self.session, LINKS, 0, device=self.session)
        for room in message.rooms:
            self._assign(self._room(room), left_at=message.last_at)
        if entered:
            self._reply(link.Registered(code=wire.OK))

    # --- its games -------------------------------------------------------------------------

    def on_hand(self, message: messages.Hand) -> None:
        """Tell it what a room has to tell its game."""
        said = message.message
        if isinstance(said, messages.Serve):
            room = self._room(message.room)
            if (room.game, room.epoch, room.server) == (said.game, said.epoch, self._server):
                self._assign(room, left_at=said.left_at)
        elif isinstance(said, messages.Settle):
            self._conclude(said.room, said.game, said.epoch)

    def _assign(self, room: Room, *, left_at: int, whole: bool = False) -> None:
        """Say 501; `whole` tells the game's state also when it should be known."""
        game_id = facts.game_id(room.room, room.game)
        known = self._given.get(room.room) == (room.game, room.epoch)
        serve = serving.serve_of(self.context, room)
        tickets = {
            uid: "" if member.ticket is None else member.ticket.ticket
            for uid, member in room.members.items()
        }
        self._given[room.room] = _Given(room.game, room.epoch)
        ids = [facts.room_id(room.room)]
        if (whole or not known) and self.context.repository.version(game_id):
            ids.append(game_id)
        self._reply(
            link.Assign(
                room_id=room.room,
                game=room.game,
                seed=secrets.seed_of(self.context, room).hex(),
                options=serve.times,
                players=tuple(
                    link.TicketHash(
                        player_id=player.uid,
                        name=player.username,
                        seat=player.seat,
                        ticket_hash=tickets[player.uid],
                    )
                    for player in serve.players
                ),
                epoch=room.epoch,
                commitment=room.commitment,
                left_at=left_at,
                states=tuple(self._state(aggregate_id) for aggregate_id in ids),
                game_topic=KINDS[kind_of(game_id)].snapshot_topic,
            )
        )

    def _state(self, aggregate_id: str) -> link.State:
        """Return an aggregate as it is now; what is not on disk yet is, before this leaves."""
        return link.State(
            aggregate_id,
            self.context.repository.version(aggregate_id),
            KINDS[kind_of(aggregate_id)].snapshot_topic,
            msgspec.Raw(_ENCODER.encode(self.context.state(aggregate_id))),
        )

    def on_left(self, message: Left) -> None:
        """Take a game back, unless it is over: that it is told as the answer to its result."""
        given = self._given.get(message.room)
        if given is not None:
            game: Game = self.context.state(facts.game_id(message.room, given.game))
            if game.settled is None:
                self._withdraw(message.room, given)

    def _withdraw(self, room: int, given: _Given) -> None:
        self._given.pop(room, None)
        self._worlds.pop(facts.game_id(room, given.game), None)
        self._reply(link.Withdraw(room_id=room, game=given.game, epoch=given.epoch))

    def _conclude(self, room: int, game: int, epoch: int) -> None:
        if self._given.get(room) == (game, epoch):
            del self._given[room]
        self._worlds.pop(facts.game_id(room, game), None)
        states = (self._state(facts.game_id(room, game)),)
        self._reply(link.PlacedAnswer(room_id=room, game=game, epoch=epoch, states=states))

    # --- what it says ----------------------------------------------------------------------

    def _beat(self, said: link.Beat) -> None:
        self.tell(facts.SERVERS_ID, Alive(origin=self.id, server=self._server))
        self._reply(said)

    def _placed(self, said: link.Placed) -> None:
        room_id, room = facts.room_id(said.room_id), self._room(said.room_id)
        game: Game = self.context.state(facts.game_id(said.room_id, said.game))
        current = room_rules.busy(room) and (room.server, room.game, room.epoch) == (
            self._server,
            said.game,
            said.epoch,
        )
        settled = game.settled is not None and game.server == self._server
        if said.result is not None and (current or settled):
            over = messages.Over(
                room=said.room_id, game=said.game, epoch=said.epoch, result=said.result
            )
            self.tell(room_id, over)
        elif said.result is not None:
            self._refuse_placed(said, link.STALE)
        elif current:
            # Who has a game has begun it, or gone on with it: the log says so by now.
            unbegun = 0 if game.epoch == said.epoch else wire.CODES["bad_body"]
            self.tell(
                room_id,
                messages.Serving(
                    room=said.room_id,
                    game=said.game,
                    epoch=said.epoch,
                    code=said.code or unbegun,
                    ip=said.ip,
                    port=said.port,
                    ws=said.ws,
                ),
            )

    def _refuse_placed(self, said: link.Placed, code: int) -> None:
        self._reply(
            link.PlacedAnswer(room_id=said.room_id, game=said.game, epoch=said.epoch, code=code)
        )

    def _ship(self, said: link.Batch) -> None:
        try:
            shipped = shipment.look_at(self.context, self._server, said, self._worlds)
        except shipment.BadShipment as error:
            if error.room:
                unplayable = messages.Unplayable(
                    server=self._server, game=error.game, why=str(error)
                )
                self.tell(facts.room_id(error.room), unplayable)
            self._reply(link.BatchAnswer(batch=said.batch, code=wire.CODES["bad_body"]))
            self.context.say(Close(self.session, str(error)))
            return
        if shipped.refused:
            for room in dict.fromkeys(shipped.refused.values()):
                self._correct(room)
            refused = tuple(shipped.refused)
            self._reply(link.BatchAnswer(batch=said.batch, code=link.STALE, refused=refused))
            return
        for aggregate_id, events in shipped.records.items():
            self.context.record(aggregate_id, *events)
        self._reply(link.BatchAnswer(batch=said.batch))

    def _correct(self, number: int) -> None:
        """Tell it how a game is that it was wrong about."""
        room, given = self._room(number), self._given.get(number)
        if room_rules.busy(room) and room.server == self._server:
            self._assign(room, left_at=self.context.now(), whole=True)
        elif given is not None:
            self.on_left(Left(room=number))

    # --- what went wrong -------------------------------------------------------------------

    def on_refused(self, message: Refused) -> None:
        """What this room server said was dropped whole."""
        self.context.hub.retract(self.session)
        code = wire.CODES[_REFUSED[message.code]]
        for said in message.requests:
            if isinstance(said, link.Batch):
                self._reply(link.BatchAnswer(batch=said.batch, code=code))
            elif isinstance(said, link.Placed):
                self._refuse_placed(said, code)
        if not self.context.hub.admitted(self.session):
            self._reply(link.Registered(code=code))
            self.context.say(Close(self.session, message.code, failed=True))

    HANDLERS: ClassVar[dict[type, Handler]] = {
        SessionOpened: on_opened,
        FromSession: on_request,
        LetIn: on_let_in,
        KeptOut: on_kept_out,
        messages.Hand: on_hand,
        Left: on_left,
        Refused: on_refused,
    }


_SAID: Final[dict[type[wire.Message], Any]] = {
    link.Beat: RoomServerSession._beat,
    link.Placed: RoomServerSession._placed,
    link.Batch: RoomServerSession._ship,
}
