"""Endpoint `play`: the list of rooms, creating, entering, talking in and leaving them."""

from __future__ import annotations

import re

import pytest
from people import Person, gather_room


def member(person: Person, *, sid: int, ready: bool = False) -> dict:
    return {
        "sid": sid,
        "uid": person.uid,
        "username": person.name,
        "config": person.config,
        "ready": ready,
    }


# --- the list -----------------------------------------------------------------------------------


async def test_an_empty_list_is_a_list(players, room_type):
    (person,) = await players(1)
    answer = await person.play.ask(0, message=room_type)
    assert answer == {"type": "Self", "action": 0, "roomList": []}
    await person.play.send({"action": 0})
    await person.play.hear("Self 0")


async def test_a_room_is_listed_as_it_is(players, room_type):
    creator, guest = await players(2)
    await creator.create(room_type, name="test 1")
    await guest.create(room_type, name="test 2", password="114514")
    first, second = await creator.rooms(room_type)
    assert {**first, "rid": ""} == {
        "rid": "",
        "name": "test 1",
        "type": room_type,
        "private": False,
        "start": False,
        "count": 1,
        "capacity": 6,
    }
    assert (second["name"], second["private"]) == ("test 2", True)
    assert first["rid"] != second["rid"]
    for room in (first, second):
        assert re.fullmatch(r"[\w-]{22,}", room["rid"])


async def test_filter_first_then_window_in_order_of_creation(players, room_type):
    people = await players(8)
    for number, person in enumerate(people):
        await person.create(room_type, name=f"number {number}")
    names = [f"number {number}" for number in range(8)]
    person = people[0]

    async def listed(**wanted):
        answer = await person.play.ask(0, **wanted)
        return [room["name"] for room in answer["roomList"]]

    for kind in (room_type, room_type.upper()):
        for field in ("message", "type"):
            assert await listed(**{field: kind}) == names
    assert await listed(message=room_type, begin=2, count=3) == names[2:5]
    assert await listed(message=room_type, begin=7) == names[7:]
    assert await listed(message=room_type, begin=8) == []
    assert await listed(message=room_type, count=0) == []
    assert await listed(message=room_type, begin=2**53, count=2**53) == []
    assert await listed(message="no such type") == []
    await people[3].leave()
    assert await listed(message=room_type, begin=2, count=2) == [names[2], names[4]]


async def test_ten_are_listed_when_no_number_is_given_and_never_more_than_a_hundred(launch, meet):
    engine = launch()
    people = [meet(at=engine) for _ in range(103)]
    for person in people:
        await person.to_play()
        await person.play.say(1, name=str(person.uid))
        await person.play.hear("Self 2")
    names = [str(person.uid) for person in people]
    for wanted, first, last in (
        ({}, 0, 10),
        ({"message": None}, 0, 10),
        ({"begin": 5}, 5, 15),
        ({"count": 100}, 0, 100),
        ({"count": 101}, 0, 100),
        ({"begin": 1, "count": 5000}, 1, 101),
    ):
        answer = await people[-1].play.ask(0, **wanted)
        assert [room["name"] for room in answer["roomList"]] == names[first:last]


# --- creating and entering ----------------------------------------------------------------------


async def test_creating_is_entering(players):
    (person,) = await players(1)
    answer = await person.play.ask(1, type="classic", name="test 4", config=person.config)
    assert answer == {
        "type": "Self",
        "action": 2,
        "data": {
            "sid": 0,
            "ready": False,
            "histories": [],
            "players": [member(person, sid=0)],
        },
    }


async def test_what_is_not_given_has_a_default(players):
    (person,) = await players(1)
    before = {room["rid"] for room in await person.rooms("classic")}
    for request in ({"action": 1}, {"action": 1, "data": {}}):
        await person.play.send(request)
        (entered,) = await person.play.hear("Self 2")
        assert entered["data"]["players"][0]["config"] == ""
        (room,) = [r for r in await person.rooms("classic") if r["rid"] not in before]
        assert (room["type"], room["name"], room["private"]) == ("classic", "classic room", False)
        await person.leave()


@pytest.mark.parametrize(
    ("kind", "capacity"), [("solo", 2), ("classic", 6), ("r49", 49), ("R99", 99), ("unlimited", 0)]
)
async def test_types_have_their_capacities(players, kind, capacity):
    (person,) = await players(1)
    rid = await person.create(kind)
    (room,) = [room for room in await person.rooms(kind) if room["rid"] == rid]
    assert room["type"] == kind.lower()
    assert room["capacity"] == capacity or room["capacity"] > 1000


