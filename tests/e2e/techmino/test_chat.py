"""Endpoint `chat`: rooms to talk in, their histories, who hears what."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from people import Person
from tech_link import credentials


@pytest.fixture
async def talkers(meet):
    async def bring(count, **options):
        people = [meet(**options) for _ in range(count)]
        for person in people:
            await person.to_chat()
        return people

    return bring


async def join(person: Person, rid: str) -> list[dict]:
    await person.chat.say(1, rid=rid)
    (answer,) = await person.chat.hear("Self 1")
    assert answer["rid"] == rid
    return answer["data"]["histories"]


async def counts(person: Person) -> dict[str, int]:
    await person.chat.say(0)
    answer = await person.chat.until("Self 0")
    return {room["rid"]: room["count"] for room in answer["roomList"]}


async def test_the_list_has_the_configured_rooms_with_count_and_capacity(talkers, chat_room):
    first, second = await talkers(2)
    answer = await first.chat.ask(0)
    assert answer["roomList"][:3] == [
        {"rid": "global", "count": 0, "capacity": 1024},
        {"rid": "english", "count": 0, "capacity": 512},
        {"rid": "chinese", "count": 0, "capacity": 512},
    ]
    await join(first, chat_room)
    await join(second, chat_room)
    assert (await counts(second))[chat_room] == 2


async def test_joining_talking_and_leaving_are_told_to_the_right_people(talkers, chat_room):
    first, second, outsider = await talkers(3)
    await join(first, chat_room)
    await join(second, chat_room)
    someone = {"uid": second.uid, "username": second.name}
    assert await first.chat.receive() == {
        "type": "Broadcast",
        "action": 1,
        "rid": chat_room,
        "data": someone,
    }
    await second.chat.say(3, rid=chat_room, message="yarimasune!")
    for hearer in (first, second):  # the sender as well
        (said,) = await hearer.chat.hear("Broadcast 3")
        assert said["rid"] == chat_room
        assert {**said["data"], "time": ""} == {**someone, "time": "", "message": "yarimasune!"}
    assert await second.chat.ask(2, rid=chat_room) == {
        "type": "Self",
        "action": 2,
        "rid": chat_room,
    }
    assert await first.chat.receive() == {
        "type": "Broadcast",
        "action": 2,
        "rid": chat_room,
        "data": someone,
    }
    await first.chat.say(3, rid=chat_room, message="gone")
    await first.chat.hear("Broadcast 3")
    for person in (second, outsider):  # who is not in it hears nothing of it
        await person.chat.say(0)
        await person.chat.hear("Self 0")


async def test_a_closed_connection_leaves_all_its_rooms(talkers, chat_room, another_room):
    first, second = await talkers(2)
    for person in (first, second):
        for room in (chat_room, another_room):
            await join(person, room)
    await first.chat.hear("Broadcast 1", "Broadcast 1")
    second.chat.drop()
    left = await first.chat.hear("Broadcast 2", "Broadcast 2")
    assert {message["rid"] for message in left} == {chat_room, another_room}
    assert (await counts(first))[chat_room] == 1


async def test_several_rooms_at_once_are_kept_apart(talkers, chat_room, another_room):
    both, one = await talkers(2)
    await join(both, chat_room)
    await join(both, another_room)
    await join(one, another_room)
    await both.chat.hear("Broadcast 1")
    await both.chat.say(3, rid=chat_room, message="only here")
    (said,) = await both.chat.hear("Broadcast 3")
    assert said["rid"] == chat_room
    await both.chat.say(3, rid=another_room, message="大家好")
    for person in (both, one):
        (said,) = await person.chat.hear("Broadcast 3")
        assert (said["rid"], said["data"]["message"]) == (another_room, "大家好")


async def test_joining_again_gives_the_histories_again_and_is_no_news(talkers, chat_room):
    first, second = await talkers(2)
    await join(first, chat_room)
    await join(second, chat_room)
    await first.chat.hear("Broadcast 1")
    await second.chat.say(3, rid=chat_room, message="one")
    await second.chat.hear("Broadcast 3")
    assert [line["message"] for line in await join(second, chat_room)] == ["one"]
    await first.chat.hear("Broadcast 3")
    assert (await counts(first))[chat_room] == 2


async def test_histories_are_the_last_ten_oldest_first(talkers, chat_room):
    first, second = await talkers(2)
    assert await join(first, chat_room) == []
    said = []
    for number in range(13):
        await first.chat.say(3, rid=chat_room, message=f"remark {number}")
        (heard,) = await first.chat.hear("Broadcast 3")
        said.append(heard["data"])
    assert await join(second, chat_room) == said[-10:]


@pytest.mark.parametrize("text", ["", " ", "\u0000", "☃" * 2000, '"\\\n\u2028', "x" * 8192])
async def test_what_is_said_is_heard_letter_by_letter(talkers, chat_room, text):
    (person,) = await talkers(1)
    await join(person, chat_room)
    await person.chat.say(3, rid=chat_room, message=text)
    (heard,) = await person.chat.hear("Broadcast 3")
    assert heard["data"]["message"] == text
    assert (await join(person, chat_room))[-1]["message"] == text


async def test_refusals(talkers, chat_room):
    people = await talkers(3)
    first = people[0].chat
    for action, more in ((1, {}), (2, {}), (3, {"message": "x"})):
        await first.say(action, rid="nowhere", **more)
        await first.error("Room not found")
    for action, more in ((2, {}), (3, {"message": "x"})):
        await first.say(action, rid=chat_room, **more)
        await first.error("Room not subscribed")
    await first.say(4)
    await first.error("Action not found")
    for person in people[:2]:
        await join(person, "pair")
    await people[2].chat.say(1, rid="pair")
    await people[2].chat.error("Room is full")
    await people[1].chat.say(2, rid="pair")
    await people[1].chat.hear("Self 2")
    await join(people[2], "pair")


async def test_a_newer_connection_takes_over_and_begins_in_no_room(meet, talkers, chat_room):
    older, other = await talkers(2)
    for person in (older, other):
        await join(person, chat_room)
    newer = meet(uid=older.uid)
    await newer.to_chat()
    await older.chat.hear("Broadcast 1")
    await older.chat.refused("taken over by another connection", 1008)
    await other.chat.hear("Broadcast 2")
    await newer.chat.say(3, rid=chat_room, message="x")
    await newer.chat.error("Room not subscribed")
    await join(newer, chat_room)
    await other.chat.hear("Broadcast 1")


async def test_an_auth_token_opens_chat_and_gives_an_access_token(engine, dial):
    chat = await dial(engine, "chat")
    await chat.upgrade(credentials(uid=114, authToken="any"))
    (connect,) = await chat.hear("Connect with a token")
    assert connect["uid"] == 114


async def test_two_hundred_hear_everything_in_the_same_order(talkers, chat_room):
    members = await talkers(200)
    for person in members:
        await person.chat.say(1, rid=chat_room)
        await person.chat.until("Self 1")
    speakers = members[::50]
    for number in range(10):
        for speaker in speakers:
            await speaker.chat.say(3, rid=chat_room, message=f"{number}")

    async def all_heard(person: Person) -> list[tuple[int, str]]:
        count = 10 * len(speakers)
        said = [(await person.chat.until("Broadcast 3"))["data"] for _ in range(count)]
        return [(line["uid"], line["message"]) for line in said]

    heard = await asyncio.gather(*map(all_heard, members))
    assert all(one == heard[0] for one in heard)
    assert Counter(uid for uid, _ in heard[0]) == {speaker.uid: 10 for speaker in speakers}
    for speaker in speakers:  # each one's remarks in the order he made them
        mine = [text for uid, text in heard[0] if uid == speaker.uid]
        assert mine == [str(number) for number in range(10)]
