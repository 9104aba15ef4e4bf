"""Every message between clients and the treasure game's lobby and room servers, decoded.

Service ids are per direction: 53 from a client is an attack, 53 to it are positions. So each struct
says its id itself (`service`), and `LOBBY_REQUESTS` and `ROOM_REQUESTS` say what an id means when a
client sends it. Field names are the wire's; a body is the struct as a JSON object. What the lobby
and its room servers say to each other is not here. A long module, because a protocol's bodies are
read as one list. Source: docs/protocols/treasure.md.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from parlour.events.treasure import Found, Health, Lot, Position, Sale, Settled

PROTO: Final = 1
PAGE_SIZE: Final = 100
"""Rooms one answer lists at most."""

OK: Final = 0
CODES: Final[dict[str, int]] = {
    "bad_body": 1,
    "not_verified": 2,
    "unknown_service": 3,
    "wrong_stage": 4,
    "not_in_room": 5,
    "no_such_room": 6,
    "room_full": 7,
    "already_in_room": 8,
    "not_the_host": 9,
    "not_all_ready": 10,
    "too_few_players": 11,
    "no_room_server": 12,
    "bad_ticket": 13,
    "dead": 14,
    "already_acted": 15,
    "bad_target": 16,
    "not_adjacent": 17,
    "not_enough_gold": 18,
    "bid_too_low": 19,
    "no_such_lot": 20,
    "game_running": 21,
    "name_taken": 22,
    "wrong_room_password": 23,
    "wrong_name_or_password": 24,
    "too_many_requests": 25,
    "internal_error": 26,
    "no_commands": 27,
}
"""Number on the wire by the code of a `RuleViolation`."""

Seq = int | Annotated[str, Meta(max_length=64)] | UnsetType
"""What a request carries to find its answer; left out when it was not sent."""
Name = Annotated[str, Meta(max_length=40, pattern=r"\A[^\x00-\x1f\x7f]+\Z")]
"""1 to 40 characters, none of them a control character."""
Password = Annotated[str, Meta(max_length=128)]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Anything on this wire."""

    service: ClassVar[int]


class Request(Message, frozen=True, kw_only=True):
    """What a client sends."""

    seq: Seq = UNSET


class Answer(Message, frozen=True, kw_only=True):
    """What a request is answered; without `code` 0 its other fields are left out."""

    code: int = OK
    seq: Seq = UNSET


# --- lobby: from clients --------------------------------------------------------------------


class Login(Request, frozen=True, kw_only=True):
    """1: with a password, or with the token of an earlier login."""

    service = 1
    name: str
    password: str | None = None
    token: str | None = None


class ListRooms(Request, frozen=True, kw_only=True):
    """2: one page of the rooms."""

    service = 2
    page: Annotated[int, Meta(ge=0)] = 0
    size: Annotated[int, Meta(ge=1)] = 20


class CreateRoom(Request, frozen=True, kw_only=True):
    """3: make a room and be its host."""

    service = 3
    name: Name
    max: Annotated[int, Meta(ge=4, le=8)]
    password: Password | None = None


class LeaveRoom(Request, frozen=True, kw_only=True):
    """4."""

    service = 4


class JoinRoom(Request, frozen=True, kw_only=True):
    """5."""

    service = 5
    room_id: int
    password: Password | None = None


class AskRoom(Request, frozen=True, kw_only=True):
    """6: how is the room I am in?"""

    service = 6


class ChangeReady(Request, frozen=True, kw_only=True):
    """7."""

    service = 7
    ready: bool


class StartGame(Request, frozen=True, kw_only=True):
    """8: the host's."""

    service = 8


# --- lobby: to clients ----------------------------------------------------------------------


class Welcome(Message, frozen=True, kw_only=True):
    """0: the connection is accepted."""

    service = 0
    session: int
    server_time: float
    """Seconds since 1970 UTC."""
    proto: int = PROTO


class LoginAnswer(Answer, frozen=True, kw_only=True):
    """1."""

    service = 1
    player_id: int | UnsetType = UNSET
    name: str | UnsetType = UNSET
    token: str | UnsetType = UNSET
    room_id: int | UnsetType = UNSET
    """The room he still has a seat in."""


