"""`techmino.reject = http`, and everything else that can be set another way."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from accounts import Account, over
from contract import LONG
from engine_process import parlour
from tech_link import BINARY, credentials, frame, request


@pytest.fixture(scope="session")
def somebody(shared_curt):
    """One account for all tests here: clients cannot make any."""
    return Account(shared_curt).add()


@pytest.fixture
def account(curt, somebody):
    """Somebody who can log in."""
    somebody.auth, _ = somebody.give("auth")
    return somebody


async def told(link, endpoint, body, status):
    """Return the reason of an upgrade that is answered with that status."""
    await link.upgrade(body)
    return (await link.http_refused(status))["reason"]


# --- refusals as HTTP ---------------------------------------------------------------------------


async def test_status_and_reason_tell_what_was_wrong(curt, dial, account):
    expired, expires = account.give("access", seconds=0.2)
    nobody = {"uid": 987654, "authToken": "x", "accessToken": "x", "rid": "x"}
    while not over(expires):
        await asyncio.sleep(0.05)
    table = (
        ("user", b"{", 400, "Wrong format: .+"),
        ("app", b"{", 400, "Wrong format: .+"),
        ("user", b"{}", 400, "Wrong format: .+"),
        ("play", b'{"uid":"1","accessToken":"x"}', 400, "Wrong format: .+"),
        ("user", account.by_password("wrong"), 403, "Email or Password is incorrect"),
        ("user", account.by_auth("wrong"), 403, "Auth Token is incorrect"),
        ("chat", account.by_access("wrong"), 403, "Access Token is incorrect"),
        ("play", account.by_access(expired), 401, "Access Token is expired"),
        ("stream", account.by_access(expired, rid="x"), 401, "Access Token is expired"),
        ("user", credentials(**nobody), 404, "ID not found: 987654"),
        ("play", credentials(**nobody), 404, "ID not found: 987654"),
    )
    for endpoint, body, status, reason in table:
        for wild in (False, True):
            link = await dial(curt, endpoint, wild=wild)
            assert re.fullmatch(reason, await told(link, endpoint, body, status)), endpoint
            # The existing clients look for a line with "length" in it.
            assert link.header("content-length") == str(len(link.body))
    stream, _ = account.give("access", seconds=60)
    link = await dial(curt, "stream")
    assert await told(link, "stream", account.by_access(stream, rid="x"), 404) == "Room not found"
    expired, expires = account.give("auth", seconds=0.2)
    while not over(expires):
        await asyncio.sleep(0.05)
    link = await dial(curt, "user")
    assert await told(link, "user", account.by_auth(expired), 401) == "Auth Token is expired"


async def test_a_first_message_is_refused_after_the_upgrade_all_the_same(curt, dial, account):
    link = await dial(curt, "user")
    await link.upgrade()
    link.send_raw(frame(account.by_auth("wrong")))
    await link.refused("Auth Token is incorrect", 1008)


# --- who takes too long -------------------------------------------------------------------------


async def test_who_gives_no_credentials_is_closed(curt, dial):
    links = [await dial(curt, endpoint) for endpoint in ("user", "chat", "play", "stream")]
    await asyncio.gather(*(link.upgrade() for link in links))
    for link in links:
        error = await link.receive()
        assert error["type"] == "Error"
        assert await link.end() == []
        assert link.close_code == 1008


async def test_an_upgrade_that_never_ends_is_closed(curt, dial):
    body = b'{"uid":114,"accessToken":"x"}'
    whole, _ = request("play", curt.http, body)
    longer = whole.replace(b"Content-Length: 29", b"Content-Length: 30")
    assert longer != whole
    beginnings = {
        "nothing": b"",
        "half a line": whole[:10],
        "half a head": whole[: len(whole) // 2],
        "no empty line": whole[:-2],
        "no body": whole,
        "half a body": whole + body[:10],
        "a body shorter than its length": longer + body,
    }
    links = {}
    for what, beginning in beginnings.items():
        links[what] = await dial(curt, "play")
        links[what].send_raw(beginning)
    for what, link in links.items():
        assert await link.end() == [], what
        assert link.status != 101, what


async def test_who_does_not_answer_pings_is_closed_and_who_does_stays(curt, dial):
    awake, asleep = await dial(curt, "app"), await dial(curt, "app")
    asleep.answers_pings = False
    for link in (awake, asleep):
        await link.upgrade()
        await link.hear("Connect")
    await asleep.cut(1001)
    assert asleep.pings
    await awake.say(1)
    await awake.hear("Self 1")
    await awake.pinged()


# --- other settings -----------------------------------------------------------------------------


async def test_answers_can_be_binary(curt, dial, account):
    user = await dial(curt, "user")
    await user.upgrade(account.by_auth())
    await user.hear("Connect")
    await user.say(1)
    await user.hear("Self 1")
    await user.say(99)
    await user.error("Action not found")
    assert user.opcodes == {BINARY}


async def test_registration_can_be_closed(curt, dial):
    app = await dial(curt, "app")
    await app.upgrade()
    await app.hear("Connect")
    await app.say(2, username="somebody", email="some@body.com", password="x")
    await app.hear("Error")
    names = parlour("account", "list", "--data", curt.data, "--json").json()["accounts"]
    assert "somebody" not in [known["name"] for known in names]


async def test_lifetimes_can_be_set(curt, dial, account):
    user = await dial(curt, "user")
    await user.upgrade(account.by_auth())
    await user.hear("Connect")
    assert LONG.fullmatch(await account.draw(user))
    _, expires = account.give("auth")  # the clock of the log, now and for days
    issued = parlour(
        "log", "show", "--data", curt.data, "--name", "account.token-issued", "--json"
    ).json()["events"]
    mine = [e for e in issued if e["originator_id"] == f"account:{account.uid}"]
    access = [e for e in mine if e["kind"] == "access"][-1]
    auth = [e for e in mine if e["kind"] == "auth"][-1]
    assert microseconds(access) == 1_000_000
    assert microseconds(auth) == 5 * 86_400 * 1_000_000
    assert not over(expires)


def microseconds(issued):
    """Return how long a token was to last."""
    at = datetime.fromisoformat(issued["at"])
    if isinstance(issued["expires"], int):
        return issued["expires"] - round(at.timestamp() * 1_000_000)
    expires = datetime.fromisoformat(issued["expires"])
    return round((expires - at).total_seconds() * 1_000_000)


async def test_times_can_be_those_of_another_place(curt, account, meet, chat_room):
    token, _ = account.give("access", seconds=60)
    person = meet(at=curt, uid=account.uid, token=token)
    await person.to_chat()
    await person.chat.say(1, rid=chat_room)
    await person.chat.hear("Self 1")
    before = datetime.now(UTC)
    await person.chat.say(3, rid=chat_room, message="what time is it?")
    (said,) = await person.chat.hear("Broadcast 3")
    told = datetime.fromisoformat(said["data"]["time"] + "+08:00")
    assert before - timedelta(seconds=1) < told < datetime.now(UTC) + timedelta(seconds=1)
