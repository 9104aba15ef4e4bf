import base64
import json
import zlib

import pytest
from halls import CONFIG, rid_of

from parlour.events.reader import LogReader
from parlour.events.rules.techmino import record
from parlour.replay.matches import find_match
from parlour.replay.stream_file import ReplayRefused, one_stream, replay_file, settings_of, write
from parlour.replay.streams import MatchStreams, NoSuchPlayer


@pytest.fixture
def duel(danced):
    with LogReader(danced) as reader:
        return MatchStreams(find_match(reader, rid_of(2)))


def test_a_replay_file_is_four_lines_and_then_zlib_of_three_more_and_the_record(duel):
    date, mode, version, player, body = replay_file(duel, duel.streams[2]).split(b"\n", 4)
    assert date == b"2026/11/20 Friday 07:00:06"
    assert (mode, version, player) == (b"netBattle", b"V0.14.6", b"player 2")
    seed, settings, mods, content = zlib.decompress(body).split(b"\n", 3)
    assert int(seed) == 424_242
    assert json.loads(settings) == json.loads(CONFIG)
    assert json.loads(mods) == []
    assert content == duel.streams[2].record
    assert list(record.decode(content).events) == [m.event for m in duel.streams[2].moments]


def test_bytes_that_do_not_decode_are_in_it_all_the_same(hall, room):
    for uid in (1, 2):
        room.register(uid)
    play = hall.open_room(1)
    hall.enter(play, 2)
    rid = hall.start(play, 1, 2)
    hall.begin(rid, 1, 2)
    raw = bytes(range(256))
    for part in (raw[:100], raw[100:]):
        hall.chunk(rid, 1, base64.b64encode(part).decode())
    with LogReader(room.data) as reader:
        match = MatchStreams(find_match(reader, rid))
    body = replay_file(match, match.streams[1]).split(b"\n", 4)[4]
    assert zlib.decompress(body).split(b"\n", 3)[3] == raw


@pytest.mark.parametrize(
    ("config", "settings"),
    [
        (CONFIG, CONFIG),
        (base64.b64encode(CONFIG.encode()).decode(), CONFIG),
        ('{"a": {"b" : 1.50}}', '{"a":{"b" : 1.50}}'),
        ('{"a":\n[1]}', '{"a":[1]}'),
        ("", "{}"),
        ("[1]", "{}"),
        ("nonsense", "{}"),
        ("{", "{}"),
        ("äöü", "{}"),
        ("//79", "{}"),
        ('{"a":' + "[" * 5000, "{}"),
    ],
)
def test_settings_are_one_line_of_json_whatever_the_config_was(config, settings):
    assert json.loads(settings_of(config)) == json.loads(settings)
    assert b"\n" not in settings_of(config)


def test_of_several_players_one_must_be_named(duel):
    assert one_stream(duel, 1).player.uid == 1
    with pytest.raises(NoSuchPlayer, match="--uid 1 or 2"):
        one_stream(duel, None)


def test_without_a_beginning_there_is_no_replay_file(duel):
    duel.began = None
    with pytest.raises(ReplayRefused, match="did not begin"):
        replay_file(duel, duel.streams[1])


def test_a_file_is_replaced_whole(tmp_path):
    out = tmp_path / "a.rep"
    for content in (b"one", b"two"):
        write(out, content, log=tmp_path / "log.db")
        assert out.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["a.rep"]


def test_the_log_is_never_replaced_and_a_missing_folder_is_said_so(tmp_path):
    (tmp_path / "log.db").write_text("log")
    with pytest.raises(ReplayRefused, match="itself"):
        write(tmp_path / "log.db", b"", log=tmp_path / "log.db")
    with pytest.raises(ReplayRefused, match="cannot be written"):
        write(tmp_path / "no" / "a.rep", b"", log=tmp_path / "log.db")
    assert (tmp_path / "log.db").read_text() == "log"
