"""Rooms through sessions: who hears whom, who is put out, and what survives."""

import pytest
from room_talk import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    FORBIDDEN,
    FORGED,
    MISSING,
    RID,
    chat,
    created,
    join,
    names,
    says,
    state,
    texts,
)

from parlour.actors.beehive.messages import PushToRoom, RoomHistory
from parlour.events import beehive as facts
from parlour.events.messages.beehive import common, group, room

# --- creating and joining -------------------------------------------------------------------


def test_a_created_room_has_an_owner_and_a_number(hive):
    one = hive.come(ALICE)
    rid = created(one)
    assert rid >= 1_000_001
    assert (state(hive, rid).owner, state(hive, rid).count) == (ALICE, 0)


def test_joining_makes_a_room_without_an_owner(hive, roommates):
    assert names(hive) == ["RoomCreated", "RoomJoined", "RoomJoined", "RoomJoined"]
    assert state(hive).owner == 0
    assert roommates[0].code(room.RoomDismiss(uid=ALICE, rid=RID)) == FORBIDDEN


def test_no_room_is_made_where_that_is_off(hive_of):
    hive = hive_of(auto_create_rooms=False)
    one = hive.come(ALICE)
    assert one.ask(room.RoomJoin(uid=ALICE, rid=RID)) == room.RoomJoinAck(
        uid=ALICE, rid=RID, gid=0, code=MISSING, errmsg="Not found"
    )
    rid = created(one)
    assert join(one, rid) == 1


def test_who_joins_is_answered_then_told_then_hears_the_broadcasts(hive, roommates):
    hive.order(facts.room_id(RID), PushToRoom(expire=60, data=b"one"))
    hive.order(facts.room_id(RID), PushToRoom(expire=60, data=b"two"))
    four = hive.come(DAVE)
    four.say(room.RoomJoin(uid=DAVE, rid=RID))
    told = four.heard()
    assert [type(message).__name__ for message in told] == [
        "RoomJoinAck",
        "RoomJoinNtf",
        "RoomBc",
        "RoomBc",
    ]
    assert [message.data for message in told[2:]] == [b"one", b"two"]
    assert roommates[0].heard(room.RoomJoinNtf) == [room.RoomJoinNtf(uid=DAVE, rid=RID)]


def test_the_same_device_joins_again_and_nobody_is_told(hive, roommates):
    one, two, _ = roommates
    assert join(one) == 1
    assert one.heard() == two.heard() == []
    assert len(names(hive)) == 4


def test_only_a_users_first_device_is_told_of_and_only_his_last(hive, roommates):
    one, two, _ = roommates
    other = hive.come(ALICE, 101)
    join(other)
    assert two.heard() == []
    assert one.code(room.RoomQuit(uid=ALICE, rid=RID)) == 0
    assert two.heard() == []
    assert other.code(room.RoomQuit(uid=ALICE, rid=RID)) == 0
    assert two.heard() == [room.RoomQuitNtf(uid=ALICE, rid=RID)]
    assert one.heard() == []


def test_the_device_knows_which_rooms_it_is_in(hive, roommates):
    one = roommates[0]
    join(one, 88)
    device = facts.device_id(one.sid)
    assert hive.state(device).rooms == {RID: 1, 88: 1}
    assert one.code(room.RoomQuit(uid=ALICE, rid=RID)) == 0
    assert hive.state(device).rooms == {88: 1}


def test_sub_groups_are_filled_in_order(hive_of):
    hive = hive_of(room_group_size=2)
    clients = [hive.come(uid) for uid in range(1, 6)]
    assert [join(client) for client in clients] == [1, 1, 2, 2, 3]
    clients[2].code(room.RoomQuit(uid=3, rid=RID))
    assert join(hive.come(6)) == 2


# --- talking --------------------------------------------------------------------------------


def test_a_remark_goes_to_everybody_the_sender_included(hive, roommates):
    one, two, three = roommates
    seq = one.say(chat(one, "hi"))
    ack, remark = one.take()
    assert ack.message == room.RoomChatAck(uid=ALICE, rid=RID, gid=0, code=0, errmsg="Ok")
    assert (ack.seq, remark.seq, remark.sid) == (seq, seq, one.sid)
    assert remark.message.text == "hi"
    assert two.take() == three.take() == [remark]


def test_a_remark_is_one_event_one_answer_and_one_publish(hive, roommates):
    one = roommates[0]
    said = []
    deliver = hive.house.hub.deliver
    hive.house.hub.deliver = lambda outputs: said.extend(outputs) or deliver(outputs)
    rows = len(hive.house.rows())
    one.say(chat(one))
    assert [type(output).__name__ for output in said] == ["Reply", "Publish"]
    assert hive.house.names()[rows:] == ["beehive.room-said", "beehive.command-answered"]
    [first] = [output for output in said if type(output).__name__ == "Publish"]
    one.say(chat(one))
    assert said[-1].uids is first.uids


