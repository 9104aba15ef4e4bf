"""What a room server ships to be recorded: whether it may, and what it is.

A room server may record what happens in the games that are its own, under the epoch they are its
own in, as the next versions of those games; never a settlement, which is the room's. Units are
looked at in order, each on what those before it leave; whatever of a refused unit others stand on
is refused with it.

Nothing is believed: the rules are asked what they record there (`rules.treasure.game.decide`, from
the game, its hidden world and its seed), and what is anything else is recorded nowhere. A room
server has its clock to itself, within bounds, and which choices its players made: no more.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from msgspec.structs import replace

from parlour.actors.context import Context
from parlour.actors.treasure import secrets
from parlour.actors.treasure.serving import longest_rest, opening_of, serve_of
from parlour.events import treasure as facts
from parlour.events.errors import CorruptLog, LocalProtocolError, RuleViolation
from parlour.events.event import Event, decode
from parlour.events.messages.treasure_link import MAX_ROWS, Batch, Row
from parlour.events.rules.treasure import commands
from parlour.events.rules.treasure import game as game_rules
from parlour.events.rules.treasure import room as room_rules
from parlour.events.rules.treasure.sealing import Place, unseal
from parlour.events.rules.treasure.state import Game, Room, World
from parlour.events.rules.treasure.world import advance, next_choice, world_of
from parlour.events.times import MICROSECONDS

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
_LONGEST_ID: Final = 64
_LONGEST_REASON: Final = 200
"""In characters: what a room server says is in it."""
_TICKET: Final = re.compile(r"[0-9a-f]{1,64}")
_FAST_CLOCK: Final = 600 * MICROSECONDS
"""How far a room server's clock may be ahead of this one (µs); behind, by as much as it is."""
_BEYOND_RULES: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What folding raises over values that no rule gives."""


class BadShipment(CorruptLog):
    """Something was shipped that no room server ships, or that no game can be folded from."""

    def __init__(self, reason: str, *, room: int = 0, game: int = 0) -> None:
        """`room` and `game` tell which game is broken by it; 0 when it is none of the server's."""
        super().__init__(reason[:_LONGEST_REASON])
        self.room, self.game = room, game


class Shipment(NamedTuple):
    """A batch that was looked at."""

    records: dict[str, list[Event]]
    """What is to be recorded, in order, by aggregate."""
    refused: dict[int, int]
    """Room by the index of a unit that may not be recorded."""


class Folded(NamedTuple):
    """What a game's events so far lead to."""

    version: int
    """Of the last of them."""
    game: Game
    world: World
    due: tuple[Event, ...] = ()
    """What is recorded next, in the same unit."""


class _Next(NamedTuple):
    """Where a game is after the units so far."""

    folded: Folded
    room: Room
    current: int
    """The epoch it is placed under; -1 when this server has nothing to do with it."""
    seed: bytes


def look_at(context: Context, server: str, batch: Batch, worlds: dict[str, Folded]) -> Shipment:
    """Return what is in a batch of a room server.

    Args:
        context: Where rooms and games are.
        server: Who ships it.
        batch: What it ships.
        worlds: What is known of its games by their ids; what is taken is noted here.

    Raises:
        BadShipment: There is something that no room server ships, or that does not fold.
    """
    if max(len(batch.units), sum(map(len, batch.units))) > MAX_ROWS:
        raise BadShipment(f"a batch has more than {MAX_ROWS} events")
    records: dict[str, list[Event]] = {}
    refused: dict[int, int] = {}
    after: dict[str, _Next] = {}
    for index, rows in enumerate(batch.units):
        unit: list[tuple[str, Event]] = []
        ahead: dict[str, _Next] = {}
        for row in rows:
            game_id = row.aggregate_id
            place = _place(game_id)
            before = ahead.get(game_id) or after.get(game_id)
            before = before or _look_up(context, server, place, worlds.get(game_id))
            event = _event(row, place if before.current >= 0 else (0, 0))
            if not _follows(server, before, row, event):
                refused[index] = place[0]
                break
            ahead[game_id] = _fold(context, before, row, event, place)
            unit.append((game_id, event))
        else:
            _must_be_whole(ahead)
            after |= ahead
            for game_id, event in unit:
                records.setdefault(game_id, []).append(event)
    if not refused:
        worlds |= {game_id: following.folded for game_id, following in after.items()}
    return Shipment(records, refused)


def _look_up(context: Context, server: str, place: tuple[int, int], known: Folded | None) -> _Next:
    room: Room = context.state(facts.room_id(place[0]))
    own = room_rules.busy(room) and (room.server, room.game) == (server, place[1])
    game_id = facts.game_id(*place)
    version = context.repository.version(game_id)
    if not own:
        return _Next(Folded(version, Game(), World()), room, -1, b"")
    seed = secrets.seed_of(context, room)
    if known is None or known.version != version:
        game: Game = context.state(game_id)
        try:
            known = Folded(version, game, world_of(game, seed))
        except (CorruptLog, *_BEYOND_RULES) as error:
            raise BadShipment(f"{game_id}: {error}", room=place[0], game=place[1]) from error
    return _Next(known, room, room.epoch, seed)


def _follows(server: str, before: _Next, row: Row, event: Event) -> bool:
    """Tell whether this server may record an event of a game there."""
    if before.current < 0:
        return False
    epoch = before.folded.game.epoch
    if isinstance(event, _PLACING):
        if event.server != server:
            return False
        epoch = event.epoch
    return row.version == before.folded.version + 1 and epoch == before.current


