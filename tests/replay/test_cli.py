"""The commands as `parlour` runs them: what is printed, and with which exit code."""

import json
import os
import shutil
import subprocess
import sys
from itertools import count

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from parlour.events.reader import LogReader

CLEAN, FINDINGS, COULD_NOT_RUN = 0, 1, 2


# --- replay -----------------------------------------------------------------------------------


def test_games_are_listed_for_programs(played, document_of):
    games = document_of("replay", "games", "--data", played)["games"]
    assert len(games) == 9
    assert document_of("replay", "games", "--data", played, "--kind", "landlord")["games"] == games


def test_games_are_listed_for_people(played, parlour):
    code, out, _ = parlour("replay", "games", "--data", played)
    assert code == CLEAN
    assert "landlord.hand:2:5  running" in out
    assert not [line for line in out.splitlines() if line != line.rstrip()]


def test_a_game_is_replayed_from_a_log_file_as_from_its_folder(played, document_of):
    folder = document_of("replay", "game", "1:2", "--data", played)
    file = document_of("replay", "game", "landlord.hand:1:2", "--data", played / "log.db")
    assert folder == file
    assert folder["result"]["cmd"] == "game_end"


def test_a_running_game_shows_its_cards_only_where_the_key_is(played, document_of, tmp_path):
    shutil.copy(played / "log.db", tmp_path)
    with_key = document_of("replay", "game", "2:5", "--data", played)["events"][1]
    without = document_of("replay", "game", "2:5", "--data", tmp_path)["events"][1]
    assert with_key["hands"]
    assert without["hands"] is None


def test_a_seat_and_a_version_can_be_asked_for(played, document_of):
    document = document_of("replay", "game", "1:2", "--data", played, "--seat", 1, "--at", 5)
    assert len(document["events"]) == 5
    assert len(document["events"][1]["hand"]) == 17
    assert document["result"] is None


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("replay", "game", "9:9"), "parlour replay games"),
        (("replay", "game", "nonsense"), "landlord.hand:5:12"),
        (("replay", "game", "1:2", "--seat", "3"), "--seat"),
        (("replay", "game", "1:2", "--at", "0"), "--at"),
        (("audit", "--game", "9:9"), "parlour replay games"),
        (("audit", "--head", "/nowhere/head.json"), "cannot be read as a head"),
        (("audit", "--public-key", "/nowhere/key.pem"), "cannot be read as a public key"),
    ],
)
def test_a_mistake_is_one_line_with_what_to_do(played, parlour, arguments, hint):
    code, out, err = parlour(*arguments, "--data", played)
    assert (code, out) == (COULD_NOT_RUN, "")
    assert err.count("\n") == 1
    assert hint in err


