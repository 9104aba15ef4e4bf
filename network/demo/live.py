"""The live half of the demo: one engine, three games, and a kill −9 in the middle of all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from parlour.network.demo.adventure import LiveAdventure
from parlour.network.demo.figures import Figures
from parlour.network.demo.match import LiveMatch
from parlour.network.demo.people import PEOPLE, Person
from parlour.network.demo.process import EngineFailed, EngineProcess, run_command
from parlour.network.demo.table import LiveTable
from parlour.network.demo.talk import Talk
from parlour.network.demo.telling import Teller

_PATIENCE: Final = 30.0
"""Seconds after which a part of the story that does not end has failed."""
_LISTEN: Final = ("landlord", "beehive", "treasure", "treasure-room", "http")
_SETTINGS: Final = {
    "techmino.start_seconds": 0.2,
    "techmino.settle_seconds": 0.2,
    "techmino.end_seconds": 0.5,
}
"""So that nobody waits; a player's three seconds before the first piece stay as they are."""


class Live:
    """Tells the first half of the story; the log is left behind for the second."""

    def __init__(self, teller: Teller, figures: Figures, folder: Path, *, hands: int) -> None:
        self._teller = teller
        self._figures = figures
        self._data = folder / "data"
        options = [part for key, value in _SETTINGS.items() for part in ("--set", f"{key}={value}")]
        self.engine = EngineProcess(folder, self._data, listen=_LISTEN, options=options)
        self.table = LiveTable(teller, figures, hands=hands)
        self.match = LiveMatch(teller, figures, PEOPLE)
        self.adventure = LiveAdventure(teller, figures)
        self.talk = Talk(teller, PEOPLE)

    async def run(self) -> None:
        """Tell it."""
        await self._open()
        await _in_time(self._talk())
        await _in_time(self._begin_match())
        await _in_time(self._seek_treasures())
        await _in_time(self._play_cards())
        await self._kill()
        await _in_time(self._come_back())
        await _in_time(self._finish())
        await self._close()

    async def _open(self) -> None:
        teller = self._teller
        teller.chapter("An engine starts, in a process of its own")
        self._figures.start_seconds = self.engine.start()
        teller.command(*self.engine.arguments)
        where = ", ".join(f"{kind} on {place}" for kind, place in self.engine.addresses.items())
        teller.say(f"ready after {self._figures.start_seconds:.2f} s (process {self.engine.pid})")
        teller.say(where)
        teller.chapter("Three players get accounts, good for every game")
        commands = [self._account(person) for person in PEOPLE]
        for arguments in commands:
            teller.command(*arguments)
        await asyncio.gather(*(asyncio.to_thread(_register, *arguments) for arguments in commands))

    def _account(self, person: Person) -> tuple[str, ...]:
        return (
            *("account", "add", "--name", person.name, "--uid", str(person.uid)),
            *("--email", person.email, "--password", person.password, "--data", str(self._data)),
        )

    async def _talk(self) -> None:
        self._teller.chapter("They chat: a room, and a message for who is not there")
        await self.talk.open(self.engine.addresses["beehive"])

    async def _begin_match(self) -> None:
        teller = self._teller
        teller.chapter("They log in to Techmino, talk, and begin a match that runs from here on")
        for person in PEOPLE:
            teller.say((f"{person.name:4}", "bold"), person.endpoint)
        await self.match.open(self.engine.addresses["http"])

    async def _seek_treasures(self) -> None:
        self._teller.chapter("Five others look for treasures; one of them is evil")
        await self.adventure.open(self.engine.addresses)
        await self.adventure.play_to_fatal_moment()

    async def _play_cards(self) -> None:
        teller = self._teller
        teller.chapter(
            "Meanwhile Ada, Bo and Cy play Dou Dizhu: a landlord, two farmers, and play money"
        )
        await self.table.sit_down(self.engine.addresses)
        await self.table.play_to_fatal_moment()
        await self.match.until_fatal()

    async def _kill(self) -> None:
        teller, hand = self._teller, self.table.fatal_hand
        teller.chapter(f"kill -9, in the middle of hand {hand}, of the match and of the search")
        self.table.show_before_kill()
        self.match.show()
        self.adventure.show_before_kill()
        teller.say("Now the engine is killed.")
        teller.shell(f"kill -9 {self.engine.pid}")
        self.engine.kill()
        await asyncio.gather(
            self.table.leave(), self.match.stop(), self.adventure.leave(), self.talk.leave()
        )

    async def _come_back(self) -> None:
        teller, figures = self._teller, self._figures
        teller.chapter("The engine starts again; its memory is the log")
        began = time.perf_counter()
        figures.recovery_seconds = self.engine.start()
        teller.say(f"accepting again after {figures.recovery_seconds:.2f} s")
        await self.table.come_back(self.engine.addresses)
        await self.match.come_back(self.engine.addresses["http"])
        await self.adventure.come_back(self.engine.addresses)
        await self.talk.come_back(self.engine.addresses["beehive"])
        figures.back_seconds = time.perf_counter() - began
        teller.say(f"everybody is back in every game after {figures.back_seconds:.2f} s")

    async def _finish(self) -> None:
        await asyncio.gather(
            self.table.play_to_end(), self.match.play_to_end(), self.adventure.play_to_end()
        )

    async def _close(self) -> None:
        self.table.judge()
        code = self.engine.stop()
        self._teller.promise("SIGTERM: the engine drains and exits", code == 0, f"exit code {code}")
        await asyncio.gather(self.table.leave(), self.match.close(), self.adventure.leave())


async def _in_time(work: Coroutine[Any, Any, None]) -> None:
    async with asyncio.timeout(_PATIENCE):
        await work


def _register(*arguments: str) -> None:
    code, lines = run_command(*arguments)
    if code != 0:
        raise EngineFailed(f"{' '.join(arguments)}: {' '.join(lines)}")
