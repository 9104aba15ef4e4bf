"""What a bench found: figures, ratios to a named baseline, and whether the bars are met.

A figure is the median of several rounds; a ratio is the median of the rounds' own ratios, so
that a slow spell of the machine, which falls on both sides of a round, does not decide it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, Final, Literal

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_TENTHS_BELOW: Final = 100
"""Numbers from here on are shown without a fraction."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured number."""

    name: str
    value: float
    unit: str


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A measured number and what is asked of it."""

    name: str
    measured: float | None
    """None when it could not be measured here; `note` says why."""
    bar: float
    unit: str
    sense: Literal["at least", "at most"] = "at least"
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None when nothing was measured."""
        if self.measured is None:
            return None
        if self.sense == "at least":
            return self.measured >= self.bar
        return self.measured <= self.bar

    @property
    def asked(self) -> str:
        """What is asked, as a person reads it."""
        return f"{'≥' if self.sense == 'at least' else '≤'} {self.bar:,g} {self.unit}"

    @property
    def found(self) -> str:
        """What was measured, as a person reads it."""
        return "–" if self.measured is None else f"{_number(self.measured)} {self.unit}"

    @property
    def said(self) -> str:
        """All of it in one line."""
        return f"{self.name}: {self.found}, asked {self.asked}"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What one bench found."""

    bench: str
    what: str
    """One sentence: what was measured, and how."""
    rounds: int
    figures: tuple[Figure, ...]
    bars: tuple[Bar, ...]

    def document(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "bench": self.bench,
            "what": self.what,
            "rounds": self.rounds,
            "machine": machine(),
            "met": all(bar.met is not False for bar in self.bars),
            "bars": [{**msgspec.to_builtins(bar), "met": bar.met} for bar in self.bars],
            "figures": {figure.name: _entry(figure) for figure in self.figures},
        }

    def print(self, console: Console) -> None:
        """Show it to a person."""
        console.print(f"[bold]bench {self.bench}[/]: {escape(self.what)}", soft_wrap=True)
        table = Table("", "measured", "bar", "", box=None, pad_edge=False)
        for bar in self.bars:
            table.add_row(bar.name, bar.found, bar.asked, verdict(bar))
        for figure in self.figures:
            table.add_row(
                figure.name, f"{_number(figure.value)} {figure.unit}", "", "", style="dim"
            )
        console.print(table, soft_wrap=True)
        for bar in self.bars:
            if bar.note:
                console.print(escape(f"{bar.name}: {bar.note}"), soft_wrap=True)


def machine() -> Mapping[str, Any]:
    """Return what the numbers were measured on."""
    return {
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def alternate(
    rounds: int, sides: Mapping[str, Callable[[], float]]
) -> Mapping[str, Sequence[float]]:
    """Run every side once a round, in turns, and return what each round gave."""
    results: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds):
        # Every other round backwards: whoever comes first finds another machine.
        for name in list(sides)[:: 1 if turn % 2 == 0 else -1]:
            results[name].append(sides[name]())
    return results


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of `ours / theirs`, round by round."""
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0..1) of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _entry(figure: Figure) -> dict[str, float | str]:
    return {"value": figure.value, "unit": figure.unit}


def _number(value: float) -> str:
    if abs(value) >= _TENTHS_BELOW:
        return f"{value:,.0f}"
    return f"{value:.2f}"


def verdict(bar: Bar) -> str:
    """Return the one or two words on a bar, with rich's colours."""
    return {True: "[green]met[/]", False: "[red]missed[/]", None: "not measured"}[bar.met]
