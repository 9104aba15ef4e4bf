import sqlite3
from contextlib import closing

import pytest
from halls import rid_of

from parlour.events.reader import LogReader
from parlour.events.rules.techmino import record
from parlour.replay.export import export
from parlour.replay.export_schema import SHAPES

DUEL, CROWD, RUNNING = (f"techmino.match:{rid_of(number)}" for number in (2, 3, 7))


@pytest.fixture(scope="module")
def exported(danced, tmp_path_factory):
    out = tmp_path_factory.mktemp("export") / "out.db"
    with LogReader(danced) as reader:
        export(reader, out)
    return out


@pytest.fixture
def ask(exported):
    with closing(sqlite3.connect(exported)) as db:
        yield lambda sql, *values: db.execute(sql, values).fetchall()


def test_every_reference_leads_somewhere(ask):
    assert ask("PRAGMA foreign_key_check") == []
    references = {
        (table, row[3]): row[2]
        for table in SHAPES
        for row in ask(f"PRAGMA foreign_key_list({table})")
    }
    assert references["chunks", "game"] == "games"
    assert references["matches", "room"] == references["messages", "room"] == "rooms"
    assert references["attacks", "position"] == "chunks"


def test_rooms_of_chat_and_play_are_told_apart(ask):
    assert ask("SELECT kind, count(*), sum(messages), sum(matches) FROM rooms GROUP BY kind") == [
        ("chat", 2, 4, 0),
        ("play", 3, 1, 4),
    ]
    assert ask("SELECT type, private, creator, closed IS NULL FROM rooms WHERE private") == [
        ("solo", 1, 4, 1)
    ]


def test_messages_are_found_by_a_word(ask):
    found = ask(
        "SELECT room, uid FROM messages JOIN messages_fts ON messages.rowid = messages_fts.rowid "
        "WHERE messages_fts MATCH 'evening' ORDER BY seq"
    )
    assert found == [("techmino:global", uid) for uid in (1, 2, 3)]


def test_matches_are_games_with_seats_and_results(ask):
    assert ask("SELECT kind, state FROM games WHERE id=?", CROWD) == [
        ("techmino.match", "finished")
    ]
    assert ask("SELECT uid FROM seats WHERE game=? ORDER BY seat", CROWD) == [(1,), (2,), (3,)]
    players = "SELECT uid, standing, place, score, survival_time FROM match_players WHERE game=?"
    assert ask(f"{players} ORDER BY place", CROWD) == [
        (1, "living", 1, 99, 13.5),
        (2, "lost", 2, 0, 12),
        (3, "missing", 3, 0, 0),
    ]
    assert ask("SELECT count(*) FROM match_results WHERE game=? AND place=1", DUEL) == [(1,)]


def test_a_running_match_has_no_places(ask):
    assert ask("SELECT state, ended FROM games WHERE id=?", RUNNING) == [("running", None)]
    assert ask("SELECT place, score FROM match_players WHERE game=?", RUNNING) == [(None, None)] * 2


def test_deaths_are_told_with_their_cause(ask):
    deaths = ask("SELECT uid, why FROM deaths WHERE game=? ORDER BY position", CROWD)
    assert deaths == [(3, "missing"), (2, "lost")]
    assert ask("SELECT why, score, survival_time FROM deaths WHERE game=?", DUEL) == [
        ("died", 1_234, 17.25)
    ]


def test_chunks_and_attacks_are_decoded(ask):
    chunks = ask("SELECT stream, bytes, frame, keys FROM chunks WHERE game=? AND uid=1", DUEL)
    assert len(chunks) == 14
    assert all(len(record.unpack(stream)) == count for stream, count, *_ in chunks)
    assert [keys for *_, keys in chunks] == [2] + [0] * 13
    assert [frame for _, _, frame, _ in chunks] == sorted(frame for _, _, frame, _ in chunks)
    attacks = ask(
        "SELECT way, uid, sid, amount, time, line FROM attacks WHERE game=? ORDER BY way DESC", DUEL
    )
    assert attacks == [("sent", 1, 1, 3, 60, 0x3F7), ("received", 2, 0, 3, 60, 0x3F7)]
    assert ask("SELECT chunks, bytes, frames FROM match_players WHERE game=? AND sid=0", DUEL) == [
        (14, 96, 1_002)
    ]


def test_a_chunk_that_does_not_decode_is_there_as_it_came(tamperer_of_night, tmp_path):
    position = tamperer_of_night.find("techmino.chunk-streamed")
    tamperer_of_night.change(position, stream="?")
    with LogReader(tamperer_of_night.folder) as reader:
        export(reader, tmp_path / "out.db")
    with closing(sqlite3.connect(tmp_path / "out.db")) as db:
        row = db.execute("SELECT stream, bytes, frame FROM chunks WHERE position=?", (position,))
        assert row.fetchall() == [("?", None, None)]


def test_hashes_of_room_passwords_stay_out(exported):
    assert b'"password"' not in exported.read_bytes()
