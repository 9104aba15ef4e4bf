"""A table as its events leave it, and what its clocks ask for.

A table knows who sits where, who is ready and who is online; the cards are the hand's
(`hand`). Clocks are not stored: they follow from `full_at` and `offline_at` and from settings
that the caller hands in, so that a changed setting holds for waiting players at once.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from parlour.events import landlord as facts
from parlour.events.event import Event
from parlour.events.rules.landlord.state import SEATS, Chair, Table

Chairs = tuple[Chair | None, Chair | None, Chair | None]
Late = tuple[int, int, Literal["unready", "offline"]]
"""The uid, the seat, and why the player loses it."""


def evolve(table: Table, event: Event) -> Table:
    """Return `table` as `event` leaves it; never refuses a recorded fact."""
    match event:
        case facts.TableOpened():
            return replace(table, tid=event.tid, type=event.type, zone=event.zone)
        case facts.PlayerSeated():
            chair = Chair(uid=event.uid, came_from=event.came_from)
            seated = replace(table, chairs=_put(table, event.seat, chair))
            return replace(seated, full_at=_ready_clock(seated, event.at))
        case facts.PlayerLeft():
            return replace(table, chairs=_put(table, event.seat, None), full_at=0)
        case facts.HandNumbered():
            return replace(table, hand=event.hand)
        case facts.HandBegun():
            return replace(table, hand=event.hand, playing=True, full_at=0)
        case facts.HandClosed():
            return _close(table, event)
        case facts.TableResumed():
            return _resume(table, event)
        case facts.PlayerReadied():
            return _change(table, event.seat, ready=True, nonce=event.nonce)
        case facts.ConnectionLost():
            return _change(table, event.seat, online=False, offline_at=event.at)
        case facts.ConnectionRegained():
            return _change(table, event.seat, online=True, offline_at=0)
        case _:
            return table


def seat_of(table: Table, uid: int) -> int | None:
    """Return the seat of a player, None when he does not sit here."""
    return next((seat for seat, chair in seated(table) if chair.uid == uid), None)


def free_seat(table: Table) -> int | None:
    """Return the lowest free seat, None when all are taken."""
    return next((seat for seat, chair in enumerate(table.chairs) if chair is None), None)


def seated(table: Table) -> tuple[tuple[int, Chair], ...]:
    """Return the taken seats with their chairs, in seat order."""
    return tuple((seat, chair) for seat, chair in enumerate(table.chairs) if chair is not None)


def first_caller(table: Table) -> int:
    """Return the seat the next hand asks first: after the last landlord, seat 0 at first."""
    return 0 if table.last_landlord is None else (table.last_landlord + 1) % SEATS


def next_deadline(table: Table, ready_us: int, offline_us: int) -> int:
    """Return when (µs) the next waiting player loses his seat; 0 when no clock runs.

    Args:
        table: The table.
        ready_us: How long (µs) the players of a full table have to be ready.
        offline_us: How long (µs) a waiting player may be offline.
    """
    return min((at for at, _ in _limits(table, ready_us, offline_us)), default=0)


def overdue(table: Table, now: int, ready_us: int, offline_us: int) -> list[Late]:
    """Return the waiting players whose time is over at `now`, in seat order, each once.

    Who is both gone and not ready is "offline".
    """
    late: dict[int, Late] = {}
    for at, entry in _limits(table, ready_us, offline_us):
        if at <= now:
            late.setdefault(entry[1], entry)
    return [late[seat] for seat in sorted(late)]


def _limits(table: Table, ready_us: int, offline_us: int) -> list[tuple[int, Late]]:
    if table.playing:
        return []
    players = seated(table)
    limits: list[tuple[int, Late]] = [
        (chair.offline_at + offline_us, (chair.uid, seat, "offline"))
        for seat, chair in players
        if not chair.online
    ]
    if table.full_at:
        ready_at = table.full_at + ready_us
        limits += [
            (ready_at, (chair.uid, seat, "unready")) for seat, chair in players if not chair.ready
        ]
    return limits


def _ready_clock(table: Table, at: int) -> int:
    return at if not table.playing and free_seat(table) is None else 0


def _put(table: Table, seat: int, chair: Chair | None) -> Chairs:
    a, b, c = (chair if at == seat else old for at, old in enumerate(table.chairs))
    return a, b, c


def _each(table: Table, **changes: object) -> Chairs:
    a, b, c = (chair and replace(chair, **changes) for chair in table.chairs)
    return a, b, c


def _change(table: Table, seat: int, **changes: object) -> Table:
    chair = next((chair for at, chair in seated(table) if at == seat), None)
    if chair is None:
        return table
    return replace(table, chairs=_put(table, seat, replace(chair, **changes)))


def _close(table: Table, event: facts.HandClosed) -> Table:
    landlord = table.last_landlord if event.landlord is None else event.landlord
    closed = replace(
        table,
        chairs=_each(table, ready=False, nonce=""),
        playing=False,
        last_landlord=landlord,
    )
    return replace(closed, full_at=_ready_clock(closed, event.at))


def _resume(table: Table, event: facts.TableResumed) -> Table:
    """Nobody is held to the time in which there was no engine to be ready at."""
    if event.cold:
        chairs = _each(table, online=False, offline_at=event.at)
        return replace(table, chairs=chairs, full_at=event.at if table.full_at else 0)
    a, b, c = (
        chair
        if chair is None or chair.online
        else replace(chair, offline_at=chair.offline_at + event.paused)
        for chair in table.chairs
    )
    full_at = table.full_at + event.paused if table.full_at else 0
    return replace(table, chairs=(a, b, c), full_at=full_at)
