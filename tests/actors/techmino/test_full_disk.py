"""Rooms, matches and logins over a log that takes nothing."""

import pytest

from parlour.actors.accounts import DisableAccount
from parlour.actors.messages import Ask, FromSession
from parlour.events.messages.techmino import chat, common, play, stream
from parlour.events.techmino import (
    match_id,
    room_id,
)


def refused(reason):
    return [common.Error(reason=reason)]


def test_a_full_disk_undoes_what_was_asked_and_tells_only_who_asked(club, disk):
    rid, [one, two] = club.open_room(1, 2)
    one.take()
    disk.fill()
    assert two.ask(play.SayInRoom(message="x")) == refused("Server is not taking commands")
    assert one.take() == []
    assert club.room(rid).histories == ()
    disk.free()
    two.send(play.SayInRoom(message="y"))
    assert [m.data.message for m in one.take()] == ["y"]


def test_a_match_whose_start_was_not_written_starts_when_there_is_room_again(club, disk):
    rid, clients = club.open_room(1, 2)
    for client in clients:
        client.send(play.ChangeReady(ready=True))
    clients[0].take()
    disk.fill()
    club.pass_time(2)
    assert clients[0].take() == []
    assert (club.room(rid).match, club.lobby.matches) == ("", {})
    disk.free()
    club.pass_time(0)
    [go] = clients[0].take(play.Go)
    assert club.match(go.data.rid).room == rid
    club.pass_time(30)
    assert len(club.lobby.matches) == 0
    assert club.names(room_id(rid)).count("MatchStarted") == 1


def test_a_result_that_was_not_written_is_told_when_there_is_room_again(club, disk, deaths):
    rid, clients, (one, two) = club.begin_match(1, 2)
    two.send(deaths(1))
    disk.fill()
    club.pass_time(3)
    assert one.take(stream.End) == []
    disk.free()
    club.pass_time(0)
    assert len(one.take(stream.End)) == 1
    assert len(clients[0].take(play.Result)) == 1
    assert club.names(match_id(rid)).count("MatchEnded") == 1


def test_a_stream_connection_that_was_not_written_is_refused_and_closed(club, disk):
    rid, _ = club.start_match(1, 2)
    disk.fill()
    one = club.stream(1, rid)
    assert one.take() == refused("Server is not taking commands")
    assert one.closed == ["unavailable"]
    disk.free()
    assert club.match(rid).viewers == {}
    again = club.stream(1, rid)
    assert isinstance(again.take()[0], stream.StreamConnect)


@pytest.mark.parametrize("endpoint", ["app", "user", "chat", "play"])
def test_a_connection_whose_welcome_was_dropped_is_refused_and_closed(club, disk, endpoint):
    one = club.chat(1, "global")
    club.register(2)
    disk.fill()
    say = FromSession(one.session, chat.SayInChat(rid="global", message="x"))
    club.house.engine.tell(one.actor, say)  # and it waits for its commit
    two = club.connect(endpoint, 2)
    assert two.take() == refused("Server is not taking commands")
    assert two.closed == ["unavailable"]
    assert one.closed == []


@pytest.mark.parametrize("endpoint", ["chat", "play", "stream"])
def test_who_takes_over_is_let_in_only_when_what_he_leaves_is_on_disk(club, disk, endpoint):
    club.begin_match(1, 2)
    other, _ = club.start_match(3, 4)
    club.chat(1, "global")
    disk.fill()
    newer = club.connect(endpoint, 1, **({"rid": other} if endpoint == "stream" else {}))
    assert newer.take() == refused("Server is not taking commands")
    assert newer.closed == ["unavailable"]


def test_an_account_that_was_disabled_while_its_token_was_used_is_not_let_in(club):
    club.register(1)
    club.house.engine.tell("user:1", Ask(0, DisableAccount()))
    for endpoint in ("user", "chat", "play"):
        client = club.connect(endpoint, 1)
        assert client.take() == refused("Access Token is incorrect")
        assert client.closed == ["account disabled"]


def test_connections_lost_while_the_log_took_nothing_are_noticed_afterwards(club, disk):
    rid, clients, streams = club.begin_match(1, 2, 3, watchers=(9,))
    room = club.match(rid).room
    talking = club.chat(2, "global")
    disk.fill()
    clients[0].send(play.SayInRoom(message="x"))
    for client in (clients[1], streams[1], streams[3], talking):
        client.cut()
    assert 2 in club.match(rid).viewers
    disk.free()
    assert set(club.room(room).members) == {1, 3}
    assert set(club.match(rid).viewers) == {1, 3}
    assert club.match(rid).players[2].standing == "lost"
    assert club.chat_room("global").members == {}


def test_who_never_left_is_where_he_was_when_there_is_room_again(club, disk):
    rid, clients, streams = club.begin_match(1, 2)
    club.chat(1, "global")
    disk.fill()
    clients[0].send(play.SayInRoom(message="x"))
    disk.free()
    assert set(club.room(club.match(rid).room).members) == {1, 2}
    assert not any(m.away for m in club.room(club.match(rid).room).members.values())
    assert set(club.match(rid).viewers) == {1, 2}
    assert set(club.chat_room("global").members) == {1}
    streams[0].take()
    streams[1].send(stream.SendChunk(stream="on"))
    assert [m.data.stream for m in streams[0].take()] == ["on"]


def test_a_created_room_that_was_not_written_is_nowhere(club, disk):
    one = club.play(1)
    disk.fill()
    assert one.ask(play.CreateRoom()) == refused("Server is not taking commands")
    disk.free()
    assert club.lobby.rooms == {}
    assert isinstance(one.ask(play.CreateRoom())[0], play.RoomEntered)
