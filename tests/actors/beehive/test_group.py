"""Groups through sessions: coming and going, talking, and what survives."""

import msgspec
import pytest
from group_talk import ALICE, BOB, CAROL, DAVE, FORBIDDEN, FORGED, MISSING, chat, found, members

from parlour.actors.beehive.messages import AddDevice, PushToGroup
from parlour.events import beehive as facts
from parlour.events.messages.beehive import common, group, private, room


@pytest.fixture
def people(hive):
    return [hive.come(uid) for uid in (ALICE, BOB, CAROL)]


def test_who_creates_a_group_is_told_its_number_and_owns_it(hive):
    one = hive.come(ALICE)
    gid = found(one)
    assert gid >= 1_000_001
    assert members(hive, gid) == {ALICE: 1}
    assert hive.state(facts.user_id(ALICE)).groups == {gid: 1}


def test_a_wished_number_is_given_when_it_is_free(hive):
    one = hive.come(ALICE)
    first = one.ask(group.GroupCreat(uid=ALICE, gid=42, name="", desc=""))
    second = one.ask(group.GroupCreat(uid=ALICE, gid=42, name="", desc=""))
    assert (first.gid, first.code, second.code) == (42, 0, 0)
    assert second.gid != 42
    assert hive.state(facts.group_id(42)).name == ""


def test_all_members_are_told_who_comes_and_goes_himself_too(people):
    one, two, three = people
    gid = found(one, two)
    assert three.code(group.GroupJoin(uid=CAROL, gid=gid)) == 0
    joined = [group.GroupJoinNtf(uid=CAROL, gid=gid)]
    assert one.heard() == two.heard() == three.heard() == joined
    assert three.code(group.GroupQuit(uid=CAROL, gid=gid)) == 0
    left = [group.GroupQuitNtf(uid=CAROL, gid=gid)]
    assert one.heard() == two.heard() == three.heard() == left


def test_the_answer_comes_before_the_notice(people):
    one, two, _ = people
    gid = found(one)
    seq = two.say(group.GroupJoin(uid=BOB, gid=gid))
    assert [(type(p.message).__name__, p.seq) for p in two.take()] == [
        ("GroupJoinAck", seq),
        ("GroupJoinNtf", 0),
    ]


def test_joining_again_is_answered_and_tells_nobody(people):
    one, two, _ = people
    gid = found(one, two)
    assert two.code(group.GroupJoin(uid=BOB, gid=gid)) == 0
    assert one.heard() == two.heard() == []
    assert hive_names(one, gid) == ["GroupCreated", "GroupMemberAdded"]


def hive_names(client, gid):
    return client.hive.names(facts.group_id(gid))


def test_a_member_invites_and_the_invited_is_told(people):
    one, two, three = people
    gid = found(one, two)
    assert two.code(group.GroupInvite(uid=BOB, gid=gid, to=CAROL)) == 0
    for client in people:
        assert client.heard() == [group.GroupJoinNtf(uid=CAROL, gid=gid)]
    assert three.code(chat(three, gid)) == 0


def test_nobody_is_invited_who_has_no_account_or_by_an_outsider(people):
    one, _, three = people
    gid = found(one)
    assert one.code(group.GroupInvite(uid=ALICE, gid=gid, to=99)) == MISSING
    assert three.code(group.GroupInvite(uid=CAROL, gid=gid, to=99)) == FORBIDDEN
    assert three.code(group.GroupInvite(uid=CAROL, gid=gid, to=BOB)) == FORBIDDEN
    assert one.code(group.GroupInvite(uid=ALICE, gid=gid, to=0)) == MISSING
    assert members(one.hive, gid) == {ALICE: 1}


def test_who_was_blacklisted_by_somebody_does_not_invite_him(people):
    one, two, three = people
    gid = found(one, two)
    assert three.code(private.BlacklistAdd(suid=CAROL, duid=BOB)) == 0
    assert two.code(group.GroupInvite(uid=BOB, gid=gid, to=CAROL)) == FORBIDDEN
    assert members(one.hive, gid) == {ALICE: 1, BOB: 0}
    assert one.code(group.GroupInvite(uid=ALICE, gid=gid, to=CAROL)) == 0
    assert two.code(group.GroupInvite(uid=BOB, gid=gid, to=CAROL)) == 0  # he is in it already


