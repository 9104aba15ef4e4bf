"""Tables: who sits, who is ready, and whether lobby, table, hand and accounts tell one story.

Each event of a table is looked at with the table before it. What the table says of its hand
(opened, dealt, ended) must be said by the hand in the same commit, and the same holds for who
sits down and leaves: the account says so too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from parlour.events import account, landlord
from parlour.events.event import Event, name_of, topic_of
from parlour.events.reader import Recorded
from parlour.events.rules.landlord.state import SEATS, Table
from parlour.events.rules.landlord.table import first_caller, seat_of, seated
from parlour.replay.findings import Findings

_PREFIX: Final = "landlord.table:"

Fault = tuple[str, Any, Any]
"""A field of an event, what it must be, and what it is."""


class Told(NamedTuple):
    """Something both sides must say in one commit."""

    what: Literal["opened", "dealt", "ended", "sat down", "left", "listed"]
    who: str
    """The game id, the account's, or the lobby's."""
    where: str
    """The table's id."""


class TablesExaminer:
    """Compares tables with themselves, with their hands and with the accounts seated there."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._by_table: defaultdict[Told, list[tuple[Recorded, Any]]] = defaultdict(list)
        self._by_others: defaultdict[Told, list[tuple[Recorded, Any]]] = defaultdict(list)
        self._landlords: dict[str, int | None] = {}
        """Of each hand that was dealt and runs: the landlord's seat, once there is one."""

    # --- what the table says ---------------------------------------------------------------

    def see(self, recorded: Recorded, before: Table) -> None:
        """Take the next event of a table."""
        event, where = recorded.event, recorded.originator_id
        for field, expected, found in _faults(before, event, where):
            self._findings.add(
                "table_differs",
                recorded,
                f"{name_of(topic_of(event))} does not fit the table as it was",
                field=field,
                expected=expected,
                found=found,
            )
        game = landlord.hand_id(before.tid, before.hand)
        match event:
            case landlord.TableOpened():
                told = Told("listed", landlord.LOBBY_ID, where)
                self._say(self._by_table, recorded, told, (event.type, event.zone))
            case landlord.HandNumbered():
                numbered = landlord.hand_id(before.tid, event.hand)
                self._say(self._by_table, recorded, Told("opened", numbered, where))
            case landlord.HandBegun():
                self._say(self._by_table, recorded, Told("dealt", game, where), _dealing(before))
            case landlord.HandClosed():
                self._say(self._by_table, recorded, Told("ended", game, where), event.landlord)
            case landlord.PlayerSeated():
                told = Told("sat down", account.account_id(event.uid), where)
                self._say(self._by_table, recorded, told)
            case landlord.PlayerLeft():
                told = Told("left", account.account_id(event.uid), where)
                self._say(self._by_table, recorded, told)

    # --- what the others say ---------------------------------------------------------------

    def see_lobby(self, recorded: Recorded, _before: object = None) -> None:
        """Take an event of the lobby."""
        event = recorded.event
        if isinstance(event, landlord.TableListed):
            told = Told("listed", landlord.LOBBY_ID, landlord.table_id(event.tid))
            self._say(self._by_others, recorded, told, (event.type, event.zone))

    def see_hand(self, recorded: Recorded, _before: object = None) -> None:
        """Take an event of a hand."""
        event, game = recorded.event, recorded.originator_id
        where = _PREFIX + game.split(":")[1] if ":" in game else ""
        match event:
            case landlord.HandOpened():
                self._say(self._by_others, recorded, Told("opened", game, where))
            case landlord.HandDealt(deal=0):
                self._landlords[game] = None
                terms = (event.terms.type, event.terms.zone)
                dealing = (event.seats, event.nonces, event.first, *terms)
                self._say(self._by_others, recorded, Told("dealt", game, where), dealing)
            case landlord.LandlordNamed():
                self._landlords[game] = event.seat
            # A hand that is cancelled before it was dealt was never the table's running hand.
            case landlord.HandSettled() if game in self._landlords:
                seat = self._landlords.pop(game)
                self._say(self._by_others, recorded, Told("ended", game, where), seat)
            case landlord.HandCancelled() if game in self._landlords:
                del self._landlords[game]
                self._say(self._by_others, recorded, Told("ended", game, where), None)

    def see_account(self, recorded: Recorded, _before: object = None) -> None:
        """Take an event of an account; seats elsewhere than at a table are not looked at."""
        match recorded.event:
            case account.Seated(seat=where) if where.startswith(_PREFIX):
                told = Told("sat down", recorded.originator_id, where)
                self._say(self._by_others, recorded, told)
            case account.Unseated(seat=where) if where.startswith(_PREFIX):
                self._say(self._by_others, recorded, Told("left", recorded.originator_id, where))

    @staticmethod
    def _say(
        side: defaultdict[Told, list[tuple[Recorded, Any]]],
        recorded: Recorded,
        told: Told,
        said: Any = None,
    ) -> None:
        side[told].append((recorded, said))

    # --- compared --------------------------------------------------------------------------

    def commit(self) -> None:
        """The events since the last call were committed together."""
        if not self._by_table and not self._by_others:
            return
        for told in {**self._by_table, **self._by_others}:
            ours, theirs = self._by_table.get(told, []), self._by_others.get(told, [])
            self._compare(told, ours, theirs)
        self._by_table.clear()
        self._by_others.clear()

    def _compare(
        self, told: Told, ours: list[tuple[Recorded, Any]], theirs: list[tuple[Recorded, Any]]
    ) -> None:
        code = _CODES.get(told.what, "hand_differs")
        both = min(len(ours), len(theirs))
        for recorded, _ in (*ours[both:], *theirs[both:]):
            other = told.who if recorded.originator_id == told.where else told.where
            self._findings.add(
                code,
                recorded,
                f"{other} says nothing of this in the same commit ({told.what})",
                found=recorded.event,
            )
        for (_, said), (recorded, found) in zip(ours, theirs, strict=False):
            if said != found:
                self._findings.add(
                    code,
                    recorded,
                    f"{told.where} says otherwise ({told.what})",
                    field=_FIELDS[told.what],
                    expected=said,
                    found=found,
                )


