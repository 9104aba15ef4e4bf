"""The commands that only read a log: replay, audit, export, backup, log.

All take `--data DIR`, a DATA folder or a log file, and work on a copy and beside a running
engine alike. `network.cli` mounts them; an `EngineError` becomes its one line there.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import click

from parlour.events.reader import LogReader
from parlour.replay.screen import moment_option, progress, say, say_json, say_json_list

_FOUND = 1

Function = TypeVar("Function", bound=Callable[..., Any])


def data_option(command: Function) -> Function:
    """Add `--data DIR`, which may also be a log file."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path),
        default="data",
        show_default=True,
        envvar="PARLOUR_DATA",
        metavar="DIR",
        help="Folder with the log, or a log file.",
    )(command)


def json_option(command: Function) -> Function:
    """Add `--json`."""
    return click.option(
        "as_json", "--json", is_flag=True, help="Print one JSON document on stdout."
    )(command)


# --- replay -----------------------------------------------------------------------------------


@click.group()
def replay() -> None:
    """List and replay past games, from the log alone."""


@replay.command("games")
@data_option
@click.option("--kind", metavar="K", help="Only games of this kind: landlord, techmino, treasure.")
@json_option
def replay_games(data: Path, kind: str | None, *, as_json: bool) -> None:
    """List the games of a log, oldest first."""
    from parlour.replay.games import draw_list, list_games

    with LogReader(data) as reader:
        games = list_games(reader, kind)
    if as_json:
        say_json({"games": [game.document() for game in games]})
    else:
        say(lambda console: draw_list(games, console))


@replay.command("game")
@click.argument("game_id", metavar="ID")
@data_option
@click.option("--kind", metavar="K", help="Of this kind: 7:3 of kind treasure is room 7's third.")
@click.option("--at", "at", type=click.IntRange(min=1), metavar="N", help="Up to this version.")
@click.option("--seat", type=click.IntRange(min=0), metavar="S", help="Only what this seat saw.")
@json_option
def replay_game(
    game_id: str, data: Path, kind: str | None, at: int | None, seat: int | None, *, as_json: bool
) -> None:
    """Replay the game ID, from above or as one seat saw it.

    ID is a hand (landlord.hand:5:12, or 5:12), a match (techmino.match:RID, or RID) or a treasure
    game (treasure.game:7:3, or 7: the newest one of room 7).
    """
    from parlour.replay.games import find_game
    from parlour.replay.played import play

    with LogReader(data) as reader:
        game = play(reader, find_game(reader, game_id, kind), at=at, seat=seat)
    if as_json:
        say_json(game.document())
    else:
        say(game.draw)


@replay.command("stream")
@click.argument("rid", metavar="RID")
@data_option
@click.option("--uid", type=int, metavar="U", help="Only this player's stream.")
@click.option(
    "--rep",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the client's own replay file of one player (v0.14), which plays there.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    metavar="X",
    help="Play it here as it happened, X times as fast.",
)
@json_option
def replay_stream(
    rid: str, data: Path, uid: int | None, rep: Path | None, speed: float | None, *, as_json: bool
) -> None:
    """Show the streams of the Techmino match RID: frames, keys, attacks, deaths."""
    from parlour.replay import stream_file, stream_text
    from parlour.replay.matches import find_match
    from parlour.replay.streams import MatchStreams

    if speed is not None and (as_json or rep is not None):
        raise click.UsageError("--speed plays for people: leave out --json and --rep")
    with LogReader(data) as reader:
        match = MatchStreams(find_match(reader, rid))
        path = reader.path
    if rep is not None:
        stream = stream_file.one_stream(match, uid)
        stream_file.write(rep, stream_file.replay_file(match, stream), log=path)
        written = {"path": str(rep), "uid": stream.player.uid, "bytes": len(stream.record)}
        if as_json:
            say_json(written)
        else:
            click.echo(f"{rep}: {len(stream.record):,} record bytes of uid {stream.player.uid}")
        return
    if as_json:
        say_json(match.document(uid))
        return
    streams = match.of(uid)
    for line in stream_text.header(match, streams):
        click.echo(line)
    lines = stream_text.timeline(match, streams)
    if speed is None:
        for moment in lines:
            click.echo(moment.text)
    else:
        stream_text.play(lines, speed, click.echo)
    for line in stream_text.footer(streams):
        click.echo(line)


@replay.command("chat")
@click.argument("room", metavar="ROOM")
@data_option
@moment_option("--since", "From this time on (ISO 8601, UTC unless it says so).")
@moment_option("--until", "Before this time.")
@click.option("--text", default="", metavar="TEXT", help="Only messages with TEXT in them.")
@click.option("--after", type=click.IntRange(min=0), default=0, metavar="SEQ", help="Behind SEQ.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N messages.")
@json_option
def replay_chat(
    room: str,
    data: Path,
    since: int | None,
    until: int | None,
    text: str,
    after: int,
    limit: int | None,
    *,
    as_json: bool,
) -> None:
    """Show what was said in ROOM, oldest first.

    ROOM: techmino:global, techmino.room:RID; of beehive room:RID, group:GID, user:UID (all that
    he sent or got in private), user:UID:UID (between two), broadcast.
    """
    from parlour.replay import chat

    wanted = chat.Wanted(after=after, since=since, until=until, text=text)
    with LogReader(data) as reader:
        found = chat.open_room(reader, room)
        messages = islice(wanted.of(found.messages), limit)
        if as_json:
            say_json_list(
                {"room": found.name}, "messages", (message.document() for message in messages)
            )
        else:
            for message in messages:
                click.echo(chat.line(message))


