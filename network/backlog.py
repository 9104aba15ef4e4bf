"""Telling one connection what was said before it came, as fast as its peer reads.

Pages come from a reader in another thread; what is published to the connection meanwhile is
kept, in a bounded list, and leaves after the last page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import structlog

from parlour.network.connection import Connection, Ending

_log = structlog.get_logger("parlour.backlog")
Pages = Callable[[], Iterator[Sequence[Any]]]
"""As in `actors.ports.Backlog`."""
STALL_SECONDS = 10.0
"""A peer that takes nothing for so long is not waited for."""


class Ends(Protocol):
    """What the hub does for a backlog."""

    def encode(self, connection: Connection, message: Any) -> bytes:
        """Return the frame of a message."""
        ...

    def dismiss(self, connection: Connection, ending: Ending, words: Any, reason: str) -> None:
        """End a connection after a last message."""
        ...


class Held:
    """What waits until a connection's backlog is told; stands at `Connection.held`."""

    __slots__ = ("frames", "size", "task")

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.size = 0
        self.task: asyncio.Task[None] | None = None
        """Kept here, because a loop forgets tasks that nobody holds."""

    def add(self, piece: bytes) -> None:
        """Keep frames for later."""
        self.frames.append(piece)
        self.size += len(piece)


def start(hub: Ends, connection: Connection, pages: Pages) -> None:
    """Tell a connection its backlog; what is said to it from now on waits for the end of it.

    Everything said to it before has been written already.
    """
    held = connection.held = Held()
    held.task = asyncio.ensure_future(_tell(hub, connection, held, pages))


async def _tell(hub: Ends, connection: Connection, held: Held, pages: Pages) -> None:
    try:
        iterator = await asyncio.to_thread(pages)
        while (page := await asyncio.to_thread(next, iterator, None)) is not None:
            if not connection.live:
                return
            connection.link.write(b"".join([hub.encode(connection, said) for said in page]))
            async with asyncio.timeout(STALL_SECONDS):
                await connection.link.drain()
    except TimeoutError:
        _end(hub, connection, Ending.TOO_SLOW, "closed", "reading too slowly")
        return
    except Exception as error:  # a task has nobody else to tell
        _log.error("backlog_failed", session=connection.session, exc_info=error)
        _end(hub, connection, Ending.INTERNAL, "internal", "internal error")
        return
    connection.held = None
    if connection.live and held.frames:
        connection.link.write(b"".join(held.frames))


def _end(hub: Ends, connection: Connection, ending: Ending, code: str, reason: str) -> None:
    hub.dismiss(connection, ending, connection.service.refusal(code, reason), reason)
