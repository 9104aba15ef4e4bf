import sqlite3
from contextlib import closing

import pytest
from treasuries import CANCELLED, FIRST, MOVED, RUNNING

from parlour.events.reader import LogReader
from parlour.replay.export import export
from parlour.replay.export_schema import SHAPES
from parlour.replay.games import find_game


@pytest.fixture(scope="module")
def exported(hunted, tmp_path_factory):
    out = tmp_path_factory.mktemp("export") / "out.db"
    with LogReader(hunted) as reader:
        export(reader, out)
    return out


@pytest.fixture
def ask(exported):
    with closing(sqlite3.connect(exported)) as db:
        yield lambda sql, *values: db.execute(sql, values).fetchall()


def test_every_reference_leads_somewhere(ask):
    assert ask("PRAGMA foreign_key_check") == []
    tables = [table for table in SHAPES if table.startswith("treasure_")]
    assert len(tables) == 6
    for table in tables:
        assert "games" in {row[2] for row in ask(f"PRAGMA foreign_key_list({table})")}


def test_games_are_there_with_how_they_ended(ask):
    games = ask("SELECT id, kind, state, ended IS NULL FROM games ORDER BY started")
    assert games == [
        (FIRST, "treasure", "finished", 0),
        (MOVED, "treasure", "finished", 0),
        (CANCELLED, "treasure", "cancelled", 0),
        (RUNNING, "treasure", "running", 1),
    ]
    columns = "number, room, server, epoch, winner, seed IS NULL"
    assert ask(f"SELECT {columns} FROM treasure_games WHERE game=?", MOVED) == [
        (2, "treasure:1", "embedded", 4, "evil", 0)
    ]
    assert ask(f"SELECT {columns} FROM treasure_games WHERE game=?", RUNNING) == [
        (1, "treasure:3", "embedded", 1, None, 1)
    ]


def test_rooms_are_among_the_rooms(ask):
    rooms = (
        "SELECT name, private, creator, matches, closed IS NULL FROM rooms WHERE kind='treasure'"
    )
    assert ask(f"{rooms} ORDER BY name") == [
        ("treasure:1", 0, 1, 2, 1),
        ("treasure:2", 1, 5, 1, 0),
        ("treasure:3", 0, 5, 0, 1),
    ]


def test_players_are_as_they_were_settled(ask, hunted):
    with LogReader(hunted) as reader:
        settled = find_game(reader, FIRST)[-1].event
    rows = ask(
        "SELECT uid, role, treasures, gold, score, win FROM treasure_players WHERE game=? "
        "ORDER BY seat",
        FIRST,
    )
    assert rows == [
        (line.player_id, line.role, line.treasures, line.gold, line.score, int(line.win))
        for line in settled.players
    ]
    assert ask("SELECT count(*) FROM seats WHERE game=?", FIRST) == [(5,)]
    assert ask("SELECT count(*), max(role) FROM treasure_players WHERE game=?", RUNNING) == [
        (4, None)
    ]


def test_winning_bids_are_what_lots_were_sold_for(ask):
    sold = "SELECT game, lot, buyer, price FROM treasure_lots WHERE game=? AND buyer IS NOT NULL"
    won = "SELECT game, lot, uid, price FROM treasure_bids WHERE game=? AND won"
    assert sorted(ask(sold, FIRST)) == sorted(ask(won, FIRST)) != []


def test_choices_are_there_once_a_game_is_settled(ask):
    counts = dict(ask("SELECT game, count(*) FROM treasure_choices GROUP BY game"))
    made = ask(
        "SELECT originator, count(*) FROM events WHERE name='treasure.choice-made' "
        "GROUP BY originator"
    )
    assert counts == {game: count for game, count in made if game in (FIRST, MOVED)}
    kinds = {kind for (kind,) in ask("SELECT DISTINCT kind FROM treasure_choices")}
    assert {"move", "attack", "heal", "mine", "bid", "explore", "pass"} == kinds
    hits = "SELECT count(*) FROM treasure_choices WHERE (target IS NULL) = (kind IN (?, ?))"
    assert ask(hits, "attack", "heal") == [(0,)]


def test_stages_are_there_from_day_to_day(ask):
    stages = ask("SELECT day, stage, name FROM treasure_stages WHERE game=? LIMIT 5", FIRST)
    assert stages == [
        (1, 1, "move"),
        (1, 2, "action"),
        (1, 3, "auction"),
        (1, 4, "explore"),
        (2, 1, "move"),
    ]
    running = "SELECT day, stage FROM treasure_stages WHERE game=? AND ended IS NULL"
    assert ask(running, RUNNING) == [(2, 3)]


def test_the_view_of_results_has_every_player(ask):
    assert ask("SELECT count(*), sum(win) FROM treasure_results WHERE game=?", FIRST) == [(5, 4)]


def test_hashes_of_tickets_and_passwords_stay_out(exported):
    assert b'"ticket"' not in exported.read_bytes()
    assert b'"password"' not in exported.read_bytes()
