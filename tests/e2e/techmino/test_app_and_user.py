"""Endpoints `app` and `user`: versions, the notice, registration, tokens, people and avatars."""

from __future__ import annotations

import pytest
from accounts import PASSWORD, Account, png, registered
from engine_process import parlour
from tech_link import credentials

NEWEST = {"code": 1300, "name": "foo", "content": "维度突破 New Dimension"}
LEAST = {"code": 1226, "name": "Alpha V0.12.X", "content": "圣诞快乐 Merry Christmas"}


@pytest.fixture
async def app(doors, dial):
    link = await dial(doors, "app")
    await link.upgrade()
    assert await link.receive() == {
        "type": "Connect",
        "newestCode": 1300,
        "newestName": "foo",
        "lowest": 1226,
        "notice": "Foo and bar",
    }
    return link


@pytest.fixture
async def account(doors, app):
    return await registered(doors, app)


@pytest.fixture
async def user(doors, dial, account):
    return await account.login(await dial(doors, "user"))


# --- app ----------------------------------------------------------------------------------------


async def test_version_tells_the_least_one_unless_only_the_newest_is_wanted(app):
    assert await app.ask(0, newestOnly=True) == {"action": 0, "type": "Self", "newest": NEWEST}
    whole = {"action": 0, "type": "Self", "newest": NEWEST, "least": LEAST, "notice": "Foo and bar"}
    assert await app.ask(0, newestOnly=False) == whole


async def test_notice(app):
    assert await app.ask(1) == {"action": 1, "type": "Self", "notice": "Foo and bar"}


async def test_app_needs_no_credentials_and_a_body_that_is_json_does_no_harm(doors, dial):
    for body in (b"", b"{}", credentials(uid=1, authToken="x")):
        link = await dial(doors, "app")
        await link.upgrade(body)
        await link.hear("Connect")
    link = await dial(doors, "app")
    await link.upgrade(b"{nonsense")
    error = await link.receive()
    assert error["reason"].startswith("Wrong format: ")
    assert await link.end() == []
    assert link.close_code == 1007


async def test_a_registered_player_logs_in(doors, app, dial, account):
    user = await account.login(await dial(doors, "user"))
    me = await user.ask(1)
    assert me["data"] == {"uid": account.uid, "username": account.name, "motto": ""}


async def test_names_and_emails_are_taken_once(app, account):
    for fields in (
        {"username": account.name, "email": "new@bar.com"},
        {"username": account.name.upper(), "email": "new@bar.com"},
        {"username": "new", "email": account.email},
        {"username": "new", "email": account.email.upper()},
        {"username": "", "email": "new@bar.com"},
        {"username": "new", "email": "no address"},
        {"username": "new", "email": ""},
    ):
        await app.say(2, **fields, password=PASSWORD)
        await app.hear("Error")
    await app.say(2, username="new", email="new@bar.com", password="")
    await app.hear("Error")
    await app.say(1)
    await app.hear("Self 1")


# --- user ---------------------------------------------------------------------------------------


async def test_access_tokens_are_new_each_time(user, account):
    first = await account.draw(user)
    assert await account.draw(user) != first


async def test_users_are_told_of_themselves_and_of_others(doors, user, account):
    other = Account(doors).add()
    changed = ("--uid", other.uid, "--motto", "yarimasune")
    assert parlour("account", "set", *changed, "--data", doors.data).code == 0
    me = {"uid": account.uid, "username": account.name, "motto": ""}
    assert (await user.ask(1))["data"] == me
    for known in (False, None, "", "asdqwniasd12e21edqwad"):
        assert (await user.ask(1, uid=account.uid, hash=known))["data"] == me
    assert (await user.ask(1, uid=other.uid))["data"] == {
        "uid": other.uid,
        "username": other.name,
        "motto": "yarimasune",
    }


@pytest.mark.parametrize("uid", [0, -1, 987_654_321, 2**53])
async def test_nobody_of_a_uid_is_told(user, uid):
    await user.say(1, uid=uid)
    await user.error(f"ID not found: {uid}")


async def test_an_avatar_comes_with_its_hash_to_whoever_has_another(doors, user, account, tmp_path):
    file = tmp_path / "me.png"
    hashes = []
    for shade in (7, 200):
        file.write_bytes(png(shade))
        setting = ("--uid", account.uid, "--avatar", file, "--data", doors.data)
        assert parlour("account", "set", *setting).code == 0
        await user.say(1, hash="" if not hashes else hashes[-1])
        (told,) = await user.hear("Self 1 with an avatar")
        assert told["data"]["uid"] == account.uid
        hashes.append(told["data"]["hash"])
    assert hashes[0] != hashes[1]
    await user.say(1, uid=account.uid, hash=hashes[1])  # he has it
    await user.hear("Self 1")
    for not_wanted in ({}, {"hash": False}, {"hash": None}):
        await user.say(1, **not_wanted)
        await user.hear("Self 1")


async def test_what_is_no_picture_is_no_avatar(doors, account, dial, tmp_path):
    await account.login(await dial(doors, "user"))
    file = tmp_path / "me.png"
    for content in (b"", b"no picture", png(1)[:40]):
        file.write_bytes(content)
        setting = ("--uid", account.uid, "--avatar", file, "--data", doors.data)
        assert parlour("account", "set", *setting).code != 0


async def test_an_account_may_have_several_user_connections(doors, dial, user, account):
    second = await dial(doors, "user")
    await second.upgrade(account.by_auth())
    await second.hear("Connect")
    for link in (user, second):
        await link.say(1)
        await link.hear("Self 1")
