"""`parlour bench recover`: live games, kill -9, and how long until the engine accepts again."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Final

from parlour.events.reader import LogReader
from parlour.network.bench.report import Bar, Figure, Report, alternate
from parlour.network.bench.sockets import BenchFailed
from parlour.network.bench.tables import SEATS, Tables
from parlour.network.bench.treasure_games import FIRST_UID, MEMBERS, TreasureGames, player_name
from parlour.network.demo.bots import Bot
from parlour.network.demo.process import EngineProcess
from parlour.network.demo.treasure_bot import TreasureBot

_BAR_SECONDS: Final = 2.0
_TURNS: Final = 12
"""Being ready, three calls, two refused robs, six plays; nobody plays his last cards."""
_RESUMED: Final = ("landlord.hand-resumed@1", "treasure.stage-resumed@1")
_LISTEN: Final = ("landlord", "treasure", "treasure-room", "http")


def measure(folder: Path, *, rounds: int = 5, tables: int = 1000) -> Report:
    """Restart an engine on a log of games in play, each round from a fresh copy.

    Args:
        folder: Where the logs are made.
        rounds: How often.
        tables: Dou Dizhu tables, and as many treasure games.
    """
    data = folder / "recover-data"
    with Tables(data, tables=tables) as living:
        living.play_into(_TURNS)
    with TreasureGames(data, games=tables) as searching:
        searching.play_into()
    with LogReader(data) as log:
        events = log.count()
    back: list[float] = []
    found = alternate(
        rounds,
        {
            "recover": lambda: _recovery(folder, data, tables, back),
            "start": lambda: _start(folder, folder / "empty"),
        },
    )
    seconds, start = median(found["recover"]), median(found["start"])
    return Report(
        bench="recover",
        what=f"{tables:,} tables with a hand in play each and {tables:,} treasure games in "
        f"mid-stage, {tables * (SEATS + MEMBERS):,} seated accounts: an engine on this log is "
        "killed with signal 9 and started again, until it accepts",
        rounds=rounds,
        figures=(
            Figure(name="start on an empty log", value=start, unit="s"),
            Figure(name="of it for the games", value=max(seconds - start, 0.0), unit="s"),
            Figure(
                name="until a player has his cards, another his role", value=median(back), unit="s"
            ),
            Figure(name="events in the log", value=events, unit="events"),
        ),
        bars=(
            Bar(
                name=f"{tables:,} live tables and {tables:,} treasure games recovered",
                measured=seconds,
                bar=_BAR_SECONDS,
                unit="s",
                sense="at most",
            ),
        ),
    )


def _recovery(folder: Path, data: Path, tables: int, back: list[float]) -> float:
    """Return the seconds of the start after a kill; add to `back` those until a player is back.

    Raises:
        BenchFailed: Not every game goes on.
    """
    copy = folder / "recover-copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data, copy)
    engine = EngineProcess(folder, copy, listen=_LISTEN)
    try:
        engine.start()
        engine.kill()
        with LogReader(copy) as log:
            before = log.last_position()
        seconds = engine.start()
        back.append(seconds + asyncio.run(_come_back(engine)))
    finally:
        engine.close()
    with LogReader(copy) as log:
        topics = Counter(row.topic for row in log.rows(after=before))
    for topic in _RESUMED:
        if topics[topic] < tables:
            raise BenchFailed(f"{topic}: {topics[topic]} of {tables} go on")
    return seconds


async def _come_back(engine: EngineProcess) -> float:
    """Return the seconds until a player has his cards again, and another his role."""
    began = time.perf_counter()
    bot, seeker = Bot("bench", 1, "tcp"), TreasureBot(player_name(FIRST_UID), "tcp")
    snapshot = await bot.rejoin(engine.addresses)
    await seeker.log_in(engine.addresses)
    await seeker.enter_game()
    while not await seeker.hear():
        pass
    seconds = time.perf_counter() - began
    await bot.leave()
    await seeker.leave()
    if snapshot.state != "playing" or not snapshot.cards:
        raise BenchFailed(f"the player found his table {snapshot.state}")
    return seconds


def _start(folder: Path, data: Path) -> float:
    shutil.rmtree(data, ignore_errors=True)
    engine = EngineProcess(folder, data, listen=_LISTEN)
    try:
        return engine.start()
    finally:
        engine.close()
