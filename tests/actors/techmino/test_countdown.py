"""The countdown of a play room: what starts it, what cancels it, and where it leads."""

import pytest

from parlour.events.messages.techmino import play
from parlour.events.techmino import room_id


def ready(client, state=True):
    client.send(play.ChangeReady(ready=state))


def test_everybody_ready_starts_the_countdown_and_the_countdown_a_match(club, types):
    rid, clients = club.open_room(1, 2, 3)
    for client in clients:
        client.take()
        ready(client)
    assert types(clients[0].take()) == ["ReadyChangedBy"] * 3 + ["GetSet"]
    club.pass_time(1.9)
    assert clients[0].take() == []
    club.pass_time(0.1)
    go = [play.Go(data=play.StreamAt(rid=club.room(rid).match))]
    assert [client.take(play.Go) for client in clients] == [go] * 3
    assert [p.uid for p in club.match(club.room(rid).match).players.values()] == [1, 2, 3]
    assert list(club.lobby.matches) == [club.room(rid).match]


def test_a_start_makes_everybody_unready_and_tells_nobody_so(club, types):
    match, clients = club.start_match(1, 2)
    assert types(clients[0].take())[-3:] == ["ReadyChangedBy", "GetSet", "Go"]
    assert not any(m.ready for m in club.room(club.match(match).room).members.values())


@pytest.mark.parametrize("way", ["unready", "leave", "cut"])
def test_the_countdown_is_cancelled_silently(club, types, way):
    rid, clients = club.open_room(1, 2)
    for client in clients:
        ready(client)
    club.pass_time(1)
    one, two = clients
    one.take()
    match way:
        case "unready":
            ready(two, False)
            expected = ["ReadyChangedBy"]
        case "leave":
            two.send(play.LeaveRoom())
            expected = ["RoomLeftBy"]
        case "cut":
            two.cut()
            expected = ["RoomLeftBy"]
    club.pass_time(10)
    assert types(one.take()) == expected
    assert club.room(rid).match == ""
    assert "CountdownCancelled" in club.names(room_id(rid))


def test_ready_again_is_a_new_countdown(club):
    rid, [one, two] = club.open_room(1, 2)
    ready(one)
    ready(two)
    club.pass_time(1.5)
    ready(two, False)
    ready(two)
    assert len(one.take(play.GetSet)) == 2
    club.pass_time(1.5)
    assert one.take(play.Go) == []
    club.pass_time(0.5)
    assert len(one.take(play.Go)) == 1
    assert club.room(rid).match


def test_when_the_only_unready_member_leaves_the_others_start(club):
    rid, [one, two, three] = club.open_room(1, 2, 3)
    ready(one)
    ready(two)
    three.send(play.LeaveRoom())
    assert len(one.take(play.GetSet)) == 1
    club.pass_time(2)
    assert set(club.match(club.room(rid).match).players) == {1, 2}


def test_who_enters_during_the_countdown_does_not_stop_it_and_watches(club):
    rid, [one, two] = club.open_room(1, 2)
    ready(one)
    ready(two)
    club.pass_time(1)
    three, four = club.play(3), club.play(4, plays_only=True)
    three.send(play.EnterRoom(rid=rid))
    four.send(play.EnterRoom(rid=rid))
    club.pass_time(1)
    assert set(club.match(club.room(rid).match).players) == {1, 2}
    assert [len(c.take(play.Go)) for c in (one, two, three, four)] == [1, 1, 1, 0]


def test_who_enters_during_the_countdown_and_is_ready_in_time_plays(club):
    rid, [one, two] = club.open_room(1, 2)
    ready(one)
    ready(two)
    three = club.play(3)
    three.send(play.EnterRoom(rid=rid))
    ready(three)
    club.pass_time(2)
    assert set(club.match(club.room(rid).match).players) == {1, 2, 3}
    assert len(one.take(play.GetSet)) == 1


def test_one_player_alone_does_not_start(club):
    rid, [one] = club.open_room(1, type="solo")
    ready(one)
    club.pass_time(5)
    assert one.take(play.GetSet) == []
    assert club.room(rid).match == ""


def test_one_player_alone_starts_where_practice_is_configured(club_of):
    club = club_of(practice=True)
    match, [one] = club.start_match(1, type="solo")
    assert list(club.match(match).players) == [1]
    assert len(one.take(play.Go)) == 1


def test_a_started_room_may_be_entered_and_its_newcomer_is_sent_to_the_stream(club, types):
    match, _ = club.start_match(1, 2)
    rid = club.match(match).room
    three = club.play(3)
    entered, go = three.ask(play.EnterRoom(rid=rid))
    assert go == play.Go(data=play.StreamAt(rid=match))
    assert entered.data.ready is False


def test_a_client_that_cannot_watch_is_not_sent_to_a_running_match(club, types):
    match, _ = club.start_match(1, 2)
    three = club.play(3, plays_only=True)
    assert types(three.ask(play.EnterRoom(rid=club.match(match).room))) == ["RoomEntered"]


def test_nobody_starts_while_a_match_runs(club):
    match, clients = club.start_match(1, 2)
    for client in clients:
        client.take()
        ready(client)
    club.pass_time(5)
    assert clients[0].take(play.GetSet) == []
    assert club.room(club.match(match).room).match == match
