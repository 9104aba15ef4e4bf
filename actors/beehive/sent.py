"""What one session was sent and has not acknowledged: which message an ack means.

An ack names the sender and a number, and that is not unique: each of the sender's devices counts
for itself. It means the oldest that this session was sent. Most sessions are known whole; of one
that acknowledges nothing the oldest are forgotten, and after a failure nothing is known: then the
log is looked through, some hundred messages at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from itertools import islice
from typing import Final, Literal

MOST: Final = 8_192
"""Messages remembered of a session."""
Kind = Literal["chat", "p2p"]
Key = tuple[Kind, int, int]
"""Kind, the sender's uid, and the number in the header."""


class Sent:
    """Of one session; live pushes are added on the loop, a SYNC's in the thread that reads it."""

    __slots__ = ("_lock", "_versions", "_whole")

    def __init__(self, *, whole: bool) -> None:
        """Begin with nothing; `whole` when nothing was sent before."""
        self._lock = threading.Lock()
        self._versions: dict[Key, tuple[int, ...]] = {}
        """Ascending versions in the inbox."""
        self._whole = whole

    def __len__(self) -> int:
        return len(self._versions)

    def add(self, key: Key, version: int) -> None:
        """Remember a message by its version in the inbox."""
        with self._lock:
            self._add(key, version)

    def take(self, key: Key) -> int | None:
        """Return the version an ack means, and forget it; None for a message not sent."""
        with self._lock:
            known = self._versions.pop(key, None)
            if known is None:
                return None
            if len(known) > 1:
                self._versions[key] = known[1:]
            return known[0]

    def forget_from(self, version: int) -> None:
        """Forget messages that were dropped: their versions mean others now."""
        with self._lock:
            for key, known in list(self._versions.items()):
                kept = tuple(v for v in known if v < version)
                if not kept:
                    del self._versions[key]
                elif kept != known:
                    self._versions[key] = kept

    # --- the log ----------------------------------------------------------------------------

    @property
    def whole(self) -> bool:
        """Whether everything the session was sent is known: then the log knows no more."""
        return self._whole

    def fill(self, found: Iterable[tuple[Key, int]], key: Key) -> int | None:
        """Take in messages of the log; return which of them an ack means, as `take` does."""
        with self._lock:
            for other, version in found:
                self._add(other, version)
        return self.take(key)

    def _add(self, key: Key, version: int) -> None:
        known = self._versions.get(key)
        if known is None:
            self._versions[key] = (version,)
            if len(self._versions) > MOST:
                self._whole = False
                for oldest in list(islice(self._versions, MOST // 2)):
                    del self._versions[oldest]
        elif version not in known:
            self._versions[key] = tuple(sorted((*known, version)))
