"""Every row of the table: what an action is, how it is read, where it goes."""

from __future__ import annotations

import msgspec
import pytest

from parlour.actors.messages import FromSession
from parlour.actors.techmino.settings import TechminoSettings
from parlour.events.errors import RuleViolation
from parlour.events.messages.techmino import app, chat, common, play, stream, user
from parlour.network.techmino.handlers import ACTIONS, refusal, services


async def no_errand(peer, request):
    return common.Error(reason="not here")


SERVICES = services(TechminoSettings(), {app.Register: no_errand})
ROWS = [(endpoint, action) for endpoint, rows in ACTIONS.items() for action in rows]

# By row: data that is read, and as what; the seed's examples where it has one.
READ = {
    ("app", 0): ({"newestOnly": True}, app.GetVersion(newestOnly=True)),
    ("app", 1): (None, app.GetNotice()),
    ("app", 2): (
        {"username": "koji", "email": "k@j.jp", "password": "pw"},
        app.Register(username="koji", email="k@j.jp", password="pw"),
    ),
    ("user", 0): (None, user.GetAccessToken()),
    ("user", 1): ({"uid": 114, "hash": "asdq"}, user.GetUser(uid=114, hash="asdq")),
    ("chat", 0): (None, chat.ListChats()),
    ("chat", 1): ({"rid": "global"}, chat.JoinChat(rid="global")),
    ("chat", 2): ({"rid": "global"}, chat.LeaveChat(rid="global")),
    ("chat", 3): (
        {"rid": "global", "message": "yarimasune!"},
        chat.SayInChat(rid="global", message="yarimasune!"),
    ),
    ("play", 0): (
        {"message": "Solo", "begin": 10, "count": 15},
        play.ListRooms(message="Solo", begin=10, count=15),
    ),
    ("play", 1): (
        {"type": "solo", "name": "test 4", "password": "114514", "config": "asdq"},
        play.CreateRoom(type="solo", name="test 4", password="114514", config="asdq"),
    ),
    ("play", 2): (
        {"rid": "jaisn", "password": "114514", "config": "asdq"},
        play.EnterRoom(rid="jaisn", password="114514", config="asdq"),
    ),
    ("play", 3): (None, play.LeaveRoom()),
    ("play", 4): ({"message": "yarimasune!"}, play.SayInRoom(message="yarimasune!")),
    ("play", 5): ({"config": "123u"}, play.ChangeConfig(config="123u")),
    ("play", 6): ({"ready": True}, play.ChangeReady(ready=True)),
    ("stream", 4): (
        {"score": 12134, "survivalTime": 104.5},
        stream.Die(score=12134, survivalTime=104.5),
    ),
    ("stream", 5): ({"stream": "AyEA"}, stream.SendChunk(stream="AyEA")),
}


def read(endpoint, document):
    payload = document if isinstance(document, bytes) else msgspec.json.encode(document)
    return SERVICES[endpoint].decode(payload)


def message(action, data):
    return {"action": action} if data is None else {"action": action, "data": data}


