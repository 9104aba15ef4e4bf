"""What a journal commits to: a recorder with a disk, or a room server's link to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlour.events.sealing import Seal
from parlour.events.unit import Unit


class Store(Protocol):
    """Where commits go: the recorder."""

    def commit(self, units: Sequence[Unit]) -> Seal:
        """Record all units or none.

        Raises:
            CommitRefused: Some contradict the log; the others may be tried again.
        """
        ...

    def claimed(self, key: str) -> str | None:
        """Return the aggregate that holds a key on disk."""
        ...

    def probe(self) -> None:
        """Raise unless a transaction can be written."""
        ...
