"""`parlour account` and `parlour kick`, beside an engine and without one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import TIME, refused
from engine_process import ZONES, Engine, Result, parlour, running
from player import Player
from wire import TcpLink


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that wants to see an skey."""
    with running(tmp_path_factory.mktemp("closed"), open=False, config=ZONES) as engine:
        yield engine


def account(engine_or_data: Engine | Path, *arguments: object) -> Result:
    data = engine_or_data.data if isinstance(engine_or_data, Engine) else engine_or_data
    return parlour("account", *arguments, "--data", data)


async def login(engine: Engine, uid: int, skey: str, zone: int) -> dict:
    link = await TcpLink().connect(engine.tcp)
    player = Player(link, uid)
    player.skey = skey
    answer = await player.join(1, zone)
    if answer["cmd"] == "SERVER_JOIN_TABLE_SUCC":
        await player.say("logout")
        await player.expect("logout_ok")
    await link.close()
    return answer


def is_refused(answer: dict) -> bool:
    return (answer["cmd"], answer.get("error_code")) == ("SERVER_JOIN_TABLE_ERR", 1)


async def test_without_open_an_skey_is_needed_and_a_good_one_is_enough(closed, zone):
    added = account(closed, "add", "--name", "Ada", "--json")
    assert added.code == 0, added
    assert added.json().keys() >= {"uid", "name"}
    assert added.json()["name"] == "Ada"
    uid = added.json()["uid"]
    issued = account(closed, "token", "--uid", uid, "--kind", "skey", "--json")
    assert issued.code == 0, issued
    assert issued.json().keys() >= {"token", "expires"}
    assert TIME.fullmatch(issued.json()["expires"])
    token = issued.json()["token"]
    assert (await login(closed, uid, token, zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    for wrong in ("", "x", token[:-1], token.upper() + "0", " " + token):
        assert is_refused(await login(closed, uid, wrong, zone))
    assert is_refused(await login(closed, uid + 1, token, zone))
    assert is_refused(await login(closed, 424_242, token, zone))
    assert is_refused(await login(closed, 0, token, zone))


async def test_tokens_of_other_kinds_open_no_table(closed, zone):
    uid = account(closed, "add", "--name", "Kinds", "--json").json()["uid"]
    for kind in ("auth", "access", "beehive", "operator"):
        token = account(closed, "token", "--uid", uid, "--kind", kind, "--json").json()["token"]
        assert is_refused(await login(closed, uid, token, zone)), kind


async def test_a_disabled_account_is_refused_and_its_connection_ended(closed, zone):
    uid = account(closed, "add", "--name", "Bad", "--json").json()["uid"]
    token = account(closed, "token", "--uid", uid, "--kind", "skey", "--json").json()["token"]
    link = await TcpLink().connect(closed.tcp)
    player = Player(link, uid)
    player.skey = token
    assert (await player.join(1, zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    disabled = await asyncio.to_thread(account, closed, "disable", "--uid", uid)
    assert disabled.code == 0, disabled
    await link.end()
    await link.close()
    assert is_refused(await login(closed, uid, token, zone))
    assert account(closed, "token", "--uid", uid, "--kind", "skey").code != 0


async def test_kick_ends_the_connections_of_a_user_who_may_come_back(closed, zone):
    uid = account(closed, "add", "--name", "Kicked", "--json").json()["uid"]
    token = account(closed, "token", "--uid", uid, "--kind", "skey", "--json").json()["token"]
    link = await TcpLink().connect(closed.tcp)
    player = Player(link, uid)
    player.skey = token
    await player.join(1, zone)
    kicked = await asyncio.to_thread(parlour, "kick", "--uid", uid, "--data", closed.data)
    assert kicked.code == 0, kicked
    last_words = await link.end()
    assert last_words[-1]["cmd"] == "error"
    await link.close()
    assert (await login(closed, uid, token, zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"


async def test_money_of_an_account_made_by_an_operator(closed, zone):
    default = account(closed, "add", "--name", "Default", "--json").json()["uid"]
    rich = account(closed, "add", "--name", "Rich", "--money", 123_456, "--json").json()["uid"]
    for uid, type, money in ((default, 1, 10_000), (rich, 3, 123_456)):
        token = account(closed, "token", "--uid", uid, "--kind", "skey", "--json").json()["token"]
        link = await TcpLink().connect(closed.tcp)
        player = Player(link, uid)
        player.skey = token
        await player.join(type, zone)
        info = await player.expect("SERVER_TABLE_INFO_BC")
        assert info["users"][0]["money"] == money
        await link.close()


async def test_a_profile_is_shown_at_the_table(closed, zone):
    uid = account(closed, "add", "--name", "Profile", "--json").json()["uid"]
    changed = account(
        closed,
        *("set", "--uid", uid, "--sex", 1, "--birthday", "1986/09/10"),
        *("--zone", "beijing", "--motto", "hello"),
    )
    assert changed.code == 0, changed
    token = account(closed, "token", "--uid", uid, "--kind", "skey", "--json").json()["token"]
    link = await TcpLink().connect(closed.tcp)
    player = Player(link, uid)
    player.skey = token
    await player.join(1, zone)
    (user,) = (await player.expect("SERVER_TABLE_INFO_BC"))["users"]
    assert (user["name"], user["sex"], user["birthday"], user["zone"]) == (
        "Profile",
        1,
        "1986/09/10",
        "beijing",
    )
    await link.close()


IMPOSSIBLE = [
    ["add", "--name", "tWiCe"],
    ["add", "--name", ""],
    ["add", "--name", "Neg", "--money", "-1"],
    ["add", "--name", "Zero", "--uid", "0"],
    ["add", "--name", "Other", "--uid", "4001"],
    ["add", "--name", "Mail", "--email", "twice@example.org"],
    ["set", "--uid", "999999", "--motto", "x"],
    ["add", "--name", "Twice"],
    ["token", "--uid", "999999", "--kind", "skey"],
    ["disable", "--uid", "999999"],
    ["set", "--uid", "4001", "--birthday", "tomorrow"],
]


def kept(target: Engine | Path) -> list[dict]:
    """Return all accounts, but for the seats that a clock takes from those who left."""
    listed = account(target, "list", "--json").json()["accounts"]
    return [{**each, "seat": None} for each in listed]


@pytest.mark.parametrize("beside", [True, False], ids=["beside an engine", "alone"])
def test_account_commands_that_cannot_be_done_are_one_line(closed, tmp_path, beside):
    target: Engine | Path = closed if beside else tmp_path / "data"
    first = ("add", "--name", "Twice", "--uid", 4001, "--email", "twice@example.org")
    assert account(target, *first).code == 0
    before = kept(target)
    # The same desk serves both ways: alone, one refusal of each command shows it.
    for arguments in IMPOSSIBLE if beside else IMPOSSIBLE[-4:]:
        refused(account(target, *arguments))
    assert kept(target) == before


async def test_accounts_made_without_an_engine_are_there_when_it_runs(tmp_path, zone):
    data = tmp_path / "engine" / "data"
    data.parent.mkdir()
    added = account(data, "add", "--name", "Early", "--uid", 77, "--password", "s3cret", "--json")
    assert added.code == 0, added
    assert added.json()["uid"] == 77
    token = account(data, "token", "--uid", 77, "--kind", "skey", "--json").json()["token"]
    with running(tmp_path / "engine", open=False, config=ZONES) as engine:
        answer = await login(engine, 77, token, zone)
        assert answer["cmd"] == "SERVER_JOIN_TABLE_SUCC"
        listed = account(engine, "list", "--json").json()
        assert "Early" in json.dumps(listed)
        assert (engine.data / "admin.sock").stat().st_mode & 0o777 == 0o600
        raw = b"".join(path.read_bytes() for path in engine.data.glob("log.db*"))
        assert b"s3cret" not in raw
        assert token.encode() not in raw
        assert b"$argon2" in raw
    assert parlour("audit", "--data", data).code == 0


def test_the_documented_words_print_the_documented_json(tmp_path):
    data = tmp_path / "data"
    added = parlour("account", "add", "--name", "N", "--data", data)
    assert added.code == 0, added
    assert json.loads(added.out).keys() >= {"uid", "name"}
    uid = json.loads(added.out)["uid"]
    token = parlour("account", "token", "--uid", uid, "--kind", "skey", "--data", data)
    assert json.loads(token.out).keys() >= {"token", "expires"}


def test_an_account_list_can_be_read_by_people_and_programs(closed):
    listed = account(closed, "list")
    assert listed.code == 0
    for entry in account(closed, "list", "--json").json()["accounts"]:
        assert entry["name"] in listed.out
        assert "password" not in entry
