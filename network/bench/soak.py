"""`make soak MINUTES=10`: every kind of bot against one log, with restarts, for as long as wanted.

`python -m parlour.network.bench.soak --minutes 10`. The engine is ended again and again, in turns
with kill -9 and SIGTERM, and a room server is killed in between; the last stretch is the longest,
and there memory must be flat after the warm-up. At the end all drain, and the log is audited.
Exits 0 when everything was as promised, 1 when something was not, 2 when it could not go on.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import click
from rich.console import Console

from parlour.events.errors import EngineError
from parlour.events.reader import LogReader
from parlour.network.bench.soak_match import MatchParty
from parlour.network.bench.soak_parties import CardParty, SeekParty
from parlour.network.bench.soak_party import Addresses, Party
from parlour.network.bench.soak_report import Findings, Stretch, clock, show
from parlour.network.bench.soak_servers import (
    RoomServerProcess,
    complaints,
    sample,
    soak_engine,
)
from parlour.network.bench.soak_talk import TalkParty
from parlour.network.demo.process import PARLOUR, EngineFailed, run_command

_RESTART_SECONDS: Final = 45.0
_LAST_SHARE: Final = 0.4
"""Of the time, for the last stretch; a third of it is the warm-up."""
_SAMPLE_SECONDS: Final = 0.5
_TELL_SECONDS: Final = 10.0
_AUDIT_EVENTS: Final = 2_000
"""A second: the slowest audit that is waited for."""
_AUDIT_LEAST: Final = 60.0
_PATIENCE: Final = 120.0
"""Seconds that an engine may take to start or to end."""

_WIDTH: Final = 140
"""Of the table, in characters, where no terminal has one."""

Ending = Literal["SIGTERM", "kill -9"]


class Soak:
    """One run."""

    def __init__(self, folder: Path, *, minutes: float, tell: Callable[[str], None]) -> None:
        self._data = folder / "data"
        self._lines = folder / "engine.log"
        self._engine, nodes = soak_engine(folder, self._data)
        self._room_server = RoomServerProcess(folder, nodes)
        self._seconds = minutes * 60
        self._tell = tell
        self._began = time.monotonic()
        self._up = asyncio.Event()
        self._playing: list[asyncio.Task[None]] = []
        self._matches = [MatchParty(number) for number in range(2)]
        self.parties: Sequence[Party] = (
            *(CardParty(number) for number in range(4)),
            *(TalkParty(number) for number in range(3)),
            *(SeekParty(number) for number in range(3)),
            *self._matches,
        )
        """Who plays."""
        self.stretches: list[Stretch] = []
        self.findings = Findings()

    async def run(self) -> None:
        """Play, restart, measure, judge.

        Raises:
            EngineFailed: A process ended by itself, or did not start.
        """
        try:
            await self._live()
        finally:
            await _stop(self._playing)
            self._engine.close()
            self._room_server.close()

    async def _live(self) -> None:
        last = self._seconds * _LAST_SHARE
        count = max(2, round((self._seconds - last) / _RESTART_SECONDS))
        self._tell(f"{count} restarts, then {clock(last)} without one")
        for number in range(count + 1):
            final = number == count
            stretch = await self._start()
            if not self._playing:
                await self._open()
            await self._watch(
                stretch, last if final else (self._seconds - last) / count, final=final
            )
            if final:
                await _stop(self._playing)
                code = await asyncio.to_thread(self._room_server.stop)
                self._keep("SIGTERM: the room server drains and exits with 0", code == 0, code)
            await self._end(stretch, "SIGTERM" if final or number % 2 else "kill -9")
        await self._judge()

    # --- the engine's lives ------------------------------------------------------------------

    async def _start(self) -> Stretch:
        stretch = Stretch(ready=await asyncio.to_thread(self._start_engine))
        self.stretches.append(stretch)
        self._up.set()
        return stretch

    def _start_engine(self) -> float:
        return self._engine.start(patience=_PATIENCE)

    def _stop_engine(self) -> int:
        return self._engine.stop(patience=_PATIENCE)

    async def _open(self) -> None:
        """After the first start: make accounts, and have everybody begin."""
        await asyncio.to_thread(self._room_server.start)
        await asyncio.to_thread(self._register)
        self._playing += [
            asyncio.create_task(party.play_on(self._addresses)) for party in self.parties
        ]

    async def _addresses(self) -> Addresses:
        await self._up.wait()
        return self._engine.addresses

    def _register(self) -> None:
        for account in (account for party in self._matches for account in party.accounts):
            code, lines = run_command(
                *("account", "add", "--name", account.name, "--uid", str(account.uid)),
                *("--email", account.email, "--password", account.password),
                *("--data", str(self._data)),
            )
            if code:
                raise EngineFailed("\n".join(lines))

    async def _watch(self, stretch: Stretch, seconds: float, *, final: bool) -> None:
        before = self._finished()
        began = told = time.monotonic()
        kill_at = began + seconds / 2
        while (now := time.monotonic()) - began < seconds:
            age = now - began
            stretch.engine.append(sample(self._engine.pid, age))
            stretch.room_server.append(sample(self._room_server.pid, age))
            for task in self._playing:
                if task.done():
                    task.result()  # nothing but our own bug ends a party
            if now >= kill_at and not final:
                kill_at = began + seconds
                self._room_server.close()
                await asyncio.to_thread(self._room_server.start)
            if now - told >= _TELL_SECONDS:
                told = now
                self._tell(self._progress(stretch))
            await asyncio.sleep(_SAMPLE_SECONDS)
        after = self._finished()
        stretch.finished = {name: after[name] - before[name] for name in after}

    def _progress(self, stretch: Stretch) -> str:
        with LogReader(self._data) as log:
            events = log.last_position()
        games = ", ".join(
            f"{sum(party.rounds for party in self.parties if party.kind == kind)} {kind}"
            for kind in dict.fromkeys(party.kind for party in self.parties)
        )
        engine, server = stretch.engine[-1], stretch.room_server[-1]
        return (
            f"{clock(time.monotonic() - self._began)} / {clock(self._seconds)}  "
            f"{len(self.stretches) - 1} restarts, {events:,} events, engine {engine.mib:.0f} MiB, "
            f"room server {server.mib:.0f} MiB; finished: {games}"
        )

    def _finished(self) -> dict[str, int]:
        return {party.name: party.rounds for party in self.parties}

    async def _end(self, stretch: Stretch, ending: Ending) -> None:
        self._up.clear()
        stretch.ending = ending
        if ending == "kill -9":
            self._engine.kill()
        else:
            code = await asyncio.to_thread(self._stop_engine)
            self._keep("SIGTERM: the engine drains and exits with 0", code == 0, code)
        with LogReader(self._data) as log:
            stretch.events = log.last_position()

    # --- what is to be so --------------------------------------------------------------------

    def _keep(self, promise: str, kept: object, found: object) -> None:
        self.findings.keep(promise, kept, f"{found}, at {clock(time.monotonic() - self._began)}")

    async def _judge(self) -> None:
        self.findings.judge(self.stretches, self.parties)
        for name, lines in (("engine", self._lines), ("room server", self._room_server.lines)):
            found = complaints(lines)
            first = f"{len(found)} lines, the first: {found[0]}" if found else ""
            self.findings.keep(f"the {name} has logged no error", not found, first)
        events = self.stretches[-1].events
        self._tell(f"auditing {events:,} events")
        began = time.monotonic()
        found = await asyncio.to_thread(self._audit, max(_AUDIT_LEAST, events / _AUDIT_EVENTS))
        self._tell(f"audited in {time.monotonic() - began:.0f} s")
        self.findings.keep("the audit is clean", not found, " ".join(found))

    def _audit(self, patience: float) -> list[str]:
        """Return what the audit has to say, nothing when it is clean."""
        command = [*PARLOUR, "audit", "--data", str(self._data)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=patience, check=False
            )
        except subprocess.TimeoutExpired:
            return [f"not done after {patience:.0f} s"]
        lines = (done.stdout + done.stderr).strip().splitlines()
        return [f"exit code {done.returncode}:", *lines[-5:]] if done.returncode else []


async def _stop(playing: Sequence[asyncio.Task[None]]) -> None:
    for task in playing:
        task.cancel()
    for task in playing:
        with suppress(asyncio.CancelledError, Exception):
            await task


@click.command()
@click.option("--minutes", type=click.FloatRange(0.5, 10_000), default=10.0, show_default=True)
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="Leave the log in this folder."
)
def soak(minutes: float, keep: Path | None) -> None:
    """Have bots of every kind play against an engine that is restarted again and again."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    with tempfile.TemporaryDirectory(prefix="parlour-soak-") as scratch:
        folder = Path(scratch) if keep is None else keep
        folder.mkdir(parents=True, exist_ok=True)
        run = Soak(folder, minutes=minutes, tell=lambda line: _tell(console, line))
        try:
            asyncio.run(run.run())
        except EngineError as error:
            console.print(f"the soak could not go on: {error}", markup=False, soft_wrap=True)
            raise SystemExit(2) from error
        show(console, run.stretches, run.parties, run.findings)
    raise SystemExit(1 if run.findings.broken else 0)


def _tell(console: Console, line: str) -> None:
    console.print(line, style="dim", markup=False, soft_wrap=True)


if __name__ == "__main__":
    soak()
