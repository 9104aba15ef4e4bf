"""Accounts that players make themselves: action 2 of `app`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from parlour.actors import accounts
from parlour.events.errors import RuleViolation
from parlour.events.messages.techmino import app, common
from parlour.network.passwords import PasswordThread, PasswordUnfit
from parlour.network.turns import Peer, PeerGone, TooManyWait

_CLOSED: Final = "Registration is closed"
_WORDS: Final = {
    "name_taken": "Username is taken",
    "name_invalid": "Username is not valid",
    "email_taken": "Email is taken",
    "email_invalid": "Email is not valid",
}


class Registrar:
    """Serves `app.Register`."""

    def __init__(
        self,
        passwords: PasswordThread,
        register: Callable[[accounts.RegisterAccount], Awaitable[int]],
        *,
        allowed: bool,
    ) -> None:
        """`register` makes an account and returns its uid."""
        self._passwords = passwords
        self._register = register
        self._allowed = allowed

    async def serve(self, peer: Peer, request: app.Register) -> app.Registered | common.Error:
        """Make an account and return what its player is told.

        Raises:
            LogUnavailable: The log takes no events.
        """
        if not self._allowed:
            return common.Error(reason=_CLOSED)
        if not request.email:
            return common.Error(reason=_WORDS["email_invalid"])
        try:
            hashed = await self._passwords.hash(request.password, peer=peer)
            await self._register(
                accounts.RegisterAccount(
                    name=request.username,
                    email=request.email.lower(),
                    password_hash=hashed,
                    by="self",
                )
            )
        except RuleViolation as refusal:
            return common.Error(reason=_WORDS.get(refusal.code, str(refusal)))
        except PasswordUnfit:
            return common.Error(reason="Password is not valid")
        except (TooManyWait, PeerGone):
            return common.Error(reason=common.TOO_MANY)
        return app.Registered(data=app.RegisteredText(message=f"Welcome, {request.username}!"))
