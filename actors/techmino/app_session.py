"""One connection to `/tech/socket/v1/app`: versions and the notice, from the settings.

Nobody logs in here. Registration does not come this far: it has a password to hash, which has
no place in the actors' thread (`network.techmino.registration`).
"""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import UNSET

from parlour.actors.actor import Handler
from parlour.actors.messages import FromSession, Refused, SessionOpened
from parlour.actors.ports import Admit
from parlour.actors.techmino.messages import Proceed
from parlour.actors.techmino.session import TechminoSession
from parlour.actors.techmino.settings import TechminoSettings
from parlour.events.messages.techmino import app as wire


class AppSession(TechminoSession):
    """The actor `techmino.app.session:{number}`."""

    @property
    def settings(self) -> TechminoSettings:
        """What the operator tells players."""
        found: TechminoSettings = self.context.settings.techmino
        return found

    def welcome(self) -> None:
        """Say Connect."""
        self.context.say(Admit(self.session))
        settings = self.settings
        self.reply(
            wire.AppConnect(
                newestCode=settings.newest_code,
                newestName=settings.newest_name,
                lowest=settings.least_code,
                notice=settings.notice,
            )
        )

    def on_request(self, message: FromSession) -> None:
        """Answer from the settings."""
        request: Any = message.request
        match request:
            case wire.GetVersion():
                self.reply(self._version(request))
            case wire.GetNotice():
                self.reply(wire.Notice(notice=self.settings.notice))
            case _:
                self.unknown(message)

    def _version(self, request: wire.GetVersion) -> wire.Version:
        settings = self.settings
        newest = wire.Release(
            code=settings.newest_code,
            name=settings.newest_name,
            content=settings.newest_content,
        )
        if request.newestOnly:
            return wire.Version(newest=newest, least=UNSET, notice=UNSET)
        least = wire.Release(
            code=settings.least_code, name=settings.least_name, content=settings.least_content
        )
        return wire.Version(newest=newest, least=least, notice=settings.notice)

    HANDLERS: ClassVar[dict[type, Handler]] = {
        SessionOpened: TechminoSession.on_opened,
        Proceed: TechminoSession.on_proceed,
        FromSession: on_request,
        Refused: TechminoSession.on_refused,
    }
