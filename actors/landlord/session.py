"""One connection of a Dou Dizhu client: who it speaks for, and where its requests go.

The session checks what can be checked without a table (token, uid, level, zone); the table
does the rest. It remembers nothing: whom it speaks for the hub knows, and where that user
sits is read from the account.
"""

from __future__ import annotations

from typing import ClassVar

from parlour.actors import accounts
from parlour.actors.actor import EngineActor, Handler
from parlour.actors.landlord.messages import AtTable, FindSeat, Rejoin
from parlour.actors.messages import FromSession, Refused, SessionOpened
from parlour.actors.ports import Reply, Unbind
from parlour.events.account import account_id
from parlour.events.landlord import LOBBY_ID
from parlour.events.messages import landlord as wire
from parlour.events.rules.account import Account

TABLE_PREFIX = "landlord.table:"
_REFUSED = {
    "internal": (wire.INTERNAL, "internal error; nothing was changed"),
    "unavailable": (wire.UNAVAILABLE, "the engine takes no commands now; nothing was changed"),
}


class LandlordSession(EngineActor):
    """The actor `landlord.session:{number}`."""

    RESTARTS = False  # it holds nothing

    @property
    def uid(self) -> int:
        """The user this connection speaks for, 0 before a login and after a logout."""
        return self.context.hub.speaker(self.session)

    @property
    def session(self) -> int:
        """The hub's number of the connection."""
        return int(self.id.partition(":")[2])

    def reply(self, message: wire.Message) -> None:
        """Answer this connection."""
        self.context.say(Reply(self.session, message))

    def error(self, code: int, reason: str) -> None:
        """Answer with the protocol's general error."""
        self.reply(wire.Error(error_code=code, reason=reason))

    def account(self, uid: int) -> Account:
        """Return the account as recorded so far."""
        state: Account = self.context.state(account_id(uid))
        return state

    def may_end(self) -> bool:
        """A session ends with its connection, not before."""
        return False

    def on_opened(self, message: SessionOpened) -> None:
        """A connection was accepted; it speaks for nobody yet."""

    def on_refused(self, message: Refused) -> None:
        """What this connection asked for was dropped whole."""
        self.context.hub.retract(self.session)
        self.error(*_REFUSED[message.code])

    def on_request(self, message: FromSession) -> None:
        """Route one request."""
        request: wire.Request = message.request
        if isinstance(request, wire.JoinTable):
            self._join(request)
        elif request.uid != self.uid or self.uid == 0:
            self.error(wire.NOT_YOURS, "this connection does not speak for that uid")
        elif seat := self._seat():
            self.tell(seat, AtTable(origin=self.id, uid=self.uid, request=request))
        else:
            self._without_table(request)

    def _seat(self) -> str:
        seat = self.account(self.uid).seat
        return seat if seat.startswith(TABLE_PREFIX) else ""

    def _without_table(self, request: wire.Request) -> None:
        match request:
            case wire.GameReady():
                self.reply(wire.GameReadyNg(error_code=1))
            case wire.PlaySubmit():
                self.reply(wire.PlayNg(uid=self.uid, error_code=2))
            case wire.Logout():
                self.reply(wire.LogoutOk(uid=self.uid))
                self.context.say(Unbind(self.session))
            case _:
                self.error(wire.NOT_NOW, "you are not at a table")

    # --- joining ---------------------------------------------------------------------------

    def _join(self, request: wire.JoinTable) -> None:
        if self.uid not in (0, request.uid) and self._seat():
            self.error(wire.NOT_YOURS, "this connection speaks for another uid that has a seat")
            return
        if not self._authenticate(request):
            self.reply(wire.JoinTableErr(error_code=1))
            return
        self.context.bind(self.session, "landlord", request.uid)
        if seat := self.account(request.uid).seat:
            if seat.startswith(TABLE_PREFIX):
                self.tell(seat, Rejoin(origin=self.id, uid=request.uid))
            else:  # one seat in the whole engine, and it is in another game
                self.reply(wire.JoinTableErr(error_code=5))
            return
        if code := self._refusal(request):
            self.reply(wire.JoinTableErr(error_code=code))
            return
        self.tell(
            LOBBY_ID,
            FindSeat(origin=self.id, uid=request.uid, type=request.type, zone=request.zone),
        )

    def _authenticate(self, request: wire.JoinTable) -> bool:
        if not 1 <= request.uid <= accounts.MAX_UID:
            return False
        account = self.account(request.uid)
        if not self.context.settings.open:
            return account.registered and accounts.token_is_good(
                account, request.skey, "skey", now=self.context.now()
            )
        if account.disabled:
            return False
        if not account.registered:
            accounts.register_guest(self.context, request.uid)
        return True

    def _refusal(self, request: wire.JoinTable) -> int:
        settings = self.context.settings.landlord
        level = settings.levels.get(request.type)
        if level is None:
            return 2
        if request.zone != 0:
            if request.zone not in settings.zones:
                return 3
            if request.type not in settings.zones[request.zone]:
                return 4
        money = self.account(request.uid).money
        if money < level.floor or (level.ceiling is not None and money > level.ceiling):
            return 6
        return 0

    HANDLERS: ClassVar[dict[type, Handler]] = {
        SessionOpened: on_opened,
        FromSession: on_request,
        Refused: on_refused,
    }
