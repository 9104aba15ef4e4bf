"""The numbers of commands: answers sent again, what may repeat, what one breath holds."""

import pytest

from parlour.events.beehive import device_id, user_id
from parlour.events.messages.beehive import common, group, private, push, room
from parlour.events.messages.beehive.packet import Packet


def online(uid, sid, token="x"):
    return common.Online(uid=uid, sid=sid, token=token, app="app", version="2", terminal=3)


# --- numbers --------------------------------------------------------------------------------


def test_an_answer_carries_the_commands_number_and_gaps_are_fine(hive):
    client = hive.come(7)
    hive.come(8)
    for seq in (9, 10, 1000, 2**62):
        assert client.code(client.a_chat(8), seq=seq) == 0


def test_a_command_sent_again_is_answered_again_and_done_once(hive):
    client, other = hive.come(7), hive.come(8)
    commands = [
        client.a_chat(8, "one"),
        client.a_p2p(8, b"two"),
        group.GroupCreat(uid=7, gid=0, name="g", desc=""),
        room.RoomCreat(uid=7, name="r", desc=""),
        client.a_chat(999_999, "to nobody"),
        private.FriendAdd(suid=7, duid=8, mark="m"),
        common.Sub(),
        common.Unsub(cmd=1),
        private.Chat(suid=6, duid=8, level=0, time=0, text="forged"),
        push.Bc(time=0, text="no operator"),
    ]
    answers = [client.ask(message, seq=100 + i) for i, message in enumerate(commands)]
    before = len(hive.house.rows())
    other.take()
    for _ in range(2):
        for i, message in reversed(list(enumerate(commands))):
            assert client.ask(message, seq=100 + i) == answers[i]
    assert len(hive.house.rows()) == before
    assert other.packets == []
    hive.restart()
    client = hive.come(7)
    before = len(hive.house.rows())
    for i, message in enumerate(commands):
        assert client.ask(message, seq=100 + i) == answers[i]
    assert len(hive.house.rows()) == before


def test_a_sync_sent_again_is_done_again(hive):
    sender, client = hive.come(7), hive.come(8)
    sender.chat(8, "waiting")
    client.take()
    for _ in range(2):
        client.say(common.Sync(uid=8), seq=50)
        chat, ack = client.heard()
        assert chat.text == "waiting"
        assert ack == common.SyncAck(uid=8, code=0, errmsg="Ok")


@pytest.mark.parametrize("seq", [0, 7, 49, 50])
def test_an_old_number_that_is_no_resend_ends_the_connection(hive, seq):
    client, other = hive.come(7), hive.come(8)
    client.chat(8, "first", seq=50)
    other.take()
    client.take()
    client.say(client.a_chat(8, "other bytes"), seq=seq)
    [kick] = client.heard()
    assert isinstance(kick, common.Kick)
    assert kick.code == 20012
    assert client.closed
    assert other.packets == []


def test_the_last_256_can_be_sent_again_and_no_more(hive):
    client = hive.come(7)
    hive.come(8)
    for seq in range(1, 259):
        assert client.code(private.MarkAdd(suid=7, duid=8, mark=str(seq)), seq=seq) == 0
    assert client.code(private.MarkAdd(suid=7, duid=8, mark="3"), seq=3) == 0
    assert hive.state(user_id(7)).marks == {8: "258"}
    client.say(private.MarkAdd(suid=7, duid=8, mark="2"), seq=2)
    assert client.closed


def test_numbers_grow_across_connections_and_restarts(hive):
    client = hive.come(7)
    hive.come(8)
    client.chat(8, seq=41)
    assert hive.connect().online(7, 700).seq == 48
    hive.restart()
    client = hive.connect()
    assert client.online(7, 700).seq == 48
    hive.come(8)
    client.chat(8, seq=48)
    assert hive.connect().online(7, 700).seq == 56


def test_exempt_from_numbers_are_online_ping_offline_and_acks(hive):
    sender, client = hive.come(7), hive.come(8)
    client.chat(7, seq=500)
    sender.chat(8, seq=77)
    [chat] = client.take(private.Chat)
    client.ack(chat)
    client.say(common.OnlineNtfAck(), seq=0)
    assert client.ask(common.Ping(), seq=0) == common.Pong()
    assert hive.state(device_id(client.sid)).highest == 500
    assert client.ask(common.Offline(), seq=3) == common.OfflineAck()
    assert hive.come(8).synced() == []


def test_an_ack_may_echo_the_header_of_what_it_acknowledges(hive):
    sender, client = hive.come(7), hive.come(8)
    sender.chat(8)
    [chat] = client.take(private.Chat)
    said = chat.message
    ack = private.ChatAck(suid=said.suid, duid=said.duid, code=0, errmsg="")
    client.say(ack, seq=chat.seq, sid=chat.sid)
    assert client.packets == []
    assert client.synced() == []


