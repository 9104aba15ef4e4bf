"""What the log keeps beside its events: claims, snapshots, how far projections have read.

None of it is trusted. Claims are collected from the events and compared with the table; a
snapshot is compared with the state that the events have led to at its version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from parlour.events.event import Event, catalogue
from parlour.events.kinds import KINDS, kind_of
from parlour.events.reader import ClaimRow, Recorded
from parlour.events.unit import Snapshot
from parlour.replay.differences import differences, unknown_fields
from parlour.replay.findings import Findings, Where

CLAIMING: Final = frozenset(
    cls
    for cls in catalogue().values()
    if cls.claims is not Event.claims or cls.releases is not Event.releases
)
"""Events that use keys up or give them back; the others need not be asked."""


class ClaimsExaminer:
    """Follows which keys are used up."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._held: dict[str, tuple[str, int, int]] = {}
        """By key: aggregate id, position and version of the event that holds it."""
        self.count = 0

    def see(self, recorded: Recorded) -> None:
        """Take an event that claims or releases."""
        for key in recorded.event.releases():
            self._held.pop(key, None)
        for key in recorded.event.claims():
            held = self._held.get(key)
            if held is not None:
                self._findings.add(
                    "claim_doubled",
                    recorded,
                    f"{key} was used up at position {held[1]}",
                    field="key",
                    expected=held[0],
                    found=recorded.originator_id,
                )
                continue
            self._held[key] = recorded.originator_id, recorded.position, recorded.version

    def finish(self, claims: Iterable[ClaimRow]) -> None:
        """Compare with the table of claims."""
        for row in claims:
            self.count += 1
            held = self._held.pop(row.key, None)
            if held is None:
                self._findings.add(
                    "claim_unfounded",
                    Where(None, row.originator_id, None),
                    f"no event uses up {row.key}",
                    field="key",
                    found=[row.key, row.originator_id, row.position],
                )
            elif held[:2] != (row.originator_id, row.position):
                self._findings.add(
                    "claim_differs",
                    Where(held[1], held[0], held[2]),
                    f"{row.key} is claimed for another event",
                    field="originator_id, position",
                    expected=held[:2],
                    found=[row.originator_id, row.position],
                )
        for key, (originator_id, position, version) in self._held.items():
            self._findings.add(
                "claim_missing",
                Where(position, originator_id, version),
                f"{key} is not among the claims",
                field="key",
                expected=key,
            )


class SnapshotsExaminer:
    """Compares each snapshot when its aggregate has come to its version."""

    def __init__(self, findings: Findings, snapshots: Iterable[Snapshot]) -> None:
        self._findings = findings
        self._waiting: dict[str, Snapshot] = {s.aggregate_id: s for s in snapshots}
        self.compared = 0
        self.older = 0
        """Snapshots of an older shape: nobody reads them any more."""

    def due(self) -> Mapping[str, Snapshot]:
        """Return the snapshots not compared yet, by aggregate id; the same object each time."""
        return self._waiting

    def see(self, recorded: Recorded, state: Any) -> None:
        """Compare the snapshot of this aggregate with `state`; its version is the event's."""
        snapshot = self._waiting.pop(recorded.originator_id)
        kind = KINDS[kind_of(snapshot.aggregate_id)]
        if kind.snapshot_every is None:
            self._unfounded(snapshot, "aggregates of this kind have no snapshots")
            return
        if snapshot.topic != kind.snapshot_topic:
            self._other_shape(snapshot, recorded, kind.snapshot_topic)
            return
        self.compared += 1
        try:
            kept = msgspec.json.decode(snapshot.state, type=kind.state_type)
            # What lies under unknown names is not looked at above.
            whole = msgspec.json.decode(snapshot.state)
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
            self._findings.add(
                "snapshot_undecodable",
                recorded,
                f"the snapshot of this version does not decode: {error}",
                field="state",
                found=snapshot.state,
            )
            return
        for field in unknown_fields(whole, kept):
            self._findings.add(
                "snapshot_differs",
                recorded,
                f"the snapshot has a field {field} that no state has",
                field=field,
            )
        for field, expected, found in differences(state, kept):
            self._findings.add(
                "snapshot_differs",
                recorded,
                f"{field or 'the state'} in the snapshot is not what the events lead to",
                field=field,
                expected=expected,
                found=found,
            )

    def finish(self) -> None:
        """Whatever was not met belongs to nothing in the log."""
        for snapshot in self._waiting.values():
            self._unfounded(snapshot, "the log has no such version of this aggregate")

    def _other_shape(self, snapshot: Snapshot, recorded: Recorded, topic: str) -> None:
        name, _, version = str(snapshot.topic).partition("@")
        current, _, newest = topic.partition("@")
        if name == current and version.isdecimal() and int(version) < int(newest):
            self.older += 1
            return
        self._findings.add(
            "snapshot_differs",
            recorded,
            "the snapshot has a shape that this engine does not know",
            field="topic",
            expected=topic,
            found=snapshot.topic,
        )

    def _unfounded(self, snapshot: Snapshot, detail: str) -> None:
        self._findings.add(
            "snapshot_unfounded",
            Where(None, snapshot.aggregate_id, snapshot.version),
            f"a snapshot belongs to nothing: {detail}",
            field="originator_version",
            found=snapshot.version,
        )
