"""The chain of seals over the log, and how anybody checks it.

Every commit writes one row into `seals` beside its events. Its digest is the SHA-256 of

    previous digest (32 bytes; 32 zero bytes before seal 1)
    u64 number of this seal
    u64 first position    u64 last position
    and for each event, in order of position:
        u32 length of originator_id, originator_id in UTF-8
        u64 originator_version
        u32 length of topic, topic in UTF-8
        u32 length of state, state as stored

with all numbers big-endian. A signature, when there is one, is Ed25519 over the 32 bytes of
the digest. A dozen lines of plain Python check a log:

    previous = bytes(32)
    for number, first, last, digest in db.execute(
            "SELECT number, first_position, last_position, digest FROM seals ORDER BY number"):
        text = previous + struct.pack(">QQQ", number, first, last)
        for originator, version, topic, state in db.execute(
                "SELECT originator_id, originator_version, topic, state FROM stored_events"
                " WHERE rowid BETWEEN ? AND ? ORDER BY rowid", (first, last)):
            text += struct.pack(">I", len(originator.encode())) + originator.encode()
            text += struct.pack(">Q", version)
            text += struct.pack(">I", len(topic.encode())) + topic.encode()
            text += struct.pack(">I", len(state)) + state
        assert hashlib.sha256(text).digest() == digest
        previous = digest

Beside its digest a seal keeps a *mark* for each event, the CRC-32 of the bytes above. Marks prove
nothing and are no part of a digest: where one does not fit, they tell which event is at fault.

The chain shows what was altered, removed, inserted or reordered by somebody who did not
recompute it. A cut tail, or a chain computed anew, shows only against a head kept elsewhere
(`check_head`) or against a signature.

This module is pure: rows in, digests and findings out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from parlour.events.sealing import (
    GENESIS,
    MALFORMED,
    Content,
    Seal,
    StoredRow,
    canonical,
    canonicals,
    digest_of,
    fits,
    make_seal,
    marks_of,
    seal_digest,
    sign,
    verify,
)

__all__ = [
    "GENESIS",
    "Checked",
    "Content",
    "Finding",
    "Seal",
    "SealedLog",
    "StoredRow",
    "canonical",
    "canonicals",
    "check",
    "check_head",
    "fits",
    "head_of",
    "make_seal",
    "marks_of",
    "seal_digest",
    "sign",
    "verify",
    "verify_chain",
]


class Finding(NamedTuple):
    """Something in the log is not as it was written."""

    code: str
    """event_missing, event_malformed, event_unsealed, seal_missing, seal_range, seal_mismatch,
    seal_unsigned, seal_forged, head_mismatch or head_missing."""
    position: int
    """The event, or the first event of the seal."""
    detail: str
    originator_id: str | None = None
    originator_version: int | None = None
    expected: str | None = None
    found: str | None = None


class SealedLog(Protocol):
    """What can be checked: anything with rows and seals in order."""

    def rows(self) -> Iterable[StoredRow]:
        """Return the events in order of position."""
        ...

    def seals(self) -> Iterable[Seal]:
        """Return the seals in order of number."""
        ...


class Checked(NamedTuple):
    """A seal with the rows it covers and what is wrong with them."""

    seal: Seal | None
    """None for rows that no seal covers."""
    rows: Sequence[StoredRow]
    findings: Sequence[Finding]
    marks: bytes = b""
    """Of the rows as they are (`marks_of`); none when a row is no event."""


def verify_chain(
    log: SealedLog, *, public_key: Ed25519PublicKey | None = None
) -> Iterator[Finding]:
    """Yield everything wrong with the log's seals, in order of position."""
    for checked in check(log.rows(), log.seals(), public_key=public_key):
        yield from checked.findings


def check(
    rows: Iterable[StoredRow],
    seals: Iterable[Seal],
    *,
    public_key: Ed25519PublicKey | None = None,
) -> Iterator[Checked]:
    """Yield each seal with its rows and findings, then the rows beyond the last seal.

    One pass: who also decodes and folds the rows reads the log once. An altered row is
    reported at its own seal only; the chain is followed on from the digest as stored.
    """
    return _Chain(rows, public_key).run(seals)


