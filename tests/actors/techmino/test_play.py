"""Play rooms through sessions: lists, seats, remarks, connections."""

import pytest

from parlour.actors.messages import UserLost
from parlour.events.messages.techmino import common, play
from parlour.events.techmino import LOBBY_ID, player_key, room_id


def refused(reason):
    return [common.Error(reason=reason)]


def rids(client, **request):
    [answer] = client.ask(play.ListRooms(**request))
    return [room.rid for room in answer.roomList]


# --- list -----------------------------------------------------------------------------------


def test_connect_carries_action_zero(club):
    assert club.play(1).json() == [{"type": "Connect", "action": 0}]


def test_rooms_are_listed_in_order_of_creation_from_begin_on(club):
    made = [club.open_room(uid)[0] for uid in range(1, 14)]
    one = club.play(99)
    assert rids(one) == made[:10]
    assert rids(one, begin=3, count=4) == made[3:7]
    assert rids(one, begin=12, count=200) == made[12:]
    assert rids(one, begin=13) == []
    assert rids(one, begin=-5, count=1) == made[:1]
    assert rids(one, count=0) == rids(one, count=-1) == []


def test_no_more_than_a_hundred_rooms_are_listed(club):
    for uid in range(1, 103):
        club.open_room(uid)
    assert len(rids(club.play(999), count=1000)) == 100


def test_the_filter_is_applied_before_the_window_and_ignores_case(club):
    made = [club.open_room(uid, type="solo" if uid % 2 else "classic")[0] for uid in range(1, 9)]
    one = club.play(99)
    assert rids(one, message="SoLo", begin=1, count=2) == [made[2], made[4]]
    assert rids(one, type="classic") == made[1::2]
    assert rids(one, message="r49") == rids(one, message="nonsense") == []
    assert rids(one, message="") == made


def test_a_listing_tells_whether_a_room_is_private_and_started(club):
    stream, _ = club.start_match(1, 2, name="ours", password="x")
    [answer] = club.play(9).ask(play.ListRooms())
    [listing] = answer.roomList
    assert (listing.name, listing.type, listing.capacity) == ("ours", "classic", 6)
    assert (listing.private, listing.start, listing.count) == (True, True, 2)
    assert stream


def test_an_ended_room_is_listed_no_more(club):
    rid, [one] = club.open_room(1)
    two = club.play(2)
    assert rids(two) == [rid]
    one.send(play.LeaveRoom())
    assert rids(two) == []
    assert club.lobby.rooms == {}
    assert club.names(room_id(rid))[-2:] == ["PlayerLeft", "RoomClosed"]


# --- create and enter -----------------------------------------------------------------------


def test_creating_a_room_is_entering_it_at_seat_0(club):
    one = club.play(1)
    [entered] = one.ask(play.CreateRoom(type="solo", name="n", config="cfg"))
    assert entered.action == 2
    assert (entered.data.sid, entered.data.ready, entered.data.histories) == (0, False, ())
    assert entered.data.players == (
        play.Member(sid=0, uid=1, username="player1", config="cfg", ready=False),
    )


def test_a_room_without_a_name_is_called_after_its_type(club):
    rid, _ = club.open_room(1, type="R49")
    assert (club.room(rid).type, club.room(rid).name, club.room(rid).capacity) == (
        "r49",
        "r49 room",
        49,
    )


def test_a_room_of_an_unknown_type_is_not_made(club):
    assert club.play(1).ask(play.CreateRoom(type="chess")) == refused("Type not found")
    assert club.lobby.rooms == {}


def test_rids_are_long_and_drawn_anew(club):
    made = {club.open_room(uid)[0] for uid in range(1, 4)}
    assert len(made) == 3
    assert all(len(rid) >= 22 for rid in made)


def test_the_others_are_told_before_the_one_who_enters_is_answered(club):
    rid, [one] = club.open_room(1)
    one.take()
    order = []
    deliver = club.house.hub.deliver
    club.house.hub.deliver = lambda outputs: (order.extend(outputs), deliver(outputs))
    two = club.play(2)
    order.clear()
    two.send(play.EnterRoom(rid=rid, config="two"))
    assert [type(output).__name__ for output in order] == ["Publish", "Reply"]
    member = play.Member(sid=1, uid=2, username="player2", config="two", ready=False)
    assert one.take() == [play.RoomEnteredBy(data=member)]
    [entered] = two.take(play.RoomEntered)
    assert [player.uid for player in entered.data.players] == [1, 2]


def test_a_newcomer_gets_the_lowest_free_seat(club):
    rid, clients = club.open_room(1, 2, 3)
    clients[1].send(play.LeaveRoom())
    [entered] = club.play(4).ask(play.EnterRoom(rid=rid))
    assert entered.data.sid == 1
    assert [player.uid for player in entered.data.players] == [1, 4, 3]


def test_a_newcomer_is_shown_the_last_ten_remarks_oldest_first(club):
    rid, [one] = club.open_room(1)
    for number in range(12):
        one.send(play.SayInRoom(message=str(number)))
    [entered] = club.play(2).ask(play.EnterRoom(rid=rid))
    assert [r.message for r in entered.data.histories] == [str(n) for n in range(2, 12)]


def test_a_full_room_takes_nobody_more(club):
    rid, _ = club.open_room(1, 2, type="solo")
    assert club.play(3).ask(play.EnterRoom(rid=rid)) == refused("Room is full")


def test_an_unknown_room_is_not_found(club):
    assert club.play(1).ask(play.EnterRoom(rid="nowhere")) == refused("Room not found")
    assert not [row for row in club.house.rows() if "nowhere" in row[0]]


