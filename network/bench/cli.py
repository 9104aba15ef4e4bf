"""`parlour bench NAME [--json]`: each bar of DESIGN section 8 beside its baseline, in one run.

A missed bar is an answer, not an error: the exit code is 0 when the bench could be run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import click
import msgspec
from rich.console import Console

from parlour.events.errors import EngineError
from parlour.network.bench.report import Report


@click.group()
def bench() -> None:
    """Measure the engine beside a named baseline, in the same run."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what every bench takes."""
    command = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(
        command
    )
    command = click.option(
        "--rounds", type=click.IntRange(1, 100), default=5, show_default=True, help="Take turns."
    )(command)
    return click.option(
        "--dir",
        "folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Where to make the temporary folder: the disk that is measured.",
    )(command)


def _run(measure: Callable[[Path], Report], folder: Path | None, *, as_json: bool) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix="parlour-bench-", dir=folder) as scratch:
            report = measure(Path(scratch))
    except EngineError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report.document())))
    else:
        report.print(Console())


@bench.command("log")
@_options
def bench_log(folder: Path | None, rounds: int, *, as_json: bool) -> None:
    """Durable append through the journal, and the wait for a durable reply."""
    from parlour.network.bench import log

    _run(lambda scratch: log.measure(scratch, rounds=rounds), folder, as_json=as_json)


@bench.command("rules")
@_options
def bench_rules(folder: Path | None, rounds: int, *, as_json: bool) -> None:
    """Dou Dizhu: classification and legal plays, beside douzero and rlcard."""
    from parlour.network.bench import rules

    _run(lambda scratch: rules.measure(rounds=rounds), folder, as_json=as_json)


@bench.command("fanout")
@_options
def bench_fanout(folder: Path | None, rounds: int, *, as_json: bool) -> None:
    """One room of 200 WebSocket members, logged, beside a naive server."""
    from parlour.network.bench import fanout

    _run(lambda scratch: fanout.measure(scratch, rounds=rounds), folder, as_json=as_json)


@bench.command("replay")
@_options
def bench_replay(folder: Path | None, rounds: int, *, as_json: bool) -> None:
    """Rebuild every state from a log: read, verify seals, decode, fold."""
    from parlour.network.bench import replay

    _run(lambda scratch: replay.measure(scratch, rounds=rounds), folder, as_json=as_json)


@bench.command("recover")
@_options
def bench_recover(folder: Path | None, rounds: int, *, as_json: bool) -> None:
    """1,000 tables in mid-hand: kill -9, and how long until the engine accepts again."""
    from parlour.network.bench import recover

    _run(lambda scratch: recover.measure(scratch, rounds=rounds), folder, as_json=as_json)
