"""Sessions: ONLINE and what comes before it, headers, senders, numbers and answers sent again."""

import pytest

from parlour.actors.accounts import DisableAccount, IssueToken
from parlour.actors.beehive.messages import AddDevice, GiveDeviceToken
from parlour.events.beehive import device_id, inbox_id, user_id
from parlour.events.messages.beehive import common, group, private, push, room
from parlour.events.messages.beehive.packet import Packet
from parlour.events.rules.beehive.lobby import GIVEN_PLACES, GIVEN_SIDS

CHECKSUM = 0x1ED23CB4


def online(uid, sid, token="x"):
    return common.Online(uid=uid, sid=sid, token=token, app="app", version="2", terminal=3)


# --- before ONLINE --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        private.Chat(suid=1, duid=2, level=0, time=0, text=""),
        common.Sync(uid=1),
        common.Offline(),
        group.GroupCreat(uid=1, gid=0, name="", desc=""),
        room.RoomJoin(uid=1, rid=5),
    ],
)
def test_a_command_before_online_is_refused_and_ends_the_connection(hive, message):
    client = hive.connect()
    answer = client.ask(message)
    assert isinstance(answer, common.Error)
    assert answer.code == 20008
    assert client.closed
    assert len(hive.house.rows()) == 1  # EngineStarted


def test_ping_needs_no_online(hive):
    client = hive.connect()
    assert client.ask(common.Ping(), seq=17) == common.Pong()
    assert not client.closed


def test_acks_before_online_hurt_nobody(hive):
    client = hive.connect()
    client.say(common.ErrorAck())
    client.say(common.KickAck())
    client.say(private.ChatAck(suid=1, duid=2, code=0, errmsg=""))
    assert client.packets == []
    assert not client.closed


# --- ONLINE ---------------------------------------------------------------------------------


def test_online_is_answered_with_what_it_said_and_a_number(hive):
    client = hive.connect()
    answer = client.ask(online(7, 1234), seq=1, sid=1234)
    assert answer == common.OnlineAck(
        uid=7, sid=1234, seq=8, app="app", version="2", terminal=3, code=0, errmsg="Ok"
    )
    assert hive.state(device_id(1234)).uid == 7


@pytest.mark.parametrize("sid", [0, CHECKSUM, (5 << 32) | CHECKSUM])
def test_a_sid_nobody_may_have_is_refused(hive, sid):
    client = hive.connect()
    assert client.code(online(7, sid), sid=sid) == 20012
    assert client.closed


@pytest.mark.parametrize("uid", [0, 2**53, 2**63, 2**64 - 1])
def test_a_uid_nobody_may_have_is_refused(hive, uid):
    client = hive.connect()
    assert client.code(online(uid, 5), sid=5) == 20008
    assert client.closed


def test_a_sid_of_another_user_is_refused(hive):
    hive.come(7, 70)
    thief = hive.connect()
    assert thief.code(online(8, 70), sid=70) == 20008
    assert thief.closed
    assert hive.state(device_id(70)).uid == 7


def test_online_again_is_answered_and_anything_else_is_not_let_in(hive):
    client = hive.come(7, 70)
    hive.come(8, 80)
    assert client.code(online(7, 70), sid=70) == 0
    assert client.code(online(7, 71), sid=71) == 20012
    assert client.code(online(8, 80), sid=80) == 20012
    assert client.ask(common.Ping()) == common.Pong()
    assert not client.closed


def test_without_open_a_stored_token_of_kind_beehive_is_needed(hive_of):
    hive = hive_of(open=False)
    hive.register(7)
    hive.register(8)
    good = hive.order("user:7", IssueToken(kind="beehive")).token
    of_sid = hive.order("user:7", IssueToken(kind="beehive", sid=70)).token
    other_kind = hive.order("user:7", IssueToken(kind="skey")).token
    others = hive.order("user:8", IssueToken(kind="beehive")).token
    for token in ("", "x", other_kind, others):
        client = hive.connect()
        assert client.code(online(7, 70, token), sid=70) == 20008
        assert client.closed
    assert hive.names(user_id(7)) == []
    assert hive.connect().code(online(7, 71, of_sid), sid=71) == 20008
    assert hive.connect().code(online(7, 70, of_sid), sid=70) == 0
    assert hive.connect().code(online(7, 71, good), sid=71) == 0
    hive.order("user:7", DisableAccount())
    assert hive.connect().code(online(7, 71, good), sid=71) == 20008


