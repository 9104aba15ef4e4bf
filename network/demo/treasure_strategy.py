"""How a bot plays the treasure game: no genius, but a lively one. Pure: knowledge in, request out.

The good walk in pairs on the first day and then to the nearest cell nobody has looked into, dig
where there is ore, heal who is hurt, and hit whom they have reason to suspect. The evil go where a
treasure is, or where somebody is alone with them or nearly so, and hit who stands beside them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Final

from parlour.events.messages import treasure as wire
from parlour.events.treasure import Lot
from parlour.network.demo.treasure_mind import (
    ACTION,
    AUCTION,
    CELLS,
    EXPLORE,
    FULL_HP,
    MOVE,
    TreasureMind,
)

_WIDTH: Final = 3
_CENTRE: Final = 4
_SUSPECT: Final = 0.9
"""Suspicion from which on somebody is hit."""
_HUNT: Final = 0.5
"""How often the evil go after somebody, and not after a treasure."""
_HIT: Final = 0.8
"""How often they hit who is there."""
_WORTH: Final = {"lamp": 4, "pick": 3, "map": 3, "potion": 2}
"""Gold a bot adds to the lowest bid at most, and in what order it wants things."""


def choose(mind: TreasureMind, chance: random.Random) -> wire.GameRequest:
    """Return what to do in the running stage; for a dead player a pass, which is refused."""
    return _CHOICES[mind.stage](mind, chance)


def surrender(stage: int) -> wire.GameRequest:
    """Return a pass: what to say when the choice was refused."""
    return _PASSES[stage]


def distance(one: int, other: int) -> int:
    """Return how many moves lie between two cells."""
    return abs(one // _WIDTH - other // _WIDTH) + abs(one % _WIDTH - other % _WIDTH)


def _move(mind: TreasureMind, chance: random.Random) -> wire.GameRequest:
    if mind.day == 1:
        return wire.Move(to=chance.choice((1, 3)) if mind.evil else (1, 3, 5, 7)[mind.seat // 2])
    if mind.evil and chance.random() < _HUNT:
        prey = [uid for uid in mind.hp if mind.hp[uid] and uid not in (mind.uid, *mind.mates)]
        return wire.Move(to=_step(mind.cell, mind.cells[_weakest(mind, prey)], chance))
    wanted = mind.hidden or {
        cell for cell in range(CELLS) if cell != _CENTRE and cell not in mind.empty
    }
    target = min(
        wanted or {mind.cell}, key=lambda cell: (distance(mind.cell, cell), chance.random())
    )
    return wire.Move(to=_step(mind.cell, target, chance))


def _step(cell: int, target: int, chance: random.Random) -> int:
    near = [to for to in range(CELLS) if distance(cell, to) <= 1]
    best = min(distance(to, target) for to in near)
    return chance.choice([to for to in near if distance(to, target) == best])


def _act(mind: TreasureMind, chance: random.Random) -> wire.GameRequest:
    hurt = [uid for uid in (mind.uid, *mind.here) if mind.hp[uid] < FULL_HP]
    prey = _prey(mind)
    if mind.role == "healer" and hurt:
        return wire.Heal(target=_weakest(mind, hurt))
    if prey and (not mind.evil or chance.random() < _HIT):
        return wire.Attack(target=_weakest(mind, prey))
    if mind.ore[mind.cell]:
        return wire.Mine()
    if hurt and not mind.evil:
        return wire.Heal(target=_weakest(mind, hurt))
    return surrender(ACTION)


def _prey(mind: TreasureMind) -> list[int]:
    if mind.evil:
        return [uid for uid in mind.here if uid not in mind.mates]
    return [uid for uid in mind.here if mind.suspicion.get(uid, 0) >= _SUSPECT]


def _weakest(mind: TreasureMind, uids: Iterable[int]) -> int:
    return min(uids, key=lambda uid: (mind.hp[uid], uid))


def _bid(mind: TreasureMind, chance: random.Random) -> wire.GameRequest:
    for lot in sorted(mind.lots, key=lambda lot: -_WORTH[lot.item]):
        price = min(lot.min + chance.randint(0, _WORTH[lot.item]), mind.gold)
        if price >= lot.min and _wants(mind, lot):
            return wire.Bid(lot_id=lot.lot_id, price=price)
    return surrender(AUCTION)


def _wants(mind: TreasureMind, lot: Lot) -> bool:
    if lot.item == "potion":
        return mind.hp[mind.uid] < FULL_HP
    return lot.item != "lamp" or "lamp" not in mind.items


def _explore(mind: TreasureMind, _chance: random.Random) -> wire.GameRequest:
    return wire.Explore(skip=mind.cell in mind.empty or mind.cell == _CENTRE)


_PASSES: Final[dict[int, wire.GameRequest]] = {
    MOVE: wire.Move(),
    ACTION: wire.Attack(),
    AUCTION: wire.Bid(),
    EXPLORE: wire.Explore(skip=True),
}
_CHOICES: Final = {MOVE: _move, ACTION: _act, AUCTION: _bid, EXPLORE: _explore}
