"""Who gets in over the wire: 1 and 24."""

import asyncio

import pytest

from parlour.network import account_requests as ask

WRONG = {"code": 24}


async def test_a_name_and_its_password_open_the_lobby(engine):
    uid = await engine.add_account("koji", "pw")
    client = await engine.log_in("KOJI", password="pw", seq=3)
    assert client.me == {
        "code": 0,
        "seq": 3,
        "player_id": uid,
        "name": "koji",
        "token": client.me["token"],
    }
    again = await engine.log_in("koji", token=client.me["token"])
    assert (again.me["code"], again.me["token"]) == (0, client.me["token"])
    assert await client.ended() == [(0, {"code": 2, "reason": "taken over by another connection"})]


@pytest.mark.parametrize(
    "given",
    [
        {"password": "no"},
        {"password": ""},
        {"password": "x" * 2000},
        {"token": ""},
        {"token": "no"},
        {"token": "\u0000"},
    ],
)
async def test_nobody_gets_in_without_the_right_word(engine, given):
    await engine.add_account("koji", "pw")
    for name in ("koji", "nobody", "", "\u0000", "house"):
        client = await engine.log_in(name, **given)
        assert client.me == WRONG
        assert await client.ask(2) == (2, {"code": 2})
        client.close()


async def test_a_token_opens_only_its_own_account(engine):
    koji, mari = await engine.add_account("koji"), await engine.add_account("mari")
    token = await engine.token(koji, "skey")
    assert (await engine.log_in("mari", token=token)).me == WRONG
    assert (await engine.log_in("koji", token=token)).me["player_id"] == koji
    assert (await engine.log_in("mari", token=await engine.token(mari, "auth"))).me["code"] == 0


async def test_both_or_neither_of_password_and_token_is_a_bad_body(engine):
    client = await engine.greeted()
    assert await client.ask(1, name="koji", seq=1) == (1, {"code": 1, "seq": 1})
    asked = {"name": "koji", "password": "x", "token": "y", "seq": 2}
    assert await client.ask(1, **asked) == (1, {"code": 1, "seq": 2})


async def test_a_disabled_account_is_not_let_in_and_is_put_out(engine):
    uid = await engine.add_account("koji", "pw")
    client = await engine.log_in("koji", password="pw")
    await engine.order(ask.DisableAccount(uid=uid))
    assert (await client.ended())[0][1]["code"] == 2
    assert (await engine.log_in("koji", password="pw")).me == WRONG


async def test_open_mode_registers_names_nobody_has(open_engine):
    one = await open_engine.log_in("koji", password="x")
    other = await open_engine.log_in("mari")
    again = await open_engine.log_in("koji", token="whatever")
    assert one.me["player_id"] == again.me["player_id"] != other.me["player_id"]
    for name in ("", " koji", "a\nb", "x" * 500):
        assert (await open_engine.log_in(name)).me == WRONG


async def test_one_name_at_the_same_moment_is_one_account(open_engine):
    clients = await asyncio.gather(*(open_engine.log_in("koji") for _ in range(5)))
    assert len({client.me["player_id"] for client in clients}) == 1


async def test_one_login_at_a_time(engine):
    await engine.add_account("koji", "pw")
    client = await engine.greeted()
    client.send(1, name="koji", password="pw", seq=1)
    client.send(1, name="koji", password="pw", seq=2)
    assert [await client.told(), await client.told()][0] == (1, {"code": 25, "seq": 2})
    assert client.heard[-1][1]["seq"] == 1
