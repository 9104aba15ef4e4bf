"""The same games against real processes that kill themselves, over real sockets and real SQLite."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from crash_clients import Script
from crash_facts import facts_of, findings_of
from engine_process import Engine, parlour

from parlour.events.keyfile import KEY_NAME

BOUNDARIES = ("before", "inside", "after")
_LAUNCH = Path(__file__).parent / "launch.py"
_SETTINGS = {
    # Nobody's time is over before he is back, however slow the machine is.
    "landlord.resume_seconds": 60,
    "treasure.resume_seconds": 60,
    "techmino.return_seconds": 60,
    "techmino.end_seconds": 5,
}
_LONGEST = 240.0
"""Seconds after which a game is given up."""


class Doomed(Engine):
    """An engine whose processes die, one after the other, where it is written for them."""

    def __init__(self, folder: Path, dooms: Iterable[tuple[int, str]], **options: Any) -> None:
        super().__init__(folder, **options)
        self.dooms = list(dooms)
        """The number of its own commit at which each process dies, and how."""
        self.deaths = 0

    def command(self) -> list[str]:
        """Return the command line of the launcher."""
        number, boundary = self.dooms[0] if self.dooms else (0, "never")
        return [sys.executable, str(_LAUNCH), boundary, str(number), *super().command()[1:]]

    def port(self, kind: str) -> int:
        """Return where a kind of listener is.

        Raises:
            ConnectionRefusedError: There is no process.
        """
        if not self.running:
            raise ConnectionRefusedError(kind)
        return int(self.addresses[kind].rpartition(":")[2])

    def rise(self) -> None:
        """Start processes until one lives long enough to be ready."""
        while True:
            try:
                self.start()
                return
            except AssertionError:
                if not self.dooms:
                    raise
                self.bury()

    def bury(self) -> None:
        """A process has died, as it was written for it."""
        if self.process is not None:
            assert self.process.wait() == -signal.SIGKILL, self.stderr()[-3000:]
            self.process = None
        self.dooms.pop(0)
        self.deaths += 1

    def end(self) -> None:
        """End the last process; one with its doom before it may still meet it."""
        assert self.process is not None
        code = self.terminate() if self.running else self.process.wait()
        if self.dooms and code == -signal.SIGKILL:
            self.bury()
        else:
            assert code == 0, self.stderr()[-4000:]


def play(
    kind: ModuleType, folder: Path, key: bytes, dooms: Iterable[tuple[int, str]]
) -> tuple[Any, list[str], int]:
    """Play a kind's game with processes that die; return its result, what was wrong, and how many.

    Args:
        kind: Clients, and what their game comes to.
        folder: For the log; empty.
        key: What decks and maps follow from.
        dooms: For each process but the last: at which of its own commits it dies, and how. A
            game may be over before: how many commits it takes depends on the time.
    """
    engine = Doomed(folder, dooms, listen=("http", *kind.LISTENERS), settings=_SETTINGS)
    engine.data.mkdir()
    (engine.data / KEY_NAME).write_bytes(key)
    (engine.data / KEY_NAME).chmod(0o600)
    try:
        clients = asyncio.run(_play(kind, engine))
        engine.end()
    finally:
        if engine.running:
            engine.kill()
    engine.check_log()
    facts = facts_of(engine.data)
    faults = kind.promised(clients, facts) + findings_of(engine.data)
    audited = parlour("audit", "--data", engine.data)
    if audited.code:
        faults.append(f"parlour audit: {audited}")
    return kind.result(facts), faults, engine.deaths


async def _play(kind: ModuleType, engine: Doomed) -> list[Any]:
    await asyncio.to_thread(engine.rise)
    clients: list[Any] = kind.clients(Script(engine.port))
    async with asyncio.timeout(_LONGEST), asyncio.TaskGroup() as group:
        tasks = [group.create_task(client.live()) for client in clients]
        while not all(task.done() for task in tasks):
            if not engine.running:
                engine.bury()
                await asyncio.to_thread(engine.rise)
            await asyncio.sleep(0.02)
    return clients
