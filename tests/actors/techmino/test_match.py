"""Matches through stream sessions: the beginning, chunks, deaths, the end, and who watches."""

import pytest

from parlour.actors.messages import FromSession
from parlour.actors.techmino.messages import FindStream, Gone
from parlour.events.event import decode
from parlour.events.messages.techmino import common, play, stream
from parlour.events.rules.techmino import match as rules
from parlour.events.rules.techmino.result import result_of
from parlour.events.rules.techmino.state import Match
from parlour.events.techmino import LOBBY_ID, match_id


def refused(reason):
    return [common.Error(reason=reason)]


def begins(client):
    return client.take(stream.Begin)


def chunk(client, text="AyEA"):
    client.send(stream.SendChunk(stream=text))


def outcome(client):
    """Return the last result told on `play`, by uid: (place, score, survivalTime)."""
    result = client.take(play.Result)[-1].data.result
    return {p.uid: (p.place, p.score, p.survivalTime) for p in result}


def replayed(club, rid):
    """Return the result as it follows from the log alone."""
    match = Match()
    for _, topic, state in club.house.recorder.history(match_id(rid)):
        event = decode(topic, state)
        if type(event).__name__ != "MatchEnded":
            match = rules.evolve(match, event)
    return result_of(match)


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


# --- chunks ---------------------------------------------------------------------------------


def test_a_chunk_goes_to_everybody_but_its_sender_byte_for_byte(club):
    _, _, (one, two, nine) = club.begin_match(1, 2, watchers=(9,))
    for client in (one, two, nine):
        client.take()
    chunk(one, "AyEAgYD+8IHwhgE=")
    told = [stream.ChunkBy(data=stream.Chunk(uid=1, stream="AyEAgYD+8IHwhgE="))]
    assert (one.take(), two.take(), nine.take()) == ([], told, told)


@pytest.mark.parametrize("text", ["", "not base64 at all!", "AyE", "é\u0000☃", "A" * 60_000])
def test_a_chunk_that_does_not_decode_is_relayed_all_the_same(club, text):
    rid, _, (one, two) = club.begin_match(1, 2)
    chunk(one, text)
    assert [m.data.stream for m in two.take(stream.ChunkBy)] == [text]
    assert club.events(match_id(rid))[-1].stream == text


def test_chunks_keep_their_order_and_leave_the_state_the_very_same(club):
    rid, _, (one, two) = club.begin_match(1, 2)
    before = club.match(rid)
    for number in range(50):
        chunk(one, str(number))
        chunk(two, str(number))
    assert club.match(rid) is before
    assert [m.data.stream for m in two.take(stream.ChunkBy)] == [str(n) for n in range(50)]


def test_nothing_is_relayed_before_it_is_on_disk(club):
    _, _, (one, two) = club.begin_match(1, 2)
    two.take()
    house = club.house
    house.engine.tell(one.actor, FromSession(one.session, stream.SendChunk(stream="x")))
    assert two.take() == []
    house.writer.flush()
    assert len(two.take()) == 1


def test_an_audience_is_made_once_for_each_sender_and_again_when_somebody_comes(club):
    rid, _, (one, two) = club.begin_match(1, 2)
    said = []
    deliver = club.house.hub.deliver
    club.house.hub.deliver = lambda outputs: (said.extend(outputs), deliver(outputs))
    chunk(one)
    chunk(two)
    chunk(one)
    first, _, third = (output.uids for output in said)
    assert first is third
    club.stream(9, rid)
    said.clear()
    chunk(one)
    assert said[0].uids == (2, 9)


SENDS = [stream.SendChunk(stream="x"), stream.Die(score=1, survivalTime=1)]


@pytest.mark.parametrize("request_", SENDS, ids=lambda r: type(r).__name__)
def test_before_the_beginning_nothing_can_be_sent(club, request_):
    rid, _ = club.start_match(1, 2)
    assert club.stream(1, rid).ask(request_) == refused("Game has not started")
    assert club.stream(9, rid).ask(request_) == refused("Watchers cannot send")


