"""Users: their devices' queues, what was put into their inbox, friends, lists, groups.

A queue is a range of versions of the inbox and what of it was acknowledged; so each device's
acknowledgements are held against what the inbox holds, and nothing is acknowledged twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

from parlour.events import beehive as facts
from parlour.events.account import account_id
from parlour.events.event import Event
from parlour.events.reader import Recorded
from parlour.replay.audit_beehive_devices import DevicesExaminer
from parlour.replay.audit_beehive_friends import FriendsExaminer
from parlour.replay.audit_beehive_groups import GroupsExaminer
from parlour.replay.audit_beehive_lobby import LobbyExaminer
from parlour.replay.findings import Findings
from parlour.replay.version_set import VersionSet

_OF_COPIES: Final = ("kind", "suid", "duid", "level", "time", "text", "data")
"""Fields that a copy has as its original has them."""
_Identity = tuple[int, int]
"""The sender's device and its number for the message."""


class Queue:
    """What waits for one device."""

    __slots__ = ("acknowledged", "after", "epoch")

    def __init__(self, after: int = 0) -> None:
        """Begin behind a version of the inbox."""
        self.after = after
        self.acknowledged = VersionSet()
        self.epoch = 0
        """The start of the engine in which the device came online; 0 when it went."""


class User:
    """A user as his events leave him."""

    __slots__ = ("black", "count", "gagged", "groups", "notices", "queues", "registered")

    def __init__(self) -> None:
        """Begin before the first event."""
        self.registered = False
        """He was seen to have an account; looked up until then."""
        self.count = 0
        """Events of the inbox."""
        self.notices: set[int] = set()
        """Versions of the inbox that are told once."""
        self.queues: dict[int, Queue] = {}
        """By sid."""
        self.black: set[int] = set()
        self.gagged: set[int] = set()
        self.groups: dict[int, int] = {}
        """Since which version of the group he is in it, by gid."""


