import json
import sqlite3
from contextlib import closing

import pytest
from tables import KEY

from parlour.events.errors import CorruptLog
from parlour.events.reader import LogReader
from parlour.events.rules.landlord import deck
from parlour.replay.export import ExportRefused, export
from parlour.replay.export_schema import SHAPES, VIEWS


@pytest.fixture(scope="module")
def exported(played, tmp_path_factory):
    out = tmp_path_factory.mktemp("export") / "out.db"
    with LogReader(played) as reader:
        export(reader, out)
    return out


@pytest.fixture
def ask(exported):
    with closing(sqlite3.connect(exported)) as db:
        yield lambda sql, *values: db.execute(sql, values).fetchall()


def test_every_table_and_view_is_there(ask):
    names = {name for (name,) in ask("SELECT name FROM sqlite_master")}
    assert {*SHAPES, *VIEWS} <= names


def test_every_reference_leads_somewhere(ask):
    assert ask("PRAGMA foreign_key_check") == []
    references = {
        (table, row[3]): row[2]
        for table in SHAPES
        for row in ask(f"PRAGMA foreign_key_list({table})")
    }
    assert references["plays", "game"] == "games"
    assert references["ledger", "uid"] == "accounts"


def test_every_event_is_a_row(ask, played):
    with LogReader(played) as reader:
        assert ask("SELECT count(*), max(position) FROM events") == [
            (reader.count(), reader.last_position())
        ]


def test_accounts_stand_as_they_stood_at_the_end(ask):
    assert ask("SELECT name, email, total_board FROM accounts WHERE uid=7") == [
        ("Player 7", "p7@example.org", 0)
    ]
    assert ask("SELECT name FROM accounts WHERE uid=0") == [("(house)",)]
    for uid, money in ask("SELECT uid, money FROM accounts"):
        assert ask("SELECT coalesce(sum(amount), 0) FROM ledger WHERE uid=?", uid) == [(money,)]


def test_games_have_seats_deals_calls_plays_and_settlements(ask):
    game = "landlord.hand:2:1"
    assert ask("SELECT state, deals, rob FROM games WHERE id=?", game) == [("finished", 2, 1)]
    assert ask("SELECT uid FROM seats WHERE game=? ORDER BY seat", game) == [(4,), (5,), (6,)]
    assert ask("SELECT count(*) FROM calls WHERE game=? AND deal=0 AND answer=0", game) == [(3,)]
    changes = ask("SELECT sum(change) FROM settlements WHERE game=?", game)[0][0]
    rake = ask("SELECT rake FROM games WHERE id=?", game)[0][0]
    assert changes + rake == 0
    left = ask('SELECT "left" FROM plays WHERE game=? ORDER BY number DESC LIMIT 1', game)
    assert left == [(0,)]


def test_plays_by_the_engine_are_told_apart(ask):
    by_engine = ask("SELECT sum(by_engine) FROM plays WHERE game='landlord.hand:1:4'")[0][0]
    timed_out = ask(
        "SELECT count(*) FROM events WHERE name='landlord.turn-timed-out' "
        "AND originator='landlord.hand:1:4'"
    )[0][0]
    assert by_engine >= timed_out > 0


def test_a_finished_deal_shows_its_hands(ask):
    (row,) = ask(
        "SELECT hand_0, hand_1, hand_2, bottom, secret FROM deals WHERE game='landlord.hand:1:1'"
    )
    *hands, secret = row
    assert sorted(card for hand in hands for card in json.loads(hand)) == sorted(deck.DECK)
    assert len(bytes.fromhex(secret)) == 32


def test_a_running_deal_shows_neither_hands_nor_secret(ask, exported):
    running = "landlord.hand:2:5"
    assert ask("SELECT hand_0, hand_1, hand_2, secret FROM deals WHERE game=?", running) == [
        (None, None, None, None)
    ]
    (opened,) = ask(
        "SELECT json FROM events WHERE originator=? AND name='landlord.hand-opened'", running
    )
    content = exported.read_bytes()
    for secret in deck.secrets(KEY, 2, 5, json.loads(opened[0])["salt"]):
        assert secret.hex().encode() not in content
        assert secret not in content


def test_hashes_of_passwords_and_tokens_stay_out(exported):
    content = exported.read_bytes()
    assert b"argon2" not in content
    assert b'"digest"' not in content


def test_accounts_are_found_by_a_word_of_their_name(ask):
    assert len(ask("SELECT rowid FROM accounts_fts WHERE accounts_fts MATCH 'player'")) == 7


def test_views_answer_what_operators_ask(ask):
    won = ask("SELECT sum(won) FROM player_totals")[0][0]
    rake = ask("SELECT house FROM money_by_reason WHERE reason='rake'")[0][0]
    assert won + rake == 0
    assert ask("SELECT count(*) FROM game_players") == [(27,)]


def test_a_file_that_is_there_is_not_overwritten(played, exported):
    before = exported.read_bytes()
    with LogReader(played) as reader, pytest.raises(ExportRefused, match="--replace"):
        export(reader, exported)
    assert exported.read_bytes() == before


def test_a_file_that_is_there_can_be_replaced(played, tmp_path):
    out = tmp_path / "out.db"
    out.write_text("old")
    with LogReader(played) as reader:
        counts = export(reader, out, replace=True)
    assert counts["games"] == 9
    assert [file.name for file in tmp_path.iterdir()] == ["out.db"]


def test_the_log_itself_is_never_replaced(tamperer):
    with LogReader(tamperer.folder) as reader, pytest.raises(ExportRefused, match="itself"):
        export(reader, tamperer.folder / "log.db", replace=True)


def test_a_folder_that_is_not_there_is_said_so(played, tmp_path):
    with LogReader(played) as reader, pytest.raises(ExportRefused, match="cannot be written"):
        export(reader, tmp_path / "no" / "out.db")


def test_a_log_that_does_not_decode_leaves_nothing_behind(tamperer, tmp_path):
    position = tamperer.find("landlord.passed")
    tamperer.sql("UPDATE stored_events SET state=x'00' WHERE rowid=?", position)
    with LogReader(tamperer.folder) as reader, pytest.raises(CorruptLog):
        export(reader, tmp_path / "out.db")
    assert not [file for file in tmp_path.iterdir() if file.is_file()]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", b'{"at":1,"seat":18446744073709551615,"forced":false}'),
        ("originator_version", "\udcff"),
    ],
)
def test_a_log_with_what_no_table_holds_is_said_so(tamperer, tmp_path, column, value):
    position = tamperer.find("landlord.passed")
    cast = "?" if column == "state" else "CAST(? AS TEXT)"
    stored = value if column == "state" else value.encode("utf-8", "surrogateescape")
    tamperer.sql(f"UPDATE stored_events SET {column}={cast} WHERE rowid=?", stored, position)
    with LogReader(tamperer.folder) as reader, pytest.raises(CorruptLog, match="no table"):
        export(reader, tmp_path / "out.db")
    assert not [file for file in tmp_path.iterdir() if file.is_file()]


def test_progress_is_told(played, tmp_path):
    told = []
    with LogReader(played) as reader:
        export(reader, tmp_path / "out.db", progress=told.append)
        assert sum(told) == reader.count()
