"""The seats of a game: which of them can be asked for, and what those who sat there were called."""

from __future__ import annotations

from collections.abc import Iterable

from parlour.events import account
from parlour.events.errors import EngineError
from parlour.events.reader import LogReader
from parlour.events.rules.account import Account
from parlour.events.rules.account import evolve as evolve_account


class NoSuchSeat(EngineError):
    """The game has no such seat."""


def names_of(reader: LogReader, uids: Iterable[int], position: int) -> dict[int, str]:
    """Return what players were called when the event at `position` was recorded."""
    names = {}
    for uid in uids:
        state = Account()
        for recorded in reader.aggregate(account.account_id(uid)):
            if recorded.position > position:
                break
            state = evolve_account(state, recorded.event)
        names[uid] = state.name or f"uid {uid}"
    return names
