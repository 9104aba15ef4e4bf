"""The treasure game in memory: a real engine and log, connections in lists, a clock by hand."""

import hashlib
import itertools
import random

import msgspec
import pytest
from eventsourcing.persistence import OperationalError

from parlour.actors.accounts import RegisterAccount
from parlour.actors.engine import Engine
from parlour.actors.messages import Ask, FromSession, SessionOpened, UserLost
from parlour.actors.ports import Bind, Close, CloseUser, Publish, Reply
from parlour.actors.settings import ActorSettings
from parlour.actors.treasure.game import TreasureGame
from parlour.actors.treasure.game_home import GAME_HOME, GameHome
from parlour.actors.treasure.game_session import GameSession
from parlour.actors.treasure.link_messages import LINKS
from parlour.actors.treasure.lobby import TreasureLobby
from parlour.actors.treasure.messages import LogIn
from parlour.actors.treasure.node_session import RoomServerSession
from parlour.actors.treasure.room import TreasureRoom
from parlour.actors.treasure.servers import RoomServers
from parlour.actors.treasure.session import LobbySession
from parlour.actors.treasure.settings import GameServer, TreasureSettings
from parlour.actors.user import User
from parlour.events import treasure as facts
from parlour.events.account import account_id
from parlour.events.datastore import LogDatastore
from parlour.events.event import decode
from parlour.events.kinds import KINDS
from parlour.events.messages import treasure as wire
from parlour.events.recorder import SealedSQLiteRecorder
from parlour.events.rules.treasure import draws, stages
from parlour.events.rules.treasure.world import world_of
from parlour.events.writers import InlineWriter

START = 1_790_000_000_000_000
SECOND = 1_000_000
LOBBY, ROOM = "treasure", "treasure-room"
SESSIONS = {
    LOBBY: "treasure.session",
    ROOM: "treasure.game.session",
    LINKS: "treasure.node.session",
}
HOMES = {LOBBY: facts.LOBBY_ID, ROOM: GAME_HOME, LINKS: facts.SERVERS_ID}
HERE = GameServer(ip="10.0.0.1", port=9201, ws="ws://10.0.0.1:8080/treasure/room")


class Clock:
    def __init__(self):
        self.time = START

    def now(self):
        return self.time


class Randomness:
    """That repeats."""

    def __init__(self):
        self.count = 0

    def token(self, size):
        self.count += 1
        return hashlib.sha256(b"%d" % self.count).digest()[:size]


class Decks:
    def __init__(self, key=b"k" * 32):
        self.key = key

    def seed(self, room, game, salt):
        return draws.seed(self.key, room, game, salt)

    def keyed_hash(self, purpose, text):
        return hashlib.sha256(self.key + f"{purpose}/{text}".encode()).hexdigest()


class Hub:
    """What each session was told, in order; who speaks for whom."""

    def __init__(self):
        self.engine = None
        self.told = {}
        self.protocols = {}
        """Of live sessions."""
        self.bound = {}
        self.announced = {}
        self.closed = {}
        """Why, by session."""

    def announce(self, session, protocol, uid, device=0):
        if session in self.protocols:
            self.announced[session] = device or uid

    def retract(self, session):
        uid = self.announced.pop(session, None)
        if uid is not None:
            self._tell_if_lost(self.protocols[session], uid)

    def speaker(self, session):
        spoken = {s: uid for (_, uid), s in self.bound.items()}
        return self.announced.get(session) or spoken.get(session, 0)

    def admitted(self, session):
        return session in self.bound.values()

    def online(self, protocol, uid):
        said = {(self.protocols[session], who) for session, who in self.announced.items()}
        return (protocol, uid) in self.bound or (protocol, uid) in said

    def deliver(self, outputs):
        for output in outputs:
            match output:
                case Reply(session, message):
                    self._hear(session, message)
                case Publish(protocol, uids, message):
                    for uid in uids:
                        self._hear(self.bound.get((protocol, uid)), message)
                case Bind(session, protocol, uid, device):
                    self._bind(session, protocol, device or uid)
                case Close(session, reason):
                    self.end(session, reason)
                case CloseUser(uid, reason):
                    for session in [s for (_, who), s in self.bound.items() if who == uid]:
                        self.end(session, reason)

    def _hear(self, session, message):
        if session in self.protocols:
            self.told[session].append(message)

    def _bind(self, session, protocol, uid):
        if session not in self.protocols:
            self._tell_if_lost(protocol, uid)
            return
        self.announced.pop(session, None)
        older = self.bound.get((protocol, uid))
        self.bound[protocol, uid] = session
        if older not in (None, session):
            self.end(older, "taken_over")

    def end(self, session, reason="lost"):
        """A connection ends."""
        protocol = self.protocols.pop(session, None)
        if protocol is None:
            return
        self.closed[session] = reason
        spoke = {uid for (_, uid), s in self.bound.items() if s == session}
        self.bound = {key: s for key, s in self.bound.items() if s != session}
        if (uid := self.announced.pop(session, None)) is not None:
            spoke.add(uid)
        self.engine.end(f"{SESSIONS[protocol]}:{session}")
        for uid in spoke:
            self._tell_if_lost(protocol, uid)

    def _tell_if_lost(self, protocol, uid):
        if not self.online(protocol, uid):
            self.engine.tell(HOMES[protocol], UserLost(uid, protocol))


