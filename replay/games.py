"""Which games a log holds, and how people name them.

A game is a hand that was dealt, a match or a treasure game that was opened; its id is the
aggregate's: `landlord.hand:5:12`, `techmino.match:RID` or `treasure.game:7:3`. Where a game is
asked for `5:12` (table and hand), the rid, or a treasure room's number (its newest game) will do.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import msgspec
from rich.console import Console
from rich.table import Table

from parlour.events import landlord, techmino, treasure
from parlour.events.errors import EngineError
from parlour.events.event import Event, decode, name_of
from parlour.events.kinds import kind_of
from parlour.events.reader import LogReader, Recorded
from parlour.events.times import iso
from parlour.replay import matches, treasure_games
from parlour.replay.times import clock, duration

KIND: Final = "landlord"
MATCH_KIND: Final = matches.KIND
TREASURE_KIND: Final = treasure_games.KIND
_KINDS: Final = (KIND, MATCH_KIND, TREASURE_KIND)

State = Literal["running", "finished", "cancelled"]

_SHORT: Final = re.compile(r"(?:landlord\.hand:)?(\d{1,18}):(\d{1,18})")
_RID: Final = re.compile(r"techmino\.match:\S+|[\w-]{16,}", re.ASCII)
_LISTS: Final = "`parlour replay games` lists what there is"
_TELLING: Final = frozenset(
    {
        "landlord.hand-dealt",
        "landlord.hand-settled",
        "landlord.hand-cancelled",
        "techmino.match-opened",
        "techmino.match-ended",
        "treasure.game-opened",
        "treasure.game-settled",
        "treasure.game-cancelled",
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
        kind: Only games of this kind: "landlord", "techmino.match" (or just "techmino"), or
            "treasure".

    Raises:
        NoSuchGame: There is no such kind.
        CorruptLog: An event that tells of a game does not decode.
    """
    _must_be_known(kind)
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


def _must_be_known(kind: str | None) -> None:
    if kind is not None and not any(_is_of(known, kind) for known in _KINDS):
        raise NoSuchGame(f"{kind!r} is no kind of game: there is {', '.join(_KINDS)}")


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
        case treasure.GameOpened():
            kind, players = TREASURE_KIND, tuple(player.uid for player in event.players)
        case _:
            return None
    return Game(
        id=game_id, kind=kind, state="running", started=event.at, ended=None, players=players
    )


def state_after(event: object) -> State:
    """Return what a game is once `event` was its last."""
    match event:
        case landlord.HandSettled() | techmino.MatchEnded() | treasure.GameSettled():
            return "finished"
        case landlord.HandCancelled() | treasure.GameCancelled():
            return "cancelled"
        case _:
            return "running"


def find_game(reader: LogReader, name: str, kind: str | None = None) -> list[Recorded]:
    """Return the events of a game.

    Args:
        reader: The log.
        name: Its full id, `table:hand`, a match's rid, or the number of a treasure room, whose
            newest game is meant.
        kind: Of which kind it is, where `name` alone could mean another game too: of kind
            "treasure" `7:3` is the third game of room 7.

    Raises:
        NoSuchGame: There is none of that name, or it was never dealt; or no such kind.
        NoSuchMatch: There is no match of that rid.
        CorruptLog: One of its events does not decode.
    """
    _must_be_known(kind)
    if treasure_games.is_name(name, kind):
        events = treasure_games.find_game(reader, name)
        if events is None:
            raise NoSuchGame(f"no treasure game {name} in this log: {_LISTS}")
        return events
    game_id = full_id(name)
    if kind_of(game_id) == MATCH_KIND:
        return matches.find_match(reader, game_id)
    events = list(reader.aggregate(game_id))
    if not any(isinstance(recorded.event, landlord.HandDealt) for recorded in events):
        why = "was never dealt" if events else "is not in this log"
        raise NoSuchGame(f"{game_id} {why}: {_LISTS}")
    return events


def full_id(name: str) -> str:
    """Return the full id of a game.

    Raises:
        NoSuchGame: No game can have this name.
    """
    if treasure_games.is_id(name):
        return name
    hand = _SHORT.fullmatch(name)
    if hand is not None:
        return landlord.hand_id(int(hand[1]), int(hand[2]))
    if _RID.fullmatch(name) is None:
        raise NoSuchGame(
            f"{name!r} names no game: give its id, like landlord.hand:5:12 or just 5:12, "
            "techmino.match:RID or just RID, treasure.game:7:3"
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
