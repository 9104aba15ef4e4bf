"""Facts about the treasure game: its lobby, its rooms, its room servers and its games.

Aggregates: `treasure.lobby:1` (which rooms there are), `treasure.room:{room_id}` (who sits where,
who is ready, which game runs where, tickets), `treasure.servers:1` (room servers), and
`treasure.game:{room_id}:{game}`, one game from its players to its settlement; its id is the id of
the game. Roles, the map and what a player chose in secret are in no event before the settlement:
they follow from the game's seed, which the key file beside the log gives, and from `sealed` texts,
which only the seed opens. Source: docs/protocols/treasure.md.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parlour.events.event import Event, event

LOBBY_ID = "treasure.lobby:1"
SERVERS_ID = "treasure.servers:1"
EMBEDDED = "embedded"
"""The room server that is this very process."""

LeaveReason = Literal["left", "lost", "restart"]
CancelReason = Literal["key_lost", "no_room_server", "bad_room_server"]


def room_id(room: int) -> str:
    """Return the aggregate id of a room."""
    return f"treasure.room:{room}"


def game_id(room: int, game: int) -> str:
    """Return the aggregate id of a room's `game`th game (from 1)."""
    return f"treasure.game:{room}:{game}"


def room_name_key(name: str) -> str:
    """Claim key of a living room's name."""
    return f"treasure/room/{name.casefold()}"


# --- the lobby ------------------------------------------------------------------------------


@event("treasure.room-listed")
class RoomListed(Event, frozen=True, kw_only=True):
    """A room exists."""

    room: int


@event("treasure.room-delisted")
class RoomDelisted(Event, frozen=True, kw_only=True):
    """A room is no more."""

    room: int


# --- rooms ----------------------------------------------------------------------------------


@event("treasure.room-opened")
class RoomOpened(Event, frozen=True, kw_only=True):
    """A player made a room and sits in it at seat 0, as its host."""

    room: int
    name: str
    max: int
    salt: str
    password: str
    """Keyed hash of salt and password; "" for none."""
    uid: int
    username: str

    def claims(self) -> tuple[str, ...]:
        """One living room a name."""
        return (room_name_key(self.name),)


@event("treasure.game-committed")
class GameCommitted(Event, frozen=True, kw_only=True):
    """The seed of the room's next game is chosen: its hash is known from here on."""

    game: int
    salt: str
    """32 hex digits; with the key file they give the seed."""
    commitment: str
    """Hex SHA-256 of the seed's 32 bytes."""


@event("treasure.player-joined")
class PlayerJoined(Event, frozen=True, kw_only=True):
    """A player is in the room, at the lowest free seat."""

    uid: int
    username: str
    seat: int


@event("treasure.player-left")
class PlayerLeft(Event, frozen=True, kw_only=True):
    """A player is in the room no more."""

    uid: int
    reason: LeaveReason


@event("treasure.host-changed")
class HostChanged(Event, frozen=True, kw_only=True):
    """The room has another host."""

    uid: int


@event("treasure.ready-changed")
class ReadyChanged(Event, frozen=True, kw_only=True):
    """A player is ready, or is not any more."""

    uid: int
    ready: bool


@event("treasure.room-closed")
class RoomClosed(Event, frozen=True, kw_only=True):
    """The last player left."""

    name: str

    def releases(self) -> tuple[str, ...]:
        """Another room may have the name."""
        return (room_name_key(self.name),)


@event("treasure.game-placed")
class GamePlaced(Event, frozen=True, kw_only=True):
    """The room's game was given to a room server, at first or after another one died."""

    game: int
    server: str
    epoch: int
    """1 for the first room server of the room's first game, one more each time."""


@event("treasure.game-accepted")
class GameAccepted(Event, frozen=True, kw_only=True):
    """The room server said that it has the game (502), and where clients find it."""

    game: int
    epoch: int
    ip: str
    port: int
    ws: str = ""


@event("treasure.ticket-given")
class TicketGiven(Event, frozen=True, kw_only=True):
    """A player got a ticket to the room server; an earlier one of his is void."""

    uid: int
    game: int
    epoch: int
    ticket: str
    """Hex SHA-256 of it."""
    expires: int
    """When it must have been used once (µs)."""


@event("treasure.game-refused")
class GameRefused(Event, frozen=True, kw_only=True):
    """No room server had a place for the game: nobody is playing, everybody is as before."""

    game: int


@event("treasure.game-closed")
class GameClosed(Event, frozen=True, kw_only=True):
    """The room's game is over: nobody is ready any more."""

    game: int


# --- room servers ---------------------------------------------------------------------------


