"""The treasure game under audit: rooms, room servers, tickets, and every game re-played.

Says which examiner sees what. Beside that it holds that no event of a game shows more than its
kind of event has to say: what is hidden is in no field before the settlement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from parlour.events.errors import CorruptLog
from parlour.events.event import decode
from parlour.events.kinds import kind_of
from parlour.events.reader import Recorded
from parlour.events.seals import StoredRow
from parlour.replay.audit_treasure_games import GamesExaminer
from parlour.replay.audit_treasure_rooms import RoomsExaminer
from parlour.replay.audit_treasure_tickets import TicketsExaminer
from parlour.replay.differences import unknown_fields
from parlour.replay.findings import Findings, Where
from parlour.replay.treasure_games import AGGREGATES

KINDS: Final = ("treasure.lobby", "treasure.room", "treasure.servers", "treasure.game")


class TreasureExaminer:
    """Judges every aggregate of the treasure game, and what accounts say of it."""

    def __init__(
        self,
        findings: Findings,
        states: Mapping[str, Any],
        *,
        game: str | None,
        key: bytes | None,
    ) -> None:
        """Begin before the first event.

        Args:
            findings: Where to put what is wrong.
            states: Every aggregate as it is now, by its id.
            game: Judge only this game; None for all. Rooms are judged all the same.
            key: What the key file holds.
        """
        self._findings = findings
        self.games = GamesExaminer(findings, states, game=game, key=key)
        self._rooms = RoomsExaminer(findings)
        self._tickets = TicketsExaminer(findings)

    def see_row(self, row: StoredRow) -> None:
        """Take a row as it lies there, before its event."""
        position, game, version, topic, state = row
        if kind_of(str(game)) != AGGREGATES:
            return
        try:
            event, document = decode(topic, state), msgspec.json.decode(state)
        except (CorruptLog, msgspec.MsgspecError, TypeError, ValueError, RecursionError):
            return  # the rows' examiner says so
        for field in unknown_fields(document, event):
            self._findings.add(
                "treasure_secret_shown",
                Where(position, game, version),
                "the event holds more than there is to say",
                field=field,
            )

    def see(self, recorded: Recorded, before: Any) -> None:
        """Take the next event of an aggregate of the treasure game."""
        kind = kind_of(recorded.originator_id)
        if kind == AGGREGATES:
            self._tickets.see_game(recorded, before)
            self.games.see(recorded, before)
            return
        self._rooms.see(recorded, before)
        if kind == "treasure.room":
            self._tickets.see_room(recorded, before)
            self.games.see_room(recorded, before)

    def see_account(self, recorded: Recorded, _before: object = None) -> None:
        """Take an event of an account."""
        self._rooms.see_account(recorded)
        self.games.see_account(recorded)

    def commit(self) -> None:
        """The events since the last call were committed together."""
        self._rooms.commit()
        self.games.commit()

    def finish(self) -> None:
        """Judge the games that still run."""
        self.games.finish()
