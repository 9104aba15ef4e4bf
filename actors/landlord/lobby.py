"""The lobby of the Dou Dizhu room: which tables exist, and who is sent to which.

The list of tables is the aggregate `landlord.lobby:1`; how full each one is is read from the
tables themselves and only indexed here, so the index can always be made again.
"""

from __future__ import annotations

from typing import ClassVar

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.landlord import messages
from parlour.actors.landlord.session import TABLE_PREFIX
from parlour.actors.messages import Recover, Restarted, UserLost
from parlour.actors.ports import Reply
from parlour.events.account import account_id
from parlour.events.landlord import LOBBY_ID, TableListed, TableOpened, table_id
from parlour.events.messages import landlord as wire
from parlour.events.rules.landlord.lobby import Lobby as ListedTables
from parlour.events.rules.landlord.state import Table
from parlour.events.rules.landlord.table import seated

_TRIES = 8
"""How often a seat that was taken in between is looked for again."""

Kind = tuple[int, int]
"""Type and zone."""


class Lobby(EngineActor):
    """The actor `landlord.lobby:1`."""

    def __init__(self) -> None:
        super().__init__()
        self._index: dict[Kind, tuple[dict[int, None], ...]] = {}
        """By kind: the waiting tables with 0, 1 and 2 players, each in order of arrival."""
        self._place: dict[int, tuple[Kind, int]] = {}
        self._indexed = False

    def may_end(self) -> bool:
        """There is one, and it is always wanted."""
        return False

    # --- the index -------------------------------------------------------------------------

    def _tables(self) -> dict[int, Kind]:
        listed: ListedTables = self.context.state(LOBBY_ID)
        return listed.tables

    def _table(self, tid: int) -> Table:
        table: Table = self.context.state(table_id(tid))
        return table

    def _make_index(self) -> None:
        if not self._indexed:
            self._indexed = True
            for tid in self._tables():
                self._place_table(tid)

    def _place_table(self, tid: int) -> None:
        old = self._place.pop(tid, None)
        if old is not None:
            self._index[old[0]][old[1]].pop(tid, None)
        table = self._table(tid)
        players = len(seated(table))
        if table.playing or players == 3:
            return
        kind = (table.type, table.zone)
        self._index.setdefault(kind, ({}, {}, {}))[players][tid] = None
        self._place[tid] = (kind, players)

    def _waiting(self, kind: Kind, *, without: tuple[int, ...] = ()) -> int:
        """Return a waiting table (two players first, then one, then none), or 0."""
        for players in (2, 1, 0):
            for tid in self._index.get(kind, ({}, {}, {}))[players]:
                if tid not in without:
                    return tid
        return 0

    def _open_table(self, kind: Kind) -> int:
        tid = max(self._tables(), default=0) + 1
        at = self.context.now()
        self.context.record(LOBBY_ID, TableListed(at=at, tid=tid, type=kind[0], zone=kind[1]))
        self.context.record(table_id(tid), TableOpened(at=at, tid=tid, type=kind[0], zone=kind[1]))
        self._place_table(tid)
        return tid

    # --- messages --------------------------------------------------------------------------

    def on_find(self, message: messages.FindSeat) -> None:
        """Send a user to a table, a new one if none waits."""
        self._make_index()
        if message.tries > _TRIES:
            self._no_seat(message.origin)
            return
        kind = (message.type, message.zone)
        tid = self._waiting(kind) or self._open_table(kind)
        self.tell(
            table_id(tid),
            messages.TakeSeat(
                origin=message.origin, uid=message.uid, leaving=0, tries=message.tries
            ),
        )

    def on_find_other(self, message: messages.FindOther) -> None:
        """Send a user who sits at a table to another one."""
        self._make_index()
        tid = 0
        if message.tries <= _TRIES:
            left = (message.tid, message.came_from)
            tid = self._waiting(self._tables()[message.tid], without=left)
        if not tid:
            self._no_seat(message.origin)
            return
        self.tell(
            table_id(tid),
            messages.TakeSeat(
                origin=message.origin, uid=message.uid, leaving=message.tid, tries=message.tries
            ),
        )

    def _no_seat(self, origin: str) -> None:
        session = int(origin.partition(":")[2])
        self.context.say(Reply(session, wire.JoinTableErr(error_code=5)))

    def on_seats_changed(self, message: messages.SeatsChanged) -> None:
        """Put a table where it belongs in the index."""
        self._make_index()
        self._place_table(message.tid)

    def on_user_lost(self, message: UserLost) -> None:
        """Tell the table where the user sits."""
        seat = self.context.state(account_id(message.uid)).seat
        if seat.startswith(TABLE_PREFIX):
            self.tell(seat, messages.PlayerGone(uid=message.uid))

    def on_recover(self, message: Recover) -> None:
        """Have every table that has players go on."""
        self._make_index()
        for tid in self._tables():
            if seated(self._table(tid)):
                self.tell(table_id(tid), message)

    def on_restarted(self, message: Restarted) -> None:
        """The index is made again on first use."""

    HANDLERS: ClassVar[dict[type, Handler]] = {
        messages.FindSeat: on_find,
        messages.FindOther: on_find_other,
        messages.SeatsChanged: on_seats_changed,
        UserLost: on_user_lost,
        Recover: on_recover,
        Restarted: on_restarted,
    }
