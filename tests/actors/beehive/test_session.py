"""Sessions: ONLINE and what comes before it, devices, headers and senders."""

import pytest

from parlour.actors.accounts import DisableAccount, IssueToken
from parlour.actors.beehive.messages import AddDevice, GiveDeviceToken
from parlour.events.beehive import device_id, inbox_id, user_id
from parlour.events.messages.beehive import common, group, private, push, room
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


# --- how many at most -----------------------------------------------------------------------


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
