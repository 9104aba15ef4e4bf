"""`parlour bench NAME [--json]`: each bar beside its baseline, in one run.

A missed bar is an answer, not an error: the exit code is 0 when the bench could be run.
"""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console

from parlour.network.bench.report import Report

_BENCHES: Final = {
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


@click.group()
def bench() -> None:
    """Measure the engine beside a named baseline, in the same run."""


def _command(name: str, does: str) -> click.Command:
    @click.command(name, help=does)
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    @click.option(
        "--rounds",
        type=click.IntRange(1, 100),
        default=5,
        show_default=True,
        help="How often both sides are measured, in turns; the median counts.",
    )
    @click.option(
        "--dir",
        "folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Where to make the temporary folder: the disk that is measured.",
    )
    def command(folder: Path | None, rounds: int, *, as_json: bool) -> None:
        measure = import_module(f"parlour.network.bench.{name}").measure
        with tempfile.TemporaryDirectory(prefix="parlour-bench-", dir=folder) as scratch:
            report: Report = measure(Path(scratch), rounds=rounds)
        if as_json:
            click.echo(msgspec.json.format(msgspec.json.encode(report.document())))
        else:
            report.print(Console())

    return command


for _name, _does in _BENCHES.items():
    bench.add_command(_command(_name, _does))
