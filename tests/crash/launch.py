"""`parlour`, but killed at a commit: `python launch.py BOUNDARY NUMBER run …`.

The process sends itself SIGKILL at its own commit of that number (from 1): before SQLite hears of
it, inside (all is written but COMMIT), or after, when it is on disk and nobody was
told. With the number 0 it is not killed. Games have the same fate in every process
(`crash_luck`).
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "simulation"))

from crash_luck import fixed
from sim_commit import before_each_end

from parlour.events.recorder import SealedSQLiteRecorder
from parlour.network.cli import main
from parlour.network.production import SystemRandomness


def doom(boundary: str, number: int) -> None:
    """Have this process die at a boundary of its commit of this number."""
    commit = SealedSQLiteRecorder.commit
    count = 0

    def counted(self: Any, units: Any) -> Any:
        nonlocal count
        count += 1
        if count != number:
            return commit(self, units)
        if boundary == "before":
            _die()
        if boundary == "inside":
            before_each_end(self.datastore, _die)
        commit(self, units)
        _die()

    SealedSQLiteRecorder.commit = counted  # type: ignore[method-assign]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    doom(sys.argv[1], int(sys.argv[2]))
    sys.argv[:3] = ["parlour"]
    with fixed(SystemRandomness):
        main()