@pytest.mark.parametrize("request_", SENDS, ids=lambda r: type(r).__name__)
def test_a_watcher_cannot_send(club, request_):
    rid, _, (one, _, nine) = club.begin_match(1, 2, watchers=(9,))
    one.take()
    assert nine.ask(request_) == refused("Watchers cannot send")
    assert one.take() == []
    assert club.names(match_id(rid))[-1] == "MatchBegan"


@pytest.mark.parametrize("request_", SENDS, ids=lambda r: type(r).__name__)
def test_who_died_of_a_lost_connection_or_never_came_in_time_cannot_send(club, request_):
    rid, _ = club.start_match(1, 2, 3)
    club.stream(1, rid)
    two = club.stream(2, rid)
    club.pass_time(10)
    two.cut()
    for uid in (2, 3):
        assert club.stream(uid, rid).ask(request_) == refused("You are dead")


@pytest.mark.parametrize("request_", SENDS, ids=lambda r: type(r).__name__)
def test_after_the_end_the_connection_stays_and_the_match_is_not_found(club, request_):
    _, _, (one, two) = club.begin_match(1, 2)
    two.send(stream.Die(score=0, survivalTime=0))
    club.pass_time(3)
    assert one.ask(request_) == refused("Room not found")
    assert one.closed == []


def test_a_connection_whose_user_follows_another_match_is_not_subscribed(club):
    rid, _, (one, _two) = club.begin_match(1, 2)
    other, _ = club.start_match(3, 4)
    club.house.engine.tell(match_id(rid), Gone(uid=1))
    club.house.writer.flush()
    assert one.ask(stream.SendChunk(stream="x")) == refused("Room not subscribed")
    assert other


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
    assert club.match(rid).result == replayed(club, rid)


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
    assert club.match(rid).result == replayed(club, rid)
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
    assert club.match(rid).result == replayed(club, rid)


def test_the_survivor_who_goes_before_the_end_stays_first(club, deaths):
    rid, clients, (one, two) = club.begin_match(1, 2)
    club.pass_time(8)
    two.send(deaths(50, 8))
    club.pass_time(2)
    one.cut()
    club.pass_time(1)
    assert outcome(clients[1]) == {1: (1, 0, 8), 2: (2, 50, 8)}
    assert club.match(rid).result == replayed(club, rid)


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


# --- coming late ----------------------------------------------------------------------------


def stream_so_far(client):
    return [
        (m.action, m.data.uid if hasattr(m.data, "uid") else m.data.seed)
        for m in client.take()
        if not isinstance(m, stream.StreamConnect)
    ]


def test_a_late_watcher_gets_the_beginning_and_all_that_was_and_then_what_is(club, deaths, types):
    rid, _, (one, two, three) = club.begin_match(1, 2, 3)
    chunk(one, "a")
    chunk(two, "b")
    three.cut()
    two.send(deaths(5))
    nine = club.stream(9, rid)
    connect, begin, *rest = nine.take()
    assert connect == stream.StreamConnect(data=stream.Connected(connected=(1, 2)))
    assert begin.data.seed == club.match(rid).seed
    assert types(rest) == ["ChunkBy", "ChunkBy", "Disconnected", "DiedBy"]
    chunk(one, "c")
    assert [m.data.stream for m in nine.take()] == ["c"]


def test_a_long_backlog_comes_in_pages_and_ends_where_live_begins(club):
    rid, _, (one, _) = club.begin_match(1, 2)
    for number in range(600):
        chunk(one, str(number))
    pages = []
    deliver = club.house.hub.deliver

    def watch(outputs):
        for output in outputs:
            if hasattr(output, "pages"):
                pages.append([len(page) for page in output.pages()])
        deliver(outputs)

    club.house.hub.deliver = watch
    nine = club.stream(9, rid)
    assert [m.data.stream for m in nine.take(stream.ChunkBy)] == [str(n) for n in range(600)]
    assert max(pages[0]) <= 256
    assert len(pages[0]) == 3


