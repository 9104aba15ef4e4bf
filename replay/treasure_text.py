"""A treasure game drawn for people: day by day every step, then the map and the players.

Draws what a `PlayedTreasure` shows and adds nothing to it. Plain text when it does not go to a
terminal.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parlour.events import treasure as facts
from parlour.events.rules.treasure import draws
from parlour.events.times import MICROSECONDS
from parlour.replay.times import clock, duration, offset
from parlour.replay.treasure_game import PlayedTreasure, Step
from parlour.replay.treasure_games import fits, from_hex
from parlour.replay.treasure_lines import STAGES, actor_of, ending, line_of, private_lines
from parlour.replay.treasure_map import TreasureMap, name_of


def draw(game: PlayedTreasure, console: Console) -> None:
    """Print a game.

    Args:
        game: What to show.
        console: Where to; its width is kept.
    """
    _TreasureText(game, console).draw()


class _TreasureText:
    def __init__(self, game: PlayedTreasure, console: Console) -> None:
        self._game = game
        self._console = console
        self._map = TreasureMap(game)
        begun = (s.recorded.event for s in game.steps)
        first = next((e.at for e in begun if isinstance(e, facts.StageBegun)), game.opened.at)
        self._start = first
        """Times count from the beginning of the first day."""

    def draw(self) -> None:
        self._draw_header()
        for day, steps in groupby(self._game.steps, lambda step: step.after.day):
            self._draw_day(day, list(steps))
        if self._game.settled is not None:
            self._draw_settlement(self._game.settled)
        elif self._game.game.until:
            self._say(self._clock())
        self._say(self._proof())

    def _say(self, text: str | Text = "", style: str = "") -> None:
        line = Text(text, style=style) if isinstance(text, str) else text
        self._console.print(line, highlight=False, soft_wrap=False)

    # --- header ----------------------------------------------------------------------------

    def _draw_header(self) -> None:
        game, opened = self._game, self._game.opened
        view = "from above"
        if game.seat is not None:
            view = f"seen by {name_of(opened.players[game.seat])}"
        self._say(f"Treasure  {game.id}  {game.state}, {view}", "bold")
        stages = ", ".join(
            f"{name} {micros / MICROSECONDS:g} s"
            for name, micros in zip(STAGES[1:], opened.times.stages, strict=True)
        )
        self._say(f"room {opened.room}, game {opened.game}; {stages}")
        took = duration(game.last_at - opened.at)
        self._say(f"opened {clock(opened.at)} UTC, shown as it was {took} later")
        players = _grid()
        for player in opened.players:
            players.add_row(
                f"  seat {player.seat}",
                Text(name_of(player), style="bold"),
                f"uid {player.uid}",
                game.role(player.seat) or "",
            )
        self._console.print(players, highlight=False)
        self._say()

    # --- days ------------------------------------------------------------------------------

    def _draw_day(self, day: int, steps: list[Step]) -> None:
        if day:
            self._say(f"Day {day}", "bold")
        table = _grid()
        table.add_column(justify="right", style="dim", no_wrap=True)
        table.add_column(justify="right", style="dim", no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column()
        for step in steps:
            self._map.follow(step)
            for row in self._rows(step):
                table.add_row(*row)
        self._console.print(table, highlight=False)
        if day:
            self._console.print(self._map.draw(), highlight=False)
        self._say()

    def _rows(self, step: Step) -> Iterator[tuple[str, str, Text, Text]]:
        recorded = step.recorded
        stage = isinstance(recorded.event, facts.StageBegun | facts.StageEnded)
        yield (
            str(recorded.version),
            offset(recorded.event.at - self._start),
            Text(actor_of(step), style="bold"),
            Text(line_of(self._game, step), style="cyan" if stage else ""),
        )
        for line in private_lines(self._game, step):
            yield "", "", Text(), Text(f"  {line}", style="green")

    # --- the end ---------------------------------------------------------------------------

    def _draw_settlement(self, settled: facts.GameSettled) -> None:
        self._say(f"Settlement: {ending(settled)}", "bold")
        names = {player.uid: name_of(player) for player in self._game.opened.players}
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in ("player", "role", "", "treasures", "gold", "score", " "):
            right = name in ("treasures", "gold", "score")
            table.add_column(name, justify="right" if right else "left")
        for line in settled.players:
            table.add_row(
                Text(names.get(line.player_id, f"uid {line.player_id}")),
                line.role,
                "alive" if line.alive else "dead",
                str(line.treasures),
                str(line.gold),
                str(line.score),
                "won" if line.win else "lost",
            )
        self._console.print(table, highlight=False)
        self._say()

    def _clock(self) -> str:
        game = self._game.game
        what = STAGES[game.stage] or "the wait for players"
        left = max(game.until - self._game.last_at, 0) / MICROSECONDS
        return f"{what} has {left:.1f} s left"

    def _proof(self) -> Text:
        commitment, settled = self._game.opened.commitment, self._game.settled
        if settled is None:
            return Text(f"Fairness: its seed {self._unrevealed()}", style="yellow")
        seed = from_hex(settled.seed)
        if not fits(seed, commitment):
            wrong = f"Fairness: ✗ seed {settled.seed}\nits SHA-256 is NOT the commitment"
            return Text(wrong, style="bold red")
        said = f"seed {settled.seed}\nits SHA-256 is the commitment {commitment[:12]}…"
        roles = tuple(line.role for line in settled.players)
        if draws.roles(seed, len(self._game.opened.players)) != roles:
            return Text(f"Fairness: ✗ {said}, but it gives OTHER roles", style="bold red")
        return Text(f"Fairness: ✓ {said}, and it gives the roles as shown", style="green")

    def _unrevealed(self) -> str:
        for step in self._game.steps[-1:]:
            match step.recorded.event:
                case facts.GameCancelled(reason="key_lost"):
                    return "was lost with the key file"
                case facts.GameCancelled():
                    return "is not revealed: the game was cancelled"
        return "is not revealed yet"


def _grid() -> Table:
    return Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
