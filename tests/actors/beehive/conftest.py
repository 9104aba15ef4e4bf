"""Instant messaging in memory: each client a session of the real engine and what it was told."""

import hashlib
import itertools
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from full_disks import FullDisk

from parlour.actors.accounts import RegisterAccount
from parlour.actors.beehive.settings import BeehiveSettings, ClusterSettings
from parlour.actors.messages import Ask, FromSession, SessionOpened, UserLost
from parlour.events import beehive as facts
from parlour.events.account import account_id
from parlour.events.errors import EngineError
from parlour.events.event import decode
from parlour.events.messages.beehive import common, private, push
from parlour.events.messages.beehive.packet import Packet, Request

# Tests are imported by path (importlib mode); what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

from room_talk import join


class Client:
    """One connection of a device, or of a node."""

    def __init__(self, hive, session, service="beehive"):
        self.hive, self.session, self.service = hive, session, service
        self.uid = self.sid = 0
        self.seq = itertools.count(1)

    @property
    def actor(self):
        kind = "beehive.node.session" if self.service == "beehive-nodes" else "beehive.session"
        return f"{kind}:{self.session}"

    # --- saying ----------------------------------------------------------------------------

    def say(self, message, *, seq=None, sid=None, implied=False):
        """Send one packet; return its number."""
        seq = next(self.seq) if seq is None else seq
        digest = hashlib.blake2b(
            repr(message).encode("utf-8", "surrogatepass"), digest_size=8
        ).hexdigest()
        request = Request(message, seq, self.sid if sid is None else sid, digest, implied)
        self.hive.house.engine.tell(self.actor, FromSession(self.session, request))
        self.hive.flush()
        return seq

    def ask(self, message, **header):
        """Send, and return the one packet with the same number that answers it."""
        kept = self.packets
        seq = self.say(message, **header)
        told = self.packets[len(kept) :]
        answers = [packet for packet in told if packet.seq == seq and packet.sid == 0]
        assert len(answers) == 1, told
        self.hive.house.hub.told[self.session].remove(answers[0])
        return answers[0].message

    def code(self, message, **header):
        """Send, and return the code of the answer."""
        return self.ask(message, **header).code

    def online(self, uid=None, sid=None, *, token="x", implied=False, header=0, seq=1):
        """Say ONLINE; return the answer."""
        self.uid, wanted = uid or self.uid, self.sid if sid is None else sid
        online = common.Online(
            uid=self.uid, sid=0 if implied else wanted, token=token, app="t", version="1"
        )
        answer = self.ask(online, seq=seq, sid=header if implied else wanted, implied=implied)
        if answer.code == 0:
            self.sid = answer.sid
            self.seq = itertools.count(answer.seq)
        return answer

    def chat(self, duid, text="hello", **header):
        return self.code(self.a_chat(duid, text), **header)

    def a_chat(self, duid, text="hello"):
        return private.Chat(suid=self.uid, duid=duid, level=0, time=7, text=text)

    def a_p2p(self, duid, data=b"bytes"):
        return push.P2P(suid=self.uid, duid=duid, time=7, data=data)

    def ack(self, packet):
        """Acknowledge a CHAT or a P2P that was heard."""
        said = packet.message
        kind = private.ChatAck if isinstance(said, private.Chat) else push.P2PAck
        self.say(kind(suid=said.suid, duid=said.duid, code=0, errmsg="Ok"), seq=packet.seq)

    def sync(self):
        """SYNC; return what was told before the SYNC-ACK."""
        self.take()
        seq = self.say(common.Sync(uid=self.uid))
        told = self.take()
        assert told, "no SYNC-ACK"
        assert told[-1] == Packet(common.SyncAck(uid=self.uid, code=0, errmsg="Ok"), seq)
        return told[:-1]

    def synced(self):
        """SYNC; return the texts (or bytes) of the messages told."""
        return [words(packet.message) for packet in self.sync()]

    # --- hearing ---------------------------------------------------------------------------

    @property
    def packets(self):
        return list(self.hive.house.hub.told[self.session])

    def take(self, kind=None):
        """Return and forget the packets heard, of one kind or all."""
        told = self.packets
        taken = [p for p in told if kind is None or isinstance(p.message, kind)]
        self.hive.house.hub.told[self.session] = [p for p in told if p not in taken]
        return taken

    def heard(self, kind=None):
        """Return and forget the messages heard."""
        return [packet.message for packet in self.take(kind)]

    def texts(self):
        """Return and forget the texts of the chats heard."""
        return [words(packet.message) for packet in self.take(private.Chat)]

    @property
    def closed(self):
        return [reason for session, reason in self.hive.house.hub.closed if session == self.session]

    def cut(self):
        """Lose the connection."""
        self.hive.end(self.session)
        self.hive.flush()


