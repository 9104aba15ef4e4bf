"""From ready to the start of a match: 6, 7, the countdown, 8."""

from __future__ import annotations

import pytest
from engine_process import running
from people import gather_room, make_ready


@pytest.fixture(scope="module")
def patient(tmp_path_factory, quick_options):
    """An engine whose countdowns do not end while a test runs."""
    options = quick_options(techmino__start_seconds=600)
    with running(tmp_path_factory.mktemp("patient"), **options) as engine:
        yield engine


async def ready(person, listeners, *, ready=True):
    """Change somebody's readiness; everybody hears it, he too."""
    await person.play.say(6, ready=ready)
    for listener in listeners:
        assert await listener.play.receive() == {
            "type": "Broadcast",
            "action": 6,
            "data": {"uid": person.uid, "ready": ready},
        }


async def hear(people, name):
    for person in people:
        await person.play.hear(name)


async def test_when_all_are_ready_all_are_told(players, patient):
    people = await players(3, at=patient)
    await gather_room(people)
    await ready(people[0], people)
    await ready(people[1], people)
    await ready(people[2], people)
    for person in people:
        assert await person.play.receive() == {"type": "Server", "action": 7}


async def test_one_alone_is_not_enough(players, patient):
    (person,) = await players(1, at=patient)
    await person.create()
    await ready(person, [person])
    await person.play.say(4, message="and?")
    await person.play.hear("Broadcast 4")


async def test_ready_twice_is_told_twice_and_counts_once(players, patient):
    people = await players(2, at=patient)
    await gather_room(people)
    await ready(people[0], people)
    await ready(people[0], people)
    await ready(people[1], people)
    await hear(people, "Server 7")
    await ready(people[1], people)
    await people[0].play.say(4, message="no second countdown")
    await hear(people, "Broadcast 4")


async def test_who_is_not_ready_any_more_stops_the_countdown(players, patient):
    people = await players(2, at=patient)
    await gather_room(people)
    for person in people:
        await ready(person, people)
    await hear(people, "Server 7")
    await ready(people[0], people, ready=False)  # silently: nothing else is told
    await ready(people[0], people)
    await hear(people, "Server 7")  # so it had stopped


async def test_who_leaves_stops_the_countdown(players, patient):
    people = await players(3, at=patient)
    rid = await gather_room(people)
    for person in people:
        await ready(person, people)
    await hear(people, "Server 7")
    await people[2].leave()
    await hear(people[:2], "Broadcast 3")
    await hear(people[:2], "Server 7")  # the others are all ready: another one begins
    people[1].play.drop()
    await hear(people[:1], "Broadcast 3")
    await people[2].enter(rid)
    await hear(people[:1], "Broadcast 2")
    await ready(people[2], [people[0], people[2]])
    await hear([people[0], people[2]], "Server 7")


async def test_who_enters_does_not_stop_it(players, patient):
    *people, late = await players(3, at=patient)
    rid = await gather_room(people)
    for person in people:
        await ready(person, people)
    await hear(people, "Server 7")
    answer = await late.enter(rid)
    assert [player["ready"] for player in answer["data"]["players"]] == [True, True, False]
    await hear(people, "Broadcast 2")
    await ready(late, [*people, late])
    await late.play.say(4, message="no second countdown")
    await hear([*people, late], "Broadcast 4")


async def test_the_match_takes_readiness_away(players, room_type):
    people = await players(2)
    room = await gather_room(people, room_type)
    assert [listed["start"] for listed in await people[0].rooms(room_type)] == [False]
    rid = await make_ready(people)
    assert rid != room
    (listed,) = await people[0].rooms(room_type)
    assert listed["start"] is True
    (late,) = await players(1)
    answer = await late.enter(room)
    assert [player["ready"] for player in answer["data"]["players"]] == [False, False, False]
    assert await late.play.receive() == {"type": "Server", "action": 8, "data": {"rid": rid}}


async def test_ready_in_mid_match_starts_nothing(players):
    people = await players(2)
    await gather_room(people)
    await make_ready(people)
    for person in people:
        await ready(person, people)
    await people[0].play.say(4, message="nothing?")
    await hear(people, "Broadcast 4")


async def test_practice_can_be_allowed(launch, players, meet):
    engine = launch(techmino__practice="true")
    (person,) = await players(1, at=engine)
    await person.create("solo")
    rid = await make_ready([person])
    await person.to_stream(rid)
    await person.stream.hear("Server 0")
    await person.die(12134, 104.5)
    await person.stream.hear("Server 1")
    result = await person.play.until("Server 9")
    line = {"uid": person.uid, "place": 1, "score": 12134, "survivalTime": 104.5}
    assert result["data"] == {"start": False, "result": [line]}
    # He was the only one: nothing else keeps the room busy.
    await person.to_stream(await make_ready([person]))
    await person.stream.hear("Server 0")
    person.stream.drop()
    result = await person.play.until("Server 9")
    assert result["data"]["result"][0]["place"] == 1
