"""What the players of a game are told, as wire messages: each only what he may know.

`follow` says what an event makes to be told, and to whom; `welcome` what a player is told who comes
back. Pure translations for the room server's game actor, and for replay, which shows what was sent.
No role, ticket, bid, treasure cell or gold of another seat leaves here before the settlement, but
the sight of the evil. Source: `docs/protocols/treasure.md`, section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from msgspec import UNSET

from parlour.events import treasure as facts
from parlour.events.event import Event
from parlour.events.messages import treasure as messages
from parlour.events.rules.treasure import stages
from parlour.events.rules.treasure.evolution import seat_of
from parlour.events.rules.treasure.state import Game, World
from parlour.events.rules.treasure.world import DAYS

_MICRO: Final = 1_000_000


class Telling(NamedTuple):
    """A message and whom it is for."""

    seat: int | None
    """None for everybody who plays, dead or alive."""
    message: messages.Message


def follow(game: Game, before: World, event: Event, after: World) -> list[Telling]:
    """Return what is told because of one event, in order; often nothing.

    Args:
        game: As the event leaves it.
        before: The world without the event.
        event: The event.
        after: The world with it.
    """
    tell = _TOLD.get(type(event))
    return [] if tell is None else list(tell(game, before, event, after))


def welcome(game: Game, world: World, seat: int, now: int) -> list[messages.Message]:
    """Return what a player is told who comes (back) to a game at `now` (µs).

    Before the beginning that is nothing; after the end it is the settlement.
    """
    if game.settled is not None:
        return [game_over(game.settled)]
    if not game.stage:
        return []
    told: list[messages.Message] = [
        role(game, world, seat),
        messages.Stage(day=game.day, stage=game.stage, ends_in=max(game.until - now, 0) / _MICRO),
    ]
    if game.stage == stages.AUCTION:
        told.append(messages.Lots(day=game.day, lots=game.lots))
    if game.stage != stages.MOVE and _sees(world, seat):
        told.append(vision(game, world))
    return told


def role(game: Game, world: World, seat: int) -> messages.Role:
    """Return what a player knows of himself and of the others."""
    own = world.roles[seat]
    mates = tuple(
        player.uid
        for player in game.players
        if player.seat != seat and world.roles[player.seat] == "evil"
    )
    return messages.Role(
        player_id=game.players[seat].uid,
        seat=seat,
        role=own,
        hp=world.hp[seat],
        gold=world.gold[seat],
        cell=world.cells[seat],
        days=DAYS,
        cells=stages.CELLS,
        items=world.items[seat],
        left=game.left,
        players=tuple(_companion(game, player) for player in game.players),
        commitment=game.commitment,
        mates=mates if own == "evil" else UNSET,
    )


def goods(world: World, seat: int) -> messages.Goods:
    """Return what a player has, and the ore where he is."""
    return messages.Goods(
        gold=world.gold[seat], items=world.items[seat], ore_here=world.ore[world.cells[seat]]
    )


def vision(game: Game, world: World) -> messages.Vision:
    """Return what the evil see of the living, with the gold they had when the day's moves ended."""
    sighted = tuple(
        messages.Sighted(player_id=player.uid, cell=cell, hp=hp, gold=gold)
        for player, cell, hp, gold in zip(
            game.players, world.cells, world.hp, world.seen_gold, strict=True
        )
        if hp
    )
    return messages.Vision(day=world.day, players=sighted, hint=world.hint)


def game_over(settled: facts.GameSettled) -> messages.GameOver:
    """Return the settlement as players are told it."""
    return messages.GameOver(
        winner=settled.winner, reason=settled.reason, players=settled.players, seed=settled.seed
    )


def _companion(game: Game, player: facts.Player) -> messages.Companion:
    hp = game.hp[player.seat]
    return messages.Companion(
        player_id=player.uid,
        name=player.username,
        seat=player.seat,
        cell=game.cells[player.seat],
        hp=hp,
        alive=hp > 0,
    )


def _sees(world: World, seat: int) -> bool:
    return world.roles[seat] == "evil" and world.hp[seat] > 0


# --- by event -------------------------------------------------------------------------------


def _begun(game: Game, _before: World, event: facts.StageBegun, after: World) -> Iterator[Telling]:
    if event.day == 1 and event.stage == stages.MOVE:
        for player in game.players:
            yield Telling(player.seat, role(game, after, player.seat))
    yield _stage(game, event.until - event.at)
    if event.stage == stages.AUCTION:
        yield Telling(None, messages.Lots(day=event.day, lots=event.lots))


def _resumed(
    game: Game, _before: World, event: facts.StageResumed, _after: World
) -> Iterator[Telling]:
    if game.stage:
        yield _stage(game, event.until - event.at)


def _stage(game: Game, left: int) -> Telling:
    ends_in = max(left, 0) / _MICRO
    return Telling(None, messages.Stage(day=game.day, stage=game.stage, ends_in=ends_in))


def _ended(game: Game, before: World, event: facts.StageEnded, after: World) -> Iterator[Telling]:
    return _OUTCOMES[event.stage](game, before, event, after)


def _moved(game: Game, _before: World, event: facts.StageEnded, after: World) -> Iterator[Telling]:
    yield Telling(None, messages.Positions(day=event.day, positions=event.positions))
    for player in game.players:
        if _sees(after, player.seat):
            yield Telling(player.seat, vision(game, after))


def _fought(game: Game, _before: World, event: facts.StageEnded, after: World) -> Iterator[Telling]:
    yield Telling(None, messages.Healths(day=event.day, hp=event.hp))
    for player in game.players:
        if after.hp[player.seat]:
            yield Telling(player.seat, goods(after, player.seat))


def _sold(game: Game, _before: World, event: facts.StageEnded, after: World) -> Iterator[Telling]:
    yield Telling(None, messages.Sales(day=event.day, sold=event.sold))
    for buyer in dict.fromkeys(sale.buyer for sale in event.sold):
        seat = seat_of(game, buyer)
        if seat is not None:
            yield Telling(seat, goods(after, seat))


def _explored(
    _game: Game, before: World, event: facts.StageEnded, after: World
) -> Iterator[Telling]:
    for seat in stages.explorers(before):
        taken = after.found[seat] + after.destroyed[seat]
        success = taken > before.found[seat] + before.destroyed[seat]
        where = before.cells[seat] if success else UNSET
        yield Telling(seat, messages.Exploration(success=success, treasure=where))
    yield Telling(None, messages.Findings(day=event.day, found=event.found, left=event.left))


def _settled(
    _game: Game, _before: World, event: facts.GameSettled, _after: World
) -> Iterator[Telling]:
    yield Telling(None, game_over(event))


_OUTCOMES: Final[dict[int, Callable[[Game, World, Any, World], Iterator[Telling]]]] = {
    stages.MOVE: _moved,
    stages.ACTION: _fought,
    stages.AUCTION: _sold,
    stages.EXPLORE: _explored,
}

_TOLD: Final[dict[type[Event], Callable[[Game, World, Any, World], Iterator[Telling]]]] = {
    facts.StageBegun: _begun,
    facts.StageResumed: _resumed,
    facts.StageEnded: _ended,
    facts.GameSettled: _settled,
}
