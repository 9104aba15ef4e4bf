"""One treasure game, made anew from its seed and re-played through the rules.

Every step is given to `rules.treasure.game.decide` as the command that must have caused it (a
sealed choice is opened and made again), and what the rules answer is compared with what was
recorded, field by field. What the recorded step says is then taken as a fact, so that one broken
step does not hide the next. Where the seed is not known, only what everybody saw is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from parlour.events import treasure as facts
from parlour.events.errors import CorruptLog, LocalProtocolError, RuleViolation
from parlour.events.event import Event
from parlour.events.reader import Recorded
from parlour.events.rules.treasure import commands, draws, settlement, stages
from parlour.events.rules.treasure import game as rules
from parlour.events.rules.treasure.sealing import Choice, Kind
from parlour.events.rules.treasure.state import Game, Made, World
from parlour.events.rules.treasure.world import DAYS, advance, begin, next_choice
from parlour.replay.differences import differences, told
from parlour.replay.findings import Findings
from parlour.replay.treasure_causes import game_causes
from parlour.replay.treasure_games import UNKNOWN, fits, from_hex, known
from parlour.replay.treasure_public import public_faults, public_settlement_faults

MOST_BROKEN: Final = 3
"""Broken steps told of one game: after these, what follows stands on nothing."""

_WINDOW: Final = 10
"""More events than one command ever causes in a game, but for its settlement."""

_BEYOND_RULES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the rules raise when an altered event gives them what no command can."""

_HIDDEN = (facts.StageBegun, facts.ChoiceMade, facts.StageEnded)
"""Steps that only the seed can judge wholly."""

_CODES: Final[dict[type[Event], str]] = {
    facts.StageBegun: "treasure_stage_wrong",
    facts.StageEnded: "treasure_stage_wrong",
    facts.ChoiceMade: "treasure_choice_wrong",
}


