"""One game in virtual time, with a crash at one boundary of one commit, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from unittest import mock

import sim_engine
from crash_clients import Script
from crash_disk import CrashDisk
from crash_facts import facts_of, findings_of
from crash_luck import fixed
from msgspec.structs import replace
from sim_world import PORTS, World, make_folder, remove

from parlour.events.keyfile import KEY_NAME
from parlour.events.log import Log
from parlour.events.reader import LogReader
from parlour.network.config import OPEN_LIMITS, Config

_LONGEST = 900
"""Virtual seconds after which nobody believes any more that it comes to an end."""
_REST = 5.0
_PATIENT = Config(limits=OPEN_LIMITS, techmino=replace(Config().techmino, end_seconds=10.0))
"""Settings under which nobody's time is over before he is back."""
_SEED = 1
"""Of the world, and so of its deck key and of everything else by chance."""


class Outcome(NamedTuple):
    """How a game went."""

    commits: int
    """That were begun, by all processes."""
    result: Any
    faults: list[str]
    """What was wrong."""
    key: bytes
    """What its decks and maps follow from."""


class CrashWorld(World):
    """A world where nothing goes wrong but one thing."""

    def __init__(self, folder: Path, dooms: Mapping[int, str]) -> None:
        """Make one in which the process ends at these commits (from 1), each at a boundary."""
        super().__init__(_SEED, folder, config=_PATIENT)
        self.network.slow = self.network.cutting = 0.0
        self.dooms = dooms
        self.commits = self.crashes = 0
        self.faults: list[str] = []
        self._image: dict[str, bytes] = {}
        """What the dead process left in the log's files."""

    # --- the engine ----------------------------------------------------------------------------

    def start(self) -> None:
        """Start an engine on what there is on disk."""

        def disk(log: Log, **more: Any) -> CrashDisk:
            return CrashDisk(log, self.folder, self._doom, **more)

        with mock.patch.object(sim_engine, "Disk", disk):
            super().start()

    def _doom(self) -> str:
        """Return how the process ends at this commit, "" when it goes on."""
        self.commits += 1
        return self.dooms.get(self.commits, "")

    def kill(self) -> None:
        """End the engine's process; what it leaves on disk is what was there in this moment."""
        assert isinstance(self.disk, CrashDisk)
        self.crashes += 1
        self._image = self.disk.image()
        super().kill()

    def _bury(self, log: Log) -> None:
        super()._bury(log)
        for path in self.folder.glob("log.db*"):
            path.unlink()
        for name, content in self._image.items():
            (self.folder / name).write_bytes(content)

    def _rise(self) -> None:
        self.start()
        with LogReader(self.folder) as reader:
            self.watch.check_log(list(reader.rows()))

    # --- how it passes -------------------------------------------------------------------------

    def play(self, kind: ModuleType) -> Outcome:
        """Let the clients of a kind play their game to its end."""
        key = (self.folder / KEY_NAME).read_bytes()
        script = Script(PORTS.__getitem__)
        script.acknowledge = self.watch.queues.acknowledge
        clients = kind.clients(script)
        try:
            with fixed(sim_engine.SeededRandomness):
                self.run(clients, 0)
        except Exception as error:
            self.faults.append(f"{type(error).__name__}: {error}")
            return Outcome(self.commits, None, self.faults, key)
        facts = facts_of(self.folder)
        self.faults += kind.promised(clients, facts)
        self.faults += findings_of(self.folder)
        if self.crashes != len(self.dooms):
            self.faults.append(f"crashed {self.crashes} times, not {len(self.dooms)}")
        return Outcome(self.commits, kind.result(facts), self.faults, key)

    async def _live(self, people: list[Any], steps: int) -> None:
        self.start()
        self._tasks = [
            self.loop.create_task(person.live(), context=self._client_context())
            for person in people
        ]
        for _ in range(_LONGEST):
            await asyncio.sleep(1.0)
            self._check(self._tasks)
            if all(task.done() for task in self._tasks) and self._at_rest():
                break
        else:
            self._complain(people)
        await asyncio.sleep(_REST)
        self._check(self._tasks)

    def _at_rest(self) -> bool:
        alive = self.process is not None and self.process.alive
        return alive and self.engine.journal.idle and self.engine.accepting

    def _complain(self, people: list[Any]) -> None:
        late = [task.get_stack() for task in self._tasks if not task.done()]
        raise AssertionError(f"it never came to an end: {people} {late}")


def play(kind: ModuleType, dooms: Mapping[int, str] | None = None) -> Outcome:
    """Play a kind's game, with crashes at boundaries of commits, or undisturbed."""
    folder = make_folder()
    try:
        return CrashWorld(folder, dooms or {}).play(kind)
    finally:
        remove(folder)