@pytest.mark.parametrize(
    "command",
    [
        ("replay", "games"),
        ("replay", "game", "1:1"),
        ("audit",),
        ("export", "out.db"),
        ("backup", "out"),
        ("log", "stats"),
        ("log", "show"),
        ("log", "head"),
    ],
)
def test_where_no_log_is_every_command_says_so(parlour, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = parlour(*command)
    assert code == COULD_NOT_RUN
    assert "no log at data/log.db" in err or "no log at data" in err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_log_is_said_to_be_none(parlour, tmp_path):
    (tmp_path / "log.db").write_text("dear diary")
    code, _, err = parlour("audit", "--data", tmp_path)
    assert code == COULD_NOT_RUN
    assert "not a Parlour log" in err


# --- audit ------------------------------------------------------------------------------------


def test_a_clean_log_leaves_with_0(played, parlour):
    code, out, _ = parlour("audit", "--data", played)
    assert code == CLEAN
    assert out.splitlines()[-1].startswith("clean")


def test_findings_leave_with_1_and_are_drawn(tamperer, parlour):
    position = tamperer.find("landlord.hand-settled", of="landlord.hand:1:2")
    tamperer.change(position, rake=1_000)
    code, out, _ = parlour("audit", "--data", tamperer.folder)
    assert code == FINDINGS
    for told in ("event_altered", "settlement_wrong", "landlord.hand:1:2", "rake", "1000"):
        assert told in out
    assert out.splitlines()[-1].startswith("NOT clean")


def test_findings_are_a_document(tamperer, document_of):
    position = tamperer.find("landlord.hand-settled", of="landlord.hand:1:2")
    tamperer.change(position, rake=1_000)
    document = document_of("audit", "--data", tamperer.folder, code=FINDINGS)
    assert document["ok"] is False
    wrong = next(f for f in document["findings"] if f["code"] == "settlement_wrong")
    assert (wrong["position"], wrong["field"], wrong["found"]) == (position, "rake", 1_000)


def test_without_head_or_signature_the_report_says_what_is_not_proved(played, parlour, tmp_path):
    _, out, _ = parlour("audit", "--data", played)
    assert "not proved" in out.splitlines()[-3]
    _, head, _ = parlour("log", "head", "--data", played)
    (tmp_path / "head.json").write_text(head)
    code, out, _ = parlour("audit", "--data", played, "--head", tmp_path / "head.json")
    assert code == CLEAN
    assert "not proved" not in out


def test_a_damaged_file_is_audited_and_not_given_up(tamperer, parlour):
    (size,) = tamperer.sql("PRAGMA page_size")[0]
    tamperer.close()
    content = bytearray((tamperer.folder / "log.db").read_bytes())
    content[20 * size : 24 * size] = b"\xa5" * size * 4
    (tamperer.folder / "log.db").write_bytes(content)
    code, out, _ = parlour("audit", "--data", tamperer.folder)
    assert code == FINDINGS
    assert "file_damaged" in out


def test_text_that_is_none_stops_nobody_from_looking(tamperer, parlour):
    position = tamperer.find("landlord.passed")
    tamperer.sql("UPDATE stored_events SET topic=CAST(x'ff41' AS TEXT) WHERE rowid=?", position)
    tamperer.close()
    code, out, err = parlour("audit", "--data", tamperer.folder)
    assert (code, err) == (FINDINGS, "")
    assert "event_malformed" in out
    for command in (("log", "show"), ("log", "show", "--json"), ("log", "stats"), ("log", "head")):
        assert parlour(*command, "--data", tamperer.folder)[0] == CLEAN
    code, out, err = parlour("export", "--data", tamperer.folder, tamperer.folder / "out.db")
    assert (code, err.count("\n")) == (COULD_NOT_RUN, 1)
    assert f"position {position}" in err


def test_a_log_that_is_written_while_it_is_audited_is_audited_again(
    played, parlour, tmp_path, monkeypatch
):
    shutil.copytree(played, tmp_path / "data", ignore=shutil.ignore_patterns("lock"))
    file, readers = tmp_path / "data" / "log.db", []

    def opened(path):
        readers.append(LogReader(path))
        if len(readers) < 3:
            # As an engine does that starts and stops right after the reader has looked.
            os.utime(file, ns=(1, len(readers)))
        return readers[-1]

    monkeypatch.setattr("parlour.replay.audit_runs.LogReader", opened)
    code, out, err = parlour("audit", "--data", tmp_path / "data")
    assert (code, err, len(readers)) == (CLEAN, "", 3)
    assert "file_damaged" not in out


def test_a_log_that_never_holds_still_is_not_called_damaged(played, parlour, tmp_path, monkeypatch):
    shutil.copytree(played, tmp_path / "data", ignore=shutil.ignore_patterns("lock"))
    file, times = tmp_path / "data" / "log.db", count()

    def opened(path):
        reader = LogReader(path)
        os.utime(file, ns=(1, next(times)))
        return reader

    monkeypatch.setattr("parlour.replay.audit_runs.LogReader", opened)
    code, out, err = parlour("audit", "--data", tmp_path / "data")
    assert (code, out, err.count("\n")) == (COULD_NOT_RUN, "", 1)
    assert "was written while it was read: run this again" in err


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (None, "there is no deck.key beside the log"),
        (b"short", "the deck.key beside the log is none"),
        (b"x" * 32, "the deck.key beside the log is not the one"),
    ],
)
def test_hidden_hands_are_told_with_what_is_wrong_with_the_key(tamperer, document_of, key, said):
    (tamperer.folder / "deck.key").unlink()
    if key is not None:
        (tamperer.folder / "deck.key").write_bytes(key)
    document = document_of("audit", "--data", tamperer.folder)
    assert any(said in line for line in document["not_checked"])


@pytest.mark.parametrize(
    "form",
    [(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), (Encoding.Raw, PublicFormat.Raw)],
    ids=["pem", "raw"],
)
def test_signatures_are_checked_with_a_key_file(signed, signing, parlour, tmp_path, form):
    (tmp_path / "key").write_bytes(signing[0].public_key().public_bytes(*form))
    code, out, _ = parlour("audit", "--data", signed, "--public-key", tmp_path / "key")
    assert code == CLEAN
    assert "signed" in out


