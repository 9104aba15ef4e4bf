import pytest
from halls import rid_of

from parlour.events.reader import LogReader
from parlour.events.rules.techmino import record
from parlour.replay import stream_text
from parlour.replay.matches import find_match
from parlour.replay.streams import MatchStreams


@pytest.fixture
def duel(danced):
    with LogReader(danced) as reader:
        return MatchStreams(find_match(reader, rid_of(2)))


def told(match, uid=None):
    return [line.text for line in stream_text.timeline(match, match.of(uid))]


def test_a_timeline_tells_keys_attacks_and_deaths_in_order_of_frames(duel):
    assert told(duel) == [
        "    200    0:03.333  player 1              +hard drop",
        "    200    0:03.333  player 2              +left",
        "    203    0:03.383  player 1              -hard drop",
        "    210    0:03.500  player 1              "
        "sends 3 lines to seat 1 (holes 0x3f7, 60 frames)",
        "    230    0:03.833  player 2              "
        "receives 3 lines from seat 0 (holes 0x3f7, 60 frames)",
        "    990    0:16.500  player 2              -left",
        "    990    0:16.500  player 2              DIES: score 1234, 17.25 s by his clock",
    ]
    assert told(duel, 2) == [line for line in told(duel) if "player 2" in line]


def test_a_header_tells_who_played(duel):
    head = list(stream_text.header(duel, duel.of(None)))
    assert head[1] == "began 2026-11-20 07:00:06 UTC with seed 424242"
    assert head[2].split() == [
        *("seat", "0", "player", "1", "uid", "1"),
        *("14", "chunks,", "96", "bytes,", "to", "frame", "1002"),
    ]
    assert list(stream_text.footer(duel.of(None))) == []


def test_missing_and_lost_players_are_told(danced):
    with LogReader(danced) as reader:
        match = MatchStreams(find_match(reader, rid_of(3)))
    lines = "\n".join(told(match))
    assert "player 3              is MISSING" in lines
    assert "player 2              DIES: connection lost" in lines


def test_odd_keys_odd_events_and_odd_names_are_drawn_all_the_same(hall, room):
    room.register(1, name="a")
    room.register(2)
    play = hall.open_room(1)
    hall.enter(play, 2)
    rid = hall.start(play, 1, 2)
    hall.begin(rid, 1, 2)
    hall.wait(5)
    hall.play(rid, 1, [record.press(10, 32), record.RecordEvent(10, 99)])
    hall.chunk(rid, 1, "%%%")
    with LogReader(room.data) as reader:
        match = MatchStreams(find_match(reader, rid))
    (line,) = told(match)
    assert line.endswith("+key 32, unknown event 99")
    foot = list(stream_text.footer(match.of(None)))
    assert foot[1] == "2 findings:"
    assert "chunk_unknown  position" in foot[2]
    assert "chunk_undecodable  position" in foot[3]


def test_a_stream_is_played_when_it_happened_times_the_speed(duel):
    clock, said = [100.0], []

    def sleep(seconds):
        assert seconds > 0
        clock[0] += seconds

    stream_text.play(
        stream_text.timeline(duel, duel.of(1)),
        2,
        lambda text: said.append((clock[0] - 100, text)),
        sleep=sleep,
        now=lambda: clock[0],
    )
    assert [text for _, text in said] == told(duel, 1)
    assert [round(at * 2 * 60) for at, _ in said] == [200, 203, 210]


def test_a_late_player_does_not_wait(duel):
    now = iter([0.0, *[1e9] * 100])
    said = []
    lines = stream_text.timeline(duel, duel.of(None))
    stream_text.play(lines, 1, said.append, sleep=pytest.fail, now=lambda: next(now))
    assert len(said) == len(told(duel))