def test_a_remark_to_a_sub_group_is_heard_there(hive_of):
    hive = hive_of(room_group_size=1)
    one, two = hive.come(ALICE), hive.come(BOB)
    assert (join(one), join(two)) == (1, 2)
    says(one, "to two", gid=2)
    says(one, "to one", gid=1)
    says(one, "to all")
    assert texts(two) == ["to two", "to all"]
    assert texts(one) == ["to two", "to one", "to all"]  # the sender hears himself
    assert one.code(chat(one, gid=3)) == MISSING
    assert one.code(chat(one, gid=2**64 - 1)) == MISSING


def test_who_is_not_in_the_room_neither_talks_nor_quits(hive, roommates):
    four = hive.come(DAVE)
    assert four.code(chat(four)) == FORBIDDEN
    assert four.code(room.RoomQuit(uid=DAVE, rid=RID)) == FORBIDDEN
    other = hive.come(ALICE, 101)
    assert other.code(chat(other)) == FORBIDDEN
    assert four.code(chat(four, rid=99)) == MISSING


def test_a_sender_forged_in_the_body_is_refused(hive, roommates):
    one, two, _ = roommates
    for message in (
        room.RoomChat(uid=ALICE, rid=RID, gid=0, level=0, time=0, text=""),
        room.RoomQuit(uid=ALICE, rid=RID),
        room.RoomDismiss(uid=ALICE, rid=RID),
        room.RoomJoin(uid=ALICE, rid=88),
        room.RoomCreat(uid=ALICE, name="", desc=""),
    ):
        assert two.code(message) == FORGED
    assert one.take() == []
    assert len(names(hive)) == 4


def test_a_resend_is_answered_alike_and_applied_once(hive, roommates):
    one, two, _ = roommates
    message = chat(one, "once")
    seq = one.say(message)
    one.say(message, seq=seq)
    assert texts(two) == ["once"]
    four = hive.come(DAVE)
    seq = four.say(room.RoomJoin(uid=DAVE, rid=RID))
    four.say(room.RoomJoin(uid=DAVE, rid=RID), seq=seq)
    first, second = four.heard(room.RoomJoinAck)
    assert first == second
    assert first.gid == 1
    seq = four.say(room.RoomCreat(uid=DAVE, name="", desc=""))
    four.say(room.RoomCreat(uid=DAVE, name="", desc=""), seq=seq)
    first, second = four.heard(room.RoomCreatAck)
    assert first == second


def test_the_history_tells_the_last_remarks_oldest_first(hive, roommates):
    one, two, _ = roommates
    for number in range(6):
        says(one, str(number))
        if number % 2:
            join(two, RID)
            two.code(room.RoomQuit(uid=BOB, rid=RID))
            join(two, RID)

    def told(count):
        return [
            said.text for said in hive.order(facts.room_id(RID), RoomHistory(uid=1, count=count))
        ]

    assert told(4) == ["2", "3", "4", "5"]
    assert told(100) == [str(number) for number in range(6)]
    assert told(0) == []
    assert hive.order(facts.room_id(99), RoomHistory(uid=1, count=9)) == "no_such_room"
    hive.restart()
    assert told(2) == ["4", "5"]


def test_the_history_is_for_who_may_enter_and_of_what_all_heard(hive_of):
    hive = hive_of(room_group_size=1)
    one, two = hive.come(ALICE), hive.come(BOB)
    rid = created(one)
    assert (join(one, rid), join(two, rid)) == (1, 2)
    for number in range(3):
        says(one, f"to all {number}", rid=rid)
        says(one, f"to the second {number}", rid=rid, gid=2)

    def told(uid):
        return hive.order(facts.room_id(rid), RoomHistory(uid=uid, count=2))

    assert [said.text for said in told(BOB)] == ["to all 1", "to all 2"]
    assert one.code(room.RoomKick(uid=BOB, rid=rid)) == 0
    assert told(BOB) == "forbidden"
    assert len(told(ALICE)) == len(told(CAROL)) == 2


# --- putting out ----------------------------------------------------------------------------


@pytest.fixture
def owned(hive):
    """A room of Alice's with Bob and Carol in it, and herself."""
    clients = [hive.come(uid) for uid in (ALICE, BOB, CAROL)]
    rid = created(clients[0])
    for client in clients:
        join(client, rid)
    for client in clients:
        client.take()
    return rid, clients


def test_who_is_kicked_is_told_and_so_are_the_others(hive, owned):
    rid, (one, two, three) = owned
    second = hive.come(BOB, 201)
    join(second, rid)
    assert one.code(room.RoomKick(uid=BOB, rid=rid)) == 0
    kicked = [room.RoomKick(uid=BOB, rid=rid)]
    assert two.heard() == second.heard(room.RoomKick) == kicked
    assert one.heard() == three.heard() == [room.RoomKickNtf(uid=BOB, rid=rid)]
    assert hive.state(facts.device_id(two.sid)).rooms == {}
    for message in (
        room.RoomJoin(uid=BOB, rid=rid),
        room.RoomQuit(uid=BOB, rid=rid),
        chat(two, rid=rid),
        room.RoomKick(uid=CAROL, rid=rid),
    ):
        assert two.code(message) == FORBIDDEN
    says(one, "gone", rid=rid)
    assert texts(two) == []


