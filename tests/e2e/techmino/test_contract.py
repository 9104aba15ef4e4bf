"""Every JSON message of the protocol, with its field names and types, endpoint by endpoint.

Requests are sent as the protocol's examples have them, but for names that only a running engine
knows; answers and broadcasts are compared with `contract.TOLD`, field by field, by the client
itself. What this file adds is that none is left out.
"""

from __future__ import annotations

import pytest
from accounts import png
from contract import TOLD, fits, name_of
from engine_process import parlour
from people import begin, keys, make_ready, result_of
from tech_link import credentials


def all_told(endpoint, *links):
    """Every message of the endpoint was seen."""
    seen = {name for link in links if link.endpoint == endpoint for name in link.names}
    assert set(TOLD[endpoint]) <= seen, set(TOLD[endpoint]) - seen


async def test_app(engine, dial):
    app = await dial(engine, "app")
    await app.upgrade()
    await app.hear("Connect")
    await app.send({"action": 0, "data": {"newestOnly": True}})
    await app.hear("Self 0, newest only")
    await app.send({"action": 0, "data": {"newestOnly": False}})
    await app.hear("Self 0")
    await app.send({"action": 0})
    await app.hear("Self 0")
    await app.send({"action": 1})
    await app.hear("Self 1")
    account = {"username": "tadokoro_koji", "email": "foo@bar.com", "password": "FooBarBazQux"}
    await app.send({"action": 2, "data": account})
    await app.hear("Self 2")
    await app.send({"action": 2, "data": account})
    await app.hear("Error")
    await app.send({"action": "0"})
    await app.hear("Warn")
    all_told("app", app)


async def test_user(engine, dial, tmp_path):
    first, second = await dial(engine, "user"), await dial(engine, "user")
    await first.upgrade(credentials(email="user@bar.com", password="FooBarBazQux"))
    (connect,) = await first.hear("Connect with a token")
    uid = connect["uid"]
    await second.upgrade(credentials(uid=uid, authToken=connect["authToken"]))
    await second.hear("Connect")
    await first.send({"action": 0})
    await first.hear("Self 0")
    await first.send({"action": 1, "data": {"uid": uid, "hash": "asdqwniasd12e21edqwad"}})
    await first.hear("Self 1")
    file = tmp_path / "me.png"
    file.write_bytes(png(7))
    setting = ("account", "set", "--uid", uid, "--avatar", file, "--data", engine.data)
    assert parlour(*setting).code == 0
    await first.send({"action": 1, "data": {"uid": uid, "hash": "asdqwniasd12e21edqwad"}})
    await first.hear("Self 1 with an avatar")
    await first.send({"action": 1})
    await first.hear("Self 1")
    await first.send({"action": 1, "data": {"uid": 987654321}})
    await first.error("ID not found: 987654321")
    await first.send({"action": 1, "data": {"uid": "114"}})
    await first.hear("Warn")
    all_told("user", first, second)


async def test_chat(meet, dial, engine, chat_room):
    first, second = meet(), meet()
    await first.to_chat()
    second.chat = await second.link("chat").open(engine.http)
    await second.chat.upgrade(credentials(uid=second.uid, authToken="any"))
    await second.chat.hear("Connect with a token")
    for person in (first, second):
        await person.chat.send({"action": 1, "data": {"rid": chat_room}})
        await person.chat.hear("Self 1")
    await first.chat.hear("Broadcast 1")
    await first.chat.send({"action": 0})
    await first.chat.hear("Self 0")
    said = {"rid": chat_room, "message": "yarimasune!"}
    await second.chat.send({"action": 3, "data": said})
    for person in (first, second):
        await person.chat.hear("Broadcast 3")
    await first.chat.send({"action": 1, "data": {"rid": chat_room}})
    (again,) = await first.chat.hear("Self 1")
    assert again["data"]["histories"][0]["message"] == "yarimasune!"
    await second.chat.send({"action": 2, "data": {"rid": chat_room}})
    await second.chat.hear("Self 2")
    await first.chat.hear("Broadcast 2")
    await second.chat.send({"action": 3, "data": said})
    await second.chat.hear("Error")
    await second.chat.send({"action": 3, "data": {}})
    await second.chat.hear("Warn")
    all_told("chat", first.chat, second.chat)


