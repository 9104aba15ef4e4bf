"""The HTTP helpers, against actors whose answers the test gives."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest
from http_actors import LISTENING, NOW, UID, Actors, Web

from parlour.actors import accounts
from parlour.actors.beehive import messages as ask
from parlour.actors.beehive.settings import BeehiveSettings
from parlour.events.errors import LogUnavailable, RuleViolation
from parlour.network.beehive.credentials import Credentials
from parlour.network.beehive.http import BeehiveHttp
from parlour.network.config import HttpSettings
from parlour.network.http import HttpServer
from parlour.network.limits import AddressMeters
from parlour.network.passwords import PasswordThread


@pytest.fixture
def actors():
    return Actors()


@pytest.fixture
def serve(make_edge, actors, clock):
    @asynccontextmanager
    async def serving(*, open_mode=False, listening=LISTENING, burst=60.0, **settings):
        edge, passwords = make_edge(), PasswordThread()
        credentials = Credentials(
            actors,
            passwords,
            claimed=actors.claimed,
            device_of={"signed-mine": (UID, 1234), "signed-other": (5, 1234)}.get,
            open_mode=open_mode,
        )
        api = BeehiveHttp(
            actors,
            credentials,
            passwords,
            settings=BeehiveSettings(**settings),
            register=actors.register,
            newcomers=AddressMeters(rate=0.001, burst=burst, clock=clock),
            new_devices=AddressMeters(rate=0.001, burst=burst, clock=clock),
            listening=listening,
            now=lambda: NOW,
        )
        server = HttpServer(
            edge, HttpSettings(), open_mode=open_mode, routes=api.gets(), posts=api.posts()
        )
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(await server.start(), "127.0.0.1", 0)
        host, port = listener.sockets[0].getsockname()
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session:
                yield Web(session, f"http://{host}:{port}")
        finally:
            listener.close()
            await server.stop()
            passwords.close()

    return serving


# --- where to connect ----------------------------------------------------------------------


async def test_the_client_in_the_wild_learns_where_to_connect(serve):
    async with serve(open_mode=True) as web:
        status, answer = await web.get(
            "/im/iplist", type="1", uid=str(UID), sid="1234", clientip="1.0.1.3"
        )
    assert status == 200
    assert answer == {
        "uid": UID,
        "sid": 1234,
        "type": 1,
        "token": "signed-1234",
        "expire": 60,
        "len": 2,
        "list": ["127.0.0.1:9002", "10.0.0.9:9002"],
        "code": 0,
        "errmsg": "Ok",
    }


async def test_who_has_no_sid_yet_is_given_one(serve):
    async with serve(open_mode=True) as web:
        status, answer = await web.get("/im/iplist", type="2", uid="7")
    assert (status, answer["sid"]) == (200, 4242)
    assert answer["list"][0] == "127.0.0.1:8080"


async def test_an_engine_says_the_address_it_was_told_to(serve):
    async with serve(open_mode=True, advertise="203.0.113.7") as web:
        _, answer = await web.get("/im/iplist", uid="7")
    assert answer["list"][0] == "203.0.113.7:9002"
    async with serve(open_mode=True, listening={}) as web:
        _, answer = await web.get("/im/iplist", uid="7")
    assert answer["list"] == ["10.0.0.9:9002", "127.0.0.1:9002"]


@pytest.mark.parametrize(
    "proof",
    [{"token": "beehive-live"}, {"token": "signed-mine"}, {"password": "pw"}],
    ids=["stored", "signed", "password"],
)
async def test_whoever_proves_who_he_is_is_served(serve, proof):
    async with serve() as web:
        assert (await web.get("/im/iplist", uid=str(UID), sid="1234", **proof))[0] == 200
        assert (await web.get("/im/register", uid=str(UID), **proof))[0] == 200
        assert (await web.get("/im/history", uid=str(UID), rid="5", **proof))[0] == 200


@pytest.mark.parametrize(
    ("uid", "proof"),
    [
        (UID, {}),
        (UID, {"token": "dead"}),
        (UID, {"token": ""}),
        (UID, {"token": "signed-other"}),
        (UID, {"password": "no"}),
        (UID, {"password": ""}),
        (7, {"token": "beehive-live"}),
        (7, {"token": "signed-mine"}),
        (7, {"password": "pw"}),
    ],
)
async def test_nobody_else_is(serve, actors, uid, proof):
    async with serve() as web:
        for path in ("/im/iplist", "/im/register", "/im/history"):
            status, answer = await web.get(path, uid=str(uid), rid="5", **proof)
            assert (status, answer["code"]) == (401, 20008)
    assert not actors.commands(ask.AddDevice)


async def test_a_token_of_one_device_opens_no_other(serve, actors):
    async with serve() as web:
        own = {"uid": str(UID), "token": "signed-mine"}
        assert (await web.get("/im/iplist", **own))[1]["sid"] == 1234
        status, answer = await web.get("/im/iplist", sid="5", **own)
        assert (status, answer["code"]) == (401, 20008)
        assert (await web.get("/im/register", **own))[1]["sid"] == 4242
    assert [command.sid for _, command in actors.commands(ask.AddDevice)] == [1234, 0]


async def test_a_token_whose_time_is_over_is_told_so(serve, actors):
    actors.refusals[accounts.FindToken] = RuleViolation("token_expired")
    async with serve() as web:
        status, answer = await web.get("/im/iplist", uid=str(UID), token="beehive-live")
    assert (status, answer) == (401, {"code": 20008, "errmsg": "the token's time is over"})


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (RuleViolation("sid_taken", "another's"), 403, 20008),
        (RuleViolation("sid_invalid"), 400, 20012),
        (RuleViolation("account_disabled"), 403, 20008),
        (RuleViolation("no_such_account"), 404, 10006),
        (RuleViolation("uid_invalid"), 400, 20011),
        (RuleViolation("not_now"), 403, 10005),
        (RuleViolation("internal"), 500, 10001),
        (LogUnavailable("full"), 503, 10001),
    ],
)
async def test_what_the_actors_refuse_has_its_number(serve, actors, refusal, status, code):
    actors.refusals[ask.AddDevice] = refusal
    async with serve(open_mode=True) as web:
        answered, answer = await web.get("/im/iplist", uid="7")
    assert (answered, answer["code"]) == (status, code)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"uid": "x"},
        {"uid": "-1"},
        {"uid": "0"},
        {"uid": "9" * 17},
        {"uid": str(2**53)},
        {"uid": "١"},
        {"uid": "7", "sid": "x"},
        {"uid": "7", "type": "3"},
        {"uid": "7", "type": "x"},
    ],
)
async def test_what_is_no_number_is_refused(serve, query):
    async with serve(open_mode=True) as web:
        status, answer = await web.get("/im/iplist", **query)
    assert (status, answer["code"]) == (400, 20011)


async def test_while_the_log_takes_nothing_nobody_is_checked(serve, actors):
    actors.accepting = False
    async with serve() as web:
        status, answer = await web.get("/im/iplist", uid=str(UID), token="beehive-live")
    assert (status, answer["code"]) == (503, 10001)


# --- registering ---------------------------------------------------------------------------


async def test_who_has_no_account_gets_one_and_a_device(serve, actors):
    async with serve() as web:
        status, answer = await web.get("/im/register", nation="CN", city="Chengdu", town="x")
    assert status == 200
    assert answer == {
        "uid": 1_000_001,
        "sid": 4242,
        "nation": "CN",
        "city": "Chengdu",
        "town": "x",
        "token": "signed-4242",
        "code": 0,
        "errmsg": "Ok",
    }
    (command,) = actors.registered
    assert (command.by, command.password_hash, command.any_name) == ("self", "", True)


async def test_a_new_account_may_have_a_password(serve, actors):
    async with serve() as web:
        assert (await web.get("/im/register", password="secret"))[0] == 200
        status, answer = await web.get("/im/register", password="x" * 2000)
    assert (status, answer["code"]) == (400, 20011)
    assert actors.registered[0].password_hash.startswith("$argon2id$")


async def test_an_operator_may_make_the_accounts_himself(serve, actors):
    async with serve(register=False) as web:
        status, answer = await web.get("/im/register")
    assert (status, answer["code"]) == (403, 10005)
    assert actors.registered == []


async def test_an_address_makes_only_so_many(serve, actors):
    async with serve(burst=2) as web:
        statuses = [(await web.get("/im/register"))[0] for _ in range(3)]
    assert statuses == [200, 200, 429]


async def test_an_address_adds_only_so_many_devices_and_comes_with_its_own_at_will(serve, actors):
    paths = [
        ("/im/register", {"uid": "7"}),
        ("/im/iplist", {"uid": "7"}),
        ("/im/iplist", {"uid": "7", "sid": "5"}),
        ("/im/register", {"uid": "7"}),
    ]
    async with serve(open_mode=True, burst=3) as web:
        answers = [await web.get(path, **query) for path, query in paths]
        assert [status for status, _ in answers] == [200, 200, 200, 429]
        assert answers[-1][1]["code"] == 10022
        for _ in range(5):
            assert (await web.get("/im/iplist", uid="7", sid="1234"))[0] == 200
        for sid in ("5", "0"):
            assert (await web.get("/im/iplist", uid="7", sid=sid))[0] == 429
        assert (await web.get("/im/register"))[0] == 200  # an account, which is counted elsewhere
    assert len(actors.commands(ask.GiveDeviceToken)) == 9


# --- pushes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "body", "actor", "command"),
    [
        (
            {"dim": "room", "rid": "5", "expire": "30"},
            b"\xff!",
            "beehive.room:5",
            ask.PushToRoom(expire=30, data=b"\xff!"),
        ),
        (
            {"dim": "group", "gid": "6"},
            "grüezi".encode(),
            "beehive.group:6",
            ask.PushToGroup(text="grüezi"),
        ),
        (
            {"dim": "user", "uid": "7"},
            b"hi",
            "beehive.user:7",
            ask.PushToUser(data=b"hi"),
        ),
        (
            {"dim": "broadcast"},
            b"\xff",
            "beehive.lobby:1",
            ask.PushToAll(expire=0, text="", data=b"\xff"),
        ),
    ],
)
async def test_an_operator_speaks_to_a_room_a_group_a_user_or_everybody(
    serve, actors, parameters, body, actor, command
):
    async with serve() as web:
        status, answer = await web.push(body, "operator-live", **parameters)
    assert (status, answer) == (200, {"msgid": 17, "code": 0, "errmsg": "Ok"})
    assert actors.asked[-1] == (actor, command)


@pytest.mark.parametrize("token", [None, "", "dead", "beehive-live", "signed-mine"])
async def test_nobody_else_speaks_for_him(serve, actors, token):
    async with serve() as web:
        status, answer = await web.push(b"hi", token, dim="broadcast")
    assert (status, answer["code"]) == (401, 20008)
    assert not actors.commands(ask.PushToAll)


async def test_with_open_any_token_will_do(serve):
    async with serve(open_mode=True) as web:
        assert (await web.push(b"hi", "any", dim="broadcast"))[0] == 200
        assert (await web.push(b"hi", dim="broadcast"))[0] == 200


@pytest.mark.parametrize(
    ("parameters", "body", "status", "code"),
    [
        ({"dim": "nowhere"}, b"x", 400, 20011),
        ({}, b"x", 400, 20011),
        ({"dim": "room"}, b"x", 400, 20011),
        ({"dim": "room", "rid": "1", "expire": "x"}, b"x", 400, 20011),
        ({"dim": "broadcast"}, b"", 400, 20011),
        ({"dim": "broadcast"}, b"x" * 1001, 413, 10018),
        ({"dim": "broadcast"}, b"x" * 300_000, 413, 10018),
    ],
)
async def test_a_push_that_cannot_be_is_told_why(serve, parameters, body, status, code):
    async with serve(open_mode=True, body_bytes=1000) as web:
        answered, answer = await web.push(body, **parameters)
    assert (answered, answer["code"]) == (status, code)


async def test_a_push_to_what_there_is_not_is_missing(serve, actors):
    actors.refusals[ask.PushToGroup] = RuleViolation("no_such_group", "there is none")
    async with serve(open_mode=True) as web:
        status, answer = await web.push(b"x", dim="group", gid="5")
    assert (status, answer) == (404, {"code": 10006, "errmsg": "there is none"})


# --- history -------------------------------------------------------------------------------


async def test_the_last_remarks_of_a_room_are_told(serve, actors):
    async with serve(open_mode=True, room_history=50) as web:
        status, answer = await web.get("/im/history", uid="7", rid="5", count="900")
    assert status == 200
    assert answer["list"] == [
        {"uid": 7, "gid": 0, "seq": 8, "level": 0, "time": 5, "text": "hi", "data": "AA=="}
    ]
    assert actors.asked[-1] == ("beehive.room:5", ask.RoomHistory(uid=7, count=50))


async def test_the_remarks_of_a_room_one_was_put_out_of_are_not_told(serve, actors):
    actors.refusals[ask.RoomHistory] = RuleViolation("forbidden", "you were put out")
    async with serve(open_mode=True) as web:
        status, answer = await web.get("/im/history", uid="7", rid="5")
    assert (status, answer["code"]) == (403, 10005)
