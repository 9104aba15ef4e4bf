"""Upgrades, with credentials in every place they may stand, good and bad."""

from __future__ import annotations

import asyncio
import re
import threading

import msgspec
import pytest

from parlour.network import account_requests as ask
from parlour.network import passwords
from parlour.network.techmino.entrance import WILD_KEY

UUID = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}")
LONG = re.compile(r"[0-9A-F]{64}")


async def logged_in(engine):
    """An account with both tokens: (uid, authToken, accessToken)."""
    uid = await engine.add_account()
    return uid, await engine.token(uid, "auth"), await engine.token(uid, "access")


# --- what opens ----------------------------------------------------------------------------


async def test_app_is_open_to_everybody(engine):
    client = await engine.upgrade("app")
    assert await client.told() == {
        "type": "Connect",
        "newestCode": 1406,
        "newestName": "V0.14.6",
        "lowest": 1405,
        "notice": "Welcome",
    }


async def test_an_email_and_its_password_give_a_new_auth_token(engine):
    uid = await engine.add_account(email="Foo@Bar.com", password="FooBarBazQux")
    first = await engine.upgrade("user", {"email": "foo@bar.com", "password": "FooBarBazQux"})
    told = await first.told()
    assert {**told, "authToken": ""} == {"type": "Connect", "uid": uid, "authToken": ""}
    assert UUID.fullmatch(told["authToken"])
    again = await engine.upgrade("user", {"email": "FOO@bar.com", "password": "FooBarBazQux"})
    newer = (await again.told())["authToken"]
    assert await engine.refused("user", {"uid": uid, "authToken": told["authToken"]}) == (
        "Auth Token is incorrect",
        1008,
    )
    third = await engine.upgrade("user", {"uid": uid, "authToken": newer})
    assert await third.told() == {"type": "Connect"}


async def test_an_access_token_is_given_and_opens_the_other_endpoints(engine):
    uid, auth, _ = await logged_in(engine)
    user = await engine.upgrade("user", {"uid": uid, "authToken": auth})
    assert await user.told() == {"type": "Connect"}
    answer = await user.ask({"action": 0})
    access = answer.pop("accessToken")
    assert answer == {"type": "Self", "action": 0}
    assert LONG.fullmatch(access)
    chat = await engine.upgrade("chat", {"uid": uid, "accessToken": access})
    assert await chat.told() == {"type": "Connect"}
    play = await engine.upgrade("play", {"uid": uid, "accessToken": access})
    assert await play.told() == {"type": "Connect", "action": 0}


async def test_chat_takes_an_auth_token_and_gives_an_access_token(engine):
    uid, auth, old = await logged_in(engine)
    chat = await engine.upgrade("chat", {"uid": uid, "authToken": auth})
    told = await chat.told()
    access = told.pop("accessToken")
    assert told == {"type": "Connect", "uid": uid}
    assert LONG.fullmatch(access)
    play = await engine.upgrade("play", {"uid": uid, "accessToken": access})
    assert (await play.told())["type"] == "Connect"
    reason, _ = await engine.refused("play", {"uid": uid, "accessToken": old})
    assert reason == "Access Token is incorrect"


async def test_a_body_in_pieces_of_one_byte_is_a_body(engine):
    uid, auth, _ = await logged_in(engine)
    client = await engine.connect()
    for byte in b"".join(engine.request("user", {"uid": uid, "authToken": auth})):
        client.writer.write(bytes((byte,)))
        await asyncio.sleep(0)
    assert await client.read_head() == 101
    assert await client.told() == {"type": "Connect"}


async def test_requests_behind_the_body_are_answered_after_the_login(engine):
    uid, auth, _ = await logged_in(engine)
    client = await engine.connect()
    head, body = engine.request("user", {"uid": uid, "authToken": auth})
    client.writer.write(head + body)
    client.send({"action": 1})
    assert await client.read_head() == 101
    assert await client.told() == {"type": "Connect"}
    assert (await client.told())["data"]["uid"] == uid


