"""One connection to `/tech/socket/v1/chat`: it lists, joins, leaves and talks in chat rooms.

A connection may be in several rooms. A new connection of the same account begins in none.
"""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import UNSET

from parlour.actors.actor import Handler
from parlour.actors.messages import FromSession, Refused, SessionOpened
from parlour.actors.techmino.messages import Gone, InRoom, Proceed
from parlour.actors.techmino.session import TechminoSession
from parlour.events.messages.techmino import chat as wire
from parlour.events.rules.techmino.state import Chat
from parlour.events.techmino import chat_id


class ChatSession(TechminoSession):
    """The actor `techmino.chat.session:{number}`."""

    def leave_older(self) -> None:
        """What an older connection subscribed to ends with it."""
        for rid in self.context.settings.techmino.chats:
            if self.uid in self._chat(rid).members:
                self.tell(chat_id(rid), Gone(uid=self.uid, origin=self.id))

    def welcome(self) -> None:
        """Say Connect."""
        self.bind()
        if self.login.token:
            self.reply(wire.ChatConnect(uid=self.uid, accessToken=self.login.token))
        else:
            self.reply(wire.ChatConnect(uid=UNSET, accessToken=UNSET))

    def _chat(self, rid: str) -> Chat:
        state: Chat = self.context.state(chat_id(rid))
        return state

    def on_request(self, message: FromSession) -> None:
        """Answer the list of rooms; send everything else to its room."""
        request: Any = message.request
        chats = self.context.settings.techmino.chats
        if isinstance(request, wire.ListChats):
            rooms = tuple(
                wire.ChatListing(rid=rid, count=len(self._chat(rid).members), capacity=capacity)
                for rid, capacity in chats.items()
            )
            self.reply(wire.ChatList(roomList=rooms))
        elif not isinstance(request, _IN_ROOM):
            self.unknown(message)
        elif request.rid in chats:
            self.tell(chat_id(request.rid), InRoom(origin=self.id, uid=self.uid, request=request))
        else:
            self.refuse("not_found")

    HANDLERS: ClassVar[dict[type, Handler]] = {
        SessionOpened: TechminoSession.on_opened,
        Proceed: TechminoSession.on_proceed,
        FromSession: on_request,
        Refused: TechminoSession.on_refused,
    }


_IN_ROOM = (wire.JoinChat, wire.LeaveChat, wire.SayInChat)
