"""Friends, who is told of comings and goings, subscriptions, broadcasts."""

import pytest

from parlour.actors.beehive.messages import PushToAll
from parlour.events.beehive import LOBBY_ID, inbox_id, user_id
from parlour.events.messages.beehive import common, private, push

ONLINE_NTF, OFFLINE_NTF, USR_NUM, LSN_STAT = 0x0150, 0x0152, 0x0410, 0x0412


def ask_for(client, duid, mark=""):
    return client.code(private.FriendAdd(suid=client.uid, duid=duid, mark=mark))


def befriend(one, other):
    ask_for(one, other.uid)
    ask_for(other, one.uid)
    for client in (one, other):
        client.take()


def friends(hive, uid):
    return set(hive.state(user_id(uid)).friends)


# --- friendship -----------------------------------------------------------------------------


def test_friendship_exists_once_both_have_asked(hive):
    one, other = hive.come(7), hive.come(8)
    assert ask_for(one, 8, "from the fair") == 0
    [packet] = other.take()
    assert packet.message == private.FriendAdd(suid=7, duid=8, mark="from the fair")
    assert packet.sid == one.sid
    assert friends(hive, 7) == friends(hive, 8) == set()
    assert ask_for(other, 7) == 0
    assert friends(hive, 7) == {8}
    assert friends(hive, 8) == {7}
    hive.restart()
    assert (friends(hive, 7), friends(hive, 8)) == ({8}, {7})


def test_the_end_of_it_is_the_end_for_both(hive):
    one, other = hive.come(7), hive.come(8)
    befriend(one, other)
    assert one.code(private.FriendDel(suid=7, duid=8)) == 0
    assert other.heard() == [private.FriendDel(suid=7, duid=8)]
    assert friends(hive, 7) == friends(hive, 8) == set()
    assert one.code(private.FriendDel(suid=7, duid=8)) == 0
    assert other.heard() == []


def test_a_request_taken_back_makes_no_friends(hive):
    one, other = hive.come(7), hive.come(8)
    ask_for(one, 8)
    one.code(private.FriendDel(suid=7, duid=8))
    ask_for(other, 7)
    assert friends(hive, 8) == set()


def test_a_request_waits_for_who_is_away_and_is_told_once_a_device(hive):
    one = hive.come(7)
    hive.come(8, 80).cut()
    hive.come(8, 81).cut()
    ask_for(one, 8, "hello")
    for sid in (80, 81):
        client = hive.come(8, sid)
        [packet] = client.sync()
        assert packet.message == private.FriendAdd(suid=7, duid=8, mark="hello")
        assert client.sync() == []
        client.cut()
        assert hive.come(8, sid).sync() == []


def test_a_request_told_live_waits_for_the_other_devices_only(hive):
    one, phone = hive.come(7), hive.come(8, 80)
    hive.come(8, 81).cut()
    ask_for(one, 8)
    assert len(phone.take()) == 1
    assert phone.sync() == []
    assert len(hive.come(8, 81).sync()) == 1


def test_a_sync_that_is_not_read_has_told_no_notice(hive):
    one = hive.come(7)
    hive.come(8, 80).cut()
    ask_for(one, 8)
    client = hive.come(8, 80)
    with hive.slow_pages():
        client.say(common.Sync(uid=8))
        client.cut()
    assert len(hive.come(8, 80).sync()) == 1


def test_a_request_made_again_is_told_once(hive):
    one, other = hive.come(7), hive.come(8)
    for _ in range(3):
        assert ask_for(one, 8, "again") == 0
    assert len(other.take(private.FriendAdd)) == 1
    ask_for(other, 7)
    assert len(one.take(private.FriendAdd)) == 1
    for _ in range(3):
        assert ask_for(one, 8) == ask_for(other, 7) == reply(other, 7, 0) == 0
    assert one.take() == other.take() == []
    assert hive.names(inbox_id(8)) == hive.names(inbox_id(7)) == ["FriendNoticeSent"]


def test_a_request_of_who_is_gagged_is_told_by_sync_only(hive):
    one, other = hive.come(7), hive.come(8)
    other.code(private.GagAdd(suid=8, duid=7))
    assert ask_for(one, 8, "hello") == 0
    assert other.take() == []
    assert [p.message for p in other.sync()] == [private.FriendAdd(suid=7, duid=8, mark="hello")]
    assert other.sync() == []


def test_nobody_befriends_himself(hive):
    client = hive.come(7)
    assert ask_for(client, 7) == 20012
    assert client.code(private.BlacklistAdd(suid=7, duid=7)) == 20012
    assert client.code(private.FriendDel(suid=7, duid=7)) == 0
    assert friends(hive, 7) == set()


def test_there_is_an_end_of_friends(hive_of):
    hive = hive_of(list_entries=2)
    one = hive.come(7)
    others = [hive.come(uid) for uid in (8, 9, 10)]
    befriend(one, others[0])
    befriend(one, others[1])
    assert ask_for(one, 10) == 10022
    assert ask_for(others[2], 7) == 0
    assert ask_for(one, 10) == 10022
    assert friends(hive, 7) == {8, 9}


def reply(client, duid, code, text="Ok"):
    return client.code(private.FriendReply(suid=client.uid, duid=duid, code=code, errmsg=text))


