"""The composition root: one engine process, from an empty folder to a clean exit.

Everything is made here and nowhere else, in this order: sockets are bound, the log is opened,
the engine recovers what was running, and only then anything is accepted.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from parlour.actors.actor import EngineActor
from parlour.actors.beehive.group import BeehiveGroup
from parlour.actors.beehive.lobby import BeehiveLobby
from parlour.actors.beehive.node_session import NodeSession
from parlour.actors.beehive.nodes import BeehiveNodes
from parlour.actors.beehive.room import BeehiveRoom
from parlour.actors.beehive.session import BeehiveSession
from parlour.actors.beehive.user import BeehiveUser
from parlour.actors.context import Reporter
from parlour.actors.engine import Engine
from parlour.actors.landlord.lobby import Lobby
from parlour.actors.landlord.session import LandlordSession
from parlour.actors.landlord.table import LandlordTable
from parlour.actors.ports import Hub, Randomness
from parlour.actors.settings import ActorSettings
from parlour.actors.techmino.app_session import AppSession
from parlour.actors.techmino.chat_room import ChatRoom
from parlour.actors.techmino.chat_session import ChatSession
from parlour.actors.techmino.lobby import TechminoLobby
from parlour.actors.techmino.match import Match
from parlour.actors.techmino.play_session import PlaySession
from parlour.actors.techmino.room import PlayRoom
from parlour.actors.techmino.stream_session import StreamSession
from parlour.actors.techmino.user_session import UserSession
from parlour.actors.treasure.game import TreasureGame
from parlour.actors.treasure.game_home import GameHome
from parlour.actors.treasure.game_session import GameSession
from parlour.actors.treasure.lobby import TreasureLobby
from parlour.actors.treasure.node_session import RoomServerSession
from parlour.actors.treasure.room import TreasureRoom
from parlour.actors.treasure.servers import RoomServers
from parlour.actors.treasure.session import LobbySession
from parlour.actors.treasure.settings import GameServer
from parlour.actors.user import User
from parlour.events import beehive, keyfile, treasure
from parlour.events.account import UID_KEYS, uid_key
from parlour.events.event import decode
from parlour.events.kinds import KINDS, AggregateKind
from parlour.events.landlord import LOBBY_ID
from parlour.events.log import Log, open_log
from parlour.events.techmino import LOBBY_ID as TECHMINO_LOBBY_ID
from parlour.events.writers import ThreadWriter, Writer
from parlour.network import entrances, greeting, interpreter, lifetime, listeners, logs, signals
from parlour.network.account_desk import AccountDesk
from parlour.network.admin import AdminServer
from parlour.network.config import Config
from parlour.network.edge import Edge
from parlour.network.http import MAX_BODY, HttpServer
from parlour.network.hub import ConnectionHub
from parlour.network.limits import Gate
from parlour.network.metrics import Metrics
from parlour.network.netaddr import bound_address
from parlour.network.passwords import PasswordThread
from parlour.network.production import KeyFileDecks, SystemRandomness, TimerDriver, WallClock
from parlour.network.tls import TlsListener

ACTORS: dict[str, type[EngineActor]] = {
    "landlord.session": LandlordSession,
    "landlord.lobby": Lobby,
    "landlord.table": LandlordTable,
    "techmino.app.session": AppSession,
    "techmino.user.session": UserSession,
    "techmino.chat.session": ChatSession,
    "techmino.play.session": PlaySession,
    "techmino.stream.session": StreamSession,
    "techmino.lobby": TechminoLobby,
    "techmino.chat": ChatRoom,
    "techmino.room": PlayRoom,
    "techmino.match": Match,
    "beehive.session": BeehiveSession,
    "beehive.lobby": BeehiveLobby,
    "beehive.user": BeehiveUser,
    "beehive.group": BeehiveGroup,
    "beehive.room": BeehiveRoom,
    "beehive.node.session": NodeSession,
    "beehive.nodes": BeehiveNodes,
    "treasure.session": LobbySession,
    "treasure.lobby": TreasureLobby,
    "treasure.room": TreasureRoom,
    "treasure.servers": RoomServers,
    "treasure.node.session": RoomServerSession,
    "treasure.game": TreasureGame,
    "treasure.gamehome": GameHome,
    "treasure.game.session": GameSession,
    "user": User,
}
ROOTS = (
    LOBBY_ID,
    TECHMINO_LOBBY_ID,
    beehive.LOBBY_ID,
    beehive.NODES_ID,
    treasure.SERVERS_ID,
    treasure.LOBBY_ID,
)
"""Actors told to bring back what was running, in this order."""
_ACCOUNTS = ("account",)
_OTHER_CLOCKS = ("account", "treasure.game")
"""Kinds of aggregates with events that another clock than the engine's may have given times."""
_log = structlog.get_logger("parlour.server")


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What `parlour run` was asked for."""

    data: Path
    config: Config
    listen: Sequence[str] = ()
    ready_file: Path | None = None
    open_mode: bool = False


def make_engine(
    log: Log,
    config: Config,
    *,
    hub: Hub,
    metrics: Metrics,
    writer: Writer,
    clock: WallClock,
    report: Reporter = logs.report,
    game_server: GameServer | None = None,
    randomness: Randomness | None = None,
    kinds: Mapping[str, AggregateKind] = KINDS,
) -> Engine:
    """Return an engine on an open log; with a `game_server` treasure games run in it."""
    settings = ActorSettings(
        open=log.opened.open,
        default_purse=config.accounts.default_purse,
        token_seconds=config.accounts.token_seconds,
        landlord=config.landlord,
        techmino=config.techmino,
        beehive=config.beehive,
        cluster=config.cluster,
        treasure=config.treasure,
        game_server=game_server,
    )
    return Engine(
        recorder=log.recorder,
        writer=writer,
        kinds=kinds,
        actors=ACTORS,
        roots=ROOTS,
        hub=hub,
        clock=clock,
        randomness=randomness or SystemRandomness(),
        decks=KeyFileDecks(log.deck_key),
        settings=settings,
        report=report,
        observer=metrics,
        keep_actors=config.engine.actors,
        keep_states=config.engine.states,
    )


def make_desk(engine: Engine, log: Log, config: Config) -> AccountDesk:
    """Return the desk that serves operators' requests."""

    def last_uid(below: int) -> int:
        key = log.recorder.last_claim(UID_KEYS, below=uid_key(below))
        return 0 if key is None else int(key.removeprefix(UID_KEYS))

    return AccountDesk(
        engine,
        config.accounts,
        last_uid=last_uid,
        claimed=engine.journal.claimed,
        head=log.head,
    )


