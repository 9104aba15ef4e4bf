"""One connection to `/tech/socket/v1/stream`: it follows, and maybe plays, one match."""

from __future__ import annotations

from typing import ClassVar

from parlour.actors.actor import Handler
from parlour.actors.messages import FromSession, Refused, SessionOpened
from parlour.actors.ports import Close
from parlour.actors.techmino.messages import Gone, InRoom, Proceed, View
from parlour.actors.techmino.session import TechminoSession
from parlour.events.messages.techmino import stream as wire
from parlour.events.techmino import LOBBY_ID, match_id, viewer_key


class StreamSession(TechminoSession):
    """The actor `techmino.stream.session:{number}`."""

    @property
    def match(self) -> str:
        """The actor of the match that was asked for in the upgrade."""
        return match_id(self.login.rid)

    def leave_older(self) -> None:
        """Another match the user followed is told that he left."""
        other = self.context.claimed(viewer_key(self.uid))
        if other not in (None, self.match):
            self.tell(str(other), Gone(uid=self.uid, origin=self.id))

    def welcome(self) -> None:
        """Have the match say Connect."""
        if self.login.rid not in self.context.state(LOBBY_ID).matches:
            # It was there when the network asked.
            self.refuse("not_found")
            self.context.say(Close(self.session, "not_found"))
            return
        self.tell(self.match, View(origin=self.id, uid=self.uid))

    def on_request(self, message: FromSession) -> None:
        """Send everything to the match."""
        if isinstance(message.request, wire.Die | wire.SendChunk):
            self.tell(self.match, InRoom(origin=self.id, uid=self.uid, request=message.request))
        else:
            self.unknown(message)

    HANDLERS: ClassVar[dict[type, Handler]] = {
        SessionOpened: TechminoSession.on_opened,
        Proceed: TechminoSession.on_proceed,
        FromSession: on_request,
        Refused: TechminoSession.on_refused,
    }
