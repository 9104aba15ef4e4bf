"""`parlour bench all`: every bench once, each in a process of its own, and every bar in one table.

A process of its own: no bench finds the memory, the collector or the frozen heap of another. What
is missed is said in words; what could not be run at all is kept apart from what was missed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from parlour.network.bench.report import Bar, machine, verdict
from parlour.network.demo.process import PARLOUR

ROUNDS: Final = 3
"""How often each bench measures; a treasure game plays so many days."""
_PATIENCE: Final = 300.0
"""Seconds a bench may take; the slowest takes one on a quiet machine."""


BARS: Final[Mapping[str, tuple[str, ...]]] = {
    "log": (
        "journal / Application.save",
        "journal / executemany",
        "command → durable → reply, p99",
    ),
    "rules": (
        "classify / douzero",
        "classify, all types / douzero",
        "legal plays / douzero",
        "legal plays / rlcard",
    ),
    "chat": ("CHAT to CHAT-ACK, p99", "private messages at that pace"),
    "fanout": ("engine / naive aiohttp",),
    "replay": ("rebuild",),
    "recover": ("1,000 live tables and 1,000 treasure games recovered",),
    "idle": ("a connection that is online",),
    "stream": ("chunk → durable → the others, p99", "relayed at the clients' pace"),
    "chatroom": ("join with / without history", "the last of 1,024 hears it, worst"),
    "treasure": ("a stage's end → durable → the next 58, p99",),
}
"""Every bar by bench: what docs/performance.md has to have a row for."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one bench."""

    bench: str
    seconds: float
    document: dict[str, Any] | None
    """What its `--json` printed; None when it could not be run."""
    trouble: str = ""
    """Why it could not."""

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Its bars, none when it could not be run."""
        if self.document is None:
            return ()
        return msgspec.convert(self.document["bars"], tuple[Bar, ...])


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What all benches found."""

    rounds: int
    machine: Mapping[str, Any]
    """As it was before the first bench: afterwards its load is our own."""
    outcomes: tuple[Outcome, ...]

    @property
    def missed(self) -> list[str]:
        """Each missed bar in words."""
        return [
            f"{outcome.bench}: {bar.said}"
            for outcome in self.outcomes
            for bar in outcome.bars
            if bar.met is False
        ]

    @property
    def not_measured(self) -> list[str]:
        """Each bar whose baseline is not there, and how to get it."""
        return [
            f"{outcome.bench}: {bar.name}: {bar.note}"
            for outcome in self.outcomes
            for bar in outcome.bars
            if bar.met is None
        ]

    @property
    def not_run(self) -> list[str]:
        """Each bench that could not be run, and why."""
        return [
            f"{outcome.bench}: {outcome.trouble}" for outcome in self.outcomes if outcome.trouble
        ]

    def document(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "bench": "all",
            "rounds": self.rounds,
            "machine": dict(self.machine),
            "seconds": round(sum(outcome.seconds for outcome in self.outcomes), 1),
            "met": not self.missed and not self.not_run,
            "missed": self.missed,
            "not_measured": self.not_measured,
            "not_run": self.not_run,
            "bars": [
                {"bench": outcome.bench, **msgspec.to_builtins(bar), "met": bar.met}
                for outcome in self.outcomes
                for bar in outcome.bars
            ],
            "benches": [outcome.document for outcome in self.outcomes if outcome.document],
        }

    def print(self, console: Console) -> None:
        """Show it to a person."""
        table = Table("bench", "", "measured", "bar", "", box=None, pad_edge=False)
        for outcome in self.outcomes:
            for number, bar in enumerate(outcome.bars):
                name = "" if number else outcome.bench
                table.add_row(name, escape(bar.name), bar.found, bar.asked, verdict(bar))
            if outcome.trouble:
                table.add_row(outcome.bench, "", "", "", "[red]not run[/]")
        console.print(table, soft_wrap=True)
        for words, lines in (
            ("missed", self.missed),
            ("not measured", self.not_measured),
            ("could not be run", self.not_run),
        ):
            for line in lines:
                console.print(escape(f"{words}: {line}"), soft_wrap=True, highlight=False)


def measure(
    names: Sequence[str],
    *,
    rounds: int,
    folder: Path | None,
    watch: Callable[[str], None] = lambda name: None,
) -> Summary:
    """Run benches one after the other.

    Args:
        names: Of the benches.
        rounds: How often each measures.
        folder: Where they make their temporary folders; None for where temporary files go.
        watch: Is told the name of each bench before it runs.
    """
    before = machine()
    outcomes = []
    for name in names:
        watch(name)
        outcomes.append(_run(name, rounds, folder))
    return Summary(rounds=rounds, machine=before, outcomes=tuple(outcomes))


def _run(name: str, rounds: int, folder: Path | None) -> Outcome:
    arguments = [*PARLOUR, "bench", name, "--json", "--rounds", str(rounds)]
    if folder is not None:
        arguments += ["--dir", str(folder)]
    began = time.perf_counter()
    document, trouble = _outcome(arguments)
    seconds = round(time.perf_counter() - began, 1)
    return Outcome(bench=name, seconds=seconds, document=document, trouble=trouble)


def _outcome(arguments: Sequence[str]) -> tuple[dict[str, Any] | None, str]:
    """Return what a command printed, or what went wrong."""
    with subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that its servers can be ended with it
    ) as process:
        try:
            said, errors = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            return None, f"not done after {_PATIENCE:.0f} s"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        return None, (errors.strip().splitlines() or ["it said nothing"])[-1]
    try:
        return msgspec.json.decode(said, type=dict[str, Any]), ""
    except msgspec.DecodeError as error:
        return None, f"what it printed is no document: {error}"
