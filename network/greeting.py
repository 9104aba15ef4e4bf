"""What a person sees when the engine starts and stops; programs get JSON lines instead."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import structlog
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from parlour.network.netaddr import Address

_log = structlog.get_logger("parlour.server")
_WHAT = {
    "http": "HTTP and WebSocket",
    "landlord": "Dou Dizhu over TCP",
    "beehive": "Instant messaging over TCP",
    "beehive-nodes": "Its nodes report",
    "treasure": "Treasure game's lobby over TCP",
    "treasure-room": "Its games over TCP",
    "nodes": "Its room servers connect",
}
_OPEN = (
    "--open: no password, token or skey is checked, and whoever connects may play as anybody.\n"
    "For play on this machine only; never put a proxy before it."
)


def ready(
    where: Mapping[str, Address], *, data: Path, open_mode: bool, tls: bool, events: int
) -> None:
    """Say that every listener accepts."""
    if open_mode:
        _log.warning("open_mode", text=_OPEN.replace("\n", " "))
    listeners = {kind: str(address) for kind, address in where.items()}
    if not sys.stderr.isatty():
        _log.info("ready", listeners=listeners, data=str(data), open=open_mode, events=events)
        return
    console = Console(stderr=True)
    console.print(_panel(where, data=data, open_mode=open_mode, tls=tls, events=events))


def _panel(
    where: Mapping[str, Address], *, data: Path, open_mode: bool, tls: bool, events: int
) -> Panel:
    grid = Table.grid(padding=(0, 2))
    for kind, address in where.items():
        grid.add_row(f"[bold]{_WHAT.get(kind, kind)}[/]", _url(kind, address, tls=tls))
    grid.add_row("[bold]data[/]", f"{data}  ({events:,} events)")
    grid.add_row("[bold]stop[/]", "Ctrl-C, or SIGTERM; again to stop at once")
    grid.add_row("", "")
    grid.add_row("[bold]try next[/]", f"parlour account add --name alice --data {data}")
    grid.add_row("", f"parlour replay games --data {data}")
    grid.add_row("", f"parlour audit --data {data}")
    grid.add_row("", "parlour demo")
    style = "red" if open_mode else "green"
    title = "Parlour is open: nobody is authenticated" if open_mode else "Parlour is running"
    return Panel(grid, title=title, border_style=style, expand=False)


def _url(kind: str, address: Address, *, tls: bool) -> str:
    if kind == "http":
        paths = "/landlord, /tech/socket/v1/…, /im, /treasure"
        return f"{'https' if tls else 'http'}://{address}   WebSocket at {paths}"
    return f"{address}{' (TLS)' if tls else ''}"