def test_a_signed_token_is_good_for_its_device_and_its_time(hive_of):
    hive = hive_of(open=False)
    hive.register(7)
    hive.register(8)
    sid = hive.order(user_id(7), AddDevice())
    given = hive.order(user_id(7), GiveDeviceToken(sid=sid))
    assert hive.connect().code(online(7, sid + 1, given.token), sid=sid + 1) == 20008
    assert hive.connect().code(online(8, sid, given.token), sid=sid) == 20008
    client = hive.connect()
    assert client.code(online(7, sid, given.token), sid=sid) == 0
    hive.house.clock.time = given.expires
    assert hive.connect().code(online(7, sid, given.token), sid=sid) == 20008
    hive.order("user:7", DisableAccount())


def test_a_signed_token_of_a_disabled_account_opens_nothing(hive_of):
    hive = hive_of(open=False)
    hive.register(7)
    sid = hive.order(user_id(7), AddDevice())
    token = hive.order(user_id(7), GiveDeviceToken(sid=sid)).token
    hive.order("user:7", DisableAccount())
    assert hive.connect().code(online(7, sid, token), sid=sid) == 20008


# --- AddDevice ------------------------------------------------------------------------------


def test_devices_are_given_and_wished_for(hive_of):
    hive = hive_of(open=False)
    assert hive.order(user_id(7), AddDevice()) == "no_such_account"
    assert hive.order(user_id(0), AddDevice()) == "no_such_account"
    hive.register(7)
    hive.register(8)
    first = hive.order(user_id(7), AddDevice())
    second = hive.order(user_id(7), AddDevice())
    assert first != second
    assert hive.order(user_id(7), AddDevice(sid=first)) == first
    assert hive.order(user_id(8), AddDevice(sid=first)) == "sid_taken"
    assert hive.order(user_id(7), AddDevice(sid=CHECKSUM)) == "sid_invalid"
    assert hive.order(user_id(8), AddDevice(sid=555)) == 555
    hive.order("user:8", DisableAccount())
    assert hive.order(user_id(8), AddDevice(sid=556)) == "account_disabled"


def test_drawn_sids_are_nobodys_to_choose(hive):
    drawn = hive.order(user_id(7), AddDevice())
    assert drawn in GIVEN_SIDS
    assert hive.order(user_id(8), AddDevice(sid=drawn + 1)) == "sid_invalid"
    assert hive.connect().code(online(8, drawn + 1), sid=drawn + 1) == 20012
    assert hive.order(user_id(7), AddDevice()) == drawn + 1


def test_drawn_numbers_of_groups_and_rooms_are_nobodys_to_choose(hive):
    ada, bo = hive.come(7, 70), hive.come(8, 80)
    gid = ada.ask(group.GroupCreat(uid=7, gid=0, name="", desc="")).gid
    assert gid in GIVEN_PLACES
    wished = bo.ask(group.GroupCreat(uid=8, gid=gid + 7, name="", desc="")).gid
    assert wished == gid + 1
    assert bo.ask(room.RoomJoin(uid=8, rid=gid + 2)).code == 10006
    assert ada.ask(room.RoomCreat(uid=7, name="", desc="")).rid == gid + 2


def test_with_open_an_unknown_user_is_registered(hive):
    sid = hive.order(user_id(7), AddDevice())
    assert hive.come(7, sid).sid == sid