def test_others_fill_half_of_ones_groups_at_most(hive_of):
    hive = hive_of(list_entries=4)
    one, two = hive.come(ALICE), hive.come(BOB)
    gids = [found(one) for _ in range(3)]
    invited = [one.code(group.GroupInvite(uid=ALICE, gid=gid, to=BOB)) for gid in gids]
    assert invited == [0, 0, 10022]
    assert two.code(group.GroupJoin(uid=BOB, gid=gids[2])) == 0
    found(two)
    assert two.code(group.GroupCreat(uid=BOB, gid=0, name="", desc="")) == 10022


def test_an_offline_user_is_invited_and_finds_the_messages_said_since(hive):
    one = hive.come(ALICE)
    two = hive.come(BOB)
    two.cut()
    gid = found(one)
    assert one.code(chat(one, gid, "before")) == 0
    assert one.code(group.GroupInvite(uid=ALICE, gid=gid, to=BOB)) == 0
    assert one.code(chat(one, gid, "after")) == 0
    assert hive.come(BOB).synced() == ["after"]


def test_a_chat_is_stored_once_and_heard_by_all_devices_but_the_sending_one(hive, people):
    one, two, _ = people
    gid = found(one, two)
    other = hive.come(ALICE, 101)
    second = hive.come(BOB, 201)
    three = people[2]
    seq = one.say(chat(one, gid, "hi"))
    [packet] = two.take()
    assert packet.message == group.GroupChat(
        uid=ALICE, gid=gid, level=0, time=7, text="hi", data=None
    )
    assert (packet.seq, packet.sid) == (seq, one.sid)
    assert other.take() == second.take() == [packet]
    assert [p.message for p in one.take()] == [group.GroupChatAck(code=0, errmsg="Ok")]
    assert three.take() == []
    assert hive.names(facts.group_id(gid)).count("GroupSaid") == 1


def test_a_device_that_comes_later_hears_the_group_at_once(hive, people):
    one, two, _ = people
    gid = found(one, two)
    assert one.code(chat(one, gid)) == 0
    late = hive.come(BOB, 299)
    assert one.code(chat(one, gid, "to all")) == 0
    assert [m.text for m in late.heard(group.GroupChat)] == ["to all"]


def test_a_device_added_over_http_is_in_the_audience_once_it_is_online(hive, people):
    one, two, _ = people
    gid = found(one, two)
    one.code(chat(one, gid))
    assert hive.order(facts.user_id(BOB), AddDevice(sid=777)) == 777
    late = hive.come(BOB, 777)
    one.code(chat(one, gid, "x"))
    assert [m.text for m in late.heard(group.GroupChat)] == ["x"]


def test_a_device_that_came_while_its_user_was_no_member_hears_the_group(hive, people):
    one, two, _ = people
    gid = found(one, two)
    two.code(group.GroupQuit(uid=BOB, gid=gid))
    late = hive.come(BOB, 299)
    two.code(group.GroupJoin(uid=BOB, gid=gid))
    one.code(chat(one, gid, "x"))
    assert [m.text for m in late.heard(group.GroupChat)] == ["x"]


def test_who_was_offline_finds_what_the_group_said_and_only_once(hive, people):
    one, two, _ = people
    gid = found(one, two)
    two.cut()
    for text in ("a", "b"):
        assert one.code(chat(one, gid, text)) == 0
    again = hive.come(BOB)
    assert one.code(chat(one, gid, "live")) == 0
    assert [m.text for m in again.heard(group.GroupChat)] == ["live"]
    assert again.synced() == ["a", "b"]
    assert again.synced() == []


