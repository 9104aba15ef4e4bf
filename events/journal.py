"""Group commit: units join a batch, the batch goes to disk, and only then outputs leave.

Owns the order of things. Whatever is appended is committed in that order, one commit at a
time; what is held leaves after the commit of everything appended before it, or never. A unit
that the log refuses takes with it every later one that stands on its aggregates; when the
disk refuses, everything uncommitted is dropped and nothing is taken until a probe succeeds.

Knows no thread and no clock: those are the `Writer`'s (`events.writers`), so that a test
drives a journal step by step.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from parlour.events.errors import AlreadyClaimed, LogUnavailable, VersionConflict
from parlour.events.recorder import CommitRefused
from parlour.events.seals import Seal
from parlour.events.store import Store
from parlour.events.unit import Batch, Item, Unit
from parlour.events.writers import Writer

__all__ = ["Batch", "Item", "Journal", "Store", "Writer"]


class _Group:
    """A batch before its commit."""

    __slots__ = ("events", "items", "since")

    def __init__(self, since: float) -> None:
        self.items: list[Item] = []
        self.events = 0
        self.since = since


class Journal:
    """The one way into the log.

    Every call and every callback is made on the loop; a handler that appends runs to its end
    before any callback.
    """

    def __init__(
        self,
        recorder: Store,
        *,
        writer: Writer,
        on_commit: Callable[[Batch], None],
        on_drop: Callable[[Sequence[Item], Exception], None],
        on_accepting: Callable[[bool], None] = lambda accepting: None,
        max_events: int = 512,
        max_delay: float = 0.002,
        max_uncommitted: int = 8192,
        probe_seconds: float = 1.0,
    ) -> None:
        """Write to `recorder` through `writer`.

        Args:
            recorder: What commits.
            writer: Where it does.
            on_commit: A batch is on disk: deliver what its items held, in order.
            on_drop: These items will never be on disk, for this reason: VersionConflict,
                AlreadyClaimed or LogUnavailable. Their aggregates must be read again
                (`Repository.dropped`) before anything else is handled.
            on_accepting: The disk stopped taking events (False) or takes them again (True).
            max_events: A batch holds no more, except for one unit that does alone.
            max_delay: Seconds a batch may wait for its commit while no commit runs.
            max_uncommitted: Events, or outputs held behind one batch, beyond which `accepting`
                is False.
            probe_seconds: Between attempts to write again after a failure.
        """
        self._recorder = recorder
        self._writer = writer
        self._on_commit = on_commit
        self._on_drop = on_drop
        self._on_accepting = on_accepting
        self._max_events = max_events
        self._max_delay = max_delay
        self._max_uncommitted = max_uncommitted
        self._probe_seconds = probe_seconds
        self._open: _Group | None = None
        self._closed: deque[_Group] = deque()
        self._flight: _Group | None = None
        self._submitted: list[Item] = []
        self._ready: list[Item] = []
        self._keys: dict[str, list[tuple[Unit, str | None]]] = {}
        self._scheduled = False
        self._full = False
        self._failure: LogUnavailable | None = None
        self._interruption: Exception | None = None
        self._attempt = 0
        """Number of the newest attempt to write again; what comes of an older one is void."""
        self._waiting: list[Callable[[], None]] = []
        self.uncommitted = 0
        """Events appended and not yet on disk."""
        self.batches = 0
        """Commits made."""
        self.events = 0
        """Events committed."""
        self.drops: Counter[str] = Counter()
        """Units dropped, by reason: version_conflict, already_claimed, unavailable."""

    # --- in ---------------------------------------------------------------------------------

    def append(self, unit: Unit, held: Any = None, *, origin: Any = None) -> bool:
        """Join the open batch; False when nothing is to wait for (empty unit, idle journal).

        On False the caller delivers `held` himself, at once. While the disk takes no events,
        a unit with events is dropped at the end of this loop iteration.
        """
        item = Item(unit, held, origin)
        if not unit.entries:
            return self._hold(item)
        group = self._join(item)
        if self._flight is None:
            overdue = self._writer.time() - group.since >= self._max_delay
            if self._failure is None and (overdue or group.events >= self._max_events):
                self._advance()
            elif not self._scheduled:
                self._scheduled = True
                self._writer.soon(self._turn)
        return True

    def hold(self, held: Any, *, origin: Any = None) -> bool:
        """Keep an output behind everything uncommitted; False when there is nothing."""
        return self._hold(Item(Unit(), held, origin))

    def claimed(self, key: str) -> str | None:
        """Return the aggregate that holds a key, uncommitted claims included."""
        changes = self._keys.get(key)
        return changes[-1][1] if changes else self._recorder.claimed(key)

    def _hold(self, item: Item) -> bool:
        if self._open is not None:
            items = self._open.items
        elif self._closed:
            items = self._closed[-1].items
        elif self._flight is not None:
            items = self._flight.items
        elif self._ready:
            items = self._ready
        else:
            return False
        items.append(item)
        if len(items) >= self._max_uncommitted and items is not self._ready:
            self._full = True
        return True

    def _join(self, item: Item) -> _Group:
        unit = item.unit
        events = len(unit.entries)
        group = self._open
        if group is not None and group.events + events > self._max_events:
            self._closed.append(group)
            group = None
        if group is None:
            group = self._open = _Group(self._writer.time())
        group.items.append(item)
        group.events += events
        self.uncommitted += events
        if self.uncommitted >= self._max_uncommitted:
            self._full = True
        for key in unit.releases:
            self._keys.setdefault(key, []).append((unit, None))
        for claim in unit.claims:
            self._keys.setdefault(claim.key, []).append((unit, claim.aggregate_id))
        return group

    # --- state ------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Whether nothing is uncommitted or undelivered."""
        return not (self._open or self._closed or self._flight or self._ready)

    @property
    def accepting(self) -> bool:
        """Whether commands may be handled now: the disk takes events and keeps up."""
        return self._failure is None and not self._full

    @property
    def in_flight_events(self) -> int:
        """Return how many events are being committed."""
        return self._flight.events if self._flight is not None else 0

    @property
    def held(self) -> int:
        """Return how many items wait for a commit."""
        return sum(len(group.items) for group in self._groups())

    def when_idle(self, callback: Callable[[], None]) -> None:
        """Call back once, when everything appended is committed or dropped; maybe at once."""
        self._waiting.append(callback)
        self._wake()

    async def drain(self) -> None:
        """Wait until everything appended is committed or dropped."""
        done = asyncio.get_running_loop().create_future()
        self.when_idle(lambda: None if done.done() else done.set_result(None))
        await done

    def _wake(self) -> None:
        while self._waiting and self.idle:
            self._waiting.pop(0)()

    def _groups(self) -> Iterator[_Group]:
        """Yield what is uncommitted, oldest first."""
        if self._flight is not None:
            yield self._flight
        yield from self._closed
        if self._open is not None:
            yield self._open

    # --- commit -----------------------------------------------------------------------------

    def _turn(self) -> None:
        self._scheduled = False
        if self._failure is not None:
            self._drop_all(self._failure)
        elif self._flight is None:
            self._advance()
        self._wake()

    def _advance(self) -> None:
        """Begin the next commit; what waits for no unit any more becomes ready."""
        self._flight = None
        while self._flight is None and self._interruption is None:
            if not self._closed and self._open is not None:
                self._closed.append(self._open)
                self._open = None
            if not self._closed:
                return
            group = self._closed.popleft()
            if group.events:
                self._flight = group
                self._submit(group)
            else:
                self._ready += group.items

    def _submit(self, group: _Group) -> None:
        self._submitted = [item for item in group.items if item.unit.entries]
        units = [item.unit for item in self._submitted]
        commit, time = self._recorder.commit, self._writer.time

        def job() -> tuple[Seal, float]:
            started = time()
            seal = commit(units)
            return seal, time() - started

        self._writer.submit(job, self._done)

    def _done(self, result: tuple[Seal, float] | None, error: Exception | None) -> None:
        assert self._flight is not None
        try:
            if result is not None:
                self._committed(self._flight, *result)
            elif isinstance(error, CommitRefused):
                self._refused(self._flight, error)
            else:
                self._fail(error)
        finally:
            if self._interruption is not None and self._flight is None:
                self.interrupt(self._interruption)
                self.retry()  # it may be back since
            self._wake()

    def _committed(self, group: _Group, seal: Seal, seconds: float) -> None:
        self.batches += 1
        self.events += group.events
        self._forget(group.items)
        self._ready = group.items
        # The next commit runs while the outputs of this one leave.
        self._advance()
        self._deliver(seal, seconds)

    def _deliver(self, seal: Seal | None, seconds: float) -> None:
        items, self._ready = self._ready, []
        if items:
            self._on_commit(Batch(items, seal, seconds))

    def _forget(self, items: Sequence[Item]) -> None:
        """Take items out of the counts and the pending keys."""
        for item in items:
            unit = item.unit
            self.uncommitted -= len(unit.entries)
            if unit.claims or unit.releases:
                self._forget_keys(unit)
        if self.uncommitted <= self._max_uncommitted // 2:
            self._full = False

    def _forget_keys(self, unit: Unit) -> None:
        for key in (*unit.releases, *(claim.key for claim in unit.claims)):
            changes = [change for change in self._keys.pop(key, ()) if change[0] is not unit]
            if changes:
                self._keys[key] = changes

    # --- failure ----------------------------------------------------------------------------

    def interrupt(self, error: Exception) -> None:
        """Take nothing until a new probe succeeds: the store is gone. A running commit may end."""
        self._interruption = error if self._flight is not None else None
        if self._failure is not None:
            self._attempt += 1
            self._probe_later(self._attempt)
        elif self._flight is None:
            self._fail(error)
            self._wake()

    def _refused(self, flight: _Group, error: CommitRefused) -> None:
        drops: list[tuple[list[Item], VersionConflict | AlreadyClaimed]] = []
        gone: set[int] = set()
        for index, reason in sorted(error.units.items()):
            cause = self._submitted[index]
            if id(cause) not in gone:
                dropped = self._drop_standing_on(cause)
                gone.update(map(id, dropped))
                drops.append((dropped, reason))
        if flight.events:
            self._submit(flight)
        else:
            self._ready = flight.items
            self._advance()
        for dropped, reason in drops:
            claimed = isinstance(reason, AlreadyClaimed)
            self._report(dropped, reason, "already_claimed" if claimed else "version_conflict")
        self._deliver(None, 0.0)

    def _drop_standing_on(self, cause: Item) -> list[Item]:
        """Take out a unit and all later ones that read or wrote what it, or they, wrote."""
        dropped: list[Item] = []
        tainted: set[str] = set()
        reached = False
        for group in self._groups():
            kept = []
            for item in group.items:
                reached = reached or item is cause
                writes = item.unit.writes
                stands = not (tainted.isdisjoint(item.unit.reads) and tainted.isdisjoint(writes))
                if item is cause or (reached and stands):
                    tainted |= writes
                    dropped.append(item)
                    group.events -= len(item.unit.entries)
                else:
                    kept.append(item)
            group.items = kept
        self._forget(dropped)
        return dropped

    def retry(self) -> None:
        """Probe at once: the store is thought to be within reach again."""
        if self._failure is not None:
            self._attempt += 1
            self._probe(self._attempt)

    def _fail(self, error: Exception | None) -> None:
        self._failure = LogUnavailable(f"the log takes no events: {error}")
        self._failure.__cause__ = error
        self._attempt += 1
        self._probe_later(self._attempt)
        self._on_accepting(False)
        self._drop_all(self._failure)

    def _drop_all(self, error: LogUnavailable) -> None:
        dropped = [item for group in self._groups() for item in group.items]
        self._flight = self._open = None
        self._closed.clear()
        self._forget(dropped)
        if dropped:
            self._report(dropped, error, "unavailable")

    def _report(self, dropped: Sequence[Item], error: Exception, reason: str) -> None:
        self.drops[reason] += sum(1 for item in dropped if item.unit.entries)
        self._on_drop(dropped, error)

    def _probe_later(self, attempt: int) -> None:
        self._writer.later(self._probe_seconds, partial(self._probe, attempt))

    def _probe(self, attempt: int) -> None:
        if attempt == self._attempt:
            self._writer.submit(self._recorder.probe, partial(self._probed, attempt))

    def _probed(self, attempt: int, _result: None, error: Exception | None) -> None:
        if attempt != self._attempt:
            return
        if error is not None:
            self._probe_later(attempt)
            return
        # What was recorded meanwhile must be gone before anything is taken again.
        if self._failure is not None:
            self._drop_all(self._failure)
        self._failure = None
        self._on_accepting(True)
        self._wake()
