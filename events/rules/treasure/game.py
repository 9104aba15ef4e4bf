"""One treasure game, from its players to its settlement.

`decide` says what obeying a command would cause, `evolve` applies what was recorded to the public
side, `world.advance` to the hidden one. Refusals are `RuleViolation` with a stable code, whose
number on the wire is in `messages.treasure.CODES`; a refused command changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, cast

from parlour.events import treasure as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.treasure import commands, draws, settlement, stages
from parlour.events.rules.treasure.evolution import evolve, played_out, running, seat_of
from parlour.events.rules.treasure.sealing import Choice, Kind, Place, seal
from parlour.events.rules.treasure.state import LEAST, MOST, Game, Made, World
from parlour.events.rules.treasure.world import DAYS, STAGES_A_DAY, next_choice

__all__ = ["decide", "evolve", "played_out", "running", "seat_of"]

_NOBODY: Final = -1
"""The seat of a player who does not play."""


def decide(game: Game, world: World, command: commands.Command, seed: bytes) -> list[Event]:
    """Return the events that obeying `command` would cause, in order.

    Args:
        game: The game as it is.
        world: Its hidden side: `world_of(game, seed)`.
        command: One of `commands` for games.
        seed: The game's.

    Raises:
        RuleViolation: What `stages.check` raises, or "not_verified", "game_running" (it is set
            up already), "too_few_players", "room_full" or "stale_epoch".
    """
    return _DECISIONS[type(command)](game, world, command, seed)


# --- before the game ------------------------------------------------------------------------


def _open(game: Game, _world: World, command: commands.OpenGame, _seed: bytes) -> list[Event]:
    if game.phase not in ("new", "waiting"):
        raise RuleViolation("game_running")
    if game.phase == "waiting" and command.epoch <= game.epoch:
        raise RuleViolation("stale_epoch")
    if len(command.players) < LEAST:
        raise RuleViolation("too_few_players")
    if len(command.players) > MOST:
        raise RuleViolation("room_full")
    opened = facts.GameOpened(
        at=command.at,
        room=command.room,
        game=command.game,
        epoch=command.epoch,
        server=command.server,
        players=command.players,
        commitment=command.commitment,
        times=command.times,
    )
    return [opened]


def _verify(game: Game, _world: World, command: commands.VerifyPlayer, seed: bytes) -> list[Event]:
    seat = command.seat
    # The next thing that is recorded of a game that was played out is its settlement.
    if not running(game) or played_out(game) or seat not in range(len(game.players)):
        raise RuleViolation("bad_ticket")
    if game.present[seat] and game.tickets[seat] == command.ticket:
        return []  # another connection of his took over
    verified = facts.PlayerVerified(at=command.at, seat=seat, ticket=command.ticket)
    others = [here for at, here in enumerate(game.present) if at != seat]
    if game.phase == "waiting" and all(others):
        return [verified, _begin(game, 1, 1, seed, at=command.at)]
    return [verified]


def _lose(game: Game, _world: World, command: commands.LosePlayer, _seed: bytes) -> list[Event]:
    seat = command.seat
    if not running(game) or played_out(game) or game.present[seat : seat + 1] != (True,):
        return []
    return [facts.PlayerGone(at=command.at, seat=seat)]


# --- stages ---------------------------------------------------------------------------------


def _act(game: Game, world: World, command: commands.Act, seed: bytes) -> list[Event]:
    seat = command.seat
    if seat not in range(len(game.present)) or not game.present[seat]:
        raise RuleViolation("not_verified")
    stage, read = _CHOICES[type(command)]
    if game.stage != stage:
        raise RuleViolation("wrong_stage")
    choice = read(game, command)
    stages.check(world, seat, choice)
    if stages.changes_nothing(world, seat, choice):
        return []
    n = next_choice(world, seat)
    sealed = seal(seed, Place(world.day, stage, seat, n), choice)
    made: list[Event] = [facts.ChoiceMade(at=command.at, seat=seat, sealed=sealed)]
    after = stages.with_choice(world, Made(seat, n, choice))
    return made + _end(game, after, seed, at=command.at) if stages.all_acted(after) else made


def _ring(game: Game, world: World, command: commands.Ring, seed: bytes) -> list[Event]:
    if not game.until or command.at < game.until:
        return []
    if game.phase == "waiting":
        return [_begin(game, 1, 1, seed, at=command.at)]
    return _end(game, world, seed, at=command.at)


def _begin(game: Game, day: int, stage: int, seed: bytes, *, at: int) -> Event:
    number = cast(Literal[1, 2, 3, 4], stage)
    lasts = game.times.stages[stage - 1] if game.times else 0
    lots = draws.lots(seed, day) if stage == stages.AUCTION else ()
    return facts.StageBegun(at=at, day=day, stage=number, until=at + lasts, lots=lots)


def _end(game: Game, world: World, seed: bytes, *, at: int) -> list[Event]:
    """Return the end of the running stage, and what follows: the next one, or the settlement."""
    day, stage = world.day, world.stage
    after = stages.resolve(world, seed)
    ended = _OUTCOMES[stage](game, world, after, at)
    if stage in (stages.ACTION, stages.EXPLORE):
        last = day == DAYS and stage == STAGES_A_DAY
        ending = settlement.verdict(after, days_over=last)
        if ending is not None:
            return [ended, settlement.settle(game, after, ending, seed, at=at)]
    follows = (day + 1, 1) if stage == STAGES_A_DAY else (day, stage + 1)
    return [ended, _begin(game, *follows, seed, at=at)]


def _outcome_of_moves(game: Game, before: World, after: World, at: int) -> Event:
    positions = tuple(
        [
            facts.Position(player_id=player.uid, cell=cell)
            for player, cell, hp in zip(game.players, after.cells, after.hp, strict=True)
            if hp
        ]
    )
    return facts.StageEnded(at=at, day=before.day, stage=1, positions=positions)


def _outcome_of_actions(game: Game, before: World, after: World, at: int) -> Event:
    healths = tuple(
        [
            facts.Health(player_id=player.uid, hp=hp, alive=hp > 0)
            for player, hp in zip(game.players, after.hp, strict=True)
        ]
    )
    return facts.StageEnded(at=at, day=before.day, stage=2, hp=healths)


def _outcome_of_auction(game: Game, before: World, _after: World, at: int) -> Event:
    sold = tuple(
        facts.Sale(lot_id=sale.lot_id, buyer=game.players[sale.seat].uid, price=sale.price)
        for sale in stages.sales(before)
    )
    return facts.StageEnded(at=at, day=before.day, stage=3, sold=sold)


def _outcome_of_exploration(_game: Game, before: World, after: World, at: int) -> Event:
    found = tuple(
        facts.Found(cell=cell, count=1) for cell in before.treasures if cell not in after.treasures
    )
    left = len(after.treasures)
    return facts.StageEnded(at=at, day=before.day, stage=4, found=found, left=left)


_OUTCOMES: Final[dict[int, Callable[[Game, World, World, int], Event]]] = {
    stages.MOVE: _outcome_of_moves,
    stages.ACTION: _outcome_of_actions,
    stages.AUCTION: _outcome_of_auction,
    stages.EXPLORE: _outcome_of_exploration,
}

# --- choices --------------------------------------------------------------------------------

_PASS: Final = Choice(Kind.PASS)


def _read_target(game: Game, kind: Kind, target: int | None) -> Choice:
    if target is None:
        return _PASS
    seat = seat_of(game, target)
    return Choice(kind, _NOBODY if seat is None else seat)


def _read_move(_game: Game, command: commands.Move) -> Choice:
    return _PASS if command.to is None else Choice(Kind.MOVE, command.to)


def _read_bid(_game: Game, command: commands.Bid) -> Choice:
    return _PASS if command.lot_id is None else Choice(Kind.BID, command.lot_id, command.price)


_CHOICES: Final[dict[type[commands.Command], tuple[int, Callable[[Game, Any], Choice]]]] = {
    commands.Move: (stages.MOVE, _read_move),
    commands.Attack: (stages.ACTION, lambda game, a: _read_target(game, Kind.ATTACK, a.target)),
    commands.Heal: (stages.ACTION, lambda game, a: _read_target(game, Kind.HEAL, a.target)),
    commands.Mine: (stages.ACTION, lambda _, __: Choice(Kind.MINE)),
    commands.Bid: (stages.AUCTION, _read_bid),
    commands.Explore: (stages.EXPLORE, lambda _, a: _PASS if a.skip else Choice(Kind.EXPLORE)),
}
"""The stage a command belongs to, and what is chosen by it."""

# --- stops ----------------------------------------------------------------------------------


def _move(game: Game, _world: World, command: commands.MoveGame, _seed: bytes) -> list[Event]:
    if command.epoch <= game.epoch:
        raise RuleViolation("stale_epoch")
    if not running(game):
        return []
    moved = facts.GameMoved(at=command.at, epoch=command.epoch, server=command.server)
    return [moved, *_clock_again(game, command)]


def _resume(game: Game, _world: World, command: commands.Resume, _seed: bytes) -> list[Event]:
    if not running(game):
        return []
    gone = [
        facts.PlayerGone(at=command.at, seat=seat)
        for seat, here in enumerate(game.present)
        if here and command.cold
    ]
    return [*gone, *_clock_again(game, command)]


def _clock_again(game: Game, command: commands.MoveGame | commands.Resume) -> list[Event]:
    """The stage keeps what it had left, and at least the floor."""
    if not game.until:
        return []  # the last stage is over, and only the settlement is to come
    left = max(game.until - command.left_at, command.floor_us)
    return [facts.StageResumed(at=command.at, until=command.at + left)]


def _cancel(game: Game, _world: World, command: commands.CancelGame, _seed: bytes) -> list[Event]:
    if not running(game):
        return []
    this = facts.game_id(game.room, game.game)
    return [facts.GameCancelled(at=command.at, reason=command.reason, game_id=this)]


_DECISIONS: Final[
    dict[type[commands.Command], Callable[[Game, World, Any, bytes], list[Event]]]
] = {
    commands.OpenGame: _open,
    commands.MoveGame: _move,
    commands.VerifyPlayer: _verify,
    commands.LosePlayer: _lose,
    commands.Move: _act,
    commands.Attack: _act,
    commands.Heal: _act,
    commands.Mine: _act,
    commands.Bid: _act,
    commands.Explore: _act,
    commands.Ring: _ring,
    commands.Resume: _resume,
    commands.CancelGame: _cancel,
}
