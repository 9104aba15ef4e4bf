"""A user's devices come online and go; friends and rooms hear of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from parlour.actors import accounts
from parlour.actors.beehive import devices, messages
from parlour.actors.beehive.session import online_ack
from parlour.actors.beehive.tokens import read_token
from parlour.actors.ports import Close, Publish, Reply, Unbind
from parlour.events import beehive as facts
from parlour.events.errors import RuleViolation
from parlour.events.messages.beehive import common
from parlour.events.messages.beehive.packet import Message, Packet
from parlour.events.rules.beehive import device as device_rules
from parlour.events.rules.beehive import lobby as lobby_rules
from parlour.events.rules.beehive import notices
from parlour.events.rules.beehive import user as rules
from parlour.events.rules.beehive.state import (
    OFFLINE_NTF,
    ONLINE_NTF,
    Device,
    Line,
    User,
    is_online,
    online_sids,
)

if TYPE_CHECKING:
    from parlour.actors.beehive.user import BeehiveUser

_WORDS: Final = 64
"""Characters kept of a client's name and version."""


class Presence:
    """Of one user."""

    def __init__(self, owner: BeehiveUser) -> None:
        self._owner = owner
        self.sessions: dict[int, int] = {}
        """By sid: the session that came last."""

    @property
    def _user(self) -> User:
        return self._owner.user

    @property
    def _epoch(self) -> int:
        return devices.epoch(self._owner.context)

    # --- coming ----------------------------------------------------------------------------

    def come_online(self, message: messages.ComeOnline) -> None:
        """Let a connection speak for a device, or say why not and close it."""
        owner, request = self._owner, message.request
        online = request.message
        code, line = self._admit(request)
        if code:
            self._refuse(message, code)
            return
        try:
            sid = self._device_for(request, line)
        except RuleViolation as refusal:
            self._refuse(message, notices.CODES[refusal.code])
            return
        self._supersede(sid, message.session)
        first = not online_sids(self._user, self._epoch)
        owner.context.bind(message.session, devices.PROTOCOL, owner.uid, device=sid)
        owner.backlogs.forget(sid)
        owner.acks.begin(sid)
        owner.record(
            facts.DeviceOnline(
                at=owner.context.now(),
                sid=sid,
                epoch=self._epoch,
                caught=self._missed(sid),
                app=online.app[:_WORDS],
                version=online.version[:_WORDS],
                terminal=online.terminal or 0,
            )
        )
        device = devices.device(owner.context, sid)
        owner.context.say(
            Reply(message.session, Packet(online_ack(online, device, 0), request.seq))
        )
        if first:
            self._tell_friends(ONLINE_NTF, common.OnlineNtf(uid=owner.uid))

    def _refuse(self, message: messages.ComeOnline, code: int) -> None:
        context, request = self._owner.context, message.request
        packet = Packet(online_ack(request.message, Device(), code), request.seq)
        context.say(Reply(message.session, packet))
        context.say(Close(message.session, "ONLINE refused", lingers=True))

    def _supersede(self, sid: int, session: int) -> None:
        """Have an older connection of the device say nothing more, and leave where it was."""
        older = self.sessions.get(sid)
        if older is not None:
            name = f"{devices.PROTOCOL}.session:{older}"
            self._owner.tell(name, messages.Superseded(by=session))
        self.sessions[sid] = session
        self._leave_rooms(sid, "lost")

    def _admit(self, request: Any) -> tuple[int, Line | None]:
        """Return the code of a refusal or 0, and for dialect v1 the line that is taken up."""
        owner, online = self._owner, request.message
        try:
            owner.must_exist()
        except RuleViolation:
            return notices.UNKNOWN_USER, None
        sid = online.sid
        if request.implied:
            line = self._line_of_v1(request.sid)
            sid = 0 if line is None else line.sid
        else:
            line = None
            if not lobby_rules.sid_is_valid(sid):
                return notices.CHECK_FAILED, None
            if devices.device(owner.context, sid).uid not in (0, owner.uid):
                return notices.UNKNOWN_USER, None
        if not self._token_is_good(online.token, sid):
            return notices.UNKNOWN_USER, None
        if sid in lobby_rules.GIVEN_SIDS and not devices.device(owner.context, sid).uid:
            return notices.CHECK_FAILED, None
        return 0, line

    def _line_of_v1(self, sid: int) -> Line | None:
        """Return the device a client of dialect v1 goes on with, if it named one of the user's."""
        return self._user.devices.get(sid)

    def _token_is_good(self, token: str, sid: int) -> bool:
        owner = self._owner
        context = owner.context
        if context.settings.open:
            return True
        read = read_token(context.decks, token, now=context.now())
        if read is not None:
            return read[0] == owner.uid and sid in (0, read[1])
        account = owner.account
        if not accounts.token_is_good(account, token, "beehive", now=context.now()):
            return False
        bound = account.tokens[accounts.digest_of(token)].sid
        return sid == 0 or bound in (0, sid)

    def _device_for(self, request: Any, line: Line | None) -> int:
        """Return the device that comes online, linked to the user."""
        if not request.implied:
            sid = int(request.message.sid)
            self.link(sid)
            return sid
        if line is not None:
            return line.sid
        sid = devices.draw_sid(self._owner.context)
        self.link(sid, heir_of=self._abandoned())
        return sid

    def _abandoned(self) -> int:
        """Return the offline device whose sid was drawn for dialect v1 and who was seen last.

        Its client has no other way to tell that it is the same one; so a new sid, whose numbers
        begin anew, takes over what waits for it.
        """
        epoch = self._epoch
        lent = [
            line for line in self._user.devices.values() if line.lent and not is_online(line, epoch)
        ]
        return max(lent, key=lambda line: line.seen).sid if lent else 0

    def link(self, sid: int, *, heir_of: int | None = None, comes: bool = True) -> None:
        """Make a device the user's, if it is not yet; `comes` when it is about to be online."""
        owner = self._owner
        owner.acks.flush()
        at = owner.context.now()
        if not devices.device(owner.context, sid).uid:
            owner.context.record(
                facts.device_id(sid), facts.DeviceAdded(at=at, sid=sid, uid=owner.uid)
            )
        events = rules.link(
            self._user,
            owner.inbox,
            sid,
            owner.terms(),
            living=devices.living(owner.context, owner.uid),
            most=owner.context.settings.beehive.devices,
            groups={} if sid in self._user.devices else self._groups(),
            heir_of=heir_of,
            comes=comes,
        )
        if events:
            owner.record(*events)
            for gid in self._user.groups:
                owner.tell(facts.group_id(gid), messages.DevicesChanged(uid=owner.uid))

    def _groups(self) -> dict[int, int]:
        """Return the versions of the user's groups, by gid."""
        version = self._owner.context.repository.version
        return {gid: version(facts.group_id(gid)) for gid in self._user.groups}

    def _missed(self, sid: int) -> dict[int, int]:
        """Return the groups with something the device has not heard, and how far it goes."""
        heard, entered = self._user.devices[sid].heard, self._user.groups
        return {
            gid: version
            for gid, version in self._groups().items()
            if version > max(heard.get(gid, 0), entered[gid])
        }

    # --- going -----------------------------------------------------------------------------

    def go_offline(self, message: messages.GoOffline) -> None:
        """Obey OFFLINE."""
        self._owner.context.say(Reply(message.session, Packet(common.OfflineAck(), message.seq)))
        self._leave(message.sid, "offline")
        self._owner.context.say(Unbind(message.session))
        self._owner.context.say(Close(message.session, "offline"))

    def lose(self, sid: int, reason: facts.LeaveReason) -> None:
        """Note a device without a connection."""
        if not self._owner.context.hub.online(devices.PROTOCOL, sid):
            self._leave(sid, reason)  # unless it was faster back than the news of its going

    def look_again(self) -> None:
        """Note the devices that went in what was dropped."""
        for sid in online_sids(self._user, self._epoch):
            self.lose(sid, "lost")

    def _leave(self, sid: int, reason: facts.LeaveReason) -> None:
        owner = self._owner
        owner.backlogs.forget(sid)
        owner.acks.end(sid)
        self.sessions.pop(sid, None)
        line = self._user.devices.get(sid)
        if line is None or not is_online(line, self._epoch):
            self._leave_rooms(sid, reason)
            return
        heard: dict[int, int] = {}
        if reason == "offline":  # else nobody knows what got through of what was said last
            heard = self._groups()
        owner.record(
            facts.DeviceOffline(at=owner.context.now(), sid=sid, heard=heard, reason=reason)
        )
        self._leave_rooms(sid, reason)
        if not online_sids(self._user, self._epoch):
            self._tell_friends(OFFLINE_NTF, common.OfflineNtf(uid=owner.uid))

    def _rooms(self, sid: int) -> list[int]:
        return device_rules.rooms(devices.device(self._owner.context, sid), self._epoch)

    def _leave_rooms(self, sid: int, reason: facts.LeaveReason) -> None:
        for rid in self._rooms(sid):
            self._owner.tell(facts.room_id(rid), messages.Gone(sid=sid, reason=reason))

    def wishes_changed(self, sid: int) -> None:
        """Have the rooms of a device know what it wants now."""
        for rid in self._rooms(sid):
            self._owner.tell(
                facts.room_id(rid), messages.WishesChanged(uid=self._owner.uid, sid=sid)
            )

    def _tell_friends(self, cmd: int, message: Message) -> None:
        context, epoch = self._owner.context, self._epoch
        sids = tuple(
            line.sid
            for friend in self._user.friends
            # Who is online is in memory: of thousands of friends few are looked at.
            if context.awake(facts.user_id(friend))
            for line in devices.user(context, friend).devices.values()
            if is_online(line, epoch) and cmd in line.wants
        )
        if sids:
            context.say(Publish(devices.PROTOCOL, sids, Packet(message)))
