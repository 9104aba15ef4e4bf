"""How the interpreter is set in a process that serves; the benches measure under the same.

Two of Python's defaults are made for other programs. The journal's thread would wait 5 ms for the
GIL whenever the loop is busy (`events.writers`). And the cycle collector would look through
every event on its way to the disk, though hardly anything here is part of a cycle: with its
default thresholds a fifth of the journal's time went to that.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SWITCH_SECONDS = 0.0001
_THRESHOLDS = (50_000, 20, 20)
"""New objects before the youngest generation is looked through, and how often the older are."""


def tune() -> None:
    """Set the interpreter for serving."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.set_threshold(*_THRESHOLDS)


@contextmanager
def tuned() -> Iterator[None]:
    """Set the interpreter for serving, for a while."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    tune()
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*thresholds)
