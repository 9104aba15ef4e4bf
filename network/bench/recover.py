"""`parlour bench recover`: live tables, kill -9, and how long until the engine accepts again."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median
from typing import Final

from parlour.events.reader import LogReader
from parlour.network.bench.report import Bar, Figure, Report, alternate
from parlour.network.bench.tables import SEATS, Tables
from parlour.network.demo.process import EngineProcess

_BAR_SECONDS: Final = 2.0
_TURNS: Final = 14
"""Being ready, three calls, two refused robs, eight plays."""


def measure(folder: Path, *, rounds: int = 5, tables: int = 1000) -> Report:
    """Restart an engine on a log of `tables` hands in play, each round from a fresh copy."""
    data = folder / "recover-data"
    with Tables(data, tables=tables) as living:
        living.play_into(_TURNS)
    with LogReader(data) as log:
        events = log.count()
    found = alternate(
        rounds,
        {
            "recover": lambda: _recovery(folder, data),
            "start": lambda: _start(folder, folder / "empty"),
        },
    )
    seconds, start = median(found["recover"]), median(found["start"])
    return Report(
        bench="recover",
        what=f"{tables:,} tables with a hand in play each, {tables * SEATS:,} seated accounts: an "
        "engine on this log is killed with signal 9 and started again, until it accepts",
        rounds=rounds,
        figures=(
            Figure(name="start on an empty log", value=start, unit="s"),
            Figure(name="of it for the tables", value=seconds - start, unit="s"),
            Figure(name="events in the log", value=events, unit="events"),
        ),
        bars=(
            Bar(
                name=f"{tables:,} live tables recovered",
                measured=seconds,
                bar=_BAR_SECONDS,
                unit="s",
                sense="at most",
            ),
        ),
    )


def _recovery(folder: Path, data: Path) -> float:
    """Return the seconds of the start after a kill."""
    copy = folder / "recover-copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data, copy)
    engine = EngineProcess(folder, copy)
    try:
        engine.start()
        engine.kill()
        return engine.start()
    finally:
        engine.close()


def _start(folder: Path, data: Path) -> float:
    shutil.rmtree(data, ignore_errors=True)
    engine = EngineProcess(folder, data)
    try:
        return engine.start()
    finally:
        engine.close()
