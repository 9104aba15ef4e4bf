"""A disk on which one commit, and no other, meets with the end of the process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sim_disk import Disk

from parlour.events.log import Log
from parlour.events.unit import Unit

BOUNDARIES = ("before", "inside", "torn", "after")
"""Where a process may end at a commit: before SQLite hears of it; when all is written but COMMIT;
with half of the commit's pages in the -wal file; when it is on disk and nobody has been told."""
_WAL = "log.db-wal"
_FILES = ("log.db", _WAL)
_PAGE = 4096


class CrashDisk(Disk):
    """Counts commits; at the one that `doom` names, the process ends."""

    def __init__(self, log: Log, folder: Path, doom: Callable[[], str], **options: Any) -> None:
        super().__init__(log, **options)
        self._folder = folder
        self._doom = doom

    def commit(self, units: Sequence[Unit]) -> Any:
        """Commit, unless it is not to be."""
        boundary = self._doom()
        if boundary == "torn":
            self._tear(units)
        elif boundary:
            self.next = f"die {boundary}"
        return super().commit(units)

    def image(self) -> dict[str, bytes]:
        """Return the log's files as they are now: what a process that dies here leaves behind."""
        paths = [self._folder / name for name in _FILES]
        return {path.name: path.read_bytes() for path in paths if path.exists()}

    def _tear(self, units: Sequence[Unit]) -> None:
        """Die with half of what the commit writes in the -wal file."""
        before = self.image().get(_WAL, b"")
        self._commit(units)
        image = self.image()
        wal = image[_WAL]
        pairs = zip(before, wal, strict=False)
        first = next((at for at, (old, new) in enumerate(pairs) if old != new), len(before))
        # Frames of an older tear, which were never valid, may lie beyond this commit's.
        end = len(wal) if len(wal) > len(before) else first + _PAGE
        image[_WAL] = wal[: (first + end) // 2]
        self.image = lambda: image  # type: ignore[method-assign]
        self._end()
