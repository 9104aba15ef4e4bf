"""A chat room of the configuration, `techmino.chat:{rid}`; its aggregate has the same id."""

from __future__ import annotations

from typing import Any, ClassVar

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import Recover, Restarted
from parlour.actors.ports import Publish, Reply
from parlour.actors.techmino.audience import Audience
from parlour.actors.techmino.messages import Gone, InRoom
from parlour.actors.techmino.session import session_number
from parlour.actors.techmino.times import time_writer
from parlour.events import techmino as facts
from parlour.events.account import account_id
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.messages.techmino import chat as wire
from parlour.events.messages.techmino.common import Person
from parlour.events.rules.techmino import chat as rules
from parlour.events.rules.techmino import commands, notices
from parlour.events.rules.techmino.state import Chat

_PROTOCOL = "techmino.chat"


class ChatRoom(EngineActor):
    """The actor of one chat room."""

    def __init__(self) -> None:
        super().__init__()
        self._audience = Audience()

    @property
    def rid(self) -> str:
        """The room's name."""
        return self.id.partition(":")[2]

    @property
    def chat(self) -> Chat:
        """The room with everything recorded so far."""
        state: Chat = self.context.state(self.id)
        return state

    def _time_of(self, at: int) -> str:
        return time_writer(self.context.settings.techmino.utc_offset)(at)

    def _username(self, uid: int) -> str:
        return str(self.context.state(account_id(uid)).name)

    # --- obeying and telling ---------------------------------------------------------------

    def _obey(self, command: commands.Command) -> None:
        """Record what a command causes and tell the room.

        Raises:
            RuleViolation: The command is refused; nothing was recorded.
        """
        for event in rules.decide(self.chat, command):
            self.context.record(self.id, event)
            tell = _TOLD.get(type(event))
            if tell is not None:
                tell(self, event)

    def _publish(self, message: Any, *, without: int = 0) -> None:
        uids = self._audience.of(self.chat.members, without=without)
        if uids:
            self.context.say(Publish(_PROTOCOL, uids, message))

    def _told_joined(self, event: facts.ChatJoined) -> None:
        person = Person(uid=event.uid, username=event.username)
        self._publish(wire.ChatJoinedBy(rid=self.rid, data=person), without=event.uid)

    def _told_left(self, event: facts.ChatLeft) -> None:
        person = Person(uid=event.uid, username=event.username)
        self._publish(wire.ChatLeftBy(rid=self.rid, data=person))

    def _told_said(self, event: facts.ChatSaid) -> None:
        said = notices.remark(event, self._time_of)
        self._publish(wire.ChatSaidBy(rid=self.rid, data=said))

    # --- requests --------------------------------------------------------------------------

    def on_request(self, message: InRoom) -> None:
        """Obey a user's request, or say why not."""
        try:
            answer = _REQUESTS[type(message.request)](self, message)
        except RuleViolation as refusal:
            answer = notices.refusal(refusal.code)
        if answer is not None:
            self.context.say(Reply(session_number(message.origin), answer))

    def _join(self, message: InRoom) -> Any:
        self._obey(
            commands.Join(
                at=self.context.now(),
                uid=message.uid,
                username=self._username(message.uid),
                capacity=self.context.settings.techmino.chats.get(self.rid, 0),
            )
        )
        return notices.chat_entered(self.rid, self.chat, self._time_of)

    def _leave(self, message: InRoom) -> Any:
        self._obey(commands.Leave(at=self.context.now(), uid=message.uid))
        return wire.ChatExited(rid=self.rid)

    def _say(self, message: InRoom) -> None:
        self._obey(
            commands.Say(
                at=self.context.now(),
                uid=message.uid,
                username=self._username(message.uid),
                text=message.request.message,
            )
        )

    # --- connections and restarts ----------------------------------------------------------

    def on_gone(self, message: Gone) -> None:
        """His connection ended, or a newer one took its place."""
        if message.uid in self.chat.members:
            self._obey(commands.Leave(at=self.context.now(), uid=message.uid, reason="lost"))

    def on_recover(self, message: Recover) -> None:
        """After a start nobody is here; after an interruption some may be gone."""
        if message.cold:
            self._obey(commands.Resume(at=self.context.now()))
        else:
            self._note_lost()

    def on_restarted(self, message: Restarted) -> None:
        """Stand on the log again."""
        self._note_lost()

    def _note_lost(self) -> None:
        for uid in self.chat.members:
            if not self.context.hub.online(_PROTOCOL, uid):
                self.tell(self.id, Gone(uid=uid))

    HANDLERS: ClassVar[dict[type, Handler]] = {
        InRoom: on_request,
        Gone: on_gone,
        Recover: on_recover,
        Restarted: on_restarted,
    }


_TOLD: dict[type[Event], Any] = {
    facts.ChatJoined: ChatRoom._told_joined,
    facts.ChatLeft: ChatRoom._told_left,
    facts.ChatSaid: ChatRoom._told_said,
}
_REQUESTS: dict[type, Any] = {
    wire.JoinChat: ChatRoom._join,
    wire.LeaveChat: ChatRoom._leave,
    wire.SayInChat: ChatRoom._say,
}
