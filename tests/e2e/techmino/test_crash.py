"""Kill −9: what was relayed is in the log, and people go on where they were."""

from __future__ import annotations

import asyncio

import pytest
from engine_process import parlour
from kept import check_audit
from people import begin, gather_room, keys, make_ready, places, result_of, seed_of, start_match
from wire import PATIENCE


def streams_of(engine, rid):
    """Return the chunks of every player as the log has them."""
    shown = parlour("replay", "stream", rid, "--data", engine.data, "--json")
    assert shown.code == 0, shown
    return {
        player["uid"]: [chunk["stream"] for chunk in player["chunks"]]
        for player in shown.json()["players"]
    }


def heard_of(link):
    """Return the chunks a stream connection was told, by sender."""
    heard: dict[int, list[str]] = {}
    for message in link.told:
        if (message.get("type"), message.get("action")) == ("Broadcast", 5):
            heard.setdefault(message["data"]["uid"], []).append(message["data"]["stream"])
    return heard


def restart(engine, people):
    """Start the engine again; nobody is connected."""
    engine.start()
    for person in people:
        person.address = engine.http


async def play_until_killed(engine, people, watcher):
    """Have everybody stream, and kill the engine when each was heard of for a while."""

    async def play(person):
        for number in range(100_000):
            if person.stream.ended:
                return
            await person.play_chunk(keys(number))
            await asyncio.sleep(0.002)

    playing = [asyncio.create_task(play(person)) for person in people]
    for _ in range(200):
        await watcher.stream.until("Broadcast 5")
    await asyncio.to_thread(engine.kill)
    await asyncio.gather(*playing)
    for person in (*people, watcher):
        await person.stream.end()


async def return_to_match(people, room, rid):
    """Bring people back to their seats in the room, and to the match."""
    for person in people:
        sid = person.sid
        await person.to_play()
        answer = await person.enter(room)
        assert answer["data"]["sid"] == sid
        (go,) = await person.play.hear("Server 8")
        assert go["data"]["rid"] == rid
        await person.to_stream(rid)


async def test_in_mid_match_nothing_relayed_is_lost_and_the_match_goes_on(launch, players, meet):
    engine = launch()
    people, watcher = await players(3, at=engine), meet(at=engine)
    room, rid, seed = await start_match(people)
    await watcher.to_stream(rid)
    await play_until_killed(engine, people, watcher)

    kept = streams_of(engine, rid)
    assert set(kept) == {person.uid for person in people}
    for hearer in (*people, watcher):
        for uid, texts in heard_of(hearer.stream).items():
            assert kept[uid][: len(texts)] == texts
    for person in people:
        assert person.sent[: len(kept[person.uid])] == kept[person.uid]
        assert kept[person.uid]

    restart(engine, [*people, watcher])
    await return_to_match(people, room, rid)
    await watcher.to_stream(rid)
    for person in (*people, watcher):
        (begun,) = await person.stream.hear("Server 0")
        assert begun["data"]["seed"] == seed
    for _ in range(sum(map(len, kept.values()))):
        await watcher.stream.until("Broadcast 5")
    assert heard_of(watcher.stream) == kept

    sent = {person.uid: kept[person.uid] + [keys(5)] for person in people}
    for person in people:  # nobody had died of it
        await person.play_chunk(keys(5))
        assert (await watcher.stream.until("Broadcast 5"))["data"]["uid"] == person.uid
    await people[1].die(5, 5)
    await watcher.stream.until("Broadcast 4")
    people[0].stream.drop()
    await watcher.stream.until("Server 3")
    result = places(await result_of(people))
    assert result == {people[2].uid: 1, people[0].uid: 2, people[1].uid: 3}
    assert streams_of(engine, rid) == sent
    check_audit(engine.data)


async def test_who_does_not_return_in_time_has_left(launch, players, meet):
    engine = launch(techmino__return_seconds=3)
    people, watcher = await players(3, at=engine), meet(at=engine)
    room, rid, _ = await start_match(people)
    engine.kill()
    restart(engine, [*people, watcher])
    await watcher.to_stream(rid)
    await return_to_match(people[:2], room, rid)
    gone = await watcher.stream.until("Server 3")
    assert gone["data"]["uid"] == people[2].uid
    left = await people[0].play.until("Broadcast 3")
    assert (left["data"]["uid"], left["data"]["sid"]) == (people[2].uid, 2)
    await people[0].die()
    result = places(await result_of(people[:2]))
    assert result == {people[1].uid: 1, people[0].uid: 2, people[2].uid: 3}
    check_audit(engine.data)


