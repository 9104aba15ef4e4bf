"""Which games a log holds, and how people name them.

A game is a hand that was dealt; its id is the hand's aggregate id, `landlord.hand:5:12`, and
`5:12` (table and hand) will do where a game is asked for.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import msgspec
from rich.console import Console
from rich.table import Table

from parlour.events import landlord
from parlour.events.errors import EngineError
from parlour.events.event import decode, name_of
from parlour.events.reader import LogReader, Recorded
from parlour.events.times import iso
from parlour.replay.times import clock, duration

KIND: Final = "landlord"

State = Literal["running", "finished", "cancelled"]

_SHORT: Final = re.compile(r"(?:landlord\.hand:)?(\d+):(\d+)")
_TELLING: Final = frozenset(
    {"landlord.hand-dealt", "landlord.hand-settled", "landlord.hand-cancelled"}
)


class NoSuchGame(EngineError):
    """The log holds no game of that name, or no log holds games of that kind."""


class Game(msgspec.Struct, kw_only=True):
    """One game of the list."""

    id: str
    kind: str
    state: State
    started: int
    """Microseconds since 1970 UTC, when it was first dealt."""
    ended: int | None
    players: tuple[int, ...]
    """The uid in each seat."""

    def document(self) -> dict[str, Any]:
        """Return its entry in the JSON document of `parlour replay games`."""
        return {
            "id": self.id,
            "kind": self.kind,
            "state": self.state,
            "started": iso(self.started),
            "ended": None if self.ended is None else iso(self.ended),
            "players": list(self.players),
        }


def list_games(reader: LogReader, kind: str | None = None) -> list[Game]:
    """Return every game of the log, oldest first.

    Args:
        reader: The log.
        kind: Only games of this kind; there is "landlord".

    Raises:
        NoSuchGame: There is no such kind.
        CorruptLog: An event that tells of a game does not decode.
    """
    if kind not in (None, KIND):
        raise NoSuchGame(f"{kind!r} is no kind of game: there is {KIND}")
    games: dict[str, Game] = {}
    for _, game_id, _, topic, state in reader.rows():
        if name_of(str(topic)) not in _TELLING:
            continue
        event = decode(topic, state)
        game = games.get(game_id)
        if isinstance(event, landlord.HandDealt):
            if game is None:
                games[game_id] = Game(
                    id=game_id,
                    kind=KIND,
                    state="running",
                    started=event.at,
                    ended=None,
                    players=event.seats,
                )
        elif game is not None:
            game.state = state_after(event)
            game.ended = event.at
    return list(games.values())


def state_after(event: object) -> State:
    """Return what a game is once `event` was its last."""
    match event:
        case landlord.HandSettled():
            return "finished"
        case landlord.HandCancelled():
            return "cancelled"
        case _:
            return "running"


def find_game(reader: LogReader, name: str) -> list[Recorded]:
    """Return the events of a game, named in full or as `table:hand`.

    Raises:
        NoSuchGame: There is none of that name, or it was never dealt.
        CorruptLog: One of its events does not decode.
    """
    game_id = full_id(name)
    events = list(reader.aggregate(game_id))
    if not any(isinstance(recorded.event, landlord.HandDealt) for recorded in events):
        why = "was never dealt" if events else "is not in this log"
        raise NoSuchGame(f"{game_id} {why}: `parlour replay games` lists what there is")
    return events


def full_id(name: str) -> str:
    """Return the full id of a game.

    Raises:
        NoSuchGame: No game can have this name.
    """
    match = _SHORT.fullmatch(name)
    if match is None:
        raise NoSuchGame(
            f"{name!r} names no game: give its id, like landlord.hand:5:12 or just 5:12"
        )
    return landlord.hand_id(int(match[1]), int(match[2]))


def draw_list(games: list[Game], console: Console) -> None:
    """Print a list of games for people."""
    if not games:
        console.print("no games")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("game", "state", "started (UTC)", "took", "players"):
        table.add_column(name, no_wrap=True)
    for game in games:
        took = "" if game.ended is None else duration(game.ended - game.started)
        players = ", ".join(map(str, game.players))
        table.add_row(game.id, game.state, clock(game.started), took, players)
    console.print(table)