async def test_several_user_connections_of_an_account_live_side_by_side(engine):
    uid, auth, _ = await logged_in(engine)
    clients = [await engine.upgrade("user", {"uid": uid, "authToken": auth}) for _ in range(2)]
    for client in clients:
        assert await client.told() == {"type": "Connect"}
    for client in clients:
        assert (await client.ask({"action": 1}))["data"]["uid"] == uid


# --- the wild client -----------------------------------------------------------------------


async def test_the_wild_client_is_told_a_content_length_in_lower_case(engine):
    client = await engine.upgrade("app", key=WILD_KEY)
    assert b"\r\ncontent-length: 0\r\n" in client.head
    assert (await client.told())["type"] == "Connect"


async def test_nobody_else_is(engine):
    client = await engine.upgrade("app")
    assert b"content-length" not in client.head.lower()


async def test_the_wild_client_is_known_to_play_only(engine):
    uid, _, access = await logged_in(engine)
    play = await engine.upgrade("play", {"uid": uid, "accessToken": access}, key=WILD_KEY)
    assert (await play.told())["type"] == "Connect"
    answer = await play.ask({"action": 1, "data": {"type": "classic", "config": "c"}})
    assert answer["data"]["players"][0]["uid"] == uid
    shown = await play.ask({"action": 3})
    assert shown == {"type": "Self", "action": 3, "data": {}}


# --- what does not open, by the seed -------------------------------------------------------

REFUSED = [
    ("user", b"{", "Wrong format: ", 1007, 400),
    ("user", b"\xff", "Wrong format: ", 1007, 400),
    ("play", b"{", "Wrong format: ", 1007, 400),
    ("stream", b"nope", "Wrong format: ", 1007, 400),
    ("app", b"nope", "Wrong format: ", 1007, 400),
    ("user", [], "Wrong format: ", 1008, 400),
    ("user", {}, "Wrong format: ", 1008, 400),
    ("user", {"email": "k@j.jp"}, "Wrong format: ", 1008, 400),
    ("user", {"uid": 1, "accessToken": "x"}, "Wrong format: ", 1008, 400),
    ("chat", {"uid": "1", "accessToken": "x"}, "Wrong format: ", 1008, 400),
    ("play", {"uid": True, "accessToken": "x"}, "Wrong format: ", 1008, 400),
    ("play", {"uid": 1, "authToken": "x"}, "Wrong format: ", 1008, 400),
    ("stream", {"uid": 1, "accessToken": "x"}, "Wrong format: ", 1008, 400),
    ("user", {"email": "k@j.jp", "password": "no"}, "Email or Password is incorrect", 1008, 403),
    ("user", {"email": "x@j.jp", "password": "pw"}, "Email or Password is incorrect", 1008, 403),
    ("user", {"uid": 1, "authToken": "x"}, "Auth Token is incorrect", 1008, 403),
    ("chat", {"uid": 1, "authToken": "x"}, "Auth Token is incorrect", 1008, 403),
    ("chat", {"uid": 1, "accessToken": "x"}, "Access Token is incorrect", 1008, 403),
    ("play", {"uid": 1, "accessToken": "x"}, "Access Token is incorrect", 1008, 403),
    ("play", {"uid": 99, "accessToken": "x"}, "ID not found: 99", 1008, 404),
    ("user", {"uid": 0, "authToken": "x"}, "ID not found: 0", 1008, 404),
    ("user", {"uid": -5, "authToken": "x"}, "ID not found: -5", 1008, 404),
]


async def test_a_refusal_is_an_error_and_a_close_code(engine):
    assert await engine.add_account() == 1
    for endpoint, body, reason, code, _ in REFUSED:
        said, closed = await engine.refused(endpoint, body)
        assert (said.startswith(reason), closed) == (True, code), (endpoint, body, said)


async def test_or_an_http_status_when_so_set(start):
    engine = await start('techmino.reject="http"')
    assert await engine.add_account() == 1
    for endpoint, body, reason, _, status in REFUSED:
        client = await engine.upgrade(endpoint, body, key=WILD_KEY)
        assert client.status == status, (endpoint, body)
        length = re.search(rb"\r\ncontent-length: (\d+)\r\n", client.head)
        assert length
        assert b"Content-Length" not in client.head
        words = msgspec.json.decode(await client.reader.readexactly(int(length[1])))
        assert words["type"] == "Error"
        assert words["reason"].startswith(reason)