class Client:
    """One connection, to the lobby or to a room server."""

    def __init__(self, inn, protocol):
        self.inn = inn
        self.session = next(inn.sessions)
        inn.hub.protocols[self.session] = protocol
        inn.hub.told[self.session] = []
        self.actor = f"{SESSIONS[protocol]}:{self.session}"
        self.seq = itertools.count(1)
        inn.tell(self.actor, SessionOpened(self.session, "127.0.0.1"))

    def post(self, request):
        """Send and let nothing go to disk yet."""
        self.inn.engine.tell(self.actor, FromSession(self.session, request))

    def send(self, request):
        self.inn.tell(self.actor, FromSession(self.session, request))

    def ask(self, kind, **fields):
        """Send, and return the answer: what came back with the request's number."""
        seq = next(self.seq)
        before = len(self.told)
        self.send(kind(seq=seq, **fields))
        [answer] = [m for m in self.told[before:] if getattr(m, "seq", None) == seq]
        self.told.remove(answer)
        return answer

    def code(self, kind, **fields):
        return self.ask(kind, **fields).code

    @property
    def told(self):
        return self.inn.hub.told[self.session]

    def take(self, kind=None):
        """Return and forget what was told, of one kind or all."""
        told = self.told
        taken = [m for m in told if kind is None or isinstance(m, kind)]
        self.inn.hub.told[self.session] = [m for m in told if m not in taken]
        return taken

    def services(self):
        """Return and forget the ids of what was told."""
        return [message.service for message in self.take()]

    def cut(self):
        self.inn.hub.end(self.session)
        self.inn.flush()

    @property
    def closed(self):
        return self.inn.hub.closed.get(self.session)


class Player:
    """Somebody with a connection to the lobby, and maybe one to his game."""

    def __init__(self, inn, uid):
        self.inn, self.uid = inn, uid
        self.lobby = self.game = None
        self.way = None
        """The newest 50."""

    def log_in(self):
        self.lobby = Client(self.inn, LOBBY)
        self.lobby.take()
        answer = self.inn.log_in(self.lobby, self.uid)
        assert answer.code == 0
        return answer

    def find_way(self):
        """Return the newest 50."""
        for way in self.lobby.take(wire.GameAt):
            self.way = way
        return self.way

    def show(self, client, **fields):
        """Show the ticket, or what is given instead."""
        way = self.way
        ticket = {"room_id": way.room_id, "player_id": self.uid, "ticket": way.ticket}
        return client.code(wire.Verify, **{**ticket, **fields})

    def enter(self):
        """Connect to the game with the newest ticket."""
        self.find_way()
        self.game = Client(self.inn, ROOM)
        assert self.show(self.game) == 0
        return self.game

    def does(self, kind, **fields):
        """Send a command; return its code."""
        return self.game.code(kind, **fields)


