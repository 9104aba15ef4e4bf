"""The hidden side of a game: set up from the seed, advanced by its events.

`advance` follows a running game event by event; `world_of` makes the same world anew from the
game's state, after a restart, on another room server, in replay. Neither believes a choice: one
that the rules would have refused is refused here too, as a broken log.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from parlour.events import treasure as facts
from parlour.events.errors import CorruptLog, RuleViolation
from parlour.events.event import Event
from parlour.events.rules.treasure import draws, stages
from parlour.events.rules.treasure.sealing import Place, unseal
from parlour.events.rules.treasure.state import Game, Made, Sealed, World

FIRST_GOLD: Final = 5
DAYS: Final = 7
STAGES_A_DAY: Final = 4
_FIRST_ORE: Final = tuple(0 if cell == draws.CENTRE else 3 for cell in range(stages.CELLS))


def set_up(seed: bytes, players: int) -> World:
    """Return the world before the first day."""
    nothing = (0,) * players
    return World(
        roles=draws.roles(seed, players),
        cells=(draws.CENTRE,) * players,
        hp=(stages.FULL_HP,) * players,
        gold=(FIRST_GOLD,) * players,
        items=((),) * players,
        ore=_FIRST_ORE,
        treasures=draws.treasures(seed, players),
        found=nothing,
        destroyed=nothing,
    )


def world_of(game: Game, seed: bytes) -> World:
    """Return the world of a game from its players, its sealed choices and its seed.

    Raises:
        CorruptLog: A sealed choice does not open, or was not allowed.
    """
    if not game.players:
        return World()
    world = set_up(seed, len(game.players))
    for number, choices in enumerate(game.ended):
        day, stage = number // STAGES_A_DAY + 1, number % STAGES_A_DAY + 1
        world = stages.resolve(_choose_all(begin(world, seed, day, stage), choices, seed), seed)
    if game.stage:
        world = _choose_all(begin(world, seed, game.day, game.stage), game.choices, seed)
    return world


def advance(world: World, event: Event, seed: bytes) -> World:
    """Return `world` as `event` leaves it; an event that hides nothing changes nothing.

    Raises:
        CorruptLog: A sealed choice does not open, or was not allowed.
    """
    match event:
        case facts.ChoiceMade():
            sealed = Sealed(event.seat, next_choice(world, event.seat), event.sealed)
            return _choose(world, sealed, seed)
        case facts.StageEnded():
            if world.stage != event.stage or world.day != event.day:
                raise CorruptLog(f"stage {event.day}/{event.stage} ended but was not on")
            return stages.resolve(world, seed)
        case facts.StageBegun():
            return begin(world, seed, event.day, event.stage)
        case facts.GameOpened():
            return set_up(seed, len(event.players))
        case facts.GameCancelled():
            return replace(world, stage=0, lots=(), choices=())
        case _:
            return world


def begin(world: World, seed: bytes, day: int, stage: int) -> World:
    """Return `world` with a stage on."""
    lots = draws.lots(seed, day) if stage == stages.AUCTION else ()
    return replace(world, day=day, stage=stage, lots=lots)


def next_choice(world: World, seat: int) -> int:
    """Return the number of the seat's next choice in the running stage, from 0."""
    return max([made.n + 1 for made in world.choices if made.seat == seat], default=0)


def _choose_all(world: World, choices: tuple[Sealed, ...], seed: bytes) -> World:
    for sealed in choices:
        world = _choose(world, sealed, seed)
    return world


def _choose(world: World, sealed: Sealed, seed: bytes) -> World:
    seat, n = sealed.seat, sealed.n
    choice = unseal(seed, Place(world.day, world.stage, seat, n), sealed.sealed)
    if seat not in range(len(world.hp)):
        raise CorruptLog(f"a choice of seat {seat}, which nobody has")
    try:
        stages.check(world, seat, choice)
    except RuleViolation as refused:
        raise CorruptLog(f"day {world.day}, seat {seat}: {refused.code}") from refused
    return stages.with_choice(world, Made(seat, n, choice))
