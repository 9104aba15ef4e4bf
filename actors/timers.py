"""Wake-ups kept in one heap over the clock port, outside the actor system.

thespian scans every armed timer at every message; here a message costs nothing however many
timers are armed, and a timer arrives as an ordinary message when its driver says so.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any, Final

from parlour.actors.messages import TimerFired

PUT_OFF: Final = "put off"
"""The name of a wake-up for work that only waits for more of its kind, and may be done sooner."""


class TimerHeap:
    """A heap of wake-ups, one per (actor, name); cancelled ones are dropped lazily."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str, str]] = []
        self._armed: dict[tuple[str, str], tuple[int, int, Any]] = {}
        self._count = 0
        self.on_change: Callable[[], None] | None = None
        """Called when the earliest wake-up may have changed."""

    def __len__(self) -> int:
        return len(self._armed)

    def set(self, actor_id: str, name: str, at: int, message: Any = None) -> None:
        """Wake `actor_id` at `at` µs with `message` (default: `TimerFired(name, at)`)."""
        key = (actor_id, name)
        known = self._armed.get(key)
        if known is not None and known[0] == at and known[2] == message:
            return
        self._count += 1
        self._armed[key] = (at, self._count, message)
        heapq.heappush(self._heap, (at, self._count, actor_id, name))
        if len(self._heap) > 64 and len(self._heap) > 4 * len(self._armed):
            self._compact()
        if self.on_change is not None and self._heap[0][1] == self._count:
            self.on_change()

    def cancel(self, actor_id: str, name: str) -> None:
        """Forget a wake-up."""
        self._armed.pop((actor_id, name), None)

    def next_at(self) -> int | None:
        """Return when the earliest wake-up is due, or None."""
        while self._heap:
            at, count, actor_id, name = self._heap[0]
            known = self._armed.get((actor_id, name))
            if known is not None and known[1] == count:
                return at
            heapq.heappop(self._heap)
        return None

    def pop_due(self, now: int) -> list[tuple[str, Any]]:
        """Take and return the (actor id, message) pairs that are due, earliest first."""
        due: list[tuple[str, Any]] = []
        while (at := self.next_at()) is not None and at <= now:
            _, _, actor_id, name = heapq.heappop(self._heap)
            _, _, message = self._armed.pop((actor_id, name))
            due.append((actor_id, TimerFired(name, at) if message is None else message))
        return due

    def pop_put_off(self) -> list[tuple[str, Any]]:
        """Take and return those named `PUT_OFF`, due or not."""
        put_off = [(key, armed) for key, armed in self._armed.items() if key[1] == PUT_OFF]
        for key, _ in put_off:
            del self._armed[key]
        return [
            (actor_id, TimerFired(name, at) if message is None else message)
            for (actor_id, name), (at, _, message) in put_off
        ]

    def _compact(self) -> None:
        # Re-arming the same timer leaves dead entries behind; rebuild before they pile up.
        self._heap = [
            (at, count, actor_id, name) for (actor_id, name), (at, count, _) in self._armed.items()
        ]
        heapq.heapify(self._heap)
