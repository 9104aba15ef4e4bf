"""One connection to `/tech/socket/v1/play`: it lists, creates and enters rooms, one at a time.

Where the user is, is read from the claim on his one room. A new connection begins outside:
the room an older connection was in is left, as it would be had that one closed. Only who is
away since a restart of the engine keeps his seat; entering another room gives it up.
"""

from __future__ import annotations

from typing import Any, ClassVar

from parlour.actors.actor import Handler
from parlour.actors.messages import FromSession, Refused, SessionOpened
from parlour.actors.techmino import messages
from parlour.actors.techmino.session import TechminoSession
from parlour.events.messages.techmino import play as wire
from parlour.events.rules.techmino.room import present
from parlour.events.techmino import LOBBY_ID, player_key, room_id


class PlaySession(TechminoSession):
    """The actor `techmino.play.session:{number}`."""

    def leave_older(self) -> None:
        """The room an older connection was in is left."""
        room = self._room()
        if room:
            self.tell(room, messages.Gone(uid=self.uid, origin=self.id))

    def welcome(self) -> None:
        """Say Connect."""
        self.bind()
        self.reply(wire.PlayConnect())

    def _room(self) -> str:
        """Return the actor of the room the user is in, "" for none; away is not in it."""
        room = self.context.claimed(player_key(self.uid))
        return room if room and present(self.context.state(room), self.uid) else ""

    def on_request(self, message: FromSession) -> None:
        """Route one request."""
        handle = _REQUESTS.get(type(message.request))
        if handle is None:
            self.unknown(message)
        else:
            handle(self, message.request)

    def _list(self, request: wire.ListRooms) -> None:
        self.tell(LOBBY_ID, messages.Rooms(origin=self.id, request=request))

    def _create(self, request: wire.CreateRoom) -> None:
        if self._room():
            self.refuse("one_room")
            return
        self.tell(
            LOBBY_ID,
            messages.Create(
                origin=self.id, uid=self.uid, plays_only=self.login.plays_only, request=request
            ),
        )

    def _enter(self, request: wire.EnterRoom) -> None:
        if self._room():
            self.refuse("one_room")
            return
        if request.rid not in self.context.state(LOBBY_ID).rooms:
            self.refuse("not_found")
            return
        self.tell(
            room_id(request.rid),
            messages.Enter(
                origin=self.id,
                uid=self.uid,
                plays_only=self.login.plays_only,
                config=request.config,
                password=request.password,
            ),
        )

    def _in_room(self, request: Any) -> None:
        room = self._room()
        if room:
            self.tell(room, messages.InRoom(origin=self.id, uid=self.uid, request=request))
        else:
            self.refuse("no_room")

    HANDLERS: ClassVar[dict[type, Handler]] = {
        SessionOpened: TechminoSession.on_opened,
        messages.Proceed: TechminoSession.on_proceed,
        FromSession: on_request,
        Refused: TechminoSession.on_refused,
    }


_REQUESTS: dict[type, Any] = {
    wire.ListRooms: PlaySession._list,
    wire.CreateRoom: PlaySession._create,
    wire.EnterRoom: PlaySession._enter,
    wire.LeaveRoom: PlaySession._in_room,
    wire.SayInRoom: PlaySession._in_room,
    wire.ChangeConfig: PlaySession._in_room,
    wire.ChangeReady: PlaySession._in_room,
}