def test_only_owner_and_managers_kick_and_never_upwards(owned):
    rid, (one, two, _) = owned
    assert two.code(room.RoomKick(uid=CAROL, rid=rid)) == FORBIDDEN
    assert two.code(room.RoomKick(uid=BOB, rid=rid)) == FORBIDDEN
    assert one.code(room.RoomKick(uid=ALICE, rid=rid)) == FORBIDDEN
    assert one.code(group.GroupMgrAdd(uid=BOB, gid=rid)) == 0
    assert two.code(room.RoomKick(uid=ALICE, rid=rid)) == FORBIDDEN
    assert two.code(room.RoomKick(uid=CAROL, rid=rid)) == 0
    assert one.code(room.RoomKick(uid=0, rid=rid)) == MISSING


def test_dismissing_puts_everybody_out_for_good(hive, owned):
    rid, clients = owned
    one, two, _ = clients
    assert two.code(room.RoomDismiss(uid=BOB, rid=rid)) == FORBIDDEN
    assert one.code(room.RoomDismiss(uid=ALICE, rid=rid)) == 0
    for client in clients:
        assert client.heard() == [room.RoomKickNtf(uid=client.uid, rid=rid)]
        assert hive.state(facts.device_id(client.sid)).rooms == {}
        assert client.code(room.RoomJoin(uid=client.uid, rid=rid)) == MISSING
    assert one.code(room.RoomDismiss(uid=ALICE, rid=rid)) == MISSING
    assert hive.order(facts.room_id(rid), PushToRoom(expire=9, data=b"")) == "no_such_room"
    one.cut()
    assert created(two) != rid


# --- connections ----------------------------------------------------------------------------


def test_a_lost_connection_leaves_every_room(hive, roommates):
    one, two, _ = roommates
    join(one, 88)
    one.cut()
    assert two.heard() == [room.RoomQuitNtf(uid=ALICE, rid=RID)]
    assert (state(hive).count, state(hive, 88).count) == (2, 0)
    assert hive.events(facts.room_id(88))[-1].reason == "lost"


def test_offline_leaves_every_room(hive, roommates):
    one, two, _ = roommates
    one.say(common.Offline())
    assert two.heard() == [room.RoomQuitNtf(uid=ALICE, rid=RID)]
    assert hive.events(facts.room_id(RID))[-1].reason == "offline"
    assert state(hive).count == 2


def test_a_taken_over_device_begins_in_no_room(hive, roommates):
    one, two, _ = roommates
    again = hive.come(ALICE)
    assert two.heard() == [room.RoomQuitNtf(uid=ALICE, rid=RID)]
    assert again.code(chat(again)) == FORBIDDEN
    says(two, "x")
    assert texts(again) == texts(one) == []
    join(again)
    says(two, "y")
    assert texts(again) == ["y"]


def test_after_a_restart_the_room_is_empty_and_knows_who_may_not_enter(hive, owned):
    rid, (one, *_) = owned
    one.code(room.RoomKick(uid=BOB, rid=rid))
    one.code(group.GroupMgrAdd(uid=CAROL, gid=rid))
    hive.restart()
    one, two, three = (hive.come(uid) for uid in (ALICE, BOB, CAROL))
    assert three.code(chat(three, rid=rid)) == FORBIDDEN
    join(three, rid)
    assert names(hive, rid)[-2:] == ["RoomEmptied", "RoomJoined"]
    assert state(hive, rid).count == 1
    assert two.code(room.RoomJoin(uid=BOB, rid=rid)) == FORBIDDEN
    assert three.code(room.RoomKick(uid=DAVE, rid=rid)) == 0
    assert one.heard(room.RoomKickNtf) == []


def test_a_room_wakes_from_a_snapshot(hive, roommates):
    one = roommates[0]
    for _ in range(520):
        says(one, "x")
    before = state(hive)
    hive.house.engine.repository.clear()
    assert state(hive) == before
    hive.house.engine.end(facts.room_id(RID))
    says(one, "heard")
    assert texts(roommates[1])[-1] == "heard"


def test_what_was_dropped_did_not_happen_and_a_loss_is_not_forgotten(hive, disk, roommates):
    one, two, three = roommates
    disk.fill()
    one.say(room.RoomQuit(uid=ALICE, rid=RID))
    disk.free()
    assert state(hive).count == 3
    says(two, "still here")
    assert texts(one) == ["still here"]
    disk.fill()
    three.say(room.RoomQuit(uid=CAROL, rid=RID))
    one.cut()
    disk.free()
    assert two.heard(room.RoomQuitNtf) == [room.RoomQuitNtf(uid=ALICE, rid=RID)]
    assert state(hive).count == 2
    assert "handler_failed" not in dict(hive.house.reports)