def test_more_devices_than_a_user_may_have_push_out_the_one_seen_longest_ago(hive_of):
    hive = hive_of(devices=3)
    first = hive.come(7, 70)
    for sid in (71, 72, 73):
        hive.pass_time(1)
        hive.order(user_id(7), AddDevice(sid=sid))
    assert list(hive.state(user_id(7)).devices) == [70, 72, 73]
    hive.come(7, 72)
    hive.come(7, 73)
    assert hive.connect().code(online(7, 74), sid=74) == 10022
    assert hive.order(user_id(7), AddDevice(sid=75)) == "too_many_devices"
    assert not first.closed
    first.cut()
    assert hive.come(7, 74).sid == 74


def test_numbers_that_were_taken_in_a_row_are_jumped_over(hive):
    client = hive.come(7)
    first = client.ask(group.GroupCreat(uid=7, gid=0, name="g", desc="")).gid
    for gid in range(first + 1, first + 200):
        answer = client.ask(group.GroupCreat(uid=7, gid=gid, name="g", desc=""))
        assert answer.gid == gid
    gid = client.ask(group.GroupCreat(uid=7, gid=0, name="g", desc="")).gid
    assert gid >= first + 200


# --- headers and senders --------------------------------------------------------------------


def test_a_header_with_another_sid_is_not_obeyed(hive):
    client, other = hive.come(7, 70), hive.come(8, 80)
    answer = client.ask(client.a_chat(8), sid=80)
    assert isinstance(answer, common.Error)
    assert answer.code == 20012
    assert client.code(client.a_chat(8), sid=0) == 20012
    assert other.packets == []
    assert not client.closed
    assert hive.state(device_id(70)).highest == 0


FORGED = [
    (private.Chat(suid=9, duid=8, level=0, time=0, text=""), private.ChatAck),
    (private.FriendAdd(suid=9, duid=8, mark=""), private.FriendAddAck),
    (private.MarkDel(suid=9, duid=8), private.MarkDelAck),
    (private.BlacklistAdd(suid=9, duid=8), private.BlacklistAddAck),
    (push.P2P(suid=9, duid=8, time=0, data=b""), push.P2PAck),
    (common.Sync(uid=9), common.SyncAck),
    (group.GroupCreat(uid=9, gid=0, name="", desc=""), group.GroupCreatAck),
    (room.RoomJoin(uid=9, rid=1), room.RoomJoinAck),
    (
        room.RoomChat(uid=9, rid=1, gid=0, level=0, time=0, text=""),
        room.RoomChatAck,
    ),
]


@pytest.mark.parametrize(("message", "ack"), FORGED)
def test_a_forged_sender_is_refused_by_the_commands_own_ack(hive, message, ack):
    client, other = hive.come(7), hive.come(8)
    hive.come(9)
    answer = client.ask(message)
    assert isinstance(answer, ack)
    assert answer.code == 20012
    assert answer.errmsg
    assert other.packets == []
    assert not client.closed
    assert hive.names(inbox_id(8)) == []
    assert hive.state(device_id(client.sid)).highest == 8


def test_an_implied_sender_is_whoever_the_connection_speaks_for(hive):
    client, other = hive.come(7), hive.come(8)
    said = private.Chat(suid=0, duid=8, level=0, time=0, text="hi")
    answer = client.ask(said, sid=0, implied=True)
    assert (answer.suid, answer.code) == (7, 0)
    [heard] = other.take()
    assert (heard.message.suid, heard.sid) == (7, client.sid)


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


def test_commands_in_one_breath_are_answered_in_order(hive):
    client, peer = hive.come(7), hive.come(8)
    with hive.one_breath():
        for number in range(5):
            client.say(client.a_chat(8, str(number)), seq=20 + number)
        client.say(client.a_chat(8, "2"), seq=22)
    assert [p.seq for p in client.take()] == [20, 21, 22, 23, 24, 22]
    assert peer.texts() == ["0", "1", "2", "3", "4"]


# --- going ----------------------------------------------------------------------------------


