"""What may be asked of an account's actor, and the two facts every way in shares.

The commands are `ask`ed of `user:{uid}` by the command line, the admin socket and HTTP.
Passwords arrive hashed: argon2 is slow on purpose and has no place in the actors' thread.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable

import msgspec

from parlour.actors.context import Context
from parlour.events import account as facts
from parlour.events.errors import RuleViolation
from parlour.events.rules import profile
from parlour.events.rules.account import Account, Token
from parlour.events.times import MICROSECONDS

MAX_UID = profile.MAX_NUMBER


class RegisterAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Make the account; answers its uid."""

    name: str
    any_name: bool = False
    """Whether a number may be put behind a name that is taken."""
    email: str = ""
    password_hash: str = ""
    by: str = "operator"
    operator: bool = False
    money: int = 0


class GrantMoney(msgspec.Struct, frozen=True, kw_only=True):
    """Move `amount` (may be negative) from the house to the account; answers the balance."""

    amount: int
    currency: facts.Currency = "money"


class ChangeAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Change what is not None, all of it or nothing; answers the balance after a grant, or None."""

    name: str | None = None
    email: str | None = None
    sex: int | None = None
    birthday: str | None = None
    zone: str | None = None
    motto: str | None = None
    avatar: str | None = None
    operator: bool | None = None
    password_hash: str | None = None
    grant: GrantMoney | None = None


class IssueToken(msgspec.Struct, frozen=True, kw_only=True):
    """Draw a token; answers `TokenGiven`.

    Of the kinds in `ONE_AT_A_TIME` the account's former one dies.
    """

    kind: facts.TokenKind
    seconds: float | None = None
    """None takes the setting of the kind."""
    sid: int = 0


class UseToken(msgspec.Struct, frozen=True, kw_only=True):
    """Log in with a token, which is good for its whole time again; answers nothing.

    With `open` any token will do, and an unknown uid is registered.
    Refused with token_wrong, token_expired, account_disabled or no_such_account.
    """

    kind: facts.TokenKind
    token: str


class FindToken(msgspec.Struct, frozen=True, kw_only=True):
    """Answers what a live token is (`rules.account.Token`), of whatever kind.

    Refused with token_wrong, token_expired, account_disabled or no_such_account.
    """

    token: str


class FindPassword(msgspec.Struct, frozen=True, kw_only=True):
    """Answers the argon2 hash of the password, "" when nobody can log in with one."""


class TokenGiven(msgspec.Struct, frozen=True, kw_only=True):
    """The only time a token is seen in clear."""

    token: str
    expires: int
    """Microseconds since 1970 UTC."""


class RevokeTokens(msgspec.Struct, frozen=True, kw_only=True):
    """Revoke the account's tokens of a kind, or all; answers how many."""

    kind: facts.TokenKind | None = None


class DisableAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Lock the account out: its connections close and its tokens die."""

    reason: str = ""


class EnableAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Let the account in again."""


class Kick(msgspec.Struct, frozen=True, kw_only=True):
    """Close every connection of the user."""

    reason: str = "kicked by an operator"


def register(
    context: Context,
    uid: int,
    *,
    name: str,
    by: str,
    email: str = "",
    password_hash: str = "",
    operator: bool = False,
    money: int = 0,
) -> None:
    """Record a new account and its first purse.

    Raises:
        RuleViolation: uid_taken, uid_invalid, name_taken, email_taken or name_invalid.
    """
    if not 1 <= uid <= MAX_UID:
        raise RuleViolation("uid_invalid", f"a uid is 1 to {MAX_UID}, not {uid}")
    if context.state(facts.account_id(uid)).registered:
        raise RuleViolation("uid_taken", f"uid {uid} is taken")
    profile.check_name(name)
    _must_be_free_name(context, name)
    profile.check_email(email)
    _must_be_free_email(context, email)
    if not 0 <= money <= profile.MAX_NUMBER:
        raise RuleViolation("amount_invalid", f"money is 0 to {profile.MAX_NUMBER}")
    at = context.now()
    context.record(
        facts.account_id(uid),
        facts.Registered(
            at=at,
            uid=uid,
            name=name,
            email=email,
            password=password_hash,
            by=by,  # type: ignore[arg-type]
            operator=operator,
        ),
    )
    if money:
        transfer(context, uid, money, reason="purse", ref=by)


def register_guest(context: Context, uid: int) -> None:
    """Record an account for a uid that nobody has, as `--open` does for whoever comes.

    Raises:
        RuleViolation: uid_invalid.
    """
    register(
        context,
        uid,
        name=free_name(context, f"player{uid}"),
        by="open",
        money=context.settings.default_purse,
    )


def free_name(context: Context, wish: str) -> str:
    """Return `wish`, or `wish` with the first number that makes it nobody's name."""
    name, number = wish, 1
    while context.claimed(facts.name_key(name)) is not None:
        number += 1
        name = f"{wish}-{number}"
    return name


def transfer(
    context: Context,
    uid: int,
    amount: int,
    *,
    reason: str,
    ref: str,
    currency: facts.Currency = "money",
) -> int:
    """Post `amount` to an account and its opposite to the house; return the new balance."""
    _post(context, facts.HOUSE_UID, -amount, currency, reason, ref)
    return _post(context, uid, amount, currency, reason, ref)