async def test_who_enters_finds_everybody_and_the_last_ten_remarks(players):
    first, second = await players(2)
    rid = await first.create()
    said = []
    for number in range(12):
        await first.play.say(4, message=f"remark {number}")
        said.append((await first.play.until("Broadcast 4"))["data"])
    await first.play.say(6, ready=True)
    await first.play.until("Broadcast 6")
    assert await second.enter(rid) == {
        "type": "Self",
        "action": 2,
        "data": {
            "sid": 1,
            "ready": False,
            "histories": said[-10:],
            "players": [member(first, sid=0, ready=True), member(second, sid=1)],
        },
    }
    assert await first.play.receive() == {
        "type": "Broadcast",
        "action": 2,
        "data": member(second, sid=1),
    }


async def test_the_lowest_free_seat_is_taken(players):
    people = await players(4)
    rid = await gather_room(people[:3])
    await people[1].leave()
    (told,) = await people[0].play.hear("Broadcast 3")
    assert told["data"] == {"uid": people[1].uid, "username": people[1].name, "sid": 1}
    answer = await people[3].enter(rid)
    assert answer["data"]["sid"] == 1
    assert [player["sid"] for player in answer["data"]["players"]] == [0, 1, 2]


async def test_a_password_is_asked_for_and_kept_secret(players, engine):
    first, second = await players(2)
    rid = await first.create(password="a very secret word")
    for wrong in ({}, {"password": ""}, {"password": "wrong"}, {"password": "a very secret word "}):
        await second.play.say(2, rid=rid, **wrong)
        await second.play.error("Password is incorrect")
    await second.play.say(2, rid=rid, password="a very secret word")
    await second.play.hear("Self 2")
    for file in engine.data.iterdir():
        if file.is_file():
            assert b"a very secret word" not in file.read_bytes()


async def test_refusals(players, room_type):
    first, second, third = await players(3)
    await first.play.say(1, type="no such type")
    await first.play.error("Type not found")
    await first.play.say(2, rid="nowhere")
    await first.play.error("Room not found")
    for action, more in (
        (3, {}),
        (4, {"message": "x"}),
        (5, {"config": "x"}),
        (6, {"ready": True}),
    ):
        await first.play.say(action, **more)
        await first.play.error("Room not subscribed")
    for action in (7, 8, 9, -1):
        await first.play.say(action)
        await first.play.error("Action not found")
    rid = await first.create("solo", name="two only")
    for action, more in ((1, {}), (2, {"rid": rid}), (2, {"rid": "nowhere"})):
        await first.play.say(action, **more)
        await first.play.error("Can only subscribe one room")
    await second.enter(rid)
    assert await third.enter(rid) == {"type": "Error", "reason": "Room is full"}
    # None of this was news to anybody.
    await first.play.hear("Broadcast 2")
    await first.play.say(4, message="x")
    await first.play.hear("Broadcast 4")


# --- in the room --------------------------------------------------------------------------------


async def test_remarks_go_to_all_configs_to_the_others(players):
    first, second, outsider = await players(3)
    rid = await gather_room([first, second])
    await first.play.say(4, message="yarimasune!")
    for person in (first, second):
        said = await person.play.until("Broadcast 4")
        assert {**said["data"], "time": ""} == {
            "uid": first.uid,
            "username": first.name,
            "time": "",
            "message": "yarimasune!",
        }
    await second.play.say(5, config="123u9812yehiohsenhfo9u8p")
    assert await first.play.receive() == {
        "type": "Broadcast",
        "action": 5,
        "data": {"uid": second.uid, "config": "123u9812yehiohsenhfo9u8p"},
    }
    await second.play.say(4, message="not told to me")
    await second.play.hear("Broadcast 4")
    await outsider.play.say(0)
    await outsider.play.hear("Self 0")
    answer = await outsider.enter(rid)
    assert answer["data"]["players"][1]["config"] == "123u9812yehiohsenhfo9u8p"


async def test_leaving_is_answered_with_an_object_and_told_with_the_seat(players):
    first, second = await players(2)
    await gather_room([first, second])
    assert await second.play.ask(3) == {"type": "Self", "action": 3, "data": {}}
    assert await first.play.receive() == {
        "type": "Broadcast",
        "action": 3,
        "data": {"uid": second.uid, "username": second.name, "sid": 1},
    }
    await second.create()


async def test_closing_the_socket_leaves_and_an_empty_room_ends(players, room_type):
    first, second, third = await players(3)
    rid = await gather_room([first, second], room_type)
    first.play.drop()
    await second.play.until("Broadcast 3", uid=first.uid)
    assert [room["count"] for room in await third.rooms(room_type)] == [1]
    await second.leave()
    assert await third.rooms(room_type) == []
    assert await third.enter(rid) == {"type": "Error", "reason": "Room not found"}


async def test_a_newer_connection_begins_outside(players, meet, room_type):
    older, other = await players(2)
    rid = await gather_room([older, other], room_type)
    newer = meet(uid=older.uid)
    await newer.to_play()
    await older.play.cut(1008)
    await other.play.until("Broadcast 3", uid=older.uid)
    await newer.play.say(4, message="x")
    await newer.play.error("Room not subscribed")
    assert (await newer.enter(rid))["data"]["sid"] == 0