class UsersExaminer:
    """Judges users and their inboxes."""

    def __init__(
        self,
        findings: Findings,
        lobby: LobbyExaminer,
        devices: DevicesExaminer,
        groups: GroupsExaminer,
        accounts: Mapping[str, Any],
    ) -> None:
        """Begin before the first event."""
        self._findings = findings
        self._lobby = lobby
        self._devices = devices
        self._groups = groups
        self._accounts = accounts
        self._friends = FriendsExaminer(findings)
        self._users: defaultdict[int, User] = defaultdict(User)
        self._originals: dict[_Identity, Recorded] = {}
        """Of the running commit."""
        self._copies: list[Recorded] = []
        """Of the running commit."""
        self._moved: dict[tuple[int, int], Recorded] = {}
        """By gid and uid: who came or went in the running commit, as the users tell it."""
        self._steps: dict[type[Event], Callable[[Recorded, Any, int, User], None]] = {
            facts.PrivateSent: self._send,
            facts.PrivateCopied: self._copy,
            facts.FriendNoticeSent: self._notify,
            facts.DeviceLinked: self._link,
            facts.DeviceUnlinked: self._unlink,
            facts.DeviceOnline: self._come_online,
            facts.DeviceOffline: self._go_offline,
            facts.MessageAcknowledged: self._acknowledge,
            facts.DeviceSynced: self._sync,
            facts.NoticeTold: self._tell,
            facts.ListChanged: self._list,
            facts.GroupEntered: self._enter,
            facts.GroupLeft: self._leave,
            facts.FriendAsked: self._befriend,
            facts.FriendMade: self._befriend,
            facts.FriendLost: self._befriend,
        }

    def see(self, recorded: Recorded) -> None:
        """Take the next event of a user or of an inbox."""
        uid = int(recorded.originator_id.partition(":")[2])
        step = self._steps.get(type(recorded.event))
        if step is not None:
            step(recorded, recorded.event, uid, self._users[uid])

    def commit(self) -> None:
        """The events since the last call were committed together; groups still have theirs."""
        copied: set[tuple[str, int, int]] = set()
        for copy in self._copies:
            self._check_copy(copy, copied)
        for (gid, uid), recorded in {**self._groups.moves(), **self._moved}.items():
            self._check_membership(recorded, gid, uid)
        self._friends.commit()
        self._originals.clear()
        self._copies.clear()
        self._moved.clear()

    # --- the inbox --------------------------------------------------------------------------

    def _send(self, recorded: Recorded, event: facts.PrivateSent, uid: int, user: User) -> None:
        user.count = recorded.version
        self._originals[event.ssid, event.seq] = recorded
        self._devices.say(recorded, event.suid, sid=event.ssid, seq=event.seq)
        self._check_receiver(recorded, event.duid, uid, user)
        if event.suid in user.black:
            self._findings.add(
                "beehive_blacklisted",
                recorded,
                "the sender is on the receiver's black list",
                field="suid",
                found=event.suid,
            )
        if event.muted is not (event.suid in user.gagged):
            self._findings.add(
                "beehive_muted_wrong",
                recorded,
                "a message is muted when its receiver has gagged the sender, and only then",
                field="muted",
                expected=event.suid in user.gagged,
                found=event.muted,
            )

    def _copy(self, recorded: Recorded, event: facts.PrivateCopied, uid: int, user: User) -> None:
        user.count = recorded.version
        self._copies.append(recorded)
        if event.suid != uid:
            self._misaddress(recorded, "suid", uid, event.suid)

    def _notify(
        self, recorded: Recorded, event: facts.FriendNoticeSent, uid: int, user: User
    ) -> None:
        user.count = recorded.version
        user.notices.add(recorded.version)
        self._devices.say(recorded, event.suid, sid=event.ssid, seq=event.seq)
        self._check_receiver(recorded, event.duid, uid, user)

    def _check_receiver(self, recorded: Recorded, duid: int, uid: int, user: User) -> None:
        if duid != uid:
            self._misaddress(recorded, "duid", uid, duid)
        if not user.registered:
            account = self._accounts.get(account_id(uid))
            user.registered = account is not None and account.registered
            if not user.registered:
                self._findings.add(
                    "beehive_misaddressed", recorded, f"there is no account with uid {uid}"
                )

    def _check_copy(self, copy: Recorded, copied: set[tuple[str, int, int]]) -> None:
        event = copy.event
        assert isinstance(event, facts.PrivateCopied)
        key = (copy.originator_id, event.ssid, event.seq)
        if key in copied:
            self._findings.add(
                "beehive_copy_unfounded",
                copy,
                "the message was copied before in the same commit",
                field="seq",
                found=event.seq,
            )
        copied.add(key)
        original = self._originals.get((event.ssid, event.seq))
        if original is None:
            self._findings.add(
                "beehive_copy_unfounded", copy, "no message was committed that this is a copy of"
            )
            return
        for field in _OF_COPIES:
            expected, found = getattr(original.event, field), getattr(event, field)
            if expected != found:
                self._findings.add(
                    "beehive_copy_unfounded",
                    copy,
                    f"the message at position {original.position} says otherwise",
                    field=field,
                    expected=expected,
                    found=found,
                )

    # --- devices ----------------------------------------------------------------------------

    def _link(self, recorded: Recorded, event: facts.DeviceLinked, uid: int, user: User) -> None:
        self._devices.check_owner(recorded, event.sid, uid)
        if event.after > user.count:
            self._unheard(recorded, "after", user.count, event.after)
        if event.sid in user.queues:
            self._findings.add(
                "beehive_device_differs",
                recorded,
                "the user has this device already",
                field="sid",
                found=event.sid,
            )
        if event.heir_of:
            queue = self._queue(recorded, event.heir_of, user)
            queue.epoch = 0
            user.queues.pop(event.heir_of, None)
        else:
            queue = Queue(event.after)
        user.queues[event.sid] = queue

    def _unlink(
        self, recorded: Recorded, event: facts.DeviceUnlinked, _uid: int, user: User
    ) -> None:
        self._queue(recorded, event.sid, user)
        user.queues.pop(event.sid, None)

    def _come_online(
        self, recorded: Recorded, event: facts.DeviceOnline, _uid: int, user: User
    ) -> None:
        self._queue(recorded, event.sid, user).epoch = event.epoch
        self._lobby.check_epoch(recorded, event.epoch)
        self._check_groups(recorded, "caught", event.caught)

    def _go_offline(
        self, recorded: Recorded, event: facts.DeviceOffline, _uid: int, user: User
    ) -> None:
        queue = self._queue(recorded, event.sid, user)
        if event.sid in user.queues and queue.epoch != self._lobby.epoch:
            detail = "the device was not online"
            self._findings.add("event_repeated", recorded, detail, field="sid", found=event.sid)
        queue.epoch = 0
        self._check_groups(recorded, "heard", event.heard)

    def _queue(self, recorded: Recorded, sid: int, user: User) -> Queue:
        """Return a device's queue; that the user has no such device is a finding."""
        queue = user.queues.get(sid)
        if queue is None:
            self._findings.add(
                "beehive_device_differs",
                recorded,
                "the user has no such device",
                field="sid",
                found=sid,
            )
            return Queue()
        return queue

    def _check_groups(self, recorded: Recorded, field: str, versions: dict[int, int]) -> None:
        for gid, version in versions.items():
            there = self._groups.version(gid)
            if version > there:
                self._unheard(recorded, f"{field}.{gid}", there, version)

    def _unheard(self, recorded: Recorded, field: str, expected: int, found: int) -> None:
        self._findings.add(
            "beehive_heard_wrong",
            recorded,
            "nothing was said there yet that could be heard",
            field=field,
            expected=expected,
            found=found,
        )

    # --- what devices have -------------------------------------------------------------------

    def _acknowledge(
        self, recorded: Recorded, event: facts.MessageAcknowledged, _uid: int, user: User
    ) -> None:
        queue = self._queue(recorded, event.sid, user)
        for version in event.versions:
            if not queue.after < version <= user.count or version in user.notices:
                self._findings.add(
                    "beehive_ack_unfounded",
                    recorded,
                    f"version {version} of the inbox is no message of the device's queue",
                    field="versions",
                    found=version,
                )
            elif version in queue.acknowledged:
                self._findings.add(
                    "beehive_ack_doubled",
                    recorded,
                    f"the device acknowledged version {version} of the inbox before",
                    field="versions",
                    found=version,
                )
            else:
                queue.acknowledged.add(version)

    def _sync(self, recorded: Recorded, event: facts.DeviceSynced, _uid: int, user: User) -> None:
        self._queue(recorded, event.sid, user)
        self._check_groups(recorded, "heard", event.heard)
        for version in event.notices:
            self._check_notice(recorded, "notices", version, user)

    def _tell(self, recorded: Recorded, event: facts.NoticeTold, _uid: int, user: User) -> None:
        self._check_notice(recorded, "version", event.version, user)
        for sid in event.sids:
            self._queue(recorded, sid, user)

    def _check_notice(self, recorded: Recorded, field: str, version: int, user: User) -> None:
        if version not in user.notices:
            self._findings.add(
                "beehive_ack_unfounded",
                recorded,
                f"version {version} of the inbox is no notice",
                field=field,
                found=version,
            )

    # --- lists, friends, groups --------------------------------------------------------------

    def _list(self, _recorded: Recorded, event: facts.ListChanged, _uid: int, user: User) -> None:
        entries = user.black if event.list == "black" else user.gagged
        (entries.add if event.on else entries.discard)(event.uid)

    def _befriend(
        self,
        recorded: Recorded,
        event: facts.FriendAsked | facts.FriendMade | facts.FriendLost,
        uid: int,
        _user: User,
    ) -> None:
        self._friends.see(recorded, event, uid)

    def _enter(self, recorded: Recorded, event: facts.GroupEntered, uid: int, user: User) -> None:
        user.groups[event.gid] = event.version
        self._moved[event.gid, uid] = recorded

    def _leave(self, recorded: Recorded, event: facts.GroupLeft, uid: int, user: User) -> None:
        user.groups.pop(event.gid, None)
        self._moved[event.gid, uid] = recorded

    def _check_membership(self, recorded: Recorded, gid: int, uid: int) -> None:
        expected = self._groups.entered(gid, uid)
        found = self._users[uid].groups.get(gid)
        if expected != found:
            self._findings.add(
                "beehive_member_differs",
                recorded,
                f"group {gid} and uid {uid} do not agree on whether he is in it, or since when",
                expected=expected,
                found=found,
            )

    def _misaddress(self, recorded: Recorded, field: str, expected: int, found: int) -> None:
        self._findings.add(
            "beehive_misaddressed",
            recorded,
            "the event lies with another user than it names",
            field=field,
            expected=expected,
            found=found,
        )
