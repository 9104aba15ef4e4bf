"""An account as its events leave it: profile, purse, tokens, seat, record."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from parlour.events import account as facts
from parlour.events.event import Event

EXP_PER_LEVEL = 100


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token, known by its hash."""

    kind: facts.TokenKind
    expires: int
    sid: int = 0


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account; `registered` is False for a uid nobody has."""

    uid: int = 0
    registered: bool = False
    name: str = ""
    email: str = ""
    password: str = ""
    operator: bool = False
    disabled: bool = False
    sex: int = 0
    birthday: str = ""
    zone: str = ""
    motto: str = ""
    avatar: str = ""
    money: int = 0
    coin: int = 0
    exp: int = 0
    total_board: int = 0
    total_win: int = 0
    tokens: dict[str, Token] = {}
    """By hex SHA-256."""
    seat: str = ""
    """Aggregate id of the one table or room the account sits at."""
    created: int = 0

    @property
    def level(self) -> int:
        """1, and one more for each 100 exp."""
        return 1 + self.exp // EXP_PER_LEVEL


def evolve(account: Account, event: Event) -> Account:
    """Return `account` as `event` leaves it."""
    match event:
        case facts.Registered():
            return replace(
                account,
                uid=event.uid,
                registered=True,
                name=event.name,
                email=event.email,
                password=event.password,
                operator=event.operator,
                created=event.at,
            )
        case facts.Posted(currency="money"):
            return replace(account, money=event.balance)
        case facts.Posted():
            return replace(account, coin=event.balance)
        case facts.GameCounted():
            return replace(
                account,
                exp=account.exp + event.exp,
                total_board=account.total_board + 1,
                total_win=account.total_win + event.win,
            )
        case facts.Seated():
            return replace(account, seat=event.seat)
        case facts.Unseated():
            return replace(account, seat="")
        case facts.TokenIssued():
            live = {
                digest: token
                for digest, token in account.tokens.items()
                if token.expires > event.at or token.kind in facts.ONE_AT_A_TIME
            }
            token = Token(kind=event.kind, expires=event.expires, sid=event.sid)
            return replace(account, tokens={**live, event.digest: token})
        case facts.TokenExtended():
            token = replace(account.tokens[event.digest], expires=event.expires)
            return replace(account, tokens={**account.tokens, event.digest: token})
        case facts.TokenRevoked():
            return replace(
                account, tokens={d: t for d, t in account.tokens.items() if d != event.digest}
            )
        case _:
            return _evolve_profile(account, event)


def _evolve_profile(account: Account, event: Event) -> Account:
    match event:
        case facts.Renamed():
            return replace(account, name=event.new)
        case facts.EmailChanged():
            return replace(account, email=event.new)
        case facts.PasswordChanged():
            return replace(account, password=event.password)
        case facts.Disabled():
            return replace(account, disabled=True)
        case facts.Enabled():
            return replace(account, disabled=False)
        case facts.ProfileChanged():
            changed = {
                name: value
                for name in ("sex", "birthday", "zone", "motto", "avatar", "operator")
                if (value := getattr(event, name)) is not None
            }
            return replace(account, **changed)
        case _:
            return account
