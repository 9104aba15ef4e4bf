"""A room: which devices are in which sub-group of it, what was said, who may do what.

A room stands in one epoch (start of the engine): the first thing done in a newer one is that it
is empty. Refuses with "no_such_room", "no_such_sub_group", "forbidden" (not his to do), "full" and
"expire_invalid". Asking for what is so already causes nothing: the answer is the same.
Source: docs/protocols/beehive.md, "ROOM".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from parlour.events import beehive as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.beehive import room_commands as commands
from parlour.events.rules.beehive.lobby import may_choose_place
from parlour.events.rules.beehive.places import Room, standing, sub_group
from parlour.events.rules.beehive.room_evolution import evolve
from parlour.events.times import MICROSECONDS

__all__ = ["decide", "evolve"]

_MOST_EXPIRE: Final = 0xFFFF_FFFF


def decide(room: Room, command: commands.RoomCommand, terms: commands.RoomTerms) -> list[Event]:
    """Return the events that obeying `command` would cause.

    Raises:
        RuleViolation: A code of those above; nothing is caused.
    """
    decision = _DECISIONS[type(command)]
    if room.rid == 0:
        if type(command) not in _FOUNDING:
            raise RuleViolation("no_such_room")
        return decision(room, command, terms)
    if room.dismissed:
        raise RuleViolation("no_such_room")
    if room.epoch == terms.epoch:
        return decision(room, command, terms)
    emptied = facts.RoomEmptied(at=command.at, epoch=terms.epoch)
    caused = decision(evolve(room, emptied), command, terms)
    return [emptied, *caused] if caused else []


# --- decisions ------------------------------------------------------------------------------


def _allot(room: Room, terms: commands.RoomTerms) -> int:
    """Return a sub-group: the first until it is full, the emptiest, else a new one."""
    sizes = room.sizes
    if not sizes or sizes[0] < terms.group_size:
        return 1
    least = min(sizes)
    return sizes.index(least) + 1 if least < terms.group_size else len(sizes) + 1


def _rank(room: Room, uid: int) -> int:
    if uid == room.owner:
        return 2
    return 1 if uid in room.managers else 0


def _create(room: Room, command: commands.Create, terms: commands.RoomTerms) -> list[Event]:
    if room.rid:
        raise RuleViolation("forbidden")
    return [
        facts.RoomCreated(
            at=command.at,
            rid=command.rid,
            uid=command.uid,
            name=command.name,
            desc=command.desc,
            epoch=terms.epoch,
        )
    ]


def _dismiss(room: Room, command: commands.Dismiss, _terms: commands.RoomTerms) -> list[Event]:
    if command.uid != room.owner:
        raise RuleViolation("forbidden")
    return [facts.RoomDismissed(at=command.at, uid=command.uid)]


def _join(room: Room, command: commands.Join, terms: commands.RoomTerms) -> list[Event]:
    if command.uid in room.black:
        raise RuleViolation("forbidden")
    if sub_group(room, command.uid, command.sid):
        return []
    joined = facts.RoomJoined(
        at=command.at, uid=command.uid, sid=command.sid, gid=_allot(room, terms)
    )
    if room.rid:
        return [joined]
    if not terms.auto_create or not may_choose_place(command.rid):
        raise RuleViolation("no_such_room")
    created = facts.RoomCreated(at=command.at, rid=command.rid, uid=0, epoch=terms.epoch)
    return [created, joined]


def _quit(room: Room, command: commands.Quit, _terms: commands.RoomTerms) -> list[Event]:
    if not sub_group(room, command.uid, command.sid):
        raise RuleViolation("forbidden")
    return [facts.RoomLeft(at=command.at, uid=command.uid, sid=command.sid, reason="quit")]


def _lose(room: Room, command: commands.Lose, _terms: commands.RoomTerms) -> list[Event]:
    if not sub_group(room, command.uid, command.sid):
        return []
    left = facts.RoomLeft(at=command.at, uid=command.uid, sid=command.sid, reason=command.reason)
    return [left]


def _say(room: Room, command: commands.Say, _terms: commands.RoomTerms) -> list[Event]:
    if not sub_group(room, command.uid, command.ssid):
        raise RuleViolation("forbidden")
    if command.gid > len(room.sizes):
        raise RuleViolation("no_such_sub_group")
    return [
        facts.RoomSaid(
            at=command.at,
            uid=command.uid,
            ssid=command.ssid,
            seq=command.seq,
            gid=command.gid,
            level=command.level,
            time=command.time,
            text=command.text,
            data=command.data,
        )
    ]


def _kick(room: Room, command: commands.Kick, terms: commands.RoomTerms) -> list[Event]:
    rank = _rank(room, command.by)
    if rank == 0 or rank <= _rank(room, command.uid):
        raise RuleViolation("forbidden")
    if command.uid == 0:
        raise RuleViolation("no_such_user")
    # Whoever left a moment ago may be kept out all the same.
    if command.uid in room.black:
        return []
    if len(room.black) >= terms.most_listed:
        raise RuleViolation("full")
    return [facts.RoomKicked(at=command.at, uid=command.uid, by=command.by)]


def _change_manager(
    room: Room, command: commands.ChangeManager, terms: commands.RoomTerms
) -> list[Event]:
    if command.by != room.owner or command.uid == command.by:
        raise RuleViolation("forbidden")
    if (command.uid in room.managers) is command.on:
        return []
    if command.on and command.uid in room.black:
        raise RuleViolation("forbidden")
    if command.on and len(room.managers) >= terms.most_listed:
        raise RuleViolation("full")
    changed = facts.RoomRoleChanged(
        at=command.at, uid=command.uid, by=command.by, manager=command.on
    )
    return [changed]


def _broadcast(room: Room, command: commands.Broadcast, terms: commands.RoomTerms) -> list[Event]:
    if not 0 <= command.expire <= _MOST_EXPIRE:
        raise RuleViolation("expire_invalid")
    if command.expire and len(standing(room, command.at)) >= terms.most_broadcasts:
        raise RuleViolation("full")
    return [
        facts.RoomBroadcast(
            at=command.at,
            msgid=room.version + 1,
            level=0,
            time=command.at // MICROSECONDS,
            expire=command.expire,
            data=command.data,
        )
    ]


_FOUNDING: Final = (commands.Create, commands.Join)
"""What may be asked of a room that is none yet."""
_DECISIONS: Final[
    dict[type[commands.RoomCommand], Callable[[Room, Any, commands.RoomTerms], list[Event]]]
] = {
    commands.Create: _create,
    commands.Dismiss: _dismiss,
    commands.Join: _join,
    commands.Quit: _quit,
    commands.Lose: _lose,
    commands.Say: _say,
    commands.Kick: _kick,
    commands.ChangeManager: _change_manager,
    commands.Broadcast: _broadcast,
}
