"""Who comes in and who does not: passwords, tokens, and the seed's form of a refusal."""

from __future__ import annotations

import asyncio
import json

import pytest
from accounts import FIELDS, PASSWORD, Account, over, registered
from contract import LONG, UUID
from engine_process import parlour
from people import make_ready
from tech_link import credentials, frame, request

ENDPOINTS = ("user", "chat", "play", "stream")


@pytest.fixture
async def refuse(doors, dial):
    """Try credentials in the body and as the first message; both are refused alike."""

    async def both(endpoint, body, reason, code):
        in_body = await dial(doors, endpoint)
        await in_body.upgrade(body)
        first = await dial(doors, endpoint)
        await first.upgrade()
        first.send_raw(frame(body))
        for link in (in_body, first):
            assert link.status == 101
            error = await link.receive()
            assert error["type"] == "Error"
            assert error["reason"].startswith(reason), error
            assert await link.end() == []
            assert link.close_code == code

    return both


@pytest.fixture
async def account(doors, dial):
    """Somebody with a password, an authToken and an accessToken."""
    app = await dial(doors, "app")
    await app.upgrade()
    await app.receive()
    made = await registered(doors, app)
    await made.draw(await made.login(await dial(doors, "user")))
    return made


# --- what opens ---------------------------------------------------------------------------------


async def test_a_password_gives_an_auth_token_that_opens_user_and_chat(doors, dial, account):
    assert UUID.fullmatch(account.auth)
    user = await dial(doors, "user")
    await user.upgrade(account.by_auth())
    await user.hear("Connect")
    chat = await dial(doors, "chat")
    await chat.upgrade(account.by_auth())
    (connect,) = await chat.hear("Connect with a token")
    assert connect["uid"] == account.uid
    assert LONG.fullmatch(connect["accessToken"])


async def test_an_access_token_opens_chat_and_play(doors, dial, account):
    assert LONG.fullmatch(account.access)
    for endpoint in ("chat", "play"):
        link = await dial(doors, endpoint)
        await link.upgrade(account.by_access())
        await link.hear("Connect")


@pytest.mark.parametrize("opcode", [1, 2])
async def test_credentials_may_be_the_first_message(doors, dial, account, opcode):
    bodies = {
        "user": account.by_auth(),
        "chat": account.by_access(),
        "play": account.by_access(),
    }
    for endpoint, body in bodies.items():
        link = await dial(doors, endpoint)
        await link.upgrade()
        link.send_raw(frame(body, opcode=opcode))
        await link.hear("Connect")


async def test_requests_right_behind_the_credentials_are_answered(doors, dial, account):
    link = await dial(doors, "user")
    await link.upgrade()
    link.send_raw(frame(account.by_auth()) + frame(b'{"action":1}'))
    await link.hear("Connect", "Self 1")


async def test_head_credentials_and_request_may_come_at_once(doors, dial, account):
    in_body, first = await dial(doors, "user"), await dial(doors, "user")
    head, body = request("user", doors.http, account.by_auth(), key=in_body.key)
    in_body.send_raw(head + body + frame(b'{"action":1}'))
    head, _ = request("user", doors.http, b"", key=first.key)
    first.send_raw(head + frame(account.by_auth()) + frame(b'{"action":1}'))
    for link in (in_body, first):
        await link.hear("Connect", "Self 1")


async def test_credentials_of_unreasonable_length_are_refused(doors, dial, account):
    long = await dial(doors, "user")
    head, _ = request("user", doors.http, b"x" * (2 << 20), key=long.key)
    long.send_raw(head + b"x" * (2 << 20))
    await long.end()
    first = await dial(doors, "user")
    await first.upgrade()
    first.send_raw(frame(account.by_auth() + b" " * (1 << 20)))
    await first.cut(1009)


async def test_a_new_auth_token_replaces_the_older_one(doors, dial, account, refuse):
    older = account.auth
    await account.login(await dial(doors, "user"))
    assert account.auth != older
    await refuse("user", account.by_auth(older), "Auth Token is incorrect", 1008)
    await refuse("chat", account.by_auth(older), "Auth Token is incorrect", 1008)


async def test_a_new_access_token_replaces_the_older_one(doors, dial, account, refuse):
    older = account.access
    user = await dial(doors, "user")
    await user.upgrade(account.by_auth())
    await user.hear("Connect")
    await account.draw(user)
    await refuse("play", account.by_access(older), "Access Token is incorrect", 1008)
    chat = await dial(doors, "chat")  # which gives out another one
    await chat.upgrade(account.by_auth())
    await chat.hear("Connect with a token")
    await refuse("play", account.by_access(), "Access Token is incorrect", 1008)


# --- how long tokens last -----------------------------------------------------------------------


async def test_a_token_whose_time_is_over_is_told_so(doors, account, refuse):
    given = {kind: account.give(kind, seconds=0.2) for kind in ("auth", "access")}
    while not all(over(expires) for _, expires in given.values()):
        await asyncio.sleep(0.05)
    auth, access = given["auth"][0], given["access"][0]
    await refuse("user", account.by_auth(auth), "Auth Token is expired", 1008)
    await refuse("chat", account.by_auth(auth), "Auth Token is expired", 1008)
    for endpoint in ("chat", "play"):
        await refuse(endpoint, account.by_access(access), "Access Token is expired", 1008)
    stream = account.by_access(access, rid="nowhere")
    await refuse("stream", stream, "Access Token is expired", 1008)


async def test_each_use_gives_a_token_its_whole_time_again(doors, dial, account):
    token, expires = account.give("access", seconds=3)
    first = await dial(doors, "play")
    await first.upgrade(account.by_access(token))
    await first.hear("Connect")
    while not over(expires):
        await asyncio.sleep(0.1)
    again = await dial(doors, "chat")
    await again.upgrade(account.by_access(token))
    await again.hear("Connect")


