"""`parlour bench fanout`: one room of 200, logged by the engine, beside a naive server."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Final

from parlour.events.reader import LogReader
from parlour.network.bench.im_crowd import ImCrowd
from parlour.network.bench.load import Crowd, run
from parlour.network.bench.report import Bar, Figure, Report, alternate, ratio
from parlour.network.bench.room_server import RoomServer
from parlour.network.bench.sockets import BenchFailed
from parlour.network.demo.process import EngineProcess

MEMBERS: Final = 200
_IN_FLIGHT_A_MEMBER: Final = 4
_BAR: Final = 8.0
_MS: Final = 1000.0


def measure(
    folder: Path, *, rounds: int = 5, seconds: float = 2.0, members: int = MEMBERS
) -> Report:
    """Return deliveries/s of both servers, in turns, with one and the same client.

    Raises:
        BenchFailed: A server did not deliver, or the engine did not log what it delivered.
    """
    in_flight = members * _IN_FLIGHT_A_MEMBER
    witnessed: list[int] = []

    def beehive(address: str) -> float:
        crowd = ImCrowd(members=members, in_flight=in_flight, turn=len(witnessed))
        rate = run(crowd.measure(address, seconds))
        witnessed.append(crowd.witnessed)
        return rate

    def naive(address: str) -> float:
        return run(Crowd(members=members, in_flight=in_flight).measure(address, seconds))

    data = folder / "data"
    engine = EngineProcess(folder, data, listen=("http",))
    engine.start()
    try:
        with RoomServer("naive", folder) as server:
            found = alternate(
                rounds,
                {
                    "engine": lambda: beehive(engine.addresses["http"]),
                    "naive": lambda: naive(server.address),
                },
            )
    finally:
        engine.stop()
    _require_logged(data, sum(witnessed))
    ours, theirs = found["engine"], found["naive"]
    messages = median(ours) / members
    return Report(
        bench="fanout",
        what=f"{members} WebSocket members in one beehive room (protobuf), {in_flight} messages on "
        "their way at any time; the engine has every message on disk, synced and sealed, before "
        "anybody hears it; "
        "the naive aiohttp server (for each member: await send_str) logs nothing",
        rounds=rounds,
        figures=(
            Figure(name="engine", value=median(ours), unit="deliveries/s"),
            Figure(name="naive aiohttp", value=median(theirs), unit="deliveries/s"),
            Figure(name="engine, messages", value=messages, unit="messages/s"),
            Figure(name="engine, from said to heard", value=in_flight / messages * _MS, unit="ms"),
        ),
        bars=(
            Bar(name="engine / naive aiohttp", measured=ratio(ours, theirs), bar=_BAR, unit="×"),
        ),
    )


def _require_logged(data: Path, heard: int) -> None:
    with LogReader(data) as log:
        events = log.count()
    if events < heard:
        raise BenchFailed(f"{heard} messages were heard, but only {events} events are on disk")