def head_of(log: str, seal: Seal | None) -> dict[str, str | int]:
    """Return a log's head, to be kept elsewhere: {"log", "position", "seal", "digest", …}.

    A signed seal adds "signature"; digest and signature are hex.
    """
    seal = seal or Seal(0, 0, 0, GENESIS)
    head: dict[str, str | int] = {
        "log": log,
        "position": seal.last_position,
        "seal": seal.number,
        "digest": seal.digest.hex(),
    }
    if seal.signature is not None:
        head["signature"] = seal.signature.hex()
    return head


def check_head(head: Mapping[str, object], *, log: str, seals: Iterable[Seal]) -> Iterator[Finding]:
    """Yield what contradicts a head written earlier by `parlour log head`.

    Args:
        head: That head: {"log", "position", "seal", "digest"}.
        log: Identity of the log at hand.
        seals: Its seals.
    """
    position = head["position"] if isinstance(head["position"], int) else 0
    if head["log"] != log:
        yield Finding(
            "head_mismatch", 1, "the head is another log's", expected=str(head["log"]), found=log
        )
        return
    for seal in seals:
        if seal.number == head["seal"]:
            if seal.digest.hex() != head["digest"] or seal.last_position != position:
                yield Finding(
                    "head_mismatch",
                    seal.first_position,
                    f"seal {seal.number} is not the one of the head",
                    expected=str(head["digest"]),
                    found=seal.digest.hex(),
                )
            return
    yield Finding(
        "head_missing",
        position,
        f"the log ends before seal {head['seal']} of the head: its tail was cut",
        expected=str(head["digest"]),
    )


class _Chain:
    """The state of one pass: where the rows are, and what the next seal may stand on."""

    def __init__(self, rows: Iterable[StoredRow], public_key: Ed25519PublicKey | None) -> None:
        self._rows = iter(rows)
        self._next: StoredRow | None = next(self._rows, None)
        self._public_key = public_key
        self._number = 0
        self._last = 0
        # After a mismatch the next seal may stand on the stored or on the computed digest:
        # altered rows leave the one intact, an altered seal the other.
        self._previous: tuple[bytes, ...] = (GENESIS,)

    def run(self, seals: Iterable[Seal]) -> Iterator[Checked]:
        for seal in seals:
            gap = self._skip_to(seal)
            if gap is not None:
                yield gap
            yield self._check(seal)
        rest = self._take(None)
        if rest:
            yield Checked(None, rest, [_unsealed(rest)])

    def _skip_to(self, seal: Seal) -> Checked | None:
        """Return the rows between two seals, which only a changed seal leaves behind."""
        rows = self._take(seal.first_position - 1)
        number, first = self._number + 1, self._last + 1
        findings: list[Finding] = []
        if seal.number != number:
            findings.append(_seal_missing(number, seal.number - 1, first))
            # With one seal gone its digest follows from its rows, so the next can be checked.
            self._previous = self._digests(number, first, _texts(rows))
        elif seal.first_position != first and not rows:
            findings.append(_seal_range(seal, first))
        if rows:
            findings.append(_unsealed(rows))
        return Checked(None, rows, findings) if findings else None

    def _check(self, seal: Seal) -> Checked:
        rows = self._take(seal.last_position)
        texts = _texts(rows)
        computed = self._digests(seal.number, seal.first_position, texts)
        findings = [*_events_missing(seal, rows), *_malformed(rows, computed)]
        if seal.digest in computed:
            self._previous = (seal.digest,)
        else:
            self._previous = (seal.digest, computed[-1])
            if not findings:
                findings = [_seal_mismatch(seal, rows, computed[0])]
        if self._public_key is not None:
            findings += _signature_findings(seal, self._public_key)
        self._number, self._last = seal.number, seal.last_position
        return Checked(seal, rows, findings, marks_of(texts) if texts else b"")

    def _digests(self, number: int, first: int, texts: Sequence[bytes] | None) -> tuple[bytes, ...]:
        """Return what the digest must be, for each that may stand before it."""
        if texts is None:
            return (b"",)
        try:
            return tuple(digest_of(previous, number, first, texts) for previous in self._previous)
        except struct.error:  # a seal's row can be altered to numbers that no seal has
            return (b"",)

    def _take(self, last: int | None) -> list[StoredRow]:
        """Return the rows up to position `last`."""
        taken: list[StoredRow] = []
        row, rows = self._next, self._rows
        while row is not None and (last is None or row[0] <= last):
            taken.append(row)
            row = next(rows, None)
        self._next = row
        return taken


