"""What the sessions of all five endpoints share: who it is, how it answers, how it is refused.

A session is opened for a connection that is authenticated already. It holds nothing but its
login: where the user is, is read from the log's states, so nothing here can disagree with it.
"""

from __future__ import annotations

from typing import Any

from parlour.actors.actor import EngineActor
from parlour.actors.messages import FromSession, Refused, SessionOpened
from parlour.actors.ports import Close, Reply
from parlour.actors.techmino.messages import Login, Proceed
from parlour.events.account import account_id
from parlour.events.errors import LocalProtocolError
from parlour.events.messages.techmino.common import Error
from parlour.events.rules.techmino import notices

_DISABLED = "Access Token is incorrect"
"""Why a disabled account is not let in, in the words of a login."""


class TechminoSession(EngineActor):
    """Base of the actors `techmino.{endpoint}.session:{number}`."""

    RESTARTS = False  # it holds only who logged in, and that is still true

    login: Login = Login()

    @property
    def session(self) -> int:
        """The hub's number of the connection."""
        return session_number(self.id)

    @property
    def uid(self) -> int:
        """Who the connection speaks for."""
        return self.login.uid

    @property
    def protocol(self) -> str:
        """The service: "techmino.play"."""
        return self.id.partition(".session:")[0]

    def reply(self, message: Any) -> None:
        """Answer this connection."""
        self.context.say(Reply(self.session, message))

    def refuse(self, code: str) -> None:
        """Say that what was asked cannot be done."""
        self.reply(notices.refusal(code))

    def bind(self) -> None:
        """Speak for the user from now on; an older connection of his is closed."""
        self.context.bind(self.session, self.protocol, self.uid)

    def may_end(self) -> bool:
        """A session ends with its connection, not before."""
        return False

    def on_opened(self, message: SessionOpened) -> None:
        """A connection is authenticated: clear up behind an older one, then let it in."""
        if message.login is not None:
            self.login = message.login
        if self.uid and self.context.state(account_id(self.uid)).disabled:
            # It was not when the network asked.
            self.reply(Error(reason=_DISABLED))
            self.context.say(Close(self.session, "account disabled"))
            return
        self.leave_older()
        # Handled after what was just sent, and dropped with it.
        self.tell(self.id, Proceed(origin=self.id))

    def on_proceed(self, message: Proceed) -> None:
        """Let the connection in."""
        self.welcome()

    def leave_older(self) -> None:
        """Have the user leave where an older connection was."""

    def welcome(self) -> None:
        """Say Connect; subclasses say it their way."""
        raise LocalProtocolError(f"{self.id} welcomes nobody")

    def on_refused(self, message: Refused) -> None:
        """What this connection asked for was dropped whole."""
        self.refuse(message.code)
        self.context.hub.retract(self.session)
        if message.code == "internal" or not self.context.hub.admitted(self.session):
            self.context.say(Close(self.session, message.code, failed=True))

    def unknown(self, message: FromSession) -> None:
        """A request of another endpoint is our own mistake, not the client's."""
        raise LocalProtocolError(f"{self.id} does not take {type(message.request).__name__}")


def session_number(origin: str) -> int:
    """Return the hub's number of a session actor."""
    return int(origin.rpartition(":")[2])