# --- audit ------------------------------------------------------------------------------------


@click.command()
@data_option
@click.option("--game", metavar="ID", help="Judge only this game; the log is checked all the same.")
@click.option(
    "--head",
    "head_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What `parlour log head` printed earlier: finds a cut or recomputed log.",
)
@click.option(
    "--public-key",
    "key_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Ed25519 public key (PEM, or 32 raw bytes): every seal must be signed with it.",
)
@click.option(
    "--no-streams",
    is_flag=True,
    help="Leave out what players' own records hold: only what the engine and the log did.",
)
@json_option
@click.pass_context
def audit(
    context: click.Context,
    data: Path,
    game: str | None,
    head_file: Path | None,
    key_file: Path | None,
    *,
    no_streams: bool,
    as_json: bool,
) -> None:
    """Check seals, events, deals, plays, settlements, money, matches, messages, treasure games.

    Exit code 0: clean; 1: findings; 2: could not run.
    """
    from parlour.replay.audit_runs import audit_settled
    from parlour.replay.games import full_id
    from parlour.replay.kept_outside import read_head, read_public_key

    head = None if head_file is None else read_head(head_file)
    public_key = None if key_file is None else read_public_key(key_file)
    report = audit_settled(
        data,
        game=None if game is None else full_id(game),
        head=head,
        public_key=public_key,
        streams=not no_streams,
    )
    if as_json:
        say_json(report.document())
    else:
        say(report.print)
    if not report.ok:
        context.exit(_FOUND)


# --- copies -----------------------------------------------------------------------------------


@click.command()
@data_option
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Put it in the place of a file that is there.")
@json_option
def export(data: Path, out: Path, *, replace: bool, as_json: bool) -> None:
    """Write the log as a queryable SQLite database OUT."""
    from parlour.replay.export import export as run

    with LogReader(data) as reader, progress("exporting", reader.count()) as advance:
        counts = run(reader, out, replace=replace, progress=advance)
    if as_json:
        say_json({"path": str(out), "rows": counts})
    else:
        for table, count in counts.items():
            click.echo(f"{count:>9,}  {table}")
        click.echo(f"{out}: try `sqlite3 {out} 'SELECT * FROM player_totals'`")


@click.command()
@data_option
@click.argument("out", type=click.Path(path_type=Path, file_okay=True))
@click.option(
    "--with-keys",
    is_flag=True,
    help="Also copy deck.key, without which running hands are cancelled; it shows hidden cards.",
)
@json_option
def backup(data: Path, out: Path, *, with_keys: bool, as_json: bool) -> None:
    """Copy the log into the new folder OUT, also while an engine runs, and check the copy.

    To restore, copy OUT back and start the engine with it.
    """
    from parlour.replay.backup import backup as run

    with LogReader(data) as reader, progress("copying", reader.pages()) as advance:
        made = run(reader, out, with_keys=with_keys, progress=advance)
    if as_json:
        say_json({"path": str(made.folder), "events": made.events, "head": made.head})
        return
    keys = "with deck.key" if made.with_key else "without deck.key (--with-keys)"
    click.echo(f"{made.folder}: {made.events:,} events, seals verified, {keys}")
    click.echo(f"seal {made.head['seal']} at position {made.head['position']}")
    click.echo(f"digest {made.head['digest']}")


# --- log --------------------------------------------------------------------------------------


@click.group()
def log() -> None:
    """Look at the log itself."""


@log.command("stats")
@data_option
@json_option
def log_stats(data: Path, *, as_json: bool) -> None:
    """Count what is in the log."""
    from parlour.replay.stats import collect

    with LogReader(data) as reader:
        stats = collect(reader)
    if as_json:
        say_json(stats.document())
    else:
        say(stats.print)


@log.command("show")
@data_option
@click.option(
    "--from", "start", type=click.IntRange(min=1), default=1, metavar="P", help="From position P."
)
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="At most N events.")
@click.option("--aggregate", metavar="ID", help="Only events of this aggregate.")
@click.option("--name", metavar="NAME", help="Only events of this name.")
@json_option
def log_show(
    data: Path,
    start: int,
    limit: int | None,
    aggregate: str | None,
    name: str | None,
    *,
    as_json: bool,
) -> None:
    """Show events, one line each."""
    from parlour.replay.listing import entries, line

    with LogReader(data) as reader:
        shown = islice(entries(reader, start=start, aggregate=aggregate, name=name), limit)
        any_shown = False
        if as_json:
            listed = list(shown)
            any_shown = bool(listed)
            say_json({"events": listed})
        else:
            for entry in shown:
                any_shown = True
                click.echo(line(entry))
    if not any_shown and limit != 0:
        click.echo("no such event: `parlour log stats` counts what there is", err=True)


@log.command("head")
@data_option
@click.option("--json", is_flag=True, expose_value=False, help="As it is without: always JSON.")
def log_head(data: Path) -> None:
    """Print the last seal as JSON, to be kept elsewhere and given to `audit --head` later."""
    with LogReader(data) as reader:
        say_json(reader.head())
