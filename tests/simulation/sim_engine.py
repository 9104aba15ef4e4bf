"""The composition root of `network/server.py` on a fake clock, a fake network and a bad disk."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any
from unittest import mock

from sim_disk import Disk, SimWriter
from sim_loop import SIDE, Process

from parlour.actors.engine import Engine
from parlour.events.log import open_log
from parlour.network import entrances, http
from parlour.network.edge import Edge
from parlour.network.hub import ConnectionHub
from parlour.network.limits import Gate
from parlour.network.metrics import Metrics
from parlour.network.netaddr import Address
from parlour.network.passwords import PasswordThread
from parlour.network.production import KeyFileDecks, TimerDriver, WallClock
from parlour.network.server import last_at, make_desk, make_engine

if TYPE_CHECKING:
    from sim_world import World

PORTS = {
    "http": 8080,
    "landlord": 9100,
    "beehive": 9002,
    "beehive-nodes": 9003,
    "treasure": 9200,
    "treasure-room": 9201,
    "nodes": 9400,
}
START = 1_790_000_000_000_000_000
"""What wall clocks show when the world begins (ns)."""


class SeededRandomness:
    """`actors.ports.Randomness`, the same each time."""

    def __init__(self, random: Random, drawn: Callable[[bytes], None]) -> None:
        self._random = random
        self._drawn = drawn

    def token(self, size: int) -> bytes:
        token = self._random.randbytes(size)
        self._drawn(token)
        return token


class QuietLogger(http._Logger):
    """Of a process that died, whatever is collected later says that it could not end well."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802
        return False


def start(world: World, process: Process) -> None:
    """Start an engine on the world's log, in its own process."""
    loop, config, random = world.loop, world.config, world.random
    clock = WallClock(
        wall=lambda: START + world.skew + int(loop.time() * 1e9),
        monotonic=lambda: int(loop.time() * 1e9),
    )
    with (
        mock.patch("parlour.events.log.secrets.token_hex", lambda size: "0" * 2 * size),
        mock.patch("parlour.events.datastore.Checkpointer"),  # no threads here
    ):
        log = world.log = open_log(world.folder, open_mode=not world.closed, now=clock.now)
    world.disk = Disk(log, die=world.kill, on_disk=world.on_disk, on_fault=world.on_fault)
    metrics = Metrics()
    limits = config.limits
    hub = ConnectionHub(
        metrics,
        out_limit=limits.out_bytes,
        auth_seconds=limits.auth_seconds,
        idle_seconds=limits.idle_seconds,
        clock=loop.time,
    )
    listening = {kind: Address("127.0.0.1", port) for kind, port in PORTS.items()}
    engine = world.engine = make_engine(
        log,
        config,
        hub=hub,
        metrics=metrics,
        writer=SimWriter(loop),
        clock=clock,
        report=world.report,
        game_server=entrances.game_server(config, listening),
        randomness=SeededRandomness(random, world.watch.secrets.draw),
        kinds=world.kinds,
    )
    hub.engine = engine
    world.desk = make_desk(engine, log, config)
    world.follower = world.watch.follow(engine, hub)
    gate = Gate(total=limits.connections, per_address=limits.connections_per_address)
    edge = Edge(engine, hub, gate, limits, metrics, loop.time)
    hall = entrances.Hall(
        edge=edge,
        engine=engine,
        config=config,
        desk=world.desk,
        passwords=PasswordThread(),
        decks=KeyFileDecks(log.deck_key),
        clock=clock,
        open_mode=not world.closed,
        listening=listening,
    )
    engine.recover(last_at(log, clock.now()))
    timers = TimerDriver(engine, clock.now)
    timers.start()
    _chores(world, hub, engine)
    loop.create_task(_listen(world, hall, process), context=process.context)


async def _listen(world: World, hall: entrances.Hall, process: Process) -> None:
    SIDE.set(process)
    await hall.engine.journal.drain()
    api = entrances.beehive_api(hall)
    server = http.HttpServer(
        hall.edge,
        hall.config.http,
        open_mode=not world.closed,
        routes=entrances.gets(hall, api),
        posts=api.posts(),
    )
    factories: dict[str, Callable[[], Any]] = {
        "http": await server.start(),
        **entrances.listeners(hall),
    }
    for kind, port in PORTS.items():
        world.network.listeners[port] = process, factories[kind]


def _chores(world: World, hub: ConnectionHub, engine: Engine) -> None:
    hub.sweep()
    engine.passivate()
    world.loop.call_later(1.0, _chores, world, hub, engine)
