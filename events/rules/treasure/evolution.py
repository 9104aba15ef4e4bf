"""A game as its recorded facts leave it: its public side, without the seed.

`evolve` never refuses: what is in the log happened, also when the rules of today would not let it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from parlour.events import treasure as facts
from parlour.events.event import Event
from parlour.events.rules.treasure import draws, stages
from parlour.events.rules.treasure.state import Game, Sealed

_T = TypeVar("_T")


def evolve(game: Game, event: Event) -> Game:
    """Return `game` as `event` leaves it; an event that is no game's changes nothing."""
    step = _STEPS.get(type(event))
    return game if step is None else step(game, event)


def seat_of(game: Game, uid: int) -> int | None:
    """Return the seat of a player, None when he does not play."""
    return next((player.seat for player in game.players if player.uid == uid), None)


def running(game: Game) -> bool:
    """Return whether the game is open and not over."""
    return game.phase in ("waiting", "playing")


def played_out(game: Game) -> bool:
    """Return whether its last stage has ended, and only the settlement is to come."""
    return game.phase == "playing" and not game.stage


def _opened(_game: Game, event: facts.GameOpened) -> Game:
    number = len(event.players)
    return Game(
        room=event.room,
        game=event.game,
        epoch=event.epoch,
        server=event.server,
        players=event.players,
        commitment=event.commitment,
        times=event.times,
        phase="waiting",
        present=(False,) * number,
        tickets=("",) * number,
        until=event.at + event.times.verify,
        cells=(draws.CENTRE,) * number,
        hp=(stages.FULL_HP,) * number,
        left=number - 1,
    )


def _moved(game: Game, event: facts.GameMoved) -> Game:
    nobody = (False,) * len(game.players)
    return replace(game, epoch=event.epoch, server=event.server, present=nobody)


def _verified(game: Game, event: facts.PlayerVerified) -> Game:
    return replace(
        game,
        present=_put(game.present, event.seat, True),
        tickets=_put(game.tickets, event.seat, event.ticket),
    )


def _gone(game: Game, event: facts.PlayerGone) -> Game:
    return replace(game, present=_put(game.present, event.seat, False))


def _begun(game: Game, event: facts.StageBegun) -> Game:
    return replace(
        game,
        phase="playing",
        day=event.day,
        stage=event.stage,
        until=event.until,
        lots=event.lots,
        choices=(),
    )


def _chosen(game: Game, event: facts.ChoiceMade) -> Game:
    seat, choices = event.seat, game.choices
    n = max([sealed.n + 1 for sealed in choices if sealed.seat == seat], default=0)
    if n and game.stage == stages.MOVE:
        choices = tuple([sealed for sealed in choices if sealed.seat != seat])
    return replace(game, choices=(*choices, Sealed(seat, n, event.sealed)))


def _ended(game: Game, event: facts.StageEnded) -> Game:
    cells, hp, left = game.cells, game.hp, game.left
    if event.positions:
        now = {position.player_id: position.cell for position in event.positions}
        cells = _by_seat(game, cells, now)
    if event.hp:
        hp = _by_seat(game, hp, {health.player_id: health.hp for health in event.hp})
    if event.sold:
        hp = _drink(game, event.sold)
    if event.left >= 0:
        left = event.left
    return replace(
        game,
        stage=0,
        until=0,
        lots=(),
        cells=cells,
        hp=hp,
        left=left,
        choices=(),
        ended=(*game.ended, game.choices),
    )


def _drink(game: Game, sold: tuple[facts.Sale, ...]) -> tuple[int, ...]:
    potions = {lot.lot_id for lot in game.lots if lot.item == "potion"}
    drinkers = [sale.buyer for sale in sold if sale.lot_id in potions]
    return tuple(
        min(hp + drinkers.count(player.uid), stages.FULL_HP)
        for player, hp in zip(game.players, game.hp, strict=True)
    )


def _resumed(game: Game, event: facts.StageResumed) -> Game:
    return replace(game, until=event.until)


def _settled(game: Game, event: facts.GameSettled) -> Game:
    return replace(game, phase="settled", settled=event, stage=0, until=0)


def _cancelled(game: Game, _event: facts.GameCancelled) -> Game:
    return replace(game, phase="cancelled", stage=0, until=0, lots=(), choices=())


def _put(values: tuple[_T, ...], seat: int, value: _T) -> tuple[_T, ...]:
    return tuple([value if at == seat else old for at, old in enumerate(values)])


def _by_seat(game: Game, before: tuple[int, ...], now: dict[int, int]) -> tuple[int, ...]:
    """Return what is so of each seat now, by uid, else what was before."""
    return tuple(
        [now.get(player.uid, old) for player, old in zip(game.players, before, strict=True)]
    )


_STEPS: Final[dict[type[Event], Callable[[Game, Any], Game]]] = {
    facts.GameOpened: _opened,
    facts.GameMoved: _moved,
    facts.PlayerVerified: _verified,
    facts.PlayerGone: _gone,
    facts.StageBegun: _begun,
    facts.ChoiceMade: _chosen,
    facts.StageResumed: _resumed,
    facts.StageEnded: _ended,
    facts.GameSettled: _settled,
    facts.GameCancelled: _cancelled,
}
