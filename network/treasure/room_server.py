"""The composition root of a room server: an engine without a log, at the end of a link.

It is the engine of `parlour run` with the actors of treasure games alone. Where that has a log on
its disk, this one has the lobby's, over the link; so nothing it says leaves before the lobby has
committed what it stands on.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog
from msgspec.structs import replace

from parlour.actors.actor import EngineActor
from parlour.actors.context import Reporter
from parlour.actors.engine import Engine
from parlour.actors.ports import Randomness
from parlour.actors.settings import ActorSettings
from parlour.actors.treasure.game import TreasureGame
from parlour.actors.treasure.game_home import GameHome
from parlour.actors.treasure.game_session import GameSession
from parlour.actors.treasure.link import RoomServerLink
from parlour.actors.treasure.link_messages import LINK_ID, LOBBY
from parlour.actors.treasure.settings import GameServer
from parlour.events.errors import EngineError
from parlour.events.kinds import KINDS
from parlour.events.writers import ThreadWriter, Writer
from parlour.network import interpreter, lifetime, listeners, logs, signals
from parlour.network.config import Config
from parlour.network.edge import Edge
from parlour.network.http import HttpServer
from parlour.network.hub import ConnectionHub
from parlour.network.limits import Gate
from parlour.network.metrics import Metrics
from parlour.network.netaddr import Address, bound_address
from parlour.network.production import SystemRandomness, TimerDriver, WallClock
from parlour.network.tls import TlsListener
from parlour.network.treasure import entrance, handlers
from parlour.network.treasure.link import Account, LobbyLink, Pace
from parlour.network.treasure.remote_store import RemoteStore
from parlour.network.treasure.seeds import GivenSeeds
from parlour.network.treasure.whereabouts import whereabouts

ACTORS: Final[dict[str, type[EngineActor]]] = {
    "treasure.link": RoomServerLink,
    "treasure.game": TreasureGame,
    "treasure.gamehome": GameHome,
    "treasure.game.session": GameSession,
}
_NEVER: Final = 2**62
_KINDS: Final = {
    kind: replace(KINDS[kind], snapshot_every=_NEVER) for kind in ("treasure.game", "treasure.room")
}
"""They are read from snapshots (the lobby's states are given so), and none are made."""
ROOM: Final = "treasure-room"
_SERVED: Final = (ROOM, "http")
_INDEX: Final = """This is a room server of a Parlour engine.

GET /treasure/room     WebSocket: treasure games
GET /healthz           is the process alive
GET /readyz            does it take commands
GET /metrics           counters for Prometheus
"""
_log = structlog.get_logger("parlour.server")


@dataclass(frozen=True, kw_only=True)
class RoomServerOptions:
    """What `parlour room-server` was asked for."""

    lobby: Address
    lobby_tls: bool
    config: Config
    listen: Sequence[str] = ()
    server_id: str = ""
    capacity: int = 0
    """0 for `treasure.capacity`."""
    ready_file: Path | None = None


class LinkedHub(ConnectionHub):
    """A hub with one more session: the lobby."""

    link: LobbyLink
    """Set right after the engine is made."""

    def _on_reply(self, reply: Any) -> None:
        if reply.session == LOBBY:
            self.link.say(reply.message)
        else:
            super()._on_reply(reply)


@dataclass
class RoomServer:
    """One room server process."""

    options: RoomServerOptions
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _servers: list[asyncio.Server | TlsListener] = field(default_factory=list)

    async def run(self) -> None:
        """Serve until told to stop.

        Raises:
            EngineError: It could not start, or the lobby does not want it.
        """
        options = self.options
        lifetime.raise_file_limit()
        interpreter.tune()
        signals.drain_with(self.stop)
        if options.ready_file is not None:
            listeners.clear_ready_file(options.ready_file)
        tls = listeners.tls_context(options.config.tls)
        where = self._addresses()
        self._here(where)  # refuses what clients could not be told
        bound = listeners.bind_all(where, loopback_only=False)
        try:
            await self._serve(bound, tls)
        finally:
            for listener in bound.values():
                listener.close()

    def stop(self) -> None:
        """Drain and exit; asked a second time, exit at once: the log is not here."""
        if self._stopping.is_set():
            os._exit(1)
        self._stopping.set()

    def _addresses(self) -> dict[str, Address]:
        defaults = self.options.config.listen
        chosen = self.options.listen or (f"{ROOM}={defaults.treasure_room}",)
        found = listeners.addresses(chosen, defaults)
        for kind in found:
            if kind not in _SERVED:
                raise EngineError(f"--listen {kind}: a room server serves {', '.join(_SERVED)}")
        if ROOM not in found:
            raise EngineError(f"--listen {ROOM}=HOST:PORT is missing: clients come there")
        return found

    def _here(self, listening: dict[str, Address]) -> GameServer:
        """Return what clients are told of this process."""
        ip, port, ws = whereabouts(self.options.config, listening[ROOM], listening.get("http"))
        server = self.options.server_id or str(Address(ip, port))
        return GameServer(server=server, ip=ip, port=port, ws=ws, home=LINK_ID)

    async def _serve(self, bound: dict[str, socket.socket], tls: ssl.SSLContext | None) -> None:
        config, limits = self.options.config, self.options.config.limits
        metrics, clock = Metrics(), WallClock()
        hub = LinkedHub(
            metrics,
            out_limit=limits.out_bytes,
            auth_seconds=limits.auth_seconds,
            idle_seconds=limits.idle_seconds,
        )
        writer = ThreadWriter(asyncio.get_running_loop())
        listening = {kind: bound_address(listener) for kind, listener in bound.items()}
        here, seeds = self._here(listening), GivenSeeds()
        store = RemoteStore(lambda batch: hub.link.ship(batch), on_silence=lambda: hub.link.cut())
        engine = make_engine(
            config,
            here,
            store=store,
            seeds=seeds,
            hub=hub,
            metrics=metrics,
            writer=writer,
            clock=clock,
        )
        hub.engine = engine
        hub.link = self._link(here, engine, store, seeds)
        gate = Gate(total=limits.connections, per_address=limits.connections_per_address)
        edge = Edge(engine, hub, gate, limits, metrics)
        lifetime.watch(metrics, engine, hub)
        service = handlers.games(config.treasure)
        http = HttpServer(
            edge,
            config.http,
            open_mode=False,
            routes={entrance.ROOM_PATH: entrance.upgrades(edge, service, config.http)},
            landlord=False,
            index=_INDEX,
        )
        factories: dict[str, Callable[[], asyncio.Protocol]] = {
            ROOM: entrance.listener(edge, service),
            "http": await http.start(),
        }
        timers = TimerDriver(engine, clock.now)
        engine.recover(clock.now())
        gc.freeze()  # what is loaded now stays: no collection need look through it
        timers.start()
        link = asyncio.create_task(hub.link.run())
        for kind, listener in bound.items():
            self._servers.append(
                await listeners.accept(listener, factories[kind], kind=kind, edge=edge, tls=tls)
            )
        chores = asyncio.create_task(lifetime.do_chores(hub, engine))
        try:
            await self._be_there(bound, here, hub.link, link)
        finally:
            chores.cancel()
            timers.stop()
            await self._drain(engine, edge, http, link)
            writer.close()

    def _link(
        self, here: GameServer, engine: Engine, store: RemoteStore, seeds: GivenSeeds
    ) -> LobbyLink:
        options, settings = self.options, self.options.config.treasure
        account = Account(
            here,
            options.capacity or settings.capacity,
            options.config.cluster.secret,
        )
        return LobbyLink(
            options.lobby,
            account,
            engine=engine,
            store=store,
            seeds=seeds,
            pace=Pace(beat=settings.beat_seconds, dead=settings.dead_seconds),
            tls=ssl.create_default_context() if options.lobby_tls else None,
        )

    async def _be_there(
        self,
        bound: dict[str, socket.socket],
        here: GameServer,
        link: LobbyLink,
        running: asyncio.Task[None],
    ) -> None:
        """Serve until told to stop.

        Raises:
            LobbyRefused: The lobby does not want this room server.
        """
        stopping = asyncio.create_task(self._stopping.wait())
        entered = asyncio.create_task(link.entered.wait())
        try:
            await asyncio.wait((stopping, entered, running), return_when=asyncio.FIRST_COMPLETED)
            if entered.done():
                if self.options.ready_file is not None:
                    listeners.write_ready_file(self.options.ready_file, bound)
                listening = {kind: str(bound_address(each)) for kind, each in bound.items()}
                lobby = str(self.options.lobby)
                _log.info("ready", server=here.server, lobby=lobby, listeners=listening)
                await asyncio.wait((stopping, running), return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
        finally:
            stopping.cancel()
            entered.cancel()

    async def _drain(
        self, engine: Engine, edge: Edge, http: HttpServer, link: asyncio.Task[None]
    ) -> None:
        _log.info("draining", connections=len(edge.hub))
        for server in self._servers:
            server.close()
        engine.drain()
        await lifetime.in_time(engine.journal.drain(), "commits")
        edge.hub.farewell()
        link.cancel()
        await asyncio.wait([link])
        await lifetime.in_time(lifetime.empty(edge.gate, edge.limits.linger_seconds), "connections")
        await http.stop()
        signals.ignore()
        _log.info("stopped")


def make_engine(
    config: Config,
    here: GameServer,
    *,
    store: RemoteStore,
    seeds: GivenSeeds,
    hub: LinkedHub,
    metrics: Metrics,
    writer: Writer,
    clock: WallClock,
    randomness: Randomness | None = None,
    report: Reporter | None = None,
) -> Engine:
    """Return an engine on a mirror of what the lobby gave, for the games of a room server."""
    return Engine(
        recorder=store,
        writer=writer,
        kinds=_KINDS,
        actors=ACTORS,
        roots=(LINK_ID,),
        hub=hub,
        clock=clock,
        randomness=randomness or SystemRandomness(),
        decks=seeds,
        settings=ActorSettings(treasure=config.treasure, cluster=config.cluster, game_server=here),
        report=report or _report,
        observer=metrics,
        keep_actors=config.engine.actors,
        keep_states=config.engine.states,
    )


def _report(event: str, **fields: Any) -> None:
    """Write what the engine reports; that its log is out of reach is no fault of this process."""
    if event in ("log_refusing", "commit_failed"):
        _log.warning(event, **fields)
    else:
        logs.report(event, **fields)


def run(options: RoomServerOptions) -> None:
    """Run a room server process to its end.

    Raises:
        EngineError: It could not start, or the lobby does not want it.
    """
    lifetime.run(RoomServer(options).run())
