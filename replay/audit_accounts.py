"""Accounts: the ledger adds up, and everybody has one seat.

Balances follow from line to line, the lines of one commit sum to zero for each currency and
cause, and all balances together are zero at the end: the house holds the other side of every
purse. Who takes a seat had none. Games and their payments are `audit_payments`'s.
"""

from __future__ import annotations

from collections import defaultdict

from parlour.events import account as facts
from parlour.events.event import Event
from parlour.events.reader import Recorded
from parlour.events.rules.account import Account
from parlour.replay.findings import Findings, Where

_HOUSE_ID = facts.account_id(facts.HOUSE_UID)


class AccountsExaminer:
    """Looks at every event of an account, with the account before it."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._sums: defaultdict[tuple[str, str], int] = defaultdict(int)
        """By currency and cause, of the running commit."""
        self._first: dict[tuple[str, str], Recorded] = {}
        self._totals: defaultdict[str, int] = defaultdict(int)
        self.postings = 0

    def see(self, recorded: Recorded, before: Account) -> None:
        """Take the next event of an account."""
        event = recorded.event
        match event:
            case facts.Posted():
                self._check_posting(recorded, event, before)
            case facts.Registered():
                self._check_registration(recorded, event, before)
                return
            case facts.Seated() if before.seat:
                self._findings.add(
                    "seat_doubled",
                    recorded,
                    "the account sits already",
                    field="seat",
                    expected=before.seat,
                    found=event.seat,
                )
            case facts.Unseated() if before.seat != event.seat:
                self._findings.add(
                    "seat_differs",
                    recorded,
                    "the account leaves a seat that it did not have",
                    field="seat",
                    expected=before.seat,
                    found=event.seat,
                )
        if not before.registered and recorded.originator_id != _HOUSE_ID:
            self._unregistered(recorded, event)

    def commit(self) -> None:
        """The events since the last call were committed together."""
        for cause, total in self._sums.items():
            if total:
                currency, ref = cause
                self._findings.add(
                    "ledger_unbalanced",
                    self._first[cause],
                    f"the {currency} lines of {ref!r} committed together do not sum to zero",
                    field="amount",
                    expected=0,
                    found=total,
                )
        self._sums.clear()
        self._first.clear()

    def finish(self) -> None:
        """Sum up the whole ledger."""
        for currency, total in self._totals.items():
            if total:
                self._findings.add(
                    "money_not_conserved",
                    Where(),
                    f"the {currency} of all accounts with the house's do not sum to zero",
                    field=currency,
                    expected=0,
                    found=total,
                )

    def _check_posting(self, recorded: Recorded, event: facts.Posted, before: Account) -> None:
        self.postings += 1
        held = before.money if event.currency == "money" else before.coin
        self._totals[event.currency] += event.balance - held
        cause = event.currency, event.ref
        self._sums[cause] += event.amount
        self._first.setdefault(cause, recorded)
        if event.balance != held + event.amount:
            self._findings.add(
                "balance_wrong",
                recorded,
                f"{held} and {event.amount:+} are not the balance",
                field="balance",
                expected=held + event.amount,
                found=event.balance,
            )

        if event.balance < 0 and recorded.originator_id != _HOUSE_ID:
            self._findings.add(
                "balance_negative",
                recorded,
                "only the house may owe",
                field="balance",
                expected="0 or more",
                found=event.balance,
            )

    def _check_registration(
        self, recorded: Recorded, event: facts.Registered, before: Account
    ) -> None:
        if facts.account_id(event.uid) != recorded.originator_id or before.registered:
            self._findings.add(
                "account_misnamed",
                recorded,
                "the account is registered already"
                if before.registered
                else "the account is registered under another uid",
                field="uid",
                expected=recorded.originator_id,
                found=facts.account_id(event.uid),
            )

    def _unregistered(self, recorded: Recorded, event: Event) -> None:
        self._findings.add(
            "account_unregistered",
            recorded,
            "nobody registered this account before",
            found=event,
        )
