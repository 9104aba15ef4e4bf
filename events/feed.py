"""Projections that follow the log: each sees every event once, in order, across restarts.

A projection's own tables lie in the log's file. Its writing and its new position (eventsourcing's
tracking row) are one transaction, made in the writer's thread after the commits it follows, so
there is nothing to lose or to double: each step reads the rows behind the position on disk.
Catching up and following live are the same step; a new batch only says that there is more.

For whoever builds on the log: Parlour itself has no projection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from eventsourcing.sqlite import SQLiteCursor

from parlour.events.errors import LocalProtocolError
from parlour.events.event import decode
from parlour.events.journal import Writer
from parlour.events.reader import Recorded
from parlour.events.recorder import SealedSQLiteRecorder


class Projection(Protocol):
    """Something computed from the events."""

    name: str
    """Under which its position is kept; never changed."""

    def prepare(self, cursor: SQLiteCursor) -> None:
        """Make its tables when they are not there."""
        ...

    def project(self, cursor: SQLiteCursor, events: Sequence[Recorded]) -> None:
        """Take in the next events; what goes through `cursor` happens exactly once.

        Runs in the writer's thread: commits wait for it, so it is short.
        """
        ...


class Feed:
    """Keeps projections up with the log."""

    def __init__(
        self,
        recorder: SealedSQLiteRecorder,
        writer: Writer,
        *,
        on_failure: Callable[[str, Exception], None],
        page: int = 500,
        retry_seconds: float = 5.0,
    ) -> None:
        """Read from `recorder`, in the writer's thread.

        Args:
            recorder: The log.
            writer: The journal's writer.
            on_failure: A projection raised (its name, why); it is tried again.
            page: Events a step.
            retry_seconds: Until a projection that raised is tried again.
        """
        self._recorder = recorder
        self._writer = writer
        self._on_failure = on_failure
        self._page = page
        self._retry_seconds = retry_seconds
        self._last = recorder.last_position()
        self._positions: dict[str, int] = {}
        self._projections: dict[str, Projection] = {}
        self._busy: set[str] = set()

    def subscribe(self, projection: Projection) -> None:
        """Begin where the projection left off, or at the first event."""
        name = projection.name
        if name in self._projections:
            raise LocalProtocolError(f"two projections are called {name}")
        with self._recorder.datastore.transaction(commit=True) as cursor:
            projection.prepare(cursor)
        self._projections[name] = projection
        self._positions[name] = self._recorder.max_tracking_id(name) or 0
        self._step(name)

    def published(self, last_position: int) -> None:
        """Positions up to this one are on disk (called on each commit)."""
        self._last = max(self._last, last_position)
        for name in list(self._projections):
            self._step(name)

    def behind(self, name: str) -> int:
        """Return how many events a projection has not seen."""
        return self._last - self._positions[name]

    def _step(self, name: str) -> None:
        if name in self._busy or self._positions[name] >= self._last:
            return
        self._busy.add(name)
        projection = self._projections[name]
        self._writer.submit(
            lambda: self._project(projection),
            lambda position, error: self._stepped(name, position, error),
        )

    def _stepped(self, name: str, position: int | None, error: Exception | None) -> None:
        if error is not None:
            self._writer.later(self._retry_seconds, lambda: self._retry(name))
            self._on_failure(name, error)
            return
        assert position is not None
        self._busy.discard(name)
        self._positions[name] = position
        self._step(name)

    def _retry(self, name: str) -> None:
        self._busy.discard(name)
        self._step(name)

    def _project(self, projection: Projection) -> int:
        """Show the next page to a projection and return the position it has now."""
        with self._recorder.datastore.transaction(commit=True) as cursor:
            position = self._recorder.tracked(cursor, projection.name)
            cursor.execute(
                "SELECT rowid, originator_id, originator_version, topic, state "
                "FROM stored_events WHERE rowid>? ORDER BY rowid LIMIT ?",
                (position, self._page),
            )
            events = [
                Recorded(position, originator_id, version, topic, decode(topic, state))
                for position, originator_id, version, topic, state in cursor.fetchall()
            ]
            if events:
                projection.project(cursor, events)
                position = events[-1].position
                self._recorder.track(cursor, projection.name, position)
        return position
