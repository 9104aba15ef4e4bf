"""What a player may do in a stage, and what a stage comes to: section 5 of the protocol.

Stages are simultaneous. `check` looks at one choice when it is made, `resolve` at all of them when
the stage ends; in between nothing changes but the list of choices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from msgspec.structs import replace

from parlour.events.errors import RuleViolation
from parlour.events.messages.treasure import Item, MapAnswer
from parlour.events.rules.treasure import draws
from parlour.events.rules.treasure.sealing import Choice, Kind
from parlour.events.rules.treasure.state import Made, World

MOVE, ACTION, AUCTION, EXPLORE = 1, 2, 3, 4
"""The stages of a day."""

FULL_HP: Final = 3
CELLS: Final = 9
_WIDTH: Final = 3

REACH: Final = tuple(
    frozenset(
        to
        for to in range(CELLS)
        if abs(to // _WIDTH - cell // _WIDTH) + abs(to % _WIDTH - cell % _WIDTH) <= 1
    )
    for cell in range(CELLS)
)
"""By cell: itself and its neighbours, to where one may go."""

_STAGE_OF: Final = {
    Kind.MOVE: MOVE,
    Kind.ATTACK: ACTION,
    Kind.HEAL: ACTION,
    Kind.MINE: ACTION,
    Kind.BID: AUCTION,
    Kind.EXPLORE: EXPLORE,
}
_ONCE: Final = (ACTION, EXPLORE)
"""Stages in which a player acts once."""


class Sold(NamedTuple):
    """A lot that somebody gets."""

    lot_id: int
    seat: int
    price: int


# --- one choice -----------------------------------------------------------------------------


def check(world: World, seat: int, choice: Choice) -> None:
    """Refuse what a player may not do now.

    Raises:
        RuleViolation: "wrong_stage", "dead", "already_acted", "bad_target", "not_adjacent",
            "no_such_lot", "bid_too_low" or "not_enough_gold", looked for in this order.
    """
    stage = world.stage
    if not stage or _STAGE_OF.get(choice.kind, stage) != stage:
        raise RuleViolation("wrong_stage")
    if not world.hp[seat]:
        raise RuleViolation("dead")
    if stage in _ONCE and has_acted(world, seat):
        raise RuleViolation("already_acted")
    look = _CHECKS.get(choice.kind)
    if look is not None:
        look(world, seat, choice)


def has_acted(world: World, seat: int) -> bool:
    """Tell whether a player acted in the running stage."""
    return any(made.seat == seat for made in world.choices)


def changes_nothing(world: World, seat: int, choice: Choice) -> bool:
    """Tell whether an allowed choice is the one that stands already: it needs no record."""
    if world.stage == AUCTION:
        return choice.kind is Kind.PASS and has_acted(world, seat)
    return any(made.seat == seat and made.choice == choice for made in world.choices)


def with_choice(world: World, made: Made) -> World:
    """Return `world` with one more choice; in stage 1 it stands for the seat's earlier one."""
    before = world.choices
    if world.stage == MOVE:
        before = tuple([other for other in before if other.seat != made.seat])
    return replace(world, choices=(*before, made))


def all_acted(world: World) -> bool:
    """Tell whether every living player acted: the stage is over."""
    acted = {made.seat for made in world.choices}
    return all(seat in acted for seat, hp in enumerate(world.hp) if hp)


def _check_move(world: World, seat: int, choice: Choice) -> None:
    if choice.what not in REACH[world.cells[seat]]:
        raise RuleViolation("not_adjacent")


def _check_attack(world: World, seat: int, choice: Choice) -> None:
    if choice.what == seat:
        raise RuleViolation("bad_target")
    _check_heal(world, seat, choice)


def _check_heal(world: World, seat: int, choice: Choice) -> None:
    target = choice.what
    if target not in range(len(world.hp)) or not world.hp[target]:
        raise RuleViolation("bad_target")
    if world.cells[target] != world.cells[seat]:
        raise RuleViolation("bad_target")


def _check_mine(world: World, seat: int, _choice: Choice) -> None:
    if not world.ore[world.cells[seat]]:
        raise RuleViolation("bad_target")


def _check_bid(world: World, seat: int, choice: Choice) -> None:
    _, lot_id, price = choice
    lowest = next((lot.min for lot in world.lots if lot.lot_id == lot_id), None)
    if lowest is None:
        raise RuleViolation("no_such_lot")
    standing = {
        made.choice.what: made.choice.price
        for made in world.choices
        if made.seat == seat and made.choice.kind is Kind.BID
    }
    if price < lowest or price <= standing.pop(lot_id, 0):
        raise RuleViolation("bid_too_low")
    if price + sum(standing.values()) > world.gold[seat]:
        raise RuleViolation("not_enough_gold")


