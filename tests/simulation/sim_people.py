"""What all clients have in common: they come, live, lose their connections, and come again."""

from __future__ import annotations

import asyncio
import struct
from random import Random
from typing import Any

from sim_pipe import Gone, Pipe, upgrade
from sim_world import Violation, World

__all__ = ["PORT", "Gone", "Person", "populate"]


class Person:
    """One client program; `live` is its life."""

    TOKEN = ""
    """What kind of token it comes in with, where one is needed."""

    def __init__(self, world: World, tag: str) -> None:
        self.world = world
        self.tag = tag
        self.random = Random(f"{world.seed} {tag}")
        self.retiring = False
        self.done = False
        self.credential = "any"
        self.writers: list[asyncio.StreamWriter] = []

    def retire(self) -> None:
        """Have it bring its affairs to an end."""
        self.retiring = True

    async def live(self) -> None:
        """Connect, be somebody, and again."""
        await asyncio.sleep(self.random.uniform(0, 5))
        while not self.retiring:
            await self._visit()
            await asyncio.sleep(self.random.expovariate(1 / 2.0))
        await self.finish()
        self.done = True

    async def _visit(self) -> None:
        try:
            await self.renew()
            await self.visit()
        except (Gone, ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            self.world.counts["lost"] += 1
        finally:
            for writer in () if self.world.loop.is_closed() else self.writers:
                writer.transport.abort() if self.random.random() < 0.3 else writer.close()
            self.writers.clear()

    @property
    def account(self) -> int:
        """The uid of its account, 0 for none."""
        return int(getattr(self, "uid", 0)) if self.TOKEN else 0

    @property
    def operator(self) -> bool:
        """Whether its account is an operator's from the beginning."""
        return self.TOKEN == "operator"

    async def renew(self) -> None:
        """Have a good token, where one is needed; not always at the first try.

        Raises:
            Gone: There is none to be had now.
        """
        if self.world.closed and self.account and (self.credential == "any" or self.chance(0.3)):
            self.credential = await self.world.give_token(self.account, self.TOKEN, self.tag)
            if not self.credential:
                self.credential = "any"
                raise Gone

    async def visit(self) -> None:
        """Be there until something ends it."""
        raise NotImplementedError

    async def finish(self) -> None:
        """Do what is to be done when nothing goes wrong any more."""

    def look_back(self) -> None:
        """Hold what one was told against what there is in the end."""

    def blame(self, what: str) -> None:
        """Something is wrong."""
        raise Violation(f"{self.tag}: {what}")

    async def open(self, kind: str | int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a listener, or to a port."""
        self.world.network.tag = self.tag
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", PORT[kind] if isinstance(kind, str) else kind
        )
        self.writers.append(writer)
        return reader, writer

    async def pipe(
        self, kind: str | int, path: str, head: struct.Struct | None, *, http: str | int = "http"
    ) -> Pipe:
        """Connect over TCP, or to a path of HTTP if it has one."""
        if path:
            return await upgrade(self, path, head, http)
        return Pipe(self, *await self.open(kind))

    async def read(self, reader: asyncio.StreamReader, seconds: float) -> bytes | None:
        """Return what comes, None when nothing comes for so long.

        Raises:
            Gone: Nothing ever will.
        """
        try:
            async with asyncio.timeout(seconds):
                data = await reader.read(65_536)
        except TimeoutError:
            return None
        if not data:
            raise Gone
        return data

    def chance(self, likely: float) -> bool:
        """Throw a die."""
        return self.random.random() < likely

    def noise(self) -> bytes:
        """Return bytes that mean nothing, or nearly something."""
        random = self.random
        return random.choice(
            (
                random.randbytes(random.randint(1, 40)),
                b"\x00\x00\x00\x00",
                b"\xff\xff\xff\xff",
                b"\x02\x00\x00\x00{}",
                b'\x12\x00\x00\x00{"cmd":"force_quit"',
                b"GET / HTTP/1.1\r\n\r\n",
                b"\x10\x00\x00\x00",
            )
        )


PORT: dict[str, int] = {}


def populate(world: World, kinds: dict[str, tuple[Any, int]], times: int = 1) -> list[Person]:
    """Return so many of each kind, or so many times as many."""
    return [
        maker(world, number)
        for maker, count in kinds.values()
        for number in range(1, times * count + 1)
    ]
