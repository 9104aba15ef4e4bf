"""A play room: who is in it, who is ready, and whether a match is on.

The countdown is here as well: it starts when everybody is ready and no match runs, ends in a
match, and is off as soon as somebody is not ready any more or leaves. Who enters meanwhile
does not stop it, and is no player unless he is ready at its end.

After a restart of the engine every member is away. Until `return_us` are over he gets his
seat back by entering again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, Final

from msgspec.structs import replace

from parlour.events import techmino as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.techmino import commands
from parlour.events.rules.techmino.chat import remember
from parlour.events.rules.techmino.commands import RoomTerms
from parlour.events.rules.techmino.state import Member, Room


def decide(room: Room, command: commands.Command, terms: RoomTerms) -> list[Event]:
    """Return the events that obeying `command` would cause, in order.

    Raises:
        RuleViolation: "not_found" (no such room), "no_room" (he is not in it), "one_room" (he
            is in it already), "wrong_password" or "room_full".
    """
    if not room.open and not isinstance(command, commands.Open | commands.Wake):
        raise RuleViolation("not_found")
    events = _DECISIONS[type(command)](room, command, terms)
    if not isinstance(command, _CAUSES):
        return events
    return events + _consequences(reduce(evolve, events, room), command.at, terms)


def evolve(room: Room, event: Event) -> Room:
    """Return `room` as `event` leaves it; never refuses a recorded fact."""
    step = _STEPS.get(type(event))
    return room if step is None else step(room, event)


def present(room: Room, uid: int) -> bool:
    """Tell whether a user is in the room, and not away."""
    member = room.members.get(uid)
    return member is not None and not member.away


def connected(room: Room, *, without: int = 0) -> tuple[int, ...]:
    """Return who hears what is said to the room."""
    return tuple(m.uid for m in room.members.values() if not m.away and m.uid != without)


def seated(room: Room) -> list[Member]:
    """Return the members in order of sid."""
    return sorted(room.members.values(), key=lambda member: member.sid)


def players(room: Room) -> tuple[facts.MatchPlayer, ...]:
    """Return who would play if the match started now: who is ready, in order of sid."""
    return tuple(
        facts.MatchPlayer(sid=m.sid, uid=m.uid, username=m.username, config=m.config)
        for m in seated(room)
        if m.ready
    )


def next_deadline(room: Room, terms: RoomTerms) -> int:
    """Return when (µs) the room must be woken; 0 when no clock runs."""
    if room.countdown:
        return room.countdown
    return room.resumed_at + terms.return_us if _away(room) else 0


# --- decisions ------------------------------------------------------------------------------


def _open(_room: Room, command: commands.Open, _terms: RoomTerms) -> list[Event]:
    if command.capacity < 1:  # rooms of this type are switched off
        raise RuleViolation("room_full")
    opened = facts.RoomOpened(
        at=command.at,
        rid=command.rid,
        type=command.type,
        name=command.name,
        capacity=command.capacity,
        salt=command.salt,
        password=command.password,
        uid=command.uid,
    )
    return [opened, _entered(command, 0)]


def _entered(command: commands.Open | commands.Enter, sid: int) -> facts.PlayerEntered:
    return facts.PlayerEntered(
        at=command.at,
        uid=command.uid,
        sid=sid,
        username=command.username,
        config=command.config,
        plays_only=command.plays_only,
    )


def _enter(room: Room, command: commands.Enter, _terms: RoomTerms) -> list[Event]:
    member = room.members.get(command.uid)
    if member is not None and not member.away:
        raise RuleViolation("one_room")
    if member is not None:
        returned = facts.PlayerReturned(
            at=command.at,
            uid=command.uid,
            sid=member.sid,
            config=command.config,
            plays_only=command.plays_only,
        )
        return [returned]
    if room.password and command.password != room.password:
        raise RuleViolation("wrong_password")
    if len(room.members) >= room.capacity:
        raise RuleViolation("room_full")
    taken = {member.sid for member in room.members.values()}
    return [_entered(command, next(sid for sid in range(len(taken) + 1) if sid not in taken))]


def _leave(room: Room, command: commands.Leave, _terms: RoomTerms) -> list[Event]:
    member = room.members.get(command.uid)
    if member is None:
        raise RuleViolation("no_room")
    return [_left(member, command.at, command.reason), *_cancel(room, command.at)]


def _left(member: Member, at: int, reason: facts.LeaveReason) -> Event:
    return facts.PlayerLeft(
        at=at, uid=member.uid, sid=member.sid, username=member.username, reason=reason
    )


def _cancel(room: Room, at: int) -> list[Event]:
    return [facts.CountdownCancelled(at=at)] if room.countdown else []


def _must_be_in(room: Room, uid: int) -> Member:
    if not present(room, uid):
        raise RuleViolation("no_room")
    return room.members[uid]


def _say(room: Room, command: commands.Say, _terms: RoomTerms) -> list[Event]:
    _must_be_in(room, command.uid)
    said = facts.RoomSaid(
        at=command.at, uid=command.uid, username=command.username, text=command.text
    )
    return [said]


def _config(room: Room, command: commands.ChangeConfig, _terms: RoomTerms) -> list[Event]:
    _must_be_in(room, command.uid)
    return [facts.ConfigChanged(at=command.at, uid=command.uid, config=command.config)]


def _ready(room: Room, command: commands.ChangeReady, _terms: RoomTerms) -> list[Event]:
    if _must_be_in(room, command.uid).ready == command.ready:
        return []
    changed = facts.ReadyChanged(at=command.at, uid=command.uid, ready=command.ready)
    return [changed] if command.ready else [changed, *_cancel(room, command.at)]


def _wake(room: Room, command: commands.Wake, terms: RoomTerms) -> list[Event]:
    at = command.at
    if room.countdown:
        due = at >= room.countdown
        return [facts.MatchStarted(at=at, match=command.match)] if due else []
    away = _away(room)
    if not away or at < room.resumed_at + terms.return_us:
        return []
    return [_left(member, at, "restart") for member in away]


def _away(room: Room) -> list[Member]:
    return [member for member in seated(room) if member.away]


def _finish(room: Room, command: commands.FinishMatch, _terms: RoomTerms) -> list[Event]:
    if room.match != command.match:
        return []
    return [facts.MatchFinished(at=command.at, match=command.match)]


def _resume(_room: Room, command: commands.Resume, _terms: RoomTerms) -> list[Event]:
    return [facts.RoomResumed(at=command.at)]


def _consequences(room: Room, at: int, terms: RoomTerms) -> list[Event]:
    """Return what follows from how the room is now: it ends, or a countdown starts."""
    if not room.open:
        return []
    members = room.members.values()
    if not members:
        return [facts.RoomClosed(at=at)]
    if room.countdown or room.match or len(members) < terms.least:
        return []
    if not all(member.ready for member in members):
        return []
    return [facts.CountdownStarted(at=at, until=at + terms.start_us)]


_CAUSES: Final = (
    commands.Leave,
    commands.ChangeReady,
    commands.Wake,
    commands.FinishMatch,
    commands.Resume,
)
"""Commands after which the room may end or a countdown may start."""

_DECISIONS: Final[dict[type[commands.Command], Callable[[Room, Any, RoomTerms], list[Event]]]] = {
    commands.Open: _open,
    commands.Enter: _enter,
    commands.Leave: _leave,
    commands.Say: _say,
    commands.ChangeConfig: _config,
    commands.ChangeReady: _ready,
    commands.Wake: _wake,
    commands.FinishMatch: _finish,
    commands.Resume: _resume,
}

# --- evolution ------------------------------------------------------------------------------


def _opened(_room: Room, event: facts.RoomOpened) -> Room:
    return Room(
        open=True,
        rid=event.rid,
        type=event.type,
        name=event.name,
        capacity=event.capacity,
        salt=event.salt,
        password=event.password,
    )


def _member_entered(room: Room, event: facts.PlayerEntered) -> Room:
    member = Member(
        sid=event.sid,
        uid=event.uid,
        username=event.username,
        config=event.config,
        plays_only=event.plays_only,
    )
    return replace(room, members={**room.members, event.uid: member})


def _change(room: Room, uid: int, **changes: object) -> Room:
    member = room.members.get(uid)
    if member is None:
        return room
    return replace(room, members={**room.members, uid: replace(member, **changes)})


def _change_all(room: Room, **changes: object) -> dict[int, Member]:
    return {uid: replace(member, **changes) for uid, member in room.members.items()}


def _member_returned(room: Room, event: facts.PlayerReturned) -> Room:
    return _change(room, event.uid, away=False, config=event.config, plays_only=event.plays_only)


def _member_left(room: Room, event: facts.PlayerLeft) -> Room:
    members = {uid: member for uid, member in room.members.items() if uid != event.uid}
    return replace(room, members=members)


def _said(room: Room, event: facts.RoomSaid) -> Room:
    return replace(room, histories=remember(room.histories, event))


def _match_started(room: Room, event: facts.MatchStarted) -> Room:
    members = _change_all(room, ready=False)
    return replace(room, members=members, match=event.match, countdown=0)


def _resumed(room: Room, event: facts.RoomResumed) -> Room:
    members = _change_all(room, ready=False, away=True)
    return replace(room, members=members, countdown=0, resumed_at=event.at)


def _closed(room: Room, _event: facts.RoomClosed) -> Room:
    return Room(rid=room.rid, type=room.type, name=room.name, capacity=room.capacity)


_STEPS: Final[dict[type[Event], Callable[[Room, Any], Room]]] = {
    facts.RoomOpened: _opened,
    facts.PlayerEntered: _member_entered,
    facts.PlayerReturned: _member_returned,
    facts.PlayerLeft: _member_left,
    facts.RoomSaid: _said,
    facts.ConfigChanged: lambda room, event: _change(room, event.uid, config=event.config),
    facts.ReadyChanged: lambda room, event: _change(room, event.uid, ready=event.ready),
    facts.CountdownStarted: lambda room, event: replace(room, countdown=event.until),
    facts.CountdownCancelled: lambda room, _: replace(room, countdown=0),
    facts.MatchStarted: _match_started,
    facts.MatchFinished: lambda room, _: replace(room, match=""),
    facts.RoomResumed: _resumed,
    facts.RoomClosed: _closed,
}
