"""Facts about beehive instant messaging: users and their devices, groups, rooms, nodes.

Seven kinds of aggregates: `beehive.lobby:1` (starts of the engine, numbers given out, broadcasts),
`beehive.user:{uid}` (devices, lists, and how far each device has heard), `beehive.inbox:{uid}`
(everything sent to the user, and nothing else), `beehive.device:{sid}` (which numbers its commands
used), `beehive.group:{gid}`, `beehive.room:{rid}`, `beehive.nodes:1`.

A private message is one event of its receiver's inbox; its version there is its place in the
queue of each of his devices. A group's message is one event of the group, a room's of the room.
Source: docs/protocols/beehive.md.
"""

# A long module, because a protocol's facts are read as one list.

from __future__ import annotations

from typing import Literal

import msgspec

from parlour.events.event import Event, event

LOBBY_ID = "beehive.lobby:1"
NODES_ID = "beehive.nodes:1"

LeaveReason = Literal["quit", "offline", "lost", "restart", "kicked", "dismissed"]
"""Asked to; said OFFLINE; the connection ended; the engine started again; somebody did it."""


def user_id(uid: int) -> str:
    """Return the aggregate id of a user."""
    return f"beehive.user:{uid}"


def inbox_id(uid: int) -> str:
    """Return the aggregate id of what is sent to a user."""
    return f"beehive.inbox:{uid}"


def device_id(sid: int) -> str:
    """Return the aggregate id of a device."""
    return f"beehive.device:{sid}"


def group_id(gid: int) -> str:
    """Return the aggregate id of a group."""
    return f"beehive.group:{gid}"


def room_id(rid: int) -> str:
    """Return the aggregate id of a room."""
    return f"beehive.room:{rid}"


# --- the lobby ------------------------------------------------------------------------------


@event("beehive.engine-started")
class EngineStarted(Event, frozen=True, kw_only=True):
    """An engine runs on this log from here on: whoever was online or in a room is so no more."""

    epoch: int
    """1 for the first start."""


@event("beehive.number-given")
class NumberGiven(Event, frozen=True, kw_only=True):
    """A number was given out: a sid, or one that is a gid or a rid (they share one series)."""

    series: Literal["sid", "place"]
    number: int


@event("beehive.broadcast-sent")
class BroadcastSent(Event, frozen=True, kw_only=True):
    """An operator said something to everybody online."""

    msgid: int
    suid: int
    """0 when it came over HTTP."""
    level: int
    time: int
    """As the sender gave it, seconds since 1970 by convention."""
    expire: int
    text: str
    data: bytes | None = None


# --- devices --------------------------------------------------------------------------------


@event("beehive.device-added")
class DeviceAdded(Event, frozen=True, kw_only=True):
    """A session id belongs to a user from now on."""

    sid: int
    uid: int

    def claims(self) -> tuple[str, ...]:
        """One user a sid."""
        return (f"beehive/sid/{self.sid}",)


@event("beehive.command-answered")
class CommandAnswered(Event, frozen=True, kw_only=True):
    """A command of this device was obeyed or refused: the same bytes again get the same answer."""

    seq: int
    """The number in the command's header."""
    digest: str
    """Hex BLAKE2b-64 of the command's key and body."""
    code: int
    """0, or the error code it was refused with."""
    value: int = 0
    """What the answer carries besides: a gid or a rid."""


@event("beehive.room-entered")
class RoomEntered(Event, frozen=True, kw_only=True):
    """The device is in one more room; recorded with the room's own fact."""

    rid: int
    epoch: int


@event("beehive.room-exited")
class RoomExited(Event, frozen=True, kw_only=True):
    """The device is out of a room."""

    rid: int


# --- users ----------------------------------------------------------------------------------


@event("beehive.device-linked")
class DeviceLinked(Event, frozen=True, kw_only=True):
    """The user has one more device, with a queue of its own."""

    sid: int
    after: int = 0
    """Its queue is what comes to the inbox after this version."""
    heard: dict[int, int] = msgspec.field(default_factory=dict)
    """What its groups say, it hears after these versions, by gid; else from when he entered."""
    heir_of: int = 0
    """The device whose queue it takes over, and which is no more; 0 for none."""
    lent: bool = False
    """Its sid was drawn at ONLINE, for a client of dialect v1, which names none."""


@event("beehive.device-unlinked")
class DeviceUnlinked(Event, frozen=True, kw_only=True):
    """A device was not seen for so long that its queue is given up."""

    sid: int