def test_an_ended_room_is_not_found(club):
    rid, [one] = club.open_room(1)
    one.send(play.LeaveRoom())
    assert one.ask(play.EnterRoom(rid=rid)) == refused("Room not found")


@pytest.mark.parametrize("given", ["", "wrong", "Secret"])
def test_a_wrong_password_opens_nothing(club, given):
    rid, _ = club.open_room(1, password="secret")
    two = club.play(2)
    assert two.ask(play.EnterRoom(rid=rid, password=given)) == refused("Password is incorrect")
    [entered] = two.ask(play.EnterRoom(rid=rid, password="secret"))
    assert entered.data.sid == 1


def test_a_password_given_to_a_room_that_has_none_does_not_matter(club):
    rid, _ = club.open_room(1)
    [entered] = club.play(2).ask(play.EnterRoom(rid=rid, password="x"))
    assert entered.data.sid == 1


def test_the_log_holds_no_room_password_and_two_rooms_with_one_password_differ(club):
    first, _ = club.open_room(1, password="hunter2")
    second, _ = club.open_room(2, password="hunter2")
    assert club.room(first).password != club.room(second).password
    assert "hunter2" not in str(club.house.rows())


def test_who_is_in_a_room_can_create_and_enter_none(club):
    rid, _ = club.open_room(1)
    _, [two] = club.open_room(2)
    for request in (play.CreateRoom(), play.EnterRoom(rid=rid), play.EnterRoom(rid="nowhere")):
        assert two.ask(request) == refused("Can only subscribe one room")
    assert club.house.engine.repository.claimed(player_key(2)) != room_id(rid)


def test_who_left_may_enter_another_room(club):
    rid, _ = club.open_room(1)
    _, [two] = club.open_room(2)
    two.send(play.LeaveRoom())
    [entered] = two.ask(play.EnterRoom(rid=rid))
    assert entered.data.sid == 1


# --- in the room ----------------------------------------------------------------------------


OUTSIDE = [
    play.LeaveRoom(),
    play.SayInRoom(message="x"),
    play.ChangeConfig(config="x"),
    play.ChangeReady(ready=True),
]


@pytest.mark.parametrize("request_", OUTSIDE, ids=lambda r: type(r).__name__)
def test_outside_a_room_nothing_can_be_said_or_changed(club, request_):
    assert club.play(1).ask(request_) == refused("Room not subscribed")


def test_leaving_is_answered_with_an_empty_object_and_told_with_the_seat(club):
    _, [one, two] = club.open_room(1, 2)
    one.take()
    two.take()
    two.send(play.LeaveRoom())
    assert two.json() == [{"type": "Self", "action": 3, "data": {}}]
    assert one.json() == [
        {"type": "Broadcast", "action": 3, "data": {"uid": 2, "username": "player2", "sid": 1}}
    ]


def test_a_remark_goes_to_everybody_and_its_sender(club):
    _, [one, two] = club.open_room(1, 2)
    one.take()
    [broadcast] = two.ask(play.SayInRoom(message="hi"))
    assert one.take() == [broadcast]
    assert (broadcast.data.uid, broadcast.data.message) == (2, "hi")


def test_a_changed_configuration_is_told_to_the_others_and_shown_to_newcomers(club):
    rid, [one, two] = club.open_room(1, 2)
    one.take()
    assert two.ask(play.ChangeConfig(config="new")) == []
    assert one.take() == [play.ConfigChangedBy(data=play.ConfigOf(uid=2, config="new"))]
    [entered] = club.play(3).ask(play.EnterRoom(rid=rid))
    assert [player.config for player in entered.data.players] == ["c", "new", ""]


def test_readiness_is_told_to_everybody(club):
    _, [one, two] = club.open_room(1, 2)
    one.take()
    told = [play.ReadyChangedBy(data=play.ReadyOf(uid=2, ready=True))]
    assert two.ask(play.ChangeReady(ready=True)) == told
    assert one.take() == told


def test_being_as_ready_as_before_is_told_and_not_recorded(club):
    rid, [one, _] = club.open_room(1, 2)
    before = club.names(room_id(rid))
    [told] = one.ask(play.ChangeReady(ready=False))
    assert told.data.ready is False
    assert club.names(room_id(rid)) == before


# --- connections ----------------------------------------------------------------------------


def test_a_lost_connection_leaves_the_room(club):
    rid, [one, two] = club.open_room(1, 2)
    one.take()
    two.cut()
    assert [m.data for m in one.take()] == [play.Leaver(uid=2, username="player2", sid=1)]
    assert list(club.room(rid).members) == [1]
    assert [e.reason for e in club.events(room_id(rid)) if hasattr(e, "reason")] == ["lost"]


def test_a_new_connection_of_the_account_leaves_the_room_of_the_older_one(club):
    rid, [one, _two] = club.open_room(1, 2)
    one.take()
    again = club.play(2)
    assert [m.data.uid for m in one.take(play.RoomLeftBy)] == [2]
    assert again.ask(play.SayInRoom(message="x")) == refused("Room not subscribed")
    [entered] = again.ask(play.EnterRoom(rid=rid))
    assert entered.data.sid == 1


def test_news_of_a_lost_connection_is_old_when_the_user_is_back(club):
    rid, _ = club.open_room(1)
    club.house.engine.tell(LOBBY_ID, UserLost(1, "techmino.play"))
    assert list(club.room(rid).members) == [1]


def test_a_user_in_no_room_may_lose_his_connection(club):
    club.play(1).cut()
    assert club.house.reports == []


def test_rooms_of_a_type_that_takes_nobody_are_not_opened(club_of):
    club = club_of(types={"classic": 0})
    assert club.play(1).ask(play.CreateRoom()) == refused("Room is full")
    assert club.lobby.rooms == {}
