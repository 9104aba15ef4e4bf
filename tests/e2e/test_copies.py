"""`parlour backup`, `export` and `log`: copies of a log, and looks into it."""

from __future__ import annotations

import shutil
import sqlite3

import pytest
from command_line import refused
from engine_process import ZONES, parlour, running


def test_a_backup_of_a_running_engine_audits_clean_and_runs_again(scene, tmp_path):
    out = tmp_path / "backup"
    result = parlour("backup", "--data", scene.data, out)
    assert result.code == 0, result
    kept = {path.name for path in out.rglob("*")} if out.is_dir() else {out.name}
    assert "deck.key" not in kept
    assert parlour("audit", "--data", out, "--json").code == 0


def test_a_backup_with_keys_is_a_whole_folder(scene, tmp_path):
    out = tmp_path / "backup"
    assert parlour("backup", "--data", scene.data, out, "--with-keys").code == 0
    assert (out / "deck.key").read_bytes() == (scene.data / "deck.key").read_bytes()
    assert (out / "deck.key").stat().st_mode & 0o777 == 0o600
    folder = tmp_path / "restored"
    folder.mkdir()
    shutil.copytree(out, folder / "data")
    with running(folder, config=ZONES):
        pass
    audit = parlour("audit", "--data", folder / "data", "--json")
    assert audit.code == 0, audit


def test_a_backup_never_overwrites(scene, tmp_path):
    out = tmp_path / "there"
    out.mkdir()
    (out / "log.db").write_text("precious")
    refused(parlour("backup", "--data", scene.data, out))
    assert (out / "log.db").read_text() == "precious"


def test_export_is_a_queryable_database(scene, tmp_path):
    out = tmp_path / "out.db"
    result = parlour("export", "--data", scene.data, out)
    assert result.code == 0, result
    with sqlite3.connect(out) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        assert {"games", "seats", "plays", "settlements", "ledger"} <= tables
        (games,) = database.execute("SELECT count(*) FROM games").fetchone()
        assert games >= 3
        (plays,) = database.execute("SELECT count(*) FROM plays").fetchone()
        assert plays >= len(scene.told["finished"].plays)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_export_over_something_else_is_refused(scene, tmp_path):
    out = tmp_path / "precious.txt"
    out.write_text("precious")
    refused(parlour("export", "--data", scene.data, out))
    assert out.read_text() == "precious"


def test_log_stats_and_show(scene):
    stats = parlour("log", "stats", "--data", scene.data, "--json")
    assert stats.code == 0, stats
    assert stats.json()["events"] > 0
    shown = parlour("log", "show", "--data", scene.data)
    assert shown.code == 0, shown
    assert "landlord.hand-settled" in shown.out


def test_a_head_written_earlier_finds_a_cut_tail(scene, tmp_path):
    head = parlour("log", "head", "--data", scene.data)
    assert head.code == 0, head
    (tmp_path / "head").write_text(head.out)
    good = parlour("audit", "--data", scene.data, "--head", tmp_path / "head", "--json")
    assert good.code == 0, good
    copy = tmp_path / "copy"
    assert parlour("backup", "--data", scene.data, copy).code == 0
    log = sqlite3.connect(copy / "log.db")
    with log:
        ((first,),) = log.execute(
            "SELECT first_position FROM seals ORDER BY number DESC LIMIT 1"
        ).fetchall()
        log.execute("DELETE FROM seals WHERE first_position = ?", (first,))
        log.execute("DELETE FROM stored_events WHERE rowid >= ?", (first,))
    log.close()
    cut = parlour("audit", "--data", copy, "--head", tmp_path / "head", "--json")
    assert cut.code == 1, cut
    assert cut.json()["findings"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay", "games"],
        ["replay", "game", "landlord.hand:1:1"],
        ["log", "stats"],
        ["log", "show"],
        ["export", "OUT"],
        ["backup", "OUT"],
        ["account", "list"],
        ["kick", "--uid", "5"],
    ],
    ids=" ".join,
)
def test_a_folder_that_is_not_there_is_one_line_and_is_not_made(tmp_path, arguments):
    arguments = [str(tmp_path / "out") if a == "OUT" else a for a in arguments]
    data = tmp_path / "no-such-folder"
    refused(parlour(*arguments, "--data", data))
    assert not data.exists()
    assert not (tmp_path / "out").exists()


def test_readers_change_nothing_in_the_folder(scene, tmp_path):
    copy = tmp_path / "copy"
    assert parlour("backup", "--data", scene.data, copy, "--with-keys").code == 0

    def contents() -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in copy.iterdir() if p.is_file()}

    before = contents()
    game = scene.games()[0]["id"]
    parlour("replay", "games", "--data", copy)
    parlour("replay", "game", game, "--data", copy)
    parlour("audit", "--data", copy)
    parlour("log", "stats", "--data", copy)
    parlour("export", "--data", copy, tmp_path / "out.db")
    assert contents() == before