@event("beehive.device-online")
class DeviceOnline(Event, frozen=True, kw_only=True):
    """A connection speaks for the device."""

    sid: int
    epoch: int
    """Of which start of the engine (`EngineStarted`)."""
    caught: dict[int, int] = msgspec.field(default_factory=dict)
    """Versions of the groups that have something it has not heard, by gid: SYNC tells up to them,
    what is later it hears live."""
    app: str = ""
    version: str = ""
    terminal: int = 0


@event("beehive.device-offline")
class DeviceOffline(Event, frozen=True, kw_only=True):
    """No connection speaks for the device any more."""

    sid: int
    heard: dict[int, int] = msgspec.field(default_factory=dict)
    """When it said OFFLINE: the last version of each group, by gid. What was said to a connection
    that was lost may not have got through, and is told again."""
    reason: LeaveReason = "lost"


@event("beehive.subscription-changed")
class SubscriptionChanged(Event, frozen=True, kw_only=True):
    """The device wants a push from now on, or wants it no more."""

    sid: int
    cmd: int
    """The key of the push in the newer numbering."""
    on: bool


@event("beehive.private-sent")
class PrivateSent(Event, frozen=True, kw_only=True):
    """Somebody sent this user a message; it waits for each of his devices."""

    kind: Literal["chat", "p2p"]
    suid: int
    ssid: int
    """The sender's device, 0 for an operator's push over HTTP."""
    seq: int
    """With `ssid`, the message's identity."""
    duid: int
    level: int = 0
    time: int = 0
    """As the sender gave it."""
    text: str = ""
    data: bytes | None = None
    muted: bool = False
    """The user has gagged the sender: it is not pushed, SYNC tells it."""


@event("beehive.private-copied")
class PrivateCopied(Event, frozen=True, kw_only=True):
    """What this user sent from one device, for his other devices."""

    kind: Literal["chat", "p2p"]
    suid: int
    ssid: int
    seq: int
    duid: int
    level: int = 0
    time: int = 0
    text: str = ""
    data: bytes | None = None


def copied(sent: PrivateSent) -> PrivateCopied:
    """Return the copy of a message for its sender's other devices."""
    return PrivateCopied(**{name: getattr(sent, name) for name in PrivateCopied.__struct_fields__})


@event("beehive.friend-notice-sent")
class FriendNoticeSent(Event, frozen=True, kw_only=True):
    """Somebody asked for friendship, ended it, or refused: it waits for the user's devices.

    Told once, live or by SYNC: no device acknowledges it.
    """

    kind: Literal["add", "del", "refuse"]
    suid: int
    ssid: int
    seq: int
    duid: int
    mark: str = ""
    code: int = 0
    """Of a refusal (dialect v1)."""
    text: str = ""


@event("beehive.message-acknowledged")
class MessageAcknowledged(Event, frozen=True, kw_only=True):
    """A device has these messages of its queue."""

    sid: int
    versions: tuple[int, ...]
    """Of the user's inbox, ascending."""


@event("beehive.device-synced")
class DeviceSynced(Event, frozen=True, kw_only=True):
    """A device was told everything that waited for it."""

    sid: int
    notices: tuple[int, ...] = ()
    """Versions of the user's inbox: notices that are told once. Messages wait for their ack."""
    heard: dict[int, int] = msgspec.field(default_factory=dict)
    """Messages of groups up to these versions, by gid."""


@event("beehive.notice-told")
class NoticeTold(Event, frozen=True, kw_only=True):
    """Devices that were online were told a notice; it waits for the others."""

    version: int
    """Of the user's inbox."""
    sids: tuple[int, ...]


@event("beehive.friend-asked")
class FriendAsked(Event, frozen=True, kw_only=True):
    """This user wants that friend."""

    uid: int
    mark: str = ""


@event("beehive.friend-made")
class FriendMade(Event, frozen=True, kw_only=True):
    """Both have asked for each other."""

    uid: int


@event("beehive.friend-lost")
class FriendLost(Event, frozen=True, kw_only=True):
    """One of the two ended the friendship, or took back or refused what was asked."""

    uid: int


@event("beehive.list-changed")
class ListChanged(Event, frozen=True, kw_only=True):
    """The user put somebody on one of his lists, or took him off."""

    list: Literal["black", "gag"]
    uid: int
    on: bool


@event("beehive.mark-set")
class MarkSet(Event, frozen=True, kw_only=True):
    """The user's remark about somebody; "" for none any more."""

    uid: int
    mark: str


@event("beehive.group-entered")
class GroupEntered(Event, frozen=True, kw_only=True):
    """The user is in a group; its messages are his from the version after this one."""

    gid: int
    version: int


@event("beehive.group-left")
class GroupLeft(Event, frozen=True, kw_only=True):
    """The user is in the group no more."""

    gid: int


# --- groups ---------------------------------------------------------------------------------


