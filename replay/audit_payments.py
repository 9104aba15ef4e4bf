"""Every settlement paid once and in full, and every game counted once for each player.

A settlement, its postings and its counts are committed together, so they are compared when
their commit ends: each line with the account's own money at that moment, with its posting,
and with its count; the rake with the house's. What names a game and belongs to none is found.
No money is in a treasure game: its counts are `audit_treasure_games`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from parlour.events import account as facts
from parlour.events import landlord
from parlour.events.reader import Recorded
from parlour.events.rules.account import Account
from parlour.replay.findings import Findings

_REASONS: Final = frozenset({"settlement", "quit", "rake"})
_PLAYER_QUIT: Final = 2


class Payment:
    """What one commit says about one game."""

    def __init__(self) -> None:
        self.settled: Recorded | None = None
        self.purses: dict[int, tuple[int, int]] = {}
        """Money and coins of an account before the first line that names the game, by uid."""
        self.posted: dict[int, list[Recorded]] = {}
        self.counted: dict[int, list[Recorded]] = {}


class PaymentsExaminer:
    """Collects what a commit says about games, and compares it at its end."""

    def __init__(
        self, findings: Findings, accounts: Mapping[str, Account], *, game: str | None
    ) -> None:
        self._findings = findings
        self._accounts = accounts
        self._only = game
        self._payments: dict[str, Payment] = {}
        self.settlements = 0

    # --- what is seen ----------------------------------------------------------------------

    def see_hand(self, recorded: Recorded, _before: object = None) -> None:
        """Take an event of a hand."""
        if isinstance(recorded.event, landlord.HandSettled):
            self._see_settled(recorded, recorded.event)

    def see_account(self, recorded: Recorded, before: Account) -> None:
        """Take an event of an account, with the account before it."""
        event = recorded.event
        if isinstance(event, facts.Posted) and event.reason in _REASONS:
            self._see_posted(recorded, event, before)
        elif isinstance(event, facts.GameCounted) and not event.game.startswith("treasure.game:"):
            self._see_counted(recorded, event)

    def _see_settled(self, recorded: Recorded, event: landlord.HandSettled) -> None:
        payment = self._payment(recorded.originator_id)
        if payment is None or payment.settled is not None:
            return  # a doubled settlement is the hand's finding
        self.settlements += 1
        payment.settled = recorded
        for line in event.lines:
            account = self._accounts.get(facts.account_id(line.uid), Account())
            payment.purses.setdefault(line.uid, (account.money, account.coin))

    def _see_posted(self, recorded: Recorded, event: facts.Posted, before: Account) -> None:
        payment = self._payment(event.ref)
        if payment is not None:
            uid = _uid(recorded)
            payment.purses.setdefault(uid, (before.money, before.coin))
            payment.posted.setdefault(uid, []).append(recorded)

    def _see_counted(self, recorded: Recorded, event: facts.GameCounted) -> None:
        payment = self._payment(event.game)
        if payment is not None:
            payment.counted.setdefault(_uid(recorded), []).append(recorded)

    def _payment(self, game: str) -> Payment | None:
        if self._only is not None and game != self._only:
            return None
        return self._payments.setdefault(game, Payment())

    # --- what is compared ------------------------------------------------------------------

    def commit(self) -> None:
        """The events since the last call were committed together."""
        for game, payment in self._payments.items():
            if payment.settled is None:
                self._unfounded(game, payment)
            else:
                assert isinstance(payment.settled.event, landlord.HandSettled)
                self._compare(payment, payment.settled, payment.settled.event)
        self._payments.clear()

    def _unfounded(self, game: str, payment: Payment) -> None:
        for lines in (payment.posted, payment.counted):
            for recordeds in lines.values():
                for recorded in recordeds:
                    self._findings.add(
                        "payment_unfounded",
                        recorded,
                        f"no settlement of {game} was committed with it",
                        found=recorded.event,
                    )

    def _compare(self, payment: Payment, settled: Recorded, event: landlord.HandSettled) -> None:
        quit_ = event.win_type == _PLAYER_QUIT
        for line in event.lines:
            self._check_purse(payment, settled, line)
            self._check_posting(
                payment, settled, line.uid, line.change, "quit" if quit_ else "settlement"
            )
            self._check_count(payment, settled, line)
        self._check_posting(payment, settled, facts.HOUSE_UID, event.rake, "rake")
        for lines in (payment.posted, payment.counted):
            for recorded in (r for left in lines.values() for r in left):
                self._findings.add(
                    "payment_unfounded",
                    recorded,
                    "the settlement has no such line",
                    found=recorded.event,
                )

    def _check_purse(self, payment: Payment, settled: Recorded, line: landlord.Line) -> None:
        money, coin = payment.purses[line.uid]
        for name, expected, found in (("before", money, line.before), ("coin", coin, line.coin)):
            if expected != found:
                self._findings.add(
                    "purse_wrong",
                    settled,
                    f"account {line.uid} did not have this when it was settled",
                    field=f"lines[{line.seat}].{name}",
                    expected=expected,
                    found=found,
                )

    def _check_posting(
        self, payment: Payment, settled: Recorded, uid: int, amount: int, reason: str
    ) -> None:
        lines = payment.posted.get(uid, [])
        if not amount:
            return  # nothing is posted for nothing; a line that is there stays unfounded
        if not lines:
            self._findings.add(
                "payment_missing",
                settled,
                f"nothing was posted to account {uid}",
                field="amount",
                expected=amount,
                found=None,
            )
            return
        recorded = lines.pop(0)
        expected: dict[str, Any] = {"currency": "money", "amount": amount, "reason": reason}
        for field, value in expected.items():
            if getattr(recorded.event, field) != value:
                self._findings.add(
                    "payment_wrong",
                    recorded,
                    f"the settlement at position {settled.position} says otherwise",
                    field=field,
                    expected=value,
                    found=getattr(recorded.event, field),
                )

    def _check_count(self, payment: Payment, settled: Recorded, line: landlord.Line) -> None:
        counted = payment.counted.get(line.uid, [])
        recorded = counted.pop(0) if counted else None
        event = recorded.event if recorded else None
        found = (event.exp, event.win) if isinstance(event, facts.GameCounted) else None
        if found != (line.exp, line.win):
            self._findings.add(
                "count_wrong",
                recorded or settled,
                f"the game is not counted for account {line.uid} as it was settled",
                field="exp, win",
                expected=[line.exp, line.win],
                found=found,
            )


def _uid(recorded: Recorded) -> int:
    # A name that is no account's was found already; here it must only not be anybody's.
    number = recorded.originator_id.partition(":")[2]
    return int(number) if number.isdecimal() else -1
