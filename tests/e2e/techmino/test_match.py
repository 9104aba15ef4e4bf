"""Matches from their players' connections to the result."""

from __future__ import annotations

import asyncio

import pytest
from people import begin, gather_room, keys, make_ready, places, result_of, seed_of, start_match
from record_bytes import chunk
from wire import PATIENCE

# --- the beginning ------------------------------------------------------------------------------


async def test_connect_tells_who_is_there_and_the_others_who_comes(players, meet):
    first, second = await players(2)
    await gather_room([first, second])
    rid = await make_ready([first, second])
    watcher = meet()
    assert await first.to_stream(rid) == []
    assert await watcher.to_stream(rid) == [first.uid]
    assert await first.stream.receive() == {
        "type": "Broadcast",
        "action": 2,
        "data": {"uid": watcher.uid, "watch": True},
    }
    # Nothing begins before all players are there.
    await first.stream.say(5, stream=keys(1))
    await first.stream.error("Game has not started")
    await first.stream.say(4, score=0, survivalTime=0)
    await first.stream.error("Game has not started")
    await watcher.stream.say(5, stream=keys(1))
    await watcher.stream.error("Watchers cannot send")
    assert sorted(await second.to_stream(rid)) == sorted([first.uid, watcher.uid])
    for person in (first, watcher):
        (told,) = await person.stream.hear("Broadcast 2")
        assert told["data"] == {"uid": second.uid, "watch": False}
    seed = await seed_of([first, second, watcher])
    assert 0 < seed < 2**53


async def test_who_does_not_come_is_dead_at_once_and_last(launch, players):
    engine = launch(techmino__connect_seconds=2)
    people = await players(3, at=engine)
    await gather_room(people)
    rid = await make_ready(people)
    here = [people[0], people[2]]
    await asyncio.gather(*(person.to_stream(rid) for person in here))
    await seed_of(here)
    # He may look on.
    assert sorted(await people[1].to_stream(rid)) == [person.uid for person in here]
    await people[1].stream.hear("Server 0")
    await people[1].stream.say(5, stream=keys(1))
    await people[1].stream.error("You are dead")
    await people[1].die(1, 1)
    await people[1].stream.error("You are dead")
    await people[0].die(8723, 82)
    result = await result_of(people)
    assert places(result) == {people[2].uid: 1, people[0].uid: 2, people[1].uid: 3}
    assert result[1] == {"uid": people[1].uid, "place": 3, "score": 0, "survivalTime": 0}


async def test_nobody_comes_and_the_match_ends(launch, players):
    engine = launch(techmino__connect_seconds=0.5)
    people = await players(2, at=engine)
    await gather_room(people)
    await make_ready(people)
    result = await result_of(people)
    assert sorted(line["place"] for line in result) == [1, 2]
    assert all(line["score"] == line["survivalTime"] == 0 for line in result)


async def test_who_comes_and_goes_before_the_beginning_may_come_back(players, meet):
    first, second = await players(2)
    await gather_room([first, second])
    rid = await make_ready([first, second])
    watcher = meet()
    await watcher.to_stream(rid)
    await first.to_stream(rid)
    first.stream.drop()
    await watcher.stream.hear("Broadcast 2", "Server 3")
    assert await first.to_stream(rid) == [watcher.uid]
    await second.to_stream(rid)
    await seed_of([first, second])
    await first.die()
    assert places(await result_of([first, second])) == {second.uid: 1, first.uid: 2}


# --- the game -----------------------------------------------------------------------------------


