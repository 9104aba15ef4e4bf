"""What all clients here have in common: one errand, and coming back until it is done.

They are plain asyncio, so the same ones run in virtual time and against a real process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds after which a client takes a silent connection for lost."""
_PAUSE = 0.1


class Lost(Exception):
    """The connection is over."""


class Script:
    """What one game's clients share: where the engine is, and how far they have got."""

    def __init__(self, port: Callable[[str], int]) -> None:
        self.port = port
        """Where a kind of listener is now; OSError while there is no engine."""
        self.acknowledge: Callable[[int, str | bytes], None] = lambda sid, content: None
        """Told when a device acknowledges something."""
        self.news = asyncio.Condition()
        self.deeds: set[str] = set()
        """What has been done for sure, for others to wait for."""

    async def done(self, deed: str) -> None:
        """Tell all that something is done."""
        async with self.news:
            self.deeds.add(deed)
            self.news.notify_all()

    async def wait_for(self, *deeds: str) -> None:
        """Wait until all of these are done."""
        async with self.news:
            await self.news.wait_for(lambda: self.deeds.issuperset(deeds))


class Client:
    """One client program; `live` is its life, through as many connections as it takes."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.visits = 0
        self.writers: list[asyncio.StreamWriter] = []
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def live(self) -> None:
        """Visit until a visit comes to its end."""
        while True:
            self.visits += 1
            try:
                await self.visit()
                return
            except (Lost, OSError, EOFError):
                await asyncio.sleep(_PAUSE)
            finally:
                self.hang_up()

    async def visit(self) -> None:
        """Do what is left to do; `Lost` when the connection ends before."""
        raise NotImplementedError

    async def open(self, kind: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a listener."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.script.port(kind))
        self.writers.append(writer)
        return reader, writer

    def hang_up(self) -> None:
        """Close every connection."""
        for writer in self.writers:
            writer.close()
        self.writers.clear()

    async def read(self, reader: asyncio.StreamReader) -> bytes:
        """Return what comes next.

        Raises:
            Lost: Nothing ever will.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                data = await reader.read(65_536)
        except TimeoutError as error:
            raise Lost from error
        if not data:
            raise Lost
        return data