async def test_a_stream_that_is_not_there_is_no_room(engine):
    uid, _, access = await logged_in(engine)
    given = {"uid": uid, "accessToken": access, "rid": "nowhere"}
    assert await engine.refused("stream", given) == ("Room not found", 1008)


@pytest.mark.parametrize(
    ("endpoint", "kind", "field", "reason"),
    [
        ("user", "auth", "authToken", "Auth Token is expired"),
        ("play", "access", "accessToken", "Access Token is expired"),
    ],
)
async def test_a_token_whose_time_is_over_is_told_so(engine, endpoint, kind, field, reason):
    uid = await engine.add_account()
    token = await engine.token(uid, kind, seconds=0.000001)
    assert await engine.refused(endpoint, {"uid": uid, field: token}) == (reason, 1008)


async def test_an_account_that_is_disabled_opens_nothing(engine):
    uid, auth, _ = await logged_in(engine)
    user = await engine.upgrade("user", {"uid": uid, "authToken": auth})
    await user.told()
    await engine.order(ask.DisableAccount(uid=uid, reason="away with you"))
    assert await user.told() == {"type": "Error", "reason": "away with you"}
    assert await user.close_code() == 1008
    reason, _ = await engine.refused("user", {"uid": uid, "authToken": auth})
    assert reason == "Auth Token is incorrect"
    reason, _ = await engine.refused("user", {"email": "k@j.jp", "password": "pw"})
    assert reason == "Email or Password is incorrect"


# --- credentials as the first message ------------------------------------------------------


@pytest.mark.parametrize("opcode", [1, 2])
async def test_credentials_may_be_the_first_message(engine, opcode):
    uid, auth, _ = await logged_in(engine)
    client = await engine.upgrade("user")
    client.send({"uid": uid, "authToken": auth}, opcode)
    client.send({"action": 1})
    assert await client.told() == {"type": "Connect"}
    assert (await client.told())["data"]["uid"] == uid


@pytest.mark.parametrize("style", ["close", "http"])
async def test_a_first_message_that_opens_nothing_is_refused_by_the_seed(start, style):
    engine = await start(f'techmino.reject="{style}"')
    for body, code in ((b"{", 1007), (b"{}", 1008), (b"", 1007)):
        client = await engine.upgrade("play")
        client.send_bytes(body)
        assert (await client.told())["reason"].startswith("Wrong format: ")
        assert await client.close_code() == code


async def test_who_gives_no_credentials_in_time_is_told_and_closed(start):
    engine = await start("techmino.credentials_seconds=0.05")
    client = await engine.upgrade("play")
    assert await client.told() == {
        "type": "Error",
        "reason": "Wrong format: no credentials in time",
    }
    assert await client.close_code() == 1008


async def test_who_leaves_while_the_password_is_checked_leaves_nothing_behind(engine):
    await engine.add_account()
    client = await engine.upgrade("user")
    client.send({"email": "k@j.jp", "password": "pw"})
    client.writer.close()
    other = await engine.upgrade("user", {"email": "k@j.jp", "password": "pw"})
    assert (await other.told())["type"] == "Connect"


@pytest.mark.parametrize("first_message", [True, False])
async def test_no_password_is_checked_for_who_left_before_its_turn(
    engine, monkeypatch, first_message
):
    go, checked = threading.Event(), []

    def is_password(password, hashed):
        checked.append(password)
        return go.wait(5) and False

    monkeypatch.setattr(passwords, "is_password", is_password)
    clients = []
    for number in range(5):
        given = {"email": "k@j.jp", "password": f"pw{number}"}
        if first_message:
            clients.append(await engine.upgrade("user"))
            clients[-1].send(given)
        else:
            clients.append(await engine.connect())
            clients[-1].writer.write(b"".join(engine.request("user", given)))
        await asyncio.sleep(0.02)
    assert len(checked) == 2
    for client in clients[2:4]:
        client.writer.close()
    await asyncio.sleep(0.05)
    go.set()
    await clients[4].told() if first_message else await clients[4].read_head()
    assert checked == ["pw0", "pw1", "pw4"]