async def test_chunks_go_to_all_others_byte_for_byte_and_in_order(players, meet):
    people = await players(3)
    watcher = meet()
    _, rid, _ = await start_match(people)
    await watcher.to_stream(rid)
    sent = {person.uid: [keys(number + person.sid) for number in range(50)] for person in people}
    sent[people[0].uid][10:10] = ["AyEAgYD+8IHwhgE=", "", "not base64 at all!", "AyE=", "☃"]

    async def play(person):
        for text in sent[person.uid]:
            await person.play_chunk(text)

    await asyncio.gather(*map(play, people))
    for hearer in (*people, watcher):
        others = {uid: texts for uid, texts in sent.items() if uid != hearer.uid}
        heard = {uid: [] for uid in others}
        for _ in range(sum(map(len, others.values()))):
            data = (await hearer.stream.until("Broadcast 5"))["data"]
            heard[data["uid"]].append(data["stream"])
        assert heard == others


async def test_a_death_is_told_to_the_others(players):
    people = await players(3)
    await start_match(people)
    await people[0].die(12134, 104)
    for person in people[1:]:
        told = await person.stream.until("Broadcast 4")
        assert told == {
            "type": "Broadcast",
            "action": 4,
            "data": {"uid": people[0].uid, "score": 12134, "survivalTime": 104},
        }
    await people[0].die(1, 1)
    await people[0].stream.until("Error")
    # What was left of his record may follow.
    await people[0].play_chunk(keys(1))
    for person in people[1:]:
        (told,) = await person.stream.hear("Broadcast 5")
        assert told["data"] == {"uid": people[0].uid, "stream": keys(1)}
    await people[1].die(0.5, 1e3)
    for person in (people[0], people[2]):
        told = await person.stream.until("Broadcast 4")
        assert told["data"] == {"uid": people[1].uid, "score": 0.5, "survivalTime": 1000}
    result = await result_of(people)
    by_uid = {line["uid"]: line for line in result}
    assert [line["uid"] for line in result] == [person.uid for person in people]
    assert (by_uid[people[0].uid]["score"], by_uid[people[0].uid]["survivalTime"]) == (12134, 104)
    assert places(result) == {people[2].uid: 1, people[1].uid: 2, people[0].uid: 3}
    for person in people:
        assert await person.stream.receive() == {"type": "Server", "action": 1}
    for person in people:  # the stream is over, its connections are the clients' to close
        await person.play_chunk(keys(1))
        await person.stream.error("Room not found")


async def test_one_disconnect_and_one_late_watcher(players, meet):
    people = await players(3)
    _, rid, seed = await start_match(people)
    lost, died, last = people
    for number, person in enumerate(people):
        await person.play_chunk(keys(number))
    for person in people:
        for _ in range(2):
            await person.stream.until("Broadcast 5")
    lost.stream.drop()
    for person in (died, last):
        told = await person.stream.until("Server 3")
        assert told == {"type": "Server", "action": 3, "data": {"uid": lost.uid}}
    watcher = meet()
    assert sorted(await watcher.to_stream(rid)) == [died.uid, last.uid]
    begun, *so_far, gone = await watcher.stream.hear(
        "Server 0", "Broadcast 5", "Broadcast 5", "Broadcast 5", "Server 3"
    )
    assert begun["data"]["seed"] == seed
    told = {message["data"]["uid"]: message["data"]["stream"] for message in so_far}
    assert told == {person.uid: person.sent[0] for person in people}
    assert gone["data"]["uid"] == lost.uid
    for person in (died, last):
        (came,) = await person.stream.hear("Broadcast 2")
        assert came["data"] == {"uid": watcher.uid, "watch": True}
    await died.play_chunk(keys(9))  # live from here
    (live,) = await watcher.stream.hear("Broadcast 5")
    assert live["data"] == {"uid": died.uid, "stream": keys(9)}
    await died.die(10521, 101)
    await watcher.stream.hear("Broadcast 4", "Server 1")
    result = await result_of([lost, died, last])
    assert places(result) == {last.uid: 1, died.uid: 2, lost.uid: 3}
    for line in result:
        if line["uid"] != died.uid:
            assert type(line["survivalTime"]) is int
            assert line["score"] == 0


