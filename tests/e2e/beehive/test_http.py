"""/im/register, /im/iplist, /im/push and tokens: who may what, and what comes of it."""

from __future__ import annotations

import asyncio

import pytest
from bee_http import get, push
from engine_process import parlour


def account(engine, *words):
    """Run a command of `parlour account` beside the engine."""
    done = parlour("account", *words, "--data", engine.data, "--json")
    assert done.code == 0, done
    return done.json()


async def newcomer(engine, **query):
    """Make an account as a client does."""
    status, answer = await get(engine, "register", **query)
    assert (status, answer["code"], answer["errmsg"]) == (200, 0, "Ok"), answer
    assert answer["uid"]
    assert answer["sid"]
    return answer


async def is_let_in(meet, engine, answer, code=0, **changes):
    """Come online with what HTTP gave."""
    wanted = {**answer, **changes}
    device = meet(at=engine, uid=wanted["uid"], sid=wanted["sid"])
    device.token = wanted["token"]
    await device.connect()
    await device.online(code=code)
    return device


async def test_register_gives_a_device_and_says_where_from(hive, meet, uid):
    status, answer = await get(hive, "register", uid=uid, nation="CN", city="北京", town="x")
    assert (status, answer["code"], answer["uid"]) == (200, 0, uid)
    assert (answer["nation"], answer["city"], answer["town"]) == ("CN", "北京", "x")
    again = await newcomer(hive, uid=uid)
    assert again["sid"] != answer["sid"]
    for device in (answer, again):
        await is_let_in(meet, hive, device)


async def test_a_queue_begins_when_a_device_is_made(hive, come, meet):
    answer = await newcomer(hive)
    (sender,) = await come()
    await sender.ask("CHAT", duid=answer["uid"], text="welcome")
    device = await is_let_in(meet, hive, answer)
    await device.ask("SYNC")
    await device.hear("CHAT", text="welcome")


async def test_what_is_no_question_is_answered_400(hive, uid):
    for path, query in (
        ("iplist", {}),
        ("iplist", {"type": 3, "uid": uid, "sid": 1}),
        ("iplist", {"type": 1, "uid": "x", "sid": 1}),
        ("iplist", {"type": 1, "uid": -1, "sid": 1}),
        ("register", {"uid": 2**80}),
        ("history", {"uid": uid}),
    ):
        status, answer = await get(hive, path, **query)
        assert status == 400, (path, query, answer)
        assert answer["code"] == 20011
        assert answer["errmsg"]


async def test_a_sid_of_somebody_else_is_not_given(hive, come):
    a, b = await come(2)
    status, answer = await get(hive, "iplist", type=1, uid=a.uid, sid=b.sid)
    assert (status, answer["code"]) == (403, 20008)


async def test_pushes_get_to_whom_they_are_for(hive, come):
    a, b, c = await come(3)
    gid = (await a.ask("GROUP-CREAT", name="g"))["gid"]
    await b.ask("GROUP-JOIN", gid=gid)
    for body, text, data in ((b"caf\xc3\xa9", "café", None), (b"\xff\0", "", b"\xff\0")):
        status, answer = await push(hive, "group", body, gid=gid)
        assert (status, answer["code"]) == (200, 0)
        for device in (a, b):
            heard = await device.hear("GROUP-CHAT", uid=0, gid=gid, text=text)
            assert heard.fields.get("data") == data
        status, answer = await push(hive, "broadcast", body, expire=7)
        assert (status, answer["code"]) == (200, 0)
        for device in (a, b, c):
            heard = await device.hear("BC", msgid=answer["msgid"], text=text, expire=7)
            assert heard.fields.get("data") == data
    await a.ask("BC", code=10005, text="I am no operator")
    status, answer = await push(hive, "user", b"\xff", uid=c.uid)
    assert (status, answer["code"]) == (200, 0)
    assert (await c.hear("P2P", suid=0, duid=c.uid))["data"] == b"\xff"


async def test_pushes_that_cannot_be_are_refused(hive, uid):
    for dim, body, query, status, code in (
        ("everywhere", b"x", {}, 400, 20011),
        ("room", b"x", {}, 400, 20011),
        ("room", b"", {"rid": 1}, 400, 20011),
        ("room", b"x" * 65_537, {"rid": 1}, 413, 10018),
        ("group", b"x", {"gid": 59_999}, 404, 10006),
        ("user", b"x", {"uid": 59_999}, 404, 10006),
        ("room", b"x", {"rid": 59_999}, 404, 10006),
        ("room", b"x", {"rid": 1, "expire": "soon"}, 400, 20011),
    ):
        found, answer = await push(hive, dim, body, **query)
        assert (found, answer["code"]) == (status, code), (dim, answer)


# --- with accounts --------------------------------------------------------------------------


