"""Clients of the room server: a room kept full of talk, and single commands at a steady rate."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import uvloop

from parlour.network.bench import room_wire as chat
from parlour.network.bench.sockets import (
    SAY,
    BenchFailed,
    Member,
    enter,
    frames_of,
    heard_size,
    leave,
)

T = TypeVar("T")

_WARM_UP: Final = 0.25
"""Share of a measurement that comes before it and does not count."""
_TICK_SECONDS: Final = 0.001
_MOST_WAITING: Final = 4_096
"""Lines without an answer; an engine takes 8,192 events that are not on disk yet."""
_PATIENCE: Final = 120.0


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a client on the loop the servers use too.

    Raises:
        BenchFailed: It does not come to its end.
    """
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(asyncio.wait_for(work, _PATIENCE))
    except TimeoutError:
        raise BenchFailed(f"the server has not answered after {_PATIENCE:.0f} s") from None


class Crowd:
    """One room: as many messages on their way as `in_flight`, at all times, until it stops.

    The next is said when, on the average, everybody has heard one; so no server is flooded,
    and a fast one is never kept waiting.
    """

    def __init__(self, *, members: int, in_flight: int) -> None:
        self._size = members
        self._in_flight = in_flight
        self._frame = heard_size()
        self._members: Sequence[Member] = ()
        self._said = 0
        self._speaker = 0
        self._heard_bytes = 0
        self.witnessed = 0
        """Messages that the witness heard: so many must be on disk."""

    async def measure(self, address: str, seconds: float) -> float:
        """Return deliveries/s while the room is full of talk.

        Raises:
            BenchFailed: The witness did not hear every message, whole and in order.
        """
        self._members = await enter(address, [1] * self._size, self._on_bytes, path=chat.PATH)
        witness = self._members[-1]
        witness.kept = []
        self._speak(self._in_flight)
        await asyncio.sleep(seconds * _WARM_UP)
        before, began = self._heard_bytes, time.perf_counter()
        await asyncio.sleep(seconds)
        rate = (self._heard_bytes - before) / self._frame / (time.perf_counter() - began)
        await leave(self._members)
        self.witnessed = _check_order(frames_of(witness.kept))
        return rate

    def _on_bytes(self, index: int, size: int) -> None:
        self._heard_bytes += size
        if index == 0:
            heard_by_each = self._heard_bytes // (self._frame * self._size)
            self._speak(self._in_flight - (self._said - heard_by_each))

    def _speak(self, count: int) -> None:
        """Have the next members in turn say `count` lines, several at once each."""
        while count > 0:
            lines = min(count, max(1, self._in_flight // self._size))
            member = self._members[self._speaker % self._size]
            self._speaker += 1
            member.transport.write(SAY * lines)
            self._said += lines
            count -= lines


def _check_order(heard: Sequence[chat.Heard]) -> int:
    numbers = [message.seq for message in heard]
    if not numbers:
        raise BenchFailed("nobody heard anything")
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise BenchFailed("messages are missing or out of order")
    return len(numbers)


class Latencies(NamedTuple):
    """Command to durable reply, at half of what the server can take."""

    saturated: float
    """Commands/s with every connection always waiting for an answer."""
    offered: float
    """Commands/s while the times were taken."""
    seconds: Sequence[float]
    """From when a command was due to when its reply was read."""


class Callers:
    """Members that are each alone in a room: what one says comes back to it, once on disk."""

    def __init__(self, *, members: int) -> None:
        self._size = members
        self._frame = heard_size()
        self._members: Sequence[Member] = ()
        self._due: list[deque[float]] = [deque() for _ in range(members)]
        self._pieces = [0] * members
        self._answered = 0
        self._pressing = False
        self._times: list[float] = []

    async def measure(self, address: str, seconds: float) -> Latencies:
        """Saturate the server, then offer half of that, both for `seconds`."""
        rooms = range(1, self._size + 1)
        self._members = await enter(address, rooms, self._on_bytes, path=chat.PATH)
        saturated = await self._saturate(seconds)
        self._times.clear()
        await self._offer(saturated / 2, seconds)
        await self._settle()
        await leave(self._members)
        return Latencies(saturated, saturated / 2, self._times)

    async def _saturate(self, seconds: float) -> float:
        self._pressing = True
        for index in range(self._size):
            self._say(index, time.perf_counter())
        await asyncio.sleep(seconds * _WARM_UP)
        before, began = self._answered, time.perf_counter()
        await asyncio.sleep(seconds)
        rate = (self._answered - before) / (time.perf_counter() - began)
        self._pressing = False
        await self._settle()
        return rate

    async def _offer(self, rate: float, seconds: float) -> None:
        """Say `rate` lines a second, each when it is due, whatever became of those before.

        Where the machine has stood still, not all that is due is said at once: an engine refuses
        more than it can keep uncommitted. What waits here waits, as what was said would.
        """
        began, before = time.perf_counter(), self._answered
        total = int(rate * seconds)
        said = 0
        while said < total:
            due = int((time.perf_counter() - began) * rate)
            due = min(total, due, self._answered - before + _MOST_WAITING)
            for number in range(said, due):
                self._say(number % self._size, began + number / rate)
            said = due
            await asyncio.sleep(_TICK_SECONDS)

    async def _settle(self) -> None:
        while any(self._due):
            await asyncio.sleep(_TICK_SECONDS)

    def _say(self, index: int, due: float) -> None:
        self._due[index].append(due)
        self._members[index].transport.write(SAY)

    def _on_bytes(self, index: int, size: int) -> None:
        now = time.perf_counter()
        whole, self._pieces[index] = divmod(self._pieces[index] + size, self._frame)
        for _ in range(whole):
            self._times.append(now - self._due[index].popleft())
            self._answered += 1
            if self._pressing:
                self._say(index, now)
