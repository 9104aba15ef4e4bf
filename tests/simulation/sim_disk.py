"""A disk that fails when the seed says so, and the writer that works on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from eventsourcing.persistence import OperationalError
from sim_commit import before_each_end
from sim_loop import SimLoop

from parlour.events.log import Log
from parlour.events.unit import Unit

COMMIT_FAULTS = {
    "refuse": "commits refused",
    "tear": "commits torn",
    "die before": "deaths before a commit",
    "die inside": "deaths inside a commit",
    "die after": "deaths after a commit",
}
"""What may befall a commit, and how it is counted."""


class Died(BaseException):
    """The process ended in the middle of this."""


class SimWriter:
    """Runs jobs one after the other, each a while after it was asked for."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop
        self._random = loop.random
        self._jobs: deque[tuple[Callable[[], Any], Callable[..., None]]] = deque()
        self._busy = False

    def submit(self, job: Callable[[], Any], done: Callable[..., None]) -> None:
        self._jobs.append((job, done))
        if not self._busy:
            self._next()

    def soon(self, callback: Callable[[], None]) -> None:
        self._loop.call_soon(callback)

    def later(self, seconds: float, callback: Callable[[], None]) -> None:
        self._loop.call_later(seconds, callback)

    def time(self) -> float:
        return self._loop.time()

    def _next(self) -> None:
        self._busy = bool(self._jobs)
        if self._busy:
            self._loop.call_later(self._while(), self._work)

    def _while(self) -> float:
        slow = self._random.random() < 0.02
        return self._random.uniform(0.05, 0.8) if slow else self._random.uniform(0.0001, 0.004)

    def _work(self) -> None:
        job, done = self._jobs.popleft()
        result, error = None, None
        try:
            result = job()
        except Died:
            return
        except Exception as failure:
            error = failure
        # On disk, and nobody knows.
        self._loop.call_later(self._while(), self._done, done, result, error)

    def _done(self, done: Callable[..., None], result: Any, error: Exception | None) -> None:
        self._next()
        done(result, error)


class Disk:
    """What may go wrong with commits; one a process."""

    def __init__(
        self,
        log: Log,
        *,
        die: Callable[[], None],
        on_disk: Callable[[Sequence[Unit]], None],
        on_fault: Callable[[str], None],
    ) -> None:
        self._store = log.recorder.datastore
        self._commit, self._probe = log.recorder.commit, log.recorder.probe
        self._die = die
        self._on_disk = on_disk
        self._on_fault = on_fault
        self.next = ""
        """What befalls the next commit: refuse, tear, or die before, inside or after."""
        self.out_of_order = False
        """The disk takes nothing."""
        self._inside = False
        log.recorder.commit = self.commit  # type: ignore[method-assign]
        log.recorder.probe = self.probe  # type: ignore[method-assign]
        before_each_end(self._store, self._tear_here)

    def fill(self, pages: int | None) -> None:
        """Leave room for some more pages only; None for all there is."""
        cursor = self._store._writing_connection().cursor()
        cursor.execute("PRAGMA page_count")
        count = cursor.fetchone()[0]
        limit = 2**30 if pages is None else count + pages
        cursor.execute(f"PRAGMA max_page_count={limit}")

    def commit(self, units: Sequence[Unit]) -> Any:
        fault, self.next = self.next, ""
        if fault:
            self._on_fault(COMMIT_FAULTS[fault])
        if fault == "die before":
            self._end()
        if self.out_of_order or fault == "refuse":
            raise OperationalError("disk I/O error")
        self._inside = fault in ("tear", "die inside")
        try:
            seal = self._commit(units)
        except OperationalError:
            if fault == "die inside":
                self._end()
            raise
        finally:
            self._inside = False
        self._on_disk(units)
        if fault == "die after":
            self._end()
        return seal

    def probe(self) -> None:
        if self.out_of_order:
            raise OperationalError("disk I/O error")
        self._probe()

    def _tear_here(self) -> None:
        if self._inside:
            self._inside = False
            raise OperationalError("disk I/O error")

    def _end(self) -> None:
        self._die()
        raise Died
