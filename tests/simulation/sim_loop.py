"""An asyncio loop without a clock, a thread or a socket: time passes when nobody has work.

Whatever runs on it runs as in production (tasks, timers, transports), in one thread and in one
order. A `Process` that dies takes with it everything that it had still to do: its tasks, timers and
callbacks never run again, as after `kill -9`.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from random import Random
from typing import Any

SIDE: contextvars.ContextVar[Process | None] = contextvars.ContextVar("side", default=None)


class Process:
    """Something that can die: an engine, or the world's clients."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.context = contextvars.copy_context()
        """Where its callbacks run; what they start belongs to it."""
        self.context.run(SIDE.set, self)


class Stuck(Exception):
    """Nobody has anything to do, and nothing is going to happen."""


class _Clockwork:
    """Stands where a loop has its selector: waiting is setting the clock."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Stuck
        self._loop.now += max(timeout, 0.0)
        return []


class SimLoop(asyncio.BaseEventLoop):
    """The loop; `now` is its clock, in seconds."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self.now = 0.0
        self.random = random
        self.connect: Callable[..., Any] | None = None
        """What `create_connection` does."""
        self.faults: list[str] = []
        """What nobody caught."""
        self._selector = _Clockwork(self)
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return self.now

    def call_soon(
        self, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        return super().call_soon(_living(callback, context), *args, context=context)

    def call_at(
        self, when: float, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        return super().call_at(when, _living(callback, context), *args, context=context)

    def call_soon_threadsafe(
        self, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:
        """Do it here, after the time a thread may take."""
        future: asyncio.Future[Any] = self.create_future()
        self.call_later(self.random.expovariate(1 / 0.003), _work, future, func, args)
        return future

    async def create_connection(self, protocol_factory: Any, *args: Any, **kwargs: Any) -> Any:
        assert self.connect is not None
        return await self.connect(protocol_factory, *args)

    def _process_events(self, event_list: Any) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""

    def _check_closed(self) -> None:
        """What is asked of a loop at its end is not done, and that is all."""

    def _note(self, loop: Any, context: dict[str, Any]) -> None:
        error, message = context.get("exception"), context["message"]
        if "was destroyed but it is pending" not in message:  # of a process that died
            self.faults.append(f"{message}: {error!r}")


def _living(callback: Any, context: contextvars.Context | None) -> Any:
    process = SIDE.get() if context is None else context.get(SIDE)
    if process is None:
        return callback

    def run(*args: Any) -> None:
        if process.alive:
            callback(*args)

    return run


def _work(future: asyncio.Future[Any], func: Any, args: tuple[Any, ...]) -> None:
    if future.done():
        return
    try:
        result = func(*args)
    except Exception as error:
        future.set_exception(error)
    else:
        future.set_result(result)