async def test_a_player_who_returns_after_a_lost_connection_looks_on(players):
    people = await players(3)
    _, rid, seed = await start_match(people)
    back, other, third = people
    await back.play_chunk(keys(1))
    await other.play_chunk(keys(2))
    await other.stream.until("Broadcast 5")
    await back.stream.until("Broadcast 5")
    back.stream.drop()
    await other.stream.until("Server 3")
    await third.stream.until("Server 3")
    await back.to_stream(rid)
    (begun,) = await back.stream.hear("Server 0")
    assert begun["data"]["seed"] == seed
    await back.stream.until("Server 3", uid=back.uid)
    (came,) = await other.stream.hear("Broadcast 2")
    assert came["data"] == {"uid": back.uid, "watch": False}
    await back.play_chunk(keys(3))
    await back.stream.error("You are dead")
    await back.die()
    await back.stream.error("You are dead")
    await other.die()
    assert places(await result_of(people)) == {third.uid: 1, other.uid: 2, back.uid: 3}


async def test_a_watcher_hears_everything_and_can_do_nothing(players, meet):
    people = await players(2)
    _, rid, _ = await start_match(people)
    watcher = meet()
    await watcher.to_stream(rid)
    await watcher.stream.hear("Server 0")
    for _ in range(3):
        await watcher.play_chunk(keys(1))
        await watcher.stream.error("Watchers cannot send")
        await watcher.die(1, 1)
        await watcher.stream.error("Watchers cannot send")
    watcher.stream.drop()
    await people[0].play_chunk(keys(1))
    await people[1].stream.until("Broadcast 2")
    await people[1].stream.hear("Broadcast 5")  # and not that a watcher went
    await people[1].die()
    assert watcher.uid not in places(await result_of(people))


async def test_a_newer_stream_connection_takes_over_and_nobody_dies(players, meet):
    first, second = await players(2)
    _, rid, _ = await start_match([first, second])
    await second.play_chunk(keys(1))
    await first.stream.until("Broadcast 5")
    newer = meet(uid=first.uid)
    assert await newer.to_stream(rid) == [second.uid]
    await first.stream.cut(1008)
    await newer.stream.hear("Server 0", "Broadcast 5")
    await newer.play_chunk(keys(2))
    (told,) = [await second.stream.until("Broadcast 5")]
    assert told["data"]["uid"] == first.uid
    await second.die()
    assert places(await result_of([first, second])) == {first.uid: 1, second.uid: 2}


async def test_who_follows_another_match_leaves_the_first(players, meet):
    one, two = await players(2), await players(2)
    _, first, _ = await start_match(one)
    _, second, _ = await start_match(two)
    # A player of one match goes to look at the other.
    await one[0].to_stream(second)
    told = await one[1].stream.until("Server 3")
    assert told["data"]["uid"] == one[0].uid
    assert places(await result_of(one)) == {one[1].uid: 1, one[0].uid: 2}
    await two[0].play_chunk(keys(1))
    await one[0].stream.until("Broadcast 5")
    assert first != second


async def test_leaving_the_room_does_not_leave_the_match(players):
    first, second = await players(2)
    await start_match([first, second])
    await first.leave()
    await second.play.until("Broadcast 3")
    await second.play_chunk(keys(1))
    await first.stream.until("Broadcast 5")
    await second.die()
    await first.stream.until("Server 1")
    assert places(await result_of([second])) == {first.uid: 1, second.uid: 2}


async def test_a_match_goes_on_when_its_room_is_gone(players, room_type):
    people = await players(3)
    first, second, other = people
    await start_match([first, second], room_type)
    await first.leave()
    second.play.drop()
    async with asyncio.timeout(PATIENCE):
        while await other.rooms(room_type):
            await asyncio.sleep(0.02)
    await first.play_chunk(keys(1))
    await second.stream.until("Broadcast 5")
    await second.die()
    for person in (first, second):
        await person.stream.until("Server 1")
    await first.create()
    await first.play.say(4, message="no result of a room that is gone")
    await first.play.until("Broadcast 4")
    assert "Server 9" not in first.play.names


