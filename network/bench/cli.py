"""`parlour bench NAME [--json]`: each bar beside its baseline, in one run.

A missed bar is an answer, not an error: the exit code is 0 when the bench could be run. The
command `all` runs every one of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from parlour.network.bench import all as every
from parlour.network.bench.report import Report

Command = TypeVar("Command", bound=Callable[..., Any])

BENCHES: Final = {
    "log": "Durable append, and the wait for a durable reply.",
    "rules": "Dou Dizhu hands beside douzero and rlcard.",
    "chat": "10,000 private messages a second, each on disk before its ack.",
    "fanout": "A room of 200, logged, beside a naive server.",
    "replay": "A log read, verified, decoded and folded.",
    "recover": "1,000 tables and 1,000 treasure games after kill -9.",
    "idle": "Memory of 10,000 silent connections.",
    "stream": "A match of 99, logged, beside a naive relay.",
    "chatroom": "Joining beside 10,000 remarks, and 1,024 members at once.",
    "treasure": "1,000 rooms of 8: how late a stage ends.",
}
"""Name, also of the module with its `measure`, and what it measures."""


_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_folder = click.option(
    "--dir",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where to make the temporary folder: the disk that is measured.",
)


def _rounds(default: int) -> Callable[[Command], Command]:
    return click.option(
        "--rounds",
        type=click.IntRange(1, 100),
        default=default,
        show_default=True,
        help="How often both sides are measured, in turns; the median counts.",
    )


@click.group()
def bench() -> None:
    """Measure the engine beside a named baseline, in the same run."""


def _command(name: str, does: str) -> click.Command:
    @click.command(name, help=does)
    @_as_json
    @_rounds(5)
    @_folder
    def command(folder: Path | None, rounds: int, *, as_json: bool) -> None:
        measure = import_module(f"parlour.network.bench.{name}").measure
        with tempfile.TemporaryDirectory(prefix="parlour-bench-", dir=folder) as scratch:
            report: Report = measure(Path(scratch), rounds=rounds)
        if as_json:
            click.echo(msgspec.json.format(msgspec.json.encode(report.document())))
        else:
            report.print(Console())

    return command


for _name, _does in BENCHES.items():
    bench.add_command(_command(_name, _does))


@bench.command("all")
@_as_json
@_rounds(every.ROUNDS)
@_folder
def all_benches(folder: Path | None, rounds: int, *, as_json: bool) -> None:
    """Every bench, one after the other, and every bar in one table.

    Takes about three minutes. A missed bar is said plainly and is no error, nor is a bench that
    could not be run; exits 2 when none could.
    """
    with _progress() as watch:
        summary = every.measure(tuple(BENCHES), rounds=rounds, folder=folder, watch=watch)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(summary.document())))
    else:
        summary.print(Console())
    raise SystemExit(0 if any(outcome.document for outcome in summary.outcomes) else 2)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show on stderr, if a person watches, which bench is running."""
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    watched = console.is_terminal
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not watched
    ) as progress:
        # Told before each bench: when the first one begins, none is done.
        task = progress.add_task("", total=len(BENCHES), completed=-1)
        yield lambda name: progress.update(task, advance=1, description=f"{name}: {BENCHES[name]}")
