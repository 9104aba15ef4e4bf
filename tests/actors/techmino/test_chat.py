"""Chat rooms through sessions: who is told what, and what survives."""

import pytest

from parlour.actors.messages import UserLost
from parlour.events.messages.techmino import chat, common
from parlour.events.rules.techmino.state import Said
from parlour.events.techmino import LOBBY_ID, chat_id


def refused(reason):
    return [common.Error(reason=reason)]


def said(client):
    return [message.data.message for message in client.take(chat.ChatSaidBy)]


def test_connect_tells_nothing_after_a_login_with_an_access_token(club):
    assert club.chat(1).json() == [{"type": "Connect"}]


def test_connect_carries_the_new_access_token_after_a_login_with_an_auth_token(club):
    assert club.chat(1, token="AB").json() == [{"type": "Connect", "uid": 1, "accessToken": "AB"}]


def test_the_rooms_of_the_configuration_are_listed_in_its_order(club_of):
    club = club_of(chats={"b": 5, "a": 7})
    one = club.chat(1, "a")
    assert one.ask(chat.ListChats()) == [
        chat.ChatList(
            roomList=(
                chat.ChatListing(rid="b", count=0, capacity=5),
                chat.ChatListing(rid="a", count=1, capacity=7),
            )
        )
    ]


def test_joining_is_told_to_the_others_and_not_to_oneself(club, types):
    one = club.chat(1, "global")
    one.take()
    two = club.chat(2, "global")
    assert types(two.take()) == ["ChatConnect", "ChatEntered"]
    assert one.take() == [
        chat.ChatJoinedBy(rid="global", data=common.Person(uid=2, username="player2"))
    ]


def test_joining_again_answers_again_and_tells_nobody(club):
    one, two = club.chat(1, "global"), club.chat(2, "global")
    one.take()
    assert two.ask(chat.JoinChat(rid="global")) == [
        chat.ChatEntered(rid="global", data=chat.Histories(histories=()))
    ]
    assert one.take() == []
    assert club.names(chat_id("global")) == ["ChatJoined", "ChatJoined"]


def test_a_connection_may_be_in_several_rooms(club):
    one = club.chat(1, "global", "english")
    two = club.chat(2, "english")
    one.take()
    two.send(chat.SayInChat(rid="english", message="hi"))
    assert said(one) == ["hi"]
    assert 1 in club.chat_room("global").members


def test_a_remark_goes_to_everybody_in_the_room_and_its_sender(club):
    one, two, other = club.chat(1, "global"), club.chat(2, "global"), club.chat(3, "english")
    other.take()
    one.take()
    [broadcast] = two.ask(chat.SayInChat(rid="global", message="yarimasune!"))
    assert one.take() == [broadcast]
    assert other.take() == []
    assert (broadcast.data.uid, broadcast.data.username) == (2, "player2")


def test_leaving_is_answered_and_told_to_the_others(club):
    one, two = club.chat(1, "global"), club.chat(2, "global")
    one.take()
    assert two.ask(chat.LeaveChat(rid="global")) == [chat.ChatExited(rid="global")]
    person = common.Person(uid=2, username="player2")
    assert one.take() == [chat.ChatLeftBy(rid="global", data=person)]
    assert list(club.chat_room("global").members) == [1]


def test_the_last_ten_remarks_are_shown_oldest_first(club):
    one = club.chat(1, "global")
    for number in range(12):
        one.send(chat.SayInChat(rid="global", message=str(number)))
    [entered] = club.chat(2, "global").take(chat.ChatEntered)
    assert [remark.message for remark in entered.data.histories] == [str(n) for n in range(2, 12)]


@pytest.mark.parametrize(
    ("offset", "time"),
    [("+00:00", "2026-09-21 14:13:20.000000"), ("+08:00", "2026-09-21 22:13:20.000000")],
)
def test_times_are_told_at_the_configured_offset(club_of, offset, time):
    club = club_of(utc_offset=offset)
    one = club.chat(1, "global")
    [broadcast] = one.ask(chat.SayInChat(rid="global", message="x"))
    assert broadcast.data.time == time


REQUESTS = [
    chat.JoinChat(rid="nowhere"),
    chat.LeaveChat(rid="nowhere"),
    chat.SayInChat(rid="nowhere", message="x"),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: type(r).__name__)
def test_a_room_that_is_not_configured_is_not_found(club, request_):
    assert club.chat(1).ask(request_) == refused("Room not found")
    assert chat_id("nowhere") not in {row[0] for row in club.house.rows()}


@pytest.mark.parametrize(
    "request_",
    [chat.LeaveChat(rid="global"), chat.SayInChat(rid="global", message="x")],
    ids=lambda r: type(r).__name__,
)
def test_who_is_not_in_the_room_cannot_leave_it_or_talk_in_it(club, request_):
    assert club.chat(1).ask(request_) == refused("Room not subscribed")


def test_a_full_room_takes_nobody_more(club_of):
    club = club_of(chats={"small": 2})
    club.chat(1, "small")
    club.chat(2, "small")
    three = club.chat(3)
    assert three.ask(chat.JoinChat(rid="small")) == refused("Room is full")


# --- connections ----------------------------------------------------------------------------


def test_a_lost_connection_leaves_every_room(club):
    one, two = club.chat(1, "global", "english"), club.chat(2, "global", "english")
    one.take()
    two.cut()
    assert [m.rid for m in one.take(chat.ChatLeftBy)] == ["global", "english"]
    assert [e.reason for e in club.events(chat_id("global"))[2:]] == ["lost"]


def test_a_new_connection_of_the_account_begins_in_no_room(club):
    club.chat(1, "global")
    two = club.chat(2, "global")
    two.take()
    again = club.chat(1)
    assert list(club.chat_room("global").members) == [2]
    assert again.ask(chat.SayInChat(rid="global", message="x")) == refused("Room not subscribed")
    two.send(chat.SayInChat(rid="global", message="y"))
    assert said(again) == []


def test_news_of_a_lost_connection_is_old_when_the_user_is_back(club):
    one = club.chat(1, "global")
    club.house.engine.tell(LOBBY_ID, UserLost(1, "techmino.chat"))
    assert list(club.chat_room("global").members) == [one.uid]


# --- restarts -------------------------------------------------------------------------------


def test_a_restart_empties_the_rooms_and_keeps_what_was_said(club):
    one = club.chat(1, "global")
    one.send(chat.SayInChat(rid="global", message="before"))
    club.restart()
    assert club.chat_room("global").members == {}
    [entered] = club.chat(2, "global").take(chat.ChatEntered)
    assert [remark.message for remark in entered.data.histories] == ["before"]
    assert club.names(chat_id("english")) == []


def test_a_restart_of_an_empty_room_records_nothing(club):
    club.chat(1, "global").cut()
    before = club.names(chat_id("global"))
    club.restart()
    assert club.names(chat_id("global")) == before


def test_history_comes_from_a_snapshot_and_not_from_all_that_was_ever_said(club):
    one = club.chat(1, "global")
    for number in range(230):
        one.send(chat.SayInChat(rid="global", message=str(number)))
    club.restart()
    read = []
    recorder = club.house.recorder
    history = recorder.history
    recorder.history = lambda *args: read.append(history(*args)) or read[-1]
    club.house.engine.repository.evict([chat_id("global")])
    room = club.chat_room("global")
    assert [said.text for said in room.histories] == [str(n) for n in range(220, 230)]
    assert isinstance(room.histories[0], Said)
    assert sum(map(len, read)) < 110
