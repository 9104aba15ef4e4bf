"""From seals that do not fit to the events at fault, each by name.

`events.seals.check` tells which seals do not fit their events. Here the marks that a seal keeps
for its events tell which of them were altered, removed, added or moved; where a mark is of no
help, the seal's own finding stands. Signatures are checked against a public key.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from parlour.events.seals import Checked, Seal, StoredRow, canonical, marks_of, verify
from parlour.events.seals import Finding as SealFinding
from parlour.replay.findings import Findings, Where

_EXPLAINABLE: Final = frozenset({"seal_mismatch", "event_missing", "event_unsealed"})
"""Findings that marks can put down to single events."""

_MARK: Final = 4
_SIGNATURE: Final = 64


class _Strange(NamedTuple):
    """A row that does not have the mark of its position."""

    row: StoredRow
    mark: bytes


class SealsExaminer:
    """Takes each seal with its rows; names what is wrong when all have been seen."""

    def __init__(self, findings: Findings, public_key: Ed25519PublicKey | None) -> None:
        self._findings = findings
        self._public_key = public_key
        self._lost: dict[int, bytes] = {}
        """Marks that no row at their position has."""
        self._strange: dict[int, _Strange] = {}
        """By position."""
        self._doubtful: list[tuple[Seal, SealFinding]] = []
        self._unsealed: Sequence[StoredRow] = ()
        """Rows whose seal is missing: the next seal stands on them and can prove them yet."""
        self.count = 0
        self.signed = 0
        self.last: Seal | None = None

    def see(self, checked: Checked) -> None:
        """Take the next seal, or rows that none covers."""
        seal, before = checked.seal, self.last
        if seal is not None:
            self.count += 1
            self.last = seal
            self._check_signature(seal)
            if not checked.findings:
                self._unsealed = ()
                self._check_marks(seal, checked.marks)
                return
        self._give_up_unsealed()
        if any(finding.code == "seal_missing" for finding in checked.findings):
            self._unsealed = checked.rows
            self._pass_on(f for f in checked.findings if f.code not in _EXPLAINABLE)
        else:
            self._take_apart(checked, before.last_position + 1 if before else 1)

    def finish(self) -> None:
        """Name the events at fault."""
        self._give_up_unsealed()
        moved = self._find_moved()
        self._tell_moved(moved)
        faults = sorted(self._lost.keys() | self._strange.keys())
        for position in faults:
            self._tell(position, sealed=position in self._lost)
        gone = {*faults, *moved}
        for seal, finding in self._doubtful:
            held = len(seal.marks) // _MARK
            if gone.isdisjoint(range(seal.first_position, seal.first_position + held)):
                self._findings.add(
                    "seal_altered",
                    Where(seal.first_position),
                    f"seal {seal.number} does not fit its events, though each has the mark it was "
                    "sealed with: the seal itself was altered, or an event together with its mark",
                    field="digest",
                    expected=finding.found,
                    found=finding.expected,
                )
        if self._public_key is not None and self.count and not self.signed:
            self._findings.add("seal_unsigned", Where(), "no seal has a signature")

    # --- signatures ------------------------------------------------------------------------

    def _check_signature(self, seal: Seal) -> None:
        where = Where(seal.first_position)
        if seal.signature is None:
            # Seals before the first signed one are covered by it: it stands on their digests.
            if self.signed:
                self._findings.add("seal_unsigned", where, f"seal {seal.number} has no signature")
            return
        whole = len(seal.signature) == _SIGNATURE
        self.signed += whole
        if self._public_key is None:
            if not whole:
                self._findings.add(
                    "seal_altered",
                    where,
                    f"what seal {seal.number} has for a signature is none: not {_SIGNATURE} bytes",
                    field="signature",
                    found=seal.signature.hex(),
                )
        elif not verify(self._public_key, seal.digest, seal.signature):
            self._findings.add(
                "seal_forged", where, f"seal {seal.number} was not signed with this key"
            )

    # --- marks -----------------------------------------------------------------------------

    def _check_marks(self, seal: Seal, marks: bytes) -> None:
        if seal.marks != marks:
            self._findings.add(
                "seal_altered",
                Where(seal.first_position),
                f"the marks of seal {seal.number} are not those of its events, which fit the seal",
                field="marks",
                expected=marks.hex(),
                found=seal.marks.hex(),
            )

    def _take_apart(self, checked: Checked, start: int) -> None:
        """Note which rows have not the mark of their position, and the other way round.

        Args:
            checked: A seal that does not fit, with its rows, or rows without a seal.
            start: Where a seal must begin, because the one before ends there.
        """
        seal = checked.seal
        if seal is not None and not seal.marks:
            self._pass_on(checked.findings)
            return
        expected = {}
        if seal is not None:
            ranged = self._check_range(seal, start)
            expected = dict(_marks(seal, seal.first_position if ranged else start))
            doubt = next((f for f in checked.findings if f.code == "seal_mismatch"), None)
            if ranged and doubt is not None:
                self._doubtful.append((seal, doubt))
        for row in checked.rows:
            mark = _mark_of(row)
            if mark is None or expected.get(row[0]) != mark:
                self._strange[row[0]] = _Strange(row, mark or b"")
            else:
                del expected[row[0]]
        self._lost.update(expected)
        self._pass_on(f for f in checked.findings if f.code not in _EXPLAINABLE)

    def _check_range(self, seal: Seal, start: int) -> bool:
        """Return whether a seal covers as many positions as it has marks."""
        held = len(seal.marks) // _MARK
        if seal.last_position - seal.first_position + 1 == held:
            return True
        self._findings.add(
            "seal_altered",
            Where(start),
            f"seal {seal.number} has marks of {held} events, but covers other positions",
            field="first_position, last_position",
            expected=[start, start + held - 1],
            found=[seal.first_position, seal.last_position],
        )
        return False

    def _give_up_unsealed(self) -> None:
        for row in self._unsealed:
            self._strange[row[0]] = _Strange(row, _mark_of(row) or b"")
        self._unsealed = ()

    def _pass_on(self, findings: Iterable[SealFinding]) -> None:
        for finding in findings:
            where = Where(finding.position, finding.originator_id, finding.originator_version)
            self._findings.add(
                finding.code,
                where,
                finding.detail,
                expected=finding.expected,
                found=finding.found,
            )

    def _find_moved(self) -> dict[int, int]:
        """Return where each event that is only in another place was sealed, by its position."""
        places = {strange.mark: position for position, strange in self._strange.items()}
        moved: dict[int, int] = {}
        for sealed, mark in list(self._lost.items()):
            found = places.pop(mark, None)
            if found is not None:
                del self._lost[sealed]
                if found != sealed:
                    moved[found] = sealed
                else:
                    del self._strange[found]
        return moved

    def _tell_moved(self, moved: dict[int, int]) -> None:
        """Tell each run of events that lie equally far from where they were."""
        run: list[int] = []
        for found in sorted(moved):
            if run and (found != run[-1] + 1 or moved[found] - found != moved[run[0]] - run[0]):
                self._tell_run(run, moved)
                run = []
            run.append(found)
        if run:
            self._tell_run(run, moved)
        for found in moved:
            del self._strange[found]

    def _tell_run(self, run: list[int], moved: dict[int, int]) -> None:
        first, sealed = run[0], moved[run[0]]
        more = f" and the {len(run) - 1} behind it" if len(run) > 1 else ""
        self._findings.add(
            "event_moved",
            _where(self._strange[first].row),
            f"the event at position {first}{more} was sealed at position {sealed}",
            field="position",
            expected=sealed,
            found=first,
        )

    def _tell(self, position: int, *, sealed: bool) -> None:
        strange = self._strange.get(position)
        if strange is None:
            self._findings.add(
                "event_missing",
                Where(position),
                f"the event that was sealed at position {position} is not in the log",
            )
            return
        self._findings.add(
            "event_altered" if sealed else "event_unsealed",
            _where(strange.row),
            "the event is not the one that was sealed here"
            if sealed
            else "no seal covers this event: it was added, or its seal was removed",
            expected=f"mark {self._lost[position].hex()}" if sealed else None,
            found=strange.row[4],
        )


def _marks(seal: Seal, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield each position from `start` on with its mark."""
    for number in range(len(seal.marks) // _MARK):
        yield start + number, seal.marks[number * _MARK : (number + 1) * _MARK]


def _mark_of(row: StoredRow) -> bytes | None:
    try:
        return marks_of([canonical(*row[1:])])
    except (TypeError, AttributeError, ValueError, struct.error):
        return None


def _where(row: StoredRow) -> Where:
    position, originator_id, version = row[:3]
    return Where(
        position,
        originator_id if isinstance(originator_id, str) else None,
        version if isinstance(version, int) else None,
    )
