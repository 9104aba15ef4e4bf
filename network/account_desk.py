"""Where operators' requests about accounts become commands to the user actors.

There is one desk a running engine: the admin socket's, or, when no engine runs, that of the
command line's own engine on the same log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec

from parlour.actors import accounts
from parlour.events.errors import RuleViolation
from parlour.network import account_requests as ask
from parlour.network.config import AccountSettings

_PROFILE = ("name", "email", "sex", "birthday", "zone", "motto", "avatar", "operator")


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
        uids: Callable[[], list[int]],
        last_uid: Callable[[], int],
        head: Callable[[], Mapping[str, Any]],
    ) -> None:
        """`uids` and `last_uid` return what is on disk; `head` the newest seal on disk."""
        self._engine = engine
        self._settings = settings
        self._uids = uids
        self._last_on_disk = last_uid
        self._head = head
        self._last_uid = 0
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
        """Return the uid after the highest, or the first gap when somebody took the last."""
        uid = max(self._last_uid, self._last_on_disk()) + 1
        if uid > accounts.MAX_UID:
            taken = set(self._uids())
            uid = next(n for n in range(1, len(taken) + 2) if n not in taken)
        self._last_uid = uid
        return uid

    async def _set(self, request: ask.SetAccount) -> dict[str, Any]:
        changes = {name: getattr(request, name) for name in _PROFILE}
        if changes["email"] is not None:
            changes["email"] = changes["email"].lower()
        answer: dict[str, Any] = {"uid": request.uid}
        await self._command(request.uid, accounts.ChangeProfile(**changes))
        if request.password_hash is not None:
            command = accounts.SetPassword(password_hash=request.password_hash)
            await self._command(request.uid, command)
        if request.grant is not None:
            grant = accounts.GrantMoney(amount=request.grant, currency=request.currency)
            answer[request.currency] = await self._command(request.uid, grant)
        return answer

    async def _give_token(self, request: ask.GiveToken) -> dict[str, Any]:
        command = accounts.IssueToken(kind=request.kind, sid=request.sid, seconds=request.seconds)
        given: accounts.TokenGiven = await self._command(request.uid, command)
        return {"token": given.token, "expires": iso_time(given.expires)}

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


def iso_time(at: int) -> str:
    """Return microseconds since 1970 as ISO 8601 UTC, with microseconds."""
    seconds, micros = divmod(at, 1_000_000)
    stamp = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


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
