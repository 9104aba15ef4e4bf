"""Who a Techmino connection speaks for: its credentials read and checked.

They come as JSON in the body of the upgrade or as the first message, and are the same either
way. Source: docs/protocols/techmino.md, section 1.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NoReturn

import msgspec
import structlog

from parlour.actors import accounts
from parlour.actors.techmino.messages import Endpoint, FindStream, Login
from parlour.events.account import HOUSE_UID, TokenKind, account_id, email_key
from parlour.events.errors import LogUnavailable, RuleViolation
from parlour.events.messages.techmino import common
from parlour.events.techmino import LOBBY_ID
from parlour.network import websocket
from parlour.network.passwords import PasswordThread, PasswordUnfit
from parlour.network.service import Commands
from parlour.network.techmino.codec import what_is_wrong
from parlour.network.turns import Peer, PeerGone, TooManyWait

_log = structlog.get_logger("parlour.techmino")


class Rejected(Exception):
    """The credentials open nothing; how that is told, by either style."""

    def __init__(self, reason: str, *, status: int, code: int = websocket.POLICY) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        """HTTP."""
        self.code = code
        """Of the close frame."""


class Password(msgspec.Struct, frozen=True, kw_only=True):
    """On `user`."""

    email: str
    password: str


class AuthToken(msgspec.Struct, frozen=True, kw_only=True):
    """On `user` and `chat`."""

    uid: int
    authToken: str  # noqa: N815


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """On `chat` and `play`."""

    uid: int
    accessToken: str  # noqa: N815


class StreamToken(AccessToken, frozen=True, kw_only=True):
    """On `stream`."""

    rid: str


_CHOICES: Final[Mapping[Endpoint, Mapping[str, type[msgspec.Struct]]]] = {
    "app": {},
    "user": {"password": Password, "authToken": AuthToken},
    "chat": {"accessToken": AccessToken, "authToken": AuthToken},
    "play": {"accessToken": AccessToken},
    "stream": {"accessToken": StreamToken},
}
"""By endpoint: what may be given; the field that is there tells which."""
_WRONG_PASSWORD: Final = "Email or Password is incorrect"
_NAME: Final = 48
"""How much of an email becomes a name: a number must fit behind it."""
_TOKEN_NAMES: Final[Mapping[TokenKind, str]] = {"auth": "Auth Token", "access": "Access Token"}


def read(endpoint: Endpoint, payload: bytes) -> msgspec.Struct | None:
    """Return the credentials in a body or message, None where none are wanted.

    Raises:
        Rejected: It is not JSON, or no credentials of this endpoint.
    """
    choices = _CHOICES[endpoint]
    if not choices and not payload:
        return None
    try:
        str(payload, "utf-8")
        document = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = f"Wrong format: {what_is_wrong(error)}"
        raise Rejected(reason, status=400, code=websocket.BAD_CONTENT) from error
    if not choices:
        return None
    if not isinstance(document, dict):
        raise Rejected("Wrong format: an object is expected", status=400)
    named = [struct for field, struct in choices.items() if field in document]
    struct = named[0] if named else next(iter(choices.values()))
    try:
        given: msgspec.Struct = msgspec.convert(document, struct)
    except msgspec.ValidationError as error:
        raise Rejected(f"Wrong format: {error}", status=400) from error
    return given


class CredentialDesk:
    """Checks credentials; one for all endpoints."""

    def __init__(
        self,
        engine: Commands,
        passwords: PasswordThread,
        *,
        claimed: Callable[[str], str | None],
        register: Callable[[accounts.RegisterAccount], Awaitable[int]],
        open_mode: bool,
    ) -> None:
        """`claimed` tells which aggregate holds a claim; `register` makes an account."""
        self._engine = engine
        self._passwords = passwords
        self._claimed = claimed
        self._register = register
        self._open = open_mode
        self._checks: dict[type, Callable[[Endpoint, Any, Peer], Awaitable[Login]]] = {
            Password: self._check_password,
            AuthToken: self._check_auth,
            AccessToken: self._check_access,
            StreamToken: self._check_stream,
        }

    async def check(self, endpoint: Endpoint, payload: bytes, *, peer: Peer) -> Login:
        """Return who the credentials in a body or message are of.

        Nobody without an account's secret learns here whether there is the account: not from
        the answer, nor from the time it takes, nor while the log takes no events.

        Raises:
            Rejected: They are of nobody, or cannot be checked now.
        """
        given = read(endpoint, payload)
        if given is None:
            return Login()
        try:
            if not self._engine.accepting:
                raise LogUnavailable("nobody can log in now")
            return await self._checks[type(given)](endpoint, given, peer)
        except LogUnavailable as error:
            raise Rejected(common.NOT_TAKING, status=500, code=websocket.INTERNAL) from error
        except (TooManyWait, PeerGone) as error:
            raise Rejected(common.TOO_MANY, status=500, code=websocket.INTERNAL) from error
        except Rejected:
            raise
        except Exception as error:  # told to the client, who waits for an answer
            _fail(error)

    # --- passwords -------------------------------------------------------------------------

    async def _check_password(self, endpoint: Endpoint, given: Password, peer: Peer) -> Login:
        uid = self._holder(given.email)
        if self._open:
            if uid == HOUSE_UID:
                uid = await self._register_guest(given, peer)
        else:
            hashed = await self._find_hash(uid)
            if not await self._passwords.matches(given.password, hashed, peer=peer):
                raise Rejected(_WRONG_PASSWORD, status=403)
        return Login(uid=uid, token=await self._new_token(uid, "auth"))

    def _holder(self, email: str) -> int:
        """Return the uid of an email; the house's, as whom nobody logs in, for nobody's."""
        holder = self._claimed(email_key(email)) or account_id(HOUSE_UID)
        return int(holder.rpartition(":")[2])

    async def _find_hash(self, uid: int) -> str:
        """Return an account's hash, "" for none; the house is asked too, and takes as long."""
        try:
            return str(await self._engine.ask(f"user:{uid}", accounts.FindPassword()))
        except RuleViolation as refusal:
            if refusal.code != "no_such_account":
                raise
            return ""

    async def _register_guest(self, given: Password, peer: Peer) -> int:
        wish = given.email.partition("@")[0][:_NAME]
        command = accounts.RegisterAccount(
            name=wish if wish and wish.isprintable() and wish == wish.strip() else "player",
            any_name=True,
            email=given.email.lower(),
            password_hash=await self._hash(given.password, peer),
            by="open",
        )
        try:
            return await self._register(command)
        except RuleViolation as refusal:
            uid = self._holder(given.email)  # maybe of who logged in first, at the same time
            if refusal.code != "email_taken" or uid == HOUSE_UID:  # no email at all
                raise Rejected(_WRONG_PASSWORD, status=403) from refusal
            return uid

    async def _hash(self, password: str, peer: Peer) -> str:
        try:
            return await self._passwords.hash(password, peer=peer)
        except PasswordUnfit as error:
            raise Rejected(_WRONG_PASSWORD, status=403) from error

    # --- tokens ----------------------------------------------------------------------------

    async def _check_auth(self, endpoint: Endpoint, given: AuthToken, peer: Peer) -> Login:
        await self._use(given.uid, "auth", given.authToken)
        token = await self._new_token(given.uid, "access") if endpoint == "chat" else ""
        return Login(uid=given.uid, token=token)

    async def _check_access(self, endpoint: Endpoint, given: AccessToken, peer: Peer) -> Login:
        await self._use(given.uid, "access", given.accessToken)
        return Login(uid=given.uid)

    async def _check_stream(self, endpoint: Endpoint, given: StreamToken, peer: Peer) -> Login:
        await self._use(given.uid, "access", given.accessToken)
        if not await self._engine.ask(LOBBY_ID, FindStream(rid=given.rid)):
            raise Rejected(common.ROOM_NOT_FOUND, status=404)
        return Login(uid=given.uid, rid=given.rid)

    async def _use(self, uid: int, kind: TokenKind, token: str) -> None:
        try:
            await self._ask(uid, accounts.UseToken(kind=kind, token=token))
        except RuleViolation as refusal:
            name = _TOKEN_NAMES[kind]
            match refusal.code:
                case "token_expired":
                    raise Rejected(f"{name} is expired", status=401) from refusal
                case "token_wrong" | "account_disabled":
                    raise Rejected(f"{name} is incorrect", status=403) from refusal
                case "no_such_account" | "uid_invalid":
                    raise Rejected(f"ID not found: {uid}", status=404) from refusal
                case _:
                    raise

    async def _new_token(self, uid: int, kind: TokenKind) -> str:
        try:
            given: accounts.TokenGiven = await self._ask(uid, accounts.IssueToken(kind=kind))
        except RuleViolation as refusal:
            if refusal.code != "account_disabled":
                raise
            raise Rejected(_WRONG_PASSWORD, status=403) from refusal
        return given.token

    async def _ask(self, uid: int, command: Any) -> Any:
        if not 1 <= uid <= accounts.MAX_UID:
            raise RuleViolation("uid_invalid", f"a uid is 1 to {accounts.MAX_UID}, not {uid}")
        return await self._engine.ask(f"user:{uid}", command)


def _fail(error: Exception) -> NoReturn:
    _log.error("login_failed", exc_info=error)
    raise Rejected(common.INTERNAL, status=500, code=websocket.INTERNAL) from error
