"""What everybody at a treasure game could check: its public side, without the seed.

For games whose seed nobody knows: a running one without its key file, one whose key was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from parlour.events import treasure as facts
from parlour.events.event import Event
from parlour.events.rules.treasure import draws, stages
from parlour.events.rules.treasure.settlement import side_of
from parlour.events.rules.treasure.state import Game
from parlour.events.rules.treasure.world import DAYS, STAGES_A_DAY

_SEALED: Final = 16
"""Hex digits of a sealed choice."""


def public_faults(game: Game, event: Event) -> Iterator[str]:
    """Yield what is wrong with a stage's beginning or end, or with a choice.

    Args:
        game: The game before it.
        event: The event; of other kinds nothing is said.
    """
    judge = _JUDGES.get(type(event))
    if judge is not None:
        yield from judge(game, event)


def public_settlement_faults(game: Game, event: facts.GameSettled) -> Iterator[str]:
    """Yield what is wrong with a settlement whose seed is not the promised one."""
    uids = [player.uid for player in game.players]
    if [line.player_id for line in event.players] != uids:
        yield "the settlement is not of the players"
        return
    for line, hp in zip(event.players, game.hp, strict=True):
        if line.alive != (hp > 0):
            yield f"player {line.player_id} is not as alive as everybody saw"
        if line.win != (side_of(line.role) == event.winner):
            yield f"player {line.player_id} is not on the side that his line says"
        score = 10 * line.treasures + line.gold + 20 * line.win + 5 * line.alive
        if line.score != score:
            yield f"the score of player {line.player_id} does not add up"


def _begun(game: Game, event: facts.StageBegun) -> Iterator[str]:
    if game.phase == "waiting":
        if event.at < game.until and not all(game.present):
            yield "the game begins before its time, and not everybody is there"
    elif game.stage:
        yield "a stage begins before the one before it ended"
    day, stage = len(game.ended) // STAGES_A_DAY + 1, len(game.ended) % STAGES_A_DAY + 1
    if (event.day, event.stage) != (day, stage) or day > DAYS:
        yield f"stage {stage} of day {day} is next"
    elif game.times is not None and event.until != event.at + game.times.stages[stage - 1]:
        yield "the stage does not last as long as was promised"
    first = (event.day - 1) * draws.LOTS_A_DAY + 1
    numbers = range(first, first + draws.LOTS_A_DAY) if event.stage == stages.AUCTION else ()
    if [lot.lot_id for lot in event.lots] != list(numbers):
        yield "other lots are sold than the day's"
    if any(draws.LOWEST_BIDS[lot.item] != lot.min for lot in event.lots):
        yield "a lot's lowest bid is not its item's"


def _chosen(game: Game, event: facts.ChoiceMade) -> Iterator[str]:
    seat = event.seat
    if not game.stage:
        yield "no stage is on"
    elif seat not in range(len(game.players)) or not game.present[seat]:
        yield "nobody is connected who could choose this"
    elif not game.hp[seat]:
        yield "the dead do not choose"
    elif game.stage in (stages.ACTION, stages.EXPLORE) and seat in _acted(game):
        yield "in this stage everybody acts once"
    try:
        whole = len(bytes.fromhex(event.sealed)) * 2 == _SEALED
    except ValueError:
        whole = False
    if not whole:
        yield "a sealed choice is 16 hex digits"


def _acted(game: Game) -> set[int]:
    return {choice.seat for choice in game.choices}


def _living(game: Game) -> list[int]:
    return [seat for seat, hp in enumerate(game.hp) if hp]


def _ended(game: Game, event: facts.StageEnded) -> Iterator[str]:
    if not game.stage or (event.day, event.stage) != (game.day, game.stage):
        yield "this stage is not on"
        return
    if event.at < game.until and not _acted(game).issuperset(_living(game)):
        yield "the stage ends before its time, and not everybody acted"
    yield from _OUTCOMES[event.stage](game, event)


def _moved(game: Game, event: facts.StageEnded) -> Iterator[str]:
    living = _living(game)
    if [p.player_id for p in event.positions] != [game.players[seat].uid for seat in living]:
        yield "positions are those of the living, by seat"
        return
    for seat, position in zip(living, event.positions, strict=True):
        if position.cell not in stages.REACH[game.cells[seat]]:
            yield f"player {position.player_id} came further than to a neighbouring cell"


def _fought(game: Game, event: facts.StageEnded) -> Iterator[str]:
    if [health.player_id for health in event.hp] != [player.uid for player in game.players]:
        yield "hp is told of every player, by seat"
        return
    for before, health in zip(game.hp, event.hp, strict=True):
        possible = range(stages.FULL_HP + 1) if before else (0,)
        if health.hp not in possible or health.alive != (health.hp > 0):
            yield f"player {health.player_id} cannot have this hp"


def _sold(game: Game, event: facts.StageEnded) -> Iterator[str]:
    lowest = {lot.lot_id: lot.min for lot in game.lots}
    uids = {game.players[seat].uid for seat in _acted(game)}
    sold = [sale.lot_id for sale in event.sold]
    if sold != sorted(set(sold)):
        yield "a lot is sold once, in order of their numbers"
    for sale in event.sold:
        if sale.lot_id not in lowest or sale.price < lowest[sale.lot_id]:
            yield f"lot {sale.lot_id} cannot be sold for this"
        if sale.buyer not in uids:
            yield f"lot {sale.lot_id} is sold to somebody who did not bid"


def _explored(game: Game, event: facts.StageEnded) -> Iterator[str]:
    cells = [found.cell for found in event.found]
    if any(cell not in draws.OUTER for cell in cells) or cells != sorted(set(cells)):
        yield "treasures leave outer cells, each once"
    if any(found.count != 1 for found in event.found):
        yield "a cell hides one treasure"
    if event.left != game.left - len(cells):
        yield "the treasures that are left do not add up"
    where = {game.cells[seat] for seat in _acted(game)}
    if not where.issuperset(cells):
        yield "a treasure was found where nobody was"


_OUTCOMES: Final[dict[int, Callable[[Game, facts.StageEnded], Iterator[str]]]] = {
    stages.MOVE: _moved,
    stages.ACTION: _fought,
    stages.AUCTION: _sold,
    stages.EXPLORE: _explored,
}

_JUDGES: Final[dict[type[Event], Callable[[Game, Any], Iterator[str]]]] = {
    facts.StageBegun: _begun,
    facts.ChoiceMade: _chosen,
    facts.StageEnded: _ended,
}
