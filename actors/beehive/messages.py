"""What the network asks of beehive's actors (`Engine.ask`), and what actors tell each other.

`origin` is the session actor that waits for the answer (see `engine.source_of`).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from parlour.events import beehive as facts
from parlour.events.messages.beehive.node import NodeAuth
from parlour.events.messages.beehive.packet import Request

# --- asked by HTTP and operators ------------------------------------------------------------


class AddDevice(msgspec.Struct, frozen=True, kw_only=True):
    """To `beehive.user:{uid}`: give the user a device; answers its sid.

    Refused with no_such_account, account_disabled, sid_invalid, sid_taken (another user's),
    too_many_devices or no_such_device. With `open` an unknown uid is registered.
    """

    sid: int = 0
    """The one that is wished for; his own again is no change; 0 draws a new one."""
    known: bool = False
    """Refuse with no_such_device what is not his device yet."""


class GiveDeviceToken(msgspec.Struct, frozen=True, kw_only=True):
    """To `beehive.user:{uid}`: sign a token for one of his devices; answers `accounts.TokenGiven`.

    Nothing is recorded: the token carries uid, sid, its end and a keyed hash of them.
    """

    sid: int


class PushToUser(msgspec.Struct, frozen=True, kw_only=True):
    """To `beehive.user:{uid}`: send a P2P from nobody (suid 0); answers its version."""

    data: bytes


class PushToGroup(msgspec.Struct, frozen=True, kw_only=True):
    """To `beehive.group:{gid}`: say something as nobody (uid 0); answers its version."""

    text: str
    data: bytes | None = None


class PushToRoom(msgspec.Struct, frozen=True, kw_only=True):
    """To `beehive.room:{rid}`: send a ROOM-BC; answers its msgid."""

    expire: int
    """Seconds."""
    data: bytes


class PushToAll(msgspec.Struct, frozen=True, kw_only=True):
    """To `beehive.lobby:1`: send a BC to everybody online; answers its msgid."""

    expire: int
    text: str
    data: bytes | None = None


class RoomHistory(msgspec.Struct, frozen=True, kw_only=True):
    """To `beehive.room:{rid}`: answers the last remarks to all, a list of `beehive.RoomSaid`.

    Refused with no_such_room, or forbidden: who asks was put out.
    """

    uid: int
    """Who asks."""
    count: int


class LiveNodes(msgspec.Struct, frozen=True, kw_only=True):
    """To `beehive.nodes:1`: answers the addresses ("ip:port") of live nodes of a type."""

    type: Literal[0, 1, 2]


# --- between groups, rooms and others (A2) --------------------------------------------------


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """To a group or a room that is none yet, from the lobby: be, with this number.

    `command` is the `Routed` GROUP-CREAT or ROOM-CREAT; the group or room answers it.
    """

    origin: str
    command: Any
    number: int


class DevicesChanged(msgspec.Struct, frozen=True, kw_only=True):
    """To each group of a user: one more device is his (`DeviceLinked`)."""

    uid: int


class WishesChanged(msgspec.Struct, frozen=True, kw_only=True):
    """To each room that a device is in: it subscribed a push, or unsubscribed one."""

    uid: int
    sid: int


# --- between sessions, users and the lobby --------------------------------------------------


class Routed(msgspec.Struct, frozen=True, kw_only=True):
    """To whoever owns what a numbered command is about; answered by `answering.answer`."""

    origin: str
    session: int
    uid: int
    sid: int
    request: Any
    """`packet.Request`, its sender filled in."""


class ComeOnline(msgspec.Struct, frozen=True, kw_only=True):
    """To a user: a connection wants to speak for a device of his (ONLINE)."""

    origin: str
    session: int
    request: Any
    """`packet.Request`"""


class Superseded(msgspec.Struct, frozen=True, kw_only=True):
    """To a session: a newer one speaks for its device from now on, if it comes to that."""

    by: int
    """The newer session."""


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """To a user: what a device of his asked for last was dropped; a SYNC may be among it."""

    sid: int


class GoOffline(msgspec.Struct, frozen=True, kw_only=True):
    """To a user: a device of his leaves (OFFLINE)."""

    origin: str
    session: int
    sid: int
    seq: int


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """To a user or a room: no connection speaks for this device any more."""

    sid: int
    reason: facts.LeaveReason = "lost"


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """To a user: a device of his acknowledges a message (CHAT-ACK, P2P-ACK)."""

    origin: str
    sid: int
    kind: Literal["chat", "p2p"]
    suid: int
    seq: int


class Deliver(msgspec.Struct, frozen=True, kw_only=True):
    """To a user: what another actor put into his inbox, for his devices that are online."""

    version: int
    sent: Any
    """`beehive.PrivateCopied` or `beehive.FriendNoticeSent`."""


class Synced(msgspec.Struct, frozen=True, kw_only=True):
    """To a user: all that waited for a device has been told."""

    sid: int
    session: int
    """The connection it was told to."""
    notices: list[int]
    """Filled while it is told."""
    heard: dict[int, int]


# --- between nodes and their sessions -------------------------------------------------------


class NodeEnters(msgspec.Struct, frozen=True, kw_only=True):
    """To `beehive.nodes:1`: a connection says that it is a node's; answered there."""

    origin: str
    session: int
    proof: NodeAuth
    seq: int


class RoomCounted(msgspec.Struct, frozen=True, kw_only=True):
    """To `beehive.nodes:1`, from a room: how many are in it, for who watches (ROOM-LSN-STAT)."""

    rid: int
    num: int


class NodeLetIn(msgspec.Struct, frozen=True, kw_only=True):
    """To a node's session: it is the node it says."""

    nid: int


class NodeSays(msgspec.Struct, frozen=True, kw_only=True):
    """To `beehive.nodes:1`: a report of a node that was let in."""

    origin: str
    session: int
    nid: int
    request: Request
