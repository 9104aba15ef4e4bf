import pytest
from halls import rid_of

from parlour.events import techmino
from parlour.events.reader import LogReader
from parlour.events.rules.techmino import record
from parlour.events.rules.techmino.record import Attack
from parlour.replay.matches import NoSuchMatch, find_match
from parlour.replay.streams import MatchStreams, NoSuchPlayer

DUEL, CROWD, INTERRUPTED, RUNNING = rid_of(2), rid_of(3), rid_of(5), rid_of(7)


@pytest.fixture
def match_of(danced):
    def read(rid):
        with LogReader(danced) as reader:
            return MatchStreams(find_match(reader, rid))

    return read


# --- finding ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [DUEL, f"techmino.match:{DUEL}"])
def test_a_match_is_found_by_its_rid_and_by_its_id(match_of, name):
    assert match_of(name).id == f"techmino.match:{DUEL}"


def test_the_room_s_rid_will_do_where_the_room_had_one_match(match_of):
    assert match_of(rid_of(4)).id == f"techmino.match:{INTERRUPTED}"
    with pytest.raises(NoSuchMatch, match=f"2 matches: give one of {DUEL} {CROWD}"):
        match_of(rid_of(1))


@pytest.mark.parametrize("name", ["", "nobody", "techmino.match:", "\x1b[31m"])
def test_what_names_no_match_is_said_so(match_of, name):
    with pytest.raises(NoSuchMatch, match=r"no match [^\x1b]*in this log"):
        match_of(name)


# --- contents ---------------------------------------------------------------------------------


def test_the_document_is_the_one_programs_rely_on(match_of):
    document = match_of(DUEL).document()
    assert (document["rid"], document["seed"]) == (DUEL, 424_242)
    assert [player["uid"] for player in document["players"]] == [1, 2]
    one, two = document["players"]
    assert list(one["chunks"][0]) == ["position", "at", "stream"]
    assert one["events"][0] == {
        "frame": 200,
        "event": 6,
        "name": "press",
        "key": 6,
        "key_name": "hard drop",
        "position": one["chunks"][0]["position"],
    }
    sent = next(event for event in one["events"] if event["name"] == "attack_sent")
    fields = {name: sent[name] for name in ("frame", "line", "time", "amount", "sid")}
    assert fields == {"frame": 210, "line": 0x3F7, "time": 60, "amount": 3, "sid": 1}
    assert sent["event"] == (1 << 49) + (0x3F7 << 32) + (60 << 16) + (3 << 8) + 1
    received = next(event for event in two["events"] if event["name"] == "attack_received")
    assert received["sid"] == 0
    assert two["end"]["why"] == "died"
    assert (two["end"]["score"], two["end"]["survival_time"]) == (1_234, 17.25)
    assert (one["end"], one["findings"], two["findings"]) == (None, [], [])


def test_one_player_can_be_asked_for(match_of):
    (player,) = match_of(DUEL).document(2)["players"]
    assert player["uid"] == 2
    with pytest.raises(NoSuchPlayer, match="give one of --uid 1, 2"):
        match_of(DUEL).document(3)


def test_the_record_is_every_byte_a_player_sent(match_of, danced):
    with LogReader(danced) as reader:
        events = find_match(reader, DUEL)
    for uid, stream in match_of(DUEL).streams.items():
        sent = b"".join(
            record.unpack(e.event.stream)
            for e in events
            if isinstance(e.event, techmino.ChunkStreamed) and e.event.uid == uid
        )
        assert stream.record == sent != b""
        assert [m.event for m in stream.moments] == list(record.decode(sent).events)


def test_the_missing_and_the_disconnected_have_their_ends(match_of):
    ends = {uid: stream.end for uid, stream in match_of(CROWD).streams.items()}
    assert ends[1] is None
    assert (ends[2].why, ends[3].why) == ("lost", "missing")
    assert match_of(INTERRUPTED).streams[5].end.why == "lost"
    assert {stream.end for stream in match_of(RUNNING).streams.values()} == {None}


def test_findings_stand_with_the_player_whose_record_they_are_about(hall, room):
    for uid in (1, 2):
        room.register(uid)
    play = hall.open_room(1)
    hall.enter(play, 2)
    rid = hall.start(play, 1, 2)
    hall.begin(rid, 1, 2)
    hall.chunk(rid, 2, "not base64")
    hall.play(rid, 1, [record.received(0, Attack(1, 2, 3, 1))])
    with LogReader(room.data) as reader:
        match = MatchStreams(find_match(reader, rid))
    assert [f.code for f in match.streams[1].findings] == ["attack_unsent"]
    assert [f.code for f in match.streams[2].findings] == ["chunk_undecodable"]
    assert match.streams[2].moments == []
    assert [chunk.stream for chunk in match.streams[2].chunks] == ["not base64"]


def test_a_match_that_did_not_begin_has_no_seed(hall, room):
    for uid in (1, 2):
        room.register(uid)
    play = hall.open_room(1)
    hall.enter(play, 2)
    rid = hall.start(play, 1, 2)
    with LogReader(room.data) as reader:
        document = MatchStreams(find_match(reader, rid)).document()
    assert (document["seed"], document["began"]) == (None, None)
    assert [player["chunks"] for player in document["players"]] == [[], []]
