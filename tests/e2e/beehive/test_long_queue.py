"""Somebody with a long queue gets all of it, and nobody waits for that."""

from __future__ import annotations

import pytest

COUNT = 5_000
TEXT = "x" * 500


@pytest.mark.parametrize("dialect", ["v2", "pb"])
async def test_a_long_queue_is_told_in_order_while_others_chat(come, meet, dialect):
    sender, first, second = await come(3)
    away = await meet(dialect=dialect).come()
    await away.ask("OFFLINE")
    start = next(sender.seq)
    for number in range(COUNT):
        sender.send("CHAT", seq=start + number, duid=away.uid, text=f"{number} {TEXT}")
    await sender.answered("CHAT", start + COUNT - 1)
    await away.connect(receive_buffer=16_384)
    await away.online()
    seq = away.send("SYNC")
    await away.link.when(lambda: away.link.inbox)
    away.link.stop_reading()  # it has more to take than fits on the way
    for number in range(25):
        for a, b in ((first, second), (second, first)):
            await a.ask("CHAT", duid=b.uid, text=f"we go on {number}")
            await b.hear_and_ack("CHAT", text=f"we go on {number}")
    await first.ask("CHAT", duid=away.uid, text="meanwhile")
    assert len(away.link.log) < COUNT
    away.link.read_on()
    await away.answered("SYNC", seq)
    await away.link.when(lambda: len(away.link.inbox) > COUNT)
    told = [heard for heard in away.link.inbox if heard.seq >= start and heard["suid"] != first.uid]
    assert [heard.seq for heard in told] == list(range(start, start + COUNT))
    assert all(heard["text"] == f"{number} {TEXT}" for number, heard in enumerate(told))
    for heard in away.link.inbox:
        away.ack(heard)
    away.link.inbox.clear()
    await away.ask("SYNC")
    await away.quiet()
    await away.ask("OFFLINE")
    await away.come()
    await away.ask("SYNC")
    await away.quiet()