def post(context: Context, uid: int, amount: int, *, reason: str, ref: str) -> None:
    """Post one line of money; the caller sees to it that the unit's lines sum to 0."""
    if amount:
        _post(context, uid, amount, "money", reason, ref)


def _post(
    context: Context, uid: int, amount: int, currency: facts.Currency, reason: str, ref: str
) -> int:
    account: Account = context.state(facts.account_id(uid))
    balance = (account.money if currency == "money" else account.coin) + amount
    context.record(
        facts.account_id(uid),
        facts.Posted(
            at=context.now(),
            currency=currency,
            amount=amount,
            balance=balance,
            reason=reason,
            ref=ref,
        ),
    )
    return balance


def digest_of(token: str) -> str:
    """Return the hash a token is known by; tokens are random, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def token_is_good(account: Account, token: str, kind: facts.TokenKind, *, now: int) -> bool:
    """Tell whether a token opens the account; looked up by hash, so nothing to time."""
    found = account.tokens.get(digest_of(token))
    return found is not None and found.kind == kind and found.expires > now and not account.disabled


def issue_token(
    context: Context,
    account: Account,
    kind: facts.TokenKind,
    *,
    seconds: float | None = None,
    sid: int = 0,
) -> TokenGiven:
    """Record a new token of an account and return it.

    Raises:
        RuleViolation: account_disabled.
    """
    if account.disabled:
        raise RuleViolation("account_disabled", f"account {account.uid} is disabled")
    if kind in facts.ONE_AT_A_TIME:
        for digest, known in account.tokens.items():
            if known.kind == kind:
                context.record(
                    facts.account_id(account.uid),
                    facts.TokenRevoked(at=context.now(), digest=digest),
                )
    token = _DRAW.get(kind, _draw_plain)(context)
    expires = context.now() + _lifetime(context, kind, seconds)
    context.record(
        facts.account_id(account.uid),
        facts.TokenIssued(
            at=context.now(), kind=kind, digest=digest_of(token), expires=expires, sid=sid
        ),
    )
    return TokenGiven(token=token, expires=expires)


def find_token(context: Context, account: Account, token: str) -> Token:
    """Return a live token of an account.

    Raises:
        RuleViolation: token_wrong, token_expired or account_disabled.
    """
    found = account.tokens.get(digest_of(token))
    if found is None:
        raise RuleViolation("token_wrong", "the token does not open this account")
    if account.disabled:
        raise RuleViolation("account_disabled", f"account {account.uid} is disabled")
    if found.expires <= context.now():
        raise RuleViolation("token_expired", "the token's time is over")
    return found


def use_token(context: Context, account: Account, kind: facts.TokenKind, token: str) -> None:
    """Check a token and record that it is good for its whole time again.

    Raises:
        RuleViolation: token_wrong, token_expired or account_disabled.
    """
    digest = digest_of(token)
    found = account.tokens.get(digest)
    if found is not None and found.kind != kind:
        raise RuleViolation("token_wrong", "the token does not open this account")
    found = find_token(context, account, token)
    expires = context.now() + _lifetime(context, kind, None)
    if expires > found.expires:  # one given out for longer keeps its time
        context.record(
            facts.account_id(account.uid),
            facts.TokenExtended(at=context.now(), digest=digest, expires=expires),
        )


def _lifetime(context: Context, kind: facts.TokenKind, seconds: float | None) -> int:
    if seconds is None:
        seconds = float(getattr(context.settings.token_seconds, kind))
    return int(seconds * MICROSECONDS)


def _draw_plain(context: Context) -> str:
    return context.randomness.token(16).hex()


def _draw_uuid(context: Context) -> str:
    return str(uuid.UUID(bytes=context.randomness.token(16), version=4)).upper()


def _draw_long(context: Context) -> str:
    return context.randomness.token(32).hex().upper()


_DRAW: dict[str, Callable[[Context], str]] = {"auth": _draw_uuid, "access": _draw_long}
"""How tokens look whose clients expect a form: UUIDs, and 64 hex digits."""


def avatar_hash(avatar: str) -> str:
    """Return what clients tell avatars apart by: the SHA-256 of the data URI, in hex."""
    return hashlib.sha256(avatar.encode()).hexdigest()


def _must_be_free_name(context: Context, name: str) -> None:
    if context.claimed(facts.name_key(name)) is not None:
        raise RuleViolation("name_taken", f"the name {name!r} is taken")


def _must_be_free_email(context: Context, email: str) -> None:
    if email and context.claimed(facts.email_key(email)) is not None:
        raise RuleViolation("email_taken", f"the email {email!r} is taken")


def change_names(context: Context, account: Account, change: ChangeAccount) -> None:
    """Record a new name and a new email where they differ.

    Raises:
        RuleViolation: name_taken, email_taken, name_invalid or email_invalid.
    """
    aggregate, at = facts.account_id(account.uid), context.now()
    if change.name is not None and change.name != account.name:
        profile.check_name(change.name)
        if change.name.casefold() != account.name.casefold():
            _must_be_free_name(context, change.name)
        context.record(aggregate, facts.Renamed(at=at, old=account.name, new=change.name))
    if change.email is not None and change.email != account.email:
        profile.check_email(change.email)
        if change.email.casefold() != account.email.casefold():
            _must_be_free_email(context, change.email)
        context.record(aggregate, facts.EmailChanged(at=at, old=account.email, new=change.email))
