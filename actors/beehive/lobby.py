"""The lobby of instant messaging, `beehive.lobby:1`: starts, numbers, broadcasts."""

from __future__ import annotations

from typing import ClassVar

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.beehive import devices, messages
from parlour.actors.beehive.answering import answer
from parlour.actors.messages import Ask, Recover, Restarted, UserLost
from parlour.actors.ports import Answer, Publish
from parlour.events import beehive as facts
from parlour.events.account import account_id
from parlour.events.errors import RuleViolation
from parlour.events.messages.beehive import group, push
from parlour.events.messages.beehive.packet import Packet
from parlour.events.rules.beehive import notices
from parlour.events.rules.beehive.state import Lobby
from parlour.events.times import MICROSECONDS


class BeehiveLobby(EngineActor):
    """The one actor every connection of instant messaging comes back to when it is lost."""

    @property
    def lobby(self) -> Lobby:
        """The lobby with everything recorded so far."""
        state: Lobby = self.context.state(self.id)
        return state

    def may_end(self) -> bool:
        """There is one, and it is always wanted."""
        return False

    def on_recover(self, message: Recover) -> None:
        """Begin a new epoch after a start: whoever was online is so no more."""
        if message.cold:
            started = facts.EngineStarted(at=self.context.now(), epoch=self.lobby.epoch + 1)
            self.context.record(self.id, started)

    def on_user_lost(self, message: UserLost) -> None:
        """Have a device's user know that its connection is gone."""
        sid = message.uid
        uid = devices.device(self.context, sid).uid
        if uid:
            self.tell(facts.user_id(uid), messages.Gone(sid=sid))

    def on_routed(self, routed: messages.Routed) -> None:
        """Found a group or a room, or tell everybody something."""
        message = routed.request.message
        if isinstance(message, push.Bc):
            self._broadcast(routed, message)
            return
        wish = message.gid if isinstance(message, group.GroupCreat) else 0
        try:
            number = devices.draw_place(self.context, wish)
        except RuleViolation as refusal:
            answer(self.context, routed, code=notices.CODES[refusal.code])
            return
        place = facts.group_id if isinstance(message, group.GroupCreat) else facts.room_id
        self.tell(
            place(number), messages.Found(origin=routed.origin, command=routed, number=number)
        )

    def _broadcast(self, routed: messages.Routed, message: push.Bc) -> None:
        if not self.context.state(account_id(routed.uid)).operator:
            answer(self.context, routed, code=notices.FORBIDDEN)
            return
        self._tell_all(
            facts.BroadcastSent(
                at=self.context.now(),
                msgid=self.lobby.msgid + 1,
                suid=routed.uid,
                level=message.level or 0,
                time=message.time,
                expire=message.expire or 0,
                text=message.text,
                data=message.data,
            )
        )
        answer(self.context, routed)

    def _tell_all(self, sent: facts.BroadcastSent) -> None:
        self.context.record(self.id, sent)
        message = push.Bc(
            msgid=sent.msgid,
            level=sent.level,
            time=sent.time,
            expire=sent.expire,
            text=sent.text,
            data=sent.data,
        )
        self.context.say(Publish(devices.PROTOCOL, None, Packet(message)))

    def on_ask(self, ask: Ask) -> None:
        """Tell everybody something in an operator's name; answers its msgid."""
        command: messages.PushToAll = ask.command
        at = self.context.now()
        sent = facts.BroadcastSent(
            at=at,
            msgid=self.lobby.msgid + 1,
            suid=0,
            level=0,
            time=at // MICROSECONDS,
            expire=command.expire,
            text=command.text,
            data=command.data,
        )
        self._tell_all(sent)
        self.context.say(Answer(ask.ticket, sent.msgid))

    def on_restarted(self, message: Restarted) -> None:
        """Nothing is kept here that the log does not hold."""

    HANDLERS: ClassVar[dict[type, Handler]] = {
        messages.Routed: on_routed,
        Recover: on_recover,
        UserLost: on_user_lost,
        Ask: on_ask,
        Restarted: on_restarted,
    }
