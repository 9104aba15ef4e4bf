"""Matches through stream sessions: connecting, the beginning, deaths, the end."""

import pytest

from parlour.actors.techmino.messages import FindStream
from parlour.events.messages.techmino import common, play, stream
from parlour.events.techmino import LOBBY_ID, match_id


def refused(reason):
    return [common.Error(reason=reason)]


def begins(client):
    return client.take(stream.Begin)


def outcome(client):
    """Return the last result told on `play`, by uid: (place, score, survivalTime)."""
    result = client.take(play.Result)[-1].data.result
    return {p.uid: (p.place, p.score, p.survivalTime) for p in result}


# --- connecting -----------------------------------------------------------------------------


def test_connect_tells_who_was_there_before_and_the_others_who_came(club):
    rid, _ = club.start_match(1, 2)
    one = club.stream(1, rid)
    assert one.json() == [{"type": "Connect", "data": {"connected": []}}]
    two = club.stream(2, rid)
    assert two.json() == [{"type": "Connect", "data": {"connected": [1]}}]
    assert one.json() == [{"type": "Broadcast", "action": 2, "data": {"uid": 2, "watch": False}}]


def test_who_was_not_among_the_players_watches(club):
    rid, _ = club.start_match(1, 2)
    one = club.stream(1, rid)
    one.take()
    nine = club.stream(9, rid)
    assert one.take() == [stream.ConnectedBy(data=stream.Arrival(uid=9, watch=True))]
    assert nine.take() == [stream.StreamConnect(data=stream.Connected(connected=(1,)))]


async def test_the_network_can_ask_whether_there_is_such_a_stream(club):
    rid, _ = club.start_match(1, 2)
    answers = [club.house.engine.ask(LOBBY_ID, FindStream(rid=r)) for r in (rid, "nowhere")]
    club.house.writer.flush()
    assert [await answer for answer in answers] == [True, False]


@pytest.mark.parametrize("over", [False, True])
def test_a_stream_that_is_not_there_is_refused_and_closed(club, over):
    rid = "nowhere"
    if over:
        rid, _, streams = club.begin_match(1, 2)
        streams[1].send(stream.Die(score=0, survivalTime=0))
        club.pass_time(3)
    late = club.stream(3, rid)
    assert late.take() == refused("Room not found")
    assert late.closed == ["not_found"]


# --- the beginning --------------------------------------------------------------------------


def test_the_game_begins_a_second_after_the_last_player_connected(club):
    rid, _ = club.start_match(1, 2)
    one = club.stream(1, rid)
    club.pass_time(4)
    two = club.stream(2, rid)
    club.pass_time(0.9)
    assert begins(one) == begins(two) == []
    club.pass_time(0.1)
    [begin] = begins(one)
    assert begins(two) == [begin]
    assert 1 <= begin.data.seed < 2**30
    assert begin.data.seed == club.match(rid).seed


def test_the_game_does_not_wait_for_watchers(club):
    rid, _ = club.start_match(1, 2)
    one, _two = club.stream(1, rid), club.stream(2, rid)
    club.pass_time(0.9)
    nine = club.stream(9, rid)
    club.pass_time(0.1)
    assert begins(one) == begins(nine) != []


def test_after_ten_seconds_the_game_begins_without_the_missing_who_are_dead(club):
    rid, clients = club.start_match(1, 2, 3)
    one, _two = club.stream(1, rid), club.stream(2, rid)
    club.pass_time(9.9)
    assert begins(one) == []
    club.pass_time(0.1)
    assert len(begins(one)) == 1
    assert club.match(rid).players[3].standing == "missing"
    club.pass_time(5)
    one.send(stream.Die(score=10, survivalTime=4.5))
    club.pass_time(3)
    assert outcome(clients[0]) == {1: (2, 10, 4.5), 2: (1, 0, 5), 3: (3, 0, 0)}


def test_who_connects_at_the_last_moment_still_has_a_second(club):
    rid, _ = club.start_match(1, 2, 3)
    one = club.stream(1, rid)
    club.pass_time(9.5)
    club.stream(2, rid)
    club.pass_time(0.9)
    assert begins(one) == []
    club.pass_time(0.1)
    assert len(begins(one)) == 1


