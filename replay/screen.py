"""How replay's commands speak: JSON for programs, drawn text for people, progress on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from parlour.replay.times import parse

Function = TypeVar("Function", bound=Callable[..., Any])

PIPED_WIDTH: Final = 120
"""Columns of text that no terminal gives a width."""


def moment_option(name: str, text: str) -> Callable[[Function], Function]:
    """Return what adds an option that takes a time; inside, microseconds since 1970 UTC."""

    def convert(
        _context: click.Context, parameter: click.Parameter, value: str | None
    ) -> int | None:
        try:
            return None if value is None else parse(value)
        except ValueError:
            wrong = f"{value!r} is no time: give 2026-11-21 or 2026-11-21T07:00:00Z"
            raise click.BadParameter(wrong, param=parameter) from None

    return click.option(name, callback=convert, metavar="TIME", help=text)


def say_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2))


def say_json_list(head: dict[str, Any], name: str, items: Iterable[Any]) -> None:
    """Print one JSON document on stdout whose last field is a list, as long as it may be.

    Args:
        head: The fields before it, at least one.
        name: What the list is called.
        items: Its members, written one by one as they come.
    """
    opening = msgspec.json.format(msgspec.json.encode(head), indent=2).decode()
    click.echo(f"{opening[:-2]},\n  {msgspec.json.encode(name).decode()}: [", nl=False)
    between = "\n    "
    for item in items:
        click.echo(between + msgspec.json.encode(item).decode(), nl=False)
        between = ",\n    "
    click.echo("\n  ]\n}" if between.startswith(",") else "]\n}")


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


def printable(text: str) -> str:
    """Return a text that somebody chose, with nothing in it that a terminal would obey."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def number(value: float | None) -> str:
    """Return a number with every digit it has: `1234567` and `17.25`; `?` for none."""
    if value is None:
        return "?"
    return str(int(value)) if value == int(value) else str(value)


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
