"""Any game, whatever its kind, as `parlour replay game` shows it: one document, or drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from rich.console import Console

from parlour.events.kinds import kind_of
from parlour.events.reader import LogReader, Recorded
from parlour.replay import hand_text, match_text, treasure_text
from parlour.replay.hand import PlayedHand
from parlour.replay.match import PlayedMatch
from parlour.replay.seats import names_of
from parlour.replay.treasure_game import PlayedTreasure
from parlour.replay.treasure_games import seed_of


class Shown(NamedTuple):
    """A game from one view, up to one of its events."""

    document: Callable[[], dict[str, Any]]
    """Gives what `--json` prints."""
    draw: Callable[[Console], object]


def play(
    reader: LogReader, events: list[Recorded], *, at: int | None = None, seat: int | None = None
) -> Shown:
    """Return a game as it is shown.

    Args:
        reader: The log.
        events: All events of the game.
        at: The last version to show; None for all.
        seat: Whose view it is; None for the view from above.

    Raises:
        NoSuchSeat: The game has no such seat.
    """
    return _VIEWS[kind_of(events[0].originator_id)](reader, events, at, seat)


def _hand(reader: LogReader, events: list[Recorded], at: int | None, seat: int | None) -> Shown:
    game = PlayedHand(events, key=reader.deck_key(), at=at, seat=seat)
    names = names_of(reader, game.dealt.seats, events[-1].position)
    return Shown(game.document, lambda console: hand_text.draw(game, names, console))


def _match(_reader: LogReader, events: list[Recorded], at: int | None, seat: int | None) -> Shown:
    match = PlayedMatch(events, at=at, seat=seat)
    return Shown(match.document, lambda console: match_text.draw(match, console))


def _treasure(reader: LogReader, events: list[Recorded], at: int | None, seat: int | None) -> Shown:
    seed = seed_of(reader, events, reader.deck_key())
    game = PlayedTreasure(events, seed=seed, at=at, seat=seat)
    return Shown(game.document, lambda console: treasure_text.draw(game, console))


_VIEWS: Final = {"landlord.hand": _hand, "techmino.match": _match, "treasure.game": _treasure}
"""How a game is shown, by the kind of its aggregate."""
