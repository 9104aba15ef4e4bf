"""Which hands are judged, and when: each when it is over, the running ones at the end.

A hand's events are collected until then, because the secret that shows who held what is
revealed last. Refuses to let anything happen in a hand that was over.
"""

from __future__ import annotations

from parlour.events import landlord as facts
from parlour.events.reader import Recorded
from parlour.replay.findings import Findings
from parlour.replay.hand_judge import HandJudge

_ENDS = (facts.HandSettled, facts.HandCancelled)


class HandsExaminer:
    """Collects the events of hands and has each judged."""

    def __init__(self, findings: Findings, *, game: str | None, key: bytes | None) -> None:
        self._findings = findings
        self._only = game
        self._key = key
        self._open: dict[str, list[Recorded]] = {}
        self._over: dict[str, bool] = {}
        """Ended hands; True when settled."""
        self.met = False
        """Whether the asked-for game has any event."""
        self.games = 0
        """Dealt hands."""
        self.judged = 0
        """Dealt hands that were re-played."""
        self.hidden = 0
        """Of these, those whose last deal nobody revealed and no key gives."""

    def see(self, recorded: Recorded, _before: object = None) -> None:
        """Take the next event of a hand."""
        game = recorded.originator_id
        self.met = self.met or game == self._only
        if game in self._over:
            if self._wanted(game):
                self._after_end(recorded)
            return
        events = self._open.setdefault(game, [])
        events.append(recorded)
        if isinstance(recorded.event, _ENDS):
            self._over[game] = isinstance(recorded.event, facts.HandSettled)
            self._judge(game, self._open.pop(game))

    def finish(self) -> None:
        """Judge the hands that still run."""
        for game, events in self._open.items():
            self._judge(game, events)
        self._open.clear()

    def _after_end(self, recorded: Recorded) -> None:
        doubled = self._over[recorded.originator_id] and isinstance(
            recorded.event, facts.HandSettled
        )
        self._findings.add(
            "settlement_doubled" if doubled else "hand_after_end",
            recorded,
            "the hand was settled before" if doubled else "the hand was over before this event",
            found=recorded.event,
        )

    def _wanted(self, game: str) -> bool:
        return self._only is None or game == self._only

    def _judge(self, game: str, events: list[Recorded]) -> None:
        dealt = any(isinstance(recorded.event, facts.HandDealt) for recorded in events)
        self.games += dealt
        if not self._wanted(game):
            return
        judge = HandJudge(self._findings, events, key=self._key)
        judge.run()
        self.judged += dealt
        self.hidden += dealt and not judge.knows(judge.hand.deal)
