"""`parlour bench chatroom`: Techmino's chat beside a long history, and in a room that is full."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import uvloop

from parlour.events.messages.techmino import chat
from parlour.network.bench.ears import Ear, hang_up, inside, listen
from parlour.network.bench.report import Bar, Figure, Report, alternate, ratio
from parlour.network.bench.sockets import BenchFailed
from parlour.network.bench.stream_hall import engine, logins
from parlour.network.demo.process import EngineProcess
from parlour.network.demo.techmino_client import TechminoClient, connect, request_frame
from parlour.network.lifetime import raise_file_limit

MEMBERS: Final = 1024
REMARKS: Final = 10_000
_FULL, _EMPTY = "global", "english"
_JOINS: Final = 100
"""Of each room, a round."""
_SPOKEN: Final = 5
"""Remarks to the full room, a round."""
_AT_ONCE: Final = 500
"""Remarks on their way while the history is made."""
_JOIN_BAR: Final = 1.5
_HEARD_BAR: Final = 1.0
_PATIENCE: Final = 60.0
_MS: Final = 1000.0
_TEXT: Final = "The quick brown fox jumps over the lazy dog, 1234567890."
_GREETED: Final = b'"histories":['


def measure(
    folder: Path, *, rounds: int = 5, remarks: int = REMARKS, members: int = MEMBERS
) -> Report:
    """Join rooms with and without `remarks` of history; speak to `members`.

    Raises:
        BenchFailed: Somebody did not hear a remark.
    """
    raise_file_limit()
    process = engine(folder, folder / "chat-data")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            process.start()
            runner.run(_talk(process, remarks))
            process.kill()
            restart = process.start()
            joins = _joins(runner, process, rounds)
            crowd = _Crowd(process.addresses["http"], members)
            coming = runner.run(crowd.come())
            heard = [runner.run(crowd.speak()) for _ in range(rounds * _SPOKEN)]
            runner.run(crowd.leave())
            process.stop()
        finally:
            process.close()
    return Report(
        bench="chatroom",
        what="Techmino's chat after kill -9 and a restart: joining a room with "
        f"{remarks:,} remarks of history beside joining one with none, both durable; then "
        f"{members:,} members join one room and one of them speaks, until the last has heard it",
        rounds=rounds,
        figures=(
            Figure(name="join, with history", value=median(joins[_FULL]) * _MS, unit="ms"),
            Figure(name="join, without", value=median(joins[_EMPTY]) * _MS, unit="ms"),
            Figure(name="start with the history", value=restart, unit="s"),
            Figure(name=f"{members:,} members connect and join", value=coming, unit="s"),
            Figure(name="the last hears it, median", value=median(heard) * _MS, unit="ms"),
        ),
        bars=(
            Bar(
                name="join with / without history",
                measured=ratio(joins[_FULL], joins[_EMPTY]),
                bar=_JOIN_BAR,
                unit="×",
                sense="at most",
            ),
            Bar(
                name=f"the last of {members:,} hears it, worst",
                measured=max(heard),
                bar=_HEARD_BAR,
                unit="s",
                sense="at most",
            ),
        ),
    )


# --- one who joins and leaves --------------------------------------------------------------


async def _enter(process: EngineProcess) -> TechminoClient:
    (login,) = logins(1)
    client = await connect("chat", process.addresses["http"], login, wild=False)
    await client.hear_until(chat.ChatConnect)
    return client


async def _talk(process: EngineProcess, remarks: int) -> None:
    """Make the history of a room."""
    client = await _enter(process)
    await client.ask(chat.JoinChat(rid=_FULL), chat.ChatEntered)
    for start in range(0, remarks, _AT_ONCE):
        count = min(_AT_ONCE, remarks - start)
        for _ in range(count):
            await client.say(chat.SayInChat(rid=_FULL, message=_TEXT))
        for _ in range(count):
            await client.hear_until(chat.ChatSaidBy)
    await client.close()


def _joins(
    runner: asyncio.Runner, process: EngineProcess, rounds: int
) -> dict[str, Sequence[float]]:
    """Return the seconds of a join by room: the median of each round."""
    client = runner.run(_enter(process))
    found = alternate(
        rounds,
        {
            _FULL: lambda: runner.run(_join(client, _FULL)),
            _EMPTY: lambda: runner.run(_join(client, _EMPTY)),
        },
    )
    runner.run(client.close())
    return dict(found)


async def _join(client: TechminoClient, rid: str) -> float:
    times = []
    for _ in range(_JOINS):
        began = time.perf_counter()
        await client.ask(chat.JoinChat(rid=rid), chat.ChatEntered)
        times.append(time.perf_counter() - began)
        await client.ask(chat.LeaveChat(rid=rid), chat.ChatExited)
    return median(times)


# --- everybody -----------------------------------------------------------------------------


class _Crowd:
    """Members of one room; the first of them speaks."""

    def __init__(self, address: str, members: int) -> None:
        self._address = address
        self._members = members
        self._ears: Sequence[Ear] = ()
        self._spoken = 0
        self._waiting: set[int] = set()
        self._last = 0.0
        self._all = asyncio.Event()

    async def come(self) -> float:
        """Connect and join, all; return how many seconds that took."""
        began = time.perf_counter()
        self._ears = await listen(
            "chat",
            self._address,
            logins(self._members),
            lambda greeting: _GREETED in greeting,
            first=request_frame(chat.JoinChat(rid=_FULL)),
        )
        await inside(self._ears)
        await self.speak()  # who heard it has heard of everybody who joined
        return time.perf_counter() - began

    async def speak(self) -> float:
        """Have one remark said; return the seconds until the last member has heard it.

        Raises:
            BenchFailed: Somebody never did.
        """
        self._spoken += 1
        text = f"remark {self._spoken:09}"
        self._all.clear()
        self._waiting = set(range(self._members))
        for number, ear in enumerate(self._ears):
            ear.hear = self._listener(number, text.encode())
        began = time.perf_counter()
        self._ears[0].transport.write(request_frame(chat.SayInChat(rid=_FULL, message=text)))
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._all.wait()
        except TimeoutError:
            raise BenchFailed(f"{len(self._waiting)} members did not hear a remark") from None
        return self._last - began

    def _listener(self, number: int, text: bytes) -> Callable[[bytes], None]:
        """Return what takes the bytes a member is told, until the text is among them."""
        rest = b""

        def hear(data: bytes) -> None:
            nonlocal rest
            data = rest + data
            if text in data:
                self._heard(number)
            rest = data[-len(text) :]

        return hear

    def _heard(self, number: int) -> None:
        self._waiting.discard(number)
        if not self._waiting:
            self._last = time.perf_counter()
            self._all.set()

    async def leave(self) -> None:
        """Hang up, all."""
        await hang_up(self._ears)
