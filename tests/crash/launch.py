"""`parlour`, but killed at a commit: `python launch.py BOUNDARY NUMBER run …`.

The process sends itself SIGKILL at its own commit of that number (from 1): before SQLite hears of
it, inside (all is written but COMMIT), or after, when it is on disk and nobody was told. With the
number 0 it is not killed. Games have the same fate in every process (`crash_luck`).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from crash_luck import fixed

from parlour.events.datastore import LogDatastore
from parlour.events.recorder import SealedSQLiteRecorder
from parlour.network.cli import main
from parlour.network.production import SystemRandomness


def doom(boundary: str, number: int) -> None:
    """Have this process die at a boundary of its commit of this number."""
    commit, transaction = SealedSQLiteRecorder.commit, LogDatastore.transaction
    count, inside = 0, False

    def counted(self: Any, units: Any) -> Any:
        nonlocal count, inside
        count += 1
        if count != number:
            return commit(self, units)
        if boundary == "before":
            _die()
        inside = boundary == "inside"
        commit(self, units)
        _die()

    @contextmanager
    def torn(self: Any, *, commit: bool) -> Iterator[Any]:
        with transaction(self, commit=commit) as cursor:
            yield cursor
            if inside and commit:
                _die()

    SealedSQLiteRecorder.commit = counted  # type: ignore[method-assign]
    LogDatastore.transaction = torn  # type: ignore[method-assign]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    doom(sys.argv[1], int(sys.argv[2]))
    sys.argv[:3] = ["parlour"]
    with fixed(SystemRandomness):
        main()
