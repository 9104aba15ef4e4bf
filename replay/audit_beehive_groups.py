"""Groups: who is in one, in which role, who may speak, and who may do what to whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from parlour.events import beehive as facts
from parlour.events.event import Event
from parlour.events.reader import Recorded
from parlour.replay.audit_beehive_devices import DevicesExaminer
from parlour.replay.audit_beehive_lobby import LobbyExaminer
from parlour.replay.findings import Findings

_OWNER: Final = 1
_MANAGER: Final = 2
_RANK: Final = {None: 0, 0: 1, _MANAGER: 2, _OWNER: 3}
"""By role; None is nobody in the group."""


class Group:
    """A group as its events leave it."""

    __slots__ = ("black", "created", "dismissed", "entered", "gagged", "owners", "roles", "version")

    def __init__(self) -> None:
        """Begin before it is created."""
        self.created = False
        self.dismissed = False
        self.version = 0
        self.roles: dict[int, int] = {}
        """Of members, by uid."""
        self.owners: set[int] = set()
        self.entered: dict[int, int] = {}
        """The version of the event that let a member in, by uid."""
        self.gagged: set[int] = set()
        self.black: set[int] = set()

    def rank(self, uid: int) -> int:
        """Return how high somebody stands: 0 outside, 1 member, 2 manager, 3 owner."""
        return _RANK.get(self.roles.get(uid), 0)

    def give(self, uid: int, role: int) -> None:
        """Give somebody a role."""
        self.roles[uid] = role
        (self.owners.add if role == _OWNER else self.owners.discard)(uid)

    def remove(self, uid: int) -> None:
        """Take somebody out who may be in it."""
        self.roles.pop(uid, None)
        self.owners.discard(uid)
        self.entered.pop(uid, None)


class GroupsExaminer:
    """Judges groups; knows who is in which."""

    def __init__(self, findings: Findings, lobby: LobbyExaminer, devices: DevicesExaminer) -> None:
        """Begin before the first event."""
        self._findings = findings
        self._lobby = lobby
        self._devices = devices
        self._groups: defaultdict[int, Group] = defaultdict(Group)
        self._touched: dict[int, Recorded] = {}
        """Groups whose roles changed in the running commit, by gid."""
        self._moved: dict[tuple[int, int], Recorded] = {}
        """By gid and uid: who came or went in the running commit."""
        self._steps: dict[type[Event], Callable[[Recorded, Any, Group], None]] = {
            facts.GroupCreated: self._create,
            facts.GroupDismissed: self._dismiss,
            facts.GroupMemberAdded: self._add,
            facts.GroupMemberRemoved: self._remove,
            facts.GroupGagChanged: self._gag,
            facts.GroupBlacklistChanged: self._blacklist,
            facts.GroupRoleChanged: self._change_role,
            facts.GroupSaid: self._say,
        }

    def see(self, recorded: Recorded) -> None:
        """Take the next event of a group."""
        gid = _gid(recorded)
        group = self._groups[gid]
        event = recorded.event
        if (not group.created and type(event) is not facts.GroupCreated) or group.dismissed:
            what = "was dismissed before" if group.dismissed else "was never created"
            self._findings.add("beehive_after_end", recorded, f"group {gid} {what}")
        self._steps[type(event)](recorded, event, group)
        group.version = recorded.version

    def version(self, gid: int) -> int:
        """Return how many events a group has, 0 for none."""
        return self._groups[gid].version if gid in self._groups else 0

    def entered(self, gid: int, uid: int) -> int | None:
        """Return since which version somebody is in a group, None when he is not."""
        return self._groups[gid].entered.get(uid) if gid in self._groups else None

    def moves(self) -> dict[tuple[int, int], Recorded]:
        """Return who, by gid and uid, came or went in the running commit, as groups tell it."""
        return self._moved

    def commit(self) -> None:
        """The events since the last call were committed together."""
        for gid, recorded in self._touched.items():
            group = self._groups[gid]
            owners = sorted(group.owners)
            if len(owners) != (0 if group.dismissed else 1):
                self._findings.add(
                    "beehive_owner_wrong",
                    recorded,
                    f"group {gid} is left with {len(owners)} owners",
                    found=owners,
                )
        self._touched.clear()
        self._moved.clear()

    # --- its life ---------------------------------------------------------------------------

    def _create(self, recorded: Recorded, event: facts.GroupCreated, group: Group) -> None:
        gid = _gid(recorded)
        if group.created:
            self._findings.add("beehive_number_doubled", recorded, f"there was a group {gid}")
        if event.gid != gid:
            self._findings.add(
                "beehive_misaddressed",
                recorded,
                "the group is another one",
                field="gid",
                expected=gid,
                found=event.gid,
            )
        group.created = True
        self._lobby.take("place", gid)
        self._let_in(recorded, event.uid, group, _OWNER)

    def _dismiss(self, recorded: Recorded, event: facts.GroupDismissed, group: Group) -> None:
        if group.roles.get(event.uid) != _OWNER:
            self._forbid(recorded, "only its owner dismisses a group", event.uid)
        for uid in list(group.roles):
            self._let_out(recorded, uid, group)
        group.dismissed = True
        group.gagged, group.black = set(), set()

    # --- coming and going -------------------------------------------------------------------

    def _add(self, recorded: Recorded, event: facts.GroupMemberAdded, group: Group) -> None:
        if event.uid in group.roles:
            self._differ(recorded, "he is in the group already", event.uid)
            return
        if event.uid in group.black:
            self._findings.add(
                "beehive_blacklisted",
                recorded,
                "who entered the group is on its black list",
                field="uid",
                found=event.uid,
            )
        if event.by != event.uid and event.by not in group.roles:
            self._forbid(recorded, "who invited is not in the group", event.by)
        self._let_in(recorded, event.uid, group, 0)

    def _remove(self, recorded: Recorded, event: facts.GroupMemberRemoved, group: Group) -> None:
        if event.uid not in group.roles:
            self._differ(recorded, "he was not in the group", event.uid)
        elif event.reason == "kicked":
            self._check_above(recorded, event.by, event.uid, group)
        elif event.by != event.uid:
            self._forbid(recorded, "only oneself quits", event.by)
        self._let_out(recorded, event.uid, group)

    def _let_in(self, recorded: Recorded, uid: int, group: Group, role: int) -> None:
        group.give(uid, role)
        group.entered[uid] = recorded.version
        self._note(recorded, uid)

    def _let_out(self, recorded: Recorded, uid: int, group: Group) -> None:
        group.remove(uid)
        self._note(recorded, uid)

    def _note(self, recorded: Recorded, uid: int) -> None:
        gid = _gid(recorded)
        self._moved[gid, uid] = self._touched[gid] = recorded

    # --- rights -----------------------------------------------------------------------------

    def _gag(self, recorded: Recorded, event: facts.GroupGagChanged, group: Group) -> None:
        self._check_above(recorded, event.by, event.uid, group)
        (group.gagged.add if event.on else group.gagged.discard)(event.uid)

    def _blacklist(
        self, recorded: Recorded, event: facts.GroupBlacklistChanged, group: Group
    ) -> None:
        self._check_above(recorded, event.by, event.uid, group)
        (group.black.add if event.on else group.black.discard)(event.uid)
        if event.on and event.uid in group.roles:
            self._let_out(recorded, event.uid, group)

    def _change_role(self, recorded: Recorded, event: facts.GroupRoleChanged, group: Group) -> None:
        role = group.roles.get(event.uid)
        if group.roles.get(event.by) != _OWNER or event.by == event.uid:
            self._forbid(recorded, "only the owner gives roles, to others", event.by)
        if role is None:
            self._differ(recorded, "who got a role is not in the group", event.uid)
        elif event.role == _OWNER and role != _MANAGER:
            self._forbid(recorded, "only a manager is made owner", event.uid)
        if event.role == _OWNER:
            for uid in list(group.owners):
                group.give(uid, _MANAGER)
            group.gagged.discard(event.uid)
        group.give(event.uid, event.role)
        self._touched[_gid(recorded)] = recorded

    def _say(self, recorded: Recorded, event: facts.GroupSaid, group: Group) -> None:
        self._devices.say(recorded, event.uid, sid=event.ssid, seq=event.seq)
        if not event.ssid:
            return
        if event.uid not in group.roles:
            self._findings.add(
                "beehive_not_inside",
                recorded,
                "who said this is not in the group",
                field="uid",
                found=event.uid,
            )
        elif event.uid in group.gagged:
            self._findings.add(
                "beehive_gagged",
                recorded,
                "who said this is gagged in the group",
                field="uid",
                found=event.uid,
            )

    def _check_above(self, recorded: Recorded, by: int, uid: int, group: Group) -> None:
        if group.rank(by) < _RANK[_MANAGER]:
            self._forbid(recorded, "who did this is neither owner nor manager", by)
        elif group.rank(by) <= group.rank(uid):
            self._forbid(recorded, "who did this does not stand above the one concerned", by)

    def _forbid(self, recorded: Recorded, detail: str, by: int) -> None:
        self._findings.add("beehive_not_allowed", recorded, detail, field="by", found=by)

    def _differ(self, recorded: Recorded, detail: str, uid: int) -> None:
        self._findings.add("beehive_member_differs", recorded, detail, field="uid", found=uid)


def _gid(recorded: Recorded) -> int:
    return int(recorded.originator_id.partition(":")[2])
