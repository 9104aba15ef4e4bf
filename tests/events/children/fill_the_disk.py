"""Fills a disk through the journal, frees it, goes on; tells the story as JSON.

The disk is a small mounted file system, or a limit on file sizes where nothing can be mounted.
"""

import json
import resource
import sys
from pathlib import Path

from parlour.events.account import Disabled
from parlour.events.journal import Journal
from parlour.events.kinds import KINDS
from parlour.events.log import open_log
from parlour.events.reader import LogReader
from parlour.events.repository import Repository
from parlour.events.writers import InlineWriter

folder, kind = Path(sys.argv[1]), sys.argv[2]
filler = folder / "filler"
drops, left = [], []


def fill():
    """Leave no room at all."""
    if kind == "rlimit":
        limit_files((folder / "data" / "log.db-wal").stat().st_size)
        return
    with open(filler, "ab", buffering=0) as file:
        for size in (65_536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def free():
    if kind == "rlimit":
        limit_files(resource.RLIM_INFINITY)
    else:
        filler.unlink()


def limit_files(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


log = open_log(folder / "data", open_mode=True)
log.recorder.probe()  # the probe's own pages are in the file before it is full
writer = InlineWriter()


def on_commit(batch):
    repository.committed(item.unit for item in batch.items)
    left.extend(item.held for item in batch.items)


def on_drop(items, error):
    repository.dropped(item.unit for item in items)
    drops.append(type(error).__name__)


journal = Journal(log.recorder, writer=writer, on_commit=on_commit, on_drop=on_drop)
repository = Repository(log.recorder, KINDS, claimed=journal.claimed)


def record():
    repository.begin()
    repository.record("account:1", Disabled(at=1, reason="x" * 4000))
    version = repository.version("account:1")
    journal.append(repository.take(), version)
    writer.flush()
    return version


def probe():
    writer.advance(1.0)
    writer.flush()
    return journal.accepting


for _ in range(8):
    record()
before = left[-1]
fill()
while journal.accepting:
    record()
fill()
acknowledged = len(left)
with LogReader(folder / "data") as reader:
    readable = reader.count() == left[-1] + 1
record()
story = {
    "before": before,
    "full": {
        "accepting": journal.accepting,
        "dropped": drops[0],
        "left_after_the_failure": left[acknowledged:],
        "readable": readable,
    },
    "probe_while_full": probe(),
}
free()
story["probe_when_free"] = probe()
for _ in range(8):
    last = record()
story |= {"acknowledged": left[-1], "last": last}
log.close()
print(json.dumps(story))