def test_offline_is_answered_and_ends_the_connection(hive):
    client = hive.come(7)
    assert client.ask(common.Offline(), seq=9) == common.OfflineAck()
    assert client.closed == ["offline"]
    assert hive.names(user_id(7))[-1] == "DeviceOffline"
    assert hive.events(user_id(7))[-1].reason == "offline"


def test_a_lost_connection_takes_its_device_offline(hive):
    hive.come(7).cut()
    assert hive.events(user_id(7))[-1].reason == "lost"


def test_a_taken_over_connection_is_closed_and_the_device_stays_online(hive):
    old, peer = hive.come(7, 70), hive.come(8)
    new = hive.come(7, 70)
    assert old.closed == ["taken_over"]
    assert "DeviceOffline" not in hive.names(user_id(7))
    peer.chat(7, "to the new one")
    assert new.texts() == ["to the new one"]
    assert old.texts() == []


def test_a_taken_over_device_is_in_no_room(hive):
    peer = hive.come(8)
    old = hive.come(7, 70)
    for client in (peer, old):
        assert client.code(room.RoomJoin(uid=client.uid, rid=5)) == 0
    peer.take()
    new = hive.come(7, 70)
    assert [m.uid for m in peer.heard(room.RoomQuitNtf)] == [7]
    said = room.RoomChat(uid=7, rid=5, gid=0, level=0, time=0, text="in")
    assert new.code(said) == 10005
    assert hive.state(device_id(70)).rooms == {}


def test_offline_and_a_lost_connection_leave_the_rooms(hive):
    peer = hive.come(8)
    peer.code(room.RoomJoin(uid=8, rid=5))
    for leave in (lambda c: c.cut(), lambda c: c.say(common.Offline())):
        client = hive.come(7)
        client.code(room.RoomJoin(uid=7, rid=5))
        peer.take()
        leave(client)
        assert [m.uid for m in peer.heard(room.RoomQuitNtf)] == [7]


def test_news_of_a_loss_that_comes_late_changes_nothing(hive):
    old = hive.come(7, 70)
    hive.house.hub.bound.pop(("beehive", 70))
    new = hive.come(7, 70)
    old.cut()
    assert "DeviceOffline" not in hive.names(user_id(7))
    hive.come(8).chat(7, "still here")
    assert new.texts() == ["still here"]


# --- what the disk refuses ------------------------------------------------------------------


def test_an_online_that_is_dropped_leaves_no_ghost(hive, disk):
    peer = hive.come(8)
    disk.fill()
    client = hive.connect()
    client.uid = 7
    client.say(online(7, 70), sid=70, seq=1)
    assert [m.code for m in client.heard(common.Error)] == [10001]
    assert client.closed
    disk.free()
    hive.flush()
    assert hive.house.hub.announced == {}
    assert hive.state(device_id(70)).uid == 0
    assert hive.names(user_id(7)) == []
    assert hive.come(7, 70).sid == 70
    peer.take()
    assert peer.chat(7, "there") == 0


def test_a_command_that_is_dropped_may_be_sent_again(hive, disk):
    sender, receiver = hive.come(7), hive.come(8)
    disk.fill()
    sender.say(sender.a_chat(8, "once"), seq=20)
    assert [m.code for m in sender.heard()] == [10001]
    assert receiver.heard() == []
    disk.free()
    assert not sender.closed
    assert sender.code(sender.a_chat(8, "once"), seq=20) == 0
    [chat] = receiver.take(private.Chat)
    receiver.ack(chat)
    assert receiver.synced() == []


def test_a_connection_lost_while_the_disk_is_full_is_found_out(hive, disk):
    client, peer = hive.come(7), hive.come(8)
    disk.fill()
    client.cut()
    disk.free()
    hive.flush()
    assert hive.names(user_id(7))[-1] == "DeviceOffline"
    assert peer.chat(7, "for later") == 0
    assert hive.come(7).synced() == ["for later"]


