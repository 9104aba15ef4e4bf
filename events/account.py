"""Facts about one account. Aggregate id: `account:{uid}`; the house is `account:0`.

Money moves only here, in `Posted`; the postings of one unit sum to zero for each currency,
so the ledger is double-entry by construction and the house holds the other side of every
purse it ever opened (its balance is negative by what the players hold).
"""

from __future__ import annotations

from typing import Literal

from parlour.events.event import Event, event

HOUSE_UID = 0
UID_KEYS = "account/uid/"
"""How the claim keys of uids begin."""
Currency = Literal["money", "coin"]
TokenKind = Literal["skey", "auth", "access", "beehive", "operator"]
ONE_AT_A_TIME: frozenset[TokenKind] = frozenset(("auth", "access"))
"""Kinds of which an account has one token: a new one replaces it.

It stays known when its time is over, so that its holder can be told so.
"""


def account_id(uid: int) -> str:
    """Return the aggregate id of an account."""
    return f"account:{uid}"


@event("account.registered")
class Registered(Event, frozen=True, kw_only=True):
    """An account exists."""

    uid: int
    name: str
    email: str
    """Lower case; "" for none."""
    password: str
    """argon2 hash; "" when no password was given."""
    by: Literal["operator", "open", "self", "engine"]
    operator: bool = False

    def claims(self) -> tuple[str, ...]:
        """A uid, a name and an email belong to one account."""
        keys = [uid_key(self.uid), name_key(self.name)]
        return (*keys, email_key(self.email)) if self.email else tuple(keys)


@event("account.renamed")
class Renamed(Event, frozen=True, kw_only=True):
    """The account's name changed."""

    old: str
    new: str

    def claims(self) -> tuple[str, ...]:
        """The new name is taken."""
        return (name_key(self.new),)

    def releases(self) -> tuple[str, ...]:
        """The old name is free again."""
        return (name_key(self.old),)


@event("account.email-changed")
class EmailChanged(Event, frozen=True, kw_only=True):
    """The account's email changed; "" stands for none."""

    old: str
    new: str

    def claims(self) -> tuple[str, ...]:
        """The new address is taken."""
        return (email_key(self.new),) if self.new else ()

    def releases(self) -> tuple[str, ...]:
        """The old address is free again."""
        return (email_key(self.old),) if self.old else ()


@event("account.password-changed")
class PasswordChanged(Event, frozen=True, kw_only=True):
    """The account has a new password (its argon2 hash)."""

    password: str


@event("account.profile-changed")
class ProfileChanged(Event, frozen=True, kw_only=True):
    """Some profile fields changed; None leaves a field as it was."""

    sex: int | None = None
    """0 unknown, 1 male, 2 female, as clients of the family use it."""
    birthday: str | None = None
    """"YYYY/MM/DD"."""
    zone: str | None = None
    """Free text, shown as `zone` in table information."""
    motto: str | None = None
    avatar: str | None = None
    """A data URI."""
    operator: bool | None = None


@event("account.token-issued")
class TokenIssued(Event, frozen=True, kw_only=True):
    """A token was given out; the log holds only its SHA-256."""

    kind: TokenKind
    digest: str
    """Hex SHA-256 of the token."""
    expires: int
    """Microseconds since 1970 UTC."""
    sid: int = 0

    def claims(self) -> tuple[str, ...]:
        """A token leads to its account."""
        return (token_key(self.digest),)


@event("account.token-extended")
class TokenExtended(Event, frozen=True, kw_only=True):
    """A token was used, and is good for its whole time again."""

    digest: str
    expires: int
    """Microseconds since 1970 UTC."""


@event("account.token-revoked")
class TokenRevoked(Event, frozen=True, kw_only=True):
    """A token is good for nothing from now on."""

    digest: str

    def releases(self) -> tuple[str, ...]:
        """The token leads nowhere."""
        return (token_key(self.digest),)


@event("account.disabled")
class Disabled(Event, frozen=True, kw_only=True):
    """The account may not log in."""

    reason: str = ""


@event("account.enabled")
class Enabled(Event, frozen=True, kw_only=True):
    """The account may log in again."""


@event("account.posted")
class Posted(Event, frozen=True, kw_only=True):
    """One line of the ledger: `amount` came to (or left) this account."""

    currency: Currency
    amount: int
    """Signed, never 0."""
    balance: int
    """What the account holds after this line."""
    reason: str
    """"purse", "grant", "settlement", "rake", "quit"."""
    ref: str
    """What caused it: a game id, or who ordered it."""


@event("account.seated")
class Seated(Event, frozen=True, kw_only=True):
    """The account took its one seat in the engine."""

    seat: str
    """Aggregate id of the table or room: `landlord.table:5`."""


@event("account.unseated")
class Unseated(Event, frozen=True, kw_only=True):
    """The account's seat is free again."""

    seat: str


@event("account.game-counted")
class GameCounted(Event, frozen=True, kw_only=True):
    """A finished game was added to the account's record."""

    game: str
    exp: int
    win: bool

    # One game counts once for an account: the settlement's own key guards that.


def uid_key(uid: int) -> str:
    """Claim key of a uid; zero-padded so that the highest one is found by order."""
    return f"{UID_KEYS}{uid:020d}"


def name_key(name: str) -> str:
    """Claim key of a name; names differ by more than case."""
    return f"account/name/{name.casefold()}"


def email_key(email: str) -> str:
    """Claim key of an email address."""
    return f"account/email/{email.casefold()}"


def token_key(digest: str) -> str:
    """Claim key of a token's hash."""
    return f"account/token/{digest}"
