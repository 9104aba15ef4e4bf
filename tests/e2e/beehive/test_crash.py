"""Kill −9 at any moment: what was acknowledged is there once, and nothing is applied twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from traffic import KINDS, Talker, logged, replayed

ROUNDS = 3
SEED = 20261121


class Listener:
    """A device that keeps what it was told, and acknowledges as it likes."""

    def __init__(self, device, *, acks):
        self.device, self.acks = device, acks
        self.texts = {"CHAT": [], "GROUP-CHAT": [], "P2P": []}
        """By keyword, every time it was told."""
        self.lives = []
        """The numbers told by each SYNC."""

    def take(self):
        """Look at everything that came, acknowledge it or not."""
        taken = []
        for heard in self.device.link.inbox:
            if heard.keyword in self.texts:
                said = heard["data"].decode() if heard.keyword == "P2P" else heard["text"]
                self.texts[heard.keyword].append(said)
                taken.append(said)
                if self.acks and heard.keyword != "GROUP-CHAT":
                    self.device.ack(heard)
        self.device.link.inbox.clear()
        return taken

    async def listen(self):
        """Listen until the connection ends."""
        link = self.device.link
        while not link.ended:
            await link.when(lambda: link.inbox or link.ended)
            self.take()

    async def sync(self):
        """Come online and fetch what waits."""
        await self.device.come()
        await self.device.ask("SYNC")
        self.lives.append(self.take())


@pytest.fixture
async def scene(launch, meet, rid):
    engine = launch()
    senders = [meet(at=engine), meet(at=engine, dialect="pb", way="websocket")]
    first = meet(at=engine)
    second = meet(at=engine, uid=first.uid, dialect="pb")
    for device in (*senders, first, second):
        await device.come()
    gid = (await senders[0].ask("GROUP-CREAT", name="all"))["gid"]
    for device in (senders[1], first):
        await device.ask("GROUP-JOIN", gid=gid)
    for device in (*senders, first, second):
        device.link.drop()
    talkers = [Talker(device, first.uid, gid, rid) for device in senders]
    return engine, talkers, [Listener(first, acks=True), Listener(second, acks=False)]


async def one_life(engine, talkers, listeners, moments):
    """Everybody talks until the engine is killed; who listened heard no more than was said."""
    for listener in listeners:
        await listener.sync()
    for talker in talkers:
        await talker.enter()
        await talker.resend()
        await talker.device.ask("ROOM-JOIN", rid=talker.rid)
    talking = [asyncio.create_task(talker.talk()) for talker in talkers]
    listening = [asyncio.create_task(listener.listen()) for listener in listeners]
    await asyncio.sleep(moments.uniform(0.03, 0.3))  # the moment of death is the input here
    engine.kill()
    await asyncio.gather(*talking, *listening)


async def test_acknowledged_messages_survive_kill_9_and_resends_are_applied_once(scene):
    engine, talkers, listeners = scene
    moments = random.Random(SEED)
    for _ in range(ROUNDS):
        await one_life(engine, talkers, listeners, moments)
        kept = {keyword: Counter(texts) for keyword, texts in logged(engine.data).items()}
        for talker in talkers:
            for keyword in KINDS:
                for text in talker.texts(keyword, acked=True):
                    assert kept[keyword][text] == 1, (keyword, text)
        engine.start()
    for talker in talkers:
        await talker.enter()
        await talker.resend()
    for listener in listeners:
        await listener.sync()
        await listener.device.ask("SYNC")
        listener.take()
    kept = logged(engine.data)
    assert sum(map(len, kept.values())) > 100 * ROUNDS
    for keyword in KINDS:
        for talker in talkers:
            own = f"{talker.device.uid}-"
            assert [t for t in kept[keyword] if t.startswith(own)] == talker.texts(keyword)
    check_replays(engine, talkers, listeners[0], kept)
    check_queues(talkers, listeners)


def check_replays(engine, talkers, listener, kept):
    """`replay chat` shows the same."""
    group, room = f"group:{talkers[0].gid}", f"room:{talkers[0].rid}"
    assert replayed(engine.data, group) == kept["GROUP-CHAT"]
    assert replayed(engine.data, room) == kept["ROOM-CHAT"]
    between = f"user:{talkers[0].device.uid}:{listener.device.uid}"
    shown = replayed(engine.data, between)
    assert [text for text in shown if text in set(talkers[0].texts("CHAT"))] == talkers[0].texts(
        "CHAT"
    )


def check_queues(talkers, listeners):
    """Every device was told everything; what was not acknowledged came in order, each time."""
    acker, keeper = listeners
    for keyword in ("CHAT", "P2P", "GROUP-CHAT"):
        said = {text for talker in talkers for text in talker.texts(keyword)}
        for listener in listeners:
            assert set(listener.texts[keyword]) == said, keyword
    for told in (*keeper.lives, *acker.lives):
        for talker in talkers:
            own = f"{talker.device.uid}-"
            private = set(talker.texts("CHAT", "P2P"))
            numbers = [int(t.removeprefix(own)) for t in told if t in private]
            assert numbers == sorted(set(numbers))
    whole = [text for text in keeper.lives[-1] if "-" in text]
    private = [t for talker in talkers for t in talker.texts("CHAT", "P2P")]
    assert sorted(text for text in whole if text in set(private)) == sorted(private)


async def test_who_is_connected_is_told_when_the_engine_stops(launch, meet):
    engine = launch()
    people = [
        await meet(at=engine, dialect=dialect, way=way).come()
        for dialect in ("v1", "v2", "pb")
        for way in ("tcp", "websocket")
    ]
    stopping = asyncio.create_task(asyncio.to_thread(engine.terminate))
    for device in people:
        await device.refused(10001)
        await device.link.end()
    assert await stopping == 0
    engine.start()


async def test_lists_groups_rooms_and_histories_survive_kill_9(launch, meet):
    engine = launch()
    a, b, c = [await meet(at=engine).come() for _ in range(3)]
    for asker, asked in ((a, b), (b, a)):
        await asker.ask("FRIEND-ADD", duid=asked.uid)
        await asked.hear("FRIEND-ADD")
    await a.ask("BLACKLIST-ADD", duid=c.uid)
    await b.ask("GAG-ADD", duid=a.uid)
    gid = (await a.ask("GROUP-CREAT", name="kept"))["gid"]
    for device in (b, c):
        await device.ask("GROUP-JOIN", gid=gid)
    await a.ask("GROUP-MGR-ADD", gid=gid, uid=b.uid)
    await a.ask("GROUP-GAG-ADD", gid=gid, uid=c.uid)
    rid = (await a.ask("ROOM-CREAT", name="kept"))["rid"]
    for device in (a, b, c):
        await device.ask("ROOM-JOIN", rid=rid)
    await a.ask("ROOM-KICK", rid=rid, uid=c.uid)
    await a.ask("ROOM-CHAT", rid=rid, text="before")
    last = a.send("CHAT", duid=b.uid, text="muted")
    await a.answered("CHAT", last)
    engine.kill()
    engine.start()
    for device in (a, b, c):
        await device.come()
    await a.hear("ONLINE-NTF", uid=b.uid)
    await c.ask("CHAT", code=10005, duid=a.uid, text="x")
    await c.ask("GROUP-CHAT", code=10005, gid=gid, text="x")
    await c.ask("ROOM-JOIN", code=10005, rid=rid)
    await b.ask("GROUP-KICK", gid=gid, uid=c.uid)  # he is manager still
    await b.ask("ROOM-CHAT", code=10005, rid=rid, text="x")  # in no room
    await b.ask("SYNC")
    assert (await b.hear("CHAT", last))["text"] == "muted"
    a.send("CHAT", seq=last, duid=b.uid, text="muted")  # the same bytes, from before
    await a.answered("CHAT", last)
    joined = await b.ask("ROOM-JOIN", rid=rid)
    assert joined["gid"] == 1
    assert replayed(engine.data, f"room:{rid}") == ["before"]
    await a.ask("ROOM-DISMISS", rid=rid)
    again = (await a.ask("ROOM-CREAT", name="next"))["rid"]
    assert again not in (rid, gid)
