"""`parlour bench replay`: a log rebuilt from its rows alone, beside eventsourcing's own reading."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from parlour.events.errors import CorruptLog
from parlour.events.kinds import rebuild
from parlour.events.reader import LogReader
from parlour.events.seals import StoredRow, check
from parlour.network.bench.report import Bar, Figure, Report, alternate, ratio
from parlour.network.bench.tables import Tables

_BAR: Final = 200_000.0
_PAGE: Final = 10_000
_TABLES: Final = 100


def measure(folder: Path, *, rounds: int = 5, events: int = 50_000) -> Report:
    """Play hands until the log has `events`, then read it in turns both ways."""
    data = folder / "replay-data"
    with Tables(data, tables=min(_TABLES, 1 + events // 500)) as tables:
        while tables.events < events:
            tables.turn()
    gc.collect()
    gc.freeze()  # what made the log would otherwise be looked through again and again
    found = alternate(
        rounds,
        {
            "rebuild": lambda: rebuild_rate(data),
            "notifications": lambda: notifications_rate(data / "log.db"),
        },
    )
    gc.unfreeze()
    rate = median(found["rebuild"])
    with LogReader(data) as log:
        count = log.count()
    return Report(
        bench="replay",
        what="a log of Dou Dizhu games: every row read, every seal verified, every event decoded "
        "and folded into its state; beside eventsourcing's select_notifications, which only reads",
        rounds=rounds,
        figures=(
            Figure(name="events in the log", value=count, unit="events"),
            Figure(
                name="select_notifications",
                value=median(found["notifications"]),
                unit="events/s",
            ),
            Figure(
                name="rebuild / select_notifications",
                value=ratio(found["rebuild"], found["notifications"]),
                unit="×",
            ),
        ),
        bars=(Bar(name="rebuild", measured=rate, bar=_BAR, unit="events/s"),),
    )


def rebuild_rate(data: Path) -> float:
    """Return events/s of read, verify, decode and fold.

    Raises:
        CorruptLog: A seal does not fit; what was measured would be no rebuild.
    """
    began = time.perf_counter()
    with LogReader(data) as log:
        states = rebuild(row for rows in _sealed(log) for row in rows)
        count = sum(rebuilt.version for rebuilt in states.values())
    return count / (time.perf_counter() - began)


def _sealed(log: LogReader) -> Iterator[Sequence[StoredRow]]:
    for checked in check(log.rows(), log.seals()):
        if checked.findings:
            raise CorruptLog(checked.findings[0].detail)
        yield checked.rows


def notifications_rate(file: Path) -> float:
    """Return events/s of eventsourcing's own recorder, read page by page."""
    recorder = SQLiteApplicationRecorder(SQLiteDatastore(str(file), originator_id_type="text"))
    began = time.perf_counter()
    position = count = 0
    while page := recorder.select_notifications(position + 1, _PAGE):
        count += len(page)
        position = page[-1].id
    seconds = time.perf_counter() - began
    recorder.datastore.close()
    return count / seconds
