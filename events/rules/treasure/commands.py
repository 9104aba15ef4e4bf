"""What a treasure game, and a room, can be told to do.

Times are microseconds since 1970 UTC from the clock port. Who may give a command (whose connection
it is, which seat is his, whether his ticket is good) is settled before it comes here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from parlour.events.errors import LocalProtocolError
from parlour.events.messages import treasure as messages
from parlour.events.rules.treasure.sealing import Choice, Kind
from parlour.events.treasure import CancelReason, LeaveReason, Player, Times


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Anything that can be told."""

    at: int
    """When it is obeyed (µs)."""


# --- games ----------------------------------------------------------------------------------


class OpenGame(Command, frozen=True, kw_only=True):
    """Set a game up; one that has not begun may be set up anew under a higher epoch."""

    room: int
    game: int
    epoch: int
    server: str
    players: tuple[Player, ...]
    """By seat, 0 first, without holes."""
    commitment: str
    times: Times


class MoveGame(Command, frozen=True, kw_only=True):
    """Go on with a game on another room server."""

    epoch: int
    server: str
    left_at: int
    """When the last commit before the old one's end was made (µs)."""
    floor_us: int
    """What the running stage has left at least."""


class VerifyPlayer(Command, frozen=True, kw_only=True):
    """A player came with a good ticket."""

    seat: int
    ticket: str
    """Hex SHA-256 of it."""


class LosePlayer(Command, frozen=True, kw_only=True):
    """A player has no connection any more."""

    seat: int


class Act(Command, frozen=True, kw_only=True):
    """Do something in the running stage; the subclasses say what."""

    seat: int


class Move(Act, frozen=True, kw_only=True):
    """Go to a cell; None is a pass."""

    to: int | None


class Attack(Act, frozen=True, kw_only=True):
    """Hit a player; None is a pass."""

    target: int | None
    """uid."""


class Heal(Act, frozen=True, kw_only=True):
    """Heal a player; None is a pass."""

    target: int | None
    """uid."""


class Mine(Act, frozen=True, kw_only=True):
    """Dig for gold."""


class Bid(Act, frozen=True, kw_only=True):
    """Bid for a lot; None is a pass."""

    lot_id: int | None
    price: int


class Explore(Act, frozen=True, kw_only=True):
    """Look for a treasure, or pass."""

    skip: bool


class Ring(Command, frozen=True, kw_only=True):
    """The game's clock rang."""


class Resume(Command, frozen=True, kw_only=True):
    """The engine goes on after a start, or after the log took no events."""

    left_at: int
    """When the last commit before the stop was made (µs)."""
    floor_us: int
    """What the running stage (or the wait for players) has left at least."""
    cold: bool
    """It started again: nobody is connected."""


class CancelGame(Command, frozen=True, kw_only=True):
    """End the game without a settlement."""

    reason: CancelReason = "key_lost"


def command_of(request: messages.GameRequest, *, seat: int, at: int) -> Act:
    """Return the command that a client's request is."""
    return _COMMANDS[type(request)](request, seat, at)


def command_again(choice: Choice, stage: int, uids: tuple[int, ...], *, seat: int, at: int) -> Act:
    """Return a command that makes the choice again: audit decides it anew.

    Args:
        choice: As it was unsealed.
        stage: It was made in.
        uids: The players', by seat.
        seat: Who made it.
        at: When (µs).

    Raises:
        LocalProtocolError: There is no such player or stage.
    """
    kind, what, price = choice
    if kind is Kind.PASS and stage in _PASSES:
        return _PASSES[stage](seat, at)
    if kind in (Kind.ATTACK, Kind.HEAL) and what in range(len(uids)):
        hit = Attack if kind is Kind.ATTACK else Heal
        return hit(at=at, seat=seat, target=uids[what])
    match kind:
        case Kind.MOVE:
            return Move(at=at, seat=seat, to=what)
        case Kind.MINE:
            return Mine(at=at, seat=seat)
        case Kind.BID:
            return Bid(at=at, seat=seat, lot_id=what, price=price)
        case Kind.EXPLORE:
            return Explore(at=at, seat=seat, skip=False)
        case _:
            raise LocalProtocolError(f"nobody can choose {choice} in stage {stage}")


_COMMANDS: Final[dict[type[messages.Request], Callable[[Any, int, int], Act]]] = {
    messages.Move: lambda request, seat, at: Move(at=at, seat=seat, to=request.to),
    messages.Attack: lambda request, seat, at: Attack(at=at, seat=seat, target=request.target),
    messages.Heal: lambda request, seat, at: Heal(at=at, seat=seat, target=request.target),
    messages.Mine: lambda _, seat, at: Mine(at=at, seat=seat),
    messages.Bid: lambda request, seat, at: Bid(
        at=at, seat=seat, lot_id=request.lot_id, price=request.price or 0
    ),
    messages.Explore: lambda request, seat, at: Explore(at=at, seat=seat, skip=request.skip),
}

_PASSES: Final[dict[int, Callable[[int, int], Act]]] = {
    1: lambda seat, at: Move(at=at, seat=seat, to=None),
    2: lambda seat, at: Attack(at=at, seat=seat, target=None),
    3: lambda seat, at: Bid(at=at, seat=seat, lot_id=None, price=0),
    4: lambda seat, at: Explore(at=at, seat=seat, skip=True),
}

# --- rooms ----------------------------------------------------------------------------------


class Commitment(msgspec.Struct, frozen=True, kw_only=True):
    """The seed that was chosen for a room's next game."""

    salt: str
    """32 hex digits, drawn afresh."""
    commitment: str
    """Hex SHA-256 of the seed."""


class Tickets(msgspec.Struct, frozen=True, kw_only=True):
    """Tickets that were made for players."""

    digests: dict[int, str]
    """Hex SHA-256 by uid."""
    expires: int
    """When each must have been used once (µs)."""


class OpenRoom(Command, frozen=True, kw_only=True):
    """Make a room and sit in it."""

    room: int
    name: str
    max: int
    salt: str
    password: str
    """Keyed hash; "" for none."""
    uid: int
    username: str
    next: Commitment


class JoinRoom(Command, frozen=True, kw_only=True):
    """Take the lowest free seat."""

    uid: int
    username: str
    password: str
    """Keyed hash of the room's salt and what the player gave."""


class LeaveRoom(Command, frozen=True, kw_only=True):
    """Be in the room no more."""

    uid: int
    reason: LeaveReason = "left"


class ChangeReady(Command, frozen=True, kw_only=True):
    """Be ready, or not any more."""

    uid: int
    ready: bool


class StartGame(Command, frozen=True, kw_only=True):
    """Begin: the host's."""

    uid: int
    server: str
    """The room server that is asked; "" when none has a place."""
    tickets: Tickets
    """For every member."""


class PlaceGame(Command, frozen=True, kw_only=True):
    """The room server did not take the game, or died: ask another."""

    epoch: int
    """Of the placement that failed."""
    server: str
    """"" when none has a place."""
    tickets: Tickets


class AcceptGame(Command, frozen=True, kw_only=True):
    """The room server has the game (502)."""

    epoch: int
    ip: str
    port: int
    ws: str


class GiveTicket(Command, frozen=True, kw_only=True):
    """Give a player of the running game a new ticket: he logged in again."""

    uid: int
    ticket: str
    expires: int


class CloseGame(Command, frozen=True, kw_only=True):
    """The game is over."""

    epoch: int
    next: Commitment
