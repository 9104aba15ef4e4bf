"""Techmino's rooms and matches in a real log, without an engine.

`Hall` asks the rules, and records what they answer as the room, match and lobby actors do: what
several aggregates tell of one thing in one unit. Its clock moves when it is told to.
"""

from __future__ import annotations

from collections.abc import Iterable

from tables import Room as LogRoom

from parlour.events import techmino as facts
from parlour.events.event import Event
from parlour.events.rules.techmino import chat, commands, match, record, room
from parlour.events.rules.techmino.record import Attack, RecordEvent
from parlour.events.rules.techmino.state import Chat, Match, Room

ROOM_TERMS = commands.RoomTerms(least=2, start_us=2_000_000, return_us=30_000_000)
MATCH_TERMS = facts.MatchTerms(connect_seconds=10.0, settle_seconds=1.0, end_seconds=3.0)
CONFIG = '{"das":10,"arr":2,"RS":"TRS"}'


def rid_of(number: int) -> str:
    """Return an rid as long as real ones are."""
    return f"{number:032x}"


class Hall:
    """Chat rooms, play rooms and matches over one log."""

    def __init__(self, log: LogRoom):
        self.log = log
        self.numbers = iter(range(1, 10_000))
        self.sent: dict[tuple[str, int], int] = {}
        """The last frame of each record, by match and uid."""

    def wait(self, seconds: float) -> None:
        self.log.wait(seconds)

    @property
    def at(self) -> int:
        return self.log.now()

    def state(self, aggregate_id: str):
        return self.log.repository.get(aggregate_id)

    def record(self, aggregate_id: str, *events: Event) -> None:
        self.log.record(aggregate_id, *events)

    # --- chat ------------------------------------------------------------------------------

    def join(self, rid: str, uid: int) -> None:
        self._chat(rid, commands.Join(at=self.at, uid=uid, username=f"player {uid}", capacity=9))

    def say(self, rid: str, uid: int, text: str) -> None:
        self._chat(rid, commands.Say(at=self.at, uid=uid, username=f"player {uid}", text=text))

    def leave(self, rid: str, uid: int) -> None:
        self._chat(rid, commands.Leave(at=self.at, uid=uid))

    def empty(self, rid: str) -> None:
        self._chat(rid, commands.Resume(at=self.at))

    def _chat(self, rid: str, command: commands.Command) -> None:
        chat_id = facts.chat_id(rid)
        before: Chat = self.state(chat_id)
        self.record(chat_id, *chat.decide(before, command))

    # --- play rooms ------------------------------------------------------------------------

    def open_room(self, uid: int, *, kind: str = "classic", password: str = "") -> str:
        rid = rid_of(next(self.numbers))
        self.in_room(
            rid,
            commands.Open(
                at=self.at,
                rid=rid,
                type=kind,
                name=f"{kind} room",
                capacity=6,
                salt="salt" if password else "",
                password=password,
                uid=uid,
                username=f"player {uid}",
                config=CONFIG,
                plays_only=False,
            ),
        )
        return rid

    def enter(self, rid: str, uid: int, password: str = "") -> None:
        self.in_room(
            rid,
            commands.Enter(
                at=self.at,
                uid=uid,
                username=f"player {uid}",
                config=CONFIG,
                plays_only=False,
                password=password,
            ),
        )

    def exit(self, rid: str, uid: int, reason: facts.LeaveReason = "left") -> None:
        self.in_room(rid, commands.Leave(at=self.at, uid=uid, reason=reason))

    def ready(self, rid: str, *uids: int, ready: bool = True) -> None:
        for uid in uids:
            self.in_room(rid, commands.ChangeReady(at=self.at, uid=uid, ready=ready))

    def talk(self, rid: str, uid: int, text: str) -> None:
        said = commands.Say(at=self.at, uid=uid, username=f"player {uid}", text=text)
        self.in_room(rid, said)

    def in_room(self, rid: str, command: commands.Command) -> None:
        room_id = facts.room_id(rid)
        with self.log.unit():
            for event in room.decide(self.state(room_id), command, ROOM_TERMS):
                before: Room = self.state(room_id)
                self.record(room_id, event)
                self._tell(before, event)

    def _tell(self, before: Room, event: Event) -> None:
        at = event.at
        match event:
            case facts.RoomOpened(rid=rid, type=kind):
                self.record(facts.LOBBY_ID, facts.RoomListed(at=at, rid=rid, type=kind))
            case facts.RoomClosed():
                self.record(facts.LOBBY_ID, facts.RoomDelisted(at=at, rid=before.rid))
            case facts.MatchStarted(match=rid):
                opened = match_opened(before, rid, at)
                self.record(facts.match_id(rid), opened)
                self.record(facts.LOBBY_ID, facts.MatchListed(at=at, rid=rid))

    # --- matches ---------------------------------------------------------------------------

    def start(self, rid: str, *uids: int) -> str:
        """Have these (all members) be ready, and wait for the match; return its rid."""
        self.ready(rid, *uids)
        self.wait(2)
        match_rid = rid_of(next(self.numbers))
        self.in_room(rid, commands.Wake(at=self.at, match=match_rid))
        return match_rid

    def view(self, rid: str, *uids: int) -> None:
        for uid in uids:
            self.in_match(rid, commands.View(at=self.at, uid=uid))

    def ring(self, rid: str, seed: int = 0) -> None:
        self.in_match(rid, commands.RingMatch(at=self.at, seed=seed))

    def begin(self, rid: str, *uids: int, seed: int = 424_242) -> None:
        """Connect players and begin."""
        self.view(rid, *uids)
        self.wait(1)
        self.ring(rid, seed)

    def die(self, rid: str, uid: int, score: float = 0, seconds: float = 0) -> None:
        died = commands.Die(at=self.at, uid=uid, score=score, survival_time=seconds)
        self.in_match(rid, died)

    def lose(self, rid: str, uid: int) -> None:
        self.in_match(rid, commands.Leave(at=self.at, uid=uid, reason="lost"))

    def chunk(self, rid: str, uid: int, stream: str) -> None:
        self.in_match(rid, commands.Stream(at=self.at, uid=uid, stream=stream))

    def play(self, rid: str, uid: int, events: Iterable[RecordEvent] = ()) -> None:
        """Send events and a wait up to now, as the client does."""
        state: Match = self.state(facts.match_id(rid))
        after = self.sent.get((rid, uid), 0)
        now = (self.at - state.began_at) * 60 // 1_000_000
        said = [*events, RecordEvent(max(now, after, *(e.frame for e in events), 0), 0)]
        self.sent[rid, uid] = said[-1].frame
        self.chunk(rid, uid, record.pack(record.encode(said, after)))

    def resume(self, rid: str, seconds: float = 30) -> None:
        self.in_match(rid, commands.Resume(at=self.at, return_us=round(seconds * 1_000_000)))

    def in_match(self, rid: str, command: commands.Command) -> None:
        match_id = facts.match_id(rid)
        with self.log.unit():
            for event in match.decide(self.state(match_id), command):
                self.record(match_id, event)
                if isinstance(event, facts.MatchEnded):
                    self.record(facts.LOBBY_ID, facts.MatchDelisted(at=event.at, rid=rid))

    def end(self, rid: str) -> None:
        """Wait for the result, and have the room take it."""
        self.wait(3)
        self.ring(rid)
        state: Match = self.state(facts.match_id(rid))
        self.in_room(state.room, commands.FinishMatch(at=self.at, match=rid))