class TreasureJudge:
    """One game under judgement."""

    def __init__(
        self,
        findings: Findings,
        events: Sequence[Recorded],
        *,
        key: bytes | None = None,
        salt: str | None = None,
    ) -> None:
        """Take a game.

        Args:
            findings: Where to put what is wrong.
            events: All its events.
            key: What the key file holds.
            salt: What the room recorded when it committed to the game.
        """
        self._findings = findings
        self._events = events
        self._broken = 0
        self._due: facts.GameSettled | None = None
        """What must follow the last stage."""
        self.seed = known((recorded.event for recorded in events), key, salt)
        self.game = Game()
        self.world = World()

    def run(self) -> None:
        """Judge every step, in order."""
        done = 0
        while done < len(self._events):
            taken = self._step(self._events[done : done + _WINDOW])
            for recorded in self._events[done : done + taken]:
                self._evolve(recorded)
            done += taken

    @property
    def knows(self) -> bool:
        """Whether the hidden side of the game is known."""
        return self.seed != UNKNOWN

    def _step(self, upcoming: Sequence[Recorded]) -> int:
        """Judge what one command caused; return how many events that was."""
        recorded, event = upcoming[0], upcoming[0].event
        if isinstance(event, facts.GameSettled):
            self._check_seed(recorded, event)
            self._check_settlement(recorded, event)
        elif self._broken >= MOST_BROKEN or not self._opens(recorded):
            return 1
        elif isinstance(event, _HIDDEN) and not self.knows:
            for fault in public_faults(self.game, event):
                self._break(recorded, fault)
        else:
            return self._check_decision(upcoming)
        return 1

    # --- what is taken as a fact -----------------------------------------------------------

    def _evolve(self, recorded: Recorded) -> None:
        try:
            self.game = rules.evolve(self.game, recorded.event)
            if self.knows:
                self._advance(recorded.event)
        except _BEYOND_RULES as error:
            self._break(recorded, f"no game can take this event: {error}")

    def _advance(self, event: Event) -> None:
        try:
            self.world = advance(self.world, event, self.seed)
        except CorruptLog:
            # What cannot have been chosen stands for a pass, what cannot have ended is left.
            if isinstance(event, facts.ChoiceMade) and event.seat in range(len(self.world.hp)):
                n = next_choice(self.world, event.seat)
                passed = Made(event.seat, n, Choice(Kind.PASS))
                self.world = stages.with_choice(self.world, passed)
            elif isinstance(event, facts.StageEnded) and self.world.stage:
                self.world = stages.resolve(self.world, self.seed)
                self.world = replace(self.world, day=event.day)
            elif isinstance(event, facts.StageBegun):
                self.world = begin(self.world, self.seed, event.day, event.stage)

    # --- by the rules ----------------------------------------------------------------------

    def _check_decision(self, upcoming: Sequence[Recorded]) -> int:
        """Compare the next events with what their cause leads to."""
        recorded = upcoming[0]
        causes = list(self._causes(upcoming))
        answers = [self._ask(cause) for cause in causes]
        events = [r.event for r in upcoming]
        for answer in answers:
            if isinstance(answer, list) and answer and answer == events[: len(answer)]:
                return len(answer)
        if not answers:
            self._break(recorded, "nothing that happened before leads to this event")
        elif isinstance(answers[0], str):
            self._refused(recorded, answers[0])
        elif not answers[0]:
            self._break(recorded, "nothing could cause this here, or not yet")
        else:
            return self._compare(upcoming, answers[0])
        return 1

    def _causes(self, upcoming: Sequence[Recorded]) -> Iterable[commands.Command]:
        event = upcoming[0].event
        if isinstance(event, facts.ChoiceMade):
            yield self._choice_again(event)
        else:
            yield from game_causes(self.game, [recorded.event for recorded in upcoming])

    def _choice_again(self, event: facts.ChoiceMade) -> commands.Command:
        after = advance(self.world, event, self.seed)
        uids = tuple(player.uid for player in self.game.players)
        choice = after.choices[-1].choice
        return commands.command_again(choice, self.game.stage, uids, seat=event.seat, at=event.at)

    def _ask(self, cause: commands.Command) -> list[Event] | str:
        """Return what the rules make of a command: events, or why they refuse."""
        try:
            answer = rules.decide(self.game, self.world, cause, self.seed)
        except RuleViolation as refusal:
            return refusal.code
        except _BEYOND_RULES as error:
            return f"beyond_rules ({error})"
        match answer:
            case [*others, facts.GameSettled() as settled]:
                # The room records it, when it hears of the end: maybe later, at another time.
                self._due = settled
                return others
            case _:
                return answer

    def _compare(self, upcoming: Sequence[Recorded], answer: Sequence[Event]) -> int:
        """Tell every event of the answer that is not as expected; return how many there were."""
        for number, expected in enumerate(answer):
            if number == len(upcoming) or type(upcoming[number].event) is not type(expected):
                missing = "what must follow is not there" if number else "the rules give another"
                self._break(
                    upcoming[max(number - 1, 0)],
                    missing,
                    code=_CODES.get(type(expected)),
                    expected=told(expected),
                    found=None if number else told(upcoming[0].event),
                )
                return max(number, 1)
            for field, wanted, found in differences(expected, upcoming[number].event):
                self._break(
                    upcoming[number],
                    "seed and choices give another value here",
                    field=field,
                    expected=wanted,
                    found=found,
                )
        return len(answer)

    # --- choices ---------------------------------------------------------------------------

    def _opens(self, recorded: Recorded) -> bool:
        """Tell whether a sealed choice opens and is allowed; anything else is not sealed."""
        event = recorded.event
        if not isinstance(event, facts.ChoiceMade) or not self.knows:
            return True
        if self.world.stage == 0 or event.seat not in range(len(self.world.hp)):
            self._break(recorded, "nobody can choose anything here", found=told(event))
            return False
        try:
            advance(self.world, event, self.seed)
            self._choice_again(event)
        except (CorruptLog, LocalProtocolError) as error:
            self._break(recorded, str(error), field="sealed", found=event.sealed)
            return False
        return True

    # --- the end ---------------------------------------------------------------------------

    def _check_seed(self, recorded: Recorded, event: facts.GameSettled) -> None:
        seed = from_hex(event.seed)
        if not fits(seed, self.game.commitment):
            self._findings.add(
                "treasure_seed_wrong",
                recorded,
                "the revealed seed does not hash to the commitment",
                field="seed",
                expected=self.game.commitment,
                found=draws.commitment(seed),
            )

    def _check_settlement(self, recorded: Recorded, event: facts.GameSettled) -> None:
        """Settle the game again, and compare."""
        if not self.knows:
            for fault in public_settlement_faults(self.game, event):
                self._settled_wrong(recorded, fault)
            return
        expected = self._due or self._settle_again(event)
        if expected is None:
            self._settled_wrong(recorded, "the game was not over here", found=told(event))
            return
        expected = replace(expected, at=event.at, seed=event.seed)
        for field, wanted, found in differences(expected, event):
            detail = f"{field} is not what seed and choices give"
            self._settled_wrong(recorded, detail, field=field, expected=wanted, found=found)

    def _settle_again(self, event: facts.GameSettled) -> facts.GameSettled | None:
        """Return the settlement after broken steps, None when the game could not be over."""
        stage = len(self.game.ended) % 4 or 4
        if self.game.stage or not self.game.ended or stage not in (stages.ACTION, stages.EXPLORE):
            return None
        over = self.game.day == DAYS and stage == stages.EXPLORE
        ending = settlement.verdict(self.world, days_over=over)
        if ending is None:
            return None
        return settlement.settle(self.game, self.world, ending, self.seed, at=event.at)

    # --- what is told ----------------------------------------------------------------------

    def _settled_wrong(
        self,
        recorded: Recorded,
        detail: str,
        *,
        field: str | None = None,
        expected: object = None,
        found: object = None,
    ) -> None:
        self._findings.add(
            "treasure_settlement_wrong",
            recorded,
            detail,
            field=field,
            expected=expected,
            found=found,
        )

    def _refused(self, recorded: Recorded, code: str) -> None:
        stale = "treasure_epoch_wrong" if code == "stale_epoch" else None
        self._break(
            recorded,
            f"the rules refuse this: {code}",
            code=stale,
            expected=code,
            found=told(recorded.event),
        )

    def _break(
        self,
        recorded: Recorded,
        detail: str,
        *,
        code: str | None = None,
        field: str | None = None,
        expected: object = None,
        found: object = None,
    ) -> None:
        self._broken += 1
        kind = code or _CODES.get(type(recorded.event), "treasure_step_wrong")
        self._findings.add(kind, recorded, detail, field=field, expected=expected, found=found)
