"""`parlour room-server`."""

from __future__ import annotations

from pathlib import Path

import click

from parlour.network import configfile, logs, signals
from parlour.network.netaddr import parse
from parlour.network.options import config_option

_TLS = "tls://"


@click.command("room-server")
@click.option(
    "--lobby",
    required=True,
    metavar="HOST:PORT",
    help="The engine's listener nodes; tls://HOST:PORT when it has a certificate.",
)
@config_option("Settings (TOML), those of parlour run; cluster.secret is the engine's.")
@click.option(
    "listen",
    "--listen",
    multiple=True,
    metavar="KIND=HOST:PORT",
    help="Listen here; kinds: treasure-room, http (WebSocket at /treasure/room); port 0 takes "
    "any. Repeatable. Default: treasure-room on 127.0.0.1:9201.",
)
@click.option(
    "--server-id",
    default="",
    metavar="ID",
    help="Its name, the same after a restart, no other's at the same time. Default: IP:PORT.",
)
@click.option(
    "--capacity",
    type=click.IntRange(min=1),
    metavar="N",
    help="Games at the same time. Default: treasure.capacity.",
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help='Written once the engine has let it in: {"KIND": "HOST:PORT"}.',
)
@click.option(
    "overrides",
    "--set",
    multiple=True,
    metavar="KEY=VALUE",
    help="One setting, after the file: --set cluster.secret=…  Repeatable.",
)
@click.option("--verbose", is_flag=True, help="Log debug lines too.")
def room_server(
    lobby: str,
    config_file: Path | None,
    listen: tuple[str, ...],
    server_id: str,
    capacity: int | None,
    ready_file: Path | None,
    overrides: tuple[str, ...],
    verbose: bool,
) -> None:
    """Serve treasure games of an engine that runs elsewhere.

    The engine places games on its room servers, the least loaded first, and keeps the log of all
    of them. One that dies loses nothing: its games go on at another.
    """
    with signals.exit_before_start():
        from parlour.network.treasure import room_server as server  # aiohttp: not for --help

        config = configfile.load(config_file, overrides)
        logs.configure(level="debug" if verbose else "info")
        server.run(
            server.RoomServerOptions(
                lobby=parse(lobby.removeprefix(_TLS)),
                lobby_tls=lobby.startswith(_TLS),
                config=config,
                listen=listen,
                server_id=server_id,
                capacity=capacity or 0,
                ready_file=ready_file,
            )
        )
