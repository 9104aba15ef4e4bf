"""From a row to a fact: versions follow each other, bytes decode, states are folded anew.

What is no event any more becomes a finding, and the next row is taken. Each event is then
shown, with its aggregate as it was before, to whoever watches that kind of aggregate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from parlour.events.errors import CorruptLog
from parlour.events.event import catalogue, decode
from parlour.events.kinds import KINDS, kind_of
from parlour.events.log_events import LogOpened
from parlour.events.reader import Recorded
from parlour.events.seals import StoredRow
from parlour.replay.audit_kept import CLAIMING, ClaimsExaminer, SnapshotsExaminer
from parlour.replay.changing import repeated
from parlour.replay.differences import told
from parlour.replay.findings import Findings, Where
from parlour.replay.placement import KIND_OF_EVENT, belongs

Watcher = Callable[[Recorded, Any], None]
"""Takes an event and its aggregate before it (None where aggregates are not folded here)."""

UNFOLDED: Final = frozenset({"landlord.hand"})
"""Kinds whose watcher folds them itself, event by event."""

_BEYOND_RULES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What folding raises over values that no rule gives."""


class RowsExaminer:
    """Takes every row in order of position; keeps the states they lead to."""

    def __init__(
        self,
        findings: Findings,
        *,
        claims: ClaimsExaminer,
        snapshots: SnapshotsExaminer,
    ) -> None:
        self._findings = findings
        self._claims = claims
        self._snapshots = snapshots
        self._due = snapshots.due()
        self._versions: dict[str, int] = {}
        self._watchers: Mapping[str, Sequence[Watcher]] = {}
        self.states: dict[str, Any] = {}
        """Every folded aggregate, by id."""
        self.opened: LogOpened | None = None
        self.count = 0
        self.last_position = 0

    def watch(self, watchers: Mapping[str, Sequence[Watcher]]) -> None:
        """Show events to these from now on, by the kind of their aggregate."""
        self._watchers = watchers

    def see(self, row: StoredRow) -> None:
        """Take the next row."""
        self.count += 1
        position, originator_id, version, topic, state = row
        self.last_position = position
        if type(originator_id) is not str or type(version) is not int or type(topic) is not str:
            return  # malformed, as its seal's check says
        last = self._versions.get(originator_id, 0)
        if version != last + 1:
            self._gap(row, last)
        self._versions[originator_id] = version
        try:
            event = decode(topic, state)
        except (CorruptLog, *_BEYOND_RULES) as error:
            self._undecodable(row, error)
            return
        self._show(Recorded(position, originator_id, version, topic, event))

    def finish(self) -> None:
        """There are no more rows."""
        if not self.count:
            self._findings.add("log_unopened", Where(), "the log has no events")

    def _show(self, recorded: Recorded) -> None:
        event = recorded.event
        kind = kind_of(recorded.originator_id)
        if not belongs(type(event), kind):
            self._misplaced(recorded)
            return
        if type(event) in CLAIMING:
            self._claims.see(recorded)
        if type(event) is LogOpened or self.count == 1:
            self._check_opening(recorded)
        try:
            before = None if kind in UNFOLDED else self._fold(recorded, kind)
            for watcher in self._watchers.get(kind, ()):
                watcher(recorded, before)
        except _BEYOND_RULES as error:
            self._findings.add(
                "event_undecodable",
                recorded,
                f"the event holds values that no rule knows: {error!r}",
                found=event,
            )

    def _fold(self, recorded: Recorded, name: str) -> Any:
        """Evolve the aggregate; return it as it was before."""
        originator_id = recorded.originator_id
        kind = KINDS[name]
        before = self.states.get(originator_id)
        if before is None:
            before = kind.initial(originator_id)
        self.states[originator_id] = after = kind.evolve(before, recorded.event)
        if repeated(recorded.event, name, before=before, after=after):
            detail = "what it tells was so already, and nobody would have recorded it again"
            self._findings.add("event_repeated", recorded, detail, found=told(recorded.event))
        snapshot = self._due.get(originator_id)
        if snapshot is not None and snapshot.version == recorded.version:
            self._snapshots.see(recorded, after)
        return before

    # --- what is wrong with a row ----------------------------------------------------------

    def _gap(self, row: StoredRow, last: int) -> None:
        position, originator_id, version = row[:3]
        self._findings.add(
            "version_gap",
            Where(position, originator_id, version),
            f"version {version} follows version {last}",
            field="originator_version",
            expected=last + 1,
            found=version,
        )

    def _undecodable(self, row: StoredRow, error: Exception) -> None:
        position, originator_id, version, topic, state = row
        unknown = topic not in catalogue()
        self._findings.add(
            "event_unknown" if unknown else "event_undecodable",
            Where(position, originator_id, version),
            str(error),
            field="topic" if unknown else "state",
            found=topic if unknown else state,
        )

    def _misplaced(self, recorded: Recorded) -> None:
        self._findings.add(
            "event_misplaced",
            recorded,
            f"{recorded.topic} does not belong to an aggregate of this kind",
            field="originator_id",
            expected=KIND_OF_EVENT[type(recorded.event)],
            found=recorded.originator_id,
        )

    def _check_opening(self, recorded: Recorded) -> None:
        if not isinstance(recorded.event, LogOpened):
            self._findings.add(
                "log_unopened",
                recorded,
                "the first event is not the log's opening",
                field="topic",
                expected="log.opened",
                found=recorded.topic,
            )
        elif self.opened is not None or self.count > 1:
            self._findings.add(
                "log_reopened", recorded, "the log was opened before", found=recorded.event
            )
        else:
            self.opened = recorded.event
