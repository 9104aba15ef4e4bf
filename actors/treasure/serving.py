"""What a room server is told of a room's game, to begin it or to go on with it."""

from __future__ import annotations

from typing import Final

from parlour.actors.context import Context
from parlour.actors.treasure import messages
from parlour.events import treasure as facts
from parlour.events.rules.treasure import commands
from parlour.events.rules.treasure import room as rules
from parlour.events.rules.treasure.state import Game, Room
from parlour.events.times import MICROSECONDS

_MORE: Final = 600 * MICROSECONDS


def serve_of(context: Context, room: Room, *, left_at: int = 0) -> messages.Serve:
    """Return 501 as games hear it.

    Args:
        context: Where the settings are.
        room: Whose game it is.
        left_at: When the room server before was heard last (µs); 0 when there was none.
    """
    settings = context.settings.treasure
    stages = (
        us(settings.move_seconds),
        us(settings.action_seconds),
        us(settings.auction_seconds),
        us(settings.explore_seconds),
    )
    return messages.Serve(
        room=room.room,
        game=room.game,
        epoch=room.epoch,
        server=room.server,
        players=rules.players(room),
        commitment=room.commitment,
        times=facts.Times(verify=us(settings.verify_seconds), stages=stages),
        left_at=left_at,
    )


def opening_of(serve: messages.Serve, *, at: int) -> commands.OpenGame:
    """Return the command that begins the game that a room server is given."""
    return commands.OpenGame(
        at=at,
        room=serve.room,
        game=serve.game,
        epoch=serve.epoch,
        server=serve.server,
        players=serve.players,
        commitment=serve.commitment,
        times=serve.times,
    )


def longest(game: Game) -> int:
    """Return the longest time that anything lasts in a game (µs)."""
    return max(game.times.verify, *game.times.stages) if game.times else 0


def longest_rest(context: Context, game: Game) -> int:
    """Return more than a stage ever has left (µs): its own time, and what games wait to go on."""
    settings = context.settings.treasure
    waits = us(settings.unserved_seconds + settings.return_seconds + settings.dead_seconds)
    return longest(game) + waits + _MORE


def us(seconds: float) -> int:
    """Return a setting in µs."""
    return int(seconds * MICROSECONDS)
