"""A group, `beehive.group:{gid}`; its aggregate has the same id.

What may happen is decided by `events.rules.beehive.group`. The unit that takes a member in or out
says so on the user too. What is said to the group is recorded once: members who are online have
it at once, the others read it from here when they SYNC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.beehive import devices, messages
from parlour.actors.beehive.answering import answer
from parlour.actors.beehive.audience import GroupAudience
from parlour.actors.messages import Ask, Restarted
from parlour.actors.ports import Answer, Publish
from parlour.events import beehive as facts
from parlour.events.account import account_id
from parlour.events.errors import LocalProtocolError, RuleViolation
from parlour.events.event import Event
from parlour.events.messages.beehive import group as wire
from parlour.events.messages.beehive.packet import Message, Packet
from parlour.events.rules.beehive import group as rules
from parlour.events.rules.beehive import group_commands as commands
from parlour.events.rules.beehive import place_notices as notices
from parlour.events.rules.beehive.places import Group, Room
from parlour.events.times import MICROSECONDS

_Changes = list[tuple[Group, Event]]
"""What a command caused: each event with the group before it."""

_LISTED: Final = (facts.GroupBlacklistChanged, facts.GroupGagChanged)
"""What may be done to somebody outside, who is told of it as well."""


class BeehiveGroup(EngineActor):
    """The actor of one group."""

    def __init__(self) -> None:
        super().__init__()
        self._audience = GroupAudience(self._sids_of)

    @property
    def gid(self) -> int:
        """The group's number."""
        return int(self.id.rpartition(":")[2])

    @property
    def group(self) -> Group:
        """The group with everything recorded so far."""
        state: Group = self.context.state(self.id)
        return state

    def _terms(self) -> commands.GroupTerms:
        settings = self.context.settings.beehive
        return commands.GroupTerms(
            most_members=settings.group_members, most_listed=settings.list_entries
        )

    def _sids_of(self, uid: int) -> Iterable[int]:
        return devices.sids_of(self.context, uid)

    # --- obeying and telling ---------------------------------------------------------------

    def _obey(self, command: commands.GroupCommand) -> _Changes:
        """Record what a command causes, on the group and on who comes or goes.

        Raises:
            RuleViolation: The command is refused; nothing was recorded.
        """
        changes: _Changes = []
        for event in rules.decide(self.group, command, self._terms()):
            before = self.group
            self.context.record(self.id, event)
            self._tell_users(before, event)
            changes.append((before, event))
        return changes

    def _tell_users(self, before: Group, event: Event) -> None:
        match event:
            case facts.GroupCreated(uid=uid) | facts.GroupMemberAdded(uid=uid):
                version = self.context.repository.version(self.id)
                entered = facts.GroupEntered(at=event.at, gid=self.gid, version=version)
                self.context.record(facts.user_id(uid), entered)
                self._audience.forget(uid)  # nobody told us of his devices while he was outside
            case facts.GroupMemberRemoved(uid=uid):
                self._let_go([uid], event.at)
            case facts.GroupBlacklistChanged(uid=uid, on=True) if uid in before.members:
                self._let_go([uid], event.at)
            case facts.GroupDismissed():
                self._let_go(before.members, event.at)
            case _:
                return

    def _let_go(self, uids: Iterable[int], at: int) -> None:
        for uid in uids:
            self.context.record(facts.user_id(uid), facts.GroupLeft(at=at, gid=self.gid))

    def _notify(self, changes: _Changes) -> None:
        """Tell the members, the one who has just gone too."""
        for before, event in changes:
            if isinstance(event, facts.GroupSaid):
                self._tell_said(event)
            elif isinstance(event, facts.GroupDismissed):
                self._tell_dismissed(before)
            elif notice := notices.group_notice(self.gid, event):
                after = self.group.members
                heard = before.members if len(before.members) > len(after) else after
                sids = self._audience.of(heard)
                if isinstance(event, _LISTED) and event.uid not in heard:
                    sids = (*sids, *self._audience.sids(event.uid))
                self._publish(sids, Packet(notice))

    def _tell_said(self, event: facts.GroupSaid) -> None:
        """The sending device has its answer, and all others of his hear it."""
        heard = self._audience.of(self.group.members, without=event.ssid)
        remark = notices.group_remark(self.gid, event)
        self._publish(heard, Packet(remark, event.seq, event.ssid))

    def _tell_dismissed(self, before: Group) -> None:
        """Each member is out: that is what he is told, of himself."""
        for uid in before.members:
            notice = wire.GroupKickNtf(uid=uid, gid=self.gid)
            self._publish(self._audience.sids(uid), Packet(notice))

    def _publish(self, sids: tuple[int, ...], packet: Packet) -> None:
        if sids:
            self.context.say(Publish(devices.PROTOCOL, sids, packet))

    # --- requests --------------------------------------------------------------------------

    def on_routed(self, routed: messages.Routed) -> None:
        """Obey a device's command, or say why not; answered before anybody is told."""
        message = routed.request.message
        if type(message) in _OF_ROOMS_TOO and self._is_room():
            self.tell(facts.room_id(self.gid), routed)
            return
        request = _REQUESTS.get(type(message))
        if request is None:
            raise LocalProtocolError(f"{self.id} does not take {type(message).__name__}")
        try:
            request(self, routed, message)
        except RuleViolation as refusal:
            answer(self.context, routed, code=notices.number_of(refusal.code))

    def _is_room(self) -> bool:
        if self.group.gid:
            return False
        room: Room = self.context.state(facts.room_id(self.gid))
        return room.rid != 0

    def _carry_out(self, routed: messages.Routed, command: commands.GroupCommand) -> None:
        changes = self._obey(command)
        answer(self.context, routed)
        self._notify(changes)

    def _dismiss(self, routed: messages.Routed, _message: wire.GroupDimiss) -> None:
        self._carry_out(routed, commands.Dismiss(at=self.context.now(), uid=routed.uid))

    def _check_space_of(self, uid: int) -> None:
        """Refuse a user who is in as many groups as anybody may be."""
        groups = devices.user(self.context, uid).groups
        if len(groups) >= self.context.settings.beehive.list_entries and self.gid not in groups:
            raise RuleViolation("full")

    def _check_invited(self, by: int, uid: int) -> None:
        """Refuse to put somebody in who does not exist, who blacklisted who asks, or too often.

        Others fill half of the groups a user may be in: the rest is for those he chooses.
        """
        if not self.context.state(account_id(uid)).registered:
            raise RuleViolation("no_such_account")
        user = devices.user(self.context, uid)
        if by in user.black:
            raise RuleViolation("forbidden")
        if len(user.groups) >= self.context.settings.beehive.list_entries // 2:
            raise RuleViolation("full")

    def _join(self, routed: messages.Routed, _message: wire.GroupJoin) -> None:
        self._check_space_of(routed.uid)
        self._carry_out(routed, commands.Join(at=self.context.now(), uid=routed.uid))

    def _quit(self, routed: messages.Routed, _message: wire.GroupQuit) -> None:
        self._carry_out(routed, commands.Quit(at=self.context.now(), uid=routed.uid))

    def _invite(self, routed: messages.Routed, message: wire.GroupInvite) -> None:
        invite = commands.Invite(at=self.context.now(), by=routed.uid, uid=message.to)
        # The rules have their say first: an outsider learns nothing of accounts.
        if rules.decide(self.group, invite, self._terms()):
            self._check_invited(routed.uid, message.to)
        self._carry_out(routed, invite)

    def _kick(self, routed: messages.Routed, message: wire.GroupKick) -> None:
        kick = commands.Kick(at=self.context.now(), by=routed.uid, uid=message.uid)
        self._carry_out(routed, kick)

    def _gag(self, routed: messages.Routed, message: wire.GroupGagAdd | wire.GroupGagDel) -> None:
        on = isinstance(message, wire.GroupGagAdd)
        change = commands.ChangeGag(at=self.context.now(), by=routed.uid, uid=message.uid, on=on)
        self._carry_out(routed, change)

    def _blacklist(
        self, routed: messages.Routed, message: wire.GroupBlAdd | wire.GroupBlDel
    ) -> None:
        on = isinstance(message, wire.GroupBlAdd)
        change = commands.ChangeBlacklist(
            at=self.context.now(), by=routed.uid, uid=message.uid, on=on
        )
        self._carry_out(routed, change)

    def _role(self, routed: messages.Routed, message: wire.GroupMgrAdd | wire.GroupMgrDel) -> None:
        on = isinstance(message, wire.GroupMgrAdd)
        change = commands.ChangeRole(at=self.context.now(), by=routed.uid, uid=message.uid, on=on)
        self._carry_out(routed, change)

    def _chat(self, routed: messages.Routed, message: wire.GroupChat) -> None:
        say = commands.Say(
            at=self.context.now(),
            uid=routed.uid,
            ssid=routed.sid,
            seq=routed.request.seq,
            level=message.level,
            time=message.time,
            text=message.text,
            data=message.data,
        )
        self._carry_out(routed, say)

    def _list(self, routed: messages.Routed, message: wire.GroupUsrList) -> None:
        roll = rules.roll(self.group, routed.uid, num=message.num)
        listed: Message = wire.GroupUsrListAck(gid=self.gid, list=notices.roll_text(roll))
        answer(self.context, routed, reply=listed)

    # --- from elsewhere --------------------------------------------------------------------

    def on_found(self, message: messages.Found) -> None:
        """Begin to exist, with its owner in it."""
        routed: messages.Routed = message.command
        request = routed.request.message
        create = commands.Create(
            at=self.context.now(),
            gid=message.number,
            uid=routed.uid,
            name=request.name,
            desc=request.desc,
        )
        try:
            self._check_space_of(routed.uid)
            self._obey(create)
        except RuleViolation as refusal:
            answer(self.context, routed, code=notices.number_of(refusal.code))
        else:
            answer(self.context, routed, value=message.number)

    def on_ask(self, message: Ask) -> None:
        """Say something in an operator's name; answers its version."""
        push = message.command
        if not isinstance(push, messages.PushToGroup):
            raise LocalProtocolError(f"{self.id} does not take {type(push).__name__}")
        at = self.context.now()
        say = commands.Say(
            at=at,
            uid=0,
            ssid=0,
            seq=0,
            level=0,
            time=at // MICROSECONDS,
            text=push.text,
            data=push.data,
        )
        self._notify(self._obey(say))
        self.context.say(Answer(message.ticket, self.context.repository.version(self.id)))

    def on_devices_changed(self, message: messages.DevicesChanged) -> None:
        """Know a member's new device."""
        self._audience.forget(message.uid)

    def on_restarted(self, _message: Restarted) -> None:
        """Stand on the log again; nothing runs here that was to be set going."""

    HANDLERS: ClassVar[dict[type, Handler]] = {
        messages.Routed: on_routed,
        messages.Found: on_found,
        messages.DevicesChanged: on_devices_changed,
        Ask: on_ask,
        Restarted: on_restarted,
    }


_OF_ROOMS_TOO: Final = (wire.GroupMgrAdd, wire.GroupMgrDel)
"""What may name a room by its rid."""
_REQUESTS: Final[dict[type[Message], Callable[[BeehiveGroup, messages.Routed, Any], None]]] = {
    wire.GroupDimiss: BeehiveGroup._dismiss,
    wire.GroupJoin: BeehiveGroup._join,
    wire.GroupQuit: BeehiveGroup._quit,
    wire.GroupInvite: BeehiveGroup._invite,
    wire.GroupChat: BeehiveGroup._chat,
    wire.GroupKick: BeehiveGroup._kick,
    wire.GroupGagAdd: BeehiveGroup._gag,
    wire.GroupGagDel: BeehiveGroup._gag,
    wire.GroupBlAdd: BeehiveGroup._blacklist,
    wire.GroupBlDel: BeehiveGroup._blacklist,
    wire.GroupMgrAdd: BeehiveGroup._role,
    wire.GroupMgrDel: BeehiveGroup._role,
    wire.GroupUsrList: BeehiveGroup._list,
}