def test_what_was_said_while_one_was_no_member_is_not_told(hive, people):
    one, two, _ = people
    gid = found(one, two)
    two.cut()
    one.code(chat(one, gid, "member"))
    one.code(group.GroupKick(uid=BOB, gid=gid))
    one.code(chat(one, gid, "secret"))
    one.code(group.GroupInvite(uid=ALICE, gid=gid, to=BOB))
    one.code(chat(one, gid, "again"))
    assert hive.come(BOB).synced() == ["again"]


def test_a_sender_forged_in_the_body_is_refused(people):
    one, two, _ = people
    gid = found(one, two)
    for message in (
        group.GroupChat(uid=ALICE, gid=gid, level=0, time=7, text="x"),
        group.GroupQuit(uid=ALICE, gid=gid),
        group.GroupDimiss(uid=ALICE, gid=gid),
        group.GroupInvite(uid=ALICE, gid=gid, to=CAROL),
        group.GroupJoin(uid=ALICE, gid=gid),
        group.GroupCreat(uid=ALICE, gid=0, name="", desc=""),
    ):
        assert two.code(message) == FORGED
    assert hive_names(one, gid) == ["GroupCreated", "GroupMemberAdded"]


def test_the_roll_is_json_text_for_members(people):
    one, two, three = people
    gid = found(one, two)
    one.code(group.GroupMgrAdd(uid=BOB, gid=gid))
    one.code(group.GroupGagAdd(uid=BOB, gid=gid))
    roll = two.ask(group.GroupUsrList(gid=gid, num=0))
    assert msgspec.json.decode(roll.list) == [
        {"uid": ALICE, "role": 1, "gag": False},
        {"uid": BOB, "role": 2, "gag": True},
    ]
    assert len(msgspec.json.decode(two.ask(group.GroupUsrList(gid=gid, num=1)).list)) == 1
    assert three.ask(group.GroupUsrList(gid=gid, num=0)) == common.Error(
        code=FORBIDDEN, errmsg="No permission"
    )
    assert three.ask(group.GroupUsrList(gid=5, num=0)).code == MISSING


def test_a_read_that_is_sent_again_is_done_again(people):
    one, two, _ = people
    gid = found(one)
    listing = group.GroupUsrList(gid=gid, num=0)
    seq = one.say(listing)
    two.code(group.GroupJoin(uid=BOB, gid=gid))
    one.take()
    one.say(listing, seq=seq)
    [packet] = one.take()
    assert len(msgspec.json.decode(packet.message.list)) == 2


