"""Rooms and matches over a restart of the engine, and over failures of our own."""

import pytest
from eventsourcing.persistence import OperationalError

from parlour.actors.messages import Recover
from parlour.events.messages.techmino import chat, common, play, stream
from parlour.events.techmino import (
    LOBBY_ID,
    CountdownStarted,
    MatchEnded,
    MatchOpened,
    MatchStarted,
    RoomListed,
    RoomOpened,
    chat_id,
    match_id,
    room_id,
)


def refused(reason):
    return [common.Error(reason=reason)]


def enter(client, rid, **request):
    return client.ask(play.EnterRoom(rid=rid, **request))


def outcome(match):
    return {p.uid: (p.place, p.score, p.survivalTime) for p in match.result}


# --- play rooms -----------------------------------------------------------------------------


def test_after_a_restart_members_get_their_seats_back_without_a_password_or_a_broadcast(club):
    rid, _ = club.open_room(1, 2, 3, password="x")
    club.restart()
    one = club.play(1)
    [entered] = enter(one, rid, config="c")
    assert (entered.data.sid, len(entered.data.players)) == (0, 3)
    [entered] = enter(club.play(3), rid, config="c")
    assert entered.data.sid == 2
    assert one.take() == []
    assert enter(club.play(4), rid) == refused("Password is incorrect")


def test_who_comes_back_with_another_configuration_tells_it(club):
    rid, _ = club.open_room(1, 2)
    club.restart()
    one, two = club.play(1), club.play(2)
    enter(one, rid, config="c")
    enter(two, rid, config="new")
    assert one.take() == [play.ConfigChangedBy(data=play.ConfigOf(uid=2, config="new"))]


def test_who_does_not_come_back_leaves_and_the_others_are_told(club):
    rid, _ = club.open_room(1, 2, 3)
    club.restart()
    one = club.play(1)
    enter(one, rid)
    club.pass_time(29.9)
    assert one.take() == []
    club.pass_time(0.1)
    assert [m.data.uid for m in one.take(play.RoomLeftBy)] == [2, 3]
    assert [e.reason for e in club.events(room_id(rid))[-2:]] == ["restart", "restart"]


def test_a_room_nobody_comes_back_to_closes(club):
    rid, _ = club.open_room(1, 2)
    club.restart()
    assert list(club.lobby.rooms) == [rid]
    club.pass_time(30)
    assert club.lobby.rooms == {}
    assert club.names(room_id(rid))[-1] == "RoomClosed"


def test_a_message_to_all_goes_to_nobody_who_is_away(club):
    rid, _ = club.open_room(1, 2)
    club.restart()
    one, two = club.play(1), club.play(2)
    enter(one, rid)
    one.send(play.SayInRoom(message="hi"))
    assert two.take(play.RoomSaidBy) == []
    assert two.ask(play.SayInRoom(message="x")) == refused("Room not subscribed")
    assert two.ask(play.LeaveRoom()) == refused("Room not subscribed")


def test_who_is_away_keeps_his_seat_when_he_only_looks_in(club):
    rid, _ = club.open_room(1, 2)
    club.restart()
    two = club.play(2)
    two.cut()
    club.play(2)
    assert set(club.room(rid).members) == {1, 2}


@pytest.mark.parametrize("way", ["enter", "create"])
def test_entering_another_room_gives_the_seat_up(club, way):
    rid, _ = club.open_room(1, 2)
    other, _ = club.open_room(3)
    club.restart()
    two = club.play(2)
    answer = enter(two, other) if way == "enter" else two.ask(play.CreateRoom())
    assert isinstance(answer[0], play.RoomEntered)
    assert set(club.room(rid).members) == {1}


def test_a_wish_that_is_refused_does_not_cost_the_seat(club):
    rid, _ = club.open_room(1, 2)
    locked, _ = club.open_room(3, password="secret")
    club.restart()
    two = club.play(2)
    enter(two, locked)
    two.send(play.EnterRoom(rid=locked, password="wrong"))
    two.send(play.CreateRoom(type="chess"))
    assert set(club.room(rid).members) == {1, 2}


def test_a_restart_ends_the_countdown_and_everybody_is_unready(club):
    rid, clients = club.open_room(1, 2)
    for client in clients:
        client.send(play.ChangeReady(ready=True))
    club.restart()
    assert club.room(rid).countdown == 0
    one, two = club.play(1), club.play(2)
    enter(one, rid)
    one.send(play.ChangeReady(ready=True))
    assert one.take(play.GetSet) == []
    enter(two, rid)
    two.send(play.ChangeReady(ready=True))
    assert len(one.take(play.GetSet)) == 1
    club.pass_time(2)
    assert club.room(rid).match


def test_a_second_restart_waits_anew(club):
    rid, _ = club.open_room(1, 2)
    club.restart()
    club.pass_time(20)
    club.restart()
    club.pass_time(20)
    assert set(club.room(rid).members) == {1, 2}
    club.pass_time(10)
    assert club.lobby.rooms == {}


