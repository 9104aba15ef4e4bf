"""Where commits run: a thread beside the event loop, or, step by step, the caller's hand."""

from __future__ import annotations

import asyncio
import heapq
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import count
from queue import SimpleQueue
from typing import Any, Protocol

Job = Callable[[], Any]
Done = Callable[[Any, Exception | None], None]


class Writer(Protocol):
    """Where commits run, and the journal's clock."""

    def submit(self, job: Callable[[], Any], done: Callable[[Any, Exception | None], None]) -> None:
        """Run `job` outside the loop, then `done(result, error)` on the loop, in order."""
        ...

    def soon(self, callback: Callable[[], None]) -> None:
        """Call back at the end of the running loop iteration."""
        ...

    def later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back on the loop after some time."""
        ...

    def time(self) -> float:
        """Return seconds of a monotonic clock."""
        ...


class ThreadWriter:
    """One thread that runs jobs in order, for an asyncio (or uvloop) loop.

    The thread competes with the loop for the GIL: `sys.setswitchinterval(0.0001)` in the
    process that serves keeps a commit short when the loop is busy.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the thread; results come back through `loop`."""
        self._loop = loop
        self._jobs: SimpleQueue[tuple[Job, Done] | None] = SimpleQueue()
        # A daemon: when the process must go, the log is safe in mid-commit as well.
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def submit(self, job: Job, done: Done) -> None:
        """Run `job` in the thread, then `done(result, error)` on the loop."""
        self._jobs.put((job, done))

    def soon(self, callback: Callable[[], None]) -> None:
        """Call back at the end of the running loop iteration."""
        self._loop.call_soon(callback)

    def later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back on the loop after some time."""
        self._loop.call_later(seconds, callback)

    def time(self) -> float:
        """Return seconds of a monotonic clock."""
        return time.monotonic()

    def close(self) -> None:
        """End the thread after the jobs it has; blocks for them."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (work := self._jobs.get()) is not None:
            job, done = work
            result, error = None, None
            try:
                result = job()
            except Exception as failure:  # whatever went wrong is the journal's to judge
                error = failure
            try:
                self._loop.call_soon_threadsafe(done, result, error)
            except RuntimeError:
                return  # the loop is closed: nobody waits for results


class InlineWriter:
    """A writer that does nothing until it is told: for tests and simulations."""

    def __init__(self) -> None:
        """Begin at time 0."""
        self.now = 0.0
        self._jobs: deque[tuple[Job, Done]] = deque()
        self._soon: list[Callable[[], None]] = []
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def submit(self, job: Job, done: Done) -> None:
        """Keep the job for `work`."""
        self._jobs.append((job, done))

    def soon(self, callback: Callable[[], None]) -> None:
        """Keep the callback for `turn`."""
        self._soon.append(callback)

    def later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Keep the callback for `advance`."""
        heapq.heappush(self._later, (self.now + seconds, next(self._order), callback))

    def time(self) -> float:
        """Return the time `advance` made it."""
        return self.now

    def turn(self) -> None:
        """End the loop iteration: make the callbacks asked for `soon`."""
        callbacks, self._soon = self._soon, []
        for callback in callbacks:
            callback()

    def work(self) -> bool:
        """Run the oldest job and hand back its result; False when there is none."""
        if not self._jobs:
            return False
        job, done = self._jobs.popleft()
        try:
            result = job()
        except Exception as error:  # as the thread does
            done(None, error)
        else:
            done(result, None)
        return True

    def flush(self) -> None:
        """End iterations and run jobs until nothing is left but timers."""
        self.turn()
        while self.work() or self._soon:
            self.turn()

    def advance(self, seconds: float) -> None:
        """Let time pass: make the callbacks that are due, in order of their time."""
        self.now += seconds
        while self._later and self._later[0][0] <= self.now:
            heapq.heappop(self._later)[2]()
