"""Telling one connection what was said before it came, as fast as its peer reads.

Pages come from a reader in another thread and leave in pieces, the next one when the peer has
taken the one before; so a peer that reads nothing costs one page and one piece. A few backlogs
are told at a time, and the addresses of the peers take turns. What is published to a connection
meanwhile is kept, in a bounded list, and leaves after the last page.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

import structlog

from parlour.actors.ports import Backlog, Close
from parlour.network.connection import Connection, Ending
from parlour.network.service import Commands
from parlour.network.turns import Peer, PeerGone, TooManyWait, Turns

_log = structlog.get_logger("parlour.backlog")
Pages = Callable[[], Iterator[Sequence[Any]]]
"""As in `actors.ports.Backlog`."""
STALL_SECONDS = 10.0
"""A peer that does not take a piece for so long is not waited for."""
PIECE: Final = 65_536
"""Bytes after which a piece ends, with its last frame."""
AT_ONCE = 16
"""Backlogs told at a time: each holds a page in memory."""
OF_ADDRESS = 4
"""How many of them to one address."""
LATER = 16
"""Further backlogs that one connection may ask for before it has the first."""
WAITING: Final = 20_000
"""Connections that wait for their backlog: what is told to them meanwhile is bounded anyway."""


class Ends(Protocol):
    """What the hub does for a backlog."""

    engine: Commands
    """Where actors are told."""

    def encode(self, connection: Connection, message: Any) -> bytes:
        """Return the frame of a message."""
        ...

    def dismiss(self, connection: Connection, ending: Ending, words: Any, reason: str) -> None:
        """End a connection after a last message."""
        ...

    def close(self, close: Close) -> None:
        """End a connection as an actor asked."""
        ...


class Held:
    """What waits until a connection's backlog is told; stands at `Connection.held`."""

    __slots__ = ("closing", "frames", "later", "size", "task")

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.later: deque[tuple[list[bytes], Backlog]] = deque()
        """Other backlogs, each with the frames that leave before it."""
        self.size = 0
        self.closing: Close | None = None
        """The connection ends when all this is told."""
        self.task: asyncio.Task[None] | None = None
        """Kept here, because a loop forgets tasks that nobody holds."""

    def add(self, piece: bytes) -> None:
        """Keep frames for later."""
        self.frames.append(piece)
        self.size += len(piece)

    def add_backlog(self, said: Backlog) -> None:
        """Keep another backlog for later."""
        self.later.append((self.frames, said))
        self.frames = []

    def take(self) -> list[bytes]:
        """Return the frames that are next, and keep them no more."""
        if self.later:
            frames, said = self.later[0]
            self.later[0] = ([], said)
        else:
            frames, self.frames = self.frames, []
        self.size -= sum(map(len, frames))
        return frames


def turns() -> Turns:
    """Return what gives a hub's backlogs their turns."""
    return Turns(at_once=AT_ONCE, of_address=OF_ADDRESS, waiting=WAITING, waiting_of=WAITING)


def start(hub: Ends, connection: Connection, said: Backlog, turns: Turns) -> None:
    """Tell a connection its backlog; what is said to it from now on waits for the end of it.

    Everything said to it before has been written already, or waits for the end of another one.
    """
    held = connection.held
    if held is None:
        held = connection.held = Held()
        held.task = asyncio.ensure_future(_tell(hub, connection, held, said, turns))
    elif len(held.later) < LATER:
        held.add_backlog(said)
    else:
        _end(hub, connection, Ending.TOO_SLOW, "reading too slowly: it asks faster than it reads")


async def _tell(hub: Ends, connection: Connection, held: Held, said: Backlog, turns: Turns) -> None:
    try:
        async with turns.turn(Peer(connection.peer, lambda: connection.live)):
            await _tell_one(hub, connection, said)
            while connection.live and (held.frames or held.later):
                # While these leave, others come.
                await _send(connection, held.take())
                if held.later and not held.later[0][0]:
                    await _tell_one(hub, connection, held.later.popleft()[1])
    except PeerGone:
        return
    except (TimeoutError, TooManyWait):
        _end(hub, connection, Ending.TOO_SLOW, "reading too slowly")
    except Exception as error:  # a task has nobody else to tell
        _log.error("backlog_failed", session=connection.session, exc_info=error)
        _end(hub, connection, Ending.INTERNAL, "internal error")
    else:
        connection.held = None
        if held.closing is not None:
            hub.close(held.closing)


async def _tell_one(hub: Ends, connection: Connection, said: Backlog) -> None:
    await _tell_pages(hub, connection, said.pages)
    if connection.live and said.then is not None:
        hub.engine.tell(*said.then)


async def _tell_pages(hub: Ends, connection: Connection, pages: Pages) -> None:
    if not connection.live:
        return
    iterator = await asyncio.to_thread(pages)
    while (page := await asyncio.to_thread(next, iterator, None)) is not None:
        await _send(connection, (hub.encode(connection, said) for said in page))
        if not connection.live:
            return


async def _send(connection: Connection, frames: Iterable[bytes]) -> None:
    """Write frames in pieces, each when the peer has taken the one before.

    Raises:
        TimeoutError: It does not.
    """
    for piece in _pieces(frames):
        if not connection.live:
            return
        connection.link.write(piece)
        async with asyncio.timeout(STALL_SECONDS):
            await connection.link.drain()


def _pieces(frames: Iterable[bytes]) -> Iterator[bytes]:
    piece: list[bytes] = []
    size = 0
    for frame in frames:
        piece.append(frame)
        size += len(frame)
        if size >= PIECE:
            yield b"".join(piece)
            piece.clear()
            size = 0
    if piece:
        yield b"".join(piece)


def _end(hub: Ends, connection: Connection, ending: Ending, reason: str) -> None:
    hub.dismiss(connection, ending, connection.service.refusal(ending.value, reason), reason)
