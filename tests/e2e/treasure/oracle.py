"""What a treasure game must come to, from its seed and what its players chose.

Written from the protocol page alone, as a second opinion: it shares no line with the engine.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]
OUTER = [0, 1, 2, 3, 5, 6, 7, 8]
LEAST = {"potion": 2, "pick": 3, "map": 2, "lamp": 3}


def stream(seed: bytes, label: str) -> Iterator[int]:
    for counter in range(2**32):
        message = b"parlour/treasure/" + label.encode() + struct.pack(">I", counter)
        yield from struct.unpack(">8I", hmac.digest(seed, message, "sha256"))


def below(numbers: Iterator[int], bound: int) -> int:
    return next(n for n in numbers if n < 2**32 - 2**32 % bound) % bound


def shuffled(numbers: Iterator[int], items: list[Any]) -> list[Any]:
    items = list(items)
    for i in range(len(items) - 1, 0, -1):
        j = below(numbers, i + 1)
        items[i], items[j] = items[j], items[i]
    return items


def near(cell: int) -> list[int]:
    """Return a cell and its neighbours."""
    return [to for to in range(9) if abs(to // 3 - cell // 3) + abs(to % 3 - cell % 3) <= 1]


@dataclass
class Explorer:
    """A player as he really is."""

    uid: int
    role: str
    cell: int = 4
    hp: int = 3
    gold: int = 5
    items: list[Any] = field(default_factory=list)
    treasures: int = 0

    @property
    def evil(self) -> bool:
        return self.role == "evil"


@dataclass
class Chosen:
    """An acknowledged action: its service id and body."""

    uid: int
    service: int
    body: Body


class Oracle:
    """One game; `end_stage` takes the choices in the order of their answers."""

    def __init__(self, seed: str, uids: list[int]) -> None:
        self.seed = bytes.fromhex(seed)
        evil = 2 if len(uids) >= 6 else 1
        dealt = ["evil"] * evil + ["healer", "miner"]
        dealt += ["explorer"] * (len(uids) - len(dealt))
        roles = shuffled(stream(self.seed, "roles"), dealt)
        self.players = {uid: Explorer(uid, role) for uid, role in zip(uids, roles, strict=True)}
        cells = shuffled(stream(self.seed, "treasures"), OUTER)
        self.hidden = sorted(cells[: len(uids) - 1])
        self.total = len(self.hidden)
        self.ore = [0 if cell == 4 else 3 for cell in range(9)]
        self.day, self.stage = 1, 1
        self.told: list[tuple[int | None, int, Body]] = []
        """Whom (None: all), service, body; from the beginning on, 51 and 58 left out."""
        self.over: Body | None = None

    @property
    def commitment(self) -> str:
        return hashlib.sha256(self.seed).hexdigest()

    @property
    def living(self) -> list[Explorer]:
        return [player for player in self.players.values() if player.hp]

    def lots(self) -> list[Body]:
        numbers = stream(self.seed, f"lots/{self.day}")
        items = [list(LEAST)[below(numbers, 4)] for _ in range(2)]
        return [
            {"lot_id": 2 * self.day - 1 + n, "item": item, "min": LEAST[item]}
            for n, item in enumerate(items)
        ]

    def tell(self, whom: int | None, service: int, **body: Any) -> None:
        self.told.append((whom, service, body))

    def end_stage(self, choices: list[Chosen]) -> None:
        """Resolve the running stage."""
        [self._move, self._act, self._sell, self._explore][self.stage - 1](choices)
        if self.stage in (2, 4):
            self._look_for_the_end()
        if self.over is None:
            self.day, self.stage = (
                (self.day + 1, 1) if self.stage == 4 else (self.day, self.stage + 1)
            )
            if self.stage == 3:
                self.tell(None, 56, day=self.day, lots=self.lots())

    def _move(self, choices: list[Chosen]) -> None:
        start = {uid: player.cell for uid, player in self.players.items()}
        for made in choices:  # the last one counts, a pass too
            self.players[made.uid].cell = made.body.get("to", start[made.uid])
        positions = [{"player_id": p.uid, "cell": p.cell} for p in self.living]
        self.tell(None, 53, day=self.day, positions=positions)
        numbers = stream(self.seed, f"hint/{self.day}")
        hint = self.hidden[below(numbers, len(self.hidden))]
        seen = [
            {"player_id": p.uid, "cell": p.cell, "hp": p.hp, "gold": p.gold} for p in self.living
        ]
        for player in self.living:
            if player.evil:
                self.tell(player.uid, 62, day=self.day, players=seen, hint=hint)

    def _act(self, choices: list[Chosen]) -> None:
        hp = {uid: player.hp for uid, player in self.players.items()}
        hit = set()
        for made in choices:
            target, by = made.body.get("target"), self.players[made.uid]
            if made.service == 53 and target:
                hit.add(target)
                hp[target] -= 2 if by.evil else 1
            elif made.service == 54 and target:
                hp[target] += 2 if by.role == "healer" else 1
        for made in choices:
            by = self.players[made.uid]
            if made.service == 55 and made.uid not in hit and self.ore[by.cell]:
                self.ore[by.cell] -= 1
                by.gold += (3 if by.role == "miner" else 2) + by.items.count("pick")
        for player in self.players.values():
            player.hp = min(max(hp[player.uid], 0), 3)
        lines = [{"player_id": p.uid, "hp": p.hp, "alive": p.hp > 0} for p in self.players.values()]
        self.tell(None, 54, day=self.day, hp=lines)
        for player in self.living:
            self._tell_goods(player)

    def _tell_goods(self, player: Explorer) -> None:
        here = self.ore[player.cell]
        self.tell(player.uid, 55, gold=player.gold, items=list(player.items), ore_here=here)

    def _sell(self, choices: list[Chosen]) -> None:
        best: dict[int, Chosen] = {}
        for made in choices:
            lot = made.body.get("lot_id")
            if lot and (lot not in best or made.body["price"] > best[lot].body["price"]):
                best[lot] = made
        items = {lot["lot_id"]: lot["item"] for lot in self.lots()}
        sold = [
            {"lot_id": lot, "buyer": best[lot].uid, "price": best[lot].body["price"]}
            for lot in sorted(best)
        ]
        for sale in sold:
            self._hand_over(self.players[sale["buyer"]], sale, items[sale["lot_id"]])
        self.tell(None, 57, day=self.day, sold=sold)
        for uid in dict.fromkeys(sale["buyer"] for sale in sold):
            self._tell_goods(self.players[uid])

    def _hand_over(self, buyer: Explorer, sale: Body, item: str) -> None:
        buyer.gold -= sale["price"]
        if item == "potion":
            buyer.hp = min(buyer.hp + 1, 3)
        elif item == "map":
            cell = OUTER[below(stream(self.seed, f"map/{sale['lot_id']}"), 8)]
            buyer.items.append({"item": "map", "cell": cell, "treasure": cell in self.hidden})
        else:
            buyer.items.append(item)

    def _explore(self, choices: list[Chosen]) -> None:
        uids = list(self.players)
        seekers = sorted([m.uid for m in choices if not m.body.get("pass")], key=uids.index)
        found: dict[int, int] = {}
        for cell in self.hidden:
            here = [uid for uid in seekers if self.players[uid].cell == cell]
            lamps = [uid for uid in here if "lamp" in self.players[uid].items]
            first = lamps or here
            if first:
                numbers = stream(self.seed, f"explore/{self.day}/{cell}")
                winner = first[below(numbers, len(first))] if len(first) > 1 else first[0]
                found[cell] = winner
                self.players[winner].treasures += 1
        for uid in seekers:
            mine = [cell for cell, winner in found.items() if winner == uid]
            body = {"success": True, "treasure": mine[0]} if mine else {"success": False}
            self.tell(uid, 59, **body)
        self.hidden = [cell for cell in self.hidden if cell not in found]
        lines = [{"cell": cell, "count": 1} for cell in sorted(found)]
        self.tell(None, 60, day=self.day, found=lines, left=len(self.hidden))

    def _look_for_the_end(self) -> None:
        good = [player for player in self.players.values() if not player.evil]
        held = sum(player.treasures for player in good)
        if not any(player.evil for player in self.living):
            self._settle("good", "evil_dead")
        elif not any(not player.evil for player in self.living):
            self._settle("evil", "good_dead")
        elif not self.hidden or (self.day, self.stage) == (7, 4):
            reason = "days_over" if self.hidden else "no_treasure_left"
            self._settle("good" if 2 * held > self.total else "evil", reason)

    def _settle(self, winner: str, reason: str) -> None:
        lines = []
        for player in self.players.values():
            win, alive = player.evil == (winner == "evil"), player.hp > 0
            score = 10 * player.treasures + player.gold + 20 * win + 5 * alive
            lines.append(
                {
                    "player_id": player.uid,
                    "role": player.role,
                    "alive": alive,
                    "treasures": player.treasures,
                    "gold": player.gold,
                    "score": score,
                    "win": win,
                }
            )
        self.over = {
            "winner": winner,
            "reason": reason,
            "players": lines,
            "seed": self.seed.hex(),
        }
        self.tell(None, 61, **self.over)