def test_every_row_has_an_example():
    assert sorted(READ) == sorted(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_every_row_is_read_and_goes_to_its_session_or_on_an_errand(row):
    endpoint, action = row
    data, expected = READ[row]
    service = SERVICES[endpoint]
    request = read(endpoint, message(action, data))
    assert request == expected
    assert type(request) is ACTIONS[endpoint][action].request
    if ACTIONS[endpoint][action].errand:
        assert type(request) in service.errands
        assert type(request) not in service.handlers
    else:
        actor, told = service.handlers[type(request)](5, request)
        assert actor == f"techmino.{endpoint}.session:5"
        assert told == FromSession(5, request)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_data_may_be_missing_where_every_field_has_a_default(row):
    endpoint, action = row
    fields = msgspec.structs.fields(ACTIONS[endpoint][action].request)
    document = {"action": action}
    if any(field.required for field in fields):
        with pytest.raises(RuleViolation, match="missing required field"):
            read(endpoint, document)
    else:
        assert read(endpoint, document) == read(endpoint, {"action": action, "data": {}})


@pytest.mark.parametrize(
    ("endpoint", "document", "code"),
    [
        ("app", b"", "malformed"),
        ("app", b"{", "malformed"),
        ("app", b"[]", "malformed"),
        ("app", b"7", "malformed"),
        ("app", b'{"action":1', "malformed"),
        ("app", b"\xff", "malformed"),
        ("app", b'{"action":1,"x":"\xff"}', "malformed"),
        ("app", b"[" * 100_000, "malformed"),
        ("app", b'{"action":1,"data":' + b"[" * 100_000, "malformed"),
        ("app", {}, "malformed"),
        ("app", {"action": None}, "malformed"),
        ("app", {"action": "1"}, "malformed"),
        ("app", {"action": 1.5}, "malformed"),
        ("app", {"action": True}, "malformed"),
        ("app", {"action": 9}, "unknown_action"),
        ("app", {"action": -1}, "unknown_action"),
        ("app", b'{"action":' + b"9" * 400 + b"}", "unknown_action"),
        ("stream", {"action": 0}, "unknown_action"),
        ("app", {"action": 0, "data": None}, "malformed"),
        ("app", {"action": 0, "data": []}, "malformed"),
        ("app", {"action": 0, "data": {"newestOnly": 1}}, "malformed"),
        ("user", {"action": 1, "data": {"uid": True}}, "malformed"),
        ("user", {"action": 1, "data": {"uid": 2**53 + 1}}, "malformed"),
        ("chat", {"action": 1, "data": {"rid": 5}}, "malformed"),
        ("chat", b'{"action":1,"data":{"rid":"\\ud800"}}', "malformed"),
        ("chat", {"action": 3, "data": {"rid": "global", "message": "x" * 8193}}, "malformed"),
        ("chat", {"action": 3, "data": {"rid": "global", "message": "é" * 4097}}, "malformed"),
        ("play", {"action": 0, "data": {"begin": -1}}, "malformed"),
        ("play", {"action": 0, "data": {"count": -1}}, "malformed"),
        ("play", {"action": 0, "data": {"count": 2.5}}, "malformed"),
        ("play", {"action": 1, "data": {"config": "x" * 8193}}, "malformed"),
        ("play", {"action": 1, "data": {"name": "x" * 257}}, "malformed"),
        ("play", {"action": 1, "data": {"password": "x" * 1025}}, "malformed"),
        ("play", {"action": 6, "data": {"ready": 1}}, "malformed"),
        ("stream", {"action": 5, "data": {"stream": "x" * 4097}}, "malformed"),
        ("stream", {"action": 4, "data": {"score": 2**53 + 1, "survivalTime": 1}}, "malformed"),
        ("stream", {"action": 4, "data": {"score": "1", "survivalTime": 1}}, "malformed"),
        ("stream", b'{"action":4,"data":{"score":1,"survivalTime":1e999}}', "malformed"),
        ("stream", b'{"action":4,"data":{"score":1,"survivalTime":NaN}}', "malformed"),
        ("stream", b'{"action":4,"data":{"score":1,"survivalTime":1e17}}', "malformed"),
        (
            "stream",
            b'{"action":4,"data":{"score":' + b"9" * 500 + b',"survivalTime":1}}',
            "malformed",
        ),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_cannot_be_read_is_a_warning(endpoint, document, code):
    with pytest.raises(RuleViolation) as caught:
        read(endpoint, document)
    assert caught.value.code == code


def test_what_is_as_long_as_may_be_is_read():
    for text in ("x" * 8192, "é" * 4096):
        request = read("chat", {"action": 3, "data": {"rid": "global", "message": text}})
        assert request.message == text
    assert len(read("stream", {"action": 5, "data": {"stream": "x" * 4096}}).stream) == 4096


def test_fields_that_nobody_knows_are_passed_over():
    assert read("app", {"x": {"y": []}, "action": 1, "data": {"z": 1}}) == app.GetNotice()


def test_numbers_may_be_whole_or_not_and_negative():
    request = read("stream", {"action": 4, "data": {"score": -1, "survivalTime": 2**53}})
    assert request == stream.Die(score=-1, survivalTime=2**53)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("malformed", common.Warn(reason="Wrong format: because")),
        ("unknown_action", common.Error(reason="Action not found")),
        ("too_many", common.Error(reason="Too many requests")),
        ("unavailable", common.Error(reason="Server is not taking commands")),
        ("internal", common.Error(reason="Internal server error")),
        ("kicked", common.Error(reason="because")),
    ],
)
def test_refusals_have_the_words_of_the_page(code, words):
    assert refusal(code, "because") == words