def test_coming_and_going_does_not_put_the_beginning_off_for_ever(club):
    rid, _ = club.start_match(1, 2, 3)
    one = club.stream(1, rid)
    for _ in range(40):
        two = club.stream(2, rid)
        club.pass_time(0.6)
        two.cut()
    assert len(begins(one)) == 1


def test_a_player_who_lost_his_connection_before_the_beginning_may_come_back_in_time(club):
    rid, _ = club.start_match(1, 2)
    one, two = club.stream(1, rid), club.stream(2, rid)
    one.take()
    two.cut()
    assert one.take() == [stream.Disconnected(data=stream.Who(uid=2))]
    club.pass_time(5)
    assert begins(one) == []
    two = club.stream(2, rid)
    club.pass_time(1)
    assert len(begins(two)) == 1
    assert club.match(rid).players[2].standing == "living"


def test_a_match_nobody_connects_to_has_all_missing_and_ends(club):
    rid, clients = club.start_match(1, 2)
    club.pass_time(13)
    assert outcome(clients[0]) == {1: (1, 0, 0), 2: (2, 0, 0)}
    assert club.lobby.matches == {}
    assert club.room(club.match(rid).room).match == ""


# --- deaths ---------------------------------------------------------------------------------


def test_a_death_goes_to_everybody_but_the_dead(club, deaths):
    _, _, (one, two, three, nine) = club.begin_match(1, 2, 3, watchers=(9,))
    for client in (one, two, three, nine):
        client.take()
    one.send(deaths(12134, 104))
    told = [
        {"type": "Broadcast", "action": 4, "data": {"uid": 1, "score": 12134, "survivalTime": 104}}
    ]
    assert (one.json(), two.json(), three.json(), nine.json()) == ([], told, told, told)


def test_the_dead_may_send_the_rest_of_their_stream_and_die_no_second_time(club, deaths):
    _, _, (one, two, _) = club.begin_match(1, 2, 3)
    one.send(deaths(1))
    two.take()
    assert one.ask(stream.SendChunk(stream="rest")) == []
    assert [m.data.stream for m in two.take(stream.ChunkBy)] == ["rest"]
    assert one.ask(deaths(2)) == refused("You are dead")
    assert two.take() == []


def test_a_lost_connection_is_told_once_to_the_others_and_kills(club):
    rid, _, (one, two, three, nine) = club.begin_match(1, 2, 3, watchers=(9,))
    for client in (one, three, nine):
        client.take()
    two.cut()
    told = [{"type": "Server", "action": 3, "data": {"uid": 2}}]
    assert one.json() == three.json() == nine.json() == told
    assert club.match(rid).players[2].standing == "lost"


def test_a_watcher_goes_silently(club):
    _, _, (one, _, nine) = club.begin_match(1, 2, watchers=(9,))
    one.take()
    nine.cut()
    assert one.take() == []


def test_who_died_himself_stays_dead_of_that_when_his_connection_ends(club, deaths):
    rid, clients, (one, two, three) = club.begin_match(1, 2, 3)
    one.send(deaths(77, 6.5))
    club.pass_time(10)
    one.cut()
    assert len(two.take(stream.Disconnected)) == 1
    three.send(deaths(5, 11))
    club.pass_time(3)
    assert outcome(clients[0]) == {1: (3, 77, 6.5), 2: (1, 0, 10), 3: (2, 5, 11)}
    assert club.match(rid).result == club.replayed(rid)


# --- the end --------------------------------------------------------------------------------