@dataclass
class Server:
    """One engine process."""

    options: RunOptions
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _servers: list[asyncio.Server | TlsListener] = field(default_factory=list)

    async def run(self) -> None:
        """Serve until told to stop.

        Raises:
            EngineError: It could not start; nothing was accepted.
        """
        options = self.options
        lifetime.raise_file_limit()
        interpreter.tune()
        signals.drain_with(self.stop)
        if options.ready_file is not None:
            listeners.clear_ready_file(options.ready_file)
        tls = listeners.tls_context(options.config.tls)
        where = listeners.addresses(options.listen, options.config.listen)
        entrances.game_server(options.config, where)  # refuses what clients could not be told
        bound = listeners.bind_all(where, loopback_only=options.open_mode)
        try:
            signing_key = options.config.log.signing_key
            log = open_log(
                options.data,
                open_mode=options.open_mode,
                signing_key=Path(signing_key) if signing_key else None,
            )
        except BaseException:
            for listener in bound.values():
                listener.close()
            raise
        mode = keyfile.exposed(options.data)
        if mode is not None:
            _log.warning("deck_key_exposed", mode=mode, help="others may read it: chmod 600")
        try:
            await self._serve(log, bound, tls)
        finally:
            log.close()

    async def _serve(
        self, log: Log, bound: dict[str, socket.socket], tls: ssl.SSLContext | None
    ) -> None:
        options, config = self.options, self.options.config
        metrics, clock = Metrics(), WallClock()
        limits = config.limits
        hub = ConnectionHub(
            metrics,
            out_limit=limits.out_bytes,
            auth_seconds=limits.auth_seconds,
            idle_seconds=limits.idle_seconds,
        )
        writer = ThreadWriter(asyncio.get_running_loop())
        listening = {kind: bound_address(listener) for kind, listener in bound.items()}
        engine = make_engine(
            log,
            config,
            hub=hub,
            metrics=metrics,
            writer=writer,
            clock=clock,
            game_server=entrances.game_server(config, listening),
        )
        hub.engine = engine
        gate = Gate(total=limits.connections, per_address=limits.connections_per_address)
        edge = Edge(engine, hub, gate, limits, metrics)
        lifetime.watch(metrics, engine, hub)
        desk, passwords = make_desk(engine, log, config), PasswordThread()
        hall = entrances.Hall(
            edge=edge,
            engine=engine,
            config=config,
            desk=desk,
            passwords=passwords,
            decks=KeyFileDecks(log.deck_key),
            clock=clock,
            open_mode=options.open_mode,
            listening=listening,
        )
        api = entrances.beehive_api(hall)
        http = HttpServer(
            edge,
            config.http,
            open_mode=options.open_mode,
            routes=entrances.gets(hall, api),
            posts=api.posts(),
            max_body=max(MAX_BODY, config.beehive.body_bytes),
        )
        admin = AdminServer(options.data, desk)
        timers = TimerDriver(engine, clock.now)

        try:
            engine.recover(last_at(log, clock.now()))
            # Many running games make more events than the journal lets wait: who came while it
            # writes them would be refused.
            await engine.journal.drain()
            gc.freeze()  # what is loaded now stays: no collection need look through it
            timers.start()
            await self._accept(bound, hall, http, tls)
            await admin.start()
            if options.ready_file is not None:
                listeners.write_ready_file(options.ready_file, bound)
        except BaseException:
            # What was recovered is on its way to the disk, and the log must not close before.
            await lifetime.in_time(engine.journal.drain(), "commits")
            writer.close()
            raise
        greeting.ready(
            listening,
            data=options.data,
            open_mode=options.open_mode,
            tls=tls is not None,
            events=log.recorder.last_position(),
        )
        chores = asyncio.create_task(lifetime.do_chores(hub, engine))
        await self._stopping.wait()
        chores.cancel()
        timers.stop()
        await self._drain(engine, edge, http, admin)
        passwords.close()
        writer.close()

    async def _accept(
        self,
        bound: dict[str, socket.socket],
        hall: entrances.Hall,
        http: HttpServer,
        tls: ssl.SSLContext | None,
    ) -> None:
        factories = {"http": await http.start(), **entrances.listeners(hall)}
        for kind, listener in bound.items():
            server = await listeners.accept(
                listener, factories[kind], kind=kind, edge=hall.edge, tls=tls
            )
            self._servers.append(server)

    def stop(self) -> None:
        """Drain and exit; asked a second time, exit at once: the log is safe at any moment."""
        if self._stopping.is_set():
            os._exit(1)
        self._stopping.set()

    async def _drain(
        self, engine: Engine, edge: Edge, http: HttpServer, admin: AdminServer
    ) -> None:
        _log.info("draining", connections=len(edge.hub))
        for server in self._servers:
            server.close()
        engine.drain()
        await lifetime.in_time(engine.journal.drain(), "commits")
        edge.hub.farewell()
        await admin.stop()
        await lifetime.in_time(lifetime.empty(edge.gate, edge.limits.linger_seconds), "connections")
        await http.stop()
        await lifetime.in_time(engine.journal.drain(), "commits")
        signals.ignore()
        _log.info("stopped")


def last_at(log: Log, now: int) -> int:
    """Return when games ran last, in µs: what running turns had left is counted from there.

    That is the newest event besides those of accounts. An operator may have made accounts since
    then without an engine, and time has not run for the players meanwhile. A running engine
    records accounts too, and lived on after the event found here if that was the last it did:
    then turns get back a little more than they had, which hurts nobody.

    The events of treasure games may have their time from a room server's clock: one that is before
    the newest event of anything else is not believed, nor one that is yet to come.
    """
    newest = (log.recorder.newest_besides(*kinds) for kinds in (_ACCOUNTS, _OTHER_CLOCKS))
    times = [decode(*found).at for found in newest if found is not None]
    return min(max(times, default=log.opened.at), now)


def run(options: RunOptions) -> None:
    """Run an engine process to its end.

    Raises:
        EngineError: It could not start.
    """
    lifetime.run(Server(options).run())
