"""A group: who is in it, in which role, who may not speak and who may not enter.

Refuses with "no_such_group", "no_such_member", "forbidden" (not his to do) and "full". Who has a
role acts on those below him only: never upwards, nor on his like.
Asking for what is so already causes nothing: the answer is the same.
Source: docs/protocols/beehive.md, "GROUP".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from parlour.events import beehive as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.rules.beehive import group_commands as commands
from parlour.events.rules.beehive.places import MANAGER, MEMBER, OWNER, Group, Role

_RANK: Final[dict[Role, int]] = {MEMBER: 1, MANAGER: 2, OWNER: 3}
_OUTSIDE: Final = 0


def decide(group: Group, command: commands.GroupCommand, terms: commands.GroupTerms) -> list[Event]:
    """Return the events that obeying `command` would cause.

    Raises:
        RuleViolation: "no_such_group", "no_such_member", "forbidden" or "full".
    """
    if not alive(group) and type(command) is not commands.Create:
        raise RuleViolation("no_such_group")
    return _DECISIONS[type(command)](group, command, terms)


def evolve(group: Group, event: Event) -> Group:
    """Return `group` as `event` leaves it; never refuses a recorded fact."""
    step = _STEPS.get(type(event))
    return group if step is None else step(group, event)


def alive(group: Group) -> bool:
    """Tell whether there is such a group."""
    return group.gid != 0 and not group.dismissed


def roll(group: Group, asker: int, *, num: int) -> list[tuple[int, Role, bool]]:
    """Return uid, role and gag of the first `num` members, of all for 0.

    Raises:
        RuleViolation: "no_such_group", or "forbidden" (only members may know).
    """
    if not alive(group):
        raise RuleViolation("no_such_group")
    _role(group, asker)
    found = [(uid, role, uid in group.gagged) for uid, role in group.members.items()]
    return found[:num] if num else found


# --- decisions ------------------------------------------------------------------------------


def _role(group: Group, uid: int) -> Role:
    role = group.members.get(uid)
    if role is None:
        raise RuleViolation("forbidden")
    return role


def _rank(group: Group, uid: int) -> int:
    role = group.members.get(uid)
    return _OUTSIDE if role is None else _RANK[role]


def _check_above(group: Group, by: int, uid: int) -> None:
    """Refuse who manages nothing, or not this one."""
    rank = _RANK[_role(group, by)]
    if rank < _RANK[MANAGER] or rank <= _rank(group, uid):
        raise RuleViolation("forbidden")


def _check_inside(group: Group, uid: int) -> None:
    if uid not in group.members:
        raise RuleViolation("no_such_member")


def _create(group: Group, command: commands.Create, _terms: commands.GroupTerms) -> list[Event]:
    if group.gid:
        raise RuleViolation("forbidden")
    return [
        facts.GroupCreated(
            at=command.at,
            gid=command.gid,
            uid=command.uid,
            name=command.name,
            desc=command.desc,
        )
    ]


def _dismiss(group: Group, command: commands.Dismiss, _terms: commands.GroupTerms) -> list[Event]:
    if _role(group, command.uid) != OWNER:
        raise RuleViolation("forbidden")
    return [facts.GroupDismissed(at=command.at, uid=command.uid)]


def _join(group: Group, command: commands.Join, terms: commands.GroupTerms) -> list[Event]:
    return _add(group, command.uid, command.uid, command.at, terms)


def _invite(group: Group, command: commands.Invite, terms: commands.GroupTerms) -> list[Event]:
    _role(group, command.by)
    return _add(group, command.uid, command.by, command.at, terms)


def _add(group: Group, uid: int, by: int, at: int, terms: commands.GroupTerms) -> list[Event]:
    if uid in group.black:
        raise RuleViolation("forbidden")
    if uid in group.members:
        return []
    if len(group.members) >= terms.most_members:
        raise RuleViolation("full")
    return [facts.GroupMemberAdded(at=at, uid=uid, by=by)]


def _quit(group: Group, command: commands.Quit, _terms: commands.GroupTerms) -> list[Event]:
    if _role(group, command.uid) == OWNER:
        raise RuleViolation("forbidden")
    return [facts.GroupMemberRemoved(at=command.at, uid=command.uid, by=command.uid, reason="quit")]


def _say(group: Group, command: commands.Say, _terms: commands.GroupTerms) -> list[Event]:
    if command.uid and (command.uid not in group.members or command.uid in group.gagged):
        raise RuleViolation("forbidden")
    return [
        facts.GroupSaid(
            at=command.at,
            uid=command.uid,
            ssid=command.ssid,
            seq=command.seq,
            level=command.level,
            time=command.time,
            text=command.text,
            data=command.data,
        )
    ]


def _kick(group: Group, command: commands.Kick, _terms: commands.GroupTerms) -> list[Event]:
    _check_above(group, command.by, command.uid)
    _check_inside(group, command.uid)
    return [
        facts.GroupMemberRemoved(at=command.at, uid=command.uid, by=command.by, reason="kicked")
    ]


def _change_gag(
    group: Group, command: commands.ChangeGag, terms: commands.GroupTerms
) -> list[Event]:
    _check_above(group, command.by, command.uid)
    listed = command.uid in group.gagged
    if not listed:
        # One who was gagged and left may be forgiven; of an outsider there is nothing to say.
        _check_inside(group, command.uid)
    if listed is command.on:
        return []
    _check_space(group.gagged, command, terms)
    return [facts.GroupGagChanged(at=command.at, uid=command.uid, by=command.by, on=command.on)]


def _change_blacklist(
    group: Group, command: commands.ChangeBlacklist, terms: commands.GroupTerms
) -> list[Event]:
    _check_above(group, command.by, command.uid)
    if command.uid == 0:
        raise RuleViolation("no_such_member")
    if (command.uid in group.black) is command.on:
        return []
    _check_space(group.black, command, terms)
    return [
        facts.GroupBlacklistChanged(at=command.at, uid=command.uid, by=command.by, on=command.on)
    ]


def _check_space(
    listed: frozenset[int],
    command: commands.ChangeGag | commands.ChangeBlacklist,
    terms: commands.GroupTerms,
) -> None:
    if command.on and len(listed) >= terms.most_listed:
        raise RuleViolation("full")


def _change_role(
    group: Group, command: commands.ChangeRole, _terms: commands.GroupTerms
) -> list[Event]:
    if _role(group, command.by) != OWNER or command.uid == command.by:
        raise RuleViolation("forbidden")
    _check_inside(group, command.uid)
    manages = group.members[command.uid] == MANAGER
    if not command.on and not manages:
        return []
    role: Role = MEMBER if not command.on else OWNER if manages else MANAGER
    return [facts.GroupRoleChanged(at=command.at, uid=command.uid, by=command.by, role=role)]


_DECISIONS: Final[
    dict[type[commands.GroupCommand], Callable[[Group, Any, commands.GroupTerms], list[Event]]]
] = {
    commands.Create: _create,
    commands.Dismiss: _dismiss,
    commands.Join: _join,
    commands.Invite: _invite,
    commands.Quit: _quit,
    commands.Say: _say,
    commands.Kick: _kick,
    commands.ChangeGag: _change_gag,
    commands.ChangeBlacklist: _change_blacklist,
    commands.ChangeRole: _change_role,
}

# --- evolution ------------------------------------------------------------------------------


def _created(_group: Group, event: facts.GroupCreated) -> Group:
    return Group(gid=event.gid, name=event.name, desc=event.desc, members={event.uid: OWNER})


def _dismissed(group: Group, _event: facts.GroupDismissed) -> Group:
    return replace(group, dismissed=True, members={}, gagged=frozenset(), black=frozenset())


def _added(group: Group, event: facts.GroupMemberAdded) -> Group:
    return replace(group, members={**group.members, event.uid: MEMBER})


def _without(members: dict[int, Role], uid: int) -> dict[int, Role]:
    return {member: role for member, role in members.items() if member != uid}


def _removed(group: Group, event: facts.GroupMemberRemoved) -> Group:
    return replace(group, members=_without(group.members, event.uid))


def _gag_changed(group: Group, event: facts.GroupGagChanged) -> Group:
    return replace(group, gagged=_listed(group.gagged, event))


def _blacklist_changed(group: Group, event: facts.GroupBlacklistChanged) -> Group:
    members = group.members
    if event.on and event.uid in members:
        members = _without(members, event.uid)
    return replace(group, black=_listed(group.black, event), members=members)


def _listed(
    uids: frozenset[int], event: facts.GroupGagChanged | facts.GroupBlacklistChanged
) -> frozenset[int]:
    return uids | {event.uid} if event.on else uids - {event.uid}


def _role_changed(group: Group, event: facts.GroupRoleChanged) -> Group:
    if event.role != OWNER:
        return replace(group, members={**group.members, event.uid: event.role})
    members = {uid: MANAGER if role == OWNER else role for uid, role in group.members.items()}
    # Nobody stands above an owner who could let him speak again.
    return replace(group, members={**members, event.uid: OWNER}, gagged=group.gagged - {event.uid})


_STEPS: Final[dict[type[Event], Callable[[Group, Any], Group]]] = {
    facts.GroupCreated: _created,
    facts.GroupDismissed: _dismissed,
    facts.GroupMemberAdded: _added,
    facts.GroupMemberRemoved: _removed,
    facts.GroupGagChanged: _gag_changed,
    facts.GroupBlacklistChanged: _blacklist_changed,
    facts.GroupRoleChanged: _role_changed,
}
