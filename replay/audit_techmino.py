"""Techmino's rooms and matches: every step is what the rules give, and all tell one story.

Each event is given to the rules as the command that must have caused it, with the aggregate as it
was before; what they answer is compared with what was recorded. So who may send, who is in which
room, when a match begins and who came where are judged by the rules the engine works by. What
players' records hold is judged by `stream_checks`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from parlour.events import techmino as facts
from parlour.events.errors import RuleViolation
from parlour.events.event import Event
from parlour.events.kinds import kind_of
from parlour.events.reader import Recorded
from parlour.events.rules.techmino import room as room_rules
from parlour.events.rules.techmino.state import Match, Room
from parlour.replay import techmino_causes
from parlour.replay.differences import told
from parlour.replay.findings import Findings
from parlour.replay.match_follower import MatchFollower
from parlour.replay.matches import KIND as MATCH
from parlour.replay.step_comparison import Fault, compare
from parlour.replay.stream_checks import StreamChecks

MOST_BROKEN: Final = 3
"""Broken steps told of one aggregate: after these, what follows stands on nothing."""

_BEYOND_RULES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the rules raise when an altered event gives them what no command can."""


class Step(NamedTuple):
    """An event with its aggregate as it was before."""

    recorded: Recorded
    before: Any


class Story(NamedTuple):
    """Something that several aggregates must say in one commit."""

    what: str
    rid: str


