"""What an operator's tools see of an engine over HTTP."""

from __future__ import annotations

import asyncio

import aiohttp
from engine_process import PATIENCE, Engine


async def get(engine: Engine, path: str) -> tuple[int, str]:
    """Return status and text of a page."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{engine.http}{path}") as answer,
    ):
        return answer.status, await answer.text()


async def status(engine: Engine, path: str) -> int:
    """Return the status of a page."""
    return (await get(engine, path))[0]


async def becomes(engine: Engine, code: int) -> None:
    """Wait until /readyz says so."""
    async with asyncio.timeout(PATIENCE):
        while await status(engine, "/readyz") != code:
            await asyncio.sleep(0.05)


def total(page: str, word: str) -> float:
    """Return the sum of every metric with that word in its name or labels."""
    lines = [line for line in page.splitlines() if not line.startswith("#") and word in line]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


async def metric_becomes(engine: Engine, word: str, value: float) -> None:
    """Wait until metrics of that name have that sum."""
    async with asyncio.timeout(PATIENCE):
        while total((await get(engine, "/metrics"))[1], word) != value:
            await asyncio.sleep(0.05)


async def logs(engine: Engine, word: str) -> None:
    """Wait until the engine has logged that word."""
    async with asyncio.timeout(PATIENCE):
        while word not in engine.stderr():
            await asyncio.sleep(0.02)
