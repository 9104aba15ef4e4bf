"""What a room server ships to be recorded: whether it may, and what it is.

A room server may record what happens in the games that are its own, under the epoch they are its
own in, as the next versions of those games; never a settlement, which is the room's. Units are
looked at in order, each on what those before it leave; whatever of a refused unit others stand on
is refused with it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from parlour.actors.context import Context
from parlour.events import treasure as facts
from parlour.events.errors import CorruptLog
from parlour.events.event import Event, decode
from parlour.events.messages.treasure_link import Batch, Row
from parlour.events.rules.treasure import room as room_rules
from parlour.events.rules.treasure.state import Game, Room

_PLACING: Final = (facts.GameOpened, facts.GameMoved)
"""Facts that bring a game under a new epoch."""
_SHIPPED: Final = (
    *_PLACING,
    facts.PlayerVerified,
    facts.PlayerGone,
    facts.StageBegun,
    facts.ChoiceMade,
    facts.StageResumed,
    facts.StageEnded,
)
_PREFIX: Final = "treasure.game:"


class Shipment(NamedTuple):
    """A batch that was looked at."""

    records: dict[str, list[Event]]
    """What is to be recorded, in order, by aggregate."""
    refused: dict[int, int]
    """Room by the index of a unit that may not be recorded."""


class _Next(NamedTuple):
    """Where a game is after the units so far."""

    version: int
    epoch: int
    current: int
    """The epoch it is placed under; -1 when this server has nothing to do with it."""


def look_at(context: Context, server: str, batch: Batch) -> Shipment:
    """Return what is in a batch of a room server.

    Raises:
        CorruptLog: There is something that no room server ships.
    """
    records: dict[str, list[Event]] = {}
    refused: dict[int, int] = {}
    after: dict[str, _Next] = {}
    for index, rows in enumerate(batch.units):
        unit: list[tuple[str, Event]] = []
        ahead: dict[str, _Next] = {}
        for row in rows:
            event, game_id = _event(row), row.aggregate_id
            before = ahead.get(game_id) or after.get(game_id) or _look_up(context, server, game_id)
            follows = _follow(server, before, row, event)
            if follows is None:
                refused[index] = _place(game_id)[0]
                break
            ahead[game_id] = follows
            unit.append((game_id, event))
        else:
            after |= ahead
            for game_id, event in unit:
                records.setdefault(game_id, []).append(event)
    return Shipment(records, refused)


def _look_up(context: Context, server: str, game_id: str) -> _Next:
    number, game_number = _place(game_id)
    room: Room = context.state(facts.room_id(number))
    own = room_rules.busy(room) and (room.server, room.game) == (server, game_number)
    game: Game = context.state(game_id)
    version = context.repository.version(game_id)
    return _Next(version, game.epoch, room.epoch if own else -1)


def _follow(server: str, before: _Next, row: Row, event: Event) -> _Next | None:
    """Return where the game is after an event, None when this server may not record it."""
    epoch = before.epoch
    if isinstance(event, _PLACING):
        if event.server != server:
            return None
        epoch = event.epoch
    if row.version != before.version + 1 or epoch != before.current:
        return None
    return before._replace(version=row.version, epoch=epoch)


def _event(row: Row) -> Event:
    event = decode(row.topic, bytes(row.state))
    if not isinstance(event, _SHIPPED):
        raise CorruptLog(f"no room server records {row.topic}")
    return event


def _place(aggregate_id: str) -> tuple[int, int]:
    """Return room and number of a game.

    Raises:
        CorruptLog: It is no game's id.
    """
    room, _, game = aggregate_id.removeprefix(_PREFIX).partition(":")
    if not (room.isascii() and room.isdigit() and game.isascii() and game.isdigit()):
        raise CorruptLog(f"{aggregate_id} is no game")
    place = int(room), int(game)
    if facts.game_id(*place) != aggregate_id:
        raise CorruptLog(f"{aggregate_id} is no game")
    return place
