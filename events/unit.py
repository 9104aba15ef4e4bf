"""What one handled command records, all or nothing, and what one commit puts on disk."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, NamedTuple

import msgspec

from parlour.events.event import Event
from parlour.events.sealing import Seal


class Entry(NamedTuple):
    """One recorded event, encoded once; its position is given by the commit."""

    aggregate_id: str
    version: int
    """1 for the first event of its aggregate."""
    topic: str
    state: bytes
    """The event as JSON."""
    event: Event


class Claim(NamedTuple):
    """An idempotency key that an event of the unit uses up."""

    key: str
    aggregate_id: str
    entry: int
    """Index of that event in the unit's entries."""


class Snapshot(NamedTuple):
    """A state to start from instead of the first event."""

    aggregate_id: str
    version: int
    """The last event that is in the state."""
    topic: str
    """Name and version of the state's own shape."""
    state: bytes


class Unit(msgspec.Struct, frozen=True):
    """The atom of the journal.

    A key may be in both `releases` and `claims`: releases come first. A key that was claimed
    and then released within the unit is only in `releases`.
    """

    entries: tuple[Entry, ...] = ()
    claims: tuple[Claim, ...] = ()
    releases: tuple[str, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    reads: Set[str] = frozenset()
    """Ids of every aggregate it looked at or wrote: what it stands on."""

    @property
    def writes(self) -> frozenset[str]:
        """Ids of the aggregates it records events of."""
        return frozenset([entry.aggregate_id for entry in self.entries])


class Item(msgspec.Struct, frozen=True):
    """A unit with what leaves once it is on disk."""

    unit: Unit
    held: Any
    """Opaque; given back by on_commit (deliver it) or on_drop (forget it)."""
    origin: Any
    """Opaque; whom to tell when the unit is dropped."""


class Batch(NamedTuple):
    """What one commit put on disk; `items` are in the order they were appended."""

    items: Sequence[Item]
    seal: Seal | None
    """None when every unit of the batch was dropped and only held outputs are left."""
    seconds: float
    """How long the commit took."""
