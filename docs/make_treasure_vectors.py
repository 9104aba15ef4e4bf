"""Write docs/protocols/treasure-vectors.json: what a treasure game draws, for other implementers.

Owns the shape of that file; the numbers are the rules' own (tests/events/rules/treasure holds the
file to them, and checks some of them with plain hashlib).
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from parlour.events.rules.treasure import draws
from parlour.events.rules.treasure.sealing import Choice, Kind, Place, seal
from parlour.events.rules.treasure.state import LEAST, MOST
from parlour.events.rules.treasure.world import DAYS

VECTORS = Path(__file__).parent / "protocols" / "treasure-vectors.json"

_ABOUT = (
    "Test vectors of the treasure game's draws: docs/protocols/treasure.md, Fairness. seed, key, "
    "salt, commitment and sealed are hex. roles are by seat, treasures are cells. A finder is "
    "drawn from the seats given, a hint from the cells given, both ascending."
)
_KEY = bytes(range(32, 64))
_CHOICES = (
    Choice(Kind.PASS),
    Choice(Kind.MOVE, 1),
    Choice(Kind.ATTACK, 3),
    Choice(Kind.HEAL, 2),
    Choice(Kind.MINE),
    Choice(Kind.BID, 2, 7),
    Choice(Kind.EXPLORE),
)
_STAGES = (3, 1, 2, 2, 2, 3, 4)


def render() -> str:
    """Return the whole file."""
    games = [_game(number, players) for number, players in enumerate(range(LEAST, MOST + 1))]
    document = {"about": _ABOUT, "derivation": _derivation(), "games": games, "seals": _seals()}
    return json.dumps(document, indent=2) + "\n"


def _derivation() -> dict[str, Any]:
    salt = bytes(range(16)).hex()
    seed = draws.seed(_KEY, 5, 12, salt)
    return {
        "key": _KEY.hex(),
        "room": 5,
        "game": 12,
        "salt": salt,
        "seed": seed.hex(),
        "commitment": draws.commitment(seed),
    }


def _game(number: int, players: int) -> dict[str, Any]:
    seed = sha256(b"parlour treasure vector %d" % number).digest()
    cells = draws.treasures(seed, players)
    stream = draws.stream(seed, "roles")
    return {
        "seed": seed.hex(),
        "commitment": draws.commitment(seed),
        "players": players,
        "first_draws_of_roles": [next(stream) for _ in range(10)],
        "roles": draws.roles(seed, players),
        "treasures": cells,
        "lots": [msgspec.to_builtins(draws.lots(seed, day)) for day in range(1, DAYS + 1)],
        "maps": {lot: draws.map_cell(seed, lot) for lot in range(1, 2 * DAYS + 1)},
        "hints": [
            {"day": day, "cells": cells, "hint": draws.hint(seed, day, cells)}
            for day in range(1, DAYS + 1)
        ],
        "finders": [
            {
                "day": day,
                "cell": cell,
                "seats": seats,
                "finder": draws.finder(seed, day, cell, seats),
            }
            for day, cell, seats in ((1, 0, (0, 1)), (2, 5, (0, 2, 3)), (7, 8, (1,)))
        ],
    }


def _seals() -> list[dict[str, Any]]:
    seed = sha256(b"parlour treasure vector 0").digest()
    sealed = []
    for n, (choice, stage) in enumerate(zip(_CHOICES, _STAGES, strict=True)):
        place = Place(day=n + 1, stage=stage, seat=n, n=n % 3)
        kind, what, price = choice
        sealed.append(
            {
                "seed": seed.hex(),
                **place._asdict(),
                "kind": int(kind),
                "what": what,
                "price": price,
                "sealed": seal(seed, place, choice),
            }
        )
    return sealed


if __name__ == "__main__":
    VECTORS.write_text(render(), encoding="utf-8")
