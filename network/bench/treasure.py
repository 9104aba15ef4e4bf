"""`parlour bench treasure`: 1,000 rooms of 8 with short stages, and how late each stage ends."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import uvloop

from parlour.events import treasure as facts
from parlour.events.event import decode
from parlour.events.messages import treasure as wire
from parlour.events.reader import LogReader
from parlour.network.bench.report import Bar, Figure, Report, percentile
from parlour.network.bench.sockets import BenchFailed
from parlour.network.bench.treasure_crowd import MEMBERS, STAGES, Room
from parlour.network.bench.treasure_hall import Hall, engine
from parlour.network.lifetime import raise_file_limit

_BAR_MS: Final = 100.0
_MS: Final = 1000.0
_PATIENCE: Final = 60.0
_SLOWEST: Final = 5
"""So many times as long as it should a stage may take."""
_NS_A_US: Final = 1000
_NS_A_MS: Final = 1_000_000
_MOST_DAYS: Final = 6
"""The last day's last stage is followed by no other."""
_BEGUN: Final = "treasure.stage-begun@1"
_CHOSEN: Final = "treasure.choice-made@1"


class _Play(NamedTuple):
    """A stretch of play, all rooms together."""

    seconds: float
    commands: int
    client: float
    """Share of a core that the client took."""
    heard: int
    """Bytes."""


class _Logged(NamedTuple):
    """What the log says of it."""

    until: Mapping[str, Sequence[int]]
    """By game, when each stage had to end (µs)."""
    samples: Mapping[str, int]
    """By game, choices of the player whose answers were counted."""
    events: int
    commits: int


def measure(folder: Path, *, rounds: int = 5, rooms: int = 1000, seconds: float = 1.0) -> Report:
    """Play `rounds` days (6 at most) in all rooms, with stages of so many seconds.

    Raises:
        BenchFailed: Not everything that was acknowledged is on disk.
    """
    raise_file_limit()
    days = min(rounds, _MOST_DAYS)
    data = folder / "treasure-data"
    process = engine(folder, data, seconds=seconds)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            began = time.perf_counter()
            process.start()
            crowd = runner.run(Hall(process).fill(rooms))
            filled = time.perf_counter() - began
            before = _events(data)
            play = runner.run(_play(crowd, days * STAGES + 1, seconds))
        finally:
            process.close()
        runner.run(_leave(crowd))
    logged = _read(data, before)
    refused = _require_logged(crowd, logged)
    late = sorted(_lateness(crowd, logged.until, days * STAGES))
    return _report(days, rooms, seconds, late, play, logged, filled, refused)


async def _play(crowd: Sequence[Room], stages: int, seconds: float) -> _Play:
    """Have all games begin, spread over one stage, and play so many stages."""
    began, used = time.perf_counter(), time.process_time()
    beginning = []
    for number, room in enumerate(crowd):
        await asyncio.sleep(began + seconds * number / len(crowd) - time.perf_counter())
        beginning.append(asyncio.create_task(room.begin()))
    await asyncio.gather(*beginning)
    deadline = time.perf_counter() + seconds * stages * _SLOWEST + _PATIENCE
    while min(len(room.heard_at) for room in crowd) < stages:
        if time.perf_counter() > deadline:
            raise BenchFailed("the stages do not end")
        await asyncio.sleep(seconds / 10)
    spent = time.perf_counter() - began
    return _Play(
        seconds=spent,
        commands=sum(room.commands for room in crowd),
        client=(time.process_time() - used) / spent,
        heard=sum(room.bytes for room in crowd),
    )


async def _leave(crowd: Sequence[Room]) -> None:
    for room in crowd:
        await room.leave()


def _events(data: Path) -> int:
    with LogReader(data) as log:
        return log.last_position()


def _read(data: Path, before: int) -> _Logged:
    """Return what the log has behind a position."""
    until: defaultdict[str, list[int]] = defaultdict(list)
    samples: Counter[str] = Counter()
    with LogReader(data) as log:
        for row in log.rows(after=before):
            if row.topic not in (_BEGUN, _CHOSEN):
                continue
            event = decode(row.topic, row.state)
            if isinstance(event, facts.StageBegun):
                until[row.originator_id].append(event.until)
            elif isinstance(event, facts.ChoiceMade):
                samples[row.originator_id] += event.seat == 0
        commits = sum(seal.last_position > before for seal in log.seals())
        return _Logged(until, samples, log.last_position() - before, commits)


def _require_logged(crowd: Sequence[Room], logged: _Logged) -> float:
    """Return the share of the counted choices that was refused.

    Raises:
        BenchFailed: One that was acknowledged is not on disk.
    """
    for room in crowd:
        made, kept = room.sample.codes[wire.OK], logged.samples[_game(room)]
        if made > kept:
            raise BenchFailed(f"{made} choices were acknowledged, but {kept} are on disk")
    codes = sum((room.sample.codes for room in crowd), Counter[int]())
    return 1 - codes[wire.OK] / codes.total()


def _game(room: Room) -> str:
    return facts.game_id(room.room_id, 1)


def _lateness(
    crowd: Sequence[Room], until: Mapping[str, Sequence[int]], stages: int
) -> list[float]:
    """Return by how many ms each stage's end was late: 58 of the next one against `until`."""
    return [
        (heard - due * _NS_A_US) / _NS_A_MS
        for room in crowd
        for heard, due in zip(
            room.heard_at[1 : stages + 1],
            until[_game(room)][:stages],
            strict=True,
        )
    ]


def _report(
    days: int,
    rooms: int,
    seconds: float,
    late: Sequence[float],
    play: _Play,
    logged: _Logged,
    filled: float,
    refused: float,
) -> Report:
    return Report(
        bench="treasure",
        what=f"{rooms:,} rooms of {MEMBERS} in one process, stages of {seconds:g} s for {days} "
        f"days: {MEMBERS - 1} of {MEMBERS} act at once in every stage, so that it ends by its "
        "time; from then to when a player has the next 58 over TCP, by the same clock; every "
        "choice and every end of a stage is on disk, synced and sealed, before",
        rounds=days,
        figures=(
            Figure(name="median lateness", value=median(late), unit="ms"),
            Figure(name="p99.9", value=percentile(late, 0.999), unit="ms"),
            Figure(name="worst", value=late[-1], unit="ms"),
            Figure(name="stages ended", value=len(late), unit="stages"),
            Figure(name="commands", value=play.commands / play.seconds, unit="1/s"),
            Figure(name="refused", value=refused * 100, unit="%"),
            Figure(name="events", value=logged.events / play.seconds, unit="1/s"),
            Figure(name="commits", value=logged.commits / play.seconds, unit="1/s"),
            Figure(name="heard by players", value=play.heard / play.seconds / 1e6, unit="MB/s"),
            Figure(name="this client", value=play.client, unit="cores"),
            Figure(name="all logged in, seated and in the game", value=filled, unit="s"),
        ),
        bars=(
            Bar(
                name="a stage's end → durable → the next 58, p99",
                measured=percentile(late, 0.99),
                bar=_BAR_MS,
                unit="ms",
                sense="at most",
            ),
        ),
    )
