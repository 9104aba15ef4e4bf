"""Whether whoever asks over HTTP may ask that: tokens and passwords of beehive's users.

A user's proof is any live token of his account, a signed token of one of his devices, or his
password; an operator's is a token of kind `operator`. With `--open` nobody need prove anything.
Nobody without an account's secret learns here whether there is the account.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web

from parlour.actors import accounts
from parlour.events.account import HOUSE_UID, account_id, token_key
from parlour.events.errors import EngineError, LogUnavailable, RuleViolation
from parlour.events.rules.account import Token
from parlour.network.handshake import sender
from parlour.network.passwords import PasswordThread
from parlour.network.service import Commands

_REASONS: Final = {"token_expired": "the token's time is over"}
_WRONG: Final = "wrong token or password"


class Denied(EngineError):
    """It was not proved who asks."""


class Credentials:
    """Checks what a request brings."""

    def __init__(
        self,
        engine: Commands,
        passwords: PasswordThread,
        *,
        claimed: Callable[[str], str | None],
        device_of: Callable[[str], tuple[int, int] | None],
        open_mode: bool,
    ) -> None:
        """Wire it.

        Args:
            engine: Where the actors are.
            passwords: Where passwords are compared.
            claimed: Tells which aggregate holds a claim.
            device_of: Returns the uid and sid a signed token is of; None when it is none.
            open_mode: Whether nothing is checked.
        """
        self._engine = engine
        self._passwords = passwords
        self._claimed = claimed
        self._device_of = device_of
        self._open = open_mode

    async def check(self, request: web.Request, uid: int) -> int:
        """See that the request comes from a user; return the sid his token is bound to, or 0.

        Raises:
            Denied: It brings no proof, or a wrong one.
            LogUnavailable: That cannot be found out now.
            TooManyWait: Too many passwords wait to be compared.
            PeerGone: Whoever asked does not wait any more.
        """
        if self._open:
            return 0
        if not self._engine.accepting:
            raise LogUnavailable("the engine takes no commands now")
        token, password = token_of(request), request.query.get("password")
        if token:
            return await self._check_token(uid, token)
        if password is None:
            raise Denied("give token= or password= of the account")
        await self._check_password(request, uid, password)
        return 0

    async def check_operator(self, request: web.Request) -> None:
        """See that the request comes from an operator.

        Raises:
            Denied: It brings no token of kind `operator`.
            LogUnavailable: That cannot be found out now.
        """
        if self._open:
            return
        token = token_of(request)
        holder = self._claimed(token_key(accounts.digest_of(token))) if token else None
        if holder is None:
            raise Denied("give an operator's token: Authorization: Bearer TOKEN")
        uid = int(holder.rpartition(":")[2])
        if (await self._find(uid, token)).kind != "operator":
            raise Denied("the token is not an operator's")

    async def _check_token(self, uid: int, token: str) -> int:
        device = self._device_of(token)
        if device is not None:
            holder, sid = device
            if holder != uid:
                raise Denied(_WRONG)
            return sid
        if self._claimed(token_key(accounts.digest_of(token))) != account_id(uid):
            raise Denied(_WRONG)
        return (await self._find(uid, token)).sid

    async def _find(self, uid: int, token: str) -> Token:
        try:
            found: Token = await self._engine.ask(f"user:{uid}", accounts.FindToken(token=token))
        except RuleViolation as refusal:
            if refusal.code == "internal":
                raise
            raise Denied(_REASONS.get(refusal.code, _WRONG)) from refusal
        return found

    async def _check_password(self, request: web.Request, uid: int, password: str) -> None:
        try:
            hashed = str(await self._engine.ask(f"user:{uid}", accounts.FindPassword()))
        except RuleViolation as refusal:
            if refusal.code != "no_such_account":
                raise
            hashed = ""  # compared with nothing, which takes as long
        matches = await self._passwords.matches(password, hashed, peer=sender(request))
        if not matches or uid == HOUSE_UID:
            raise Denied(_WRONG)


def token_of(request: web.Request) -> str:
    """Return the token a request brings, in its query or its Authorization; "" for none."""
    given = request.query.get("token")
    if given:
        return given
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
