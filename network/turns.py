"""Costly work in turns: a few pieces at a time, and no address keeps another waiting.

Pure order; what is done in a turn, and by whom, is up to whoever takes it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from parlour.events.errors import EngineError
from parlour.network.limits import address_key


class Peer(NamedTuple):
    """Whom something is done for."""

    address: str
    here: Callable[[], bool]
    """Whether anybody still waits for it."""
    session: int = 0
    """The hub's number of its connection, 0 while it has none."""


class TooManyWait(EngineError):
    """So many wait for a turn already that another one is refused."""


class PeerGone(EngineError):
    """Nobody waits for it any more; there was no turn."""


class _Wait(NamedTuple):
    """One who waits."""

    peer: Peer
    turn: asyncio.Future[None]


class Turns:
    """Gives turns to addresses one after the other, however many each of them waits for."""

    def __init__(self, *, at_once: int, of_address: int, waiting: int, waiting_of: int) -> None:
        """Begin with nobody waiting.

        Args:
            at_once: Turns at a time.
            of_address: Turns at a time of one address.
            waiting: How many may wait, in all.
            waiting_of: How many may wait of one address.
        """
        self._at_once = at_once
        self._of_address = of_address
        self._waiting = waiting
        self._waiting_of = waiting_of
        self._taken: Counter[str] = Counter()
        self._queues: dict[str, deque[_Wait]] = {}
        """Who waits, by address; the first address that may is next."""

    @asynccontextmanager
    async def turn(self, peer: Peer) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the block ends.

        Raises:
            TooManyWait: They do.
            PeerGone: The peer did not wait so long.
        """
        key = address_key(peer.address)
        if self._may_begin(key):
            self._taken[key] += 1
        else:
            await self._wait(key, peer)
        try:
            yield
        finally:
            self._give_back(key)

    async def _wait(self, key: str, peer: Peer) -> None:
        self._make_room(key)
        turn = asyncio.get_running_loop().create_future()
        self._queues.setdefault(key, deque()).append(_Wait(peer, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None:
                self._give_back(key)  # it was given in the same moment
            raise

    def _make_room(self, key: str) -> None:
        """See that one more may wait; who does not any more takes no place."""
        if self._full(key):
            for queued in list(self._queues):
                self._forget_gone(queued)
            if self._full(key):
                raise TooManyWait("too many wait for the same")

    def _full(self, key: str) -> bool:
        here = len(self._queues.get(key, ()))
        return here >= self._waiting_of or sum(map(len, self._queues.values())) >= self._waiting

    def _forget_gone(self, key: str) -> None:
        waiting = [wait for wait in self._queues.pop(key) if _still_waits(wait)]
        if waiting:
            self._queues[key] = deque(waiting)

    def _may_begin(self, key: str) -> bool:
        return self._taken.total() < self._at_once and self._taken[key] < self._of_address

    def _give_back(self, key: str) -> None:
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]
        while (found := next(filter(self._may_begin, self._queues), None)) is not None:
            queue = self._queues.pop(found)
            wait = queue.popleft()
            if queue:
                self._queues[found] = queue  # behind the others
            if _still_waits(wait):
                self._taken[found] += 1
                wait.turn.set_result(None)
                return


def _still_waits(wait: _Wait) -> bool:
    if wait.turn.done():
        return False
    if not wait.peer.here():
        wait.turn.set_exception(PeerGone("the peer has gone"))
        return False
    return True
