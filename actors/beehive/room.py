"""A room, `beehive.room:{rid}`; its aggregate has the same id.

What may happen is decided by `events.rules.beehive.room`. The unit that takes a device in or out
says so on the device too. A remark is one event, one answer and one `Publish`, however many hear
it; what grows with the room is made when people come and go, and not when they talk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.beehive import devices, messages
from parlour.actors.beehive.answering import answer
from parlour.actors.beehive.audience import RoomAudience
from parlour.actors.beehive.headcount import Headcount
from parlour.actors.messages import Ask, Restarted, TimerFired
from parlour.actors.ports import Answer, Publish, Reply
from parlour.events import beehive as facts
from parlour.events.errors import LocalProtocolError, RuleViolation
from parlour.events.event import Event
from parlour.events.messages.beehive import group as group_wire
from parlour.events.messages.beehive import room as wire
from parlour.events.messages.beehive.packet import Message, Packet
from parlour.events.rules.beehive import place_notices as notices
from parlour.events.rules.beehive import places
from parlour.events.rules.beehive import room as rules
from parlour.events.rules.beehive import room_commands as commands
from parlour.events.rules.beehive.places import Room
from parlour.events.rules.beehive.state import ROOM_USR_NUM
from parlour.events.times import MICROSECONDS

COUNT: Final = "count"
"""The timer of ROOM-USR-NUM."""
_Changes = list[tuple[Room, Event]]
"""What a command caused: each event with the room before it."""


class BeehiveRoom(EngineActor):
    """The actor of one room."""

    def __init__(self) -> None:
        super().__init__()
        self._audience = RoomAudience()
        self._headcount = Headcount(self._wants_number)

    @property
    def rid(self) -> int:
        """The room's number."""
        return int(self.id.rpartition(":")[2])

    @property
    def room(self) -> Room:
        """The room with everything recorded so far."""
        state: Room = self.context.state(self.id)
        return state

    def _epoch(self) -> int:
        return devices.epoch(self.context)

    def _wants_number(self, uid: int, sid: int) -> bool:
        line = devices.user(self.context, uid).devices.get(sid)
        return line is not None and ROOM_USR_NUM in line.wants

    def _terms(self) -> commands.RoomTerms:
        settings = self.context.settings.beehive
        return commands.RoomTerms(
            epoch=self._epoch(),
            auto_create=settings.auto_create_rooms,
            group_size=settings.room_group_size,
            most_listed=settings.list_entries,
        )

    # --- obeying ---------------------------------------------------------------------------

    def _obey(self, command: commands.RoomCommand) -> _Changes:
        """Record what a command causes, on the room and on the devices that come or go.

        Raises:
            RuleViolation: The command is refused; nothing was recorded.
        """
        changes: _Changes = []
        before, terms = self.room, self._terms()
        if before.epoch == terms.epoch:
            self._headcount.begin(before.count)
        for event in rules.decide(before, command, terms):
            self.context.record(self.id, event)
            after = self.room
            self._audience.follow(before, event, after)
            self._headcount.follow(before, event, after)
            self._tell_devices(before, event)
            changes.append((before, event))
            before = after
        return changes

    def _tell_devices(self, before: Room, event: Event) -> None:
        match event:
            case facts.RoomJoined(sid=sid):
                entered = facts.RoomEntered(at=event.at, rid=self.rid, epoch=self._epoch())
                self.context.record(facts.device_id(sid), entered)
            case facts.RoomLeft(sid=sid):
                self._let_go([sid], event.at)
            case facts.RoomKicked(uid=uid):
                self._let_go([there.sid for there in places.devices(before, uid)], event.at)
            case facts.RoomDismissed():
                self._let_go([there.sid for _, there in places.everybody(before)], event.at)
            case _:
                return

    def _let_go(self, sids: Iterable[int], at: int) -> None:
        for sid in sids:
            self.context.record(facts.device_id(sid), facts.RoomExited(at=at, rid=self.rid))

    # --- telling ---------------------------------------------------------------------------

    def _notify(self, changes: _Changes) -> None:
        """Tell who is in the room, and who has just been put out."""
        for before, event in changes:
            told = _TOLD.get(type(event))
            if told is not None:
                told(self, before, event)
        if changes:
            self._count()

    def _publish(self, sids: tuple[int, ...], packet: Packet) -> None:
        if sids:
            self.context.say(Publish(devices.PROTOCOL, sids, packet))

    def _tell_all(self, message: Message) -> None:
        self._publish(self._audience.of(self.room), Packet(message))

    def _told_joined(self, before: Room, event: facts.RoomJoined) -> None:
        if not places.devices(before, event.uid):
            self._tell_all(wire.RoomJoinNtf(uid=event.uid, rid=self.rid))

    def _told_left(self, before: Room, event: facts.RoomLeft) -> None:
        if len(places.devices(before, event.uid)) == 1:
            self._tell_all(wire.RoomQuitNtf(uid=event.uid, rid=self.rid))

    def _told_kicked(self, before: Room, event: facts.RoomKicked) -> None:
        out = tuple(there.sid for there in places.devices(before, event.uid))
        self._publish(out, Packet(wire.RoomKick(uid=event.uid, rid=self.rid)))
        self._tell_all(wire.RoomKickNtf(uid=event.uid, rid=self.rid))

    def _told_dismissed(self, before: Room, _event: facts.RoomDismissed) -> None:
        for uid in places.uids(before):
            out = tuple(there.sid for there in places.devices(before, uid))
            self._publish(out, Packet(wire.RoomKickNtf(uid=uid, rid=self.rid)))

    def _told_role(self, _before: Room, event: facts.RoomRoleChanged) -> None:
        # The two it is about need not be in the room.
        concerned = (
            *devices.sids_of(self.context, event.uid),
            *devices.sids_of(self.context, event.by),
        )
        heard = dict.fromkeys((*self._audience.of(self.room), *concerned))
        notice = notices.role_notice(self.rid, event.uid, manages=event.manager)
        self._publish(tuple(heard), Packet(notice))

    def _told_said(self, _before: Room, event: facts.RoomSaid) -> None:
        remark = notices.room_remark(self.rid, event)
        heard = self._audience.of(self.room, event.gid)
        if event.gid and places.sub_group(self.room, event.uid, event.ssid) != event.gid:
            heard = (*heard, event.ssid)  # who speaks to another sub-group hears himself
        self._publish(heard, Packet(remark, event.seq, event.ssid))

    def _told_broadcast(self, _before: Room, event: facts.RoomBroadcast) -> None:
        self._tell_all(notices.room_broadcast(self.rid, event))

    # --- how many there are ----------------------------------------------------------------

    def _count(self) -> None:
        """Tell the number of people when it has changed, now or when it may be told again."""
        now, room = self.context.now(), self.room
        every = int(self.context.settings.beehive.count_seconds * MICROSECONDS)
        at = self._headcount.due(room.count, now=now, every=every)
        if at is not None and at <= now:
            self._headcount.tell(room.count, now=now)
            number = wire.RoomUsrNum(rid=self.rid, num=room.count)
            self._publish(self._headcount.wishing(room), Packet(number))
            if self.context.state(facts.NODES_ID).watchers:
                counted = messages.RoomCounted(rid=self.rid, num=room.count)
                self.tell(facts.NODES_ID, counted)
        elif at is not None:
            self.context.set_timer(self.id, COUNT, at)

    def on_timer(self, _message: TimerFired) -> None:
        """The number may be told again."""
        if self.room.epoch == self._epoch():
            self._count()

    def on_wishes_changed(self, message: messages.WishesChanged) -> None:
        """A device wants to know how many there are, or does so no more."""
        self._headcount.renew(self.room, message.uid, message.sid)

    # --- requests --------------------------------------------------------------------------

    def on_routed(self, routed: messages.Routed) -> None:
        """Obey a device's command, or say why not; answered before anybody is told."""
        message = routed.request.message
        request = _REQUESTS.get(type(message))
        if request is None:
            raise LocalProtocolError(f"{self.id} does not take {type(message).__name__}")
        try:
            request(self, routed, message)
        except RuleViolation as refusal:
            answer(self.context, routed, code=notices.number_of(refusal.code))

    def _carry_out(self, routed: messages.Routed, command: commands.RoomCommand) -> None:
        changes = self._obey(command)
        answer(self.context, routed)
        self._notify(changes)

    def _join(self, routed: messages.Routed, _message: wire.RoomJoin) -> None:
        at, uid, sid = self.context.now(), routed.uid, routed.sid
        changes = self._obey(commands.Join(at=at, rid=self.rid, uid=uid, sid=sid))
        answer(self.context, routed, value=places.sub_group(self.room, uid, sid))
        self._notify(changes)
        if changes:
            for told in places.standing(self.room, at):
                packet = Packet(notices.room_broadcast(self.rid, told))
                self.context.say(Reply(routed.session, packet))

    def _quit(self, routed: messages.Routed, _message: wire.RoomQuit) -> None:
        quit_ = commands.Quit(at=self.context.now(), uid=routed.uid, sid=routed.sid)
        self._carry_out(routed, quit_)

    def _chat(self, routed: messages.Routed, message: wire.RoomChat) -> None:
        say = commands.Say(
            at=self.context.now(),
            uid=routed.uid,
            ssid=routed.sid,
            seq=routed.request.seq,
            gid=message.gid,
            level=message.level,
            time=message.time,
            text=message.text,
            data=message.data,
        )
        self._carry_out(routed, say)

    def _kick(self, routed: messages.Routed, message: wire.RoomKick) -> None:
        kick = commands.Kick(at=self.context.now(), by=routed.uid, uid=message.uid)
        self._carry_out(routed, kick)

    def _dismiss(self, routed: messages.Routed, _message: wire.RoomDismiss) -> None:
        self._carry_out(routed, commands.Dismiss(at=self.context.now(), uid=routed.uid))

    def _role(
        self, routed: messages.Routed, message: group_wire.GroupMgrAdd | group_wire.GroupMgrDel
    ) -> None:
        on = isinstance(message, group_wire.GroupMgrAdd)
        change = commands.ChangeManager(
            at=self.context.now(), by=routed.uid, uid=message.uid, on=on
        )
        self._carry_out(routed, change)

    # --- from elsewhere --------------------------------------------------------------------

    def on_found(self, message: messages.Found) -> None:
        """Begin to exist, with an owner."""
        routed: messages.Routed = message.command
        request = routed.request.message
        create = commands.Create(
            at=self.context.now(),
            rid=message.number,
            uid=routed.uid,
            name=request.name,
            desc=request.desc,
        )
        try:
            self._obey(create)
        except RuleViolation as refusal:
            answer(self.context, routed, code=notices.number_of(refusal.code))
        else:
            answer(self.context, routed, value=message.number)

    def on_ask(self, message: Ask) -> None:
        """Serve HTTP: a broadcast of an operator, or the history."""
        asked = message.command
        if isinstance(asked, messages.PushToRoom):
            value: Any = self._broadcast(asked)
        elif isinstance(asked, messages.RoomHistory):
            value = self._history(asked)
        else:
            raise LocalProtocolError(f"{self.id} does not take {type(asked).__name__}")
        self.context.say(Answer(message.ticket, value))

    def _broadcast(self, push: messages.PushToRoom) -> int:
        broadcast = commands.Broadcast(at=self.context.now(), expire=push.expire, data=push.data)
        changes = self._obey(broadcast)
        self._notify(changes)
        return self.room.version

    def _history(self, asked: messages.RoomHistory) -> list[facts.RoomSaid]:
        room = self.room
        if room.rid == 0 or room.dismissed:
            raise RuleViolation("no_such_room")
        if asked.uid in room.black:
            raise RuleViolation("forbidden", "you were put out of this room")
        recorded = self.context.repository.recorded
        return [
            event
            for first, last in places.last_remarks(room, asked.count)
            for event in recorded(self.id, first, last)
            if isinstance(event, facts.RoomSaid)
        ]

    def on_gone(self, message: messages.Gone) -> None:
        """A device is offline, or a newer connection took its place."""
        uid = devices.device(self.context, message.sid).uid
        lose = commands.Lose(at=self.context.now(), uid=uid, sid=message.sid, reason=message.reason)
        try:
            self._notify(self._obey(lose))
        except RuleViolation:
            return  # the room is no more, and he was let go with it

    def on_restarted(self, _message: Restarted) -> None:
        """Stand on the log again; those whose loss was dropped are lost again."""
        room = self.room
        if room.epoch != self._epoch():
            return
        for _, presence in places.everybody(room):
            if not self.context.hub.online(devices.PROTOCOL, presence.sid):
                self.tell(self.id, messages.Gone(sid=presence.sid))
        self._count()

    HANDLERS: ClassVar[dict[type, Handler]] = {
        messages.Routed: on_routed,
        messages.Found: on_found,
        messages.Gone: on_gone,
        messages.WishesChanged: on_wishes_changed,
        Ask: on_ask,
        TimerFired: on_timer,
        Restarted: on_restarted,
    }


_TOLD: Final[dict[type[Event], Callable[[BeehiveRoom, Room, Any], None]]] = {
    facts.RoomJoined: BeehiveRoom._told_joined,
    facts.RoomLeft: BeehiveRoom._told_left,
    facts.RoomKicked: BeehiveRoom._told_kicked,
    facts.RoomDismissed: BeehiveRoom._told_dismissed,
    facts.RoomRoleChanged: BeehiveRoom._told_role,
    facts.RoomSaid: BeehiveRoom._told_said,
    facts.RoomBroadcast: BeehiveRoom._told_broadcast,
}
_REQUESTS: Final[dict[type[Message], Callable[[BeehiveRoom, messages.Routed, Any], None]]] = {
    wire.RoomJoin: BeehiveRoom._join,
    wire.RoomQuit: BeehiveRoom._quit,
    wire.RoomChat: BeehiveRoom._chat,
    wire.RoomKick: BeehiveRoom._kick,
    wire.RoomDismiss: BeehiveRoom._dismiss,
    group_wire.GroupMgrAdd: BeehiveRoom._role,
    group_wire.GroupMgrDel: BeehiveRoom._role,
}
