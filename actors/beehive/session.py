"""One connection of an instant-messaging client: which device it speaks for, and its numbers.

The session checks what every command has (is the device online, is the header its own, does the
number grow, is the sender who the connection speaks for) and passes it to the actor that owns
what the command is about. Whom it speaks for, the hub knows.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.beehive import devices
from parlour.actors.beehive.answering import READS, answer
from parlour.actors.beehive.messages import (
    ComeOnline,
    Dropped,
    GoOffline,
    Heard,
    Routed,
    Superseded,
)
from parlour.actors.beehive.sent import Kind
from parlour.actors.messages import FromSession, Refused, SessionOpened
from parlour.actors.ports import Close, Reply
from parlour.events import beehive as facts
from parlour.events.account import account_id
from parlour.events.messages.beehive import common, group, private, push, room
from parlour.events.messages.beehive.packet import Message, Packet, Request
from parlour.events.rules.beehive import device as rules
from parlour.events.rules.beehive import notices
from parlour.events.rules.beehive.state import Device

MOST_ROOMS: Final = 200
"""Rooms that one device is in at a time."""
_REFUSED: Final = "the engine takes no commands now; nothing was changed"
_INTERNAL: Final = "internal error; nothing was changed"


class BeehiveSession(EngineActor):
    """The actor `beehive.session:{number}`."""

    RESTARTS = False  # it holds nothing that a dropped command could make wrong

    _over: bool = False
    """Whether its end is on its way: whatever follows in the same breath is not obeyed."""
    _by: int = 0
    """The newer session of the same device."""

    @cached_property
    def session(self) -> int:
        """The hub's number of the connection."""
        return int(self.id.partition(":")[2])

    def reply(self, message: Message, seq: int) -> None:
        """Answer this connection."""
        self.context.say(Reply(self.session, Packet(message, seq)))

    def error(self, code: int, seq: int, reason: str = "") -> None:
        """Answer with the protocol's general error."""
        self.reply(common.Error(code=code, errmsg=reason or notices.TEXTS[code]), seq)

    def may_end(self) -> bool:
        """A session ends with its connection, not before."""
        return False

    def on_opened(self, message: SessionOpened) -> None:
        """A connection was accepted; it speaks for nobody yet."""

    def on_refused(self, message: Refused) -> None:
        """What this connection asked for was dropped whole."""
        context = self.context
        self._over = False
        self.error(notices.SYSTEM, 0, _REFUSED if message.code == "unavailable" else _INTERNAL)
        device = devices.device(context, context.hub.speaker(self.session))
        if device.uid:
            self.tell(facts.user_id(device.uid), Dropped(sid=device.sid))
        if not context.hub.admitted(self.session):
            context.hub.retract(self.session)
            context.say(Close(self.session, message.code, failed=True))

    def on_request(self, message: FromSession) -> None:
        """Take one packet."""
        request: Request = message.request
        kind = type(request.message)
        hub = self.context.hub
        sid = hub.speaker(self.session)
        if self._over:
            return
        if self._by and hub.speaker(self._by) == sid:
            # Should the newer connection come to nothing, what follows this would leave a gap.
            self._over = True
            self.context.say(Close(self.session, "taken over by another connection"))
            return
        if kind is common.Ping:
            self.reply(common.Pong(), request.seq)
        elif kind is common.Online:
            self._come_online(request, sid)
        elif kind not in notices.NUMBERED and kind is not common.Offline:
            # Acks of our pushes; an echo of the push's header names the sender's device.
            heard = _ACKS.get(kind)
            if heard is not None and sid:
                self._heard(request, devices.device(self.context, sid), heard)
        elif not sid:
            self.error(notices.UNKNOWN_USER, request.seq, "ONLINE first")
            self._over = True
            self.context.say(Close(self.session, "a command before ONLINE"))
        elif request.sid != sid and not (request.implied and request.sid == 0):
            self.error(notices.CHECK_FAILED, request.seq, "the header's sid is not this session's")
        elif kind is common.Offline:
            self._go_offline(request, devices.device(self.context, sid))
        else:
            self._command(request, devices.device(self.context, sid))

    # --- coming and going ------------------------------------------------------------------

    def _come_online(self, request: Request, sid: int) -> None:
        online: Any = request.message
        if sid:
            device = devices.device(self.context, sid)
            same = online.uid == device.uid and (request.implied or online.sid == sid)
            self.reply(online_ack(online, device, 0 if same else notices.CHECK_FAILED), request.seq)
            return
        if not 0 < online.uid < 2**63:
            self.reply(online_ack(online, Device(), notices.UNKNOWN_USER), request.seq)
            self.context.say(Close(self.session, "ONLINE refused", lingers=True))
            return
        self.tell(
            facts.user_id(online.uid),
            ComeOnline(origin=self.id, session=self.session, request=request),
        )

    def on_superseded(self, message: Superseded) -> None:
        """Say nothing more for the device, unless the newer connection comes to nothing."""
        self._by = message.by

    def _go_offline(self, request: Request, device: Device) -> None:
        self._over = True
        self.tell(
            facts.user_id(device.uid),
            GoOffline(origin=self.id, session=self.session, sid=device.sid, seq=request.seq),
        )

    def _heard(self, request: Request, device: Device, kind: Kind) -> None:
        ack: Any = request.message
        self.pass_on(
            facts.user_id(device.uid),
            Heard(origin=self.id, sid=device.sid, kind=kind, suid=ack.suid, seq=request.seq),
        )

    # --- numbered commands -----------------------------------------------------------------

    def _command(self, request: Request, device: Device) -> None:
        if request.seq > rules.MOST_SEQ:
            self.error(notices.BAD_HEADER, request.seq, "no number is 2^63 or more")
            return
        verdict = rules.judge(device, request.seq, request.digest)
        if verdict == "old":
            self._over = True
            self.reply(common.Kick(code=notices.CHECK_FAILED, errmsg="falling sequence"), 0)
            self.context.say(Close(self.session, "falling sequence", lingers=True))
            return
        uid = device.uid
        message, fits = _sender(request, uid)
        if request.implied:
            message = self._fill_room(message, device)
        if message is not request.message:
            request = replace(request, message=message)
        routed = Routed(
            origin=self.id, session=self.session, uid=uid, sid=device.sid, request=request
        )
        if verdict != "new" and type(message) not in READS:
            self.reply(notices.ack(message, verdict.code, verdict.value), request.seq)
        elif not fits:
            answer(self.context, routed, code=notices.CHECK_FAILED)
        elif self._is_in_enough_rooms(message, device):
            answer(self.context, routed, code=notices.TOO_MANY)
        else:
            self._route(routed, message)

    def _is_in_enough_rooms(self, message: Any, device: Device) -> bool:
        """Tell whether a device wants into one room too many: it leaves all of them at once."""
        if type(message) is not room.RoomJoin or len(device.rooms) < MOST_ROOMS:
            return False
        joined = rules.rooms(device, devices.epoch(self.context))
        return len(joined) >= MOST_ROOMS and message.rid not in joined

    def _route(self, routed: Routed, message: Any) -> None:
        kind = type(message)
        if kind in _TO_PEER:
            if not self.context.state(account_id(message.duid)).registered:
                answer(self.context, routed, code=notices.MISSING)
                return
            self.pass_on(facts.user_id(message.duid), routed)
        elif kind in _TO_GROUP:
            self.pass_on(facts.group_id(message.gid), routed)
        elif kind in _TO_ROOM:
            self.pass_on(facts.room_id(message.rid), routed)
        elif kind in _TO_LOBBY:
            self.pass_on(facts.LOBBY_ID, routed)
        else:
            self.pass_on(facts.user_id(routed.uid), routed)

    def _fill_room(self, message: Any, device: Device) -> Any:
        """Return the message with the room dialect v1 means when it names none."""
        if type(message) not in _ROOM_IMPLIED or message.rid:
            return message
        if type(message) is room.RoomJoin:
            return replace(message, rid=self.context.settings.beehive.default_room)
        joined = rules.rooms(device, devices.epoch(self.context))
        return replace(message, rid=joined[-1]) if joined else message

    HANDLERS: ClassVar[dict[type, Handler]] = {
        SessionOpened: on_opened,
        FromSession: on_request,
        Superseded: on_superseded,
        Refused: on_refused,
    }


