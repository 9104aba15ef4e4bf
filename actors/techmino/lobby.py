"""The lobby of Techmino, `techmino.lobby:1`: which play rooms and matches there are.

It lists rooms, has new ones opened, passes the news of a lost connection on to where the user
was, and has everything go on after a start. Rooms and matches list and delist themselves, in
the unit in which they begin and end; so the list never disagrees with them.
"""

from __future__ import annotations

from typing import ClassVar

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import Ask, Recover, Restarted, UserLost
from parlour.actors.ports import Answer, Reply
from parlour.actors.techmino import messages
from parlour.actors.techmino.session import session_number
from parlour.events.errors import RuleViolation
from parlour.events.messages.techmino import play as wire
from parlour.events.rules.techmino import lobby as rules
from parlour.events.rules.techmino import notices
from parlour.events.rules.techmino.room import present
from parlour.events.rules.techmino.state import Chat, Lobby, Room
from parlour.events.techmino import (
    LOBBY_ID,
    chat_id,
    match_id,
    player_key,
    room_id,
    viewer_key,
)

_RID_BYTES = 16


class TechminoLobby(EngineActor):
    """The one actor that is told when the engine starts or a connection ends."""

    def may_end(self) -> bool:
        """There is one, and it is always wanted."""
        return False

    @property
    def lobby(self) -> Lobby:
        """What there is, with everything recorded so far."""
        state: Lobby = self.context.state(LOBBY_ID)
        return state

    # --- questions -------------------------------------------------------------------------

    def on_ask(self, ask: Ask) -> None:
        """Tell whether there is a match with the stream somebody wants to connect to."""
        if not isinstance(ask.command, messages.FindStream):
            raise RuleViolation("internal", f"the lobby is not asked {type(ask.command).__name__}")
        self.context.say(Answer(ask.ticket, ask.command.rid in self.lobby.matches))

    def on_rooms(self, message: messages.Rooms) -> None:
        """List play rooms."""
        request: wire.ListRooms = message.request
        kind = request.message or request.type or ""
        rids = rules.window(self.lobby, kind, request.begin, request.count)
        rooms = tuple(notices.listing(self.context.state(room_id(rid))) for rid in rids)
        self.context.say(Reply(session_number(message.origin), wire.RoomList(roomList=rooms)))

    def on_create(self, message: messages.Create) -> None:
        """Have a new room opened for a user."""
        request: wire.CreateRoom = message.request
        types = self.context.settings.techmino.types
        wanted = request.type.casefold()
        kind = next((name for name in types if name.casefold() == wanted), None)
        if kind is None:
            refusal = notices.refusal("type_not_found")
            self.context.say(Reply(session_number(message.origin), refusal))
            return
        rid = self.context.randomness.token(_RID_BYTES).hex()
        self.tell(
            room_id(rid),
            messages.OpenRoom(
                origin=message.origin,
                uid=message.uid,
                plays_only=message.plays_only,
                rid=rid,
                type=kind,
                name=f"{kind} room" if request.name is None else request.name,
                capacity=types[kind],
                password=request.password,
                config=request.config,
            ),
        )

    # --- connections and restarts ----------------------------------------------------------

    def on_user_lost(self, message: UserLost) -> None:
        """Tell whatever the user was connected to, unless he is back already."""
        lose = _LOST.get(message.protocol)
        if lose is not None and not self.context.hub.online(message.protocol, message.uid):
            lose(self, message.uid)

    def _lost_chat(self, uid: int) -> None:
        for rid in self.context.settings.techmino.chats:
            chat: Chat = self.context.state(chat_id(rid))
            if uid in chat.members:
                self.tell(chat_id(rid), messages.Gone(uid=uid))

    def _lost_play(self, uid: int) -> None:
        where = self.context.claimed(player_key(uid))
        if where is None:
            return
        room: Room = self.context.state(where)
        if present(room, uid):  # who is away keeps his seat until his time is over
            self.tell(where, messages.Gone(uid=uid))

    def _lost_stream(self, uid: int) -> None:
        where = self.context.claimed(viewer_key(uid))
        if where is not None:
            self.tell(where, messages.Gone(uid=uid))

    def on_recover(self, message: Recover) -> None:
        """Have every room and match go on."""
        for rid in self.context.settings.techmino.chats:
            self.tell(chat_id(rid), message)
        for rid in self.lobby.rooms:
            self.tell(room_id(rid), message)
        for rid in self.lobby.matches:
            self.tell(match_id(rid), message)

    def on_restarted(self, message: Restarted) -> None:
        """Nothing is kept here that the log does not hold."""

    HANDLERS: ClassVar[dict[type, Handler]] = {
        Ask: on_ask,
        messages.Rooms: on_rooms,
        messages.Create: on_create,
        UserLost: on_user_lost,
        Recover: on_recover,
        Restarted: on_restarted,
    }


_LOST = {
    "techmino.chat": TechminoLobby._lost_chat,
    "techmino.play": TechminoLobby._lost_play,
    "techmino.stream": TechminoLobby._lost_stream,
}
