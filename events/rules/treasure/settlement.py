"""Who won, and with what score.

Owns the ends of section 5 of `docs/protocols/treasure.md`. A dead player's treasures count for his
side, and he wins with it. Audit calls `settle` again and compares.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from parlour.events import treasure as facts
from parlour.events.rules.treasure.state import Game, World

Side = Literal["good", "evil"]
Reason = Literal["evil_dead", "good_dead", "no_treasure_left", "days_over"]

_TREASURE: Final = 10
_WINNING: Final = 20
_LIVING: Final = 5


class Verdict(NamedTuple):
    """How a game ended."""

    winner: Side
    reason: Reason


def verdict(world: World, *, days_over: bool) -> Verdict | None:
    """Return how the game ended, None when it goes on.

    Args:
        world: After a stage 2 or 4.
        days_over: That was the last stage of the last day.
    """
    living = {side_of(role) for role, hp in zip(world.roles, world.hp, strict=True) if hp}
    if "evil" not in living:
        return Verdict("good", "evil_dead")
    if "good" not in living:
        return Verdict("evil", "good_dead")
    if world.treasures and not days_over:
        return None
    found, destroyed, left = sum(world.found), sum(world.destroyed), len(world.treasures)
    winner: Side = "good" if 2 * found > found + destroyed + left else "evil"
    return Verdict(winner, "days_over" if left else "no_treasure_left")


def settle(game: Game, world: World, ending: Verdict, seed: bytes, *, at: int) -> facts.GameSettled:
    """Return the settlement of a game that is over."""
    return facts.GameSettled(
        at=at,
        seed=seed.hex(),
        winner=ending.winner,
        reason=ending.reason,
        players=tuple(
            _line(world, player, won=side_of(world.roles[player.seat]) == ending.winner)
            for player in game.players
        ),
        game_id=facts.game_id(game.room, game.game),
    )


def side_of(role: str) -> Side:
    """Return the side a role is on."""
    return "evil" if role == "evil" else "good"


def _line(world: World, player: facts.Player, *, won: bool) -> facts.Settled:
    seat = player.seat
    alive = world.hp[seat] > 0
    treasures = world.found[seat] + world.destroyed[seat]
    gold = world.gold[seat]
    return facts.Settled(
        player_id=player.uid,
        role=world.roles[seat],
        alive=alive,
        treasures=treasures,
        gold=gold,
        score=_TREASURE * treasures + gold + _WINNING * won + _LIVING * alive,
        win=won,
    )