def test_what_is_no_command_of_ours_is_only_counted(hive):
    client = hive.come(7)
    before = len(hive.house.rows())
    for message in (
        common.ErrorAck(),
        common.OfflineNtfAck(),
        group.GroupJoinNtfAck(),
        group.GroupChatAck(code=0, errmsg=""),
        room.RoomUsrNumAck(),
        room.RoomJoinNtfAck(),
        push.BcAck(code=0, errmsg=""),
    ):
        client.say(message, seq=0)
    assert client.packets == []
    assert not client.closed
    assert len(hive.house.rows()) == before


# --- in one breath --------------------------------------------------------------------------


def test_what_follows_offline_in_the_same_breath_is_not_obeyed(hive):
    client, peer = hive.come(7), hive.come(8)
    peer.code(room.RoomJoin(uid=8, rid=5))
    peer.take()
    with hive.one_breath():
        client.say(common.Offline())
        client.say(room.RoomJoin(uid=7, rid=5))
        client.say(client.a_chat(8, "from beyond"))
    assert [type(m) for m in client.heard()] == [common.OfflineAck]
    assert peer.packets == []
    assert list(hive.state(device_id(client.sid)).rooms) == []


def test_what_follows_a_falling_number_in_the_same_breath_is_not_obeyed(hive):
    client, peer = hive.come(7), hive.come(8)
    client.chat(8, seq=50)
    peer.take()
    client.take()
    with hive.one_breath():
        client.say(client.a_chat(8, "old"), seq=49)
        client.say(client.a_chat(8, "new"), seq=51)
    assert [type(m) for m in client.heard()] == [common.Kick]
    assert peer.packets == []


def test_what_an_older_connection_says_after_the_newer_one_came_is_not_obeyed(hive):
    old, peer = hive.come(7, 70), hive.come(8)
    with hive.one_breath():
        new = hive.connect()
        new.say(online(7, 70), sid=70)
        old.say(old.a_chat(8, "a ghost"), seq=900)
        old.say(room.RoomJoin(uid=7, rid=5), seq=901)
    assert old.closed == ["taken_over"]
    assert peer.packets == []
    assert hive.state(device_id(70)).highest == 0
    assert hive.state(device_id(70)).rooms == {}


def test_what_an_older_connection_says_is_not_obeyed_again_when_the_newer_one_is_gone(hive):
    """Its numbers would have a gap, and what fell into it could not be said again."""
    old, peer = hive.come(7, 70), hive.come(8)
    with hive.one_breath():
        new = hive.connect()
        new.say(online(7, 70), sid=70)
        old.say(old.a_chat(8, "first"), seq=900)
        new.cut()
        old.say(old.a_chat(8, "second"), seq=902)
    assert old.closed == ["taken_over"]
    assert peer.packets == []
    again = hive.come(7, 70)
    for seq, text in ((900, "first"), (902, "second")):
        again.say(again.a_chat(8, text), seq=seq)
    assert peer.texts() == ["first", "second"]


def test_commands_in_one_breath_are_answered_in_order(hive):
    client, peer = hive.come(7), hive.come(8)
    with hive.one_breath():
        for number in range(5):
            client.say(client.a_chat(8, str(number)), seq=20 + number)
        client.say(client.a_chat(8, "2"), seq=22)
    assert [p.seq for p in client.take()] == [20, 21, 22, 23, 24, 22]
    assert peer.texts() == ["0", "1", "2", "3", "4"]


# --- words that are none --------------------------------------------------------------------


def test_packets_answer_with_no_sid(hive):
    client = hive.come(7)
    client.say(common.Sub(), seq=99)
    assert client.take() == [Packet(common.SubAck(cmd=0x0410, code=0, errmsg="Ok"), 99, 0)]


def test_only_dialect_v1_leaves_a_room_unnamed(hive):
    client = hive.come(7)
    client.code(room.RoomJoin(uid=7, rid=5))
    assert client.code(room.RoomJoin(uid=7, rid=0)) == 10006
    assert client.code(room.RoomQuit(uid=7, rid=0)) == 10006
    remark = room.RoomChat(uid=7, rid=0, gid=0, level=0, time=7, text="hi")
    assert client.code(remark) == 10006


@pytest.mark.parametrize("seq", [2**63, 2**64 - 1])
def test_a_number_behind_which_none_could_follow_is_not_taken(hive, seq):
    client, other = hive.come(7), hive.come(8)
    answer = client.ask(client.a_chat(8), seq=seq)
    assert (type(answer), answer.code) == (common.Error, 20010)
    assert other.take() == []
    assert not client.closed
    assert client.chat(8, seq=2**63 - 1) == 0
    client.cut()
    assert hive.come(7).ask(common.Ping()) == common.Pong()
