"""A log that takes nothing: everybody is told, nothing is relayed that is not kept."""

from __future__ import annotations

import asyncio
import resource

from engine_process import Engine, parlour
from health import becomes
from people import places, result_of, start_match
from wire import PATIENCE

REFUSING = ("log_refusing", "commit_failed")
NOT_TAKING = "Server is not taking commands"


def limit(engine: Engine, size: int) -> None:
    """Let no file of the engine get longer than that."""
    resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def test_a_match_goes_on_when_there_is_room_again(launch, players, meet):
    engine = launch(allowed=REFUSING)
    people, watcher = await players(2, at=engine), meet(at=engine)
    _, rid, _ = await start_match(people)
    await watcher.to_stream(rid)
    await watcher.stream.hear("Server 0")
    first, second = people
    await second.stream.until("Broadcast 2")

    async def fill():
        """Take whatever room there is, or is again."""
        while True:
            await first.play_chunk(f"{len(first.sent)} " + "A" * 2000)
            await asyncio.sleep(0.005)

    limit(engine, max(path.stat().st_size for path in engine.data.glob("log.db*")))
    filling = asyncio.create_task(fill())
    async with asyncio.timeout(PATIENCE):
        answer = {}
        while answer.get("reason") != NOT_TAKING:
            answer = await second.play.ask(4, message="x")
        await becomes(engine, 503)
        stranger = await meet(at=engine).knock("play")
        while (await stranger.receive())["type"] != "Error":
            stranger = await meet(at=engine).knock("play")
    assert stranger.told[0]["reason"] == NOT_TAKING
    assert await stranger.end() == []
    assert stranger.close_code == 1011
    filling.cancel()

    limit(engine, resource.RLIM_INFINITY)
    await becomes(engine, 200)
    await first.play_chunk("the end")
    heard = []
    while not heard or heard[-1] != "the end":
        heard.append((await second.stream.until("Broadcast 5"))["data"]["stream"])
    for _ in heard:
        await watcher.stream.until("Broadcast 5")
    late = meet(at=engine)
    await late.to_stream(rid)
    kept = [(await late.stream.until("Broadcast 5"))["data"]["stream"] for _ in heard]
    assert kept == heard
    at = iter(first.sent)
    assert all(text in at for text in heard)  # each once, in order; what was refused is not there
    await second.die()
    assert places(await result_of(people)) == {first.uid: 1, second.uid: 2}
    check_audit_but_for_streams(engine)


def check_audit_but_for_streams(engine: Engine) -> None:
    """What was sent here is no record; everything else is clean."""
    audit = parlour("audit", "--no-streams", "--data", engine.data)
    assert audit.code == 0, audit