@pytest.mark.parametrize(
    "content",
    [b"", b"not a key", b"[1]", b'{"log": 1}', b'{"x":' + b"[" * 5000],
)
def test_files_that_are_neither_head_nor_key_are_refused(played, parlour, tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    for option in ("--head", "--public-key"):
        code, _, err = parlour("audit", "--data", played, option, tmp_path / "file")
        assert code == COULD_NOT_RUN
        assert err.count("\n") == 1
        for foreign in ("Errno", "JSON", "Expected", "cryptography", "valid"):
            assert foreign not in err


@pytest.mark.parametrize("field", ["seal", "position", "digest", "log"])
def test_a_head_with_odd_values_is_no_head_of_this_log(played, parlour, tmp_path, field):
    _, head, _ = parlour("log", "head", "--data", played)
    (tmp_path / "head").write_text(json.dumps({**json.loads(head), field: None}))
    code, _, _ = parlour("audit", "--data", played, "--head", tmp_path / "head")
    assert code == FINDINGS


# --- the rest ---------------------------------------------------------------------------------


def test_an_export_tells_what_it_wrote(played, document_of, parlour, tmp_path):
    document = document_of("export", "--data", played, tmp_path / "a.db")
    assert document["rows"]["games"] == 9
    code, out, _ = parlour("export", "--data", played, tmp_path / "b.db")
    assert code == CLEAN
    assert "9  games" in out
    code, _, err = parlour("export", "--data", played, tmp_path / "b.db")
    assert code == COULD_NOT_RUN
    assert "--replace" in err


def test_a_backup_tells_its_head(played, document_of, parlour, tmp_path):
    document = document_of("backup", "--data", played, tmp_path / "a")
    assert document["head"] == document_of("log", "head", "--data", played)
    code, out, _ = parlour("backup", "--data", played, tmp_path / "b", "--with-keys")
    assert code == CLEAN
    assert document["head"]["digest"] in out
    assert "with deck.key" in out


def test_a_head_is_json_with_and_without_asking(played, parlour):
    plain = parlour("log", "head", "--data", played)
    assert plain == parlour("log", "head", "--data", played, "--json")
    assert json.loads(plain[1]).keys() == {"log", "position", "seal", "digest"}


def test_stats_are_drawn_and_documented(played, document_of, parlour):
    assert document_of("log", "stats", "--data", played)["games"] == 9
    code, out, _ = parlour("log", "stats", "--data", played)
    assert code == CLEAN
    assert "landlord.cards-played" in out


def test_events_are_shown_in_part(played, document_of, parlour):
    document = document_of("log", "show", "--data", played, "--from", 5, "--limit", 3)
    assert [event["position"] for event in document["events"]] == [5, 6, 7]
    code, out, _ = parlour("log", "show", "--data", played, "--name", "landlord.hand-settled")
    assert code == CLEAN
    assert len(out.splitlines()) == 6


@pytest.mark.parametrize("option", [("--name", "landlord.nothing"), ("--aggregate", "account:99")])
def test_nothing_to_show_is_said(played, parlour, option):
    code, out, err = parlour("log", "show", "--data", played, *option)
    assert (code, out) == (CLEAN, "")
    assert err.startswith("no such event")
    code, out, err = parlour("log", "show", "--data", played, "--json", *option)
    assert (code, json.loads(out), err.count("\n")) == (CLEAN, {"events": []}, 1)


def test_a_full_disk_behind_the_output_is_one_line(played):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "parlour.network.cli", "log", "head", "--data", played],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == COULD_NOT_RUN
    assert done.stderr == (
        "parlour: the output cannot be written (No space left on device): send it elsewhere\n"
    )


def test_nothing_is_written_beside_a_log_that_is_read(played, parlour, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(played, data)
    before = sorted((file.name, file.stat().st_mtime_ns) for file in data.iterdir())
    for command in (("audit",), ("replay", "games"), ("log", "stats"), ("log", "head")):
        parlour(*command, "--data", data)
    assert sorted((file.name, file.stat().st_mtime_ns) for file in data.iterdir()) == before


def test_no_progress_is_drawn_when_nobody_watches(played, parlour):
    assert not sys.stderr.isatty()
    assert parlour("audit", "--data", played)[2] == ""