class Inn:
    """An engine with its ports in hand."""

    def __init__(self, data, *, open=False, here=HERE, key=b"k" * 32, clock=None, **settings):
        self.data, self.options = data, {"open": open, "here": here, "key": key, **settings}
        self.clock = clock or Clock()
        self.hub = Hub()
        self.decks = Decks(key)
        self.reports = []
        self.sessions = itertools.count(1)
        self.randomness = Randomness()
        self.recorder = SealedSQLiteRecorder(LogDatastore(data / "log.db"))
        self.recorder.create_table()
        self.writer = InlineWriter()
        self.engine = self.hub.engine = Engine(
            recorder=self.recorder,
            writer=self.writer,
            kinds=KINDS,
            actors={
                "user": User,
                "treasure.session": LobbySession,
                "treasure.lobby": TreasureLobby,
                "treasure.room": TreasureRoom,
                "treasure.servers": RoomServers,
                "treasure.node.session": RoomServerSession,
                "treasure.game": TreasureGame,
                "treasure.gamehome": GameHome,
                "treasure.game.session": GameSession,
            },
            roots=[facts.SERVERS_ID, facts.LOBBY_ID],
            hub=self.hub,
            clock=self.clock,
            randomness=self.randomness,
            decks=self.decks,
            settings=ActorSettings(
                open=open, treasure=TreasureSettings(**settings), game_server=here
            ),
            report=lambda event, **fields: self.reports.append(event),
        )

    def recover(self, last_at=0):
        self.engine.recover(last_at)
        self.flush()

    def flush(self):
        self.writer.flush()

    def tell(self, actor_id, message):
        self.engine.tell(actor_id, message)
        self.flush()

    def restart(self, *, after=1.0, **changes):
        """Kill the engine and start another on its log; every connection is gone."""
        last = self.clock.time
        self.clock.time += int(after * SECOND)
        self.recorder.close()
        inn = Inn(self.data, clock=self.clock, **{**self.options, **changes})
        inn.sessions, inn.randomness.count = self.sessions, self.randomness.count
        inn.recover(last)
        return inn

    def pass_time(self, seconds):
        """Let time go by, firing what is due on the way."""
        end = self.clock.time + int(seconds * SECOND)
        due = self.engine.timers.next_at()
        while due is not None and due <= end:
            self.clock.time = max(self.clock.time, due)
            due = self.engine.fire_timers()
            self.flush()
        self.clock.time = end

    # --- people ----------------------------------------------------------------------------

    def register(self, uid):
        if not self.state(account_id(uid)).registered:
            command = RegisterAccount(name=f"player{uid}", password_hash="h")
            self.tell(f"user:{uid}", Ask(0, command))

    def log_in(self, client, uid, *, token=None, name=None):
        """Log in as the network has somebody log in whose password was right."""
        seq = next(client.seq)
        request = wire.Login(
            seq=seq, name=name or f"player{uid}", token=token, password=None if token else "x"
        )
        self.tell(client.actor, LogIn(origin=client.actor, uid=uid, request=request))
        [answer] = [m for m in client.told if getattr(m, "seq", None) == seq]
        client.told.remove(answer)
        return answer

    def player(self, uid):
        self.register(uid)
        player = Player(self, uid)
        player.log_in()
        return player

    def players(self, number, first=1):
        return [self.player(uid) for uid in range(first, first + number)]

    def open_room(self, number=5, *, name="hall", ready=True, **request):
        """Have players sit in a room, all but the host ready; return them, the host first."""
        players = self.players(number, first=1 + 10 * len(self.lobby.rooms))
        created = players[0].lobby.ask(wire.CreateRoom, name=name, **{"max": 8, **request})
        password = request.get("password")
        for player in players[1:]:
            joined = player.lobby.code(wire.JoinRoom, room_id=created.room_id, password=password)
            assert joined == 0
            if ready:
                assert player.lobby.code(wire.ChangeReady, ready=True) == 0
        for player in players:
            player.lobby.take()
            player.room = created.room_id
        return players

    def start_game(self, number=5, **request):
        """Have players in a room be told where their game is."""
        players = self.open_room(number, **request)
        assert players[0].lobby.code(wire.StartGame) == 0
        for player in players:
            assert player.find_way() is not None
        return players

    def begin_game(self, number=5, **request):
        """Have a game begin with everybody there; nothing that was told is left."""
        players = self.start_game(number, **request)
        for player in players:
            player.enter()
        for player in players:
            player.game.take()
        return players

    # --- the log ---------------------------------------------------------------------------

    def state(self, aggregate_id):
        return self.engine.repository.get(aggregate_id)

    @property
    def lobby(self):
        return self.state(facts.LOBBY_ID)

    def room(self, room=1):
        return self.state(facts.room_id(room))

    def game(self, room=1, game=1):
        return self.state(facts.game_id(room, game))

    def seed(self, room=1, game=1):
        [salt] = [
            event.salt
            for event in self.events(facts.room_id(room))
            if isinstance(event, facts.GameCommitted) and event.game == game
        ]
        return self.decks.seed(room, game, salt)

    def events(self, aggregate_id):
        """Return an aggregate's events, as they lie on disk."""
        return [decode(topic, state) for _, topic, state in self.recorder.history(aggregate_id)]

    def names(self, aggregate_id):
        return [type(event).__name__ for event in self.events(aggregate_id)]

    def rows(self):
        return [
            (n.originator_id, n.topic, n.state.decode())
            for n in self.recorder.select_notifications(1, 1_000_000)
        ]