class Hive:
    """A house full of people who chat."""

    _breathing = False

    def __init__(self, open_house, *, open=True, secret="", **settings):
        self._open_house = open_house
        self._options = {
            "open": open,
            "beehive_settings": BeehiveSettings(**settings),
            "cluster": ClusterSettings(secret=secret),
        }
        self.house = open_house(**self._options)
        self.house.hub.on_close = self.end
        self.house.engine.recover(0)
        self.flush()

    def flush(self):
        if not self._breathing:
            self.house.writer.flush()

    @contextmanager
    def one_breath(self):
        """Have everything said here be handled before anything of it is on disk."""
        self._breathing = True
        yield
        self._breathing = False
        self.flush()

    def restart(self, *, after=1.0):
        """Kill the engine and start another on its log; every connection is gone."""
        old, last = self.house, self.house.clock.time
        old.clock.time += int(after * 1_000_000)
        old.recorder.close()
        self.house = self._open_house(
            **self._options, clock=old.clock, randomness=old.randomness, decks=old.decks
        )
        self.house.hub.on_close = self.end
        self.house.sessions = old.sessions
        self.house.engine.recover(last)
        self.flush()

    # --- connections -----------------------------------------------------------------------

    def connect(self, service="beehive"):
        house = self.house
        house.sessions += 1
        house.hub.told[house.sessions] = []
        client = Client(self, house.sessions, service)
        house.engine.tell(client.actor, SessionOpened(client.session, "127.0.0.1"))
        self.flush()
        return client

    def come(self, uid, sid=None, **online):
        """Bring a device online; its sid is the uid's with two digits more, unless given."""
        client = self.connect()
        answer = client.online(uid, uid * 100 if sid is None else sid, **online)
        assert answer.code == 0, answer
        return client

    def end(self, session):
        """A connection ends: the hub forgets it, and tells whom nobody speaks for any more."""
        hub = self.house.hub
        spoke = [key for key, bound in hub.bound.items() if bound == session]
        for key in spoke:
            del hub.bound[key]
        announced = hub.announced.pop(session, None)
        for protocol, number in {*spoke, *([announced] if announced else [])}:
            if not hub.online(protocol, number):
                home = facts.LOBBY_ID if protocol == "beehive" else facts.NODES_ID
                self.house.engine.tell(home, UserLost(number, protocol))
        self.house.engine.end(f"beehive.session:{session}")
        self.house.engine.end(f"beehive.node.session:{session}")

    def register(self, uid, *, operator=False):
        if not self.house.state(account_id(uid)).registered:
            command = RegisterAccount(name=f"player{uid}", operator=operator)
            self.house.engine.tell(f"user:{uid}", Ask(0, command))
            self.flush()

    @contextmanager
    def slow_pages(self):
        """Have backlogs wait until they are read; those left are never told."""
        self.house.hub.slow = []
        yield SlowPages(self)
        self.house.hub.slow = None

    def full_disk(self):
        """Return what fills and frees the disk of the running engine."""
        return FullDisk(self.house, self.flush)

    # --- asking ----------------------------------------------------------------------------

    def order(self, actor_id, command):
        """Return what `Engine.ask` answers, or the refusal's code."""
        answers = []

        class Future:
            def done(self):
                return False

            def set_result(self, value):
                answers.append(value)

            def set_exception(self, error):
                answers.append(error)

        engine = self.house.engine
        engine._ticket += 1
        engine._asks[engine._ticket] = Future()
        engine.tell(actor_id, Ask(engine._ticket, command))
        self.flush()
        [answer] = answers
        return getattr(answer, "code", answer) if isinstance(answer, EngineError) else answer

    def pass_time(self, seconds):
        self.house.pass_time(seconds)

    # --- the log ---------------------------------------------------------------------------

    def state(self, aggregate_id):
        return self.house.state(aggregate_id)

    def events(self, aggregate_id):
        """Return an aggregate's events, as they lie on disk."""
        return [
            decode(topic, state) for _, topic, state in self.house.recorder.history(aggregate_id)
        ]

    def names(self, aggregate_id):
        return [type(event).__name__ for event in self.events(aggregate_id)]


class SlowPages:
    """Backlogs whose peers read when the test says so."""

    def __init__(self, hive):
        self._hive = hive

    def each(self):
        """Yield the pages of all that wait, and of what begins meanwhile."""
        hub = self._hive.house.hub
        while hub.slow:
            yield from hub.read(hub.slow.pop(0))
            self._hive.flush()

    def read(self):
        return list(self.each())


def words(message):
    """Return what a message says."""
    return message.data if isinstance(message, push.P2P) else message.text


@pytest.fixture
def disk(hive):
    return hive.full_disk()


@pytest.fixture
def hive_of(house_of):
    """Makes hives with settings of `beehive`."""

    def make(**settings):
        return Hive(house_of, **settings)

    return make


@pytest.fixture
def hive(hive_of):
    return hive_of()


@pytest.fixture
def roommates(hive):
    """Three in a room that nobody made; what they were told till then is forgotten."""
    clients = [hive.come(uid) for uid in (1, 2, 3)]
    for client in clients:
        join(client)
    hive.pass_time(5)
    for client in clients:
        client.take()
    return clients


@pytest.fixture(scope="session")
def new_hive():
    """Makes hives in houses that the test brings."""
    return Hive
