"""The whole engine in one thread: a fake clock, a hub in memory, real rules and a real log."""

import hashlib
import sys
from pathlib import Path

import msgspec
import pytest

from parlour.actors.beehive.group import BeehiveGroup
from parlour.actors.beehive.lobby import BeehiveLobby
from parlour.actors.beehive.node_session import NodeSession
from parlour.actors.beehive.nodes import BeehiveNodes
from parlour.actors.beehive.room import BeehiveRoom
from parlour.actors.beehive.session import BeehiveSession
from parlour.actors.beehive.settings import BeehiveSettings, ClusterSettings
from parlour.actors.beehive.user import BeehiveUser
from parlour.actors.engine import Engine
from parlour.actors.landlord.lobby import Lobby
from parlour.actors.landlord.session import LandlordSession
from parlour.actors.landlord.settings import LandlordSettings
from parlour.actors.landlord.table import LandlordTable
from parlour.actors.messages import FromSession, SessionOpened, UserLost
from parlour.actors.ports import Admit, Backlog, Bind, Close, CloseUser, Publish, Reply, Unbind
from parlour.actors.settings import ActorSettings
from parlour.actors.techmino.app_session import AppSession
from parlour.actors.techmino.chat_room import ChatRoom
from parlour.actors.techmino.chat_session import ChatSession
from parlour.actors.techmino.lobby import TechminoLobby
from parlour.actors.techmino.match import Match
from parlour.actors.techmino.play_session import PlaySession
from parlour.actors.techmino.room import PlayRoom
from parlour.actors.techmino.settings import TechminoSettings
from parlour.actors.techmino.stream_session import StreamSession
from parlour.actors.techmino.user_session import UserSession
from parlour.actors.user import User
from parlour.events import beehive, techmino
from parlour.events.datastore import LogDatastore
from parlour.events.kinds import KINDS
from parlour.events.landlord import LOBBY_ID
from parlour.events.messages import landlord as wire
from parlour.events.recorder import SealedSQLiteRecorder
from parlour.events.rules.landlord.deck import secrets as deck_secrets
from parlour.events.writers import InlineWriter

# Tests are imported by path (importlib mode); what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

START = 1_790_000_000_000_000
SECOND = 1_000_000


class FakeClock:
    def __init__(self):
        self.time = START

    def now(self):
        return self.time


class FakeHub:
    """Connections in memory: what each session was told, in order."""

    def __init__(self):
        self.told = {}
        self.bound = {}
        self.announced = {}
        self.let_in = set()
        self.closed = []
        self.engine = None
        """Told what a backlog has told when its last page has left."""
        self.on_close = None
        """Called with each session that is closed; None where tests end connections themselves."""
        self.slow = None
        """Backlogs that wait to be read; None where each is read at once."""

    def announce(self, session, protocol, uid, device=0):
        self.announced[session] = (protocol, device or uid)

    def retract(self, session):
        self.announced.pop(session, None)

    def speaker(self, session):
        bound = {s: uid for (_, uid), s in self.bound.items()}
        return self.announced.get(session, (None, 0))[1] or bound.get(session, 0)

    def admitted(self, session):
        return session in self.let_in

    def online(self, protocol, uid):
        return (protocol, uid) in self.bound or (protocol, uid) in self.announced.values()

    def deliver(self, outputs):
        for output in outputs:
            match output:
                case Reply(session, message):
                    self.told.setdefault(session, []).append(message)
                case Publish(protocol, uids, message):
                    for uid in (
                        [u for p, u in self.bound if p == protocol] if uids is None else uids
                    ):
                        if (protocol, uid) in self.bound:
                            self.told[self.bound[protocol, uid]].append(message)
                case Bind(session, protocol, uid, device):
                    self.retract(session)
                    self.let_in.add(session)
                    older = self.bound.get((protocol, device or uid))
                    self.bound[protocol, device or uid] = session
                    if device and older not in (None, session):
                        self._close(older, "taken_over")
                case Admit(session):
                    self.let_in.add(session)
                case Unbind(session):
                    self.bound = {k: s for k, s in self.bound.items() if s != session}
                case Close(session, reason):
                    self._close(session, reason)
                case CloseUser(uid, reason):
                    self.closed.append((self.bound.get(("landlord", uid)), reason))
                case Backlog() if self.slow is not None:
                    self.slow.append(output)
                case Backlog():
                    list(self.read(output))

    def read(self, backlog):
        """Tell a backlog, page by page, and that it is told."""
        for page in backlog.pages():
            self.told.setdefault(backlog.session, []).extend(page)
            yield page
        if backlog.then is not None:
            self.engine.tell(*backlog.then)

    def _close(self, session, reason):
        if session in [ended for ended, _ in self.closed]:
            return
        self.closed.append((session, reason))
        if self.on_close is not None:
            self.on_close(session)