def test_a_backlog_read_later_ends_at_the_moment_it_was_asked_for(club):
    rid, _, (one, _) = club.begin_match(1, 2)
    chunk(one, "a")
    held = []
    deliver = club.house.hub.deliver

    def hold(outputs):
        held.extend(output for output in outputs if hasattr(output, "pages"))
        deliver([output for output in outputs if not hasattr(output, "pages")])

    club.house.hub.deliver = hold
    nine = club.stream(9, rid)
    chunk(one, "b")
    [backlog] = held
    told = [message for page in backlog.pages() for message in page]
    assert [m.data.stream for m in told if isinstance(m, stream.ChunkBy)] == ["a"]
    assert [m.data.stream for m in nine.take(stream.ChunkBy)] == ["b"]


def test_before_the_beginning_there_is_no_backlog(club, types):
    rid, _ = club.start_match(1, 2)
    club.stream(1, rid)
    assert types(club.stream(9, rid).take()) == ["StreamConnect"]


def test_a_missing_player_who_comes_late_watches_as_a_dead_player(club):
    rid, _ = club.start_match(1, 2, 3)
    one, _two = club.stream(1, rid), club.stream(2, rid)
    club.pass_time(10)
    chunk(one, "a")
    one.take()
    three = club.stream(3, rid)
    assert one.take() == [stream.ConnectedBy(data=stream.Arrival(uid=3, watch=False))]
    assert [action for action, _ in stream_so_far(three)] == [0, 5]
    assert club.match(rid).players[3].standing == "missing"


def test_a_player_who_returns_after_his_death_gets_his_own_stream_too(club):
    rid, _, (one, two, three) = club.begin_match(1, 2, 3)
    chunk(two, "mine")
    two.cut()
    chunk(one, "a")
    again = club.stream(2, rid)
    assert stream_so_far(again)[1:] == [(5, 2), (3, 2), (5, 1)]
    one.take()
    again.cut()
    assert len(one.take(stream.Disconnected)) == 1
    assert club.match(rid).players[2].out == 1
    assert three.take(stream.End) == []


def test_a_connection_taken_over_is_no_death_and_no_news(club):
    rid, _, (one, _two) = club.begin_match(1, 2)
    chunk(one, "a")
    one.take()
    before = club.names(match_id(rid))
    again = club.stream(2, rid)
    assert one.take() == []
    assert club.names(match_id(rid)) == before
    assert again.take(stream.StreamConnect)[0].data.connected == (1,)
    assert [action for action, _ in stream_so_far(again)] == [0, 5]
    chunk(again, "b")
    assert [m.data.stream for m in one.take()] == ["b"]


def test_a_connection_lost_while_the_next_is_on_its_way_in_is_no_death(club):
    rid, _, (one, two) = club.begin_match(1, 2)
    club.house.hub.announce(99, "techmino.stream", 2)
    two.cut()
    assert club.match(rid).players[2].standing == "living"
    club.house.hub.retract(99)
    again = club.stream(2, rid)
    chunk(again, "b")
    assert [m.data.stream for m in one.take(stream.ChunkBy)] == ["b"]


def test_following_another_match_is_leaving_the_first(club):
    first, _, (one, _two) = club.begin_match(1, 2)
    second, _ = club.start_match(3, 4)
    one.take()
    elsewhere = club.stream(2, second)
    assert one.take(stream.Disconnected) == [stream.Disconnected(data=stream.Who(uid=2))]
    assert club.match(first).players[2].standing == "lost"
    assert list(club.match(second).viewers) == [2]
    assert elsewhere.take(stream.StreamConnect)


def test_a_full_match_of_99_begins_and_ends_with_99_places(club, deaths):
    uids = tuple(range(1, 100))
    rid, clients, streams = club.begin_match(*uids, type="r99")
    for client in streams[1:]:
        client.send(deaths(client.uid))
    club.pass_time(3)
    places = {uid: place for uid, (place, _, _) in outcome(clients[0]).items()}
    assert sorted(places.values()) == list(range(1, 100))
    assert (places[1], places[99], places[2]) == (1, 2, 99)
    assert club.match(rid).result == replayed(club, rid)