def _fold(context: Context, before: _Next, row: Row, event: Event, place: tuple[int, int]) -> _Next:
    """Return where the game is after an event.

    Raises:
        BadShipment: No game goes on like that.
    """
    _, game, world, _ = before.folded
    try:
        due = _due_after(context, before, event)
        now, after = game_rules.evolve(game, event), advance(world, event, before.seed)
        return before._replace(folded=Folded(row.version, now, after, due))
    except RuleViolation as refused:
        reason = f"the rules refuse it ({refused.code})"
    except (CorruptLog, LocalProtocolError, *_BEYOND_RULES) as error:
        reason = str(error)
    raise BadShipment(
        f"{row.aggregate_id} cannot go on with this {type(event).__name__}: {reason}",
        room=place[0],
        game=place[1],
    )


def _must_be_whole(ahead: dict[str, _Next]) -> None:
    """Refuse a unit that ends before all is there that goes with its events.

    Raises:
        BadShipment: It does: no clock would run in its game.
    """
    for game_id, following in ahead.items():
        if following.folded.due:
            room = following.room
            missing = type(following.folded.due[0]).__name__
            reason = f"{game_id}: a unit ends without the {missing} that goes with it"
            raise BadShipment(reason, room=room.room, game=room.game)


def _due_after(context: Context, before: _Next, event: Event) -> tuple[Event, ...]:
    """Return what must follow an event, if it is one that is recorded there.

    Raises:
        CorruptLog: It is another.
        LocalProtocolError: It is a choice that nobody can make.
        RuleViolation: The rules refuse what it would come from.
    """
    _check_values(context, before.folded.game, event)
    recorded = list(before.folded.due) or _recorded(context, before, event)
    match event, recorded:
        case facts.StageResumed(until=until), [facts.StageResumed() as resumed, *_]:
            # How much was left when it stopped is in no event: it is bounded, and believed.
            recorded[0] = replace(resumed, until=until)
        case facts.PlayerGone(), _ if event in recorded:
            return ()  # one of all who are gone after a stop, in any order
    if not recorded or recorded[0] != event:
        raise CorruptLog("it is not what the rules record there")
    # The settlement is the room's to record.
    return tuple([due for due in recorded[1:] if not isinstance(due, facts.GameSettled)])


def _recorded(context: Context, before: _Next, event: Event) -> list[Event]:
    """Return what the rules record of a command that the event may come from."""
    _, game, world, _ = before.folded
    return game_rules.decide(game, world, _cause(context, before, event), before.seed)


def _cause(context: Context, before: _Next, event: Event) -> commands.Command:
    """Return the command that an event may come from; what it may not choose is as it must be."""
    at, game = event.at, before.folded.game
    match event:
        case facts.GameOpened():
            return opening_of(serve_of(context, before.room), at=at)
        case facts.GameMoved(epoch=epoch, server=server):
            return commands.MoveGame(
                at=at, epoch=epoch, server=server, left_at=game.until, floor_us=0
            )
        case facts.PlayerVerified(seat=seat, ticket=ticket):
            return commands.VerifyPlayer(at=at, seat=seat, ticket=ticket)
        case facts.ChoiceMade():
            return _choice_again(before, event)
        case facts.PlayerGone() | facts.StageResumed():
            gone = isinstance(event, facts.PlayerGone)
            return commands.Resume(at=at, left_at=game.until, floor_us=0, cold=gone)
        case _:  # a stage that begins or ends
            return commands.Ring(at=at)


def _choice_again(before: _Next, event: facts.ChoiceMade) -> commands.Command:
    _, game, world, _ = before.folded
    place = Place(world.day, world.stage, event.seat, next_choice(world, event.seat))
    choice = unseal(before.seed, place, event.sealed)
    uids = tuple([player.uid for player in game.players])
    return commands.command_again(choice, game.stage, uids, seat=event.seat, at=event.at)


def _check_values(context: Context, game: Game, event: Event) -> None:
    """Refuse a free value that is out of bounds; numbers may have any size until then.

    Raises:
        CorruptLog: It is such a value.
    """
    if not 0 < event.at <= context.now() + _FAST_CLOCK:
        raise CorruptLog("its time is none, or far ahead of the clock here")
    if isinstance(event, facts.PlayerVerified) and not _TICKET.fullmatch(event.ticket):
        raise CorruptLog("its ticket is none")
    if isinstance(event, facts.StageResumed) and not (
        event.at <= event.until <= event.at + longest_rest(context, game)
    ):
        raise CorruptLog("no stage has so much left")


def _event(row: Row, place: tuple[int, int]) -> Event:
    room, game = place
    try:
        event = decode(row.topic, bytes(row.state))
    except (CorruptLog, *_BEYOND_RULES) as error:
        raise BadShipment(f"{row.aggregate_id}: {error}", room=room, game=game) from error
    if not isinstance(event, _SHIPPED):
        raise BadShipment(f"no room server records {row.topic}", room=room, game=game)
    return event


def _place(aggregate_id: str) -> tuple[int, int]:
    """Return room and number of a game.

    Raises:
        BadShipment: It is no game's id.
    """
    room, _, game = aggregate_id.removeprefix(_PREFIX).partition(":")
    if len(aggregate_id) > _LONGEST_ID:
        raise BadShipment(f"{aggregate_id} is no game")
    if not (room.isascii() and room.isdigit() and game.isascii() and game.isdigit()):
        raise BadShipment(f"{aggregate_id} is no game")
    place = int(room), int(game)
    if facts.game_id(*place) != aggregate_id:
        raise BadShipment(f"{aggregate_id} is no game")
    return place