_CODES: Final = {"sat down": "seat_differs", "left": "seat_differs", "listed": "table_differs"}
_FIELDS: Final = {
    "dealt": "seats, nonces, first, terms.type, terms.zone",
    "ended": "landlord",
    "listed": "type, zone",
}


def _dealing(table: Table) -> Any:
    """Return what the hand must say of a table whose hand begins."""
    players = [chair for _, chair in seated(table)]
    uids = tuple(chair.uid for chair in players)
    nonces = tuple(chair.nonce for chair in players)
    return uids, nonces, first_caller(table), table.type, table.zone


def _faults(table: Table, event: Event, aggregate_id: str) -> Iterator[Fault]:
    """Yield what does not fit about `event` at `table`, as it was before."""
    if isinstance(event, landlord.TableOpened):
        if table.tid or landlord.table_id(event.tid) != aggregate_id:
            yield "tid", aggregate_id, landlord.table_id(event.tid)
        return
    if not table.tid:
        yield "tid", "an opened table", None
        return
    match event:
        case landlord.PlayerSeated():
            yield from _seating_faults(table, event)
        case landlord.HandNumbered() | landlord.HandBegun() | landlord.HandClosed():
            yield from _hand_faults(table, event)
        case (
            landlord.PlayerLeft(uid=uid, seat=seat)
            | landlord.PlayerReadied(uid=uid, seat=seat)
            | landlord.ConnectionLost(uid=uid, seat=seat)
            | landlord.ConnectionRegained(uid=uid, seat=seat)
        ):
            if seat_of(table, uid) != seat:
                yield "seat", seat_of(table, uid), seat
            elif table.playing and isinstance(event, landlord.PlayerLeft | landlord.PlayerReadied):
                yield "playing", False, True
            elif isinstance(event, landlord.PlayerReadied) and _ready(table, seat):
                yield "ready", False, True
            elif isinstance(event, landlord.ConnectionLost) and not _online(table, seat):
                yield "online", True, False
            elif isinstance(event, landlord.ConnectionRegained) and _online(table, seat):
                yield "online", False, True


def _seating_faults(table: Table, event: landlord.PlayerSeated) -> Iterator[Fault]:
    free = [seat for seat in range(SEATS) if table.chairs[seat] is None]
    if event.seat not in free:
        yield "seat", free, event.seat
    if seat_of(table, event.uid) is not None:
        yield "uid", None, event.uid
    if table.playing:
        yield "playing", False, True


def _hand_faults(
    table: Table, event: landlord.HandNumbered | landlord.HandBegun | landlord.HandClosed
) -> Iterator[Fault]:
    expected = table.hand + isinstance(event, landlord.HandNumbered)
    if event.hand != expected:
        yield "hand", expected, event.hand
    if table.playing != isinstance(event, landlord.HandClosed):
        yield "playing", isinstance(event, landlord.HandClosed), table.playing
    if isinstance(event, landlord.HandBegun):
        ready = sum(_ready(table, seat) for seat in range(SEATS))
        if ready != SEATS:
            yield "ready", SEATS, ready


def _ready(table: Table, seat: int) -> bool:
    chair = table.chairs[seat]
    return chair is not None and chair.ready


def _online(table: Table, seat: int) -> bool:
    chair = table.chairs[seat]
    return chair is not None and chair.online
