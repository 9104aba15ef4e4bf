"""The live states of aggregates: loaded on first use, changed only by recording events.

Owns what is in memory beyond the log: a state may be ahead of the disk by the units that are
still in the journal. Such an aggregate stays in memory, with the state after each of those
units, until the journal says what became of them. Decides nothing; knows no actor.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from parlour.events.errors import AlreadyClaimed, CorruptLog, LocalProtocolError
from parlour.events.event import Event, decode, encode, has_keys, topic_of
from parlour.events.unit import Claim, Entry, Snapshot, Unit

_ENCODER = msgspec.json.Encoder()


class AggregateKind(msgspec.Struct, frozen=True, kw_only=True):
    """How an aggregate's state follows from its events."""

    initial: Callable[[str], Any]
    """The state before the first event, from the aggregate id."""
    evolve: Callable[[Any, Any], Any]
    state_type: Any
    snapshot_topic: str
    """Name and version of the state's shape: "account.state@1". A changed shape takes the next
    version, and older snapshots are no longer read."""
    snapshot_every: int | None = None
    """Versions between snapshots, None for none."""


class History(Protocol):
    """Where states come from: the recorder."""

    def snapshot(self, aggregate_id: str) -> Snapshot | None:
        """Return the newest snapshot of an aggregate."""
        ...

    def history(
        self, aggregate_id: str, start: int = 1, end: int = ...
    ) -> Sequence[tuple[int, str, bytes]]:
        """Return (version, topic, state) of its events, versions `start` to `end`."""
        ...

    def claimed(self, key: str) -> str | None:
        """Return the aggregate that holds a key."""
        ...


class _Live(msgspec.Struct, frozen=True):
    """An aggregate in memory; replaced, never changed."""

    state: Any
    version: int
    snapshot_version: int
    kind: AggregateKind


class _Pending(msgspec.Struct, frozen=True):
    """An aggregate as an uncommitted unit leaves it."""

    unit: Unit
    live: _Live