def match_opened(before: Room, rid: str, at: int) -> facts.MatchOpened:
    return match.opened(before, room.players(before), rid, MATCH_TERMS, at)


def night(hall: Hall) -> None:
    """A long Techmino night: chats, rooms, and matches with every kind of end."""
    for uid in range(1, 8):
        hall.log.register(uid)
    for uid in (1, 2, 3):
        hall.join("global", uid)
        hall.wait(1)
        hall.say("global", uid, f"good evening from {uid}")
    hall.leave("global", 2)
    hall.empty("global")
    hall.join("english", 4)
    hall.say("english", 4, "Nobody here? \x1b[31mRed\n alert")

    first = hall.open_room(1)
    hall.enter(first, 2)
    hall.talk(first, 2, "ready when you are")
    hall.ready(first, 1)
    hall.ready(first, 1, ready=False)
    duel(hall, first)
    hall.enter(first, 3)
    crowd(hall, first)
    hall.in_room(first, commands.Resume(at=hall.at))
    hall.wait(2)
    hall.enter(first, 1)
    hall.wait(30)
    hall.in_room(first, commands.Wake(at=hall.at))
    hall.exit(first, 1)

    second = hall.open_room(4, kind="solo", password="hash")
    hall.enter(second, 5, "hash")
    interrupted(hall, second)
    third = hall.open_room(6)
    hall.enter(third, 7)
    running(hall, third)


