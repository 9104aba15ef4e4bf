"""What members of groups and rooms are told of a fact, and how a refusal is numbered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from parlour.events import beehive as facts
from parlour.events.event import Event
from parlour.events.messages.beehive import group as group_wire
from parlour.events.messages.beehive import room as room_wire
from parlour.events.messages.beehive.packet import Message
from parlour.events.rules.beehive.notices import FORBIDDEN, MISSING
from parlour.events.rules.beehive.places import MEMBER, Role, Standing

_FULL: Final = 10022


def number_of(code: str) -> int:
    """Return the wire's number of what the rules of groups and rooms refuse with."""
    if code.startswith("no_such"):
        return MISSING
    return _FULL if code == "full" else FORBIDDEN


def group_notice(gid: int, event: Event) -> Message | None:
    """Return what all members are told of a change, None when it is nothing of that kind."""
    match event:
        case facts.GroupMemberAdded(uid=uid):
            return group_wire.GroupJoinNtf(uid=uid, gid=gid)
        case facts.GroupMemberRemoved(uid=uid, reason="kicked"):
            return group_wire.GroupKickNtf(uid=uid, gid=gid)
        case facts.GroupMemberRemoved(uid=uid):
            return group_wire.GroupQuitNtf(uid=uid, gid=gid)
        case facts.GroupGagChanged(uid=uid, on=on):
            gag = group_wire.GroupGagAddNtf if on else group_wire.GroupGagDelNtf
            return gag(uid=uid, gid=gid)
        case facts.GroupBlacklistChanged(uid=uid, on=on):
            black = group_wire.GroupBlAddNtf if on else group_wire.GroupBlDelNtf
            return black(uid=uid, gid=gid)
        case facts.GroupRoleChanged(uid=uid, role=role):
            return role_notice(gid, uid, manages=role != MEMBER)
        case _:
            return None


def role_notice(gid: int, uid: int, *, manages: bool) -> Message:
    """Return what is told of a new role, in a group or (with its rid as gid) in a room."""
    notice = group_wire.GroupMgrAddNtf if manages else group_wire.GroupMgrDelNtf
    return notice(uid=uid, gid=gid)


def group_remark(gid: int, said: facts.GroupSaid) -> group_wire.GroupChat:
    """Return the GROUP-CHAT that tells a remark."""
    return group_wire.GroupChat(
        uid=said.uid,
        gid=gid,
        level=said.level,
        time=said.time,
        text=said.text,
        data=said.data,
    )


def roll_text(roll: Sequence[tuple[int, Role, bool]]) -> str:
    """Return a list of members as the JSON text of GROUP-USR-LIST-ACK."""
    members: list[dict[str, Any]] = [
        {"uid": uid, "role": role, "gag": gag} for uid, role, gag in roll
    ]
    return msgspec.json.encode(members).decode()


def room_remark(rid: int, said: facts.RoomSaid) -> room_wire.RoomChat:
    """Return the ROOM-CHAT that tells a remark."""
    return room_wire.RoomChat(
        uid=said.uid,
        rid=rid,
        gid=said.gid,
        level=said.level,
        time=said.time,
        text=said.text,
        data=said.data,
    )


def room_broadcast(rid: int, told: facts.RoomBroadcast | Standing) -> room_wire.RoomBc:
    """Return the ROOM-BC that tells a broadcast."""
    return room_wire.RoomBc(
        rid=rid,
        msgid=told.msgid,
        level=told.level,
        time=told.time,
        expire=told.expire,
        data=told.data,
    )
