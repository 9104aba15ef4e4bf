"""`parlour audit`: clean logs are clean, and each kind of tampering is named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import Scene, refused
from engine_process import Result, parlour
from kept import check_audit

# --- clean --------------------------------------------------------------------------------------


def test_audit_of_a_running_engine_is_clean_and_has_the_promised_shape(scene):
    result = parlour("audit", "--data", scene.data, "--json")
    assert result.code == 0, result
    document = result.json()
    assert document.keys() >= {"ok", "events", "games", "seals", "findings"}
    assert (document["ok"], document["findings"]) == (True, [])
    assert document["games"] >= 3
    assert document["events"] > document["games"]
    assert document["seals"] > 0


def test_audit_of_one_game(scene):
    game = scene.games()[0]
    result = parlour("audit", "--data", scene.data, "--game", game["id"], "--json")
    assert result.code == 0, result
    assert result.json()["games"] == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.mkdir(),
        lambda path: path.write_text("x"),
        lambda path: (path.mkdir(), (path / "log.db").write_text("no database" * 200)),
        lambda path: (path.mkdir(), sqlite3.connect(path / "log.db").close()),
    ],
    ids=["nothing", "empty folder", "a file", "no database", "empty database"],
)
def test_audit_that_cannot_run_exits_2_with_one_line(tmp_path, make: Callable[[Path], object]):
    make(tmp_path / "data")
    for more in ([], ["--json"]):
        result = parlour("audit", "--data", tmp_path / "data", *more)
        assert result.code == 2, result
        refused(result)


def test_audit_of_a_game_that_is_not_there_exits_2(scene):
    result = parlour("audit", "--data", scene.data, "--game", "landlord.hand:999:9")
    assert result.code == 2, result
    refused(result)


# --- tampering ----------------------------------------------------------------------------------

Statement = tuple[str, tuple[Any, ...]]


@pytest.fixture(scope="module")
def played(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a log with finished hands; it is clean."""
    copy = tmp_path_factory.mktemp("played") / "data"
    made = parlour("backup", "--data", scene.data, copy, "--with-keys")
    assert made.code == 0, made
    check_audit(copy)
    return copy


def tampered(data: Path, tmp_path: Path, *statements: Statement) -> Result:
    """Copy a folder, change its log behind its back, and audit the copy."""
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    log = sqlite3.connect(copy / "log.db")
    with log:
        for statement, values in statements:
            assert log.execute(statement, values).rowcount >= 1
    log.close()
    return parlour("audit", "--data", copy, "--json")


def position_of(data: Path, topic: str, *, nth: int = 0) -> int:
    log = sqlite3.connect(f"file:{data / 'log.db'}?mode=ro", uri=True)
    rows = log.execute(
        "SELECT rowid FROM stored_events WHERE topic LIKE ? ORDER BY rowid", (f"{topic}%",)
    ).fetchall()
    log.close()
    return int(rows[nth][0])


def check_named(audit, position: int) -> None:
    assert audit.code == 1, audit
    document = audit.json()
    assert document["ok"] is False
    assert document["findings"]
    for finding in document["findings"]:
        assert finding.keys() >= {
            "code",
            "position",
            "originator_id",
            "originator_version",
            "detail",
            "expected",
            "found",
        }
    assert position in {finding["position"] for finding in document["findings"]}, document


@pytest.mark.parametrize(
    ("topic", "nth"),
    [
        ("landlord.cards-played", 2),
        ("landlord.hand-settled", 0),
        ("account.posted", -1),
        ("", 0),
    ],
    ids=["a play", "a settlement", "a payment", "the first event"],
)
def test_the_smallest_change_of_an_event_is_named(played, tmp_path, topic, nth):
    at = position_of(played, topic, nth=nth)
    # One more space in the JSON.
    change = "UPDATE stored_events SET state = CAST(state AS TEXT) || ' ' WHERE rowid = ?"
    check_named(tampered(played, tmp_path, (change, (at,))), at)


def test_a_missing_event_is_named(played, tmp_path):
    play = position_of(played, "landlord.cards-played", nth=2)
    delete = "DELETE FROM stored_events WHERE rowid = ?"
    check_named(tampered(played, tmp_path, (delete, (play,))), play)


def test_a_cut_tail_that_was_sealed_is_named(played, tmp_path):
    first = position_of(played, "", nth=-3)
    delete = "DELETE FROM stored_events WHERE rowid >= ?"
    check_named(tampered(played, tmp_path, (delete, (first,))), first)


def test_an_added_event_is_named(played, tmp_path):
    play = position_of(played, "landlord.cards-played", nth=2)
    after = position_of(played, "", nth=-1) + 1
    add = (
        "INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state) "
        "SELECT ?, originator_id, 9999, topic, state FROM stored_events WHERE rowid = ?"
    )
    check_named(tampered(played, tmp_path, (add, (after, play))), after)


def test_two_events_that_changed_places_are_named(played, tmp_path):
    play = position_of(played, "landlord.cards-played", nth=2)
    move = "UPDATE stored_events SET rowid = ? WHERE rowid = ?"
    swap = ((move, (-1, play)), (move, (play, play + 1)), (move, (play + 1, -1)))
    audit = tampered(played, tmp_path, *swap)
    assert audit.code == 1, audit
    assert {f["position"] for f in audit.json()["findings"]} & {play, play + 1}


def test_a_changed_payment_is_named_even_under_its_own_game(played, tmp_path):
    settled = position_of(played, "landlord.hand-settled")
    change = (
        "UPDATE stored_events SET state = replace(CAST(state AS TEXT), '\"rake\":0', '\"rake\":1')"
        " WHERE rowid = ?"
    )
    check_named(tampered(played, tmp_path, (change, (settled,))), settled)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE seals SET digest = zeroblob(32) WHERE number = 3",
        "DELETE FROM seals WHERE number = 3",
        "UPDATE seals SET last_position = last_position + 1 WHERE number = 3",
    ],
    ids=["digest", "gone", "range"],
)
def test_a_tampered_seal_is_found(played, tmp_path, change):
    audit = tampered(played, tmp_path, (change, ()))
    assert audit.code == 1, audit
    assert audit.json()["findings"]
