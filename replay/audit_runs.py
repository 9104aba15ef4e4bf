"""Running an audit on a folder whose log somebody may begin to write meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parlour.events.errors import CorruptLog
from parlour.events.reader import LogChanged, LogReader
from parlour.replay.audit import audit
from parlour.replay.report import Report
from parlour.replay.screen import progress

_ATTEMPTS = 5
"""How often an audit starts over when somebody begins to write the log that it reads."""


def audit_settled(data: Path, **options: Any) -> Report:
    """Audit the log in `data` (`audit.audit` has the options), with a progress bar.

    Raises:
        NoSuchGame: There is no such game.
        LogChanged: Somebody began to write the log each time.
    """
    for left in reversed(range(_ATTEMPTS)):
        try:
            with LogReader(data) as reader, progress("auditing", _count(reader)) as advance:
                return audit(reader, progress=advance, **options)
        except LogChanged:
            # Once somebody writes, the log is read beside the writer and holds still.
            if not left:
                raise
    raise AssertionError("the last attempt returns or raises")


def _count(reader: LogReader) -> int:
    """Return how many events there are; 0 when the file is too damaged to tell."""
    try:
        return reader.count()
    except CorruptLog:
        return 0