def test_a_taken_over_connection_whose_successor_was_dropped_is_still_obeyed(hive, disk):
    old, peer = hive.come(7, 70), hive.come(8)
    disk.fill()
    client = hive.connect()
    client.uid = 7
    client.say(online(7, 70), sid=70, seq=1)
    assert client.closed
    disk.free()
    hive.flush()
    assert not old.closed
    old.take()
    assert old.chat(8, "me") == 0
    assert peer.texts() == ["me"]
    peer.chat(7, "and back")
    assert old.texts() == ["and back"]


def test_the_answer_of_a_dropped_read_is_no_answer(hive, disk):
    client = hive.come(7)
    disk.fill()
    client.say(common.Sync(uid=7), seq=30)
    assert [type(m) for m in client.heard()] == [common.Error]
    disk.free()
    assert client.synced() == []


def test_offline_on_a_full_disk_is_not_said_and_done_later(hive, disk):
    client = hive.come(7)
    disk.fill()
    client.say(common.Offline(), seq=9)
    assert [m.code for m in client.heard()] == [10001]
    assert not client.closed
    disk.free()
    assert client.ask(common.Offline(), seq=10) == common.OfflineAck()
    assert client.closed


def test_packets_answer_with_no_sid(hive):
    client = hive.come(7)
    client.say(common.Sub(), seq=99)
    assert client.take() == [Packet(common.SubAck(cmd=0x0410, code=0, errmsg="Ok"), 99, 0)]


def test_a_device_is_in_so_many_rooms_at_most(hive):
    client = hive.come(7)
    for rid in range(1, 201):
        assert client.code(room.RoomJoin(uid=7, rid=rid)) == 0
    assert client.code(room.RoomJoin(uid=7, rid=201)) == 10022
    assert client.code(room.RoomJoin(uid=7, rid=5)) == 0
    assert client.code(room.RoomQuit(uid=7, rid=5)) == 0
    assert client.code(room.RoomJoin(uid=7, rid=201)) == 0
    client.cut()
    client = hive.come(7)
    assert client.code(room.RoomJoin(uid=7, rid=202)) == 0


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


def test_a_mere_registration_throws_out_no_device_that_was_ever_online(hive_of):
    hive = hive_of(devices=3)
    hive.come(7, 70).cut()
    hive.come(7, 71).cut()
    for sid in (72, 73):
        hive.pass_time(1)
        assert hive.order(user_id(7), AddDevice(sid=sid)) == sid
    assert list(hive.state(user_id(7)).devices) == [70, 71, 73]
    hive.come(7, 73).cut()
    assert hive.order(user_id(7), AddDevice(sid=74)) == "too_many_devices"
    assert hive.order(user_id(7), AddDevice(sid=70)) == 70
    assert hive.come(7, 74).sid == 74  # who really comes takes a place
    assert list(hive.state(user_id(7)).devices) == [71, 73, 74]


def test_it_can_be_asked_for_a_device_that_is_there(hive):
    assert hive.order(user_id(7), AddDevice(sid=70, known=True)) == "no_such_device"
    assert hive.state(user_id(7)).devices == {}
    hive.come(7, 70)
    assert hive.order(user_id(7), AddDevice(sid=70, known=True)) == 70


def test_a_user_is_in_so_many_groups_at_most(hive_of):
    hive = hive_of(list_entries=2)
    client, other = hive.come(7), hive.come(8)
    gids = [
        owner.ask(group.GroupCreat(uid=owner.uid, gid=0, name="", desc="")).gid
        for owner in (client, client, other)
    ]
    assert client.code(group.GroupCreat(uid=7, gid=0, name="", desc="")) == 10022
    assert client.code(group.GroupJoin(uid=7, gid=gids[2])) == 10022
    assert client.code(group.GroupJoin(uid=7, gid=gids[0])) == 0
    assert client.code(group.GroupDimiss(uid=7, gid=gids[1])) == 0
    assert client.code(group.GroupJoin(uid=7, gid=gids[2])) == 0
