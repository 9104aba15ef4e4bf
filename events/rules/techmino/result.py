"""The result of a match: who came where, derived from its state, and so from the log alone.

Survivors first (there is at most one, unless a match is judged before it is over), then who
died later before who died earlier, then who never came. Who reported his own end has the
numbers he reported. The survivor and the disconnected have whole seconds from the beginning,
and the score they reported last, else 0. Source: docs/protocols/techmino.md.
"""

from __future__ import annotations

from typing import Final

from parlour.events.rules.techmino.state import Match, Player
from parlour.events.techmino import Place

_MICRO: Final = 1_000_000
_RANK: Final = {"living": 0, "waiting": 0, "died": 1, "lost": 1, "missing": 2}


def result_of(match: Match) -> tuple[Place, ...]:
    """Return the places 1..n of a match that is over: every player once, in order of sid."""
    ranked = sorted(match.players.values(), key=_rank)
    places = {player.uid: place for place, player in enumerate(ranked, 1)}
    return tuple(
        Place(
            uid=player.uid,
            place=places[player.uid],
            score=0 if player.score is None else player.score,
            survivalTime=_survival(match, player),
        )
        for player in match.players.values()
    )


def _rank(player: Player) -> tuple[int, int, int]:
    return _RANK[player.standing], -player.out, player.sid


def _survival(match: Match, player: Player) -> int | float:
    if player.survival_time is not None:
        return player.survival_time
    if player.standing == "missing":
        return 0
    end = player.out_at or match.over_at
    return (end - match.began_at + _MICRO // 2) // _MICRO
