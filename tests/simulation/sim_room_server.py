"""The composition root of `network/treasure/room_server.py`, in a process that can die.

Its disk is the lobby's, over a link of the world's network: late, in pieces, cut. Where the real
journal waits for the lobby in a thread, a job here is put aside until the answer is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from sim_disk import SimWriter
from sim_engine import PORTS, START, SeededRandomness
from sim_loop import SIDE, Process

from parlour.actors.engine import Engine
from parlour.actors.treasure.link_messages import LINK_ID
from parlour.actors.treasure.settings import GameServer
from parlour.network.edge import Edge
from parlour.network.http import HttpServer
from parlour.network.limits import Gate
from parlour.network.metrics import Metrics
from parlour.network.netaddr import Address
from parlour.network.production import TimerDriver, WallClock
from parlour.network.treasure import entrance, handlers
from parlour.network.treasure.link import Account, LobbyLink, LobbyRefused, Pace
from parlour.network.treasure.remote_store import LinkLost, RemoteStore
from parlour.network.treasure.room_server import LinkedHub, make_engine
from parlour.network.treasure.seeds import GivenSeeds

if TYPE_CHECKING:
    from sim_follow import Follower
    from sim_world import World

TAG = "room server"
_ANSWER_SECONDS = 10.0


class Waits(BaseException):
    """A job waits for this answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class Answer(Future[Any]):
    """What the store waits for; `parlour.network.treasure.remote_store.Future` in a simulation."""

    def result(self, timeout: float | None = None) -> Any:
        if not self.done():
            raise Waits(self)
        return super().result()


class SimStore(RemoteStore):
    """A store whose answers are waited for outside of it."""

    parked: Answer | None = None
    """What a job waited for that is done again now."""

    def _ship(self, units: Any, *, probing: bool = False) -> Any:
        answer, self.parked = self.parked, None
        if answer is None:
            return super()._ship(units, probing=probing)
        if not answer.done():
            self.disconnected()
            self._on_silence()
            raise LinkLost("the lobby does not answer") from None
        return answer.result()


class LinkWriter(SimWriter):
    """Runs the journal's jobs; one that waits is done again when it need not wait any more."""

    store: SimStore

    def _work(self) -> None:
        self._try(*self._jobs.popleft())

    def _try(self, job: Callable[[], Any], done: Callable[..., None]) -> None:
        result, error = None, None
        try:
            result = job()
        except Waits as waits:
            self._wait(waits.answer, job, done)
            return
        except Exception as failure:
            error = failure
        self._loop.call_later(self._while(), self._done, done, result, error)

    def _wait(self, answer: Answer, job: Callable[[], Any], done: Callable[..., None]) -> None:
        over = [False]

        def go_on() -> None:
            if not over[0]:
                over[0] = True
                self.store.parked = answer
                self._try(job, done)

        self._loop.call_later(_ANSWER_SECONDS, go_on)
        answer.add_done_callback(lambda _: self._loop.call_soon(go_on))


class RoomServer:
    """One room server, through all its lives."""

    def __init__(self, world: World, number: int, lobby: int = PORTS["nodes"]) -> None:
        """Make one that will look for its lobby at a port."""
        self.world = world
        self.number = number
        self.lobby = Address("127.0.0.1", lobby)
        self.port, self.http_port = 9300 + number, 8300 + number
        self.process: Process | None = None
        self._follower: Follower | None = None
        self._lives: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin a life."""
        process = self.process = Process(f"{TAG} {self.number}")
        process.context.run(self._start, process)

    def follow(self, engine: Engine, hub: LinkedHub) -> Follower | None:
        """Have what it says held against the lobby's disk."""
        return self.world.watch.follow(engine, hub, remote=True)

    def kill(self) -> None:
        """End it, wherever it is, and begin another after a while."""
        if self.process is None or not self.process.alive:
            return
        world = self.world
        world.counts["server kills"] += 1
        self.process.alive = False
        world.network.died(self.process)
        if self._follower is not None:
            world.watch.followers.remove(self._follower)
        wait = world.random.uniform(0.0, 30.0 if world.restless else 1.0)
        world.loop.call_later(wait, self._rise, context=world.clients.context)

    def _rise(self) -> None:
        if self.process is not None and not self.process.alive and not self.world.over:
            self.start()

    def _start(self, process: Process) -> None:
        world, config, loop = self.world, self.world.config, self.world.loop
        limits, treasure = config.limits, config.treasure
        clock = WallClock(
            wall=lambda: START + world.skew + int(loop.time() * 1e9),
            monotonic=lambda: int(loop.time() * 1e9),
        )
        metrics = Metrics()
        hub = LinkedHub(
            metrics,
            out_limit=limits.out_bytes,
            auth_seconds=limits.auth_seconds,
            idle_seconds=limits.idle_seconds,
            clock=loop.time,
        )
        here = GameServer(
            server=f"server {self.number}",
            ip="127.0.0.1",
            port=self.port,
            ws=f"ws://127.0.0.1:{self.http_port}{entrance.ROOM_PATH}",
            home=LINK_ID,
        )
        seeds, writer = GivenSeeds(), LinkWriter(loop)
        store = SimStore(lambda batch: hub.link.ship(batch), on_silence=lambda: hub.link.cut())
        writer.store = store
        engine = make_engine(
            config,
            here,
            store=store,
            seeds=seeds,
            hub=hub,
            metrics=metrics,
            writer=writer,
            clock=clock,
            randomness=SeededRandomness(world.random, world.watch.secrets.draw),
            report=self._report,
        )
        hub.engine = engine
        self._follower = self.follow(engine, hub)
        account = Account(here, treasure.capacity, config.cluster.secret)
        pace = Pace(beat=treasure.beat_seconds, dead=treasure.dead_seconds)
        serve = self._serve(process, engine, hub, (account, store, seeds, pace), clock)
        self._lives.append(loop.create_task(serve, context=process.context))

    def bury(self) -> None:
        """Let go of what its lives stood in the middle of."""
        for life in self._lives:
            life.get_coro().close()

    async def _serve(
        self, process: Process, engine: Engine, hub: LinkedHub, parts: Any, clock: WallClock
    ) -> None:
        SIDE.set(process)
        world, config = self.world, self.world.config
        account, store, seeds, pace = parts
        hub.link = LobbyLink(
            self.lobby, account, engine=engine, store=store, seeds=seeds, pace=pace
        )
        limits = config.limits
        gate = Gate(total=limits.connections, per_address=limits.connections_per_address)
        edge = Edge(engine, hub, gate, limits, Metrics(), world.loop.time)
        service = handlers.games(config.treasure)
        http = HttpServer(
            edge,
            config.http,
            open_mode=False,
            routes={entrance.ROOM_PATH: entrance.upgrades(edge, service, config.http)},
            landlord=False,
        )
        engine.recover(clock.now())
        TimerDriver(engine, clock.now).start()
        listeners = world.network.listeners
        listeners[self.port] = process, entrance.listener(edge, service)
        listeners[self.http_port] = process, await http.start()
        self._do_chores(hub, engine)
        try:
            await hub.link.run()
        except LobbyRefused:  # its own last life is not dead yet to the lobby
            self.kill()

    def _do_chores(self, hub: LinkedHub, engine: Engine) -> None:
        hub.sweep()
        engine.passivate()
        self.world.loop.call_later(1.0, self._do_chores, hub, engine)

    def _report(self, event: str, **fields: Any) -> None:
        self.world.report(f"server {event}" if event in _OF_LINK else event, **fields)


_OF_LINK = ("log_refusing", "log_accepting", "commit_failed")