# --- upgrades that are not whole -----------------------------------------------------------


@pytest.mark.parametrize("missing", [1, 10])
async def test_a_body_that_never_ends_is_closed(start, missing):
    engine = await start("limits.auth_seconds=0.1")
    client = await engine.connect()
    head, body = engine.request("user", {"email": "k@j.jp", "password": "pw"})
    client.writer.write(head + body[:-missing])
    async with asyncio.timeout(5):
        assert await client.reader.read() == b""


async def test_a_body_over_the_limit_is_refused_and_others_are_served(engine):
    client = await engine.connect()
    head, body = engine.request("user", b'{"email": "' + b"x" * 100_000 + b'"}')
    client.writer.write(head + body)
    assert await client.read_head() == 413
    assert (await engine.upgrade("app")).status == 101


async def test_a_plain_get_is_no_upgrade(engine):
    client = await engine.connect()
    client.writer.write(b"GET /tech/socket/v1/app HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await client.read_head() == 400


async def test_an_endpoint_that_is_none_is_not_found(engine):
    assert (await engine.upgrade("hall")).status == 404


# --- open mode -----------------------------------------------------------------------------


async def test_with_open_an_unknown_email_is_registered_with_the_password_given(start):
    engine = await start(open_mode=True)
    told = [
        await (await engine.upgrade("user", {"email": email, "password": "pw"})).told()
        for email in ("koji@j.jp", "koji@k.jp", "koji@j.jp")
    ]
    assert [words["uid"] for words in told] == [1, 2, 1]
    user = await engine.upgrade("user", {"uid": 2, "authToken": "any"})
    assert await user.told() == {"type": "Connect"}
    names = [
        (await user.ask({"action": 1, "data": {"uid": uid}}))["data"]["username"] for uid in (1, 2)
    ]
    assert names == ["koji", "koji-2"]


async def test_with_open_who_log_in_first_at_the_same_time_are_one_account(start):
    engine = await start(open_mode=True)
    given = {"email": "koji@j.jp", "password": "pw"}
    clients = await asyncio.gather(*[engine.upgrade("user", given) for _ in range(5)])
    told = [await client.told() for client in clients]
    assert [(words["type"], words["uid"]) for words in told] == [("Connect", 1)] * 5


async def test_with_open_any_token_will_do_and_unknown_uids_are_registered(start):
    engine = await start(open_mode=True)
    play = await engine.upgrade("play", {"uid": 114, "accessToken": "any"})
    assert await play.told() == {"type": "Connect", "action": 0}
    user = await engine.upgrade("user", {"uid": 114, "authToken": "any"})
    await user.told()
    assert (await user.ask({"action": 1}))["data"]["username"] == "player114"


async def test_with_open_pages_of_other_machines_are_refused(start):
    engine = await start(open_mode=True)
    stranger = await engine.upgrade("app", headers="Origin: https://example.com\r\n")
    assert stranger.status == 403
    local = await engine.upgrade("app", headers="Origin: http://localhost:3000\r\n")
    assert local.status == 101


# --- the life of a connection --------------------------------------------------------------


async def test_answers_are_binary_when_so_set(start):
    engine = await start("techmino.binary=true")
    client = await engine.upgrade("app")
    assert (await client.frame())[0] == 2


async def test_the_server_pings_and_gives_up_who_is_silent(start):
    engine = await start("techmino.ping_seconds=0.05", "techmino.silence_seconds=0.2")
    client = await engine.upgrade("app")
    await client.told()
    pings = 0
    while (frame := await client.frame())[0] == 9:
        pings += 1
    assert frame[0] == 8
    assert pings >= 2


async def test_a_message_of_a_mebibyte_is_read_and_one_byte_more_is_not(engine):
    client = await engine.upgrade("app")
    await client.told()
    long = b'{"action":1,"x":"' + b"x" * (1 << 20)
    client.send_bytes(long[: (1 << 20) - 2] + b'"}')
    assert (await client.told())["notice"] == "Welcome"
    client.send_bytes(long[: (1 << 20) - 1] + b'"}')
    assert await client.close_code() == 1009
