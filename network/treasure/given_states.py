"""What the lobby gives of rooms and games, looked at before anything here stands on it.

A lobby of another version of Parlour may have shapes that this process cannot read. Such a game
is not taken: the lobby gives it to somebody else, and the operator is told why.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from parlour.events import treasure as facts
from parlour.events.errors import EngineError
from parlour.events.kinds import KINDS, kind_of
from parlour.events.messages.treasure_link import Assign, State

_LONGEST: Final = 2**53
"""Of a stage, in µs; no clock counts further."""
_SHOWN: Final = 100
"""Characters of a name that an operator is shown."""


class UnreadableGame(EngineError):
    """What the lobby gives of a game cannot be read here."""


def check_assign(said: Assign) -> None:
    """See that a game can be served from what is given of it.

    Raises:
        UnreadableGame: It cannot; the text says what an operator does about it.
    """
    room, game = facts.room_id(said.room_id), facts.game_id(said.room_id, said.game)
    if said.game_topic:  # a new game has no state yet, and its result will have one
        _check_topic(game, said.game_topic)
    check_states(said.states, of=(room, game))
    if room not in [state.aggregate_id for state in said.states]:
        raise UnreadableGame(f"{room} is not given with its game")
    times = (said.options.verify, *said.options.stages)
    if not all(0 <= time <= _LONGEST for time in times):
        raise UnreadableGame("its stages have no length")


def check_states(states: Iterable[State], *, of: Iterable[str]) -> None:
    """See that states can be read, and are of aggregates that were expected.

    Raises:
        UnreadableGame: One is not.
    """
    for state in states:
        if state.aggregate_id not in of:
            raise UnreadableGame(f"{state.aggregate_id:.{_SHOWN}} has no part in it")
        _check_topic(state.aggregate_id, state.topic)
        kind = KINDS[kind_of(state.aggregate_id)]
        try:
            msgspec.json.decode(state.state, type=kind.state_type)
        except (ValueError, TypeError, RecursionError) as error:
            raise UnreadableGame(f"{state.aggregate_id} is no {state.topic}: {error}") from error


def _check_topic(aggregate_id: str, topic: str) -> None:
    ours = KINDS[kind_of(aggregate_id)].snapshot_topic
    if topic != ours:
        raise UnreadableGame(
            f"{aggregate_id} is {topic:.{_SHOWN}} there and {ours} here: "
            "run the same version of Parlour as the lobby"
        )
