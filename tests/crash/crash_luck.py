"""Luck that is the same before and after a crash, so that the same choices meet the same cards."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

_FATEFUL = ("open_next", "choose_seed", "on_timer")
"""Who draws what a game follows from: a hand's salt, a treasure game's, a match's seed."""


@contextmanager
def fixed(randomness: Any) -> Iterator[None]:
    """Have a class of `actors.ports.Randomness` give every game the same fate each time.

    Names, tickets and tokens are as they always are: no two are equal.
    """
    draw = randomness.token

    def token(self: Any, size: int) -> bytes:
        name = sys._getframe(1).f_code.co_name
        if name in _FATEFUL:
            return hashlib.sha256(name.encode()).digest()[:size]
        drawn: bytes = draw(self, size)
        return drawn

    with mock.patch.object(randomness, "token", token):
        yield
