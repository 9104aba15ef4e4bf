"""A real engine of the treasure game on a real log, with a clock by hand and luck that repeats."""

import hashlib
import itertools

from treasure_players import Hub, Player

from parlour.actors.accounts import RegisterAccount
from parlour.actors.engine import Engine
from parlour.actors.messages import Ask
from parlour.actors.settings import ActorSettings
from parlour.actors.treasure.game import TreasureGame
from parlour.actors.treasure.game_home import GameHome
from parlour.actors.treasure.game_session import GameSession
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
from parlour.events.rules.treasure import draws
from parlour.events.writers import InlineWriter

START = 1_790_000_000_000_000
SECOND = 1_000_000
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


class Inn:
    """An engine with its ports in hand."""

    def __init__(self, data, *, open=False, here=HERE, key=b"k" * 32, clock=None, **settings):
        self.data, self.options = data, {"open": open, "here": here, "key": key, **settings}
        self.clock = clock or Clock()
        self.hub = Hub()
        self.decks = Decks(key)
        self.reports, self.lines = [], []
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
            report=self._report,
        )

    def _report(self, event, **fields):
        self.reports.append(event)
        self.lines.append((event, fields))

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