async def test_without_a_proof_nothing_is_told(guard):
    made = await newcomer(guard)
    uid, sid = made["uid"], made["sid"]
    for token in ({}, {"token": "x"}, {"token": made["token"][:-1]}, {"password": "x"}):
        for path, query in (
            ("register", {"uid": uid}),
            ("iplist", {"type": 1, "uid": uid, "sid": sid}),
            ("history", {"uid": uid, "rid": 1}),
        ):
            status, answer = await get(guard, path, **query, **token)
            assert (status, answer["code"]) == (401, 20008), (path, token, answer)
            assert "token" not in answer
    status, answer = await get(guard, "iplist", type=1, uid=59_999, sid=1, token=made["token"])
    assert status == 401
    for token in ("", "x", made["token"]):
        status, answer = await push(guard, "broadcast", b"x", token=token)
        assert (status, answer["code"]) == (401, 20008)


async def test_a_device_token_is_good_for_its_uid_and_sid_alone(guard, meet):
    made, other = await newcomer(guard), await newcomer(guard)
    query = {"type": 2, "uid": made["uid"], "sid": made["sid"], "token": made["token"]}
    status, listed = await get(guard, "iplist", **query)
    assert (status, listed["sid"], listed["type"]) == (200, made["sid"], 2)
    assert listed["list"] == [guard.addresses["http"]]
    await is_let_in(meet, guard, listed)
    device = await is_let_in(meet, guard, made)
    second = await newcomer(guard, uid=made["uid"], token=made["token"])
    await is_let_in(meet, guard, second)
    token = made["token"]
    middle = len(token) // 2
    damaged = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    for changes in (
        {"sid": second["sid"]},
        {"uid": other["uid"], "sid": other["sid"]},
        {"token": damaged},
        {"token": ""},
        {"token": "x" * 5000},
    ):
        refused = await is_let_in(meet, guard, made, code=20008, **changes)
        refused.link.drop()
    await device.still_lives()


async def test_operators_tokens_and_passwords(guard, meet):
    made = await newcomer(guard, password="correct horse")
    uid = made["uid"]
    status, _ = await get(guard, "iplist", type=1, uid=uid, sid=0, password="wrong horse")
    assert status == 401
    status, listed = await get(guard, "iplist", type=1, uid=uid, sid=0, password="correct horse")
    assert status == 200
    device = await is_let_in(meet, guard, listed)
    run = asyncio.to_thread
    await run(account, guard, "set", "--uid", uid, "--operator")
    given, stored, short = await asyncio.gather(
        run(account, guard, "token", "--uid", uid, "--kind", "operator"),
        run(account, guard, "token", "--uid", uid, "--kind", "beehive", "--sid", made["sid"]),
        run(account, guard, "token", "--uid", uid, "--kind", "beehive", "--seconds", 0.01),
    )
    status, told = await push(guard, "broadcast", b"by an operator", token=given["token"])
    assert (status, told["code"]) == (200, 0)
    await device.hear("BC", text="by an operator")
    await device.ask("ROOM-JOIN", rid=7)
    status, told = await get(guard, "history", rid=7, uid=uid, token=made["token"])
    assert (status, told["list"]) == (200, [])
    await device.ask("BC", text="by his own command")
    status, _ = await push(guard, "broadcast", b"x", token=stored["token"])
    assert status == 401
    await is_let_in(meet, guard, made, token=stored["token"])
    refused = await is_let_in(meet, guard, made, code=20008, token=short["token"])
    refused.link.drop()
    old = meet(at=guard, uid=uid, dialect="v1")
    old.token = stored["token"]
    await old.come()
    old.token = "x"
    await old.connect()
    await old.online(code=20008)


async def test_a_flood_meets_the_rate_limit_and_nobody_else_notices(guard, meet):
    calm = await is_let_in(meet, guard, await newcomer(guard))
    for dialect, way in (("v2", "tcp"), ("pb", "websocket")):
        made = await newcomer(guard)
        device = meet(at=guard, uid=made["uid"], sid=made["sid"], dialect=dialect, way=way)
        device.token = made["token"]
        await device.come()
        for _ in range(300):
            device.send("PING")
        await device.refused(10022)
        await calm.still_lives()
        assert not device.link.ended


@pytest.mark.parametrize("dialect", ["v2", "pb"])
async def test_an_operator_kicks_a_user_off_all_his_devices(hive, come, meet, dialect):
    (other,) = await come(dialect=dialect)
    first = await meet(dialect=dialect).come()
    second = await meet(uid=first.uid, dialect=dialect).come()
    done = await asyncio.to_thread(
        parlour, "kick", "--uid", first.uid, "--reason", "house rules", "--data", hive.data
    )
    assert done.code == 0, done
    for device in (first, second):
        kick = await device.hear("KICK", code=10005)
        assert "house rules" in kick["errmsg"]
        device.send("KICK-ACK", seq=kick.seq)
        await device.link.when(lambda device=device: device.link.ended)
    await other.quiet()
    await first.come()
