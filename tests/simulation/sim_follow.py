"""Looks into one engine process: what it says, what it stands on, what it has in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from parlour.actors.engine import Engine
from parlour.events.repository import Repository
from parlour.events.unit import Unit
from parlour.network.hub import ConnectionHub

if TYPE_CHECKING:
    from sim_watch import Watch


class Follower:
    """Of one process. A room server's disk is the lobby's (`remote`)."""

    def __init__(
        self, watch: Watch, engine: Engine, hub: ConnectionHub, *, remote: bool = False
    ) -> None:
        self.engine = engine
        self.remote = remote
        self.dirty = set(watch.states)
        """What has changed since memory and disk were last compared."""
        self._watch = watch
        self._pending: dict[int, tuple[int, Unit]] = {}
        """Units that are not on disk, and their numbers."""
        self._held: dict[int, tuple[Any, int]] = {}
        """What was said, and the number of the unit it was said with."""
        self._count = 0
        self._uids: dict[int, int] = {}
        self._listen(hub)

    def _listen(self, hub: ConnectionHub) -> None:
        journal = self.engine.journal
        append, dropped, deliver = journal.append, journal._on_drop, hub.deliver

        def watch_append(unit: Unit, held: Any = None, *, origin: Any = None) -> bool:
            if unit.entries:
                self._count += 1
                self._pending[id(unit)] = (self._count, unit)
            for output in held or ():
                self._held[id(output)] = (output, self._count)
                self._watch.secrets.look_at(output, self._uids, self.live)
            return append(unit, held, origin=origin)

        def watch_drop(items: Sequence[Any], error: Exception) -> None:
            for item in items:
                self._pending.pop(id(item.unit), None)
                for output in item.held or ():
                    self._held.pop(id(output), None)
            dropped(items, error)

        def watch_deliver(outputs: Sequence[Any]) -> None:
            for output in outputs:
                self._deliver(output)
            deliver(outputs)

        journal.append = watch_append  # type: ignore[method-assign]
        journal._on_drop = watch_drop
        hub.deliver = watch_deliver  # type: ignore[method-assign]

    def on_disk(self, unit: Unit) -> None:
        """A unit of this process is on disk."""
        self._pending.pop(id(unit), None)
        self.dirty.update(unit.writes)

    def _deliver(self, output: Any) -> None:
        held, number = self._held.pop(id(output), (None, 0))
        if held is None:
            self._watch.blame(
                f"delivered, though nobody held it or it was dropped: {output!r:.300}"
            )
            return
        for key, (before, unit) in list(self._pending.items()):
            if before > number:
                break
            if self.remote and self._watch.has(unit):
                del self._pending[key]
                self.dirty.update(unit.writes)
            else:
                self._watch.blame(f"delivered before it is on disk: {output!r:.300}")
                return

    def live(self, aggregate_id: str) -> Any:
        """Return a state as it is now, on disk or not."""
        live = self.engine.repository._live.get(aggregate_id)
        return self._watch.states.get(aggregate_id) if live is None else live.state

    # --- memory --------------------------------------------------------------------------------

    def differences(self, *, of_all: bool = False) -> Iterator[str]:
        """Say what memory has otherwise than the disk: of what has changed, or of everything."""
        repository, states = self.engine.repository, self._watch.states
        for aggregate_id in list(repository._live) if of_all else self.dirty:
            live = repository._live.get(aggregate_id)
            if live is None or aggregate_id in repository._pending:
                continue
            version = self._watch.versions.get(aggregate_id, 0)
            if live.version != version:
                if not self.remote and self.engine.journal.accepting and self.engine.journal.idle:
                    yield f"{aggregate_id} is {live.version} in memory, {version} on disk"
            elif version and live.state != states[aggregate_id]:
                yield f"{aggregate_id} is not what its events say: {live.state!r:.400}"
        self.dirty.intersection_update(repository._pending)

    def reload(self) -> Iterator[str]:
        """Say what would be otherwise in a process that began now, from snapshots and tails."""
        ours = self.engine.repository
        fresh = Repository(ours._recorder, ours._kinds, claimed=ours._claimed_before)
        for aggregate_id, state in self._watch.states.items():
            if fresh.get(aggregate_id) != state:
                yield f"{aggregate_id} would be loaded as {fresh.get(aggregate_id)!r:.400}"
