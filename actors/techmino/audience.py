"""Who hears what: tuples of uids, made once for each set of people.

A broadcast's audience is compared by the hub with the one before, and in a match of 99 it
would be made 660 times a second; made once, both cost nothing. States replace their mappings
and never change them, so identity tells whether a tuple is still right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOST = 1 << 20
"""Uids kept in all tuples together."""


class Audience:
    """The audiences of one room or match."""

    def __init__(self) -> None:
        self._people: Mapping[int, Any] = {}
        self._tuples: dict[int, tuple[int, ...]] = {}

    def of(self, people: Mapping[int, Any], *, without: int = 0) -> tuple[int, ...]:
        """Return the keys of `people` but for one."""
        if people is not self._people:
            self._people, self._tuples = people, {}
        found = self._tuples.get(without)
        if found is None:
            if len(self._tuples) * len(people) > _MOST:
                self._tuples.clear()
            found = self._tuples[without] = tuple(uid for uid in people if uid != without)
        return found