async def test_play_and_stream(players, meet):
    first, second, third = await players(3)
    config = "asdqwe12eesad21asasd21d45"
    creation = {"type": "solo", "name": f"test {first.uid}", "password": "114514", "config": config}
    await first.play.send({"action": 1, "data": creation})
    await first.play.hear("Self 2")
    await second.play.send({"action": 0, "data": {"message": "Solo", "begin": 0, "count": 100}})
    (listed,) = await second.play.hear("Self 0")
    (rid,) = [room["rid"] for room in listed["roomList"] if room["name"] == creation["name"]]
    await first.play.send({"action": 4, "data": {"message": "yarimasune!"}})
    await first.play.hear("Broadcast 4")
    entrance = {"rid": rid, "password": "114514", "config": config}
    await second.play.send({"action": 2, "data": entrance})
    (entered,) = await second.play.hear("Self 2")
    assert len(entered["data"]["histories"]) == 1
    assert len(entered["data"]["players"]) == 2
    await first.play.hear("Broadcast 2")
    await third.play.send({"action": 2, "data": entrance})
    await third.play.hear("Error")
    await third.play.send({"action": 2})
    await third.play.hear("Warn")
    await first.play.send({"action": 5, "data": {"config": "123u9812yehiohsenhfo9u8p"}})
    await second.play.hear("Broadcast 5")
    for person in (first, second):
        await person.play.send({"action": 6, "data": {"ready": True}})
        for hearer in (first, second):
            await hearer.play.hear("Broadcast 6")
    for person in (first, second):
        _, go = await person.play.hear("Server 7", "Server 8")

    match = go["data"]["rid"]
    watcher = meet()
    await watcher.to_stream(match)
    await begin([first, second], match)
    await watcher.stream.hear("Broadcast 2", "Broadcast 2", "Server 0")
    await first.stream.send({"action": 5, "data": {"stream": "23810j0djqe0291esj"}})
    await second.stream.until("Broadcast 5")
    dead = {"score": 12134, "survivalTime": 104}
    await first.stream.send({"action": 4, "data": dead})
    await second.stream.hear("Broadcast 4", "Server 1")
    await watcher.stream.hear("Broadcast 5", "Broadcast 4", "Server 1")
    await watcher.stream.send({"action": 4, "data": dead})
    await watcher.stream.hear("Error")
    await watcher.stream.send({"action": 4, "data": {}})
    await watcher.stream.hear("Warn")
    await result_of([first, second])

    again = await make_ready([first, second])
    await watcher.to_stream(again)
    await begin([first, second], again)
    await first.play_chunk(keys(1))
    second.stream.drop()
    await watcher.stream.until("Server 3")
    await result_of([first, second])

    await second.play.send({"action": 3})
    await second.play.hear("Self 3")
    await first.play.hear("Broadcast 3")
    all_told("play", first.play, second.play)
    all_told("stream", *first.links, *second.links, *watcher.links)


def test_the_contract_is_strict():
    error = {"type": "Error", "reason": "x"}
    assert name_of("play", error) == "Error"
    for wrong in (
        {},
        {"type": "Error"},
        {**error, "more": 1},
        {**error, "reason": 1},
        {"type": "Self", "action": True},
        {"type": "Server", "action": 8, "data": {"rid": 1}},
        {"type": "Server", "action": 8, "data": {"rid": "x", "uid": 1}},
        {"type": "Warn", "reason": "not in this form"},
    ):
        with pytest.raises(AssertionError):
            name_of("play", wrong)
    assert not fits(True, int)
    assert not fits(True, float)
    assert not fits(1, bool)
    assert fits(1, float)