def test_a_room_whose_creator_never_got_in_closes_at_the_next_start(club):
    """As after a crash in which only the opening reached the disk."""
    repository = club.house.engine.repository
    repository.begin()
    repository.record(LOBBY_ID, RoomListed(at=1, rid="r", type="solo"))
    opened = RoomOpened(
        at=1, rid="r", type="solo", name="n", capacity=2, salt="", password="", uid=1
    )
    repository.record(room_id("r"), opened)
    club.house.recorder.commit([repository.take()])
    club.restart()
    assert club.lobby.rooms == {}


# --- matches --------------------------------------------------------------------------------


def test_before_the_beginning_a_restart_starts_the_wait_again(club):
    rid, _ = club.start_match(1, 2)
    club.stream(1, rid)
    club.pass_time(8)
    club.restart()
    assert club.match(rid).viewers == {}
    club.pass_time(5)
    one, two = club.stream(1, rid), club.stream(2, rid)
    club.pass_time(1)
    assert len(one.take(stream.Begin)) == len(two.take(stream.Begin)) == 1


def test_a_match_opened_in_the_last_message_before_a_crash_has_its_clocks_again(club):
    """The room's unit is on disk, and nothing after it."""
    rid, _ = club.start_match(1, 2)
    room = club.match(rid).room
    names = club.house.names()
    assert names[-3:] == [
        "techmino.match-started",
        "techmino.match-opened",
        "techmino.match-listed",
    ]
    club.restart()
    club.pass_time(10 + 3)
    assert outcome(club.match(rid)) == {1: (1, 0, 0), 2: (2, 0, 0)}
    assert club.room(room).match == ""
    assert club.lobby.matches == {}


def test_players_who_connect_again_in_time_live_on_with_all_that_was(club, types):
    rid, _, (one, _two) = club.begin_match(1, 2)
    one.send(stream.SendChunk(stream="before"))
    club.restart()
    assert [p.standing for p in club.match(rid).players.values()] == ["living", "living"]
    club.pass_time(29)
    one, two = club.stream(1, rid), club.stream(2, rid)
    assert types(one.take()) == ["StreamConnect", "Begin", "ChunkBy", "ConnectedBy"]
    assert types(two.take()) == ["StreamConnect", "Begin", "ChunkBy"]
    club.pass_time(60)
    assert club.match(rid).over_at == 0
    one.send(stream.SendChunk(stream="after"))
    assert [m.data.stream for m in two.take()] == ["after"]


def test_players_who_do_not_connect_again_die_when_the_wait_is_over(club):
    rid, _, _ = club.begin_match(1, 2, 3)
    club.pass_time(9)
    club.restart(after=1)
    one = club.stream(1, rid)
    club.pass_time(29.9)
    assert one.take(stream.Disconnected) == []
    club.pass_time(0.1)
    assert [m.data.uid for m in one.take(stream.Disconnected)] == [2, 3]
    club.pass_time(3)
    assert outcome(club.match(rid)) == {1: (1, 0, 40), 2: (3, 0, 40), 3: (2, 0, 40)}
    assert len(one.take(stream.End)) == 1


def test_a_match_nobody_comes_back_to_ends(club):
    rid, _, _ = club.begin_match(1, 2)
    room = club.match(rid).room
    club.restart()
    club.pass_time(34)
    assert sorted(place for place, _, _ in outcome(club.match(rid)).values()) == [1, 2]
    assert (club.lobby.matches, club.lobby.rooms) == ({}, {})
    assert not club.room(room).open


def test_the_dead_stay_dead_over_a_restart(club, deaths):
    rid, _, (_, two, three) = club.begin_match(1, 2, 3)
    two.send(deaths(5, 7))
    three.cut()
    club.restart()
    assert {p.uid: p.standing for p in club.match(rid).players.values()} == {
        1: "living",
        2: "died",
        3: "lost",
    }
    assert club.stream(3, rid).ask(stream.SendChunk(stream="x")) == refused("You are dead")


def test_a_game_that_was_over_gets_its_result_after_a_restart(club, deaths):
    rid, _, (_, two) = club.begin_match(1, 2)
    club.pass_time(5)
    two.send(deaths(5, 5))
    club.restart(after=60)
    club.pass_time(0)
    assert outcome(club.match(rid)) == {1: (1, 0, 5), 2: (2, 5, 5)}
    assert club.lobby.matches == {}


def test_a_result_the_room_had_not_heard_of_reaches_it_after_a_restart(club, deaths):
    rid, _, (_, two) = club.begin_match(1, 2)
    room = club.match(rid).room
    two.send(deaths(5, 5))
    commit = club.house.recorder.commit

    def lose_power(units):
        ends = [any(isinstance(e.event, MatchEnded) for e in unit.entries) for unit in units]
        commit(units[: ends.index(True) + 1])
        raise OperationalError("the power is gone")

    club.house.recorder.commit = lose_power
    club.pass_time(3)
    club.house.recorder.commit = commit
    assert club.names(match_id(rid))[-1] == "MatchEnded"
    assert club.names(room_id(room))[-1] == "MatchStarted"
    club.restart()
    assert club.names(room_id(room))[-1] == "MatchFinished"
    assert club.room(room).match == ""


