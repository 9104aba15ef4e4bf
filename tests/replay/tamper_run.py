"""The tamper run: random alterations of logs of every kind, each of which the audit must name.

    python tests/replay/tamper_run.py --times 1000 --seed 1

prints a table by kind of alteration and exits 0 when every one was found and named. Each has a seed
of its own, so `--times 1 --seed N` repeats one. A log that cannot be read at all counts as found
and named when the reader says so (`CorruptLog`, the command line's exit code 2).
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

sys.path.insert(0, str(Path(__file__).parent))

import altered_kept
import altered_rows
import altered_rules
import altered_seals
from altering import Alteration, Altered, Past
from evenings import evening
from halls import Hall, night
from hives import Hive, day
from tables import Room
from tampering import Tamperer
from treasuries import Treasury, hunt

from parlour.events.errors import CorruptLog
from parlour.events.event import decode
from parlour.events.kinds import KINDS, kind_of
from parlour.events.reader import LogReader
from parlour.replay.audit import audit

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PLAYED = {
    "evening": lambda room: evening(room),
    "night": lambda room: night(Hall(room)),
    "day": lambda room: day(Hive(room)),
    "hunt": lambda room: hunt(Treasury(room)),
}


class Group(NamedTuple):
    """Alterations that are judged with the same things kept outside the log."""

    name: str
    alterations: Mapping[Alteration, int]
    weight: int
    head: bool = False
    key: bool = False


GROUPS = (
    Group("events", altered_rows.ALTERATIONS, 30),
    Group("seals", altered_seals.ALTERATIONS, 16),
    Group("kept beside", altered_kept.ALTERATIONS, 20),
    # Whether 64 bytes are a signature, only the key can tell.
    Group("file", altered_rules.OF_THE_FILE, 8, key=True),
    Group("new seals", altered_rules.UNDER_NEW_SEALS, 14),
    Group("head", altered_seals.AGAINST_A_HEAD, 7, head=True),
    Group("key", altered_seals.AGAINST_A_KEY, 5, key=True),
)


class Source(NamedTuple):
    """A sound log to be altered."""

    name: str
    folder: Path
    past: Past
    head: dict[str, str | int]


class Judged(NamedTuple):
    """What the audit said to one alteration."""

    seed: int
    group: str
    kind: str
    log: str
    what: str
    found: bool
    named: bool
    said: str


class TamperRun:
    """Makes the logs once, then alters copies of them; everything lies in `folder`."""

    def __init__(self, folder: Path):
        self._copy = folder / "copy"
        self._plain = [_source(folder, name) for name in PLAYED]
        self._signed = [_signed(source) for source in self._plain]

    def judge(self, seed: int) -> Judged:
        """Alter one copy as chance wills, and have it audited."""
        dice = random.Random(seed)
        group = dice.choices(GROUPS, [group.weight for group in GROUPS])[0]
        kinds = group.alterations
        alteration = dice.choices(list(kinds), list(kinds.values()))[0]
        while True:
            source = dice.choice(self._signed if group.key else self._plain + self._signed)
            altered = self._alter(source, alteration, dice)
            if altered is not None:
                break
        head = source.head if group.head else None
        found, named, said = self._audit(altered, head, KEY.public_key() if group.key else None)
        what = altered.what
        return Judged(seed, group.name, alteration.__name__, source.name, what, found, named, said)

    def _alter(self, source: Source, alteration: Alteration, dice: random.Random) -> Altered | None:
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(source.folder, self._copy)
        log = Tamperer(self._copy)
        try:
            return alteration(log, source.past, dice)
        except sqlite3.IntegrityError:  # SQLite itself refuses it
            return None
        finally:
            log.close()

    def _audit(
        self, altered: Altered, head: dict[str, str | int] | None, key: Ed25519PublicKey | None
    ) -> tuple[bool, bool, str]:
        try:
            with LogReader(self._copy) as reader:
                report = audit(reader, head=head, public_key=key)
        except CorruptLog as error:
            return True, True, f"CorruptLog: {error}"
        except Exception as error:  # a crash is what this looks for
            return False, False, f"CRASH {error!r}"
        json.dumps(report.document())
        findings = [f for f in report.findings if f.code.startswith(altered.codes)]
        named = any(
            f.position in altered.positions
            or f.originator_id in altered.ids
            or not (altered.positions or altered.ids)
            for f in findings
        )
        said = ", ".join(f"{f.code} at {f.position}" for f in report.findings[:4])
        return not report.ok, named, said


def _source(folder: Path, name: str) -> Source:
    """Play a log, give it snapshots and a projection."""
    data = folder / name
    with Room(data, seed=5, units_a_commit=3) as room:
        PLAYED[name](room)
    (data / "lock").unlink()
    log = Tamperer(data)
    # Its name is drawn by chance: a seed must make the same alteration tomorrow.
    log.change(1, log="5" * 32)
    log.reseal()
    _add_snapshots(log)
    log.sql("INSERT INTO tracking VALUES ('export', ?)", log.last())
    return _sound(name, log)


def _signed(source: Source) -> Source:
    """Copy a log and sign each of its seals."""
    folder = source.folder.with_name(f"signed {source.name}")
    shutil.copytree(source.folder, folder)
    log = Tamperer(folder)
    for number, _, _, digest, *_ in source.past.seals:
        log.sql("UPDATE seals SET signature=? WHERE number=?", KEY.sign(digest), number)
    return _sound(folder.name, log)


def _sound(name: str, log: Tamperer) -> Source:
    past = Past(log)
    log.close()
    with LogReader(log.folder) as reader:
        report, head = audit(reader), reader.head()
    assert report.ok, report.findings
    return Source(name, log.folder, past, head)


def _add_snapshots(log: Tamperer) -> None:
    """Write snapshots as the engine does, long before it would."""
    states, versions = {}, {}
    for id_, version, topic, state in log.sql("SELECT * FROM stored_events ORDER BY rowid"):
        kind = KINDS[kind_of(id_)]
        before = states.get(id_) or kind.initial(id_)
        states[id_], versions[id_] = kind.evolve(before, decode(topic, state)), version
        if kind.snapshot_every is not None and version % 3 == 1:
            log.sql(
                "INSERT OR REPLACE INTO snapshots VALUES (?,?,?,?)",
                id_,
                version,
                kind.snapshot_topic,
                msgspec.json.encode(states[id_]),
            )


def tamper(times: int, seed: int, folder: Path) -> Iterator[Judged]:
    """Yield what the audit said to each of `times` alterations."""
    run = TamperRun(folder)
    for number in range(seed, seed + times):
        yield run.judge(number)


# --- the command --------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    failed = []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for judged in tamper(options.times, options.seed, Path(folder)):
            count = counts[judged.group, judged.kind]
            for index, one in enumerate((True, judged.found, judged.named)):
                count[index] += one
            if not judged.named:
                failed.append(judged)
    print(f"{'':12}{'kind of alteration':44}{'made':>6}{'found':>7}{'named':>7}")
    groups = [group.name for group in GROUPS]
    for group, kind in sorted(counts, key=lambda row: (groups.index(row[0]), row[1])):
        made, found, named = counts[group, kind]
        print(f"{group:12}{kind.replace('_', ' '):44}{made:6}{found:7}{named:7}")
    made, found, named = (sum(column) for column in zip(*counts.values(), strict=True))
    print(f"{'all':56}{made:6}{found:7}{named:7}   in {time.perf_counter() - began:.0f} s")
    for judged in failed:
        print(f"NOT {'NAMED' if judged.found else 'FOUND'}: {judged}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
