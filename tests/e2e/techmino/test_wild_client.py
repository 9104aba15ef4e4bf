"""Existing clients (v0.14.5, v0.14.6), byte by byte as they are."""

from __future__ import annotations

import asyncio
import json

import pytest
from people import keys, make_ready, places, result_of, seed_of
from record_bytes import chunk
from tech_link import TEXT, WILD_KEY, credentials, frame, request

PIECES = ("one", "two", "byte")


def test_the_example_is_what_the_clients_send():
    body = b'{"uid":114,"authToken":"B1234EC0-64A8-46E7-964A-12D45ACFC68B"}'
    head, _ = request("user", "127.0.0.1:10026", body, key=WILD_KEY)
    assert head == (
        b"GET /tech/socket/v1/user HTTP/1.1\r\n"
        b"Host: 127.0.0.1:10026\r\n"
        b"Connection: Upgrade\r\n"
        b"Upgrade: websocket\r\n"
        b"Content-Type: application/json\r\n"
        b"Content-Length: 62\r\n"
        b"Sec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: osT3F7mvlojIvf3/8uIsJQ==\r\n\r\n"
    )
    assert frame(b"ab", opcode=TEXT, mask=bytes((1, 14, 5, 14))) == bytes(
        (0x81, 0x82, 1, 14, 5, 14, ord("a") ^ 1, ord("b") ^ 14)
    )


@pytest.mark.parametrize("pieces", PIECES)
async def test_two_clients_go_from_login_to_result(engine, meet, dial, pieces):
    people = []
    for number in range(2):
        app = await dial(engine, "app", wild=True)
        await app.upgrade(b"", pieces=pieces)
        await app.hear("Connect")
        email = f"wild-{pieces}-{number}@bar.com"
        account = {"username": f"wild {pieces} {number}", "email": email, "password": "FooBar"}
        await app.say(2, **account)
        await app.hear("Self 2")
        user = await dial(engine, "user", wild=True)
        await user.upgrade(credentials(email=email, password="FooBar"), pieces=pieces)
        (connect,) = await user.hear("Connect with a token")
        await user.say(0)
        (answer,) = await user.hear("Self 0")
        person = meet(wild=True, uid=connect["uid"], token=answer["accessToken"])
        person.name = account["username"]
        people.append(person)
        await person.to_play(pieces=pieces)
    first, second = people

    # It creates rooms with fields that only later versions know.
    name = f"wild room {pieces}"
    more = {"capacity": 2, "roomData": {"type": "solo"}, "password": "114514"}
    await first.play.say(1, type="solo", name=name, config=first.config, **more)
    (entered,) = await first.play.hear("Self 2")
    me = {"sid": 0, "uid": first.uid, "username": first.name, "config": first.config}
    assert entered["data"]["players"] == [{**me, "ready": False}]
    (room,) = [room for room in await second.rooms("Solo", begin=0) if room["name"] == name]
    assert (await second.enter(room["rid"]))["reason"] == "Password is incorrect"
    await second.play.say(2, rid=room["rid"], password="114514", config=second.config)
    await second.play.hear("Self 2")
    await first.play.hear("Broadcast 2")

    rid = await make_ready(people)
    for person in people:
        await person.to_stream(rid, pieces=pieces)
    await seed_of(people)
    example = "AyEAgYD+8IHwhgE="
    for text in (keys(1), example, chunk((1, 0))):
        await first.play_chunk(text)
        assert (await second.stream.until("Broadcast 5"))["data"]["stream"] == text
    await second.die()
    await first.stream.hear("Broadcast 4")
    result = await result_of(people)
    assert places(result) == {first.uid: 1, second.uid: 2}
    for person in people:
        await person.stream.hear("Server 1")


@pytest.mark.parametrize("endpoint", ["app", "user", "chat", "play", "stream"])
async def test_only_they_are_told_a_content_length_in_lower_case(engine, dial, players, endpoint):
    bodies = {"app": b"", "user": credentials(email=f"{endpoint}@b.c", password="x")}
    bodies["chat"] = bodies["play"] = credentials(uid=888, accessToken="any")
    if endpoint == "stream":
        rid = await make_ready_room(players)
        bodies["stream"] = credentials(uid=888, accessToken="any", rid=rid)
    wild = await dial(engine, endpoint, wild=True)
    await wild.upgrade(bodies[endpoint])
    assert wild.status == 101
    assert wild.header("content-length") == "0"
    assert "\r\ncontent-length: 0\r\n" in wild.head.decode()
    assert (await wild.receive())["type"] == "Connect"
    tame = await dial(engine, endpoint)
    await tame.upgrade(bodies[endpoint])
    assert tame.status == 101
    assert b"content-length" not in tame.head.lower()
    assert (await tame.receive())["type"] == "Connect"


async def make_ready_room(players):
    """Return the rid of a match that waits for its players."""
    people = await players(2)
    await people[1].enter(await people[0].create())
    return await make_ready(people)


async def test_each_frame_for_them_is_a_write_of_its_own(launch, players, meet):
    engine = launch(techmino__start_seconds=600)
    tame, other = await players(2, at=engine)
    (wild,) = await players(1, at=engine, wild=True)
    room = await tame.create()
    for person in (wild, other):
        await person.enter(room)
        await person.play.say(6, ready=True)
        await person.play.until("Broadcast 6")
    await tame.play.until("Broadcast 6", uid=other.uid)
    for _ in range(20):
        await tame.play.say(6, ready=True)
        for person in (tame, other):  # what one command causes leaves together
            await person.play.until("Broadcast 6", uid=tame.uid)
            await person.play.until("Server 7")
        await wild.play.until("Broadcast 6", uid=tame.uid)
        await wild.play.hear("Server 7")
        await tame.play.say(6, ready=False)
        for person in (tame, other, wild):
            await person.play.until("Broadcast 6", ready=False)
    # The answer to the upgrade is a piece too.
    assert wild.play.segments_in() == wild.play.frames + 1
    assert wild.play.torn == 0
    # Not all of the twenty pairs: a busy machine may tell the count and its cause apart.
    assert tame.play.segments_in() <= tame.play.frames - 10


async def test_they_are_not_sent_to_a_match_they_could_only_watch(players, meet, engine):
    people = await players(2)
    room = await people[0].create()
    await people[1].enter(room)
    wild, tame = meet(wild=True), meet()
    rid = await make_ready(people)
    for late in (wild, tame):
        await late.to_play()
        assert (await late.enter(room))["data"]["sid"] >= 2
    (go,) = await tame.play.hear("Server 8")
    assert go["data"]["rid"] == rid
    # What is asked now is answered next: nothing came in between.
    await wild.play.say(4, message="nothing?")
    heard = await wild.play.receive()
    while wild.play.names[-1] == "Broadcast 2":
        heard = await wild.play.receive()
    assert heard["data"]["message"] == "nothing?"
    # He plays in the next one.
    await asyncio.gather(*(person.to_stream(rid) for person in people))
    await seed_of(people)
    await people[0].die()
    await result_of([*people, wild, tame])
    everybody = [*people, wild, tame]
    second = await make_ready(everybody)
    assert second != rid


async def test_what_they_ask_for_in_binary_frames_is_answered_in_text(engine, dial):
    app = await dial(engine, "app", wild=True)
    await app.upgrade()
    await app.hear("Connect")
    app.send_raw(frame(json.dumps({"action": 1}).encode(), opcode=2, mask=app.mask))
    await app.hear("Self 1")
    assert app.opcodes == {TEXT}
