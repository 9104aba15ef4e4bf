import pytest
from hives import ADA, BO, CY, DEE, GROUP, HALL, ROOM
from tables import Room

from parlour.events import account, techmino
from parlour.events import beehive as facts
from parlour.events.reader import LogReader
from parlour.replay.chat import NoSuchRoom, Wanted, line, open_room


@pytest.fixture
def reader(buzzed):
    with LogReader(buzzed) as reader:
        yield reader


def said(reader, name, **wanted):
    """Return who said what in a room."""
    messages = Wanted(**wanted).of(open_room(reader, name).messages)
    return [(message.username, message.text) for message in messages]


def test_a_room_tells_its_remarks_and_broadcasts_numbered(reader):
    room = open_room(reader, "room:7")
    messages = list(room.messages)
    assert room.name == "room:7"
    assert [(m.seq, m.uid, m.username, m.text) for m in messages] == [
        (1, ADA, "Ada", "welcome all"),
        (2, CY, "Cy", ""),
        (3, 0, "", "closing at six"),
        (4, BO, "Bo", "anybody still here?"),
    ]


def test_json_has_what_the_message_said_besides(reader):
    _, data, broadcast, _ = [m.document() for m in open_room(reader, "room:7").messages]
    assert data == {
        "position": data["position"],
        "uid": CY,
        "username": "Cy",
        "time": "2026-11-20T07:00:04.000000Z",
        "text": "",
        "seq": 2,
        "kind": "room",
        "gid": 2,
        "sid": 31,
        "sender_seq": data["sender_seq"],
        "level": 1,
        "sender_time": 1_795_158_000,
        "data": "8J+QnQ==",
    }
    assert (broadcast["kind"], broadcast["msgid"], broadcast["expire"]) == ("room-broadcast", 6, 60)


@pytest.mark.parametrize("name", ["7", "room:7", "beehive:room:7", "beehive.room:7"])
def test_a_room_has_several_names(reader, name):
    assert open_room(reader, name).name == "room:7"


def test_a_number_that_is_no_room_may_be_another_protocol_s(tmp_path):
    with Room(tmp_path / "data") as log:
        chat = techmino.ChatSaid(at=log.now(), uid=1, username="Ada", text="hello")
        log.record(techmino.chat_id("5"), chat)
    with LogReader(tmp_path / "data") as reader:
        assert open_room(reader, "5").name == "techmino:5"


def test_a_group_tells_what_was_said_to_it(reader):
    expected = [("Ada", "the queen is out"), ("Bo", "I own it now")]
    assert said(reader, f"group:{GROUP}") == expected
    first = next(open_room(reader, f"group:{GROUP}").messages).document()
    assert (first["kind"], first["sid"]) == ("group", 11)


def test_two_users_messages_come_in_the_log_s_order(reader):
    room = open_room(reader, f"user:{BO}:{ADA}")
    messages = list(room.messages)
    assert [(m.seq, m.username, m.text) for m in messages] == [
        (1, "Ada", "good morning, Bo"),
        (2, "Ada", "is the honey ready?"),
        (3, "Bo", "nearly"),
    ]
    assert [m.position for m in messages] == sorted(m.position for m in messages)
    assert [m.more["to"] for m in messages] == [BO, BO, ADA]


def test_a_user_s_messages_are_those_sent_and_those_received_each_once(reader):
    assert said(reader, f"user:{ADA}") == [
        ("Ada", "good morning, Bo"),
        ("Ada", "is the honey ready?"),
        ("Bo", "nearly"),
    ]
    assert said(reader, f"user:{CY}") == [("Cy", "let me talk")]
    assert said(reader, f"user:{BO}")[-2:] == [("", ""), ("Cy", "let me talk")]


def test_what_was_muted_says_so(reader):
    (message,) = open_room(reader, f"user:{CY}:{BO}").messages
    assert message.document()["muted"] is True


def test_a_user_who_wrote_nothing_has_no_messages(reader):
    assert said(reader, f"user:{DEE}") == []
    assert said(reader, f"user:{DEE}:{ADA}") == []


@pytest.mark.parametrize("name", ["broadcast", "beehive:broadcast", "beehive.broadcast"])
def test_what_everybody_was_told_can_be_read(reader, name):
    assert said(reader, name) == [("", "we close at eight")]


def test_messages_are_wanted_by_number_and_text(reader):
    assert said(reader, f"user:{ADA}", after=2) == [("Bo", "nearly")]
    assert said(reader, f"user:{ADA}", text="HONEY") == [("Ada", "is the honey ready?")]


def test_people_see_to_whom_and_how_much(reader):
    lines = [line(message) for message in open_room(reader, f"user:{ADA}").messages]
    assert lines[2] == "      3  2026-11-20 07:00:03  Bo (2) to 1, 7 bytes: nearly"
    lines = [line(message) for message in open_room(reader, "room:7").messages]
    assert lines[1] == "      2  2026-11-20 07:00:04  Cy (3) to sub-group 2, 4 bytes: "
    assert lines[2] == "      3  2026-11-20 07:00:04  (0) broadcast, 14 bytes: closing at six"


def test_a_name_is_the_one_that_was_in_use_then(hive):
    hive.log.register(ADA, name="Ada")
    hive.start()
    hive.link(11)
    hive.online(11)
    hive.join(ROOM, 11, new=True)
    hive.remark(ROOM, 11, "one")
    renamed = account.Renamed(at=hive.at, old="Ada", new="Countess")
    hive.log.record(account.account_id(ADA), renamed)
    hive.remark(ROOM, 11, "two")
    hive.log.flush()
    with LogReader(hive.log.data) as reader:
        assert said(reader, "7") == [("Ada", "one"), ("Countess", "two")]


@pytest.mark.parametrize("name", ["room:99", "group:7", "user:77", "user:77:78", "room:7:8", "99"])
def test_where_nothing_happened_is_no_room(reader, name):
    with pytest.raises(NoSuchRoom) as refused:
        open_room(reader, name)
    names = f"it has room:{ROOM}, room:{HALL}, group:{GROUP}, group:{GROUP + 1}, broadcast"
    assert str(refused.value).endswith(names)


def test_not_all_rooms_of_a_big_log_are_listed(hive):
    hive.start()
    for rid in range(1, 31):
        created = {"rid": rid, "uid": 0, "epoch": hive.epoch}
        hive.record(facts.room_id(rid), facts.RoomCreated, **created)
    hive.log.flush()
    with LogReader(hive.log.data) as reader, pytest.raises(NoSuchRoom, match=r"room:20, …$"):
        open_room(reader, "room:99")


def test_the_command_tells_the_same(document_of, parlour, buzzed):
    document = document_of("replay", "chat", f"user:{ADA}:{BO}", "--data", buzzed)
    assert document["room"] == "user:1:2"
    assert document["messages"][0]["text"] == "good morning, Bo"
    code, out, _ = parlour("replay", "chat", "7", "--data", buzzed, "--text", "WELCOME")
    assert (code, out) == (0, "      1  2026-11-20 07:00:04  Ada (1): welcome all\n")
