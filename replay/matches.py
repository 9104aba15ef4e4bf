"""How people name a match: by the rid of its stream, its id, or its play room's rid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from parlour.events import techmino
from parlour.events.errors import EngineError
from parlour.events.reader import LogReader, Recorded
from parlour.replay.screen import printable

KIND: Final = "techmino.match"

_PREFIX: Final = f"{KIND}:"
_ROOM: Final = "techmino.room:"


class NoSuchMatch(EngineError):
    """The log holds no match of that name."""


def find_match(reader: LogReader, name: str) -> list[Recorded]:
    """Return the events of a match.

    Args:
        reader: The log.
        name: The rid of its stream, its id, or the rid of a play room that had one match.

    Raises:
        NoSuchMatch: There is none of that name, or several.
        CorruptLog: One of its events does not decode.
    """
    rid = name.removeprefix(_PREFIX)
    events = list(reader.aggregate(_PREFIX + rid))
    if not events:
        rids = list(_matches_of(reader, name.removeprefix(_ROOM)))
        if len(rids) > 1:
            raise NoSuchMatch(
                f"room {printable(name)} had {len(rids)} matches: give one of {' '.join(rids)}"
            )
        events = [e for rid in rids for e in reader.aggregate(_PREFIX + rid)]
    if not events or not isinstance(events[0].event, techmino.MatchOpened):
        raise NoSuchMatch(
            f"no match {printable(rid)} in this log: `parlour replay games --kind techmino.match` "
            "lists what there is"
        )
    return events


def _matches_of(reader: LogReader, room: str) -> Iterator[str]:
    for recorded in reader.aggregate(_ROOM + room):
        if isinstance(recorded.event, techmino.MatchStarted):
            yield recorded.event.match
