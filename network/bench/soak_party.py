"""What every party of `make soak` is: some accounts that play together, round after round.

A party knows nothing of the engine but its addresses. When the engine is killed under it, or says
no, it counts that, waits, and begins a new round with the same accounts: what the round before
left behind (a seat, a room, a running game) it has to cope with as a player would.
"""

from __future__ import annotations

import asyncio
import struct
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final

from parlour.events.errors import EngineError

Addresses = Mapping[str, str]

ROUND_SECONDS: Final = 30.0
"""A round that takes longer has gone wrong."""
PAUSE_SECONDS: Final = 0.3
_FAILURES: Final = (EngineError, OSError, EOFError, TimeoutError, struct.error)
"""What a client of an engine that is being killed meets."""


class Party(ABC):
    """Some accounts that play together."""

    kind: str

    def __init__(self, number: int) -> None:
        self.number = number
        self.rounds = 0
        """Games played to their end, or conversations."""
        self.resumed = 0
        """Rounds that were begun before the engine died and went on after it."""
        self.troubles: Counter[str] = Counter()
        """How rounds ended that did not come to their end."""
        self.broken: list[str] = []
        """What this party was told that it must not be told, or was not told that it must be."""

    @property
    def name(self) -> str:
        """Kind and number."""
        return f"{self.kind} {self.number}"

    async def play_on(self, addresses: Callable[[], Awaitable[Addresses]]) -> None:
        """Play round after round; `addresses` waits until an engine is there."""
        while True:
            where = await addresses()
            try:
                async with asyncio.timeout(ROUND_SECONDS):
                    await self._round(where)
                self.rounds += 1
                await asyncio.sleep(PAUSE_SECONDS)
            except _FAILURES as error:
                self.troubles[f"{type(error).__name__}: {error}"[:100]] += 1
                await asyncio.sleep(PAUSE_SECONDS)
            finally:
                await self._hang_up()

    def blame(self, what: str) -> None:
        """Remember that a promise was broken."""
        self.broken.append(f"{self.name}, round {self.rounds + 1}: {what}")

    @abstractmethod
    async def _round(self, where: Addresses) -> None:
        """Play one round from connecting on."""

    @abstractmethod
    async def _hang_up(self) -> None:
        """Close whatever is open."""


async def close_all(*closing: Awaitable[None]) -> None:
    """Close connections, the others also where one fails: it was cut off in the middle."""
    await asyncio.gather(*closing, return_exceptions=True)


async def together(*work: Coroutine[Any, Any, Any]) -> None:
    """Do all of it at once; when one part fails the others are ended, and that is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in work:
                group.create_task(part)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
