"""The seed's messages of chat, play and stream, each as the engine really says and takes it.

`SEED` is copied from the seed; an answer must have the same field names and the same types.
What goes beyond it (for clients that need it) stands in `MORE`.
"""

import json

import msgspec
import pytest

from parlour.events.messages.techmino import chat, play, stream

REMARK = {
    "uid": 114,
    "username": "tadokoro_koji",
    "time": "2021-02-19 23:08:20.542000",
    "message": "yarimasune!",
}
PERSON = {"uid": 114, "username": "tadokoro_koji"}
PLAYER = {
    "sid": 0,
    "uid": 114,
    "username": "tadokoro_koji",
    "config": "absu21k3bkjsaddasdqw123",
    "ready": False,
}
SEED = {
    "chat connect": {"type": "Connect"},
    "chat connect with token": {"type": "Connect", "uid": 114, "accessToken": "1145141919"},
    "chat list": {
        "type": "Self",
        "action": 0,
        "roomList": [{"rid": "global", "count": 260, "capacity": 1024}],
    },
    "chat join": {"type": "Self", "action": 1, "rid": "global", "data": {"histories": [REMARK]}},
    "chat join, others": {"type": "Broadcast", "action": 1, "rid": "global", "data": PERSON},
    "chat leave": {"type": "Self", "action": 2, "rid": "global"},
    "chat leave, others": {"type": "Broadcast", "action": 2, "rid": "global", "data": PERSON},
    "chat said": {"type": "Broadcast", "action": 3, "rid": "global", "data": REMARK},
    "play connect": {"type": "Connect", "action": 0},
    "play list": {
        "type": "Self",
        "action": 0,
        "roomList": [
            {
                "rid": "jaisn2329joasjd-1234ejo",
                "name": "test 1",
                "type": "classic",
                "private": False,
                "start": True,
                "count": 2,
                "capacity": 6,
            }
        ],
    },
    "play create": {
        "type": "Self",
        "action": 2,
        "data": {"sid": 0, "ready": False, "histories": [], "players": [PLAYER]},
    },
    "play enter": {
        "type": "Self",
        "action": 2,
        "data": {"sid": 0, "ready": False, "histories": [REMARK], "players": [PLAYER]},
    },
    "play enter, others": {"type": "Broadcast", "action": 2, "data": PLAYER},
    "play leave": {"type": "Self", "action": 3},
    "play leave, others": {"type": "Broadcast", "action": 3, "data": PERSON},
    "play said": {"type": "Broadcast", "action": 4, "data": REMARK},
    "play config": {"type": "Broadcast", "action": 5, "data": {"uid": 114, "config": "123u98"}},
    "play ready": {"type": "Broadcast", "action": 6, "data": {"uid": 114, "ready": True}},
    "play get set": {"type": "Server", "action": 7},
    "play go": {"type": "Server", "action": 8, "data": {"rid": "qwe1203j09di-0123dsdjoiqw"}},
    "play result": {
        "type": "Server",
        "action": 9,
        "data": {
            "start": False,
            "result": [{"uid": 110, "place": 1, "score": 12134, "survivalTime": 104}],
        },
    },
    "stream connect": {"type": "Connect", "data": {"connected": [110, 111]}},
    "stream connect, others": {
        "type": "Broadcast",
        "action": 2,
        "data": {"uid": 114, "watch": False},
    },
    "stream begin": {"type": "Server", "action": 0, "data": {"seed": 9234614}},
    "stream end": {"type": "Server", "action": 1},
    "stream lost": {"type": "Server", "action": 3, "data": {"uid": 114}},
    "stream death": {
        "type": "Broadcast",
        "action": 4,
        "data": {"uid": 114, "score": 12134, "survivalTime": 104},
    },
    "stream chunk": {
        "type": "Broadcast",
        "action": 5,
        "data": {"uid": 114, "stream": "23810j0djqe0291esj"},
    },
    "error": {"type": "Error", "reason": "Foo and bar"},
}
MORE = {
    "play leave": {"data": {}},
    "play leave, others": {"data": {**PERSON, "sid": 0}},
}
"""Page, section 2: fields beyond the seed that the wild client needs."""