def duel(hall: Hall, room_rid: str) -> str:
    """Two players, an attack, and a death by action 4."""
    rid = hall.start(room_rid, 1, 2)
    hall.begin(rid, 1, 2)
    lines = Attack(line=0x3F7, time=60, amount=3, sid=1)
    hall.wait(4)
    hall.play(rid, 1, [record.press(200, 6), record.release(203, 6), record.sent(210, lines)])
    hall.wait(0.5)
    hall.play(rid, 2, [record.press(200, 1), record.received(230, lines._replace(sid=0))])
    for _ in range(12):
        hall.wait(1)
        hall.play(rid, 1)
        hall.play(rid, 2)
    hall.die(rid, 2, 1_234, 17.25)
    hall.wait(0.2)
    hall.play(rid, 2, [record.release(hall.sent[rid, 2], 1)])
    hall.play(rid, 1)
    hall.end(rid)
    return rid


def crowd(hall: Hall, room_rid: str) -> str:
    """Three players, one of whom never comes, one loses the connection; and a watcher."""
    rid = hall.start(room_rid, 1, 2, 3)
    hall.view(rid, 1, 2)
    hall.wait(10)
    hall.ring(rid, 7)
    hall.wait(5)
    hall.play(rid, 1, [record.sent(250, Attack(1, 2, 3, 2))])
    hall.view(rid, 5)
    hall.wait(7.4)
    hall.lose(rid, 2)
    hall.lose(rid, 5)
    hall.wait(1)
    hall.die(rid, 1, 99, 13.5)
    hall.end(rid)
    return rid


def interrupted(hall: Hall, room_rid: str) -> str:
    """The engine starts again in mid-match: one comes back, one does not."""
    rid = hall.start(room_rid, 4, 5)
    hall.begin(rid, 4, 5, seed=5)
    hall.wait(4)
    hall.play(rid, 4, [record.sent(200, Attack(1, 2, 3, 1))])
    hall.resume(rid)
    hall.in_room(room_rid, commands.Resume(at=hall.at))
    hall.wait(1)
    hall.view(rid, 4)
    hall.play(rid, 4)
    hall.wait(30)
    hall.ring(rid)
    hall.wait(3)
    hall.ring(rid)
    hall.enter(room_rid, 4, "hash")
    hall.in_room(room_rid, commands.FinishMatch(at=hall.at, match=rid))
    return rid


def running(hall: Hall, room_rid: str) -> str:
    """A match that goes on."""
    rid = hall.start(room_rid, 6, 7)
    hall.begin(rid, 6, 7, seed=9)
    hall.wait(4)
    hall.play(rid, 6, [record.press(200, 25), record.sent(230, Attack(1, 2, 3, 1))])
    hall.play(rid, 7)
    return rid
