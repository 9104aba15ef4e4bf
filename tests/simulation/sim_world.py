"""A world: one engine that dies and rises, its disk, its network, and everybody who plays."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import sim_engine
from msgspec.structs import replace
from sim_chance import seeded
from sim_config import SECRET, choose_config
from sim_disk import COMMIT_FAULTS, Disk
from sim_engine import PORTS, QuietLogger
from sim_follow import Follower
from sim_loop import Process, SimLoop
from sim_net import Network, SimTransport
from sim_operator import Operator
from sim_room_server import TAG, Answer, RoomServer
from sim_watch import Violation, Watch
from structlog.testing import capture_logs

from parlour.actors.engine import Engine
from parlour.events.keyfile import KEY_BYTES, KEY_NAME
from parlour.events.kinds import KINDS
from parlour.events.log import Log
from parlour.events.reader import LogReader
from parlour.network.account_desk import AccountDesk
from parlour.network.config import Config
from parlour.replay.audit import audit

_CLOSED = 0.3
"""How often nobody comes in without an account and a token."""
_REMOTE = 0.5
"""How often there are room servers."""
_SAMPLED = 0.02
"""How often everything is compared with everything."""
_HTTP_SPEAKS = "parlour.network.http._Logger"
_STORE_WAITS = "parlour.network.treasure.remote_store.Future"
_FATAL = ("handler_failed", "encode_failed", "errand_failed", "backlog_failed", "login_failed")


class World:
    """Everything there is; `run` lets it pass."""

    USUAL: tuple[str, ...] = ("lobby_refuses",)
    """What is logged as an error, and is none of ours."""

    def __init__(self, seed: int, folder: Path, *, config: Config | None = None) -> None:
        """Make one; with a config the seed does not choose what kind of engine it is."""
        self.seed = seed
        self.random = Random(f"parlour {seed}")
        self.folder = folder
        self.loop = SimLoop(self.random)
        self.clients = Process("clients")
        self.network = Network(self.loop, self.clients)
        self.network.on_said = self._on_said
        self.network.on_heard = self._on_heard
        self.trace = hashlib.sha256()
        self.counts: Counter[str] = Counter()
        self.restless = True
        """Whether anything may still go wrong."""
        self.skew = 0
        """What wall clocks are ahead (ns)."""
        self.process: Process | None = None
        self.engine: Engine
        self.follower: Follower
        self.disk: Disk
        self.desk: AccountDesk
        self._work: list[asyncio.Task[None]] = []
        self.log: Log | None = None
        self._tasks: list[asyncio.Task[Any]] = []
        folder.mkdir(parents=True, exist_ok=True)
        key = self.random.randbytes(KEY_BYTES)
        (folder / KEY_NAME).write_bytes(key)
        (folder / KEY_NAME).chmod(0o600)
        self.watch = Watch(key)
        self.watch.secrets.hide_text(SECRET, "the cluster")
        self.watch.secrets.hide_text("$argon2", "a password")
        self.operator = Operator(self.random, self.watch)
        self.over = False
        self.servers: list[RoomServer] = []
        self.closed = False
        """Whether accounts and tokens are needed."""
        self.kinds = KINDS
        if config is None:
            config = self._choose()
        self.config = config

    def _choose(self) -> Config:
        """Have the seed choose what kind of engine it is."""
        count = 2 if self.random.random() < _REMOTE else 0
        self.servers = [RoomServer(self, number) for number in range(1, count + 1)]
        self.closed = self.random.random() < _CLOSED
        often = self.random.choice((0, 3, 40))
        self.kinds = {
            name: replace(kind, snapshot_every=often) if often and kind.snapshot_every else kind
            for name, kind in KINDS.items()
        }
        return choose_config(self.random, remote=bool(self.servers))

    # --- the engine ----------------------------------------------------------------------------

    def start(self) -> None:
        """Start an engine on the log, as a new process."""
        self.counts["starts"] += 1
        process = self.process = Process(f"engine {self.counts['starts']}")
        process.context.run(sim_engine.start, self, process)

    def kill(self) -> None:
        """End the engine's process, wherever it is."""
        if self.process is None or not self.process.alive:
            return
        self.process.alive = False
        self.network.died(self.process)
        self.watch.followers.remove(self.follower)
        # Its file is closed when nobody stands in the middle of it any more.
        self.loop.call_soon(self._bury, self.log, context=self.clients.context)
        self.log = None
        wait = self.random.uniform(0.0, 4.0)
        self.loop.call_later(wait, self._rise, context=self.clients.context)

    def _bury(self, log: Log) -> None:
        log.close()

    def _rise(self) -> None:
        if self.process is None or self.process.alive:
            return
        if self.random.random() < 0.3:
            self.counts["clock jumps"] += 1
            self.skew += int(self.random.choice((-5, -0.5, 0.5, 5, 3600)) * 1e9)
        with LogReader(self.folder) as reader:
            self.watch.check_log(list(reader.rows()))
        self.start()

    def on_fault(self, kind: str) -> None:
        """A commit meets its fate."""
        self.counts[kind] += 1

    def on_disk(self, units: Any) -> None:
        self.watch.on_disk(units)
        self.counts["commits"] += 1
        for unit in units:
            for entry in unit.entries:
                self.trace.update(entry.aggregate_id.encode() + entry.state)

    # --- what is noticed -----------------------------------------------------------------------

    def report(self, event: str, **fields: Any) -> None:
        self.counts[event] += 1
        if event in _FATAL:
            error = fields.get("exc_info")
            self.watch.blame(f"{event}: {fields.get('actor')} {fields.get('message')}: {error!r}")

    def _on_said(self, end: SimTransport, data: bytes) -> None:
        self.counts["writes"] += 1
        if not end.tag.startswith(TAG):  # a room server must know
            self.watch.secrets.look_at_bytes(data, end.tag)

    def _on_heard(self, end: SimTransport, data: bytes) -> None:
        self.trace.update(f"{self.loop.time():.6f} {end.tag} {len(data)} ".encode())

    # --- what goes wrong -----------------------------------------------------------------------

    def _misfortune(self) -> None:
        """Have something go wrong."""
        random = self.random
        process = self.process
        if process is None or not process.alive:
            return
        fate = random.random()
        if fate < 0.25:
            self.disk.next = random.choice(tuple(COMMIT_FAULTS))
        elif fate < 0.29:
            self.counts["kills"] += 1
            self.kill()
        elif fate < 0.32 and self.servers:
            random.choice(self.servers).kill()
        elif fate < 0.36:
            self._break_disk()
        elif fate < 0.70:
            pairs = list(self.network.pairs)
            for ours in random.sample(pairs, min(len(pairs), random.choice((1, 1, 1, 2, 8)))):
                self.counts["cuts"] += 1
                self.network.cut(ours)
        elif fate < 0.80:
            self.counts["clock jumps"] += 1
            self.skew += int(random.choice((-3600, -1, 0.5, 2, 10, 86_400)) * 1e9)
        elif fate < 0.90:
            self.counts["networks changed"] += 1
            self.network.slow = random.choice((0.0, 0.05, 0.3))
            self.network.cutting = random.choice((0.0, 0.1, 0.6))
        else:
            self.counts["operator"] += 1
            self._work.append(
                self.operator.act(
                    self.desk,
                    lambda task: self.loop.create_task(task, context=process.context.copy()),
                )
            )

    def _break_disk(self) -> None:
        disk, random = self.disk, self.random
        if random.random() < 0.5:
            self.counts["disks out of order"] += 1
            disk.out_of_order = True
        else:
            self.counts["disks full"] += 1
            disk.fill(random.randint(0, 3))
        seconds = random.uniform(0.1, 8.0)
        self.loop.call_later(seconds, self._mend, disk, self.process, context=self.clients.context)

    def _mend(self, disk: Disk, process: Process) -> None:
        if process.alive:
            disk.out_of_order = False
            disk.fill(None)

    # --- how it passes -------------------------------------------------------------------------

    def run(self, people: list[Any], steps: int) -> None:
        """Let everybody live for some steps, then bring it to a good end.

        Raises:
            Violation: Something was so that must never be.
        """
        with (
            capture_logs() as logs,
            mock.patch(_STORE_WAITS, Answer),
            mock.patch(_HTTP_SPEAKS, QuietLogger),
            seeded(self.seed),
        ):
            self._logs = logs
            asyncio.set_event_loop(None)
            try:
                self.loop.run_until_complete(self._live(people, steps))
                self._audit()
            finally:
                self._end()

    async def _live(self, people: list[Any], steps: int) -> None:
        self.start()
        for server in self.servers:
            server.start()
        self.counts["clients"] = len(people)
        assert self.process is not None
        members = [person for person in people if self.closed or person.operator]
        enrol = self.operator.enrol(self.desk, members)
        await self.loop.create_task(enrol, context=self.process.context.copy())
        tasks = self._tasks = [
            self.loop.create_task(person.live(), context=self._client_context())
            for person in people
        ]
        calm = self.random.randint(5, 30)
        for step in range(steps):
            self.counts["steps"] += 1
            await asyncio.sleep(self.random.expovariate(1 / 0.4))
            if step > calm and self.random.random() < 0.15:
                self._misfortune()
            self._check(tasks)
            if self.random.random() < _SAMPLED:
                self._check_all()
        self._calm_down()
        for person in people:
            person.retire()
        for _ in range(400):
            await asyncio.sleep(1.0)
            self._check(tasks)
            if all(task.done() for task in tasks):
                break
        else:
            late = [person.tag for person in people if not person.done]
            raise Violation(f"some never came to an end: {late}")
        await asyncio.sleep(150.0)
        self._check(tasks)
        for _ in range(100):  # games without players go on, each by its clock
            if self.engine.journal.idle and self.engine.accepting:
                break
            await asyncio.sleep(0.05)
        else:
            raise Violation("the engine does not come to rest")
        self._check_all()
        for person in people:
            person.look_back()

    async def give_token(self, uid: int, kind: Any, tag: str) -> str:
        """Return a new token of an account, "" when the operator cannot get one.

        Raises:
            TimeoutError: The engine died meanwhile.
        """
        assert self.process is not None
        given: asyncio.Future[str] = self.loop.create_future()
        context = self.process.context.copy()

        def start() -> None:  # unless the engine is dead
            work = self.operator.give_token(self.desk, given, uid, kind)
            self._work.append(self.loop.create_task(work, context=context))

        self.loop.call_soon(start, context=context)
        async with asyncio.timeout(20.0):
            token = await given
        self.watch.secrets.own(token, tag)
        return token

    def _client_context(self) -> Any:
        return self.clients.context.copy()

    def _calm_down(self) -> None:
        self.restless = False
        self.network.slow, self.network.cutting = 0.0, 0.1
        if self.process is not None and self.process.alive:
            self.disk.next = ""
            self._mend(self.disk, self.process)

    def _check(self, tasks: list[asyncio.Task[Any]]) -> None:
        self.watch.check()
        for entry in self._logs:
            if entry["log_level"] in ("error", "critical") and entry["event"] not in self.USUAL:
                self.watch.blame(f"logged: {entry}")
        self._logs.clear()
        if self.loop.faults:
            self.watch.blame(f"nobody caught {self.loop.faults[0]}")
        for task in tasks:
            if task.done() and task.exception() is not None:
                error = task.exception()
                assert error is not None
                raise error
        if self.watch.fault:
            raise Violation(self.watch.fault)

    def _check_all(self) -> None:
        if self.log is not None:
            self.counts["samples"] += 1
            with LogReader(self.folder) as reader:
                self.watch.check_all(list(reader.rows()))

    def _audit(self) -> None:
        self._stop_servers()
        assert self.process is not None
        self.process.alive = False
        if self.log is not None:
            self.log.close()
            self.log = None
        with LogReader(self.folder) as reader:
            self.watch.check_log(list(reader.rows()))
            report = audit(reader, streams=False)
        if report.findings:
            raise Violation(f"audit: {report.findings[0]}")
        self.counts["games"] = len(self.watch.settled)
        self.counts["unfinished games"] = self.watch.unfinished
        self.counts["events"] = self.watch.events

    def _stop_servers(self) -> None:
        self.over = True
        for server in self.servers:
            if server.process is not None:
                server.process.alive = False

    def _end(self) -> None:
        self._stop_servers()
        if self.process is not None:
            self.process.alive = False
        if self.log is not None:
            self.log.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            self.loop.run_until_complete(asyncio.wait(self._tasks, timeout=10.0))
        self.clients.alive = False
        for server in self.servers:
            server.bury()
        self.network.forget()
        self.loop.close()


def make_folder() -> Path:
    """Return a new folder in memory, if there is any."""
    shm = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="parlour-", dir=shm if shm.is_dir() else None))


def remove(folder: Path) -> None:
    """Remove a folder."""
    shutil.rmtree(folder, ignore_errors=True)


__all__ = ["PORTS", "SECRET", "Violation", "World", "make_folder", "remove"]