_CHECKS: Final[dict[Kind, Callable[[World, int, Choice], None]]] = {
    Kind.MOVE: _check_move,
    Kind.ATTACK: _check_attack,
    Kind.HEAL: _check_heal,
    Kind.MINE: _check_mine,
    Kind.BID: _check_bid,
}

# --- the whole stage ------------------------------------------------------------------------


def resolve(world: World, seed: bytes) -> World:
    """Return `world` after its running stage; no stage is on then."""
    return _RESOLUTIONS[world.stage](world, seed)


def sales(world: World) -> list[Sold]:
    """Return who gets which lot of the running auction; lots without a bid are left out.

    The highest price, and of equal ones the one that was offered first.
    """
    best: dict[int, Sold] = {}
    # A later bid of a seat for the same lot is higher, so it stands in for the earlier ones.
    for made in world.choices:
        kind, lot_id, price = made.choice
        if kind is Kind.BID and (lot_id not in best or price > best[lot_id].price):
            best[lot_id] = Sold(lot_id, made.seat, price)
    return [best[lot_id] for lot_id in sorted(best)]


def explorers(world: World) -> list[int]:
    """Return who explores in the running stage, by seat."""
    return sorted(made.seat for made in world.choices if made.choice.kind is Kind.EXPLORE)


def _resolve_moves(world: World, seed: bytes) -> World:
    cells = list(world.cells)
    for seat, _, (kind, what, _) in world.choices:
        if kind is Kind.MOVE:
            cells[seat] = what
    return replace(
        world,
        cells=tuple(cells),
        seen_gold=world.gold,
        hint=draws.hint(seed, world.day, world.treasures),
        stage=0,
        choices=(),
    )


def _resolve_actions(world: World, _seed: bytes) -> World:
    hp, hit = list(world.hp), [False] * len(world.hp)
    for seat, _, (kind, target, _) in world.choices:
        if kind is Kind.ATTACK:
            hit[target] = True
            hp[target] -= 2 if world.roles[seat] == "evil" else 1
        elif kind is Kind.HEAL:
            hp[target] += 2 if world.roles[seat] == "healer" else 1
    gold, ore = list(world.gold), list(world.ore)
    for seat, _, (kind, _, _) in world.choices:
        cell = world.cells[seat]
        if kind is Kind.MINE and not hit[seat] and ore[cell]:
            ore[cell] -= 1
            gold[seat] += 3 if world.roles[seat] == "miner" else 2
            gold[seat] += world.items[seat].count("pick")
    return replace(
        world,
        hp=tuple([min(max(points, 0), FULL_HP) for points in hp]),
        gold=tuple(gold),
        ore=tuple(ore),
        stage=0,
        choices=(),
    )


def _resolve_auction(world: World, seed: bytes) -> World:
    hp, gold, items = list(world.hp), list(world.gold), list(world.items)
    item_of = {lot.lot_id: lot.item for lot in world.lots}
    for lot_id, seat, price in sales(world):
        gold[seat] -= price
        item = item_of[lot_id]
        if item == "potion":
            hp[seat] = min(hp[seat] + 1, FULL_HP)
            continue
        bought: Item = item if item != "map" else _read_map(world, seed, lot_id)
        items[seat] = (*items[seat], bought)
    return replace(
        world,
        hp=tuple(hp),
        gold=tuple(gold),
        items=tuple(items),
        stage=0,
        lots=(),
        choices=(),
    )


def _read_map(world: World, seed: bytes, lot_id: int) -> MapAnswer:
    cell = draws.map_cell(seed, lot_id)
    return MapAnswer(cell=cell, treasure=cell in world.treasures)


def _resolve_exploration(world: World, seed: bytes) -> World:
    seekers: dict[int, list[int]] = {}
    for seat in explorers(world):
        seekers.setdefault(world.cells[seat], []).append(seat)
    found, destroyed = list(world.found), list(world.destroyed)
    left = []
    for cell in world.treasures:
        seats = seekers.get(cell)
        if seats is None:
            left.append(cell)
            continue
        with_lamp = [seat for seat in seats if "lamp" in world.items[seat]]
        seat = draws.finder(seed, world.day, cell, with_lamp or seats)
        taken = destroyed if world.roles[seat] == "evil" else found
        taken[seat] += 1
    return replace(
        world,
        treasures=tuple(left),
        found=tuple(found),
        destroyed=tuple(destroyed),
        stage=0,
        choices=(),
    )


_RESOLUTIONS: Final[dict[int, Callable[[World, bytes], World]]] = {
    MOVE: _resolve_moves,
    ACTION: _resolve_actions,
    AUCTION: _resolve_auction,
    EXPLORE: _resolve_exploration,
}