class Repository:
    """States by aggregate id, from snapshot and events, in an LRU cache.

    begin() / get() / record() / take() or rollback() belong to one handled command. A taken
    unit goes to the journal; its aggregates stay in memory until `committed` or `dropped`.
    """

    def __init__(
        self,
        recorder: History,
        kinds: Mapping[str, AggregateKind],
        *,
        claimed: Callable[[str], str | None] | None = None,
        capacity: int = 20_000,
    ) -> None:
        """Read from `recorder`, by the rules of `kinds`.

        Args:
            recorder: Where snapshots and events are.
            kinds: How each kind is rebuilt, by the text before the first ":" of an id.
            claimed: Tells who holds a key: the journal's, which knows uncommitted claims.
            capacity: States kept in memory, those not yet on disk always.
        """
        self._recorder = recorder
        self._kinds = kinds
        self._claimed_before = claimed or recorder.claimed
        self._capacity = capacity
        self._live: OrderedDict[str, _Live] = OrderedDict()
        self._pending: dict[str, list[_Pending]] = {}
        self._begun = False
        self._entries: list[Entry] = []
        self._claims: dict[str, Claim] = {}
        self._releases: dict[str, None] = {}
        self._reads: set[str] = set()
        self._before: dict[str, _Live] = {}

    def __len__(self) -> int:
        return len(self._live)

    # --- looking ----------------------------------------------------------------------------

    def get(self, aggregate_id: str) -> Any:
        """Return the state, uncommitted events included; the initial one when it has none."""
        live = self._live.get(aggregate_id)
        if live is None or aggregate_id not in self._reads:
            live = self._get(aggregate_id)
        return live.state

    def version(self, aggregate_id: str) -> int:
        """Return the number of the last recorded event, 0 when it has none."""
        return self._get(aggregate_id).version

    def claimed(self, key: str) -> str | None:
        """Return the aggregate that holds a key, claims of the open unit included."""
        claim = self._claims.get(key)
        if claim is not None:
            return claim.aggregate_id
        return None if key in self._releases else self._claimed_before(key)

    def recorded(self, aggregate_id: str, start: int, end: int) -> list[Event]:
        """Return its events on disk, versions `start` to `end`; any thread may ask."""
        rows = self._recorder.history(aggregate_id, start, end)
        return [decode(topic, content) for _, topic, content in rows]

    # --- one handled command ----------------------------------------------------------------

    def begin(self) -> None:
        """Open a unit."""
        if self._begun:
            raise LocalProtocolError("a unit is open already")
        self._begun = True

    def record(self, aggregate_id: str, *events: Event) -> Any:
        """Add events to the open unit, evolve the state at once and return it.

        Raises:
            AlreadyClaimed: A key of an event is taken; nothing has changed.
        """
        if not self._begun:
            raise LocalProtocolError(f"{aggregate_id}: recorded outside of a unit")
        live = self._get(aggregate_id)
        if not events:
            return live.state
        kind, state, version = live.kind, live.state, live.version
        claims, releases = self._claims, self._releases
        entries: list[Entry] = []
        for event in events:
            if has_keys(event) and (event.releases() or event.claims()):
                if claims is self._claims:
                    claims, releases = claims.copy(), releases.copy()
                index = len(self._entries) + len(entries)
                self._move_keys(claims, releases, event, Claim("", aggregate_id, index))
            version += 1
            entries.append(Entry(aggregate_id, version, topic_of(event), encode(event), event))
            state = kind.evolve(state, event)
        # Nothing below can fail: events are recorded all or not at all.
        if aggregate_id not in self._before:
            self._before[aggregate_id] = live
        self._claims, self._releases = claims, releases
        self._entries += entries
        self._live[aggregate_id] = _Live(state, version, live.snapshot_version, kind)
        return state

    def take(self) -> Unit:
        """Close the unit and return it (maybe empty) for the journal."""
        if not self._begun:
            raise LocalProtocolError("no unit is open")
        before, live, pending = self._before, self._live, self._pending
        if not before:  # nothing was recorded
            unit = Unit(reads=self._reads)
            self._begun, self._reads = False, set()
            return unit
        unit = Unit(
            tuple(self._entries),
            tuple(self._claims.values()) if self._claims else (),
            tuple(self._releases) if self._releases else (),
            self._due_snapshots(),
            self._reads,
        )
        for aggregate_id in before:
            after = _Pending(unit, live[aggregate_id])
            if aggregate_id in pending:
                pending[aggregate_id].append(after)
            else:
                pending[aggregate_id] = [after]
        self._close()
        return unit

    def rollback(self) -> Unit:
        """Close the unit; every state is as it was at `begin`. No open unit: does nothing.

        The unit returned is empty: it only tells what was looked at, for an answer (a refusal)
        that must not leave before, or without, what it was based on.
        """
        unit = Unit(reads=self._reads)
        self._live.update(self._before)
        self._close()
        return unit

    # --- what became of units ---------------------------------------------------------------

    def committed(self, units: Iterable[Unit]) -> None:
        """These units are on disk, in this order: their aggregates may leave memory."""
        for unit in units:
            self._settle(unit)
        self._shrink()

    def dropped(self, units: Iterable[Unit]) -> None:
        """These units never happened: their aggregates are as the units before them left them.

        With no such unit the log is read again at the next use.
        """
        self._refuse_when_open()
        touched: dict[str, None] = {}
        for unit in units:
            touched.update(dict.fromkeys(unit.writes))
            self._settle(unit)
        for aggregate_id in touched:
            pending = self._pending.get(aggregate_id)
            if pending:
                self._live[aggregate_id] = pending[-1].live
            else:
                self._live.pop(aggregate_id, None)

    def evict(self, aggregate_ids: Iterable[str]) -> None:
        """Forget these states, so that the next use reads the log.

        Those ahead of the log stay.
        """
        self._refuse_when_open()
        for aggregate_id in aggregate_ids:
            if aggregate_id not in self._pending:
                self._live.pop(aggregate_id, None)

    def clear(self) -> None:
        """Forget every state that is not ahead of the log."""
        self.evict(list(self._live))

    # --- inside -----------------------------------------------------------------------------

    def _get(self, aggregate_id: str) -> _Live:
        live = self._live.get(aggregate_id)
        if live is None:
            live = self._live[aggregate_id] = self._load(aggregate_id)
            self._shrink()
        else:
            self._live.move_to_end(aggregate_id)
        if self._begun:
            self._reads.add(aggregate_id)
        return live

    def _load(self, aggregate_id: str) -> _Live:
        kind = self._kinds.get(aggregate_id.partition(":")[0])
        if kind is None:
            raise LocalProtocolError(f"no kind of aggregate is called {aggregate_id}")
        if kind.snapshot_every is not None:
            snapshot = self._recorder.snapshot(aggregate_id)
            if snapshot is not None and snapshot.topic == kind.snapshot_topic:
                live = self._load_snapshot(kind, snapshot)
                if live is not None:
                    return live
        rows = self._recorder.history(aggregate_id)
        return _fold(aggregate_id, kind, _Live(kind.initial(aggregate_id), 0, 0, kind), rows)

    def _load_snapshot(self, kind: AggregateKind, snapshot: Snapshot) -> _Live | None:
        """Return the aggregate from its snapshot, None when that is good for nothing."""
        try:
            state = msgspec.json.decode(snapshot.state, type=kind.state_type)
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
            return None
        rows = self._recorder.history(snapshot.aggregate_id, snapshot.version)
        # The event it was taken at comes along: a snapshot ahead of the log is not believed.
        if not rows or rows[0][0] != snapshot.version:
            return None
        live = _Live(state, snapshot.version, snapshot.version, kind)
        return _fold(snapshot.aggregate_id, kind, live, rows[1:])

    def _move_keys(
        self,
        claims: dict[str, Claim],
        releases: dict[str, None],
        event: Event,
        claim: Claim,
    ) -> None:
        """Take one event's keys into `claims` and `releases`; within an event releases go first.

        Raises:
            AlreadyClaimed: A key is taken.
        """
        for key in event.releases():
            claims.pop(key, None)
            releases[key] = None
        for key in event.claims():
            taken = key in claims
            if taken or (key not in releases and self._claimed_before(key) is not None):
                raise AlreadyClaimed(key)
            claims[key] = claim._replace(key=key)

    def _due_snapshots(self) -> tuple[Snapshot, ...]:
        due: tuple[Snapshot, ...] = ()
        for aggregate_id in self._before:
            live = self._live[aggregate_id]
            every = live.kind.snapshot_every
            if every is None or live.version - live.snapshot_version < every:
                continue
            state = _ENCODER.encode(live.state)
            self._live[aggregate_id] = replace(live, snapshot_version=live.version)
            due += (Snapshot(aggregate_id, live.version, live.kind.snapshot_topic, state),)
        return due

    def _close(self) -> None:
        self._begun = False
        self._entries = []
        if self._claims or self._releases:
            self._claims, self._releases = {}, {}
        self._reads, self._before = set(), {}

    def _settle(self, unit: Unit) -> None:
        settled = None
        for entry in unit.entries:
            aggregate_id = entry.aggregate_id
            if aggregate_id == settled:
                continue
            settled = aggregate_id
            pending = self._pending.get(aggregate_id)
            if pending is None:
                continue
            if pending[0].unit is unit:  # nearly always: commits come in order
                del pending[0]
            else:
                pending[:] = [one for one in pending if one.unit is not unit]
            if not pending:
                del self._pending[aggregate_id]

    def _shrink(self) -> None:
        """Forget the least used states beyond the capacity, except those ahead of the log."""
        excess = len(self._live) - self._capacity
        if excess <= 0:
            return
        idle = (id_ for id_ in self._live if id_ not in self._pending and id_ not in self._before)
        for aggregate_id in list(islice(idle, excess)):
            del self._live[aggregate_id]

    def _refuse_when_open(self) -> None:
        if self._begun:
            raise LocalProtocolError("states may not be forgotten while a unit is open")


def _fold(
    aggregate_id: str,
    kind: AggregateKind,
    live: _Live,
    rows: Sequence[tuple[int, str, bytes]],
) -> _Live:
    state, expected = live.state, live.version + 1
    for version, topic, content in rows:
        if version != expected:
            raise CorruptLog(f"{aggregate_id} has no version {expected}: run `parlour audit`")
        state = kind.evolve(state, decode(topic, content))
        expected += 1
    return replace(live, state=state, version=expected - 1)