def shape(value):
    """Return field names and types; a list stands for its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value).__name__


def on_wire(message):
    return json.loads(msgspec.json.encode(message))


@pytest.fixture
def told(club, deaths):
    """Everything of `SEED`, as the engine says it in one evening."""
    found = {}

    def keep(name, client, kind):
        found[name] = on_wire(client.take(kind)[-1])

    one = club.chat(1)
    keep("chat connect", one, chat.ChatConnect)
    keep("chat connect with token", club.chat(3, token="ab"), chat.ChatConnect)
    one.send(chat.JoinChat(rid="global"))
    one.send(chat.SayInChat(rid="global", message="yarimasune!"))
    keep("chat said", one, chat.ChatSaidBy)
    one.send(chat.ListChats())
    keep("chat list", one, chat.ChatList)
    two = club.chat(2, "global")
    keep("chat join", two, chat.ChatEntered)
    keep("chat join, others", one, chat.ChatJoinedBy)
    two.send(chat.LeaveChat(rid="global"))
    keep("chat leave", two, chat.ChatExited)
    keep("chat leave, others", one, chat.ChatLeftBy)
    two.send(chat.LeaveChat(rid="global"))
    found["error"] = on_wire(two.take()[-1])

    rid, [one] = club.open_room(1)
    keep("play connect", one, play.PlayConnect)
    keep("play create", one, play.RoomEntered)
    one.send(play.SayInRoom(message="yarimasune!"))
    keep("play said", one, play.RoomSaidBy)
    two, three = club.play(2), club.play(3)
    for client in (two, three):
        client.send(play.EnterRoom(rid=rid, config="x"))
    keep("play enter", two, play.RoomEntered)
    keep("play enter, others", one, play.RoomEnteredBy)
    three.send(play.LeaveRoom())
    keep("play leave", three, play.RoomExited)
    keep("play leave, others", one, play.RoomLeftBy)
    three.send(play.ListRooms())
    keep("play list", three, play.RoomList)
    two.send(play.ChangeConfig(config="y"))
    keep("play config", one, play.ConfigChangedBy)
    for client in (one, two):
        client.send(play.ChangeReady(ready=True))
    keep("play ready", one, play.ReadyChangedBy)
    keep("play get set", one, play.GetSet)
    club.pass_time(2)
    keep("play go", one, play.Go)

    match = club.room(rid).match
    first, second = club.stream(1, match), club.stream(2, match)
    keep("stream connect", second, stream.StreamConnect)
    keep("stream connect, others", first, stream.ConnectedBy)
    club.pass_time(1)
    keep("stream begin", first, stream.Begin)
    second.send(stream.SendChunk(stream="23810j0djqe0291esj"))
    keep("stream chunk", first, stream.ChunkBy)
    second.send(deaths(12134, 104))
    keep("stream death", first, stream.DiedBy)
    second.cut()
    keep("stream lost", first, stream.Disconnected)
    club.pass_time(3)
    keep("stream end", first, stream.End)
    keep("play result", one, play.Result)
    return found


def test_every_answer_and_broadcast_has_the_fields_and_types_of_the_seed(told):
    assert told.keys() == SEED.keys()
    for name, message in told.items():
        assert shape(message) == shape({**SEED[name], **MORE.get(name, {})}), name


REQUESTS = {
    chat.ListChats: [{}],
    chat.JoinChat: [{"rid": "global"}],
    chat.LeaveChat: [{"rid": "global"}],
    chat.SayInChat: [{"rid": "global", "message": "yarimasune!"}],
    play.ListRooms: [{"message": "Solo", "begin": 10, "count": 15}, {}, {"type": "Solo"}],
    play.CreateRoom: [
        {
            "type": "solo",
            "name": "test 4",
            "password": "114514",
            "config": "asdqwe12eesad21asasd21d45",
        },
        {},
    ],
    play.EnterRoom: [
        {"rid": "jaisn", "password": "114514", "config": "asdqwe12eesad21asasd21d45"},
        {"rid": "jaisn"},
    ],
    play.LeaveRoom: [{}],
    play.SayInRoom: [{"message": "yarimasune!"}],
    play.ChangeConfig: [{"config": "123u9812yehiohsenhfo9u8p"}],
    play.ChangeReady: [{"ready": True}],
    stream.Die: [{"score": 12134, "survivalTime": 104}, {"score": 0.5, "survivalTime": 1.25}],
    stream.SendChunk: [{"stream": "23810j0djqe0291esj"}],
}
"""`data` of every request, as in the seed; and with what it lets one leave out."""


@pytest.mark.parametrize(
    ("kind", "data"),
    [(kind, data) for kind, every in REQUESTS.items() for data in every],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_every_request_of_the_seed_is_taken(kind, data):
    request = msgspec.convert(data, kind)
    assert {key: getattr(request, key) for key in data} == data


def test_what_a_request_leaves_out_is_what_the_seed_says():
    assert play.ListRooms() == play.ListRooms(message=None, begin=0, count=10)
    assert play.CreateRoom() == play.CreateRoom(type="classic", name=None, password="")
    assert play.EnterRoom(rid="x").password == ""


def test_the_result_of_the_seed_is_a_result():
    result = [
        {"uid": 110, "place": 1, "score": 12134, "survivalTime": 104},
        {"uid": 111, "place": 3, "score": 8723, "survivalTime": 82},
        {"uid": 112, "place": 2, "score": 10521, "survivalTime": 101},
        {"uid": 114, "place": 4, "score": 7092, "survivalTime": 75},
    ]
    message = {"type": "Server", "action": 9, "data": {"start": False, "result": result}}
    assert on_wire(msgspec.convert(message, play.Result)) == message
