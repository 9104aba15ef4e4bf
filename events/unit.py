"""What one handled command records: all of it reaches the disk, or none of it."""

from __future__ import annotations

from typing import NamedTuple

from parlour.events.event import Event


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


class Unit(NamedTuple):
    """The atom of the journal.

    A key may be in both `releases` and `claims`: releases come first. A key that was claimed
    and then released within the unit is only in `releases`.
    """

    entries: tuple[Entry, ...] = ()
    claims: tuple[Claim, ...] = ()
    releases: tuple[str, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    reads: frozenset[str] = frozenset()
    """Ids of every aggregate it looked at or wrote: what it stands on."""

    @property
    def writes(self) -> frozenset[str]:
        """Ids of the aggregates it records events of."""
        return frozenset([entry.aggregate_id for entry in self.entries])
