"""The states of the treasure game's lobby, rooms, room servers and games.

`Game` is what everybody may know, and sealed choices: it is rebuilt from events alone, and its
snapshots show nothing hidden. `World` is the hidden side of it: it is in no event and no snapshot,
it follows from the game and its seed (`world.world_of`).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from parlour.events.messages.treasure import Item
from parlour.events.rules.treasure.draws import Role
from parlour.events.rules.treasure.sealing import Choice
from parlour.events.treasure import GameSettled, Lot, Player, Times

LEAST, MOST = 4, 8
"""Players of a game."""

# --- games ----------------------------------------------------------------------------------


class Sealed(msgspec.Struct, frozen=True, array_like=True):
    """A choice as the log has it."""

    seat: int
    n: int
    """0 for the seat's first one in its stage."""
    sealed: str


Phase = Literal["new", "waiting", "playing", "settled", "cancelled"]
"""Not opened; players are waited for; a stage is on; over."""


class Game(msgspec.Struct, frozen=True, kw_only=True):
    """A game as its events leave it; tuples of players are by seat."""

    room: int = 0
    game: int = 0
    epoch: int = 0
    server: str = ""
    players: tuple[Player, ...] = ()
    commitment: str = ""
    times: Times | None = None
    phase: Phase = "new"
    present: tuple[bool, ...] = ()
    """Who has a verified connection."""
    tickets: tuple[str, ...] = ()
    """The hash of the ticket each came with last; "" for who never came."""
    until: int = 0
    """When the stage (or the wait for players) ends at the latest (µs); 0 when no clock runs."""
    day: int = 0
    """1..7; 0 before the beginning."""
    stage: int = 0
    """1..4; 0 when none is on."""
    lots: tuple[Lot, ...] = ()
    """Of the running stage 3."""
    cells: tuple[int, ...] = ()
    """Where each was when positions were told last."""
    hp: tuple[int, ...] = ()
    """From what everybody was told: hits, heals, and potions that were sold."""
    left: int = 0
    """Treasures still hidden."""
    choices: tuple[Sealed, ...] = ()
    """Of the running stage, oldest first; of stage 1 each seat's last."""
    ended: tuple[tuple[Sealed, ...], ...] = ()
    """Choices of each stage that ended, from the first on."""
    settled: GameSettled | None = None


class Made(NamedTuple):
    """A choice of the running stage."""

    seat: int
    n: int
    choice: Choice


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What really is; tuples of players are by seat."""

    roles: tuple[Role, ...] = ()
    cells: tuple[int, ...] = ()
    hp: tuple[int, ...] = ()
    gold: tuple[int, ...] = ()
    items: tuple[tuple[Item, ...], ...] = ()
    """What was bought, in that order; potions are drunk at once."""
    ore: tuple[int, ...] = ()
    """By cell."""
    treasures: tuple[int, ...] = ()
    """Cells that still hide one, ascending."""
    found: tuple[int, ...] = ()
    """Treasures each good player found."""
    destroyed: tuple[int, ...] = ()
    """Treasures each evil player destroyed."""
    day: int = 0
    stage: int = 0
    """1..4; 0 when none is on."""
    lots: tuple[Lot, ...] = ()
    """Of the running stage 3."""
    choices: tuple[Made, ...] = ()
    """Of the running stage, oldest first; of stage 1 each seat's last."""
    seen_gold: tuple[int, ...] = ()
    """The gold the evil saw after this day's stage 1."""
    hint: int = -1
    """The cell they were told of then."""


# --- rooms ----------------------------------------------------------------------------------


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A player's ticket to his game."""

    game: int
    epoch: int
    ticket: str
    """Hex SHA-256 of it."""
    expires: int
    """When it must have been used once (µs)."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a room."""

    uid: int
    username: str
    seat: int
    ready: bool = False
    ticket: Ticket | None = None


RoomState = Literal["closed", "waiting", "starting", "playing"]
"""Starting: a room server was asked, and has not answered yet."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A room; before it is opened and after its end it is "closed"."""

    room: int = 0
    name: str = ""
    max: int = 0
    salt: str = ""
    password: str = ""
    """Keyed hash; "" for none."""
    state: RoomState = "closed"
    host: int = 0
    """uid."""
    members: dict[int, Member] = {}
    """By uid, in order of arrival."""
    game: int = 0
    """Number of the next game, or of the running one."""
    game_salt: str = ""
    commitment: str = ""
    epoch: int = 0
    """Of the newest placement of any of its games."""
    server: str = ""
    """Where the game is, or is asked for; "" while there is none."""
    accepted: bool = False
    """Some room server took the running game: it is resumed, it cannot be refused any more."""
    ip: str = ""
    port: int = 0
    ws: str = ""


class Lobby(msgspec.Struct, frozen=True, kw_only=True):
    """Which rooms there are."""

    rooms: dict[int, None] = {}
    """Living ones, ascending: each has a higher number than all before it."""
    last: int = 0
    """The highest number a room ever had."""


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A living room server."""

    server: str
    ip: str
    port: int
    ws: str
    capacity: int
    """Games it takes at the same time."""


class Servers(msgspec.Struct, frozen=True, kw_only=True):
    """The room servers that live."""

    servers: dict[str, Server] = {}
    """By server id, in order of registration."""
