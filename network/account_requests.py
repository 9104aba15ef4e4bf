"""What the command line asks of an engine about accounts: the lines of the admin socket."""

from __future__ import annotations

from typing import Any

import msgspec

from parlour.events.account import Currency, TokenKind
from parlour.events.errors import RuleViolation


class AdminRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="command", forbid_unknown_fields=True
):
    """One line from the command line to the engine."""


class AddAccount(AdminRequest, frozen=True, kw_only=True, tag="account-add"):
    """Make an account; answers {"uid", "name"}."""

    name: str
    uid: int | None = None
    """None takes the next free one."""
    email: str = ""
    password_hash: str = ""
    money: int | None = None
    """None gives the default purse."""
    operator: bool = False


class SetAccount(AdminRequest, frozen=True, kw_only=True, tag="account-set"):
    """Change what is not None; answers {"uid"}."""

    uid: int
    name: str | None = None
    email: str | None = None
    password_hash: str | None = None
    sex: int | None = None
    birthday: str | None = None
    zone: str | None = None
    motto: str | None = None
    avatar: str | None = None
    operator: bool | None = None
    grant: int | None = None
    currency: Currency = "money"


class GiveToken(AdminRequest, frozen=True, kw_only=True, tag="account-token"):
    """Draw a token; answers {"token", "expires"}."""

    uid: int
    kind: TokenKind
    sid: int = 0
    seconds: float | None = None
    """None takes the setting of the kind."""


class DisableAccount(AdminRequest, frozen=True, kw_only=True, tag="account-disable"):
    """Lock the account; answers {"uid"}."""

    uid: int
    reason: str = ""


class EnableAccount(AdminRequest, frozen=True, kw_only=True, tag="account-enable"):
    """Let the account in again; answers {"uid"}."""

    uid: int


class KickUser(AdminRequest, frozen=True, kw_only=True, tag="kick"):
    """Close the user's connections; answers {"uid"}."""

    uid: int
    reason: str = "kicked by an operator"


class ShowHead(AdminRequest, frozen=True, kw_only=True, tag="log-head"):
    """Answers the newest seal that is on disk."""


AnyRequest = (
    AddAccount | SetAccount | GiveToken | DisableAccount | EnableAccount | KickUser | ShowHead
)


def check_texts(request: AdminRequest) -> None:
    """Refuse texts that were no UTF-8 on the command line; in a line of JSON there are none.

    Raises:
        RuleViolation: "malformed".
    """
    for name in request.__struct_fields__:
        value = getattr(request, name)
        if isinstance(value, str) and not _is_utf_8(value):
            raise RuleViolation("malformed", f"the {name} is not valid UTF-8")


def _is_utf_8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line back."""

    result: dict[str, Any] | None = None
    code: str = ""
    """A stable word when it was refused."""
    error: str = ""