def test_a_returning_player_of_a_running_match_is_sent_to_its_stream(club, types):
    rid, _, _ = club.begin_match(1, 2)
    club.restart()
    one = club.play(1)
    assert types(enter(one, club.match(rid).room)) == ["RoomEntered", "Go"]


@pytest.mark.parametrize(("begun", "told"), [(False, True), (True, False)])
def test_a_client_that_only_plays_is_sent_back_only_before_the_beginning(club, types, begun, told):
    rid, _ = club.start_match(1, 2, plays_only=(1, 2))
    if begun:
        for uid in (1, 2):
            club.stream(uid, rid)
        club.pass_time(1)
    club.restart()
    one = club.play(1, plays_only=True)
    assert ("Go" in types(enter(one, club.match(rid).room))) is told


def test_following_another_match_after_a_restart_gives_the_first_one_up(club):
    first, _, _ = club.begin_match(1, 2, 3)
    second, _ = club.start_match(4, 5)
    club.restart()
    one = club.stream(1, first)
    club.stream(2, second)
    assert [m.data.uid for m in one.take(stream.Disconnected)] == [2]
    assert club.match(first).players[2].standing == "lost"
    assert list(club.match(second).viewers) == [2]


def test_a_watcher_of_before_the_restart_may_watch_anything(club):
    first, _, _ = club.begin_match(1, 2, watchers=(9,))
    second, _ = club.start_match(4, 5)
    club.restart()
    club.stream(9, second)
    club.stream(9, first)
    assert list(club.match(first).viewers) == [9]
    assert club.match(second).viewers == {}
    assert club.house.reports == []


def test_every_relayed_chunk_survives_a_kill(club):
    rid, _, (one, two) = club.begin_match(1, 2)
    for number in range(100):
        one.send(stream.SendChunk(stream=str(number)))
    relayed = [m.data.stream for m in two.take(stream.ChunkBy)]
    club.restart()
    logged = [e.stream for e in club.events(match_id(rid)) if hasattr(e, "stream")]
    assert logged == relayed == [str(n) for n in range(100)]


def test_a_match_of_thousands_of_chunks_wakes_from_its_snapshot(club):
    rid, _, (one, _two) = club.begin_match(1, 2)
    for number in range(1100):
        one.send(stream.SendChunk(stream=str(number)))
    club.restart()
    read = []
    history = club.house.recorder.history
    club.house.recorder.history = lambda *args: read.append(history(*args)) or read[-1]
    club.house.engine.repository.evict([match_id(rid)])
    assert [p.standing for p in club.match(rid).players.values()] == ["living", "living"]
    assert sum(map(len, read)) < 200


# --- failures of our own --------------------------------------------------------------------


def test_a_failure_of_our_own_is_told_and_closes_and_changes_nothing(club, monkeypatch):
    rid, [one, two] = club.open_room(1, 2)
    two.take()
    monkeypatch.setattr(
        "parlour.actors.techmino.room.rules.connected", lambda *_, **__: 1 / 0, raising=True
    )
    assert one.ask(play.SayInRoom(message="x")) == refused("Internal server error")
    assert one.closed == ["internal"]
    monkeypatch.undo()
    assert club.room(rid).histories == ()
    assert two.ask(play.SayInRoom(message="y")) != refused("Internal server error")


def test_a_request_of_another_endpoint_is_our_own_failure(club):
    for client in (club.chat(1), club.play(1)):
        assert client.ask(stream.Die(score=1, survivalTime=1)) == refused("Internal server error")
    rid, _ = club.start_match(2, 3)
    assert club.stream(2, rid).ask(chat.ListChats()) == refused("Internal server error")


def test_idle_rooms_and_matches_leave_memory_and_come_back(club, deaths):
    rid, clients, (one, two) = club.begin_match(1, 2)
    engine = club.house.engine
    engine._keep = 0
    engine.passivate()
    assert not engine.is_live(match_id(rid))
    two.send(deaths(4))
    club.pass_time(3)
    assert len(one.take(stream.End)) == 1
    assert len(clients[0].take(play.Result)) == 1


def test_recovering_twice_is_recovering_once(club):
    rid, _ = club.start_match(1, 2)
    club.house.engine.tell(LOBBY_ID, Recover(0, cold=False))
    club.house.writer.flush()
    starts = (MatchStarted, MatchOpened, CountdownStarted)
    events = club.events(room_id(club.match(rid).room)) + club.events(match_id(rid))
    assert [type(e) for e in events if isinstance(e, starts)] == [
        CountdownStarted,
        MatchStarted,
        MatchOpened,
    ]
    assert chat_id("global") not in {row[0] for row in club.house.rows()}
