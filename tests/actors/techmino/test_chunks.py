"""Chunks of a match: to whom they go, in which order, and who may not send any."""

import pytest

from parlour.actors.messages import FromSession
from parlour.actors.techmino.messages import Gone
from parlour.events.messages.techmino import common, stream
from parlour.events.techmino import match_id


def refused(reason):
    return [common.Error(reason=reason)]


def chunk(client, text="AyEA"):
    client.send(stream.SendChunk(stream=text))


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
