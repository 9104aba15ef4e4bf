"""What happened in one step of a treasure game, in words: one line for each kind of event.

Says no more than the view knows: who did what needs the seed, and a seat hears only of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from parlour.events import treasure as facts
from parlour.events.event import Event, name_of, topic_of
from parlour.events.messages import treasure as messages
from parlour.events.messages.treasure import Message
from parlour.events.rules.treasure.sealing import Choice, Kind
from parlour.events.rules.treasure.state import Game, World
from parlour.events.times import MICROSECONDS
from parlour.replay import treasure_map
from parlour.replay.treasure_game import PlayedTreasure, Step

STAGES: Final = ("", "move", "action", "auction", "explore")
_DIGEST_SHOWN: Final = 12

_REASONS: Final = {
    "evil_dead": "all evil players are dead",
    "good_dead": "all good players are dead",
    "no_treasure_left": "no treasure is left",
    "days_over": "the last day is over",
}


def line_of(view: PlayedTreasure, step: Step) -> str:
    """Return what happened in a step; whose doing it was stands beside it (`actor_of`)."""
    tell = _LINES.get(type(step.recorded.event))
    if tell is None:
        return name_of(topic_of(step.recorded.event))
    return tell(view, step, step.recorded.event)


def actor_of(step: Step) -> str:
    """Return the name of the player an event is about, "" when it is about the whole game."""
    seat = getattr(step.recorded.event, "seat", None)
    return "" if not isinstance(seat, int) else _name(step.after, seat)


def ending(settled: facts.GameSettled) -> str:
    """Return how a game ended."""
    return f"{settled.winner} wins: {_REASONS[settled.reason]}"


def _name(game: Game, seat: int) -> str:
    known = seat in range(len(game.players))
    return treasure_map.name_of(game.players[seat]) if known else f"seat {seat}"


def _named(game: Game, uid: int) -> str:
    player = next((player for player in game.players if player.uid == uid), None)
    return f"uid {uid}" if player is None else treasure_map.name_of(player)


def _seconds(micros: int) -> str:
    return f"{micros / MICROSECONDS:g} s"


# --- by event ---------------------------------------------------------------------------------


def _opened(view: PlayedTreasure, step: Step, event: facts.GameOpened) -> str:
    where = "" if view.seat is not None else f" on {event.server}"
    return (
        f"set up{where}; its seed's SHA-256 is {event.commitment[:_DIGEST_SHOWN]}…, "
        f"{_seconds(event.times.verify)} to come"
    )


def _moved(view: PlayedTreasure, step: Step, event: facts.GameMoved) -> str:
    return "goes on elsewhere" if view.seat is not None else f"goes on on {event.server}"


def _begun(view: PlayedTreasure, step: Step, event: facts.StageBegun) -> str:
    lots = ", ".join(f"lot {lot.lot_id} {lot.item} from {lot.min}" for lot in event.lots)
    said = f"{STAGES[event.stage]}: {_seconds(event.until - event.at)}"
    return f"{said}; for sale: {lots}" if lots else said


def _chosen(view: PlayedTreasure, step: Step, event: facts.ChoiceMade) -> str:
    choice = view.choice(step)
    return "acts" if choice is None else _act(choice, step.after)


def _act(choice: Choice, game: Game) -> str:
    kind, what, price = choice
    match kind:
        case Kind.MOVE:
            return f"goes to {what}"
        case Kind.ATTACK:
            return f"attacks {_name(game, what)}"
        case Kind.HEAL:
            return f"heals {_name(game, what)}"
        case Kind.BID:
            return f"bids {price} for lot {what}"
        case Kind.MINE:
            return "mines"
        case Kind.EXPLORE:
            return "explores"
        case _:
            return "passes"


def _ended(view: PlayedTreasure, step: Step, event: facts.StageEnded) -> str:
    return "; ".join(_OUTCOMES[event.stage](view, step, event))


def _positions(view: PlayedTreasure, step: Step, event: facts.StageEnded) -> Iterator[str]:
    by_cell: dict[int, list[str]] = {}
    for position in event.positions:
        by_cell.setdefault(position.cell, []).append(_named(step.after, position.player_id))
    yield ", ".join(f"{' '.join(by_cell[cell])} in {cell}" for cell in sorted(by_cell))


def _healths(view: PlayedTreasure, step: Step, event: facts.StageEnded) -> Iterator[str]:
    before = {player.uid: step.before.hp[player.seat] for player in step.before.players}
    changes = [
        f"{_named(step.after, health.player_id)} "
        + (f"{before.get(health.player_id, '?')} → {health.hp} hp" if health.alive else "dies")
        for health in event.hp
        if health.hp != before.get(health.player_id)
    ]
    yield ", ".join(changes) or "nobody's hp changed"
    above = _from_above(view, step)
    if above is not None:
        dug = [
            f"{_name(step.after, seat)} +{now - then}"
            for seat, (then, now) in enumerate(zip(above[0].gold, above[1].gold, strict=True))
            if now > then
        ]
        if dug:
            yield f"gold: {', '.join(dug)}"


def _sales(view: PlayedTreasure, step: Step, event: facts.StageEnded) -> Iterator[str]:
    items = {lot.lot_id: lot.item for lot in step.before.lots}
    for sale in event.sold:
        item = items.get(sale.lot_id, f"lot {sale.lot_id}")
        yield f"{_named(step.after, sale.buyer)} gets the {item} for {sale.price}"
    if not event.sold:
        yield "nothing is sold"


def _findings(view: PlayedTreasure, step: Step, event: facts.StageEnded) -> Iterator[str]:
    above = _from_above(view, step)
    for found in event.found:
        finder = "" if above is None else _finder(step.after, *above, found.cell)
        yield finder or f"a treasure left cell {found.cell}"
    yield f"{event.left} treasure{'' if event.left == 1 else 's'} left"


def _finder(game: Game, before: World, after: World, cell: int) -> str:
    for seat, where in enumerate(before.cells):
        if where == cell and after.found[seat] > before.found[seat]:
            return f"{_name(game, seat)} finds a treasure in {cell}"
        if where == cell and after.destroyed[seat] > before.destroyed[seat]:
            return f"{_name(game, seat)} destroys a treasure in {cell}"
    return ""


def _from_above(view: PlayedTreasure, step: Step) -> tuple[World, World] | None:
    if view.seat is not None or step.world_before is None or step.world is None:
        return None
    return step.world_before, step.world


_OUTCOMES: Final[dict[int, Callable[[PlayedTreasure, Step, facts.StageEnded], Iterator[str]]]] = {
    1: _positions,
    2: _healths,
    3: _sales,
    4: _findings,
}

_CANCELLED: Final[dict[facts.CancelReason, str]] = {
    "key_lost": "the key of its seed is lost",
    "no_room_server": "no room server was there for too long",
    "bad_room_server": "its room server shipped what is none of its events",
}

_LINES: Final[dict[type[Event], Callable[[PlayedTreasure, Step, Any], str]]] = {
    facts.GameOpened: _opened,
    facts.GameMoved: _moved,
    facts.PlayerVerified: lambda view, step, event: "is there",
    facts.PlayerGone: lambda view, step, event: "is gone",
    facts.StageBegun: _begun,
    facts.ChoiceMade: _chosen,
    facts.StageResumed: lambda view, step, event: f"goes on: {_seconds(event.until - event.at)}",
    facts.StageEnded: _ended,
    facts.GameSettled: lambda view, step, event: ending(event),
    facts.GameCancelled: lambda view, step, event: f"cancelled: {_CANCELLED[event.reason]}",
}

# --- what one seat was told besides -----------------------------------------------------------


def private_lines(view: PlayedTreasure, step: Step) -> Iterator[str]:
    """Yield what the view's seat alone was told because of a step."""
    for message in view.told(step):
        tell = _PRIVATE.get(type(message))
        if tell is not None:
            yield tell(step, message)


def _role(step: Step, message: messages.Role) -> str:
    mates = () if not isinstance(message.mates, tuple) else message.mates
    with_ = f", with {', '.join(_named(step.after, uid) for uid in mates)}" if mates else ""
    return f"you are {message.role}{with_}; you have {message.gold} gold"


def _goods(_step: Step, message: messages.Goods) -> str:
    items = f" and {treasure_map.items_text(message.items)}" if message.items else ""
    return f"you have {message.gold} gold{items}; {message.ore_here} ore here"


def _exploration(_step: Step, message: messages.Exploration) -> str:
    if not message.success:
        return "you find nothing"
    return f"you find a treasure in {message.treasure}"


def _vision(step: Step, message: messages.Vision) -> str:
    gold = ", ".join(
        f"{_named(step.after, seen.player_id)} {seen.gold}" for seen in message.players
    )
    return f"you see everybody's gold: {gold}; a treasure is in {message.hint}"


_PRIVATE: Final[dict[type[Message], Callable[[Step, Any], str]]] = {
    messages.Role: _role,
    messages.Goods: _goods,
    messages.Exploration: _exploration,
    messages.Vision: _vision,
}
