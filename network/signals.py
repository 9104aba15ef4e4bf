"""SIGTERM and Ctrl-C, from the beginning of `parlour run` to its last moment.

Each means one thing at a time: before anything runs, exit 0 at once; then, drain; and when all
is over, nothing more. Python's own answers (143, a traceback) would look like a crash.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def exit_before_start() -> Iterator[None]:
    """Exit 0 at a signal until `drain_with` says otherwise.

    What was there before comes back when the start fails; after an end, `ignore` holds.
    """
    before = {number: signal.signal(number, _exit) for number in STOPPING}
    try:
        yield
    except BaseException:
        for number, handler in before.items():
            signal.signal(number, handler)
        raise


def drain_with(stop: Callable[[], None]) -> None:
    """Call `stop` on the running loop at every signal."""
    loop = asyncio.get_running_loop()

    # Not the loop's own handlers: when it lets go of them, a moment long a signal kills.
    def tell(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: it failed, and says why
            loop.call_soon_threadsafe(stop)

    for number in STOPPING:
        signal.signal(number, tell)


def ignore() -> None:
    """Let signals do nothing any more: the process is about to exit 0."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)


def _exit(number: int, frame: FrameType | None) -> None:
    os._exit(0)
