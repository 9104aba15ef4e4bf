"""Where operators' requests about accounts become commands to the user actors.

There is one desk a running engine: the admin socket's, or, when no engine runs, that of the
command line's own engine on the same log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from parlour.actors import accounts
from parlour.events.account import uid_key
from parlour.events.errors import RuleViolation
from parlour.events.times import iso
from parlour.network import account_requests as ask
from parlour.network.config import AccountSettings

_PROFILE = ("name", "sex", "birthday", "zone", "motto", "avatar", "operator", "password_hash")


class Asked(Protocol):
    """The part of the engine the desk needs."""

    def ask(self, actor_id: str, command: Any) -> Awaitable[Any]:
        """Return an actor's answer, once its events are on disk."""
        ...


class AccountDesk:
    """Serves `account_requests`."""

    def __init__(
        self,
        engine: Asked,
        settings: AccountSettings,
        *,
        last_uid: Callable[[int], int],
        claimed: Callable[[str], str | None],
        head: Callable[[], Mapping[str, Any]],
    ) -> None:
        """Wire the desk.

        Args:
            engine: Where the actors are.
            settings: The default purse, and how long tokens are good.
            last_uid: Returns the highest uid on disk below another one, 0 for none.
            claimed: Tells who holds a key, on disk or on its way there.
            head: Returns the newest seal on disk.
        """
        self._engine = engine
        self._settings = settings
        self._last_uid = last_uid
        self._claimed = claimed
        self._head = head
        self._serve: dict[type, Callable[[Any], Awaitable[dict[str, Any]]]] = {
            ask.AddAccount: self._add,
            ask.SetAccount: self._set,
            ask.GiveToken: self._give_token,
            ask.DisableAccount: self._disable,
            ask.EnableAccount: self._enable,
            ask.KickUser: self._kick,
            ask.ShowHead: self._show_head,
        }

    async def serve(self, request: ask.AnyRequest) -> dict[str, Any]:
        """Do what is asked and return the answer, everything on disk.

        Raises:
            RuleViolation: It was refused; nothing was changed.
            LogUnavailable: The log takes no events.
        """
        return await self._serve[type(request)](request)

    async def _command(self, uid: int, command: Any) -> Any:
        if not 1 <= uid <= accounts.MAX_UID:
            raise RuleViolation("uid_invalid", f"a uid is 1 to {accounts.MAX_UID}, not {uid}")
        return await self._engine.ask(f"user:{uid}", command)

    async def _add(self, request: ask.AddAccount) -> dict[str, Any]:
        command = accounts.RegisterAccount(
            name=request.name,
            email=request.email.lower(),
            password_hash=request.password_hash,
            operator=request.operator,
            money=self._settings.default_purse if request.money is None else request.money,
        )
        if request.uid is None:
            uid = await self.register(command)
        else:
            uid = await self._command(request.uid, command)
        return {"uid": uid, "name": request.name}

    async def register(self, command: accounts.RegisterAccount) -> int:
        """Make an account with the next free uid and return that.

        Raises:
            RuleViolation: As in `accounts.register`.
            LogUnavailable: The log takes no events.
        """
        while True:
            try:
                return int(await self._command(self._free_uid(), command))
            except RuleViolation as refusal:
                if refusal.code != "uid_taken":  # somebody asked for that one by number
                    raise

    def _free_uid(self) -> int:
        """Return the uid after the highest; after the highest with room above, if need be."""
        end = accounts.MAX_UID + 1
        while (uid := self._last_uid(end) + 1) == end:
            end -= 1
        while self._claimed(uid_key(uid)) is not None:  # not on disk yet
            uid += 1
        return uid

    async def _set(self, request: ask.SetAccount) -> dict[str, Any]:
        changes = {name: getattr(request, name) for name in _PROFILE}
        if request.email is not None:
            changes["email"] = request.email.lower()
        if request.grant is not None:
            changes["grant"] = accounts.GrantMoney(amount=request.grant, currency=request.currency)
        balance = await self._command(request.uid, accounts.ChangeAccount(**changes))
        answer = {"uid": request.uid}
        return answer if balance is None else {**answer, request.currency: balance}

    async def _give_token(self, request: ask.GiveToken) -> dict[str, Any]:
        command = accounts.IssueToken(kind=request.kind, sid=request.sid, seconds=request.seconds)
        given: accounts.TokenGiven = await self._command(request.uid, command)
        return {"token": given.token, "expires": iso(given.expires)}

    async def _disable(self, request: ask.DisableAccount) -> dict[str, Any]:
        await self._command(request.uid, accounts.DisableAccount(reason=request.reason))
        return {"uid": request.uid, "disabled": True}

    async def _enable(self, request: ask.EnableAccount) -> dict[str, Any]:
        await self._command(request.uid, accounts.EnableAccount())
        return {"uid": request.uid, "disabled": False}

    async def _kick(self, request: ask.KickUser) -> dict[str, Any]:
        await self._command(request.uid, accounts.Kick(reason=request.reason))
        return {"uid": request.uid}

    async def _show_head(self, request: ask.ShowHead) -> dict[str, Any]:
        return dict(self._head())


def parse_request(line: bytes) -> ask.AnyRequest:
    """Return the request in a line of the admin socket.

    Raises:
        RuleViolation: "malformed".
    """
    try:
        request: ask.AnyRequest = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RuleViolation("malformed", str(error)) from error
    return request


_DECODER = msgspec.json.Decoder(ask.AnyRequest)
