"""`parlour demo`: the whole story, told on the terminal or as one JSON document."""

from __future__ import annotations

import asyncio
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.text import Text

from parlour.events.errors import EngineError
from parlour.network.demo.evidence import Evidence
from parlour.network.demo.figures import Figures
from parlour.network.demo.live import Live
from parlour.network.demo.process import EngineFailed
from parlour.network.demo.telling import Teller


@click.command()
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Leave the log and the forged copy in this folder, new or empty.",
)
@click.option(
    "--hands",
    type=click.IntRange(1, 100),
    default=6,
    show_default=True,
    help="How many hands the bots play.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, no story.")
def demo(keep: Path | None, hands: int, *, as_json: bool) -> None:
    """Play, kill -9, recover, replay, audit, and catch a forgery, in about fifteen seconds.

    Starts an engine of its own on free ports of the loopback and touches no other. Exits 1
    when anything is not as promised.
    """
    console = Console(quiet=as_json, highlight=False)
    teller, figures = Teller(console), Figures()
    trouble = ""
    with _folder(keep) as name:
        try:
            _tell(teller, figures, Path(name), hands)
            if keep is not None:
                teller.say(f"left behind: {keep}/data, the log, and {keep}/forged, the copy")
        except (EngineError, OSError) as error:
            trouble = str(error)
    ok = teller.kept and not trouble
    if as_json:
        document = {
            "ok": ok,
            "error": trouble or None,
            "promises": teller.promises,
            "figures": figures,
        }
        click.echo(msgspec.json.format(msgspec.json.encode(document)))
    elif trouble:
        click.echo(f"the demo could not go on: {trouble}", err=True)
    raise SystemExit(0 if ok else 1)


def _folder(keep: Path | None) -> AbstractContextManager[str]:
    if keep is None:
        return tempfile.TemporaryDirectory(prefix="parlour-demo-")
    keep.mkdir(parents=True, exist_ok=True)
    if any(keep.iterdir()):
        raise click.UsageError(f"{keep} is not empty: name a new folder")
    return nullcontext(str(keep))


def _tell(teller: Teller, figures: Figures, folder: Path, hands: int) -> None:
    began = time.perf_counter()
    teller.say(Text("Parlour: a game engine that has everything on disk before anybody sees it."))
    teller.say(Text("Real processes, real sockets, a real kill -9; every number is from this run."))
    live = Live(teller, figures, folder, hands=hands)
    try:
        asyncio.run(live.run())
    except (EngineError, OSError, TimeoutError) as error:
        trouble = str(error) or "it did not come to its end in time"
        raise EngineFailed("\n".join([trouble, *live.engine.last_words()])) from error
    finally:
        live.engine.close()
    evidence = Evidence(teller, figures, folder, game=live.table.game, match=live.match.rid)
    evidence.run(live.adventure.game, live.adventure.result)
    figures.seconds = time.perf_counter() - began
    _sum_up(teller, figures)


def _sum_up(teller: Teller, figures: Figures) -> None:
    teller.chapter("In numbers, all from this run")
    teller.say(
        f"{figures.hands} hands with {figures.commands} commands, a match with {figures.chunks} "
        f"chunks, relayed {figures.relayed} times, "
        f"a treasure game with {figures.treasure_commands} commands"
    )
    teller.say(f"{figures.events} events on disk before anybody saw them, {figures.seals} seals")
    teller.say(
        f"{figures.commands / figures.play_seconds:.0f} commands a second at a table where three "
        "wait for each other, each one synced to disk"
    )
    teller.say(
        f"back after kill -9 in {figures.recovery_seconds:.2f} s "
        f"(an empty start takes {figures.start_seconds:.2f} s); nothing acknowledged was lost"
    )
    teller.say(f"audited at {figures.events / figures.audit_seconds:,.0f} events a second")
    teller.say(Text(f"the whole story took {figures.seconds:.1f} s", style="bold"))
