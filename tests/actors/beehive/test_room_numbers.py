"""How many are in a room, who is told of it, and broadcasts that last."""

from room_talk import (
    ALICE,
    BOB,
    DAVE,
    FORBIDDEN,
    RID,
    join,
    says,
    state,
    texts,
)

from parlour.actors.beehive.messages import PushToRoom
from parlour.events import beehive as facts
from parlour.events.messages.beehive import common, private, room
from parlour.events.rules.beehive.state import ROOM_LSN_STAT, ROOM_USR_NUM

# --- broadcasts -----------------------------------------------------------------------------


def test_a_broadcast_is_told_and_told_again_until_it_expires(hive, roommates):
    one = roommates[0]
    msgid = hive.order(facts.room_id(RID), PushToRoom(expire=10, data=b"\xff"))
    [packet] = one.take()
    start = hive.house.clock.time // 1_000_000
    assert packet.message == room.RoomBc(
        rid=RID, msgid=msgid, level=0, time=start, expire=10, data=b"\xff"
    )
    hive.pass_time(9)
    four = hive.come(DAVE)
    join(four)
    assert four.heard(room.RoomBc) == [packet.message]
    four.code(room.RoomQuit(uid=DAVE, rid=RID))
    hive.pass_time(2)
    join(four)
    assert four.heard(room.RoomBc) == []
    assert state(hive).broadcasts == ()


def test_a_broadcast_needs_a_room(hive):
    for expire, data in ((60, b"x"), (0, b"x")):
        order = PushToRoom(expire=expire, data=data)
        assert hive.order(facts.room_id(5), order) == "no_such_room"


def test_a_broadcasts_time_must_be_a_time(hive, roommates):
    order = PushToRoom(expire=1 << 40, data=b"x")
    assert hive.order(facts.room_id(RID), order) == "expire_invalid"


# --- numbers --------------------------------------------------------------------------------


def numbers(client):
    return [message.num for message in client.heard(room.RoomUsrNum)]


def test_who_wants_it_is_told_how_many_there_are_at_most_once_a_second(hive, roommates):
    one, two, three = roommates
    assert two.code(common.Sub()) == 0
    hive.pass_time(5)
    join(hive.come(DAVE))
    assert numbers(two) == [4]
    three.cut()
    join(hive.come(5))
    join(hive.come(6))
    assert numbers(two) == []
    hive.pass_time(1)
    assert numbers(two) == [5]
    assert numbers(one) == []
    hive.pass_time(10)
    assert numbers(two) == []


def test_a_number_that_came_back_is_not_told(hive, roommates):
    _, two, _ = roommates
    two.code(common.Sub())
    hive.pass_time(5)
    four = hive.come(DAVE)
    join(four)
    assert numbers(two) == [4]
    four.code(room.RoomQuit(uid=DAVE, rid=RID))
    join(four)
    hive.pass_time(3)
    assert numbers(two) == []


def test_a_second_device_is_no_second_user(hive, roommates):
    _, two, _ = roommates
    two.code(common.Sub())
    hive.pass_time(5)
    join(hive.come(ALICE, 101))
    hive.pass_time(5)
    assert numbers(two) in ([], [3])
    assert state(hive).count == 3


def test_a_subscription_may_come_before_the_join_and_may_end(hive, roommates):
    four = hive.come(DAVE)
    assert four.code(common.Sub(cmd=ROOM_USR_NUM)) == 0
    hive.pass_time(5)
    join(four)
    assert numbers(four) == [4]
    assert four.code(common.Unsub(cmd=ROOM_USR_NUM)) == 0
    hive.pass_time(5)
    roommates[0].cut()
    hive.pass_time(5)
    assert numbers(four) == []


def test_numbers_go_on_when_the_actor_was_forgotten(hive, roommates):
    _, two, _ = roommates
    two.code(common.Sub())
    hive.house.engine.end(facts.room_id(RID))
    says(two, "no news")
    assert numbers(two) == []
    hive.pass_time(5)
    join(hive.come(DAVE))
    assert numbers(two) == [4]
    roommates[0].cut()
    hive.house.engine.end(facts.room_id(RID))  # with a number still to be told
    hive.pass_time(5)
    assert numbers(two) == [3]


def test_after_a_restart_no_number_of_people_who_are_not_there_is_told(hive, roommates):
    _, two, _ = roommates
    two.code(common.Sub())
    hive.restart()
    two = hive.come(BOB)
    join(two)
    assert numbers(two) == [1]


def test_an_operator_watches_the_numbers_of_all_rooms(hive, roommates):
    hive.register(9, operator=True)
    nine = hive.come(9)
    assert roommates[0].code(common.Sub(cmd=ROOM_LSN_STAT)) == FORBIDDEN
    assert nine.code(common.Sub(cmd=ROOM_LSN_STAT)) == 0
    join(hive.come(DAVE))
    assert nine.heard() == [room.RoomLsnStat(rid=RID, nid=0, num=4)]
    assert roommates[0].heard(room.RoomLsnStat) == []
    assert nine.code(common.Unsub(cmd=ROOM_LSN_STAT)) == 0
    hive.pass_time(5)
    roommates[0].cut()
    hive.pass_time(5)
    assert nine.heard() == []


def test_private_chats_and_rooms_do_not_mix(roommates):
    one, two, _ = roommates
    assert one.chat(BOB, "private") == 0
    assert texts(two) == []
    assert two.heard(private.Chat)[0].text == "private"
