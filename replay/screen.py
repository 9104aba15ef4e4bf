"""How replay's commands speak: JSON for programs, drawn text for people, progress on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PIPED_WIDTH: Final = 120
"""Columns of text that no terminal gives a width."""


def say_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2))


def say(draw: Callable[[Console], object]) -> None:
    """Print what `draw` draws: in colour on a terminal, as plain lines into a pipe."""
    if sys.stdout.isatty():
        draw(Console(file=sys.stdout, highlight=False))
        return
    console = Console(width=PIPED_WIDTH, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as captured:
        draw(console)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how long work goes on, when a person watches stderr.

    Args:
        what: What is being done.
        total: Of how many steps; the function that is given takes more of them as done.
    """
    if not sys.stderr.isatty():
        yield lambda steps: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda steps: bar.advance(task, steps)
