"""`parlour run` and `parlour config`."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from parlour.network import configfile, logs, signals
from parlour.network.config import ListenSettings
from parlour.network.options import config_option, data_option

_LISTENERS = ", ".join(
    f"{field.encode_name} ({field.default.rpartition(':')[2]})"
    for field in msgspec.structs.fields(ListenSettings)
)
_config_option = config_option("Settings (TOML); parlour config prints them all.")
_set_option = click.option(
    "overrides",
    "--set",
    multiple=True,
    metavar="KEY=VALUE",
    help="One setting, after the file: --set landlord.play_seconds=30. Repeatable.",
)
_open_option = click.option(
    "open_mode",
    "--open",
    is_flag=True,
    help="Local play: any skey, token or password is good, unknown uids are registered. "
    "Loopback only; a log stays as it was made.",
)


@click.command()
@data_option
@_config_option
@click.option(
    "listen",
    "--listen",
    multiple=True,
    metavar="KIND=HOST:PORT",
    help=f"Listen here; kinds: {_LISTENERS}; port 0 takes any. Repeatable. "
    "Default: each on 127.0.0.1, at the port in brackets; with it only what it names.",
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help='Written once all listeners accept: {"KIND": "HOST:PORT"}.',
)
@_open_option
@_set_option
@click.option("--verbose", is_flag=True, help="Log debug lines too.")
def run(
    data: Path,
    config_file: Path | None,
    listen: tuple[str, ...],
    ready_file: Path | None,
    open_mode: bool,
    overrides: tuple[str, ...],
    verbose: bool,
) -> None:
    """Start the engine; Ctrl-C or SIGTERM stops it when all is on disk.

    Logs go to stderr, as JSON lines when no person watches.
    """
    with signals.exit_before_start():
        from parlour.network import server  # aiohttp and the actors: not for --help

        config = configfile.load(config_file, overrides, open_mode=open_mode)
        logs.configure(level="debug" if verbose else "info")
        server.run(
            server.RunOptions(
                data=data,
                config=config,
                listen=listen,
                ready_file=ready_file,
                open_mode=open_mode,
            )
        )


@click.command()
@_config_option
@_open_option
@_set_option
def config(config_file: Path | None, open_mode: bool, overrides: tuple[str, ...]) -> None:
    """Print every setting as TOML with its value and meaning: a file for --config."""
    click.echo(
        configfile.render(configfile.load(config_file, overrides, open_mode=open_mode)), nl=False
    )