def online_ack(online: Any, device: Device, code: int) -> common.OnlineAck:
    """Return the answer to an ONLINE."""
    return common.OnlineAck(
        uid=online.uid,
        sid=device.sid or online.sid,
        seq=rules.next_seq(device),
        app=online.app,
        version=online.version,
        terminal=online.terminal,
        code=code,
        errmsg=notices.TEXTS[code],
    )


def _sender(request: Request, uid: int) -> tuple[Any, bool]:
    """Return the message with its sender filled in, and whether that is who it says it is."""
    message = request.message
    name = _SENDERS.get(type(message))
    if name is None:
        return message, True
    if request.implied:
        return replace(message, **{name: uid}), True
    return message, getattr(message, name) == uid


_ACKS: Final[dict[type[Message], Kind]] = {private.ChatAck: "chat", push.P2PAck: "p2p"}
"""Those that something waits for; all others are only counted."""
_TO_PEER: Final = frozenset(
    {private.Chat, push.P2P, private.FriendAdd, private.FriendDel, private.FriendReply}
)
_TO_LOBBY: Final = frozenset({push.Bc, group.GroupCreat, room.RoomCreat})
_TARGETED: Final[tuple[type[Message], ...]] = (
    group.GroupKick,
    group.GroupGagAdd,
    group.GroupGagDel,
    group.GroupBlAdd,
    group.GroupBlDel,
    group.GroupMgrAdd,
    group.GroupMgrDel,
    room.RoomKick,
)
"""Here `uid` is whom it is done to."""
_TO_GROUP: Final[frozenset[Any]] = frozenset(
    {
        group.GroupDimiss,
        group.GroupJoin,
        group.GroupQuit,
        group.GroupInvite,
        group.GroupChat,
        group.GroupUsrList,
        *(kind for kind in _TARGETED if kind is not room.RoomKick),
    }
)
_TO_ROOM: Final = frozenset(
    {room.RoomDismiss, room.RoomJoin, room.RoomQuit, room.RoomKick, room.RoomChat}
)
_ROOM_IMPLIED: Final = frozenset({room.RoomJoin, room.RoomQuit, room.RoomChat})
_SENDERS: Final[dict[type[Message], str]] = {
    kind: name
    for kind in notices.NUMBERED.difference(_TARGETED)
    for name in ("uid", "suid")
    if name in kind.__struct_fields__
}
"""The field of each command that names its sender."""
