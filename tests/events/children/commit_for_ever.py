"""Commits to a log through the journal and its thread until killed; says what is on disk.

Each line is a JSON object {aggregate id: version}, written after the commit of these versions.
"""

import asyncio
import json
import random
import sys
from pathlib import Path

from parlour.events.account import Enabled
from parlour.events.journal import Journal
from parlour.events.kinds import KINDS
from parlour.events.log import open_log
from parlour.events.repository import Repository
from parlour.events.writers import ThreadWriter


async def main(data):
    sys.setswitchinterval(0.0001)  # as in the process that serves
    log = open_log(data, open_mode=True)

    def acknowledge(batch):
        repository.committed(item.unit for item in batch.items)
        entries = [entry for item in batch.items for entry in item.unit.entries]
        print(json.dumps({entry.aggregate_id: entry.version for entry in entries}), flush=True)

    def drop(items, error):
        raise error

    writer = ThreadWriter(asyncio.get_running_loop())
    # Small batches: more commits to be killed in.
    journal = Journal(
        log.recorder, writer=writer, on_commit=acknowledge, on_drop=drop, max_events=16
    )
    repository = Repository(log.recorder, KINDS, claimed=journal.claimed)
    while True:
        for _ in range(random.randint(1, 20)):
            repository.begin()
            for aggregate_id in random.sample([f"account:{n}" for n in range(1, 30)], 2):
                repository.record(aggregate_id, *[Enabled(at=1)] * random.randint(1, 3))
            journal.append(repository.take())
        await asyncio.sleep(0)
        while journal.uncommitted > 64:
            await asyncio.sleep(0)


asyncio.run(main(Path(sys.argv[1])))
