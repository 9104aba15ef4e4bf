"""The map of a treasure game as a view knows it, and how players stand on it."""

from __future__ import annotations

from typing import Final

from rich import box
from rich.table import Table
from rich.text import Text

from parlour.events import treasure as facts
from parlour.events.messages import treasure as messages
from parlour.events.messages.treasure import Item, MapAnswer, Message
from parlour.events.rules.treasure import stages
from parlour.events.rules.treasure.state import Game, World
from parlour.replay.screen import printable
from parlour.replay.treasure_game import PlayedTreasure, Step

NAME_WIDTH: Final = 14
_WIDTH: Final = 3
_CELL_WIDTH: Final = 14


class TreasureMap:
    """What one view knows of the cells and of who has what; it follows the steps of a game."""

    def __init__(self, game: PlayedTreasure) -> None:
        """Begin before the first step."""
        self._view = game
        self._step: Step | None = None
        self._ore: dict[int, int] = {}
        self._treasures: set[int] = set()
        """Where the view's seat was told of one; from above the world says it."""
        self._dug: set[int] = set()
        self._goods: messages.Goods | None = None
        """What the view's seat was told last that it has."""

    def follow(self, step: Step) -> None:
        """Take the next step of the game."""
        self._step = step
        event = step.recorded.event
        if isinstance(event, facts.StageEnded):
            self._dug.update(found.cell for found in event.found)
        for message in self._view.told(step):
            self._hear(message, step.after)
        self._treasures -= self._dug

    def _hear(self, message: Message, game: Game) -> None:
        match message:
            case messages.Goods(ore_here=ore):
                assert self._view.seat is not None
                self._goods = message
                self._ore[game.cells[self._view.seat]] = ore
                self._treasures.update(
                    item.cell
                    for item in message.items
                    if isinstance(item, MapAnswer) and item.treasure
                )
            case messages.Vision(hint=hint):
                self._treasures.add(hint)

    # --- drawn -----------------------------------------------------------------------------

    def draw(self) -> Table:
        """Return map and players side by side, as they are after the last step."""
        side_by_side = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))
        if self._step is not None:
            side_by_side.add_row(self._cells(self._step), self._players(self._step))
        return side_by_side

    @property
    def _above(self) -> World | None:
        """The world, when this view is the one from above."""
        return None if self._step is None or self._view.seat is not None else self._step.world

    def _cells(self, step: Step) -> Table:
        table = Table(box=box.SQUARE, show_header=False, show_lines=True)
        for _ in range(_WIDTH):
            table.add_column(width=_CELL_WIDTH, overflow="fold")
        cells = [self._cell(step, cell) for cell in range(stages.CELLS)]
        for row in range(0, stages.CELLS, _WIDTH):
            table.add_row(*cells[row : row + _WIDTH])
        return table

    def _cell(self, step: Step, cell: int) -> Text:
        world, game = self._above, step.after
        ore = self._ore.get(cell) if world is None else world.ore[cell]
        hidden = self._treasures if world is None else world.treasures
        text = Text(f"{cell}", style="dim")
        if ore is not None:
            text.append(f"  ore {ore}", style="" if ore else "dim")
        if cell in hidden:
            text.append("  ◆", style="bold yellow")
        elif cell in self._dug:
            text.append("  ◇", style="dim")
        here = [
            player
            for player, hp, where in zip(game.players, game.hp, game.cells, strict=True)
            if hp and where == cell
        ]
        for player in here:
            text.append(f"\n{name_of(player)}", style="bold")
        return text

    def _players(self, step: Step) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in ("player", "role", "hp", "gold", "has", "treasures"):
            table.add_column(name, justify="right" if name in ("gold", "treasures") else "left")
        for player in step.after.players:
            hp = step.after.hp[player.seat]
            table.add_row(
                Text(name_of(player), style="bold" if hp else "dim"),
                self._view.role(player.seat) or "",
                Text("♥" * hp, style="red") if hp else Text("dead", style="dim"),
                *self._having(player.seat),
            )
        return table

    def _having(self, seat: int) -> tuple[str, str, str]:
        world = None if self._step is None else self._step.world
        if world is None or not world.roles or self._view.seat not in (None, seat):
            return "", "", ""
        taken = world.found[seat] + world.destroyed[seat]
        return str(world.gold[seat]), items_text(world.items[seat]), str(taken)


def name_of(player: facts.Player) -> str:
    """Return what a player is called, short enough for a line and safe for a terminal."""
    name = Text(printable(player.username))
    name.truncate(NAME_WIDTH, overflow="ellipsis")
    return name.plain


def items_text(items: tuple[Item, ...]) -> str:
    """Return what a player has: `pick, lamp, map (none in 3)`."""
    return ", ".join(_item(item) for item in items)


def _item(item: Item) -> str:
    if isinstance(item, MapAnswer):
        return f"map ({'one' if item.treasure else 'none'} in {item.cell})"
    return item
