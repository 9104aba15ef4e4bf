"""One connection to the treasure game's lobby: who it speaks for, and where its requests go.

Whether a name and a password belong together is found out before (`network.treasure.login`); the
session looks at tokens itself, gives new ones, and says who was let in. Where the player sits is
read from his account, so the session remembers nothing.
"""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import UNSET

from parlour.actors import accounts
from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import FromSession, Refused, SessionOpened
from parlour.actors.ports import Reply
from parlour.actors.treasure import messages
from parlour.events import treasure as facts
from parlour.events.account import HOUSE_UID, TokenRevoked, account_id
from parlour.events.errors import RuleViolation
from parlour.events.messages import treasure as wire
from parlour.events.rules.account import Account
from parlour.events.rules.treasure import lobby, notices
from parlour.events.rules.treasure.state import Lobby
from parlour.events.times import MICROSECONDS

ROOM_PREFIX = "treasure.room:"
PROTOCOL = "treasure"
REFUSED = {"internal": "internal_error", "unavailable": "no_commands"}
"""By the engine's word for it."""


class LobbySession(EngineActor):
    """The actor `treasure.session:{number}`."""

    RESTARTS = False  # it holds nothing

    @property
    def session(self) -> int:
        """The hub's number of the connection."""
        return session_number(self.id)

    @property
    def uid(self) -> int:
        """The player this connection speaks for, 0 before a login."""
        return self.context.hub.speaker(self.session)

    def account(self, uid: int) -> Account:
        """Return the account as recorded so far."""
        state: Account = self.context.state(account_id(uid))
        return state

    @property
    def lobby(self) -> Lobby:
        """Which rooms there are."""
        state: Lobby = self.context.state(facts.LOBBY_ID)
        return state

    def reply(self, message: Any) -> None:
        """Answer this connection."""
        self.context.say(Reply(self.session, message))

    def refuse(self, request: wire.Request, code: str) -> None:
        """Answer a request with a code and nothing else."""
        self.reply(refusal(request, code))

    def may_end(self) -> bool:
        """A session ends with its connection, not before."""
        return False

    def on_opened(self, message: SessionOpened) -> None:
        """Greet whoever connected."""
        server_time = self.context.now() / MICROSECONDS
        self.reply(wire.Welcome(session=self.session, server_time=server_time))

    def on_refused(self, message: Refused) -> None:
        """What this connection asked for was dropped whole."""
        self.context.hub.retract(self.session)
        for request in message.requests:
            self.refuse(request, REFUSED[message.code])

    # --- logging in ------------------------------------------------------------------------

    def on_log_in(self, message: messages.LogIn) -> None:
        """Let a player in, and tell him where he sits."""
        request: wire.Login = message.request
        try:
            account = self._admit(message.uid)
            token = self._token(account, request.token)
        except RuleViolation:
            self.refuse(request, "wrong_name_or_password")
            return
        room = _room_of(account)
        self.context.bind(self.session, PROTOCOL, account.uid)
        answer = wire.LoginAnswer(
            seq=request.seq,
            player_id=account.uid,
            name=account.name,
            token=token,
            room_id=room or UNSET,
        )
        self.reply(answer)
        if room:
            back = messages.Back(origin=self.id, uid=account.uid, request=request)
            self.tell(facts.room_id(room), back)

    def _admit(self, uid: int) -> Account:
        account = self.account(uid)
        if uid == HOUSE_UID or not account.registered or account.disabled:
            raise RuleViolation("account_disabled")
        if self.uid not in (0, uid):
            raise RuleViolation("not_yours", "this connection speaks for another player")
        return account

    def _token(self, account: Account, given: str | None) -> str:
        """Return a token to log in with again: the one that was given, or a new one."""
        left: int | None = None
        known = account.tokens.get(accounts.digest_of(given)) if given else None
        if given and known is not None and known.kind == "skey":
            try:
                accounts.use_token(self.context, account, "skey", given)
            except RuleViolation:
                if not self.context.settings.open:
                    raise
            else:
                return given
        elif given and not self.context.settings.open:
            # What opens the account for a minute must not open it for a month.
            left = accounts.find_token(self.context, account, given).expires - self.context.now()
        self._revoke_oldest(account)
        seconds = None if left is None else min(left / MICROSECONDS, self._seconds())
        return accounts.issue_token(self.context, account, "skey", seconds=seconds).token

    def _seconds(self) -> float:
        return float(self.context.settings.token_seconds.skey)

    def _revoke_oldest(self, account: Account) -> None:
        """Make room for one more token: whose time is over first goes first."""
        keys = [
            (token.expires, digest)
            for digest, token in account.tokens.items()
            if token.kind == "skey"
        ]
        for _, digest in sorted(keys)[
            : max(len(keys) + 1 - self.context.settings.treasure.tokens, 0)
        ]:
            revoked = TokenRevoked(at=self.context.now(), digest=digest)
            self.context.record(account_id(account.uid), revoked)

    # --- requests --------------------------------------------------------------------------

    def on_request(self, message: FromSession) -> None:
        """Route one request."""
        request: wire.Request = message.request
        uid = self.uid
        if not uid:
            self.refuse(request, "not_verified")
            return
        route = _ROUTES.get(type(request), LobbySession._to_own_room)
        route(self, uid, request)

    def _list(self, _uid: int, request: wire.ListRooms) -> None:
        rooms = tuple(
            notices.listing(self.context.state(facts.room_id(room)))
            for room in lobby.page(self.lobby, request.page, request.size)
        )
        self.reply(wire.RoomList(seq=request.seq, rooms=rooms))

    def _create(self, uid: int, request: wire.CreateRoom) -> None:
        self.tell(facts.LOBBY_ID, messages.InLobby(origin=self.id, uid=uid, request=request))

    def _join(self, uid: int, request: wire.JoinRoom) -> None:
        if self.account(uid).seat:
            self.refuse(request, "already_in_room")
        elif request.room_id not in self.lobby.rooms:
            self.refuse(request, "no_such_room")
        else:
            self._to_room(request.room_id, uid, request)

    def _to_own_room(self, uid: int, request: wire.Request) -> None:
        room = _room_of(self.account(uid))
        if room:
            self._to_room(room, uid, request)
        else:
            self.refuse(request, "not_in_room")

    def _to_room(self, room: int, uid: int, request: wire.Request) -> None:
        asked = messages.InRoom(origin=self.id, uid=uid, request=request)
        self.tell(facts.room_id(room), asked)

    HANDLERS: ClassVar[dict[type, Handler]] = {
        SessionOpened: on_opened,
        FromSession: on_request,
        Refused: on_refused,
        messages.LogIn: on_log_in,
    }


_ROUTES: dict[type, Any] = {
    wire.ListRooms: LobbySession._list,
    wire.CreateRoom: LobbySession._create,
    wire.JoinRoom: LobbySession._join,
}
"""Where requests go that are not for the player's own room."""


def _room_of(account: Account) -> int:
    """Return the room a player sits in, 0 for none."""
    seat = account.seat
    return int(seat.removeprefix(ROOM_PREFIX)) if seat.startswith(ROOM_PREFIX) else 0


def session_number(origin: str) -> int:
    """Return the hub's number of a session actor."""
    return int(origin.rpartition(":")[2])


def refusal(request: wire.Request, code: str) -> Any:
    """Return what a request is answered that is refused with a rule's code."""
    return wire.refusal(request.service, wire.CODES[code], request.seq)
