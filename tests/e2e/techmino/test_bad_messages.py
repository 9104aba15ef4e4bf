"""JSON that is no request, and requests that may not be: a Warn or an Error, and nothing else."""

from __future__ import annotations

import pytest
from people import keys, make_ready, places, result_of, start_match
from tech_link import BINARY, TEXT, credentials, frame

NO_REQUESTS = {
    "nothing": b"",
    "a word": b"hello",
    "half an object": b'{"action":',
    "two objects": b'{"action":1}{"action":1}',
    "a list": b"[]",
    "a list with an object": b'[{"action":1}]',
    "a number": b"1",
    "null": b"null",
    "a string": b'"action"',
    "NaN": b"NaN",
    "no action": b'{"data":{}}',
    "action null": b'{"action":null}',
    "action a string": b'{"action":"1"}',
    "action a bool": b'{"action":true}',
    "action a fraction": b'{"action":1.5}',
    "action a list": b'{"action":[1]}',
    "action NaN": b'{"action":NaN}',
    "action infinite": b'{"action":Infinity}',
    "action beyond all": b'{"action":1e999}',
    "single quotes": b"{'action':1}",
    "a comment": b'{"action":1 /* please */}',
    "a trailing comma": b'{"action":1,}',
    "a byte order mark": b'\xef\xbb\xbf{"action":1}',
    "a control character": b'{"action":1,"x":"\x01"}',
    "half a surrogate": b'{"action":1,"data":{"message":"\\ud800"},"x":"\\ud8',
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep in a field": b'{"action":1,"data":{"x":' + b"[" * 100_000,
}


@pytest.fixture
async def links(players, onlookers, dial, engine):
    """A connection to each endpoint, in the middle of a match, while others chat."""
    async with onlookers():
        first, second = await players(2)
        await start_match([first, second])
        await first.to_chat()
        app, user = await dial(engine, "app"), await dial(engine, "user")
        await app.upgrade()
        await app.hear("Connect")
        await user.upgrade(credentials(uid=first.uid, authToken="any"))
        await user.hear("Connect")
        first.play.pending()
        yield [app, user, first.chat, first.play, first.stream]
        # The other player noticed nothing of all that.
        await first.play_chunk(keys(1))
        (told,) = await second.stream.hear("Broadcast 5")
        assert told["data"]["stream"] == keys(1)


async def test_what_is_no_request_is_warned_of(links):
    for what, payload in NO_REQUESTS.items():
        for link in links:
            for opcode in (TEXT, BINARY):
                link.send_raw(frame(payload, opcode=opcode))
                assert await link.warned(), what


async def test_half_a_character_is_no_text(links):
    _, _, chat, play, stream = links
    broken = {
        chat: rb'{"action":3,"data":{"rid":"global","message":"\ud800"}}',
        play: rb'{"action":4,"data":{"message":"\udfff\ud800"}}',
        stream: rb'{"action":5,"data":{"stream":"\ud83d"}}',
    }
    for link, payload in broken.items():
        link.send_raw(frame(payload))
        await link.warned()


async def test_actions_nobody_knows_are_errors(links):
    for link in links:
        for action in (-1, 99, 2**31, 2**53, -(2**63)):
            await link.say(action)
            await link.error("Action not found")
        await link.send({"action": 99, "data": "whatever"})
        await link.error("Action not found")


async def test_integers_beyond_all_bounds_do_no_harm(links):
    for link in links:
        link.send_raw(frame(b'{"action":' + b"9" * 4000 + b"}"))
        assert (await link.receive())["type"] in ("Warn", "Error")


WRONG = {
    "app": [
        {"action": 0, "data": {"newestOnly": 1}},
        {"action": 0, "data": []},
        {"action": 0, "data": None},
        {"action": 2},
        {"action": 2, "data": {"username": "a", "email": "a@b.c"}},
        {"action": 2, "data": {"username": 1, "email": "a@b.c", "password": "x"}},
    ],
    "user": [
        {"action": 1, "data": {"uid": True}},
        {"action": 1, "data": {"uid": "114"}},
        {"action": 1, "data": {"uid": 114.5}},
        {"action": 1, "data": {"uid": 114, "hash": 1}},
        {"action": 1, "data": {"uid": 10**30}},
        {"action": 1, "data": 114},
    ],
    "chat": [
        {"action": 1},
        {"action": 1, "data": {}},
        {"action": 1, "data": {"rid": 1}},
        {"action": 1, "data": {"rid": None}},
        {"action": 1, "data": ["global"]},
        {"action": 2, "data": {"room": "global"}},
        {"action": 3, "data": {"rid": "global"}},
        {"action": 3, "data": {"rid": "global", "message": 1}},
        {"action": 3, "data": {"rid": "global", "message": None}},
        {"action": 3, "data": {"rid": "global", "message": {"a": "b"}}},
        {"action": 3, "data": {"rid": "global", "message": "x" * 8193}},
        {"action": 3, "data": {"rid": "global", "message": "☃" * 3000}},
    ],
    "play": [
        {"action": 0, "data": {"message": 1}},
        {"action": 0, "data": {"begin": "0"}},
        {"action": 0, "data": {"begin": True}},
        {"action": 0, "data": {"begin": -1}},
        {"action": 0, "data": {"count": -1}},
        {"action": 0, "data": {"count": 1.5}},
        {"action": 0, "data": {"count": 10**20}},
        {"action": 1, "data": {"type": 1}},
        {"action": 1, "data": {"name": ["x"]}},
        {"action": 1, "data": {"name": "x" * 10_000}},
        {"action": 1, "data": {"password": 114514}},
        {"action": 1, "data": {"password": "x" * 10_000}},
        {"action": 1, "data": {"config": {"das": 10}}},
        {"action": 1, "data": {"config": "x" * 8193}},
        {"action": 2},
        {"action": 2, "data": {"rid": 1}},
        {"action": 2, "data": {"password": "x"}},
        {"action": 4},
        {"action": 4, "data": {"message": True}},
        {"action": 4, "data": {"message": "x" * 8193}},
        {"action": 5, "data": {}},
        {"action": 5, "data": {"config": None}},
        {"action": 5, "data": {"config": "☃" * 3000}},
        {"action": 6},
        {"action": 6, "data": {"ready": 1}},
        {"action": 6, "data": {"ready": "true"}},
        {"action": 6, "data": {"ready": None}},
    ],
    "stream": [
        {"action": 4},
        {"action": 4, "data": {}},
        {"action": 4, "data": {"score": 1}},
        {"action": 4, "data": {"score": True, "survivalTime": 1}},
        {"action": 4, "data": {"score": "1", "survivalTime": 1}},
        {"action": 4, "data": {"score": None, "survivalTime": 1}},
        {"action": 4, "data": {"score": 1, "survivalTime": [1]}},
        {"action": 4, "data": {"score": 2**53 + 1, "survivalTime": 1}},
        {"action": 4, "data": {"score": 1, "survivalTime": 10**400}},
        {"action": 4, "data": {"score": 1, "survivalTime": -1e300}},
        {"action": 4, "data": {"score": float("nan"), "survivalTime": 1}},
        {"action": 4, "data": {"score": float("inf"), "survivalTime": 1}},
        {"action": 5},
        {"action": 5, "data": {"stream": 1}},
        {"action": 5, "data": {"stream": None}},
        {"action": 5, "data": {"stream": ["AyE="]}},
        {"action": 5, "data": {"stream": "A" * 65_537}},
    ],
}


async def test_wrong_fields_are_warned_of(links):
    for link in links:
        for message in WRONG[link.endpoint]:
            await link.send(message)
            assert await link.warned(), message


async def test_fields_nobody_asked_for_are_ignored(links):
    app, user, chat, play, stream = links
    for link, action, fields in ((app, 1, {}), (user, 1, {}), (chat, 0, {}), (play, 0, {})):
        message = {"action": action, "data": {**fields, "x": [{}]}, "type": "Self", "uid": 1}
        await link.send(message)
        await link.hear(f"Self {action}")
    assert stream.pending() == []


async def test_a_forged_uid_is_ignored(players):
    first, second, victim = await players(3)
    await start_match([first, second, victim])
    forged = {"uid": victim.uid, "sid": 2}
    await first.stream.send({"action": 5, "uid": victim.uid, "data": {"stream": "A", **forged}})
    for person in (second, victim):
        told = await person.stream.until("Broadcast 5")
        assert told["data"] == {"uid": first.uid, "stream": "A"}
    await first.play.send({"action": 4, "data": {"message": "it was me", **forged}})
    told = await second.play.until("Broadcast 4")
    assert (told["data"]["uid"], told["data"]["username"]) == (first.uid, first.name)
    death = {"score": 1, "survivalTime": 1, **forged}
    await first.stream.send({"action": 4, "data": death})
    told = await second.stream.until("Broadcast 4")
    assert told["data"]["uid"] == first.uid
    await second.die()
    assert places(await result_of([first, second, victim]))[victim.uid] == 1


async def test_nobody_enters_a_strangers_match_as_a_player(players, meet):
    people = await players(2)
    await people[1].enter(await people[0].create())
    rid = await make_ready(people)
    stranger = meet()
    await stranger.to_stream(rid)
    for person in people:
        await person.to_stream(rid)
    await stranger.stream.until("Server 0")
    await stranger.stream.send({"action": 5, "data": {"stream": "A", "uid": people[0].uid}})
    await stranger.stream.until("Error")
    assert stranger.stream.told[-1]["reason"] == "Watchers cannot send"
