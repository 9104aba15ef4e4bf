"""A room server's log: a mirror of what it needs, and commits that travel to the lobby.

It stands where the SQLite recorder stands in an engine that owns a log. What is read comes from
memory: the states of the rooms and games this process was given, and what was committed since.
What is committed is shipped over the node link, and is committed when the lobby engine says that it
is on disk. When the link is lost a commit fails, and the journal does what it does when a disk
fails: it drops what is not confirmed, takes nothing, and probes until the link is back. What was on
its way then may be on disk or not; nobody asks, because the lobby gives every game again before it
lets the room server in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong
from itertools import count
from typing import Final, NamedTuple

from msgspec import Raw

from parlour.events.errors import EngineError, VersionConflict
from parlour.events.messages.treasure_link import STALE, Batch, BatchAnswer, Row, State
from parlour.events.recorder import CommitRefused
from parlour.events.sealing import Seal
from parlour.events.unit import Snapshot, Unit

_ANSWER_SECONDS: Final = 10.0
"""A lobby that does not answer for so long is as good as gone."""
_LAST_VERSION: Final = 2**63 - 1
_NO_SEAL: Final = Seal(0, 0, 0, b"")
"""Seals are made where the log is."""
_Stored = tuple[int, str, bytes]
"""Version, topic, state."""


class LinkLost(EngineError):
    """The lobby cannot be reached, or takes no events; nothing is on disk for sure."""


class _Mirror(NamedTuple):
    """What is known of one aggregate."""

    base: Snapshot | None
    rows: list[_Stored]
    """What was committed after it."""

    @property
    def version(self) -> int:
        """The last version that is known."""
        if self.rows:
            return self.rows[-1][0]
        return 0 if self.base is None else self.base.version


class RemoteStore:
    """The store of a room server's journal, and the history of its repository.

    `commit` and `probe` are called in the journal's thread, the rest on the loop.
    """

    def __init__(
        self,
        send: Callable[[Batch], None],
        *,
        on_silence: Callable[[], None] = lambda: None,
        seconds: float = _ANSWER_SECONDS,
    ) -> None:
        """Begin without a link.

        Args:
            send: Ships a batch; called in the journal's thread.
            on_silence: A batch was not answered in time: end the link. Called there too.
            seconds: How long an answer may take.
        """
        self._send = send
        self._on_silence = on_silence
        self._seconds = seconds
        self._lock = threading.Lock()
        self._mirrors: dict[str, _Mirror] = {}
        self._waiting: dict[int, Future[BatchAnswer]] = {}
        self._batches = count(1)
        self._up = False
        self._interrupted = True
        """What is uncommitted stands on what was known before a link was lost."""

    # --- the link --------------------------------------------------------------------------

    def clear(self) -> None:
        """Forget all: the lobby is about to give what this room server has."""
        with self._lock:
            self._mirrors.clear()

    def connected(self) -> None:
        """The lobby has let this room server in, and given all that it has."""
        with self._lock:
            self._up = True

    def disconnected(self) -> None:
        """The link is gone: what waits for an answer will have none."""
        with self._lock:
            self._up = False
            self._interrupted = True
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.set_exception(LinkLost("the link to the lobby is lost"))

    def answered(self, answer: BatchAnswer) -> None:
        """Take the lobby's word for what became of a batch."""
        with self._lock:
            future = self._waiting.pop(answer.batch, None)
        if future is not None:
            future.set_result(answer)

    def load(self, states: Iterable[State]) -> list[str]:
        """Take what aggregates are like now; return the ids of those that changed."""
        changed = []
        with self._lock:
            for state in states:
                known = self._mirrors.get(state.aggregate_id)
                if known is not None and known.version >= state.version:
                    continue
                changed.append(state.aggregate_id)
                snapshot = Snapshot(
                    state.aggregate_id, state.version, state.topic, bytes(state.state)
                )
                self._mirrors[state.aggregate_id] = _Mirror(snapshot, [])
        return changed

    def forget(self, aggregate_ids: Iterable[str]) -> None:
        """Drop what is not needed any more."""
        with self._lock:
            for aggregate_id in aggregate_ids:
                self._mirrors.pop(aggregate_id, None)

    def __len__(self) -> int:
        return len(self._mirrors)

    # --- what the journal asks -------------------------------------------------------------

    def commit(self, units: Sequence[Unit]) -> Seal:
        """Have the lobby put units on disk, all or none.

        Raises:
            CommitRefused: Some stand on a game that is another room server's by now.
            LinkLost: The lobby does not answer; they may be on disk or not.
        """
        shipped = tuple(
            tuple(
                Row(entry.aggregate_id, entry.version, entry.topic, Raw(entry.state))
                for entry in unit.entries
            )
            for unit in units
        )
        answer = self._ship(shipped)
        if answer.code == STALE:
            raise CommitRefused({index: _conflict(units[index]) for index in answer.refused})
        if answer.code:
            raise LinkLost(f"the lobby takes no events now (code {answer.code})")
        self._add(units)
        return _NO_SEAL

    def probe(self) -> None:
        """Raise unless the lobby is there and takes events.

        Raises:
            LinkLost: It is not, or does not.
        """
        answer = self._ship((), probing=True)
        if answer.code:
            raise LinkLost(f"the lobby takes no events now (code {answer.code})")
        with self._lock:
            self._interrupted = not self._up

    def claimed(self, key: str) -> str | None:
        """Return None: what a room server records claims nothing."""
        return None

    def _ship(self, units: tuple[tuple[Row, ...], ...], *, probing: bool = False) -> BatchAnswer:
        future: Future[BatchAnswer] = Future()
        with self._lock:
            if not self._up or (self._interrupted and not probing):
                raise LinkLost("the link to the lobby is lost")
            number = next(self._batches)
            self._waiting[number] = future
        self._send(Batch(batch=number, units=units))
        try:
            return future.result(self._seconds)
        except WaitedTooLong:
            # It may come to the disk yet: only what the lobby says on a new link is true then.
            self.disconnected()
            self._on_silence()
            raise LinkLost("the lobby does not answer") from None

    def _add(self, units: Iterable[Unit]) -> None:
        with self._lock:
            for unit in units:
                for entry in unit.entries:
                    mirror = self._mirrors.setdefault(entry.aggregate_id, _Mirror(None, []))
                    if entry.version == mirror.version + 1:
                        mirror.rows.append((entry.version, entry.topic, entry.state))

    # --- what the repository asks ----------------------------------------------------------

    def snapshot(self, aggregate_id: str) -> Snapshot | None:
        """Return the state the lobby gave."""
        with self._lock:
            mirror = self._mirrors.get(aggregate_id)
        return None if mirror is None else mirror.base

    def history(
        self, aggregate_id: str, start: int = 1, end: int = _LAST_VERSION
    ) -> Sequence[tuple[int, str, bytes]]:
        """Return (version, topic, state) of an aggregate's events, versions `start` to `end`.

        In place of the event that the lobby's state was taken at there is that state: the events
        before it are not here, and nobody needs them.
        """
        with self._lock:
            mirror = self._mirrors.get(aggregate_id)
            if mirror is None:
                return []
            rows = list(mirror.rows)
        if mirror.base is not None:
            rows.insert(0, (mirror.base.version, mirror.base.topic, mirror.base.state))
        return [row for row in rows if start <= row[0] <= end]


def _conflict(unit: Unit) -> VersionConflict:
    first = unit.entries[0]
    return VersionConflict(first.aggregate_id, first.version)