COMMANDS = [
    lambda uid, gid: group.GroupJoin(uid=uid, gid=gid),
    lambda uid, gid: group.GroupQuit(uid=uid, gid=gid),
    lambda uid, gid: group.GroupDimiss(uid=uid, gid=gid),
    lambda uid, gid: group.GroupInvite(uid=uid, gid=gid, to=BOB),
    lambda uid, gid: group.GroupKick(uid=BOB, gid=gid),
    lambda uid, gid: group.GroupGagAdd(uid=BOB, gid=gid),
    lambda uid, gid: group.GroupGagDel(uid=BOB, gid=gid),
    lambda uid, gid: group.GroupBlAdd(uid=BOB, gid=gid),
    lambda uid, gid: group.GroupBlDel(uid=BOB, gid=gid),
    lambda uid, gid: group.GroupMgrAdd(uid=BOB, gid=gid),
    lambda uid, gid: group.GroupMgrDel(uid=BOB, gid=gid),
    lambda uid, gid: group.GroupChat(uid=uid, gid=gid, level=0, time=0, text=""),
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("gid", [0, 5, 2**64 - 1])
def test_of_no_such_group_everything_is_missing(people, command, gid):
    one = people[0]
    message = command(ALICE, gid)
    ack = one.ask(message)
    assert type(ack).__name__ == f"{type(message).__name__}Ack"
    assert ack.code == MISSING


def test_a_resend_is_answered_alike_and_applied_once(people):
    one, two, _ = people
    gid = found(one, two)
    message = chat(one, gid, "once")
    seq = one.say(message)
    for _ in range(3):
        one.say(message, seq=seq)
    assert [p.message for p in one.take() if p.seq == seq] == [
        group.GroupChatAck(code=0, errmsg="Ok")
    ] * 4
    assert len(two.take()) == 1
    creat = group.GroupCreat(uid=ALICE, gid=0, name="", desc="")
    seq = one.say(creat)
    one.say(creat, seq=seq)
    first, second = [p.message for p in one.take()]
    assert first == second
    assert first.gid > gid


def test_a_refusal_is_recorded_and_sent_again_alike(people):
    one, two, _ = people
    gid = found(one)
    kick = group.GroupKick(uid=ALICE, gid=gid)
    seq = two.say(kick)
    two.say(kick, seq=seq)
    assert [p.message.code for p in two.take()] == [FORBIDDEN] * 2


def test_an_operator_says_something_to_all_members(hive, people):
    one, two, three = people
    gid = found(one, two)
    version = hive.order(facts.group_id(gid), PushToGroup(text="maintenance"))
    assert hive.events(facts.group_id(gid))[version - 1].text == "maintenance"
    for client in (one, two):
        [packet] = client.take()
        assert (packet.message.uid, packet.message.text, packet.seq) == (0, "maintenance", 0)
    assert three.take() == []
    assert hive.order(facts.group_id(5), PushToGroup(text="x")) == "no_such_group"


def test_groups_survive_a_restart(hive, people):
    one, two, _ = people
    gid = found(one, two)
    one.code(group.GroupGagAdd(uid=BOB, gid=gid))
    one.code(chat(one, gid, "kept"))
    hive.restart()
    one, two = hive.come(ALICE), hive.come(BOB)
    assert "kept" in two.synced()
    assert two.code(chat(two, gid)) == FORBIDDEN
    assert one.code(chat(one, gid, "live")) == 0
    assert [m.text for m in two.heard(group.GroupChat)] == ["live"]


def test_a_group_wakes_from_a_snapshot(hive, people):
    one, two, _ = people
    gid = found(one, two)
    for number in range(230):
        assert one.code(chat(one, gid, str(number))) == 0
    hive.restart()
    read = []
    recorder = hive.house.recorder
    history = recorder.history
    recorder.history = lambda *args: read.append(history(*args)) or read[-1]
    assert members(hive, gid) == {ALICE: 1, BOB: 0}
    assert sum(map(len, read)) < 110


def test_what_was_dropped_did_not_happen(hive, disk, people):
    one, two, three = people
    gid = found(one, two)
    disk.fill()
    one.say(group.GroupKick(uid=BOB, gid=gid))
    disk.free()
    assert members(hive, gid) == {ALICE: 1, BOB: 0}
    assert hive.state(facts.user_id(BOB)).groups.keys() == {gid}
    assert not two.heard(group.GroupKickNtf)
    assert three.code(group.GroupJoin(uid=CAROL, gid=gid)) == 0
    assert two.heard(group.GroupJoinNtf) == [group.GroupJoinNtf(uid=CAROL, gid=gid)]


def test_managers_of_a_room_are_set_by_its_rid(people):
    one, two, three = people
    rid = one.ask(room.RoomCreat(uid=ALICE, name="", desc="")).rid
    for client in (one, three):
        client.code(room.RoomJoin(uid=client.uid, rid=rid))
    for client in people:
        client.take()
    assert two.code(group.GroupMgrAdd(uid=BOB, gid=rid)) == FORBIDDEN
    assert one.code(group.GroupMgrAdd(uid=BOB, gid=rid)) == 0
    for client in people:
        assert client.heard() == [group.GroupMgrAddNtf(uid=BOB, gid=rid)]
    assert two.code(room.RoomKick(uid=CAROL, rid=rid)) == 0
    assert one.code(group.GroupMgrDel(uid=BOB, gid=rid)) == 0
    assert two.code(room.RoomKick(uid=DAVE, rid=rid)) == FORBIDDEN
    assert one.code(group.GroupKick(uid=BOB, gid=rid)) == MISSING