def test_three_seconds_after_the_last_but_one_died_the_result_is_told(club, deaths, types):
    rid, clients, (one, two, three, nine) = club.begin_match(1, 2, 3, watchers=(9,))
    club.pass_time(20)
    two.send(deaths(100, 20))
    club.pass_time(10)
    three.cut()
    club.pass_time(2.9)
    assert one.take(stream.End) == []
    assert clients[0].take(play.Result) == []
    club.pass_time(0.1)
    assert len(one.take(stream.End)) == len(two.take(stream.End)) == len(nine.take(stream.End)) == 1
    result = [
        {"uid": 1, "place": 1, "score": 0, "survivalTime": 30},
        {"uid": 2, "place": 3, "score": 100, "survivalTime": 20},
        {"uid": 3, "place": 2, "score": 0, "survivalTime": 30},
    ]
    for client in clients:
        assert client.json()[-1] == {
            "type": "Server",
            "action": 9,
            "data": {"start": False, "result": result},
        }
    assert club.match(rid).result == club.replayed(rid)
    assert club.lobby.matches == {}


def test_the_survivor_may_report_his_score_before_the_end_and_stays_first(club, deaths):
    rid, clients, (one, two) = club.begin_match(1, 2)
    club.pass_time(8)
    two.send(deaths(50, 8))
    club.pass_time(1)
    two.take()
    one.send(deaths(900, 9.25))
    assert len(two.take(stream.DiedBy)) == 1
    assert one.ask(deaths(901, 9.5)) == refused("You are dead")
    assert one.ask(stream.SendChunk(stream="rest")) == []
    club.pass_time(2)
    assert outcome(clients[0]) == {1: (1, 900, 9.25), 2: (2, 50, 8)}
    assert club.match(rid).result == club.replayed(rid)


def test_the_survivor_who_goes_before_the_end_stays_first(club, deaths):
    rid, clients, (one, two) = club.begin_match(1, 2)
    club.pass_time(8)
    two.send(deaths(50, 8))
    club.pass_time(2)
    one.cut()
    club.pass_time(1)
    assert outcome(clients[1]) == {1: (1, 0, 8), 2: (2, 50, 8)}
    assert club.match(rid).result == club.replayed(rid)


def test_deaths_of_one_moment_are_ordered_by_the_log(club, deaths):
    _, clients, (one, two, three) = club.begin_match(1, 2, 3)
    three.send(deaths(0))
    one.send(deaths(0))
    club.pass_time(3)
    assert {uid: line[0] for uid, line in outcome(clients[1]).items()} == {1: 2, 2: 1, 3: 3}
    assert two.take(stream.End)


def test_one_player_alone_plays_until_he_dies(club_of, deaths):
    club = club_of(practice=True)
    _, [client], [one] = club.begin_match(1, type="solo")
    club.pass_time(60)
    assert one.take(stream.End) == []
    one.send(deaths(3, 60.5))
    club.pass_time(3)
    assert outcome(client) == {1: (1, 3, 60.5)}


def test_two_deaths_between_two_clocks_leave_one_result(club, deaths):
    rid, clients, (one, two) = club.begin_match(1, 2)
    two.send(deaths(1))
    one.send(deaths(2))
    club.pass_time(30)
    assert len(clients[0].take(play.Result)) == 1
    assert club.names(match_id(rid)).count("MatchEnded") == 1


def test_when_everybody_is_ready_again_the_next_match_begins_after_the_result(club, deaths, types):
    rid, clients, (_one, two) = club.begin_match(1, 2)
    for client in clients:
        client.send(play.ChangeReady(ready=True))
    clients[0].take()
    two.send(deaths(1))
    club.pass_time(3)
    assert types(clients[0].take()) == ["Result", "GetSet"]
    club.pass_time(2)
    [go] = clients[0].take(play.Go)
    assert go.data.rid not in ("", rid)
    second = [club.stream(uid, go.data.rid) for uid in (1, 2)]
    club.pass_time(1)
    assert len(begins(second[0])) == 1


def test_the_play_room_may_empty_while_its_match_goes_on(club, deaths):
    rid, clients, (one, two) = club.begin_match(1, 2)
    for client in clients:
        client.send(play.LeaveRoom())
    assert club.lobby.rooms == {}
    two.send(deaths(1))
    club.pass_time(3)
    assert len(one.take(stream.End)) == 1
    assert club.match(rid).result is not None
    assert club.house.reports == []


def test_leaving_the_play_room_is_no_death(club):
    rid, clients, _ = club.begin_match(1, 2)
    clients[1].send(play.LeaveRoom())
    assert club.match(rid).players[2].standing == "living"