class Counter:
    """Randomness that repeats."""

    def __init__(self):
        self.count = 0

    def token(self, size):
        self.count += 1
        return self.count.to_bytes(size, "big")


class Decks:
    def __init__(self, key=b"k" * 32):
        self.key = key

    def secrets(self, tid, hand, salt):
        return deck_secrets(self.key, tid, hand, salt)

    def keyed_hash(self, purpose, text):
        return hashlib.sha256(self.key + f"{purpose}/{text}".encode()).hexdigest()


class House:
    """An engine with its ports in hand."""

    def __init__(
        self,
        data,
        *,
        open=True,
        settings=None,
        techmino_settings=None,
        beehive_settings=None,
        cluster=None,
        decks=None,
        clock=None,
        randomness=None,
    ):
        self.clock = clock or FakeClock()
        self.hub = FakeHub()
        self.decks = decks or Decks()
        self.randomness = randomness or Counter()
        self.reports = []
        self.recorder = SealedSQLiteRecorder(LogDatastore(data / "log.db"))
        self.recorder.create_table()
        self.writer = InlineWriter()
        self.engine = Engine(
            recorder=self.recorder,
            writer=self.writer,
            kinds=KINDS,
            actors={
                "user": User,
                "landlord.session": LandlordSession,
                "landlord.lobby": Lobby,
                "landlord.table": LandlordTable,
                "techmino.app.session": AppSession,
                "techmino.user.session": UserSession,
                "techmino.chat.session": ChatSession,
                "techmino.play.session": PlaySession,
                "techmino.stream.session": StreamSession,
                "techmino.lobby": TechminoLobby,
                "techmino.chat": ChatRoom,
                "techmino.room": PlayRoom,
                "techmino.match": Match,
                "beehive.session": BeehiveSession,
                "beehive.lobby": BeehiveLobby,
                "beehive.user": BeehiveUser,
                "beehive.group": BeehiveGroup,
                "beehive.room": BeehiveRoom,
                "beehive.nodes": BeehiveNodes,
                "beehive.node.session": NodeSession,
            },
            roots=[LOBBY_ID, techmino.LOBBY_ID, beehive.LOBBY_ID, beehive.NODES_ID],
            hub=self.hub,
            clock=self.clock,
            randomness=self.randomness,
            decks=self.decks,
            settings=ActorSettings(
                open=open,
                landlord=settings or LandlordSettings(),
                techmino=techmino_settings or TechminoSettings(),
                beehive=beehive_settings or BeehiveSettings(),
                cluster=cluster or ClusterSettings(),
            ),
            report=lambda event, **fields: self.reports.append((event, fields)),
        )
        self.hub.engine = self.engine
        self.sessions = 0

    def connect(self):
        self.sessions += 1
        self.hub.told[self.sessions] = []
        self.engine.tell(
            f"landlord.session:{self.sessions}", SessionOpened(self.sessions, "127.0.0.1")
        )
        return self.sessions

    def send(self, session, request):
        self.engine.tell(f"landlord.session:{session}", FromSession(session, request))
        self.writer.flush()

    def join(self, uid, *, type=1, zone=0, skey="x", session=None):
        session = session or self.connect()
        self.send(session, wire.JoinTable(type=type, zone=zone, uid=uid, skey=skey))
        return session

    def cut(self, session):
        """Lose a connection, as the hub would tell it."""
        for key, bound in list(self.hub.bound.items()):
            if bound == session:
                protocol, uid = key
                del self.hub.bound[key]
                home = LOBBY_ID if protocol == "landlord" else techmino.LOBBY_ID
                self.engine.tell(home, UserLost(uid, protocol))
        self.hub.retract(session)
        self.engine.end(f"landlord.session:{session}")
        self.writer.flush()

    def take(self, session, kind=None):
        """Return and forget what a session was told, of one kind or all."""
        told = self.hub.told[session]
        taken = [m for m in told if kind is None or isinstance(m, kind)]
        self.hub.told[session] = [m for m in told if m not in taken] if kind else []
        return taken

    def pass_time(self, seconds):
        """Let time go by, firing what is due on the way."""
        end = self.clock.time + int(seconds * SECOND)
        due = self.engine.timers.next_at()
        while due is not None and due <= end:
            self.clock.time = max(self.clock.time, due)
            due = self.engine.fire_timers()
            self.writer.flush()
        self.clock.time = end

    def state(self, aggregate_id):
        return self.engine.repository.get(aggregate_id)

    def rows(self):
        return [
            (n.originator_id, n.originator_version, n.topic, msgspec.json.decode(n.state))
            for n in self.recorder.select_notifications(1, 1_000_000)
        ]

    def names(self):
        return [topic.partition("@")[0] for _, _, topic, _ in self.rows()]


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


@pytest.fixture
def house_of(tmp_path):
    def make(**options):
        return House(tmp_path, **options)

    return make


@pytest.fixture(scope="session")
def new_house():
    """Makes houses in folders that the test brings."""
    return House
