import pytest
from halls import rid_of

from parlour.events.errors import CorruptLog
from parlour.events.reader import LogReader
from parlour.replay.chat import Message, NoSuchRoom, Wanted, line, open_room
from parlour.replay.times import parse


@pytest.fixture
def reader(danced):
    with LogReader(danced) as reader:
        yield reader


def test_a_room_s_messages_come_oldest_first_and_numbered(reader):
    room = open_room(reader, "techmino:global")
    messages = list(room.messages)
    assert room.name == "techmino:global"
    assert [(m.seq, m.uid, m.text) for m in messages] == [
        (number, number, f"good evening from {number}") for number in (1, 2, 3)
    ]
    assert messages[0].document() == {
        "position": messages[0].position,
        "uid": 1,
        "username": "player 1",
        "time": "2026-11-20T07:00:01.000000Z",
        "text": "good evening from 1",
        "seq": 1,
    }


@pytest.mark.parametrize("name", ["techmino:global", "techmino.chat:global", "global"])
def test_a_chat_room_has_its_name_with_and_without_the_protocol_s(reader, name):
    assert open_room(reader, name).name == "techmino:global"


@pytest.mark.parametrize("prefix", ["", "techmino:", "techmino.room:"])
def test_what_is_said_in_play_rooms_can_be_read_too(reader, prefix):
    (message,) = open_room(reader, prefix + rid_of(1)).messages
    assert message.text == "ready when you are"


@pytest.mark.parametrize("name", ["techmino:nowhere", "techmino.room:global", "room:1", "\x1b[2J"])
def test_a_room_where_nothing_happened_is_none(reader, name):
    with pytest.raises(
        NoSuchRoom, match=r"no chat room [^\x1b]* it has techmino:global, techmino:"
    ):
        open_room(reader, name)


def wanted(reader, **which):
    return [m.seq for m in Wanted(**which).of(open_room(reader, "techmino:global").messages)]


def test_messages_are_wanted_by_number_time_and_text(reader):
    assert wanted(reader, after=1) == [2, 3]
    assert wanted(reader, since=parse("2026-11-20T07:00:02")) == [2, 3]
    assert wanted(reader, until=parse("2026-11-20T07:00:02Z")) == [1]
    assert wanted(reader, since=parse("2026-11-20T08:00:02+01:00"), text="FROM 2") == [2]
    assert wanted(reader, since=parse("2026-11-21")) == []


def test_history_is_read_as_it_is_needed(tamperer_of_night):
    last = tamperer_of_night.find("techmino.chat-said", of="techmino.chat:global", nth=2)
    tamperer_of_night.sql("UPDATE stored_events SET state=x'00' WHERE rowid=?", last)
    with LogReader(tamperer_of_night.folder) as reader:
        messages = open_room(reader, "techmino:global").messages
        assert [next(messages).seq, next(messages).seq] == [1, 2]
        with pytest.raises(CorruptLog):
            next(messages)


def test_a_message_stays_on_one_line_and_commands_no_terminal():
    drawn = line(Message(1, 7, "a\n8 evil", 0, "one\n      2  1970 x (1): two\x1b[31m", 1))
    assert drawn == "      1  1970-01-01 00:00:00  a�8 evil (7): one�      2  1970 x (1): two�[31m"