async def test_after_the_game_over_the_result_comes_all_the_same(launch, players, room_type):
    engine = launch(techmino__end_seconds=1)
    first, second = await players(2, at=engine)
    _, rid, _ = await start_match([first, second], room_type)
    await first.die(12134, 104)
    await second.stream.until("Broadcast 4")
    engine.kill()
    restart(engine, [first, second])
    await first.to_play()
    async with asyncio.timeout(PATIENCE):
        while [room["start"] for room in await first.rooms(room_type)] != [False]:
            await asyncio.sleep(0.05)
    told = parlour("replay", "game", rid, "--data", engine.data, "--json").json()
    assert places(told["result"]) == {second.uid: 1, first.uid: 2}
    assert (told["result"][0]["score"], told["result"][0]["survivalTime"]) == (12134, 104)
    check_audit(engine.data)


async def test_before_the_beginning_the_match_waits_again(launch, players):
    engine = launch()
    people = await players(2, at=engine)
    room = await gather_room(people)
    rid = await make_ready(people)
    await people[0].to_stream(rid)
    engine.kill()
    restart(engine, people)
    await return_to_match(people, room, rid)
    await seed_of(people)
    await people[0].die()
    assert places(await result_of(people)) == {people[1].uid: 1, people[0].uid: 2}


async def test_a_room_keeps_seats_words_and_password_but_nobody_is_ready(launch, players):
    engine = launch(techmino__start_seconds=600)
    first, second, stranger = await players(3, at=engine)
    rid = await first.create(password="114514", name="kept")
    await second.enter(rid, password="114514")
    await first.play.say(4, message="before")
    await first.play.until("Broadcast 4")
    for person in (first, second):
        await person.play.say(6, ready=True)
    await first.play.until("Server 7")
    engine.kill()
    restart(engine, [first, second, stranger])
    for person in (first, second, stranger):
        await person.to_play()
    (room,) = await stranger.rooms()
    assert (room["rid"], room["name"], room["private"], room["count"]) == (rid, "kept", True, 2)
    assert await stranger.enter(rid) == {"type": "Error", "reason": "Password is incorrect"}
    back = await second.enter(rid)  # his seat is his: no password
    assert back["data"]["sid"] == 1
    assert [line["message"] for line in back["data"]["histories"]] == ["before"]
    assert [player["ready"] for player in back["data"]["players"]] == [False, False]
    await first.enter(rid)
    for person in (first, second):
        await person.play.say(6, ready=True)
    await first.play.until("Server 7")


async def test_an_empty_room_ends_when_nobody_returns(launch, players):
    engine = launch(techmino__return_seconds=0.5)
    people = await players(2, at=engine)
    await gather_room(people)
    engine.kill()
    restart(engine, people)
    await people[0].to_play()
    async with asyncio.timeout(PATIENCE):
        while await people[0].rooms():
            await asyncio.sleep(0.05)
    await people[0].create()


@pytest.mark.parametrize("ending", ["kill", "terminate"])
async def test_chat_histories_survive(launch, meet, ending):
    engine = launch()
    said = {"global": [], "chinese": []}
    for life in range(2):
        first, second = meet(at=engine), meet(at=engine)
        for person in (first, second):
            await person.to_chat()
            for rid, lines in said.items():
                await person.chat.say(1, rid=rid)
                answer = await person.chat.until("Self 1")
                assert answer["data"]["histories"] == lines[-10:]
        await second.chat.say(0)
        counts = (await second.chat.until("Self 0"))["roomList"]
        assert [room["count"] for room in counts[:3]] == [2, 0, 2]
        for number in range(8):
            for rid, lines in said.items():
                await first.chat.say(3, rid=rid, message=f"{rid} {life} {number} 你好")
                lines.append((await second.chat.until("Broadcast 3"))["data"])
        await asyncio.to_thread(getattr(engine, ending))
        engine.start()
    for rid, lines in said.items():
        shown = parlour("replay", "chat", f"techmino:{rid}", "--data", engine.data, "--json")
        messages = shown.json()["messages"]
        assert [(m["uid"], m["username"], m["text"]) for m in messages] == [
            (line["uid"], line["username"], line["message"]) for line in lines
        ]
    check_audit(engine.data)


async def test_a_second_match_after_a_crash(launch, players):
    engine = launch()
    people = await players(2, at=engine)
    room, rid, _ = await start_match(people)
    await people[0].die()
    await result_of(people)
    engine.kill()
    restart(engine, people)
    for person in people:
        await person.to_play()
        await person.enter(room)
    second = await make_ready(people)
    assert second != rid
    await begin(people, second)
    await people[1].die()
    assert places(await result_of(people)) == {people[0].uid: 1, people[1].uid: 2}
    games = parlour("replay", "games", "--kind", "techmino", "--data", engine.data, "--json")
    listed = games.json()["games"]
    assert [(game["id"], game["state"]) for game in listed] == [
        (f"techmino.match:{rid}", "finished"),
        (f"techmino.match:{second}", "finished"),
    ]
    check_audit(engine.data)