class RoomListing(msgspec.Struct, frozen=True, kw_only=True):
    """One room of the list."""

    room_id: int
    name: str
    players: int
    max: int
    locked: bool
    """It has a password."""
    state: Literal["waiting", "starting", "playing"]


class RoomList(Answer, frozen=True, kw_only=True):
    """2."""

    service = 2
    rooms: tuple[RoomListing, ...] | UnsetType = UNSET


class RoomCreated(Answer, frozen=True, kw_only=True):
    """3."""

    service = 3
    room_id: int | UnsetType = UNSET


class RoomLeft(Answer, frozen=True, kw_only=True):
    """4."""

    service = 4


class RoomJoined(Answer, frozen=True, kw_only=True):
    """5."""

    service = 5


class RoomMember(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a room."""

    player_id: int
    name: str
    seat: int
    ready: bool


class RoomInfo(Answer, frozen=True, kw_only=True):
    """6: the answer to 6, and pushed to the members on each change."""

    service = 6
    room_id: int | UnsetType = UNSET
    name: str | UnsetType = UNSET
    host: int | UnsetType = UNSET
    max: int | UnsetType = UNSET
    state: Literal["waiting", "starting", "playing"] | UnsetType = UNSET
    players: tuple[RoomMember, ...] | UnsetType = UNSET
    commitment: str | UnsetType = UNSET
    """Hex SHA-256 of the seed of the next game, or of the running one."""


class ReadyChanged(Answer, frozen=True, kw_only=True):
    """7: to all members; a refusal only to who asked."""

    service = 7
    player_id: int | UnsetType = UNSET
    ready: bool | UnsetType = UNSET


class StartAnswer(Answer, frozen=True, kw_only=True):
    """8."""

    service = 8


class GameAt(Message, frozen=True, kw_only=True):
    """50: where your game is, and your own ticket to it."""

    service = 50
    room_id: int
    ip: str
    port: int
    ws: str
    """URL of the same server's WebSocket."""
    ticket: str
    expires: float
    """When it must have been used (seconds since 1970 UTC)."""


class Farewell(Message, frozen=True, kw_only=True):
    """0, on either server: the connection ends now, or never began."""

    service = 0
    code: int
    reason: str


# --- room server: from clients --------------------------------------------------------------


class Verify(Request, frozen=True, kw_only=True):
    """1001: the first message on a room server."""

    service = 1001
    room_id: int
    player_id: int
    ticket: str


class Move(Request, frozen=True, kw_only=True):
    """52: in stage 1; without `to` a pass."""

    service = 52
    to: int | None = None


class Attack(Request, frozen=True, kw_only=True):
    """53: in stage 2; without `target` a pass."""

    service = 53
    target: int | None = None


class Heal(Request, frozen=True, kw_only=True):
    """54: in stage 2; without `target` a pass."""

    service = 54
    target: int | None = None


class Mine(Request, frozen=True, kw_only=True):
    """55: in stage 2."""

    service = 55


class Bid(Request, frozen=True, kw_only=True):
    """56: in stage 3; without `lot_id` and `price` a pass."""

    service = 56
    lot_id: int | None = None
    price: int | None = None

    def __post_init__(self) -> None:
        """Refuse half a bid."""
        if (self.lot_id is None) != (self.price is None):
            raise ValueError("a bid has both lot_id and price")


class Explore(Request, frozen=True, kw_only=True):
    """57: in stage 4; a pass is {"pass": true}."""

    service = 57
    skip: bool = msgspec.field(default=False, name="pass")


GameRequest = Move | Attack | Heal | Mine | Bid | Explore

# --- room server: to clients ----------------------------------------------------------------


class Verified(Answer, frozen=True, kw_only=True):
    """1001."""

    service = 1001


class ActionStatus(Answer, frozen=True, kw_only=True):
    """52: what became of a 52..57."""

    service = 52
    of: int
    """The service id of the request."""


class MapAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a bought map said on the day it was bought."""

    item: Literal["map"] = "map"
    cell: int
    treasure: bool


Item = Literal["pick", "lamp"] | MapAnswer


class Companion(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody knows of a player."""

    player_id: int
    name: str
    seat: int
    cell: int
    """Where he was when positions were last told."""
    hp: int
    alive: bool


class Role(Message, frozen=True, kw_only=True):
    """51: who you are; on coming back, as it is now."""

    service = 51
    player_id: int
    seat: int
    role: Literal["evil", "healer", "miner", "explorer"]
    hp: int
    gold: int
    cell: int
    days: int
    cells: int
    items: tuple[Item, ...]
    left: int
    """Treasures still hidden."""
    players: tuple[Companion, ...]
    commitment: str
    mates: tuple[int, ...] | UnsetType = UNSET
    """Of the evil only: the other evil players."""


class Positions(Message, frozen=True, kw_only=True):
    """53: to all after stage 1; the living."""

    service = 53
    day: int
    positions: tuple[Position, ...]


class Healths(Message, frozen=True, kw_only=True):
    """54: to all after stage 2."""

    service = 54
    day: int
    hp: tuple[Health, ...]


class Goods(Message, frozen=True, kw_only=True):
    """55: to every living player after stage 2, to the buyers after stage 3; each his own."""

    service = 55
    gold: int
    items: tuple[Item, ...]
    ore_here: int


class Lots(Message, frozen=True, kw_only=True):
    """56: to all when stage 3 begins."""

    service = 56
    day: int
    lots: tuple[Lot, ...]


class Sales(Message, frozen=True, kw_only=True):
    """57: to all after stage 3."""

    service = 57
    day: int
    sold: tuple[Sale, ...]


class Stage(Message, frozen=True, kw_only=True):
    """58: a stage is on."""

    service = 58
    day: int
    stage: int
    ends_in: float
    """Seconds, at the latest."""


class Exploration(Message, frozen=True, kw_only=True):
    """59: to each who explored, his own."""

    service = 59
    success: bool
    treasure: int | UnsetType = UNSET
    """Its cell."""


class Findings(Message, frozen=True, kw_only=True):
    """60: to all after stage 4; who found is not told."""

    service = 60
    day: int
    found: tuple[Found, ...]
    left: int


class GameOver(Message, frozen=True, kw_only=True):
    """61: to all, with the seed everything followed from."""

    service = 61
    winner: Literal["good", "evil"]
    reason: Literal["evil_dead", "good_dead", "no_treasure_left", "days_over"]
    players: tuple[Settled, ...]
    seed: str


class Sighted(msgspec.Struct, frozen=True, kw_only=True):
    """A living player as the evil see him."""

    player_id: int
    cell: int
    hp: int
    gold: int


class Vision(Message, frozen=True, kw_only=True):
    """62: to the living evil, after 53."""

    service = 62
    day: int
    players: tuple[Sighted, ...]
    hint: int
    """A cell with a treasure."""


# --- both -----------------------------------------------------------------------------------


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Code and nothing else, on the id of what was refused."""

    of: int
    """The service id."""
    code: int
    seq: Seq = UNSET

    @property
    def service(self) -> int:
        """The id it is sent on."""
        return self.of


def refusal(of: int, code: int, seq: Seq = UNSET) -> Refusal | ActionStatus:
    """Return how the request `of` is refused: a game action on 52, anything else on its own id."""
    if Move.service <= of <= Explore.service:
        return ActionStatus(of=of, code=code, seq=seq)
    return Refusal(of=of, code=code, seq=seq)


LOBBY_REQUESTS: Final[dict[int, type[Request]]] = {
    cls.service: cls
    for cls in (
        Login,
        ListRooms,
        CreateRoom,
        LeaveRoom,
        JoinRoom,
        AskRoom,
        ChangeReady,
        StartGame,
    )
}
"""What a client may send the lobby, by service id."""

ROOM_REQUESTS: Final[dict[int, type[Request]]] = {
    cls.service: cls for cls in (Verify, Move, Attack, Heal, Mine, Bid, Explore)
}
"""What a client may send a room server, by service id."""