async def test_who_comes_when_the_game_is_over_hears_all_of_it(launch, players, meet):
    engine = launch(techmino__end_seconds=3)
    first, second = await players(2, at=engine)
    _, rid, _ = await start_match([first, second])
    await first.play_chunk(keys(1))
    await second.stream.until("Broadcast 5")
    await second.die(1, 2)
    await first.stream.until("Broadcast 4")
    late = meet(at=engine)
    await late.to_stream(rid)
    await late.stream.hear("Server 0", "Broadcast 5", "Broadcast 4", "Server 1")


async def test_the_survivor_may_tell_his_own_end_and_keeps_his_place(launch, players):
    engine = launch(techmino__end_seconds=2)
    first, second = await players(2, at=engine)
    await start_match([first, second])
    await first.die(7092, 75)
    await second.stream.until("Broadcast 4")
    await second.die(9999, 76.5)
    await first.stream.until("Broadcast 4", uid=second.uid)
    result = await result_of([first, second])
    assert result == [
        {"uid": first.uid, "place": 2, "score": 7092, "survivalTime": 75},
        {"uid": second.uid, "place": 1, "score": 9999, "survivalTime": 76.5},
    ]


@pytest.mark.parametrize("count", [2, 6])
async def test_places_are_the_order_of_deaths_backwards(players, count):
    people = await players(count)
    await start_match(people)
    for number, person in enumerate(people[:-1]):
        await person.die(number, number)
        for other in people[number + 1 :]:  # one after the other, by anybody's clock
            await other.stream.until("Broadcast 4", uid=person.uid)
    result = await result_of(people)
    assert places(result) == {person.uid: count - number for number, person in enumerate(people)}


async def test_a_second_match_in_the_same_room(players, room_type):
    people = await players(2)
    room, first, _ = await start_match(people, room_type)
    await people[0].die()
    assert places(await result_of(people)) == {people[1].uid: 1, people[0].uid: 2}
    assert [listed["start"] for listed in await people[0].rooms(room_type)] == [False]
    (third,) = await players(1)
    await third.enter(room)
    everybody = [*people, third]
    second = await make_ready(everybody)
    assert second != first
    await begin(everybody, second)
    for person in (third, people[1]):
        await person.die()
        await people[0].stream.until("Broadcast 4", uid=person.uid)
    result = places(await result_of(everybody))
    assert result == {people[0].uid: 1, people[1].uid: 2, third.uid: 3}
    assert len(await people[0].rooms(room_type)) == 1
    late = await people[0].knock("stream", rid=first)
    await late.refused("Room not found", 1008)


async def test_who_was_ready_when_the_match_ended_plays_on(players):
    people = await players(2)
    await start_match(people)
    for person in people:
        await person.play.say(6, ready=True)
        await person.play.until("Broadcast 6", uid=person.uid)
    await people[0].die()
    await result_of(people)
    for person in people:
        await person.play.hear("Server 7", "Server 8")


async def test_everybody_gone_ends_match_and_room(players, room_type):
    people = await players(2)
    room, rid, _ = await start_match(people, room_type)
    (other,) = await players(1)
    for person in people:
        person.play.drop()
        person.stream.drop()
    async with asyncio.timeout(PATIENCE):
        while await other.rooms(room_type):
            await asyncio.sleep(0.02)
        refusal = {"type": "Error", "reason": "Room not found"}
        while await (await other.knock("stream", rid=rid)).receive() != refusal:
            await asyncio.sleep(0.02)
    assert await other.enter(room) == refusal


async def test_attacks_arrive_as_they_were_sent(players):
    first, second = await players(2)
    await start_match([first, second])
    text = chunk((3, 33), (0, 2**49 + (0x3F7 << 32) + (60 << 16) + (3 << 8) + 1))
    assert text == "AyEAgYD+8IHwhgE="  # the page's example
    await first.play_chunk(text)
    (told,) = [await second.stream.until("Broadcast 5")]
    assert told["data"]["stream"] == text
