"""`parlour bench stream`: a match of 99 as its clients play it, logged, beside a naive relay."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

import uvloop

from parlour.events.reader import LogReader
from parlour.network.bench.ears import hang_up
from parlour.network.bench.report import Bar, Figure, Report, alternate, percentile, ratio
from parlour.network.bench.room_server import RoomServer
from parlour.network.bench.sockets import BenchFailed
from parlour.network.bench.stream_crowd import CHUNK_SECONDS, Relayed, StreamCrowd
from parlour.network.bench.stream_hall import Hall, engine, join_relay
from parlour.network.lifetime import raise_file_limit

PLAYERS: Final = 99
_IN_FLIGHT_A_PLAYER: Final = 4
_BAR_MS: Final = 50.0
_MS: Final = 1000.0
_KEPT_UP: Final = 0.95
"""Of what is due: the last chunk of a round is waited for."""
_CHUNK: Final = "techmino.chunk-streamed@1"


class _Side:
    """What one server did, round by round."""

    def __init__(self, crowd: StreamCrowd, seals: Callable[[], int] = lambda: 0) -> None:
        """`seals` counts the commits so far."""
        self._crowd = crowd
        self._seals = seals
        self.paced: list[Relayed] = []
        self.flat: list[Relayed] = []
        self.commits: list[float] = []
        """A second, at real pace."""
        self.client: list[float] = []
        """Share of a core that the client took, at real pace."""

    @property
    def sent(self) -> int:
        """Chunks, all in all."""
        return self._crowd.sent

    async def go(self, seconds: float, in_flight: int) -> float:
        """Return deliveries/s flat out; the real pace comes first."""
        seals, used = self._seals(), time.process_time()
        paced = await self._crowd.at_pace(seconds)
        self.client.append((time.process_time() - used) / paced.seconds)
        self.commits.append((self._seals() - seals) / paced.seconds)
        self.paced.append(paced)
        self.flat.append(await self._crowd.flat_out(seconds, in_flight=in_flight))
        return self.flat[-1].deliveries

    def latency(self, share: float) -> float:
        """Return what `share` of the deliveries at real pace did not exceed, in ms."""
        return median(percentile(run.latencies, share) for run in self.paced) * _MS


def measure(
    folder: Path, *, rounds: int = 5, seconds: float = 2.0, players: int = PLAYERS
) -> Report:
    """Stream for `seconds` a round at the clients' pace, and as long as fast as can be.

    Raises:
        BenchFailed: Somebody did not hear every chunk in order, or one is not in the log.
    """
    raise_file_limit()
    data = folder / "stream-data"
    in_flight = players * _IN_FLIGHT_A_PLAYER
    process = engine(folder, data)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            process.start()
            hall = Hall(process.addresses["http"], players)
            ears = runner.run(hall.begin())
            ours = _Side(StreamCrowd(ears), lambda: _seals(data))
            with RoomServer("relay", folder) as relay:
                others = runner.run(join_relay(relay.address, players))
                theirs = _Side(StreamCrowd(others))
                found = alternate(
                    rounds,
                    {
                        "engine": lambda: runner.run(ours.go(seconds, in_flight)),
                        "naive": lambda: runner.run(theirs.go(seconds, in_flight)),
                    },
                )
                runner.run(hang_up(others))
            runner.run(hang_up(ears))
            runner.run(hall.close())
            process.stop()
        finally:
            process.close()
    _require_logged(data, ours.sent)
    return _report(rounds, players, ours, theirs, ratio(found["engine"], found["naive"]))


def _report(rounds: int, players: int, ours: _Side, theirs: _Side, times: float) -> Report:
    flat = median(run.deliveries for run in ours.flat)
    paced = median(run.deliveries for run in ours.paced)
    naive = median(run.deliveries for run in theirs.flat)
    return Report(
        bench="stream",
        what=f"a match of {players} over WebSockets, each player sending a chunk every "
        f"{CHUNK_SECONDS} s to all others: from when a chunk is due to when another player has "
        "it; the engine has every chunk on disk, synced and sealed, before; the naive aiohttp "
        "relay (for each player: await send_str) logs nothing; then both as fast as they can",
        rounds=rounds,
        figures=(
            Figure(name="engine, median latency", value=ours.latency(0.5), unit="ms"),
            Figure(name="naive aiohttp, median latency", value=theirs.latency(0.5), unit="ms"),
            Figure(name="naive aiohttp, p99", value=theirs.latency(0.99), unit="ms"),
            Figure(name="engine, log at that pace", value=paced / (players - 1), unit="events/s"),
            Figure(name="engine, commits at that pace", value=median(ours.commits), unit="1/s"),
            Figure(name="this client at that pace", value=median(ours.client), unit="cores"),
            Figure(name="engine, flat out", value=flat, unit="deliveries/s"),
            Figure(name="naive aiohttp, flat out", value=naive, unit="deliveries/s"),
            Figure(name="engine, log flat out", value=flat / (players - 1), unit="events/s"),
            Figure(name="engine / naive aiohttp, flat out", value=times, unit="×"),
        ),
        bars=(
            Bar(
                name="chunk → durable → the others, p99",
                measured=ours.latency(0.99),
                bar=_BAR_MS,
                unit="ms",
                sense="at most",
            ),
            Bar(
                name="relayed at the clients' pace",
                measured=paced,
                bar=round(players / CHUNK_SECONDS * (players - 1) * _KEPT_UP),
                unit="/s",
            ),
        ),
    )


def _seals(data: Path) -> int:
    with LogReader(data) as log:
        return sum(1 for _ in log.seals())


def _require_logged(data: Path, sent: int) -> None:
    with LogReader(data) as log:
        logged = sum(row.topic == _CHUNK for row in log.rows())
    if logged != sent:
        raise BenchFailed(f"{sent} chunks were heard, but {logged} are on disk")
