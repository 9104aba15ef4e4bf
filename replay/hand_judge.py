"""One hand of Dou Dizhu, re-dealt from its secret and re-played through the rules.

Every step is given to `rules.landlord.hand.decide` as the command that must have caused it,
and what the rules answer is compared with what was recorded, field by field. What the recorded
step says is then taken as a fact, so that one broken step does not hide the next. Where a
secret is not known (a running hand without its key file), only what everybody could see at the
table is judged: turns, hand types, what beats what, and that no card is played twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from parlour.events import landlord as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.reader import Recorded
from parlour.events.rules.landlord import commands, deck, settlement
from parlour.events.rules.landlord import hand as rules
from parlour.events.rules.landlord.state import Hand
from parlour.events.times import iso
from parlour.replay import decks
from parlour.replay.differences import differences, told
from parlour.replay.findings import Findings
from parlour.replay.hand_causes import causes
from parlour.replay.hand_public import public_faults
from parlour.replay.step_comparison import Fault, compare

MOST_BROKEN: Final = 3
"""Broken steps told of one hand: after these, what follows stands on nothing."""

_WINDOW: Final = 8
"""More events than one command ever causes in a hand."""

_BEYOND_RULES = (ArithmeticError, LookupError, TypeError, ValueError)
"""What the rules raise when an altered event gives them what no command can, like a seat 9."""


class HandJudge:
    """One hand under judgement."""

    def __init__(
        self, findings: Findings, events: Sequence[Recorded], *, key: bytes | None = None
    ) -> None:
        self._findings = findings
        self._events = events
        self._broken = 0
        self._resumed = False
        self.hand = Hand()
        self.secrets: deck.Secrets = decks.known((r.event for r in events), key)

    def run(self) -> None:
        """Judge every step, in order."""
        self._check_secrets()
        done = 0
        while done < len(self._events):
            taken = self._step(self._events[done : done + _WINDOW])
            for recorded in self._events[done : done + taken]:
                self._evolve(recorded)
            done += taken

    def knows(self, deal: int) -> bool:
        """Return whether the cards of a deal are known."""
        return deal in range(decks.DEALS) and self.secrets[deal] != decks.UNKNOWN

    # --- secrets ---------------------------------------------------------------------------

    def _check_secrets(self) -> None:
        """Compare every revealed secret with its commitment."""
        commitments: tuple[str, ...] = ()
        running = 0
        for recorded in self._events:
            if isinstance(recorded.event, facts.HandOpened):
                commitments = recorded.event.commitments
            elif isinstance(recorded.event, facts.HandDealt):
                running = recorded.event.deal
            revealed = decks.reveals(recorded.event, running)
            if revealed is None:
                continue
            deal, secret = revealed[0], decks.from_hex(revealed[1])
            if not decks.fits(secret, commitments, deal):
                self._findings.add(
                    "secret_wrong",
                    recorded,
                    f"the revealed secret does not hash to the commitment of deal {deal}",
                    field="secret",
                    expected=commitments[deal] if deal in range(len(commitments)) else None,
                    found=deck.commitment(secret),
                )

    # --- steps -----------------------------------------------------------------------------

    def _step(self, upcoming: Sequence[Recorded]) -> int:
        """Judge what one command caused; return how many events that was."""
        first = upcoming[0]
        if isinstance(first.event, facts.HandOpened):
            self._check_opening(first, first.event)
        elif isinstance(first.event, facts.HandSettled):
            self._check_settlement(first, first.event)
        elif self._broken < MOST_BROKEN:
            self._check_time(first)
            if self.hand.phase == "playing" and not self.knows(self.hand.deal):
                for fault in public_faults(self.hand, first.event):
                    self._refused(first, fault)
            else:
                return self._check_decision(upcoming)
        return 1

    def _evolve(self, recorded: Recorded) -> None:
        # After a restart a turn's beginning is moved so that its deadline is right.
        self._resumed |= isinstance(recorded.event, facts.HandResumed)
        try:
            self.hand = rules.evolve(self.hand, recorded.event)
        except _BEYOND_RULES as error:
            self._break(recorded, f"no hand can take this event: {error}")

    def _check_opening(self, recorded: Recorded, event: facts.HandOpened) -> None:
        game = facts.hand_id(event.tid, event.hand)
        if self.hand.commitments:
            self._break(recorded, "the hand was opened before", found=told(event))
        elif game != recorded.originator_id:
            self._break(
                recorded,
                "the opening is another hand's",
                field="hand",
                expected=recorded.originator_id,
                found=game,
            )

    def _check_time(self, recorded: Recorded) -> None:
        """Time does not run backwards within a run of the engine."""
        at = recorded.event.at
        if isinstance(recorded.event, facts.HandResumed) or not rules.running(self.hand):
            return
        if at < self.hand.turn_at and not self._resumed:
            self._break(
                recorded,
                "the step was taken before its turn began",
                field="at",
                expected=f"{iso(self.hand.turn_at)} or later",
                found=iso(at),
            )

    # --- by the rules ----------------------------------------------------------------------

    def _check_decision(self, upcoming: Sequence[Recorded]) -> int:
        """Compare the next events with what each possible cause of them leads to."""
        events = [recorded.event for recorded in upcoming]
        answers: list[tuple[commands.Command, list[Event] | str]] = []
        for cause in causes(self.hand, events):
            answer = self._ask(cause, events)
            if isinstance(answer, list) and answer and answer == events[: len(answer)]:
                return len(answer)
            answers.append((cause, answer))
        if not answers:
            self._break(upcoming[0], "nothing that happened before leads to this event")
        elif isinstance(answers[0][1], str):
            self._refused(upcoming[0], answers[0][1])
        elif not answers[0][1]:
            self._too_early(upcoming[0])
        else:
            return self._compare(upcoming, answers[0][1])
        return 1

    def _ask(self, cause: commands.Command, events: Sequence[Event]) -> list[Event] | str:
        """Return what the rules make of a command: events, or why they refuse."""
        try:
            answer = rules.decide(self.hand, cause, self.secrets)
        except RuleViolation as refusal:
            return refusal.code
        except _BEYOND_RULES as error:
            return f"beyond_rules ({error})"
        paired = [*events[: len(answer)], *[None] * (len(answer) - len(events))]
        return [self._mask(*pair) for pair in zip(answer, paired, strict=True)]

    def _mask(self, expected: Event, found: Event | None) -> Event:
        """Return the expected event with what only an unknown secret could tell as it is found."""
        match expected, found:
            case facts.HandDealt(), facts.HandDealt() if not self.knows(expected.deal):
                return replace(expected, bottom=found.bottom)
            case facts.DealThrownIn(), facts.DealThrownIn() if not self.knows(expected.deal):
                return replace(expected, secret=found.secret)
            case _:
                return expected

    def _compare(self, upcoming: Sequence[Recorded], expected: Sequence[Event]) -> int:
        """Tell the first event that is not as expected; return how many were looked at."""
        looked_at, faults = compare(upcoming, expected)
        for fault in faults:
            self._tell(fault)
        return looked_at

    def _tell(self, fault: Fault) -> None:
        dealt = fault.field == "bottom" and isinstance(fault.recorded.event, facts.HandDealt)
        self._break(
            fault.recorded,
            "the secret and the nonces give another bottom" if dealt else fault.detail,
            code="deal_wrong" if dealt else "rule_broken",
            field=fault.field,
            expected=fault.expected,
            found=fault.found,
        )

    def _refused(self, recorded: Recorded, code: str) -> None:
        detail = f"the rules refuse this: {code}"
        self._break(recorded, detail, expected=code, found=told(recorded.event))

    def _too_early(self, recorded: Recorded) -> None:
        self._break(
            recorded,
            "nothing could cause this here: the turn's time was not over, or it was no turn",
            field="at",
            expected=f"{iso(self.hand.deadline)} or later" if self.hand.deadline else None,
            found=iso(recorded.event.at),
        )

    # --- the end ---------------------------------------------------------------------------

    def _check_settlement(self, recorded: Recorded, event: facts.HandSettled) -> None:
        """Settle the hand again, under its own terms, and compare."""
        try:
            expected = settlement.recompute(self.hand, event)
        except (RuleViolation, *_BEYOND_RULES) as error:
            self._findings.add(
                "settlement_wrong",
                recorded,
                f"the hand could not be settled like this: {error}",
                found=told(event),
            )
            return
        for field, wanted, found in differences(expected, event):
            self._findings.add(
                "settlement_wrong",
                recorded,
                f"{field} is not what the recorded terms give",
                field=field,
                expected=wanted,
                found=found,
            )

    def _break(
        self,
        recorded: Recorded,
        detail: str,
        *,
        code: str = "rule_broken",
        field: str | None = None,
        expected: object = None,
        found: object = None,
    ) -> None:
        self._broken += 1
        self._findings.add(code, recorded, detail, field=field, expected=expected, found=found)
