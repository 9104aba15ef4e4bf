"""The actor of one user, `user:{uid}`: it takes what operators ask of the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from parlour.actors import accounts
from parlour.actors.actor import EngineActor, Handler
from parlour.actors.messages import Ask, Restarted
from parlour.actors.ports import Answer, CloseUser
from parlour.events import account as facts
from parlour.events.errors import RuleViolation
from parlour.events.rules import profile
from parlour.events.rules.account import Account, Token

_CHECKS: dict[str, Callable[[Any], None]] = {
    "sex": profile.check_sex,
    "birthday": profile.check_birthday,
    "zone": profile.check_zone,
    "motto": profile.check_motto,
    "avatar": profile.check_avatar,
}


class User(EngineActor):
    """One account's commands; the account itself is the aggregate `account:{uid}`."""

    @property
    def uid(self) -> int:
        """The uid in the actor's id."""
        return int(self.id.partition(":")[2])

    @property
    def account(self) -> Account:
        """The account with everything recorded so far."""
        state: Account = self.context.state(facts.account_id(self.uid))
        return state

    def on_ask(self, ask: Ask) -> None:
        """Obey one account command and answer it."""
        obey = _COMMANDS[type(ask.command)]
        if not self._makes_account(ask.command):
            self._must_exist()
        self.context.say(Answer(ask.ticket, obey(self, ask.command)))

    def _makes_account(self, command: Any) -> bool:
        if isinstance(command, accounts.UseToken):
            return bool(self.context.settings.open)
        return isinstance(command, accounts.RegisterAccount)

    def _must_exist(self) -> None:
        if not self.account.registered or self.uid == facts.HOUSE_UID:
            raise RuleViolation("no_such_account", f"there is no account with uid {self.uid}")

    def _record(self, event: Any) -> None:
        self.context.record(facts.account_id(self.uid), event)

    def _register(self, command: accounts.RegisterAccount) -> int:
        accounts.register(
            self.context,
            self.uid,
            name=accounts.free_name(self.context, command.name)
            if command.any_name
            else command.name,
            email=command.email,
            password_hash=command.password_hash,
            by=command.by,
            operator=command.operator,
            money=command.money,
        )
        return self.uid

    def _change(self, command: accounts.ChangeAccount) -> int | None:
        fields = {name: getattr(command, name) for name in (*_CHECKS, "operator")}
        for name, check in _CHECKS.items():
            if fields[name] is not None:
                check(fields[name])
        accounts.change_names(self.context, self.account, command)
        at = self.context.now()
        if any(value is not None for value in fields.values()):
            self._record(facts.ProfileChanged(at=at, **fields))
        if command.password_hash is not None:
            self._record(facts.PasswordChanged(at=at, password=command.password_hash))
        return None if command.grant is None else self._grant(command.grant)

    def _issue(self, command: accounts.IssueToken) -> accounts.TokenGiven:
        if command.seconds is not None:
            profile.check_seconds(command.seconds)
        profile.check_sid(command.sid)
        return accounts.issue_token(
            self.context, self.account, command.kind, seconds=command.seconds, sid=command.sid
        )

    def _use(self, command: accounts.UseToken) -> None:
        if not self.context.settings.open:
            accounts.use_token(self.context, self.account, command.kind, command.token)
        elif not self.account.registered:
            accounts.register_guest(self.context, self.uid)
        elif self.account.disabled:
            raise RuleViolation("account_disabled", f"account {self.uid} is disabled")

    def _find_token(self, command: accounts.FindToken) -> Token:
        return accounts.find_token(self.context, self.account, command.token)

    def _find_password(self, command: accounts.FindPassword) -> str:
        return "" if self.account.disabled else self.account.password

    def _revoke(self, command: accounts.RevokeTokens) -> int:
        tokens = self.account.tokens
        doomed = [d for d, t in tokens.items() if command.kind in (None, t.kind)]
        for digest in doomed:
            self._record(facts.TokenRevoked(at=self.context.now(), digest=digest))
        return len(doomed)

    def _disable(self, command: accounts.DisableAccount) -> None:
        profile.check_reason(command.reason)
        self._revoke(accounts.RevokeTokens())
        if not self.account.disabled:
            self._record(facts.Disabled(at=self.context.now(), reason=command.reason))
        self.context.say(CloseUser(self.uid, command.reason or "account disabled"))

    def _enable(self, command: accounts.EnableAccount) -> None:
        if self.account.disabled:
            self._record(facts.Enabled(at=self.context.now()))

    def _grant(self, command: accounts.GrantMoney) -> int:
        account = self.account
        held = account.money if command.currency == "money" else account.coin
        if not 0 <= held + command.amount <= profile.MAX_NUMBER:
            raise RuleViolation(
                "amount_invalid", f"the account holds {held}; it cannot change by {command.amount}"
            )
        if command.amount == 0:
            return held
        return accounts.transfer(
            self.context,
            self.uid,
            command.amount,
            reason="grant",
            ref="operator",
            currency=command.currency,
        )

    def _kick(self, command: accounts.Kick) -> None:
        profile.check_reason(command.reason)
        self.context.say(CloseUser(self.uid, command.reason))

    def on_restarted(self, message: Restarted) -> None:
        """Nothing is kept here that the log does not hold."""

    HANDLERS: ClassVar[dict[type, Handler]] = {Ask: on_ask, Restarted: on_restarted}


_COMMANDS: dict[type, Any] = {
    accounts.RegisterAccount: User._register,
    accounts.ChangeAccount: User._change,
    accounts.IssueToken: User._issue,
    accounts.UseToken: User._use,
    accounts.FindToken: User._find_token,
    accounts.FindPassword: User._find_password,
    accounts.RevokeTokens: User._revoke,
    accounts.DisableAccount: User._disable,
    accounts.EnableAccount: User._enable,
    accounts.GrantMoney: User._grant,
    accounts.Kick: User._kick,
}
