"""A minimal room on the real engine: members, and messages that are events before they are heard.

There is no chat yet; this is what `bench fanout` and `bench log` load. Only
the bench's own server process imports it: its events are in no other log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

import msgspec
from msgspec.structs import replace

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import FromSession, Refused, SessionOpened, UserLost
from parlour.actors.ports import Bind, Publish, Reply
from parlour.events.errors import RemoteProtocolError
from parlour.events.event import Event, event
from parlour.events.repository import AggregateKind
from parlour.network.bench import room_wire as chat
from parlour.network.service import Service

PROTOCOL: Final = "bench"
_HOME: Final = "bench.door:1"


@event("bench.entered")
class MemberEntered(Event, frozen=True, kw_only=True):
    """A user is in the room."""

    uid: int


@event("bench.said")
class MessageSaid(Event, frozen=True, kw_only=True):
    """A user said something."""

    uid: int
    text: str


class RoomState(msgspec.Struct, frozen=True, kw_only=True):
    """A room as its events leave it."""

    members: tuple[int, ...] = ()
    messages: int = 0


def evolve(room: RoomState, fact: Event) -> RoomState:
    """Return `room` as `fact` leaves it."""
    if isinstance(fact, MessageSaid):
        return replace(room, messages=room.messages + 1)
    if isinstance(fact, MemberEntered) and fact.uid not in room.members:
        return replace(room, members=(*room.members, fact.uid))
    return room


class Spoken(msgspec.Struct, frozen=True):
    """To a room: a member said something."""

    origin: str
    uid: int
    text: str


class Coming(msgspec.Struct, frozen=True):
    """To a room: a user comes in."""

    origin: str
    uid: int


class Room(EngineActor):
    """The actor `bench.room:{number}`."""

    def on_coming(self, message: Coming) -> None:
        """Let a user in."""
        session = int(message.origin.partition(":")[2])
        self.context.record(self.id, MemberEntered(at=self.context.now(), uid=message.uid))
        self.context.say(Bind(session, PROTOCOL, message.uid))
        self.context.say(Reply(session, chat.Entered(int(self.id.partition(":")[2]))))

    def on_spoken(self, message: Spoken) -> None:
        """Record what was said; everybody hears it once it is on disk."""
        at = self.context.now()
        self.context.record(self.id, MessageSaid(at=at, uid=message.uid, text=message.text))
        room: RoomState = self.context.state(self.id)
        heard = chat.Heard(message.uid, chat.FIRST_SEQ + room.messages, at, message.text)
        self.context.say(Publish(PROTOCOL, room.members, heard))

    HANDLERS: ClassVar[dict[type, Handler]] = {Coming: on_coming, Spoken: on_spoken}


class RoomSession(EngineActor):
    """The actor `bench.session:{number}`: one connection, in one room."""

    RESTARTS = False

    def __init__(self) -> None:
        super().__init__()
        self.uid = 0
        self.room = ""

    def may_end(self) -> bool:
        """A session ends with its connection."""
        return False

    def on_opened(self, message: SessionOpened) -> None:
        """A connection was accepted."""

    def on_refused(self, message: Refused) -> None:
        """What this connection said was dropped."""
        self.context.say(Reply(message.session, chat.Refused(message.code, "nothing was changed")))

    def on_request(self, message: FromSession) -> None:
        """Pass on what the connection says."""
        request = message.request
        if isinstance(request, chat.Enter):
            self.uid, self.room = request.uid, f"bench.room:{request.room}"
            self.tell(self.room, Coming(self.id, self.uid))
        else:
            self.tell(self.room, Spoken(self.id, self.uid, request.text))

    HANDLERS: ClassVar[dict[type, Handler]] = {
        SessionOpened: on_opened,
        Refused: on_refused,
        FromSession: on_request,
    }


class Door(EngineActor):
    """The actor `bench.door:1`: hears of members whose connections are gone."""

    def on_lost(self, message: UserLost) -> None:
        """A member without a connection stays a member."""

    HANDLERS: ClassVar[dict[type, Handler]] = {UserLost: on_lost}


def _decode(payload: bytes) -> chat.Enter | chat.Say:
    try:
        request: chat.Enter | chat.Say = chat.REQUESTS.decode(payload)
    except msgspec.DecodeError as error:
        raise RemoteProtocolError(str(error), code=1) from error
    return request


def _to_session(session: int, request: object) -> tuple[str, FromSession]:
    return f"{PROTOCOL}.session:{session}", FromSession(session, request)


_HANDLERS: Final[Mapping[type, Callable[[int, object], tuple[str, FromSession]]]] = {
    chat.Enter: _to_session,
    chat.Say: _to_session,
}

SERVICE: Final = Service(
    name=PROTOCOL, home=_HOME, decode=_decode, handlers=_HANDLERS, refusal=chat.Refused
)
ACTORS: Final[Mapping[str, type[EngineActor]]] = {
    "bench.room": Room,
    "bench.session": RoomSession,
    "bench.door": Door,
}
KINDS: Final[Mapping[str, AggregateKind]] = {
    "bench.room": AggregateKind(
        initial=lambda _: RoomState(),
        evolve=evolve,
        state_type=RoomState,
        snapshot_topic="bench.room.state@1",
        snapshot_every=1000,
    )
}
