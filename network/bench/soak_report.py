"""What a soak found: its stretches, the promises that were kept, and those that were not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from parlour.network.bench.soak_party import Party
from parlour.network.bench.soak_servers import Sample

_WARM_SHARE: Final = 1 / 3
"""Of the last stretch, before memory is looked at, but"""
_WARM_SECONDS: Final = 90.0
"""at least so long: by then whatever is kept for later use is full."""
_JUDGED_SECONDS: Final = 45.0
"""A stretch that leaves less than this after its warm-up tells nothing of memory."""
_MIB: Final = 1 << 20
_SLOPE_BAR: Final = 2.0
"""MiB a minute."""
_FILES_BAR: Final = 8
"""How many more files may be open at the end of the last stretch than after its warm-up."""
_TOO_SHORT: Final = "too short to tell; a run of 6 minutes or more has a verdict"
_TROUBLES: Final = 2
"""Shown of each kind of party, the most frequent ones."""


class Stretch(msgspec.Struct, kw_only=True):
    """One life of the engine."""

    ready: float
    """Seconds until it accepted."""
    ending: str = ""
    events: int = 0
    """In the log at its end."""
    engine: list[Sample] = msgspec.field(default_factory=list)
    room_server: list[Sample] = msgspec.field(default_factory=list)
    finished: dict[str, int] = msgspec.field(default_factory=dict)
    """How many games, by party."""


class Findings:
    """Promises, and what was found where one was broken."""

    def __init__(self) -> None:
        self.promises: dict[str, str] = {}
        """What was found by promise; "" for what was kept."""

    @property
    def broken(self) -> dict[str, str]:
        """Those that were not kept."""
        return {promise: found for promise, found in self.promises.items() if found}

    def keep(self, promise: str, kept: object, found: str) -> None:
        """Say whether a promise was kept; once broken it stays so."""
        if not self.promises.get(promise):
            self.promises[promise] = "" if kept else found or "no"

    def judge(self, stretches: Sequence[Stretch], parties: Sequence[Party]) -> None:
        """Look at all stretches, the last one above all."""
        for number, stretch in enumerate(stretches, 1):
            idle = [name for name, finished in stretch.finished.items() if not finished]
            self.keep(
                "every party finishes games between any two restarts",
                not idle,
                f"no {', '.join(idle)} in stretch {number}",
            )
        wrong = [what for party in parties for what in party.broken]
        self.keep("everybody was told what was promised", not wrong, "; ".join(wrong[:3]))
        last = stretches[-1]
        self._judge_process("engine", last.engine)
        self._judge_process("room server", last.room_server)

    def _judge_process(self, name: str, samples: Sequence[Sample]) -> None:
        warm = after_warm_up(samples)
        if not warm:
            return
        grew = slope(warm)
        self.keep(
            f"the {name}'s memory is flat after the warm-up (≤ {_SLOPE_BAR:g} MiB a minute)",
            grew <= _SLOPE_BAR,
            f"{grew:+.2f} MiB a minute, from {warm[0].mib:.1f} to {warm[-1].mib:.1f} MiB",
        )
        # While games begin and end there are more files or fewer: the least tell of a leak.
        half = len(warm) // 2
        before = min(sample.files for sample in warm[:half])
        after = min(sample.files for sample in warm[half:])
        self.keep(
            f"the {name} leaves no file open",
            after <= before + _FILES_BAR,
            f"{before} open files became {after}",
        )


def after_warm_up(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Return the samples that count; none when there are too few for a verdict."""
    if not samples:
        return ()
    end = samples[-1].at
    warm = max(_WARM_SECONDS, end * _WARM_SHARE)
    if end - warm < _JUDGED_SECONDS:
        return ()
    return [sample for sample in samples if sample.at >= warm]


def slope(samples: Sequence[Sample]) -> float:
    """Return by how many MiB a minute a process grew, least squares."""
    middle = sum(sample.at for sample in samples) / len(samples)
    mean = sum(sample.resident for sample in samples) / len(samples)
    across = sum((sample.at - middle) ** 2 for sample in samples)
    along = sum((sample.at - middle) * (sample.resident - mean) for sample in samples)
    return along / across * 60 / _MIB


def clock(seconds: float) -> str:
    """Return minutes and seconds, as in 02:05."""
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"


def show(
    console: Console, stretches: Sequence[Stretch], parties: Sequence[Party], findings: Findings
) -> None:
    """Print what happened, and each promise with its verdict."""
    kinds = list(dict.fromkeys(party.kind for party in parties))
    table = Table(*("", "ended by", "ready", "events", "engine", "room server", *kinds), box=None)
    for number, stretch in enumerate(stretches, 1):
        table.add_row(
            str(number),
            stretch.ending,
            f"{stretch.ready:.2f} s",
            f"{stretch.events:,}",
            _grown(stretch.engine),
            _grown(stretch.room_server),
            *(f"{_of_kind(stretch, kind, parties):,}" for kind in kinds),
        )
    console.print(table, soft_wrap=True)
    last = stretches[-1]
    for name, samples in (("engine", last.engine), ("room server", last.room_server)):
        warm = after_warm_up(samples)
        said = f"{slope(warm):+.2f} MiB a minute after the warm-up" if warm else _TOO_SHORT
        console.print(f"memory of the {name} in the last stretch: {said}", soft_wrap=True)
    for kind in kinds:
        _show_troubles(console, kind, [party for party in parties if party.kind == kind])
    for promise, found in findings.promises.items():
        verdict = (
            f"[red]no[/]   {promise}: {escape(found)}" if found else f"[green]yes[/]  {promise}"
        )
        console.print(verdict, soft_wrap=True, highlight=False)


def _of_kind(stretch: Stretch, kind: str, parties: Sequence[Party]) -> int:
    return sum(stretch.finished.get(party.name, 0) for party in parties if party.kind == kind)


def _grown(samples: Sequence[Sample]) -> str:
    return f"{samples[0].mib:.0f} → {samples[-1].mib:.0f} MiB"


def _show_troubles(console: Console, kind: str, parties: Sequence[Party]) -> None:
    resumed = sum(party.resumed for party in parties)
    troubles = sum((party.troubles for party in parties), start=type(parties[0].troubles)())
    said = "; ".join(f"{count} × {what}" for what, count in troubles.most_common(_TROUBLES))
    line = f"{kind}: {troubles.total()} rounds were cut off, {resumed} went on after a restart"
    console.print(f"{line} ({said})" if said else line, style="dim", markup=False, soft_wrap=True)
