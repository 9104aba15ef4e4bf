"""One connection to a room server: whose it is, once a ticket proved that, and his game."""

from __future__ import annotations

from typing import ClassVar, Final

from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import FromSession, Refused, SessionOpened
from parlour.actors.ports import Close, Reply
from parlour.actors.treasure import messages
from parlour.actors.treasure.secrets import ticket_digest
from parlour.actors.treasure.session import REFUSED, refusal, session_number
from parlour.events import treasure as facts
from parlour.events.messages import treasure as wire
from parlour.events.rules.treasure import room as room_rules
from parlour.events.rules.treasure.state import Lobby, Room

FAILURES: Final = 3
"""Bad tickets that end a connection."""


class GameSession(EngineActor):
    """The actor `treasure.game.session:{number}`."""

    RESTARTS = False  # its connection is still to the same game

    def __init__(self) -> None:
        super().__init__()
        self._game = ""
        """The actor of the game whose ticket was shown."""
        self._failures = 0

    @property
    def session(self) -> int:
        """The hub's number of the connection."""
        return session_number(self.id)

    def may_end(self) -> bool:
        """A session ends with its connection, not before."""
        return False

    def _refuse(self, request: wire.Request, code: str) -> None:
        self.context.say(Reply(self.session, refusal(request, code)))

    def on_opened(self, message: SessionOpened) -> None:
        """A connection was accepted; it must show a ticket."""

    def on_refused(self, message: Refused) -> None:
        """What this connection asked for was dropped whole."""
        self.context.hub.retract(self.session)
        for request in message.requests:
            self._refuse(request, REFUSED[message.code])

    def on_request(self, message: FromSession) -> None:
        """Pass a request on to the game."""
        request: wire.Request = message.request
        uid = self.context.hub.speaker(self.session)
        if isinstance(request, wire.Verify):
            self._verify(request, uid)
        elif uid and self._game:
            asked = messages.InGame(origin=self.id, uid=uid, request=request)
            self.tell(self._game, asked)
        else:
            self._refuse(request, "not_verified")

    def _verify(self, request: wire.Verify, uid: int) -> None:
        if uid not in (0, request.player_id) or not self._may_be_here(request.room_id):
            self._turn_away(request)
            return
        room: Room = self.context.state(facts.room_id(request.room_id))
        if not room_rules.busy(room):
            self._turn_away(request)
            return
        enter = messages.Enter(
            origin=self.id,
            uid=request.player_id,
            ticket=ticket_digest(request.ticket),
            request=request,
        )
        self.tell(facts.game_id(room.room, room.game), enter)

    def _may_be_here(self, room: int) -> bool:
        """Tell whether it is worth looking for a room: guesses must not fill the memory."""
        here = self.context.settings.game_server
        if here is None:
            return False
        if here.home:
            return True  # what is not here is not looked for elsewhere
        lobby: Lobby = self.context.state(facts.LOBBY_ID)
        return room in lobby.rooms

    def on_entered(self, message: messages.Entered) -> None:
        """The ticket was good."""
        self._game = message.game
        self._failures = 0

    def on_turned_away(self, message: messages.TurnedAway) -> None:
        """The ticket was not good."""
        self._turn_away(message.request)

    def _turn_away(self, request: wire.Verify) -> None:
        self._refuse(request, "bad_ticket")
        self._failures += 1
        if self._failures >= FAILURES:
            self.context.say(Close(self.session, "bad tickets"))

    HANDLERS: ClassVar[dict[type, Handler]] = {
        SessionOpened: on_opened,
        FromSession: on_request,
        Refused: on_refused,
        messages.Entered: on_entered,
        messages.TurnedAway: on_turned_away,
    }
