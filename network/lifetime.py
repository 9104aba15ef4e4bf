"""What every serving process does from its start to its end, whatever it serves."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections.abc import Coroutine
from typing import Any

import structlog

from parlour.actors.engine import Engine
from parlour.network.hub import ConnectionHub
from parlour.network.limits import Gate
from parlour.network.metrics import Metrics

_SWEEP_SECONDS = 1.0
_DRAIN_SECONDS = 10.0
_log = structlog.get_logger("parlour.server")


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a process to its end, on the fastest loop there is."""
    try:
        import uvloop
    except ImportError:  # not on Windows
        factory = None
    else:
        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work)


def raise_file_limit() -> None:
    """Allow as many open files as the system lets this process have: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def watch(metrics: Metrics, engine: Engine, hub: ConnectionHub) -> None:
    """Have the metrics tell of an engine."""
    metrics.watch("parlour_sessions", "Sessions of game protocols.", lambda: len(hub))
    metrics.watch("parlour_actors", "Actors in memory.", lambda: len(engine))
    metrics.watch(
        "parlour_held_replies",
        "Answers and broadcasts waiting for their events to be on disk.",
        lambda: engine.journal.held,
    )
    metrics.watch("parlour_timers", "Armed timers.", lambda: len(engine.timers))
    metrics.watch(
        "parlour_accepting", "1 while commands are taken.", lambda: float(engine.accepting)
    )


async def do_chores(hub: ConnectionHub, engine: Engine) -> None:
    """Do about once a second what nobody else has a reason to do."""
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        hub.sweep()
        engine.passivate()


async def in_time(work: Coroutine[Any, Any, None], what: str) -> None:
    """Wait for `what` as long as a process that ends may wait."""
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            await work
    except TimeoutError:
        _log.warning("drain_timed_out", waiting_for=what)


async def empty(gate: Gate, seconds: float) -> None:
    """Wait until the last connection is gone, as long as one may linger."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds + 0.5):
            while gate.count:
                await asyncio.sleep(0.01)
