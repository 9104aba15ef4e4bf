"""A match drawn for people: who played, what happened, chunks only counted, and the places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parlour.events import techmino as facts
from parlour.events.event import Event, name_of, topic_of
from parlour.replay.match import PlayedMatch
from parlour.replay.screen import number, printable
from parlour.replay.times import clock, offset

_LEFT: Final = {
    "left": "leaves the stream",
    "lost": "loses the connection",
    "restart": "did not come back after the restart",
}


def draw(match: PlayedMatch, console: Console) -> None:
    """Print a match; times count from its beginning, or from its opening when there was none."""
    names = {player.uid: printable(player.username) for player in match.opened.players}
    console.print(Text(f"Techmino  {match.id}  {match.state}", style="bold"))
    for said in _head(match):
        console.print(Text(said), highlight=False)
    console.print(_players(match), highlight=False)
    console.print()
    console.print(_steps(match, names), highlight=False)
    ended = match.ended
    if ended is not None:
        console.print()
        console.print(Text("Result", style="bold"))
        console.print(_result(ended, names), highlight=False)


def _head(match: PlayedMatch) -> Iterator[str]:
    opened, began = match.opened, match.began
    yield f"{opened.type}, in room {opened.room}; opened {clock(opened.at)} UTC"
    if began is not None:
        yield f"began {clock(began.at)} UTC with seed {began.seed}"


def _grid() -> Table:
    return Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))


def _players(match: PlayedMatch) -> Table:
    chunks = Counter(
        recorded.event.uid
        for recorded in match.shown
        if isinstance(recorded.event, facts.ChunkStreamed)
    )
    table = _grid()
    for player in match.opened.players:
        table.add_row(
            f"  seat {player.sid}",
            Text(printable(player.username), style="bold"),
            f"uid {player.uid}",
            f"{chunks[player.uid]:,} chunks",
        )
    return table


def _steps(match: PlayedMatch, names: dict[int, str]) -> Table:
    start = (match.began or match.opened).at
    table = _grid()
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for recorded in match.shown:
        event = recorded.event
        if isinstance(event, facts.ChunkStreamed):
            continue
        uid = getattr(event, "uid", None)
        who = "" if uid is None else names.get(uid, f"uid {uid}")
        tell = _LINES.get(type(event))
        said = name_of(topic_of(event)) if tell is None else tell(event)
        when = offset(event.at - start)
        table.add_row(str(recorded.version), when, Text(who, style="bold"), Text(said))
    return table


def _result(ended: facts.MatchEnded, names: dict[int, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("place", "player", "uid", "score", "seconds"):
        table.add_column(name, justify="left" if name == "player" else "right")
    for place in sorted(ended.result, key=lambda place: place.place):
        table.add_row(
            str(place.place),
            Text(names.get(place.uid, "?")),
            str(place.uid),
            f"{place.score:,}",
            f"{place.survivalTime:,}",
        )
    return table


_LINES: Final[dict[type[Event], Callable[[Any], str]]] = {
    facts.MatchOpened: lambda event: f"{len(event.players)} players are asked to the stream",
    facts.StreamJoined: lambda event: "watches" if event.watch else "is connected",
    facts.StreamLeft: lambda event: _LEFT[event.reason],
    facts.MatchBegan: lambda event: f"the game begins with seed {event.seed}",
    facts.PlayerDied: lambda event: (
        f"dies: score {number(event.score)}, {number(event.survival_time)} s by his clock"
    ),
    facts.MatchResumed: lambda event: "the engine started again; players may come back",
    facts.MatchEnded: lambda event: "the match is over",
}