class TechminoExaminer:
    """Judges chat rooms, play rooms, matches and the lobby."""

    def __init__(self, findings: Findings, *, game: str | None, streams: bool) -> None:
        """Begin before the first event.

        Args:
            findings: Where to put what is wrong.
            game: Judge only this match; None for all. Rooms are judged all the same.
            streams: Whether to judge what players' records hold.
        """
        self._findings = findings
        self._only = game
        self._with_streams = streams
        self._waiting: dict[str, list[Step]] = {}
        """What the running commit has recorded so far, by aggregate."""
        self._stories: defaultdict[Story, dict[str, tuple[Recorded, Any]]] = defaultdict(dict)
        """Who says what, of the running commit: by the kind of the aggregate that says it."""
        self._streams: dict[str, tuple[MatchFollower, StreamChecks]] = {}
        self._ended: set[str] = set()
        """rids"""
        self._broken: Counter[str] = Counter()
        self.met = False
        """Whether the asked-for match has any event."""
        self.matches = 0
        self.judged = 0
        self.chunks = 0
        """Decoded."""

    def see(self, recorded: Recorded, before: Any) -> None:
        """Take the next event of a Techmino aggregate."""
        originator_id = recorded.originator_id
        if kind_of(originator_id) == MATCH:
            self.met = self.met or originator_id == self._only
            self._count(recorded)
            self._follow_streams(recorded)
        if self._wanted(originator_id):
            self._waiting.setdefault(originator_id, []).append(Step(recorded, before))
        self._tell_story(recorded, before)

    def commit(self) -> None:
        """The events since the last call were committed together."""
        for steps in self._waiting.values():
            self._judge(steps)
        self._waiting.clear()
        for story, said in self._stories.items():
            self._compare(story, said)
        self._stories.clear()

    def finish(self) -> None:
        """Judge what the streams of running matches tell."""
        for _, checks in self._streams.values():
            checks.finish()
        self._streams.clear()

    def _wanted(self, originator_id: str) -> bool:
        return self._only in (None, originator_id) or kind_of(originator_id) != MATCH

    def _count(self, recorded: Recorded) -> None:
        if isinstance(recorded.event, facts.MatchOpened):
            self.matches += 1
            self.judged += self._wanted(recorded.originator_id)

    def _follow_streams(self, recorded: Recorded) -> None:
        match_id = recorded.originator_id
        if not self._with_streams or not self._wanted(match_id):
            return
        if isinstance(recorded.event, facts.MatchOpened):
            self._streams[match_id] = MatchFollower(), StreamChecks(self._findings)
        if match_id not in self._streams:
            return
        follower, checks = self._streams[match_id]
        checks.see(recorded, follower.read(recorded))
        self.chunks += isinstance(recorded.event, facts.ChunkStreamed)
        if isinstance(recorded.event, facts.MatchEnded):
            checks.finish()
            del self._streams[match_id]

    # --- by the rules ----------------------------------------------------------------------

    def _judge(self, steps: Sequence[Step]) -> None:
        done = 0
        while done < len(steps):
            done += self._step(steps[done:])

    def _step(self, steps: Sequence[Step]) -> int:
        """Judge what one command caused; return how many events that was."""
        recorded, before = steps[0]
        if self._broken[recorded.originator_id] >= MOST_BROKEN:
            return 1
        if isinstance(recorded.event, facts.MatchOpened | facts.RoomOpened):
            self._check_opening(recorded, recorded.event, before)
            if isinstance(recorded.event, facts.MatchOpened):
                return 1
        find = _CAUSES.get(kind_of(recorded.originator_id))
        if find is None:
            return 1
        events = [step.recorded.event for step in steps]
        answers = []
        for ask in find(before, events):
            answer = self._answer(ask)
            if isinstance(answer, list) and answer and answer == events[: len(answer)]:
                return len(answer)
            answers.append(answer)
        if not answers:
            self._break(recorded, "nothing that happened before leads to this event")
        elif isinstance(answers[0], str):
            self._refused(recorded, answers[0])
        elif not answers[0]:
            self._break(recorded, "nothing could cause this here, or not yet")
        else:
            return self._compare_steps(steps, answers[0])
        return 1

    def _answer(self, ask: techmino_causes.Question) -> list[Event] | str:
        """Return what the rules give, or why they refuse."""
        try:
            return ask()
        except RuleViolation as refusal:
            return refusal.code
        except _BEYOND_RULES as error:
            return f"beyond_rules ({error})"

    def _compare_steps(self, steps: Sequence[Step], answer: Sequence[Event]) -> int:
        looked_at, faults = compare([step.recorded for step in steps], answer)
        for fault in faults:
            self._tell(fault)
        return looked_at

    def _check_opening(
        self, recorded: Recorded, event: facts.MatchOpened | facts.RoomOpened, before: Match | Room
    ) -> None:
        name = facts.match_id if isinstance(event, facts.MatchOpened) else facts.room_id
        if before.rid:
            self._break(recorded, "it was opened before")
        elif name(event.rid) != recorded.originator_id:
            self._break(
                recorded,
                "the opening is another one's",
                field="rid",
                expected=recorded.originator_id,
                found=name(event.rid),
            )

    def _tell(self, fault: Fault) -> None:
        ended = fault.field is not None and isinstance(fault.recorded.event, facts.MatchEnded)
        self._break(
            fault.recorded,
            f"{fault.field} is not what deaths and disconnects give" if ended else fault.detail,
            code="result_wrong" if ended else "rule_broken",
            field=fault.field,
            expected=fault.expected,
            found=fault.found,
        )

    def _refused(self, recorded: Recorded, code: str) -> None:
        detail = f"the rules refuse this: {code}"
        self._break(recorded, detail, expected=code, found=told(recorded.event))

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
        self._broken[recorded.originator_id] += 1
        self._findings.add(code, recorded, detail, field=field, expected=expected, found=found)

    # --- one story -------------------------------------------------------------------------

    def _tell_story(self, recorded: Recorded, before: Any) -> None:
        match recorded.event:
            case facts.RoomListed(rid=rid, type=type_):
                self._say("room opened", rid, recorded, type_)
            case facts.RoomOpened(rid=rid, type=type_):
                self._say("room opened", rid, recorded, type_)
            case facts.RoomDelisted(rid=rid):
                self._say("room closed", rid, recorded)
            case facts.RoomClosed():
                self._say("room closed", before.rid, recorded)
            case facts.MatchListed(rid=rid):
                self._say("match opened", rid, recorded)
            case facts.MatchStarted(match=rid):
                players = room_rules.players(before)
                self._say("match opened", rid, recorded, (before.rid, before.type, players))
            case facts.MatchOpened(rid=rid, room=room, type=type_, players=players):
                self._say("match opened", rid, recorded, (room, type_, players))
            case facts.MatchDelisted(rid=rid):
                self._say("match ended", rid, recorded)
            case facts.MatchEnded():
                self._ended.add(before.rid)
                self._say("match ended", before.rid, recorded)
            case facts.MatchFinished(match=rid) if rid not in self._ended:
                self._differ(recorded, "the room's match has not ended")

    def _say(self, what: str, rid: str, recorded: Recorded, value: Any = None) -> None:
        self._stories[Story(what, rid)][kind_of(recorded.originator_id)] = (recorded, value)

    def _compare(self, story: Story, said: dict[str, tuple[Recorded, Any]]) -> None:
        first = next(iter(said.values()))[0]
        for kind in _TELLERS[story.what] - said.keys():
            self._differ(first, f"{kind} says nothing of this in the same commit ({story.what})")
        values = [(recorded, value) for recorded, value in said.values() if value is not None]
        for recorded, value in values[1:]:
            if value != values[0][1]:
                self._differ(
                    recorded,
                    f"{values[0][0].originator_id} says otherwise ({story.what})",
                    expected=values[0][1],
                    found=value,
                )

    def _differ(
        self, recorded: Recorded, detail: str, *, expected: object = None, found: object = None
    ) -> None:
        self._findings.add(
            "match_differs", recorded, detail, expected=expected, found=found or recorded.event
        )


_TELLERS: Final = {
    "room opened": {"techmino.lobby", "techmino.room"},
    "room closed": {"techmino.lobby", "techmino.room"},
    "match opened": {"techmino.lobby", "techmino.room", MATCH},
    "match ended": {"techmino.lobby", MATCH},
}
"""Which kinds of aggregates must tell of something."""

_CAUSES: Final[dict[str, Callable[[Any, Sequence[Event]], list[techmino_causes.Question]]]] = {
    "techmino.chat": techmino_causes.chat_causes,
    "techmino.room": techmino_causes.room_causes,
    MATCH: techmino_causes.match_causes,
}
"""What may have caused events, by the kind of their aggregate."""
