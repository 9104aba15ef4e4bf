"""Requests on `app` and `user` of a running engine: registration, profiles, limits."""

from __future__ import annotations

import asyncio

from parlour.actors.accounts import avatar_hash
from parlour.network import account_requests as ask


def registering(name, email, password="pw"):
    return {"action": 2, "data": {"username": name, "email": email, "password": password}}


async def app(engine):
    client = await engine.upgrade("app")
    await client.told()
    return client


async def test_a_player_registers_and_logs_in(engine):
    client = await app(engine)
    assert await client.ask(registering("koji", "K@j.jp")) == {
        "type": "Self",
        "action": 2,
        "data": {"message": "Welcome, koji!"},
    }
    user = await engine.upgrade("user", {"email": "k@J.jp", "password": "pw"})
    assert (await user.told())["uid"] == 1
    told = await user.ask({"action": 1})
    assert told == {
        "type": "Self",
        "action": 1,
        "data": {"uid": 1, "username": "koji", "motto": ""},
    }


async def test_what_cannot_be_registered_is_an_error(engine):
    await engine.add_account(name="koji", email="k@j.jp")
    client = await app(engine)
    for name, email, password, reason in (
        ("Koji", "x@j.jp", "pw", "Username is taken"),
        ("x", "K@J.jp", "pw", "Email is taken"),
        ("x\n", "x@j.jp", "pw", "Username is not valid"),
        ("x", "nowhere", "pw", "Email is not valid"),
        ("x", "", "pw", "Email is not valid"),
        ("x", "x@j.jp", "", "Password is not valid"),
    ):
        answer = await client.ask(registering(name, email, password))
        assert answer == {"type": "Error", "reason": reason}


async def test_registration_can_be_switched_off(start):
    engine = await start("techmino.register=false")
    client = await app(engine)
    answer = await client.ask(registering("koji", "k@j.jp"))
    assert answer == {"type": "Error", "reason": "Registration is closed"}


async def test_one_registration_at_a_time_and_nothing_else_waits_for_it(engine):
    client = await app(engine)
    client.send(registering("koji", "k@j.jp"))
    client.send(registering("maki", "m@j.jp"))
    client.send({"action": 1})
    told = [await client.told() for _ in range(3)]
    assert told[0] == {"type": "Error", "reason": "Too many requests"}
    assert told[1] == {"type": "Self", "action": 1, "notice": "Welcome"}
    assert told[2]["action"] == 2
    assert (await client.ask(registering("maki", "m@j.jp")))["type"] == "Self"


async def test_who_leaves_while_registering_is_registered_all_the_same(engine):
    client = await app(engine)
    client.send(registering("koji", "k@j.jp"))
    client.writer.close()
    async with asyncio.timeout(5):
        while True:
            user = await engine.upgrade("user", {"email": "k@j.jp", "password": "pw"})
            if (await user.told())["type"] == "Connect":
                break


async def test_accounts_made_at_once_have_uids_of_their_own(engine):
    clients = [await app(engine) for _ in range(5)]
    for number, client in enumerate(clients):
        client.send(registering(f"p{number}", f"p{number}@j.jp"))
    for client in clients:
        assert (await client.told())["type"] == "Self"
    uids = set()
    for number in range(5):
        user = await engine.upgrade("user", {"email": f"p{number}@j.jp", "password": "pw"})
        uids.add((await user.told())["uid"])
    assert uids == {1, 2, 3, 4, 5}


async def test_an_avatar_comes_to_who_has_another_one(engine):
    uid = await engine.add_account()
    avatar = "data:image/png;base64,AAAA"
    await engine.order(ask.SetAccount(uid=uid, avatar=avatar, motto="yarimasune"))
    token = await engine.token(uid, "auth")
    user = await engine.upgrade("user", {"uid": uid, "authToken": token})
    await user.told()
    plain = {"uid": uid, "username": "koji", "motto": "yarimasune"}
    whole = {**plain, "avatar": avatar, "hash": avatar_hash(avatar)}
    for known, data in (
        (None, plain),
        (False, plain),
        ("", whole),
        ("old", whole),
        (whole["hash"], plain),
    ):
        fields = {} if known is None else {"hash": known}
        assert (await user.ask({"action": 1, "data": {"uid": uid, **fields}}))["data"] == data


async def test_malformed_messages_never_close(engine):
    client = await app(engine)
    for _ in range(10):
        client.send_bytes(b"{")
    for _ in range(10):
        told = await client.told()
        assert told["type"] == "Warn"
        assert told["reason"].startswith("Wrong format: ")
    assert (await client.ask({"action": 1}))["notice"] == "Welcome"
    assert await client.ask({"action": 7}) == {"type": "Error", "reason": "Action not found"}


async def test_too_many_requests_are_refused(start):
    engine = await start("limits.messages_per_second=0.001", "limits.burst=2")
    client = await app(engine)
    for _ in range(3):
        client.send({"action": 1})
    told = [await client.told() for _ in range(3)]
    assert [words["type"] for words in told] == ["Self", "Self", "Error"]
    assert told[2]["reason"] == "Too many requests"


async def test_going_down_is_told(engine):
    client = await app(engine)
    engine.server.stop()
    assert await client.told() == {"type": "Error", "reason": "Server is not taking commands"}
    assert await client.close_code() == 1001
    engine.server.stop = lambda: None
