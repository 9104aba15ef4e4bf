"""One connection to `/tech/socket/v1/user`: access tokens, and what is known of users.

An account may have several of these; none takes over another.
"""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import UNSET
from msgspec.structs import replace

from parlour.actors import accounts
from parlour.actors.actor import Handler
from parlour.actors.messages import FromSession, Refused, SessionOpened
from parlour.actors.ports import Admit
from parlour.actors.techmino.messages import Proceed
from parlour.actors.techmino.session import TechminoSession
from parlour.events.account import account_id
from parlour.events.messages.techmino import common
from parlour.events.messages.techmino import user as wire
from parlour.events.rules.account import Account


class UserSession(TechminoSession):
    """The actor `techmino.user.session:{number}`."""

    def welcome(self) -> None:
        """Say Connect, with the new authToken after a login with a password."""
        self.context.say(Admit(self.session))
        if self.login.token:
            self.reply(wire.UserConnect(uid=self.uid, authToken=self.login.token))
        else:
            self.reply(wire.UserConnect(uid=UNSET, authToken=UNSET))

    def account(self, uid: int) -> Account:
        """Return an account as recorded so far."""
        state: Account = self.context.state(account_id(uid))
        return state

    def on_request(self, message: FromSession) -> None:
        """Serve one request."""
        request: Any = message.request
        match request:
            case wire.GetAccessToken():
                self._give_token()
            case wire.GetUser():
                self._show(self.uid if request.uid is None else request.uid, request.hash)
            case _:
                self.unknown(message)

    def _give_token(self) -> None:
        given = accounts.issue_token(self.context, self.account(self.uid), "access")
        self.reply(wire.AccessToken(accessToken=given.token))

    def _show(self, uid: int, known: str | bool | None) -> None:
        account = self.account(uid) if 1 <= uid <= accounts.MAX_UID else Account()
        if not account.registered:
            self.reply(common.Error(reason=f"ID not found: {uid}"))
            return
        data = wire.UserData(uid=uid, username=account.name, motto=account.motto)
        if account.avatar and isinstance(known, str):
            digest = accounts.avatar_hash(account.avatar)
            if known != digest:
                data = replace(data, avatar=account.avatar, hash=digest)
        self.reply(wire.UserInfo(data=data))

    HANDLERS: ClassVar[dict[type, Handler]] = {
        SessionOpened: TechminoSession.on_opened,
        Proceed: TechminoSession.on_proceed,
        FromSession: on_request,
        Refused: TechminoSession.on_refused,
    }
