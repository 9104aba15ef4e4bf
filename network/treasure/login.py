"""Logins to the lobby: whose name it is, and whether the password belongs to it.

What can be told without waiting (a token, whether the account may log in) the session actor looks
at itself, in the unit that lets the player in. Nobody without an account's secret learns here
whether there is the account: not from the answer, nor from the time it takes. With `--open` no
password is looked at, and a name that nobody has is registered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from parlour.actors import accounts
from parlour.actors.treasure.messages import LogIn
from parlour.events.account import HOUSE_UID, account_id, name_key, token_key
from parlour.events.errors import LogUnavailable, RuleViolation
from parlour.events.messages import treasure as wire
from parlour.network.passwords import PasswordThread
from parlour.network.turns import Peer, PeerGone, TooManyWait

_BAD_BODY: Final = wire.CODES["bad_body"]
_TOO_MANY: Final = wire.CODES["too_many_requests"]
_UNAVAILABLE: Final = wire.CODES["no_commands"]


class Asked(Protocol):
    """The part of the engine a login needs."""

    def tell(self, actor_id: str, message: Any) -> None:
        """Have an actor handle a message."""
        ...

    def ask(self, actor_id: str, command: Any) -> Awaitable[Any]:
        """Return an actor's answer, once its events are on disk."""
        ...


class LoginDesk:
    """Serves `Login`."""

    def __init__(
        self,
        engine: Asked,
        passwords: PasswordThread,
        *,
        claimed: Callable[[str], str | None],
        register: Callable[[accounts.RegisterAccount], Awaitable[int]],
        purse: int,
        open_mode: bool,
    ) -> None:
        """Wire it.

        Args:
            engine: Where the actors are.
            passwords: Where passwords are compared.
            claimed: Tells which aggregate holds a claim.
            register: Makes an account and returns its uid.
            purse: Money of an account that `open_mode` makes.
            open_mode: Whether nothing is checked.
        """
        self._engine = engine
        self._passwords = passwords
        self._claimed = claimed
        self._register = register
        self._purse = purse
        self._open = open_mode

    async def serve(self, peer: Peer, request: wire.Login) -> wire.LoginAnswer | None:
        """Find out who logs in and have his session let him in; or return why not."""
        given = (request.password, request.token)
        if given.count(None) != 1 and not (self._open and given == (None, None)):
            return wire.LoginAnswer(code=_BAD_BODY, seq=request.seq)
        try:
            uid = await self._find(peer, request)
        except LogUnavailable:
            return wire.LoginAnswer(code=_UNAVAILABLE, seq=request.seq)
        except (TooManyWait, PeerGone):
            return wire.LoginAnswer(code=_TOO_MANY, seq=request.seq)
        session = f"treasure.session:{peer.session}"
        self._engine.tell(session, LogIn(origin=session, uid=uid, request=request))
        return None

    async def _find(self, peer: Peer, request: wire.Login) -> int:
        """Return the uid of who logs in, 0 for nobody."""
        uid = self._holder(name_key(request.name))
        if self._open:
            return uid or await self._register_guest(request.name)
        if request.token is not None:
            holder = self._holder(token_key(accounts.digest_of(request.token)))
            return uid if holder == uid else HOUSE_UID
        hashed = await self._find_hash(uid)
        matches = await self._passwords.matches(request.password or "", hashed, peer=peer)
        return uid if matches else HOUSE_UID

    def _holder(self, key: str) -> int:
        """Return the uid of who holds a key; the house's, as whom nobody logs in, for nobody."""
        return int((self._claimed(key) or account_id(HOUSE_UID)).rpartition(":")[2])

    async def _find_hash(self, uid: int) -> str:
        """Return an account's hash, "" for none; the house is asked too, and takes as long."""
        try:
            return str(await self._engine.ask(f"user:{uid}", accounts.FindPassword()))
        except RuleViolation as refusal:
            if refusal.code != "no_such_account":
                raise
            return ""

    async def _register_guest(self, name: str) -> int:
        command = accounts.RegisterAccount(name=name, by="open", money=self._purse)
        try:
            return await self._register(command)
        except RuleViolation as refusal:
            if refusal.code == "internal":
                raise
            return self._holder(name_key(name))  # of who logged in first, at the same time
