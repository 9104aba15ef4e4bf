"""What is served where: each protocol's listener, and its paths on HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

from parlour.actors.beehive.tokens import read_token
from parlour.actors.engine import Engine
from parlour.actors.treasure.settings import GameServer
from parlour.events.messages.techmino import app
from parlour.network import tcp
from parlour.network.account_desk import AccountDesk
from parlour.network.beehive import entrance as beehive
from parlour.network.beehive.credentials import Credentials
from parlour.network.beehive.http import BeehiveHttp
from parlour.network.config import Config
from parlour.network.edge import Edge
from parlour.network.http import Handler
from parlour.network.landlord.codec import TcpCodec
from parlour.network.landlord.handlers import LANDLORD
from parlour.network.limits import AddressMeters
from parlour.network.netaddr import Address
from parlour.network.passwords import PasswordThread
from parlour.network.production import KeyFileDecks, WallClock
from parlour.network.service import Service
from parlour.network.techmino import entrance as techmino
from parlour.network.techmino.credentials import CredentialDesk
from parlour.network.techmino.handlers import services as techmino_services
from parlour.network.techmino.registration import Registrar
from parlour.network.treasure import entrance as treasure
from parlour.network.treasure import handlers as treasure_handlers
from parlour.network.treasure import nodes
from parlour.network.treasure.login import LoginDesk
from parlour.network.treasure.whereabouts import whereabouts

_RARER = 20.0
"""How much more rarely than messages an address may make accounts, or devices."""


class Hall(NamedTuple):
    """What every entrance needs."""

    edge: Edge
    engine: Engine
    config: Config
    desk: AccountDesk
    passwords: PasswordThread
    decks: KeyFileDecks
    clock: WallClock
    open_mode: bool
    listening: Mapping[str, Address]
    """Where this engine listens, by kind."""


def listeners(hall: Hall) -> dict[str, Callable[[], asyncio.Protocol]]:
    """Return what makes each connection of a listener that is not HTTP's, by kind."""
    settings = hall.config.beehive
    lobby, games = _treasure(hall)
    return {
        "landlord": tcp.factory(hall.edge, LANDLORD, TcpCodec),
        "beehive": beehive.clients(hall.edge, settings),
        "beehive-nodes": beehive.nodes(hall.edge, settings),
        "treasure": treasure.listener(hall.edge, lobby),
        "treasure-room": treasure.listener(hall.edge, games),
        "nodes": nodes.listener(hall.edge, hall.config.treasure),
    }


def gets(hall: Hall, api: BeehiveHttp) -> dict[str, Handler]:
    """Return what serves GET on each path of a protocol."""
    lobby, games = _treasure(hall)
    return {
        **_techmino(hall),
        **beehive.routes(hall.edge, hall.config.beehive),
        **api.gets(),
        treasure.LOBBY_PATH: treasure.upgrades(hall.edge, lobby, hall.config.http),
        treasure.ROOM_PATH: treasure.upgrades(hall.edge, games, hall.config.http),
    }


def game_server(config: Config, listening: Mapping[str, Address]) -> GameServer | None:
    """Return where clients find the treasure games of this process; None when it serves none.

    Raises:
        EngineError: They would be told an address that stands for every interface.
    """
    room, http = listening.get("treasure-room"), listening.get("http")
    if room is None or not config.treasure.embedded:
        return None
    ip, port, ws = whereabouts(config, room, http)
    return GameServer(ip=ip, port=port, ws=ws)


def _treasure(hall: Hall) -> tuple[Service, Service]:
    """Return the services of the treasure game's lobby and of its room server."""
    desk = LoginDesk(
        hall.engine,
        hall.passwords,
        claimed=hall.engine.repository.claimed,
        register=hall.desk.register,
        purse=hall.config.accounts.default_purse,
        open_mode=hall.open_mode,
    )
    return treasure_handlers.lobby(desk.serve), treasure_handlers.games(hall.config.treasure)


def _techmino(hall: Hall) -> dict[str, Handler]:
    settings, register = hall.config.techmino, hall.desk.register
    registrar = Registrar(hall.passwords, register, allowed=settings.register)
    return techmino.routes(
        techmino_services(settings, {app.Register: registrar.serve}),
        edge=hall.edge,
        desk=CredentialDesk(
            hall.engine,
            hall.passwords,
            claimed=hall.engine.repository.claimed,
            register=register,
            open_mode=hall.open_mode,
        ),
        settings=settings,
    )


def beehive_api(hall: Hall) -> BeehiveHttp:
    """Return what serves beehive's requests over HTTP."""
    engine, limits = hall.engine, hall.config.limits

    def rare() -> AddressMeters:
        rate = limits.messages_per_second / _RARER
        return AddressMeters(rate=rate, burst=limits.burst, clock=hall.edge.clock)

    def device_of(token: str) -> tuple[int, int] | None:
        return read_token(hall.decks, token, now=hall.clock.now())

    return BeehiveHttp(
        engine,
        Credentials(
            engine,
            hall.passwords,
            claimed=engine.repository.claimed,
            device_of=device_of,
            open_mode=hall.open_mode,
        ),
        hall.passwords,
        settings=hall.config.beehive,
        register=hall.desk.register,
        newcomers=rare(),
        new_devices=rare(),
        listening=hall.listening,
        now=hall.clock.now,
    )
