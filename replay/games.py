"""Which games a log holds, and how people name them.

A game is a hand that was dealt or a match that was opened; its id is the aggregate's,
`landlord.hand:5:12` or `techmino.match:RID`. `5:12` (table and hand) or the rid will do where a
game is asked for.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import msgspec
from rich.console import Console
from rich.table import Table

from parlour.events import landlord, techmino
from parlour.events.errors import EngineError
from parlour.events.event import Event, decode, name_of
from parlour.events.kinds import kind_of
from parlour.events.reader import LogReader, Recorded
from parlour.events.times import iso
from parlour.replay import matches
from parlour.replay.times import clock, duration

KIND: Final = "landlord"
MATCH_KIND: Final = matches.KIND
_KINDS: Final = (KIND, MATCH_KIND)

State = Literal["running", "finished", "cancelled"]

_SHORT: Final = re.compile(r"(?:landlord\.hand:)?(\d+):(\d+)")
_RID: Final = re.compile(r"techmino\.match:\S+|[\w-]{16,}", re.ASCII)
_TELLING: Final = frozenset(
    {
        "landlord.hand-dealt",
        "landlord.hand-settled",
        "landlord.hand-cancelled",
        "techmino.match-opened",
        "techmino.match-ended",
    }
)


class NoSuchGame(EngineError):
    """The log holds no game of that name, or no log holds games of that kind."""


class Game(msgspec.Struct, kw_only=True):
    """One game of the list."""

    id: str
    kind: str
    state: State
    started: int
    """Microseconds since 1970 UTC, when it was first dealt or opened."""
    ended: int | None
    players: tuple[int, ...]
    """The uids in order of their seats."""

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
        kind: Only games of this kind: "landlord", "techmino.match" (or just "techmino").

    Raises:
        NoSuchGame: There is no such kind.
        CorruptLog: An event that tells of a game does not decode.
    """
    if kind is not None and not any(_is_of(known, kind) for known in _KINDS):
        raise NoSuchGame(f"{kind!r} is no kind of game: there is {' and '.join(_KINDS)}")
    games: dict[str, Game] = {}
    for _, game_id, _, topic, state in reader.rows():
        if name_of(str(topic)) not in _TELLING:
            continue
        event = decode(topic, state)
        game = games.get(game_id)
        if game is None:
            begun = _begun(game_id, event)
            if begun is not None and (kind is None or _is_of(begun.kind, kind)):
                games[game_id] = begun
        elif state_after(event) != "running":
            game.state = state_after(event)
            game.ended = event.at
    return list(games.values())


def _is_of(kind: str, wanted: str) -> bool:
    """Tell whether a kind is what was asked for, maybe by its protocol's name alone."""
    return f"{kind}.".startswith(f"{wanted}.")


def _begun(game_id: str, event: Event) -> Game | None:
    players: tuple[int, ...]
    match event:
        case landlord.HandDealt():
            kind, players = KIND, event.seats
        case techmino.MatchOpened():
            kind, players = MATCH_KIND, tuple(player.uid for player in event.players)
        case _:
            return None
    return Game(
        id=game_id, kind=kind, state="running", started=event.at, ended=None, players=players
    )


def state_after(event: object) -> State:
    """Return what a game is once `event` was its last."""
    match event:
        case landlord.HandSettled() | techmino.MatchEnded():
            return "finished"
        case landlord.HandCancelled():
            return "cancelled"
        case _:
            return "running"


def find_game(reader: LogReader, name: str) -> list[Recorded]:
    """Return the events of a game, named in full, as `table:hand` or by a match's rid.

    Raises:
        NoSuchGame: There is none of that name, or it was never dealt.
        NoSuchMatch: There is no match of that rid.
        CorruptLog: One of its events does not decode.
    """
    game_id = full_id(name)
    if kind_of(game_id) == MATCH_KIND:
        return matches.find_match(reader, game_id)
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
    hand = _SHORT.fullmatch(name)
    if hand is not None:
        return landlord.hand_id(int(hand[1]), int(hand[2]))
    if _RID.fullmatch(name) is None:
        raise NoSuchGame(
            f"{name!r} names no game: give its id, like landlord.hand:5:12 or just 5:12, "
            "techmino.match:RID or just RID"
        )
    return techmino.match_id(name.removeprefix(f"{MATCH_KIND}:"))


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