def test_a_request_may_be_agreed_to_in_the_words_of_v1(hive):
    one, other = hive.come(7), hive.come(8)
    ask_for(one, 8)
    assert reply(other, 7, 0) == 0
    assert friends(hive, 7) == {8}
    assert friends(hive, 8) == {7}
    [told] = one.heard()
    assert (told.suid, told.duid, told.code) == (8, 7, 0)


def test_a_request_may_be_refused_in_the_words_of_v1(hive):
    one, other = hive.come(7), hive.come(8)
    ask_for(one, 8)
    assert reply(other, 7, 5, "no") == 0
    [told] = one.heard()
    assert (told.suid, told.code, told.errmsg) == (8, 5, "no")
    assert ask_for(other, 7) == 0
    assert friends(hive, 8) == set()
    one.take()
    assert reply(one, 9, 5) == 10006
    hive.come(9)
    assert reply(one, 9, 5) == 0
    assert hive.names(inbox_id(9)) == []


# --- comings and goings ---------------------------------------------------------------------


def test_friends_are_told_of_the_first_device_and_of_the_last(hive):
    one, other, stranger = hive.come(7), hive.come(8, 80), hive.come(9)
    befriend(one, other)
    hive.come(8, 81).cut()
    assert one.heard() == []
    other.cut()
    assert one.heard() == [common.OfflineNtf(uid=8)]
    other = hive.come(8, 80)
    assert one.heard() == [common.OnlineNtf(uid=8)]
    hive.come(8, 80)
    assert one.heard() == []
    assert stranger.heard() == []
    assert other.heard() == []


def test_offline_tells_friends_too(hive):
    one, other = hive.come(7), hive.come(8)
    befriend(one, other)
    other.say(common.Offline())
    assert one.heard() == [common.OfflineNtf(uid=8)]


def test_who_does_not_want_to_know_is_not_told(hive):
    one, phone, other = hive.come(7, 70), hive.come(7, 71), hive.come(8)
    befriend(one, other)
    phone.take()
    for cmd in (ONLINE_NTF, OFFLINE_NTF):
        answer = one.ask(common.Unsub(cmd=cmd))
        assert answer == common.UnsubAck(cmd=cmd, code=0, errmsg="Ok")
    other.cut()
    hive.come(8).cut()
    assert one.heard() == []
    assert len(phone.heard()) == 3
    hive.restart()
    one = hive.come(7, 70)
    hive.come(8)
    assert one.heard() == []
    assert one.code(common.Sub(cmd=ONLINE_NTF)) == 0
    hive.come(8).cut()
    hive.come(8)
    assert one.heard() == [common.OnlineNtf(uid=8)]


def test_after_a_crash_everybody_is_away_and_nobody_is_told_so(hive):
    one, other = hive.come(7), hive.come(8)
    befriend(one, other)
    hive.restart()
    one = hive.come(7)
    assert one.heard() == []
    hive.come(8)
    assert one.heard() == [common.OnlineNtf(uid=8)]


# --- subscriptions --------------------------------------------------------------------------


def test_an_empty_sub_wants_the_number_of_users_of_rooms(hive):
    client = hive.come(7)
    assert client.ask(common.Sub()) == common.SubAck(cmd=USR_NUM, code=0, errmsg="Ok")
    assert USR_NUM in hive.state(user_id(7)).devices[client.sid].wants


@pytest.mark.parametrize("cmd", [0, 0x0201, 0x0151, 0x0411, 2**32 - 1])
def test_what_cannot_be_subscribed_is_unsupported(hive, cmd):
    client = hive.come(7)
    assert client.code(common.Sub(cmd=cmd)) == 10007
    assert client.code(common.Unsub(cmd=cmd)) == 10007


def test_subscribing_twice_is_once(hive):
    client = hive.come(7)
    for _ in range(3):
        client.code(common.Sub())
        client.code(common.Sub(cmd=ONLINE_NTF))
    assert hive.names(user_id(7)).count("SubscriptionChanged") == 1


def test_what_nodes_count_is_for_operators(hive):
    hive.register(7, operator=True)
    assert hive.come(7).code(common.Sub(cmd=LSN_STAT)) == 0
    assert hive.come(8).code(common.Sub(cmd=LSN_STAT)) == 10005
    assert hive.come(8).code(common.Unsub(cmd=LSN_STAT)) == 0


# --- broadcasts -----------------------------------------------------------------------------


def test_an_operator_tells_everybody_online(hive):
    hive.register(7, operator=True)
    boss, phone, tablet = hive.come(7), hive.come(8, 80), hive.come(8, 81)
    idle = hive.connect()
    said = push.Bc(level=2, time=9, expire=60, text="hear", data=b"\0")
    assert boss.ask(said) == push.BcAck(code=0, errmsg="Ok")
    [first] = phone.heard()
    assert (first.msgid, first.text, first.level, first.expire) == (1, "hear", 2, 60)
    assert tablet.heard() == boss.heard() == [first]
    assert idle.heard() == []
    assert hive.order(LOBBY_ID, PushToAll(expire=5, text="over http")) == 2
    assert [m.msgid for m in phone.heard()] == [2]
    hive.restart()
    assert hive.order(LOBBY_ID, PushToAll(expire=5, text="after")) == 3


def test_a_broadcast_of_anybody_else_is_refused(hive):
    client, other = hive.come(7), hive.come(8)
    assert client.code(push.Bc(time=9, text="x")) == 10005
    assert other.heard() == []
    assert "BroadcastSent" not in hive.names(LOBBY_ID)
