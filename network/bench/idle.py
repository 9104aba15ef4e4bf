"""`parlour bench idle`: what 10,000 connections cost that are online and say nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from statistics import median
from typing import Final

import uvloop

from parlour.network.bench.chat_pairs import Chatter
from parlour.network.bench.report import Bar, Figure, Report
from parlour.network.bench.sockets import BenchFailed
from parlour.network.demo.process import EngineProcess
from parlour.network.lifetime import raise_file_limit

CONNECTIONS: Final = 10_000
_BAR_KIB: Final = 25.0
_KIB: Final = 1024
_AT_ONCE: Final = 100
_SETTLE_SECONDS: Final = 2.0
_PATIENCE: Final = 120.0
_SOURCES: Final = 4
"""Loopback addresses the connections come from: one has no more than 28,000 ports."""


def measure(folder: Path, *, rounds: int = 5, connections: int = CONNECTIONS) -> Report:
    """Return the engine's memory for each connection that is online.

    Raises:
        BenchFailed: Not all came online, or not all are there at the end.
    """
    raise_file_limit()
    found: list[float] = []
    bare: list[float] = []
    for turn in range(min(rounds, 2)):
        scratch = folder / str(turn)
        scratch.mkdir()
        engine = EngineProcess(
            scratch,
            scratch / "data",
            listen=("beehive",),
            options=(
                *("--set", "limits.connections_per_address=0"),
                *("--set", "limits.auth_seconds=600"),
                *("--set", "beehive.online_seconds=600"),
                *("--set", "beehive.idle_tcp_seconds=600"),
                *("--set", f"limits.connections={connections + 100}"),
            ),
        )
        engine.start()
        try:
            before, connected, online = uvloop.run(_fill(engine, connections))
        finally:
            engine.stop()
        bare.append((connected - before) / connections / _KIB)
        found.append((online - before) / connections / _KIB)
    return Report(
        bench="idle",
        what=f"{connections:,} devices over TCP, each with an account and a queue of its own, "
        "online and silent; resident memory of the engine process, before and after",
        rounds=len(found),
        figures=(Figure(name="connected, not online yet", value=median(bare), unit="KiB each"),),
        bars=(
            Bar(
                name="a connection that is online",
                measured=median(found),
                bar=_BAR_KIB,
                unit="KiB",
                sense="at most",
            ),
        ),
    )


async def _fill(engine: EngineProcess, connections: int) -> tuple[float, float, float]:
    address = engine.addresses["beehive"]
    before = _resident(engine.pid)
    clients = await _connect(address, connections)
    await asyncio.sleep(_SETTLE_SECONDS)
    connected = _resident(engine.pid)
    for start in range(0, connections, _AT_ONCE):
        batch = clients[start : start + _AT_ONCE]
        for client in batch:
            client.come_online()
        async with asyncio.timeout(_PATIENCE):
            await asyncio.gather(*(client.online for client in batch))
    await asyncio.sleep(_SETTLE_SECONDS)
    online = _resident(engine.pid)
    if any(client.failure is not None for client in clients):
        raise BenchFailed("the engine hung up on a silent connection")
    for client in clients:
        client.transport.abort()
    return before, connected, online


async def _connect(address: str, connections: int) -> list[Chatter]:
    host, _, port = address.rpartition(":")
    loop = asyncio.get_running_loop()
    clients: list[Chatter] = []
    for start in range(0, connections, _AT_ONCE):
        ends = [
            loop.create_connection(
                lambda uid=uid: Chatter(uid, uid + 1, at_once=False),  # type: ignore[misc]
                host,
                int(port),
                local_addr=(f"127.0.0.{2 + uid % _SOURCES}", 0),
            )
            for uid in range(300_000 + start, 300_000 + min(start + _AT_ONCE, connections))
        ]
        clients += [client for _, client in await asyncio.gather(*ends)]
    return clients


def _resident(pid: int) -> float:
    """Return a process's resident memory in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1]) * _KIB
    raise BenchFailed("this system does not tell how much memory a process has")
