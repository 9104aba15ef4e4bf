"""Who comes late gets the stream so far from the log and then goes live, without a seam."""

from __future__ import annotations

import asyncio

from people import keys, places, result_of, start_match

CHUNKS = 700
"""Of each player; the log is read in pages of fewer."""


async def test_nothing_is_missing_or_told_twice_where_the_past_meets_the_present(players, meet):
    people = await players(3)
    _, rid, seed = await start_match(people)
    watchers = [meet() for _ in range(6)]
    wild = meet(wild=True)
    watchers.append(wild)
    clock = asyncio.Queue()

    async def play(person):
        for number in range(CHUNKS):
            await person.play_chunk(f"{person.uid} {number} {keys(number)}")
            if number % 100 == 50:
                clock.put_nowait(None)
            await asyncio.sleep(0.001)

    async def come():
        for watcher in watchers:
            for _ in people:
                await clock.get()
            await watcher.to_stream(rid)
            (begun,) = await watcher.stream.hear("Server 0")
            assert begun["data"]["seed"] == seed

    await asyncio.gather(come(), *map(play, people))
    for hearer in (*watchers, *people):
        others = [person for person in people if person is not hearer]
        heard = {person.uid: [] for person in others}
        while any(len(heard[person.uid]) < CHUNKS for person in others):
            data = (await hearer.stream.until("Broadcast 5"))["data"]
            heard[data["uid"]].append(data["stream"])
        assert heard == {person.uid: person.sent for person in others}
    await people[0].die(1, 1)
    people[1].stream.drop()
    for watcher in watchers:
        await watcher.stream.until("Broadcast 4")
        await watcher.stream.until("Server 3")
        await watcher.stream.until("Server 1")
    assert places(await result_of(people))[people[2].uid] == 1


async def test_the_past_is_told_in_the_order_it_happened(players, meet):
    people = await players(4)
    _, rid, _ = await start_match(people)
    first, second, third, fourth = people
    await first.play_chunk(keys(1))
    await fourth.stream.until("Broadcast 5")
    await second.die(5, 5)
    await fourth.stream.until("Broadcast 4")
    await first.play_chunk(keys(2))
    await fourth.stream.until("Broadcast 5")
    third.stream.drop()
    await fourth.stream.until("Server 3")
    await first.play_chunk(keys(3))
    await fourth.stream.until("Broadcast 5")
    late = meet()
    assert sorted(await late.to_stream(rid)) == [first.uid, second.uid, fourth.uid]
    _, one, death, two, gone, three = await late.stream.hear(
        "Server 0", "Broadcast 5", "Broadcast 4", "Broadcast 5", "Server 3", "Broadcast 5"
    )
    assert [told["data"]["stream"] for told in (one, two, three)] == [keys(n) for n in (1, 2, 3)]
    assert death["data"] == {"uid": second.uid, "score": 5, "survivalTime": 5}
    assert gone["data"] == {"uid": third.uid}