async def test_the_log_does_not_hold_what_opens_an_account(doors, account):
    shown = parlour("log", "show", "--data", doors.data, "--aggregate", f"account:{account.uid}")
    assert account.auth not in shown.out
    assert account.access not in shown.out
    assert PASSWORD not in shown.out
    listing = parlour(
        "log", "show", "--data", doors.data, "--name", "account.token-issued", "--json"
    ).json()["events"]
    mine = [event for event in listing if event["originator_id"] == f"account:{account.uid}"]
    assert [event["kind"] for event in mine] == ["auth", "access"]


# --- what does not open -------------------------------------------------------------------------


async def test_a_wrong_password_and_an_unknown_email_are_told_alike(account, refuse):
    wrong = "Email or Password is incorrect"
    await refuse("user", account.by_password("wrong"), wrong, 1008)
    await refuse("user", credentials(email="nobody@bar.com", password="x"), wrong, 1008)


async def test_wrong_tokens_are_incorrect(account, refuse):
    for endpoint in ("user", "chat"):
        await refuse(endpoint, account.by_auth("no"), "Auth Token is incorrect", 1008)
    for endpoint in ("chat", "play"):
        await refuse(endpoint, account.by_access("no"), "Access Token is incorrect", 1008)
    stream = account.by_access("no", rid="x")
    await refuse("stream", stream, "Access Token is incorrect", 1008)
    # A token of the other kind is none.
    await refuse("user", account.by_auth(account.access), "Auth Token is incorrect", 1008)
    await refuse("play", account.by_access(account.auth), "Access Token is incorrect", 1008)


async def test_nobody_comes_in_with_another_ones_token(doors, dial, account, refuse):
    other = Account(doors).add()
    forged = credentials(uid=other.uid, accessToken=account.access)
    await refuse("play", forged, "Access Token is incorrect", 1008)
    forged = credentials(uid=other.uid, authToken=account.auth)
    await refuse("user", forged, "Auth Token is incorrect", 1008)


async def test_a_uid_nobody_has_is_told(refuse):
    for uid in (0, -1, 987654321, 2**53 + 1):
        reason = f"ID not found: {uid}"
        await refuse("user", credentials(uid=uid, authToken="x"), reason, 1008)
        await refuse("play", credentials(uid=uid, accessToken="x"), reason, 1008)


async def test_no_such_stream_is_told(account, refuse):
    await refuse("stream", account.by_access(rid="nowhere"), "Room not found", 1008)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_what_is_not_json_ends_with_1007(refuse, endpoint):
    for body in (b"{", b"nonsense", b"[1,2", b'{"uid":NaN}', b"[" * 5000):
        await refuse(endpoint, body, "Wrong format: ", 1007)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_json_without_the_right_fields_ends_with_1008(refuse, endpoint):
    for body in (b"[]", b"1", b"null", b"{}", b'{"uid":114}', b'{"action":0}'):
        await refuse(endpoint, body, "Wrong format: ", 1008)
    for fields in FIELDS[endpoint]:
        for name in fields:
            left_out = {key: value for key, value in fields.items() if key != name}
            for wrong in (left_out, {**fields, name: None}, {**fields, name: True}):
                await refuse(endpoint, json.dumps(wrong).encode(), "Wrong format: ", 1008)


async def test_a_disabled_account_stays_outside_and_is_put_out(doors, dial, account, refuse):
    user = await dial(doors, "user")
    await user.upgrade(account.by_auth())
    await user.hear("Connect")
    ordered = parlour("account", "disable", "--uid", account.uid, "--data", doors.data)
    assert ordered.code == 0
    await user.cut(1008)
    await refuse("user", account.by_auth(), "Auth Token is incorrect", 1008)
    await refuse("play", account.by_access(), "Access Token is incorrect", 1008)
    await refuse("user", account.by_password(), "Email or Password is incorrect", 1008)


async def test_an_operator_puts_somebody_out_everywhere(doors, dial, account):
    links = [await dial(doors, endpoint) for endpoint in ("user", "chat", "play")]
    for link in links:
        await link.upgrade(account.by_auth() if link.endpoint == "user" else account.by_access())
        await link.hear("Connect")
    kicked = parlour("kick", "--uid", account.uid, "--data", doors.data)
    assert kicked.code == 0, kicked
    for link in links:
        await link.cut(1008)
    again = await dial(doors, "play")
    await again.upgrade(account.by_access())
    await again.hear("Connect")


# --- with --open --------------------------------------------------------------------------------


async def test_open_registers_an_unknown_email(engine, dial):
    email = credentials(email="Stranger@bar.com", password="anything")
    uids = []
    for _ in range(2):
        user = await dial(engine, "user")
        await user.upgrade(email)
        (connect,) = await user.hear("Connect with a token")
        uids.append(connect["uid"])
        await user.say(1)
        (answer,) = await user.hear("Self 1")
        assert answer["data"]["uid"] == connect["uid"]
    assert uids[0] == uids[1]


async def test_open_takes_any_token_of_any_uid(engine, dial, players):
    people = await players(2)
    await people[1].enter(await people[0].create())
    rid = await make_ready(people)
    body = {"uid": 4_000_001, "accessToken": "made up"}
    for endpoint, more in (("chat", {}), ("play", {}), ("stream", {"rid": rid})):
        link = await dial(engine, endpoint)
        await link.upgrade(credentials(**body, **more))
        await link.hear("Connect")
    link = await dial(engine, "stream")
    await link.upgrade(credentials(**body, rid="nowhere"))
    await link.refused("Room not found", 1008)
