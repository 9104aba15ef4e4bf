"""What one player of a treasure game knows, from nothing but the messages he was sent.

Also his own check of the game: he keeps the commitment he was shown before it, and compares it with
the seed that is revealed at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, NamedTuple

from msgspec import UNSET

from parlour.events.messages import treasure as wire
from parlour.events.treasure import Lot

CELLS: Final = 9
FULL_HP: Final = 3
MOVE, ACTION, AUCTION, EXPLORE = 1, 2, 3, 4
"""The stages of a day."""


class Known(NamedTuple):
    """A running game as one player sees it; equal before and after a crash, or the log lied."""

    role: str
    hp: int
    gold: int
    cell: int
    items: tuple[wire.Item, ...]
    left: int
    others: tuple[tuple[int, int, int], ...]
    """uid, cell and hp of everybody, by seat."""
    day: int
    stage: int


class TreasureMind:
    """A player's memory; `hear` keeps it up."""

    def __init__(self) -> None:
        self.uid = 0
        self.seat = -1
        self.role = ""
        self.mates: tuple[int, ...] = ()
        self.gold = 0
        self.items: tuple[wire.Item, ...] = ()
        self.left = 0
        self.names: dict[int, str] = {}
        self.cells: dict[int, int] = {}
        """Of everybody, by uid; as positions were told last."""
        self.hp: dict[int, int] = {}
        self.lots: tuple[Lot, ...] = ()
        self.day = 0
        self.stage = 0
        self.ore = dict.fromkeys(range(CELLS), 1)
        """What he believes is left by cell; no less than one where he was not told."""
        self.ore[CELLS // 2] = 0
        self.empty: set[int] = set()
        """Cells that hide nothing."""
        self.hidden: set[int] = set()
        """Cells that hide a treasure, as far as he was told."""
        self.suspicion: dict[int, float] = {}
        """How likely others are evil, in hits that may have been theirs."""
        self.refused = 0
        """Code of the newest refusal in this stage; 0 for none."""
        self.commitment = ""
        self.over: wire.GameOver | None = None

    @property
    def cell(self) -> int:
        """Where he is."""
        return self.cells.get(self.uid, CELLS // 2)

    @property
    def alive(self) -> bool:
        """Whether he may act."""
        return self.hp.get(self.uid, 0) > 0

    @property
    def evil(self) -> bool:
        """Whether he destroys what he finds."""
        return self.role == "evil"

    @property
    def here(self) -> tuple[int, ...]:
        """Other living players in his cell."""
        return tuple(
            uid
            for uid, cell in self.cells.items()
            if uid != self.uid and cell == self.cell and self.hp.get(uid, 0)
        )

    @property
    def known(self) -> Known:
        """The running game as this player sees it."""
        return Known(
            role=self.role,
            hp=self.hp.get(self.uid, 0),
            gold=self.gold,
            cell=self.cell,
            items=self.items,
            left=self.left,
            others=tuple((uid, self.cells[uid], self.hp[uid]) for uid in self.names),
            day=self.day,
            stage=self.stage,
        )

    @property
    def seed_fits(self) -> bool:
        """Whether the revealed seed is the one committed to before the game."""
        if self.over is None:
            return False
        return sha256(bytes.fromhex(self.over.seed)).hexdigest() == self.commitment

    def hear(self, told: wire.Message) -> None:
        """Remember what a message says."""
        hear = _HEARD.get(type(told))
        if hear is not None:
            hear(self, told)

    def _hear_role(self, told: wire.Role) -> None:
        self.uid, self.seat, self.role = told.player_id, told.seat, told.role
        self.gold, self.items, self.left = told.gold, told.items, told.left
        self.mates = () if told.mates is UNSET else told.mates
        self.names = {player.player_id: player.name for player in told.players}
        self.cells = {player.player_id: player.cell for player in told.players}
        self.cells[self.uid] = told.cell
        self.hp = {player.player_id: player.hp for player in told.players}
        self.hp[self.uid] = told.hp
        self.commitment = told.commitment

    def _hear_stage(self, told: wire.Stage) -> None:
        self.day, self.stage, self.refused = told.day, told.stage, 0

    def _hear_status(self, told: wire.ActionStatus) -> None:
        self.refused = told.code

    def _hear_positions(self, told: wire.Positions) -> None:
        self.cells |= {position.player_id: position.cell for position in told.positions}

    def _hear_hp(self, told: wire.Healths) -> None:
        for line in told.hp:
            if line.hp < self.hp.get(line.player_id, FULL_HP):
                self._suspect_around(line.player_id)
        self.hp = {line.player_id: line.hp for line in told.hp}

    def _suspect_around(self, victim: int) -> None:
        cell = self.cells[victim]
        near = [
            uid
            for uid, where in self.cells.items()
            if where == cell and uid not in (victim, self.uid) and self.hp.get(uid, 0)
        ]
        for uid in near:
            self.suspicion[uid] = self.suspicion.get(uid, 0.0) + 1 / len(near)

    def _hear_goods(self, told: wire.Goods) -> None:
        self.gold, self.items = told.gold, told.items
        self.ore[self.cell] = told.ore_here
        for item in told.items:
            if isinstance(item, wire.MapAnswer):
                (self.hidden if item.treasure else self.empty).add(item.cell)
        self.hidden -= self.empty

    def _hear_lots(self, told: wire.Lots) -> None:
        self.lots = told.lots

    def _hear_sales(self, told: wire.Sales) -> None:
        # A potion is drunk at once: everybody knows, and the buyer is told no hp.
        potions = {lot.lot_id for lot in self.lots if lot.item == "potion"}
        for sale in told.sold:
            if sale.lot_id in potions:
                self.hp[sale.buyer] = min(self.hp[sale.buyer] + 1, FULL_HP)

    def _hear_exploration(self, _told: wire.Exploration) -> None:
        self._note_empty(self.cell)

    def _hear_findings(self, told: wire.Findings) -> None:
        self.left = told.left
        for found in told.found:
            self._note_empty(found.cell)

    def _note_empty(self, cell: int) -> None:
        self.empty.add(cell)
        self.hidden.discard(cell)

    def _hear_vision(self, told: wire.Vision) -> None:
        self.hidden.add(told.hint)

    def _hear_end(self, told: wire.GameOver) -> None:
        self.over = told


_HEARD: Final[dict[type[wire.Message], Callable[[TreasureMind, Any], None]]] = {
    wire.Role: TreasureMind._hear_role,
    wire.Stage: TreasureMind._hear_stage,
    wire.ActionStatus: TreasureMind._hear_status,
    wire.Positions: TreasureMind._hear_positions,
    wire.Healths: TreasureMind._hear_hp,
    wire.Goods: TreasureMind._hear_goods,
    wire.Lots: TreasureMind._hear_lots,
    wire.Sales: TreasureMind._hear_sales,
    wire.Exploration: TreasureMind._hear_exploration,
    wire.Findings: TreasureMind._hear_findings,
    wire.Vision: TreasureMind._hear_vision,
    wire.GameOver: TreasureMind._hear_end,
}
