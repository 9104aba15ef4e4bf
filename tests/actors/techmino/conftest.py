"""Techmino clients in memory: each a session of the real engine and what it was told."""

import msgspec
import pytest
from full_disks import FullDisk

from parlour.actors.accounts import RegisterAccount
from parlour.actors.messages import Ask, FromSession, SessionOpened
from parlour.actors.techmino.messages import Login
from parlour.actors.techmino.settings import TechminoSettings
from parlour.events.account import account_id
from parlour.events.event import decode
from parlour.events.messages.techmino import chat, play, stream
from parlour.events.rules.techmino import match as rules
from parlour.events.rules.techmino.result import result_of
from parlour.events.rules.techmino.state import Match
from parlour.events.techmino import LOBBY_ID, MatchEnded, chat_id, match_id, room_id


class Client:
    """One connection: to `chat`, `play` or `stream`."""

    def __init__(self, club, protocol, session, uid):
        self.club, self.protocol, self.session, self.uid = club, protocol, session, uid

    @property
    def actor(self):
        return f"{self.protocol}.session:{self.session}"

    def send(self, request):
        self.club.house.engine.tell(self.actor, FromSession(self.session, request))
        self.club.house.writer.flush()

    def ask(self, request):
        """Send, and return everything this client is told because of it."""
        self.take()
        self.send(request)
        return self.take()

    def take(self, kind=None):
        return self.club.house.take(self.session, kind)

    def json(self):
        """Return what it was told as it stands on the wire."""
        return [msgspec.json.decode(msgspec.json.encode(message)) for message in self.take()]

    def cut(self):
        self.club.house.cut(self.session)
        self.club.house.engine.end(self.actor)

    @property
    def closed(self):
        return [reason for session, reason in self.club.house.hub.closed if session == self.session]


class Club:
    """A house full of Techmino players."""

    def __init__(self, open_house, **settings):
        self._open_house = open_house
        self._settings = TechminoSettings(**settings)
        self.house = open_house(techmino_settings=self._settings)

    def restart(self, *, after=1.0):
        """Kill the engine and start another on its log; every connection is gone."""
        old, last = self.house, self.house.clock.time
        old.clock.time += int(after * 1_000_000)
        old.recorder.close()
        self.house = self._open_house(
            techmino_settings=self._settings, clock=old.clock, randomness=old.randomness
        )
        self.house.sessions = old.sessions
        self.house.engine.recover(last)
        self.house.writer.flush()

    # --- connections -----------------------------------------------------------------------

    def register(self, uid, name=None):
        if not self.house.state(account_id(uid)).registered:
            command = RegisterAccount(name=name or f"player{uid}")
            self.house.engine.tell(f"user:{uid}", Ask(0, command))
            self.house.writer.flush()

    def connect(self, endpoint, uid, **login):
        self.register(uid)
        house = self.house
        house.sessions += 1
        session = house.sessions
        house.hub.told[session] = []
        protocol = f"techmino.{endpoint}"
        client = Client(self, protocol, session, uid)
        opened = SessionOpened(session, "127.0.0.1", Login(uid=uid, **login))
        if endpoint in ("chat", "play", "stream"):  # as the hub does
            house.hub.announce(session, protocol, uid)
            older = house.hub.bound.pop((protocol, uid), None)
            if older is not None:
                house.engine.end(f"{protocol}.session:{older}")
        house.engine.tell(client.actor, opened)
        house.writer.flush()
        return client

    def chat(self, uid, *rids, **login):
        client = self.connect("chat", uid, **login)
        for rid in rids:
            client.send(chat.JoinChat(rid=rid))
        return client

    def play(self, uid, **login):
        return self.connect("play", uid, **login)

    def stream(self, uid, rid, **login):
        return self.connect("stream", uid, rid=rid, **login)

    def pass_time(self, seconds):
        self.house.pass_time(seconds)

    # --- what most tests begin with --------------------------------------------------------

    def open_room(self, *uids, plays_only=(), **request):
        """Have the first create a room and the others enter it; return (rid, clients)."""
        clients = [self.play(uid, plays_only=uid in plays_only) for uid in uids]
        before = set(self.lobby.rooms)
        clients[0].send(play.CreateRoom(**{"type": "classic", "config": "c", **request}))
        [rid] = set(self.lobby.rooms) - before
        for client in clients[1:]:
            client.send(play.EnterRoom(rid=rid, config="c", password=request.get("password", "")))
        return rid, clients

    def start_match(self, *uids, **options):
        """Have players open a room, be ready and wait; return (rid of the stream, clients)."""
        rid, clients = self.open_room(*uids, **options)
        for client in clients:
            client.send(play.ChangeReady(ready=True))
        self.pass_time(2)
        return self.room(rid).match, clients

    def begin_match(self, *uids, watchers=(), **options):
        """Have a match begin; return (rid of the stream, play clients, stream clients)."""
        rid, clients = self.start_match(*uids, **options)
        streams = [self.stream(uid, rid) for uid in (*uids, *watchers)]
        self.pass_time(1)
        assert self.match(rid).began_at
        return rid, clients, streams

    # --- the log ---------------------------------------------------------------------------

    @property
    def lobby(self):
        return self.house.state(LOBBY_ID)

    def chat_room(self, rid):
        return self.house.state(chat_id(rid))

    def room(self, rid):
        return self.house.state(room_id(rid))

    def match(self, rid):
        return self.house.state(match_id(rid))

    def events(self, aggregate_id):
        """Return an aggregate's events, as they lie on disk."""
        return [
            decode(topic, state) for _, topic, state in self.house.recorder.history(aggregate_id)
        ]

    def replayed(self, rid):
        """Return the result of a match as it follows from its other events alone."""
        match = Match()
        for event in self.events(match_id(rid)):
            if not isinstance(event, MatchEnded):
                match = rules.evolve(match, event)
        return result_of(match)

    def names(self, aggregate_id):
        return [type(event).__name__ for event in self.events(aggregate_id)]


@pytest.fixture
def disk(club):
    return FullDisk(club.house)


@pytest.fixture
def club_of(house_of):
    """Makes clubs with settings of `techmino`."""

    def make(**settings):
        return Club(house_of, **settings)

    return make


@pytest.fixture
def club(club_of):
    return club_of()


@pytest.fixture(scope="session")
def new_club():
    """Makes clubs on houses that the test opens itself."""
    return Club


@pytest.fixture
def types():
    return lambda messages: [type(message).__name__ for message in messages]


@pytest.fixture
def deaths():
    """What a client sends when its player is out."""
    return lambda score, seconds=10: stream.Die(score=score, survivalTime=seconds)
