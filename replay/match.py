"""One match of Techmino as a game: who played, what was recorded, how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from parlour.events import techmino
from parlour.events.event import Event, name_of
from parlour.events.reader import Recorded
from parlour.events.times import iso
from parlour.replay.games import MATCH_KIND, State
from parlour.replay.seats import NoSuchSeat

E = TypeVar("E", bound=Event)


class PlayedMatch:
    """A match up to one of its events. Everybody sees all of it, so a seat hides nothing."""

    def __init__(
        self, events: Sequence[Recorded], *, at: int | None = None, seat: int | None = None
    ) -> None:
        """Take a match.

        Args:
            events: All its events; the first opens it.
            at: The last version to show; None for all.
            seat: Whose view it is.

        Raises:
            NoSuchSeat: Nobody played at `seat`.
        """
        opened = events[0].event
        assert isinstance(opened, techmino.MatchOpened)
        self.id = events[0].originator_id
        self.opened = opened
        self.shown = [recorded for recorded in events if at is None or recorded.version <= at]
        sids = [player.sid for player in opened.players]
        if seat is not None and seat not in sids:
            raise NoSuchSeat(
                f"nobody played at seat {seat} (--seat): seats are {', '.join(map(str, sids))}"
            )

    @property
    def began(self) -> techmino.MatchBegan | None:
        """Return the beginning, when it is shown."""
        return self._first(techmino.MatchBegan)

    @property
    def ended(self) -> techmino.MatchEnded | None:
        """Return the end, when it is shown."""
        return self._first(techmino.MatchEnded)

    @property
    def state(self) -> State:
        """Return what the match is at the last shown event."""
        return "running" if self.ended is None else "finished"

    def document(self) -> dict[str, Any]:
        """Return the JSON document of `parlour replay game`."""
        ended = self.ended
        players = self.opened.players
        return {
            "id": self.id,
            "kind": MATCH_KIND,
            "rid": self.opened.rid,
            "room": self.opened.room,
            "state": self.state,
            "seats": [{"seat": player.sid, "uid": player.uid} for player in players],
            "events": [_event(recorded) for recorded in self.shown],
            "result": None if ended is None else msgspec.to_builtins(list(ended.result)),
        }

    def _first(self, kind: type[E]) -> E | None:
        return next((r.event for r in self.shown if isinstance(r.event, kind)), None)


def _event(recorded: Recorded) -> dict[str, Any]:
    head = {
        "position": recorded.position,
        "version": recorded.version,
        "at": iso(recorded.event.at),
        "name": name_of(recorded.topic),
    }
    return {**head, **msgspec.to_builtins(recorded.event), **head}
