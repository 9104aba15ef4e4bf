"""`parlour bench chat`: 10,000 private messages a second, each on disk before its ack."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Final

import uvloop

from parlour.events.reader import LogReader
from parlour.network.bench import chat_pairs
from parlour.network.bench.report import Bar, Figure, Report, percentile
from parlour.network.bench.sockets import BenchFailed
from parlour.network.demo.process import EngineProcess

RATE: Final = 10_000.0
PAIRS: Final = 50
_WARM: Final = 0.1
_BAR_MS: Final = 20.0
_MS: Final = 1000.0
_IN_FLIGHT: Final = 16


def measure(
    folder: Path, *, rounds: int = 5, seconds: float = 2.0, rate: float = RATE, pairs: int = PAIRS
) -> Report:
    """Return how long CHATs wait for their ack and their receiver, at a pace and flat out.

    Raises:
        BenchFailed: The engine did not answer, or did not log what it acknowledged.
    """
    data = folder / "data"
    engine = EngineProcess(folder, data, listen=("beehive",))
    engine.start()
    try:
        paced, flat, acked, heard, accepted, refused = uvloop.run(
            _run(engine.addresses["beehive"], rounds, seconds, rate, pairs)
        )
    finally:
        engine.stop()
    with LogReader(data) as log:
        logged = sum(1 for row in log.rows() if row.topic == "beehive.private-sent@1")
    if logged < accepted:
        raise BenchFailed(f"{accepted} messages were acknowledged, {logged} are in the log")
    return Report(
        bench="chat",
        what=f"{2 * pairs} clients chat in pairs over TCP (protobuf) at {rate:,.0f} private "
        "messages a second in one engine process; every message is on disk, synced and sealed, "
        "before its CHAT-ACK and before the other has it, and the other acknowledges each",
        rounds=rounds,
        figures=(
            Figure(name="offered and answered", value=median(paced), unit="messages/s"),
            Figure(name="CHAT to CHAT-ACK, median", value=median(acked) * _MS, unit="ms"),
            Figure(name="CHAT to receiver, p99", value=percentile(heard, 0.99) * _MS, unit="ms"),
            Figure(name="refused: could not keep up", value=float(refused), unit="messages"),
            Figure(name="flat out", value=median(flat), unit="messages/s"),
        ),
        bars=(
            Bar(
                name="CHAT to CHAT-ACK, p99",
                measured=percentile(acked, 0.99) * _MS,
                bar=_BAR_MS,
                unit="ms",
                sense="at most",
            ),
            Bar(
                name="private messages at that pace",
                measured=median(paced),
                bar=rate * 0.95,
                unit="/s",
            ),
        ),
    )


async def _run(
    address: str, rounds: int, seconds: float, rate: float, pairs: int
) -> tuple[list[float], list[float], list[float], list[float], int, int]:
    clients = await chat_pairs.connect(address, pairs)
    await chat_pairs.at_pace(clients, rate=rate, seconds=seconds * _WARM)
    paced, acked, heard, accepted = [], [], [], 0
    for _ in range(rounds):
        for client in clients:
            accepted += len(client.acked)
            client.acked.clear()
            client.heard.clear()
        paced.append(await chat_pairs.at_pace(clients, rate=rate, seconds=seconds))
        acked += [wait for client in clients for wait in client.acked]
        heard += [wait for client in clients for wait in client.heard]
    flat = [
        await chat_pairs.flat_out(clients, seconds=seconds, in_flight=_IN_FLIGHT)
        for _ in range(rounds)
    ]
    accepted += sum(len(client.acked) for client in clients)
    for client in clients:
        client.transport.abort()
    refused = sum(client.refused for client in clients)
    return paced, flat, acked, heard or [0.0], accepted, refused