@event("treasure.server-registered")
class ServerRegistered(Event, frozen=True, kw_only=True):
    """A room server proved that it knows the cluster's secret."""

    server: str
    ip: str
    port: int
    ws: str = ""
    capacity: int


@event("treasure.server-lost")
class ServerLost(Event, frozen=True, kw_only=True):
    """A room server is dead: its connection ended or it was silent."""

    server: str


# --- games ----------------------------------------------------------------------------------


class Player(msgspec.Struct, frozen=True, kw_only=True):
    """Who plays at which seat."""

    seat: int
    uid: int
    username: str


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """How long things take in this game, in µs."""

    verify: int
    """For everybody to come, before it begins without them."""
    stages: tuple[int, int, int, int]
    """Move, action, auction, explore."""


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """What is sold."""

    lot_id: int
    """1, 2 on the first day, 3, 4 on the second, …"""
    item: Literal["potion", "pick", "map", "lamp"]
    min: int


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Where a living player is."""

    player_id: int
    cell: int


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How a player is."""

    player_id: int
    hp: int
    alive: bool


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """A lot that was sold; the others are not listed."""

    lot_id: int
    buyer: int
    price: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Treasures that left a cell this day, destroyed ones too."""

    cell: int
    count: int


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """One player's line of the settlement."""

    player_id: int
    role: Literal["evil", "healer", "miner", "explorer"]
    alive: bool
    treasures: int
    """Of an evil player those he destroyed."""
    gold: int
    score: int
    win: bool


@event("treasure.game-opened")
class GameOpened(Event, frozen=True, kw_only=True):
    """A game is set up on a room server."""

    room: int
    game: int
    epoch: int
    server: str
    players: tuple[Player, ...]
    """By seat, 0 first, without holes: seats of a game are numbered anew."""
    commitment: str
    times: Times


@event("treasure.game-moved")
class GameMoved(Event, frozen=True, kw_only=True):
    """Another room server goes on with the game: nobody is connected there yet."""

    epoch: int
    server: str


@event("treasure.player-verified")
class PlayerVerified(Event, frozen=True, kw_only=True):
    """A player came with his ticket, at first or again."""

    seat: int
    ticket: str
    """Hex SHA-256 of it: used once, it stays good while the game runs."""


@event("treasure.player-gone")
class PlayerGone(Event, frozen=True, kw_only=True):
    """A player's connection ended; the game goes on without him until he is back."""

    seat: int


@event("treasure.stage-begun")
class StageBegun(Event, frozen=True, kw_only=True):
    """A stage of a day is on."""

    day: int
    """1..7"""
    stage: Literal[1, 2, 3, 4]
    """Move, action, auction, explore."""
    until: int
    """When it ends at the latest (µs)."""
    lots: tuple[Lot, ...] = ()
    """Of stage 3."""


@event("treasure.choice-made")
class ChoiceMade(Event, frozen=True, kw_only=True):
    """A player acted in the running stage."""

    seat: int
    sealed: str
    """Hex: what he did, under the seed (`rules.treasure.sealing`)."""


@event("treasure.stage-resumed")
class StageResumed(Event, frozen=True, kw_only=True):
    """The engine goes on in mid-stage (or before the beginning) after a stop."""

    until: int


@event("treasure.stage-ended")
class StageEnded(Event, frozen=True, kw_only=True):
    """What everybody saw of a stage's outcome."""

    day: int
    stage: Literal[1, 2, 3, 4]
    positions: tuple[Position, ...] = ()
    """After stage 1: the living."""
    hp: tuple[Health, ...] = ()
    """After stage 2: all players."""
    sold: tuple[Sale, ...] = ()
    """After stage 3."""
    found: tuple[Found, ...] = ()
    """After stage 4."""
    left: int = -1
    """After stage 4: treasures still hidden."""


@event("treasure.game-settled")
class GameSettled(Event, frozen=True, kw_only=True):
    """The game is over; from here on everything about it is in the log."""

    seed: str
    """64 hex digits."""
    winner: Literal["good", "evil"]
    reason: Literal["evil_dead", "good_dead", "no_treasure_left", "days_over"]
    players: tuple[Settled, ...]
    game_id: str

    def claims(self) -> tuple[str, ...]:
        """A game settles once."""
        return (f"treasure/settled/{self.game_id}",)


@event("treasure.game-cancelled")
class GameCancelled(Event, frozen=True, kw_only=True):
    """The game ends without a settlement."""

    reason: CancelReason
    """Its seed's key is lost; no room server was free in time; or too many did not serve it."""
    game_id: str

    def claims(self) -> tuple[str, ...]:
        """Nor is it settled after that."""
        return (f"treasure/settled/{self.game_id}",)
