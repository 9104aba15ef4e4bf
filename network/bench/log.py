"""`parlour bench log`: durable sealed append, and how long a client waits for a durable reply."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Final

from parlour.network.bench.append import BATCH, facts_rate, rows_rate, save_rate, units_rate
from parlour.network.bench.load import Callers, Latencies, run
from parlour.network.bench.report import Bar, Figure, Report, alternate, percentile, ratio
from parlour.network.bench.room_server import RoomServer

_SAVES_SHARE: Final = 20
"""`Application.save` gets so many times fewer events: it takes as long for them."""
_SAVE_BAR: Final = 25.0
_ROWS_BAR: Final = 0.5
_LATENCY_BAR_MS: Final = 10.0
_CALLERS: Final = 100
_MS: Final = 1000.0


def measure(folder: Path, *, rounds: int = 5, events: int = 50_000, seconds: float = 2.0) -> Report:
    """Measure appending with `events` a round, and latency for `seconds` a round."""
    saves = max(1, events // _SAVES_SHARE)
    found = alternate(
        rounds,
        {
            "journal": lambda: facts_rate(folder, events),
            "save": lambda: save_rate(folder, saves),
            "units": lambda: units_rate(folder, events),
            "rows": lambda: rows_rate(folder, events),
        },
    )
    waits = _latencies(folder, rounds=rounds, seconds=seconds)
    slowest = median(percentile(wait.seconds, 0.99) for wait in waits) * _MS
    middle = median(median(wait.seconds) for wait in waits) * _MS
    figures = (
        Figure(name="journal, from event to disk", value=median(found["journal"]), unit="events/s"),
        Figure(name="Application.save", value=median(found["save"]), unit="events/s"),
        Figure(name="journal, units made before", value=median(found["units"]), unit="events/s"),
        Figure(name="executemany, rows made before", value=median(found["rows"]), unit="events/s"),
        Figure(
            name="engine, saturated",
            value=median(wait.saturated for wait in waits),
            unit="commands/s",
        ),
        Figure(name="wait at half load, median", value=middle, unit="ms"),
    )
    bars = (
        Bar(
            name="journal / Application.save",
            measured=ratio(found["journal"], found["save"]),
            bar=_SAVE_BAR,
            unit="×",
        ),
        Bar(
            name="journal / executemany",
            measured=ratio(found["units"], found["rows"]),
            bar=_ROWS_BAR,
            unit="×",
        ),
        Bar(
            name="command → durable → reply, p99",
            measured=slowest,
            bar=_LATENCY_BAR_MS,
            unit="ms",
            sense="at most",
        ),
    )
    return Report(
        bench="log",
        what=f"events sealed and on disk (fsync): through the journal, by Application.save one at "
        f"a time, by executemany {BATCH} at a time; then {_CALLERS} WebSocket clients of a real "
        "engine process at half of what it can take",
        rounds=rounds,
        figures=figures,
        bars=bars,
    )


def _latencies(folder: Path, *, rounds: int, seconds: float) -> list[Latencies]:
    with RoomServer("engine", folder) as engine:
        return [
            run(Callers(members=_CALLERS).measure(engine.address, seconds)) for _ in range(rounds)
        ]
