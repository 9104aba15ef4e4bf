"""How people name a treasure game, and where its seed comes from.

A game's seed is revealed by its settlement; until then the key file beside the log gives it, from
the salt that the room recorded when it committed to the game. Knows nothing of who may see what
follows from it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from typing import Final

from parlour.events import treasure as facts
from parlour.events.event import Event
from parlour.events.reader import LogReader, Recorded
from parlour.events.rules.treasure import draws

KIND: Final = "treasure"
AGGREGATES: Final = "treasure.game"
UNKNOWN: Final = b""
"""Stands for a seed that is not known; no commitment fits it."""

_ID: Final = re.compile(r"treasure\.game:(\d+):(\d+)", re.ASCII)
_SHORT: Final = re.compile(r"(\d{1,18})(?::(\d{1,18}))?", re.ASCII)
_ROOM: Final = re.compile(r"(?:treasure\.room:)?\d{1,15}", re.ASCII)


def is_id(name: str) -> bool:
    """Tell whether a name is the full id of a treasure game."""
    return _ID.fullmatch(name) is not None


def is_name(name: str, kind: str | None = None) -> bool:
    """Tell whether a name, maybe with the kind that was said with it, means a treasure game."""
    if kind is not None:
        return kind == KIND
    return is_id(name) or _ROOM.fullmatch(name) is not None


def find_game(reader: LogReader, name: str) -> list[Recorded] | None:
    """Return the events of a game: named in full, as `room:game`, or by its room's number.

    The number of a room means its newest game. None when there is none of that name.

    Raises:
        CorruptLog: One of its events does not decode.
    """
    bare = name.removeprefix(f"{AGGREGATES}:").removeprefix("treasure.room:")
    named = _SHORT.fullmatch(bare)
    if named is None:
        return None
    room = int(named[1])
    numbers = _placed(reader, room) if named[2] is None else [int(named[2])]
    for number in numbers:
        events = list(reader.aggregate(facts.game_id(room, number)))
        if events and isinstance(events[0].event, facts.GameOpened):
            return events
    return None


def _placed(reader: LogReader, room: int) -> list[int]:
    """Return the numbers of the games of a room that a room server was asked for, newest first."""
    events = (recorded.event for recorded in reader.aggregate(facts.room_id(room)))
    return sorted({e.game for e in events if isinstance(e, facts.GamePlaced)}, reverse=True)


# --- seeds ------------------------------------------------------------------------------------


def seed_of(reader: LogReader, events: Iterable[Recorded], key: bytes | None) -> bytes:
    """Return the seed of a game as the log, or the key beside it, gives it; or `UNKNOWN`."""
    facts_of_it = [recorded.event for recorded in events]
    opened = next(event for event in facts_of_it if isinstance(event, facts.GameOpened))
    return known(facts_of_it, key, _salt(reader, opened.room, opened.game))


def known(events: Iterable[Event], key: bytes | None, salt: str | None) -> bytes:
    """Return the seed of a game, or `UNKNOWN`.

    A seed is believed only when it fits the game's commitment.

    Args:
        events: The game's.
        key: What the key file holds.
        salt: What the room recorded when it committed to the game.
    """
    opened: facts.GameOpened | None = None
    revealed = UNKNOWN
    for event in events:
        match event:
            case facts.GameOpened():
                opened = event
            case facts.GameSettled():
                revealed = from_hex(event.seed)
    if opened is None:
        return UNKNOWN
    for seed in (revealed, _derived(opened, key, salt)):
        if fits(seed, opened.commitment):
            return seed
    return UNKNOWN


def fits(seed: bytes, commitment: str) -> bool:
    """Return whether a seed is the one that was committed to."""
    return seed != UNKNOWN and draws.commitment(seed) == commitment


def from_hex(text: str) -> bytes:
    """Return the bytes of a recorded seed; what is no hex is `UNKNOWN`."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return UNKNOWN


def _derived(opened: facts.GameOpened, key: bytes | None, salt: str | None) -> bytes:
    if key is None or salt is None:
        return UNKNOWN
    try:
        return draws.seed(key, opened.room, opened.game, salt)
    except (ValueError, struct.error):
        return UNKNOWN


def _salt(reader: LogReader, room: int, game: int) -> str | None:
    salt = None
    for recorded in reader.aggregate(facts.room_id(room)):
        if isinstance(recorded.event, facts.GameCommitted) and recorded.event.game == game:
            salt = recorded.event.salt
    return salt