def _texts(rows: Sequence[StoredRow]) -> list[bytes] | None:
    """Return the canonical bytes of rows, None when one of them is no event."""
    if not rows:
        return []
    _, originator_ids, versions, topics, states = zip(*rows, strict=True)
    try:
        return canonicals(originator_ids, versions, topics, states)
    except MALFORMED:
        return None


def _malformed(rows: Sequence[StoredRow], computed: Sequence[bytes]) -> Iterator[Finding]:
    """Yield the rows that cannot be hashed; SQLite lets anybody store any type anywhere."""
    if computed[0]:
        return
    for row in rows:
        try:
            canonical(*row[1:])
        except MALFORMED as error:
            originator_id, version = row[1], row[2]
            text = isinstance(error, UnicodeEncodeError)
            yield Finding(
                "event_malformed",
                row[0],
                f"position {row[0]} holds something else than an event: "
                + ("text that is no UTF-8" if text else str(error)),
                originator_id=originator_id if isinstance(originator_id, str) else None,
                originator_version=version if isinstance(version, int) else None,
            )


def _seal_missing(first: int, last: int, position: int) -> Finding:
    which = f"seal {first} is missing" if first == last else f"seals {first} to {last} are missing"
    return Finding("seal_missing", position, which)


def _seal_range(seal: Seal, expected: int) -> Finding:
    return Finding(
        "seal_range",
        seal.first_position,
        f"seal {seal.number} does not begin where the one before ends",
        expected=str(expected),
        found=str(seal.first_position),
    )


def _seal_mismatch(seal: Seal, rows: Sequence[StoredRow], computed: bytes) -> Finding:
    alone = rows[0] if len(rows) == 1 else None
    first, last = seal.first_position, seal.last_position
    where = f"position {first} is" if alone else f"positions {first} to {last} are"
    return Finding(
        "seal_mismatch",
        first,
        f"{where} not as seal {seal.number} says: altered, replaced or reordered",
        originator_id=alone[1] if alone else None,
        originator_version=alone[2] if alone else None,
        expected=seal.digest.hex(),
        found=computed.hex(),
    )


def _unsealed(rows: Sequence[StoredRow]) -> Finding:
    first, last = rows[0], rows[-1]
    where = "" if first is last else f" to {last[0]}"
    return Finding(
        "event_unsealed",
        first[0],
        f"no seal covers position {first[0]}{where}: {len(rows)} added or their seal removed",
        originator_id=first[1],
        originator_version=first[2],
    )


def _events_missing(seal: Seal, rows: Sequence[StoredRow]) -> list[Finding]:
    expected, end = seal.first_position, seal.last_position
    if rows and len(rows) == end - expected + 1 and rows[0][0] == expected:
        return []
    findings = []
    for position in [*(row[0] for row in rows), end + 1]:
        if position > expected:
            where = "" if position == expected + 1 else f" to {position - 1}"
            findings.append(
                Finding(
                    "event_missing",
                    expected,
                    f"position {expected}{where} of seal {seal.number} is missing",
                )
            )
        expected = position + 1
    return findings


def _signature_findings(seal: Seal, public_key: Ed25519PublicKey) -> list[Finding]:
    if seal.signature is None:
        code, detail = "seal_unsigned", f"seal {seal.number} has no signature"
    elif not verify(public_key, seal.digest, seal.signature):
        code, detail = "seal_forged", f"seal {seal.number} was not signed with this key"
    else:
        return []
    return [Finding(code, seal.first_position, detail)]
