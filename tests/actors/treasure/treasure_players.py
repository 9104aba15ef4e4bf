"""Connections in lists: what each was told, and the players of the treasure game behind them."""

import itertools

from parlour.actors.messages import FromSession, SessionOpened, UserLost
from parlour.actors.ports import Bind, Close, CloseUser, Publish, Reply
from parlour.actors.treasure.game_home import GAME_HOME
from parlour.actors.treasure.link_messages import LINKS
from parlour.events import treasure as facts
from parlour.events.messages import treasure as wire

LOBBY, ROOM = "treasure", "treasure-room"
SESSIONS = {
    LOBBY: "treasure.session",
    ROOM: "treasure.game.session",
    LINKS: "treasure.node.session",
}
HOMES = {LOBBY: facts.LOBBY_ID, ROOM: GAME_HOME, LINKS: facts.SERVERS_ID}


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
