"""What is in a log: how much of everything, since when, and where the bulk is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from parlour.events.errors import CorruptLog
from parlour.events.event import decode, name_of
from parlour.events.kinds import kind_of
from parlour.events.reader import LogReader, readable
from parlour.events.times import iso
from parlour.replay.times import clock

_BIGGEST = 10
_BEGINNINGS = frozenset({"landlord.hand-dealt", "techmino.match-opened", "treasure.game-opened"})
"""Names of the events that make a game of an aggregate."""


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one log; field names are those of the JSON output, times apart."""

    path: str
    log: str
    open: bool
    engine: str
    events: int
    seals: int
    games: int
    """Dealt hands, opened matches and treasure games."""
    file_bytes: int
    event_bytes: int
    """Of the events' JSON alone."""
    first: int | None
    """When the first event happened (µs)."""
    last: int | None
    names: dict[str, int]
    """Events by name, most frequent first."""
    kinds: dict[str, int]
    """Aggregates by kind."""
    biggest: dict[str, int]
    """The aggregates with most events."""

    def document(self) -> dict[str, Any]:
        """Return the JSON document of `parlour log stats`."""
        times = {"first": self.first, "last": self.last}
        return {
            **msgspec.to_builtins(self),
            **{name: None if at is None else iso(at) for name, at in times.items()},
        }

    def print(self, console: Console) -> None:
        """Draw the counts for people."""
        opened = "made with --open" if self.open else "made without --open"
        console.print(f"{self.path}: log {self.log}, {opened}, by Parlour {self.engine}")
        if self.first is not None and self.last is not None:
            console.print(f"from {clock(self.first)} to {clock(self.last)} UTC", highlight=False)
        average = self.event_bytes / self.events if self.events else 0
        console.print(
            f"{self.events:,} events under {self.seals:,} seals, {self.games:,} games; "
            f"{self.file_bytes / 1e6:,.1f} MB, {average:.0f} bytes of JSON an event",
            highlight=False,
        )
        for title, counts in (
            ("events by name", self.names),
            ("aggregates by kind", self.kinds),
            ("biggest aggregates", self.biggest),
        ):
            table = Table(title=title, title_justify="left", box=None, show_header=False)
            table.add_column(justify="right")
            table.add_column()
            for name, count in counts.items():
                table.add_row(f"{count:,}", name)
            console.print()
            console.print(table)


def collect(reader: LogReader) -> Stats:
    """Count everything in one pass over the rows."""
    names: Counter[str] = Counter()
    aggregates: Counter[str] = Counter()
    bytes_of_json = 0
    games: set[str] = set()
    first: int | None = None
    last: int | None = None
    row = None
    for row in reader.rows():
        names[row.topic] += 1
        aggregates[row.originator_id] += 1
        bytes_of_json += len(row.state) if isinstance(row.state, bytes) else 0
        if name_of(str(row.topic)) in _BEGINNINGS:
            games.add(row.originator_id)
        if first is None:
            first = _time(row.topic, row.state)
    if row is not None:
        last = _time(row.topic, row.state)
    opened = reader.opened()
    by_name: Counter[str] = Counter()
    for topic, count in names.items():
        by_name[name_of(str(topic))] += count
    return Stats(
        path=str(reader.path),
        log=opened.log,
        open=opened.open,
        engine=opened.engine,
        events=names.total(),
        seals=sum(1 for _ in reader.seals()),
        games=len(games),
        file_bytes=reader.path.stat().st_size,
        event_bytes=bytes_of_json,
        first=first,
        last=last,
        names=_shown(by_name.most_common()),
        kinds=_shown(Counter(kind_of(str(name)) for name in aggregates).most_common()),
        biggest=_shown(aggregates.most_common(_BIGGEST)),
    )


def _shown(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    return {readable(str(name)): count for name, count in counts}


def _time(topic: str, state: bytes) -> int | None:
    try:
        return decode(topic, state).at
    except CorruptLog:
        return None