class FullDisk:
    """Stands before the recorder's commits; everything else is the recorder's."""

    def __init__(self, inn):
        self.inn = inn
        self._commit, self._probe = inn.recorder.commit, inn.recorder.probe
        self._full = False
        inn.recorder.commit, inn.recorder.probe = self._try_commit, self._try_probe

    def fill(self):
        self._full = True

    def free(self):
        """Make room, and let the engine find out."""
        self._full = False
        self.inn.writer.advance(1.0)
        self.inn.flush()
        assert self.inn.engine.accepting

    def _refuse(self):
        if self._full:
            raise OperationalError("database or disk is full")

    def _try_commit(self, units):
        self._refuse()
        return self._commit(units)

    def _try_probe(self):
        self._refuse()
        return self._probe()


@pytest.fixture
def disk():
    return FullDisk


@pytest.fixture
def open_inn(tmp_path):
    """Opens inns; keyword arguments are settings of `treasure`."""

    def make(**options):
        inn = Inn(tmp_path, **options)
        inn.recover()
        return inn

    return make


@pytest.fixture
def inn(open_inn):
    return open_inn()


@pytest.fixture
def connect():
    """Connects to the lobby, or to the room server."""
    return lambda inn, protocol=LOBBY: Client(inn, protocol)


@pytest.fixture
def as_json():
    return lambda message: msgspec.json.decode(msgspec.json.encode(message))


@pytest.fixture
def here():
    return HERE


class Crowd:
    """Players of one game who do something in every stage, drawn from a number."""

    def __init__(self, inn, players, draw=1, room=1, game=1):
        self.inn, self.players = inn, players
        self.random = random.Random(draw)
        self.room, self.number = room, game

    @property
    def world(self):
        game = self.inn.game(self.room, self.number)
        return world_of(game, self.inn.seed(self.room, self.number))

    def act(self, number=None):
        """Have the first `number` of the living (None: all) act; return their codes."""
        game, world = self.inn.game(self.room, self.number), self.world
        living = [player for player in game.players if world.hp[player.seat]]
        by_uid = {player.uid: player for player in self.players}
        codes = []
        for one in living[:number]:
            kind, fields = self._choose(world, game, one.seat)
            codes.append(by_uid[one.uid].does(kind, **fields))
        return codes

    def _choose(self, world, game, seat):
        draw = self.random
        match world.stage:
            case 1:
                return wire.Move, {"to": draw.choice(sorted(stages.REACH[world.cells[seat]]))}
            case 2:
                near = [
                    player.uid
                    for player in game.players
                    if world.cells[player.seat] == world.cells[seat]
                    and world.hp[player.seat]
                    and player.seat != seat
                ]
                if world.ore[world.cells[seat]] and draw.random() < 0.6:
                    return wire.Mine, {}
                kind = draw.choice([wire.Attack, wire.Heal])
                return kind, {"target": draw.choice(near) if near else None}
            case 3:
                lot = draw.choice(world.lots)
                if world.gold[seat] >= lot.min:
                    return wire.Bid, {"lot_id": lot.lot_id, "price": lot.min}
                return wire.Bid, {}
            case _:
                return wire.Explore, {"skip": draw.random() < 0.1}

    def play_on(self, most=28):
        """Play to the end, or for so many stages."""
        for _ in range(most):
            if not self.inn.game(self.room, self.number).stage:
                return
            assert set(self.act()) == {0}


@pytest.fixture
def crowd():
    return Crowd