@event("beehive.group-created")
class GroupCreated(Event, frozen=True, kw_only=True):
    """There is a group; who made it owns it and is in it."""

    gid: int
    uid: int
    name: str
    desc: str


@event("beehive.group-dismissed")
class GroupDismissed(Event, frozen=True, kw_only=True):
    """The group is no more."""

    uid: int


@event("beehive.group-member-added")
class GroupMemberAdded(Event, frozen=True, kw_only=True):
    """A user is in the group."""

    uid: int
    by: int
    """Who invited him; himself when he joined."""


@event("beehive.group-member-removed")
class GroupMemberRemoved(Event, frozen=True, kw_only=True):
    """A user is in the group no more."""

    uid: int
    by: int
    reason: LeaveReason


@event("beehive.group-gag-changed")
class GroupGagChanged(Event, frozen=True, kw_only=True):
    """A user may not speak in the group, or may again."""

    uid: int
    by: int
    on: bool


@event("beehive.group-blacklist-changed")
class GroupBlacklistChanged(Event, frozen=True, kw_only=True):
    """A user may not enter the group, or may again; who is put on the list is out."""

    uid: int
    by: int
    on: bool


@event("beehive.group-role-changed")
class GroupRoleChanged(Event, frozen=True, kw_only=True):
    """A member's role changed; a new owner makes the former one manager."""

    uid: int
    by: int
    role: Literal[0, 1, 2]
    """0 member, 1 owner, 2 manager."""


@event("beehive.group-said")
class GroupSaid(Event, frozen=True, kw_only=True):
    """Somebody said something to the group."""

    uid: int
    ssid: int
    """0 for an operator's push over HTTP."""
    seq: int
    level: int
    time: int
    text: str
    data: bytes | None = None


# --- rooms ----------------------------------------------------------------------------------


@event("beehive.room-created")
class RoomCreated(Event, frozen=True, kw_only=True):
    """There is a room."""

    rid: int
    uid: int
    """Its owner, 0 for a room that came to be when somebody joined it."""
    name: str = ""
    desc: str = ""
    epoch: int = 0
    """Of which start of the engine (`EngineStarted`): nobody was in it before."""


@event("beehive.room-dismissed")
class RoomDismissed(Event, frozen=True, kw_only=True):
    """The room is no more, and nobody is in it."""

    uid: int


@event("beehive.room-joined")
class RoomJoined(Event, frozen=True, kw_only=True):
    """A device is in the room."""

    uid: int
    sid: int
    gid: int
    """Its sub-group, from 1."""


@event("beehive.room-left")
class RoomLeft(Event, frozen=True, kw_only=True):
    """A device is in the room no more."""

    uid: int
    sid: int
    reason: LeaveReason


@event("beehive.room-emptied")
class RoomEmptied(Event, frozen=True, kw_only=True):
    """The engine started again: nobody is in the room."""

    epoch: int


@event("beehive.room-kicked")
class RoomKicked(Event, frozen=True, kw_only=True):
    """A user was thrown out with all his devices, and may not come back."""

    uid: int
    by: int


@event("beehive.room-role-changed")
class RoomRoleChanged(Event, frozen=True, kw_only=True):
    """A user is a manager of the room, or is one no more."""

    uid: int
    by: int
    manager: bool


@event("beehive.room-said")
class RoomSaid(Event, frozen=True, kw_only=True):
    """Somebody said something to the room, or to one sub-group of it."""

    uid: int
    ssid: int
    seq: int
    gid: int
    """0 for everybody."""
    level: int
    time: int
    text: str
    data: bytes | None = None


@event("beehive.room-broadcast")
class RoomBroadcast(Event, frozen=True, kw_only=True):
    """An operator said something to the room; told to who joins until it expires."""

    msgid: int
    level: int
    time: int
    """Seconds since 1970."""
    expire: int
    """Seconds it stays."""
    data: bytes


# --- nodes ----------------------------------------------------------------------------------


@event("beehive.node-reported")
class NodeReported(Event, frozen=True, kw_only=True):
    """A node is there, or is so with another address. Heartbeats that change nothing are none."""

    nid: int
    type: int
    """1 serves clients over TCP, 2 over WebSocket, 0 forwards."""
    ip: str
    port: int
    """Where clients connect; of a forwarder its forward port."""
    backend_port: int = 0
    opid: int = 0
    nation: str = ""


@event("beehive.watch-changed")
class WatchChanged(Event, frozen=True, kw_only=True):
    """An operator's device wants to be told what nodes report, or does so no more."""

    sid: int
    on: bool


@event("beehive.node-lost")
class NodeLost(Event, frozen=True, kw_only=True):
    """A node was silent for too long, or its connection ended."""

    nid: int
