"""Who comes late to a match, and who comes back: what he is told of what was."""

from parlour.events.messages.techmino import play, stream
from parlour.events.techmino import match_id


def chunk(client, text="AyEA"):
    client.send(stream.SendChunk(stream=text))


def outcome(client):
    """Return the last result told on `play`, by uid: (place, score, survivalTime)."""
    result = client.take(play.Result)[-1].data.result
    return {p.uid: (p.place, p.score, p.survivalTime) for p in result}


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
    assert club.match(rid).result == club.replayed(rid)
