"""How Techmino's clients are told a time: "YYYY-MM-DD HH:MM:SS.ffffff", where the operator is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")
_EPOCH = datetime(1970, 1, 1)  # naive on purpose: the offset is added by hand


@lru_cache(maxsize=8)
def time_writer(offset: str) -> Callable[[int], str]:
    """Return what writes µs since 1970 UTC as a time at `offset` ("+08:00").

    Raises:
        ValueError: `offset` is none.
    """
    found = _OFFSET.fullmatch(offset)
    if found is None:
        raise ValueError(f"{offset!r} is no offset from UTC: write +08:00")
    sign = -1 if found[1] == "-" else 1
    begin = _EPOCH + sign * timedelta(hours=int(found[2]), minutes=int(found[3]))

    def write(at: int) -> str:
        return (begin + timedelta(microseconds=at)).isoformat(" ", "microseconds")

    return write
