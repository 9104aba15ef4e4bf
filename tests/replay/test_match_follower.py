"""One match followed event by event."""

from halls import rid_of

from parlour.events.reader import LogReader
from parlour.events.rules.techmino import record
from parlour.events.rules.techmino.record import Attack
from parlour.replay.match_follower import MatchFollower
from parlour.replay.matches import find_match


def followed(data, rid):
    """Return the chunks and the deaths of a match: (position, uid, …)."""
    follower, chunks, deaths = MatchFollower(), [], []
    with LogReader(data) as reader:
        for recorded in find_match(reader, rid):
            chunk = follower.read(recorded)
            if chunk is not None:
                chunks.append(chunk)
            deaths += [(p.uid, p.standing) for p in follower.deaths(recorded)]
    return chunks, deaths


def test_each_player_s_record_goes_on_where_his_last_chunk_ended(danced):
    chunks, deaths = followed(danced, rid_of(2))
    for uid in (1, 2):
        mine = [chunk for chunk in chunks if chunk.uid == uid]
        whole = record.decode(b"".join(chunk.content for chunk in mine))
        assert tuple(event for chunk in mine for event in chunk.events) == whole.events
        assert mine[-1].progress == whole.progress
    assert deaths == [(2, "died")]


def test_who_was_not_there_at_the_beginning_dies_by_it_and_who_is_lost_by_that(danced):
    _, deaths = followed(danced, rid_of(3))
    assert (3, "missing") in deaths
    assert "lost" in {why for _, why in deaths}
    assert len(dict(deaths)) == len(deaths)


def test_a_chunk_that_is_not_base64_is_passed_over(hall, room):
    for uid in (1, 2):
        room.register(uid)
    play = hall.open_room(1)
    hall.enter(play, 2)
    rid = hall.start(play, 1, 2)
    hall.begin(rid, 1, 2)
    hall.play(rid, 1, [record.sent(200, Attack(1, 2, 3, 1))])
    hall.chunk(rid, 1, "not base64")
    chunks, _ = followed(room.data, rid)
    assert [(chunk.content == b"", bool(chunk.fault)) for chunk in chunks] == [
        (False, False),
        (True, True),
    ]
    assert chunks[1].progress == chunks[0].progress
