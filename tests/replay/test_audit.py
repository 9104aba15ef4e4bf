import json
import shutil

import pytest
from auditing import audited
from evenings import evening
from tables import Room

from parlour.events.reader import LogReader
from parlour.replay.audit import audit
from parlour.replay.findings import CODES
from parlour.replay.games import NoSuchGame


def test_an_evening_is_clean(played):
    report = audited(played)
    assert report.findings == []
    assert (report.games, report.settlements, report.hands_unseen) == (9, 6, 0)
    assert report.snapshots == 1


@pytest.mark.parametrize("seed", range(20, 26))
def test_whatever_chance_plays_is_clean(tmp_path, seed):
    with Room(tmp_path / "data", seed=seed, units_a_commit=1 + seed % 4) as room:
        evening(room)
    report = audited(tmp_path / "data")
    assert report.ok, report.findings


def test_a_copied_log_file_alone_is_enough(played, tmp_path):
    shutil.copy(played / "log.db", tmp_path / "somebody-elses.db")
    assert audited(tmp_path / "somebody-elses.db").ok
    assert [file.name for file in tmp_path.iterdir()] == ["somebody-elses.db"]


def test_a_log_is_audited_beside_its_writer(room):
    room.register(1)
    room.flush()
    with LogReader(room.data) as reader:
        room.register(2)
        room.flush()
        before = audit(reader)
    assert before.ok
    assert audited(room.data).events == before.events + 3


def test_a_running_hand_is_judged_by_its_key_when_that_is_there(played, tmp_path):
    shutil.copytree(played, tmp_path / "data")
    assert audited(tmp_path / "data").hands_unseen == 0
    (tmp_path / "data" / "deck.key").unlink()
    report = audited(tmp_path / "data")
    assert report.ok
    assert report.hands_unseen == 2  # the running hand, and the one that lost its key


def test_a_key_that_is_not_this_logs_is_not_believed(played, tmp_path):
    shutil.copytree(played, tmp_path / "data")
    (tmp_path / "data" / "deck.key").write_bytes(b"x" * 32)
    report = audited(tmp_path / "data")
    assert report.ok
    assert report.hands_unseen == 2


def test_an_empty_log_was_never_opened(played, copy_of):
    log = copy_of(played)
    for table in ("stored_events", "seals", "claims", "snapshots"):
        log.sql(f"DELETE FROM {table}")
    assert [finding.code for finding in audited(log.folder).findings] == ["log_unopened"]


def test_the_document_has_the_shape_that_programs_rely_on(tamperer):
    tamperer.change(tamperer.find("landlord.passed"), seat=7)
    document = audited(tamperer.folder).document()
    assert json.loads(json.dumps(document)) == document
    assert document["ok"] is False
    assert {"events", "games", "seals", "findings", "head"} <= document.keys()
    for finding in document["findings"]:
        assert finding["code"] in CODES
        assert finding.keys() >= {
            "code",
            "position",
            "originator_id",
            "originator_version",
            "detail",
            "expected",
            "found",
        }


# --- one game ---------------------------------------------------------------------------------


def test_one_game_is_judged_and_the_others_are_said_to_be_unjudged(played):
    report = audited(played, game="landlord.hand:1:2")
    assert report.ok
    assert (report.games, report.settlements, report.games_skipped) == (1, 1, 8)
    assert any("8 other games" in line for line in report.not_checked())


def test_a_fault_of_another_game_is_not_told_when_one_is_asked_for(tamperer):
    position = tamperer.find("landlord.called", of="landlord.hand:1:1")
    tamperer.change(position, seat=2)
    tamperer.reseal()
    assert audited(tamperer.folder, game="landlord.hand:1:2").ok
    assert not audited(tamperer.folder, game="landlord.hand:1:1").ok


def test_a_game_that_is_not_there_is_no_clean_game(played):
    with pytest.raises(NoSuchGame, match="is not in this log"):
        audited(played, game="landlord.hand:9:9")


# --- against something outside ----------------------------------------------------------------


def head_of(folder):
    with LogReader(folder) as reader:
        return reader.head()


def recompute_from(log, position):
    log.change(position, motto="nothing a rule could mind")
    log.reseal()


def test_a_chain_made_anew_shows_only_against_an_earlier_head(played, tamperer):
    tamperer.append(("account:3", "account.profile-changed@1", {"at": 1, "motto": "later"}))
    tamperer.reseal()
    head = head_of(tamperer.folder)
    recompute_from(tamperer, tamperer.last())
    alone = audited(tamperer.folder)
    assert alone.ok
    assert any("made the whole chain anew" in line for line in alone.not_proved())
    against = audited(tamperer.folder, head=head)
    assert [finding.code for finding in against.findings] == ["head_mismatch"]
    assert list(against.not_proved()) == []


def test_a_cut_tail_shows_only_against_an_earlier_head(tamperer):
    head = head_of(tamperer.folder)
    last = tamperer.sql("SELECT MAX(number) FROM seals")[0][0]
    (first,) = tamperer.sql("SELECT first_position FROM seals WHERE number=?", last)[0]
    tamperer.sql("DELETE FROM stored_events WHERE rowid>=?", first)
    tamperer.sql("DELETE FROM seals WHERE number=?", last)
    assert audited(tamperer.folder).ok
    report = audited(tamperer.folder, head=head)
    assert [finding.code for finding in report.findings] == ["head_missing"]


def test_a_log_goes_on_from_the_head_that_was_written_down(tamperer):
    head = head_of(tamperer.folder)
    tamperer.append(("account:3", "account.profile-changed@1", {"at": 1, "motto": "later"}))
    tamperer.reseal()
    assert audited(tamperer.folder, head=head).ok


def test_the_head_of_another_log_fits_nothing(played, tmp_path):
    with Room(tmp_path / "other"):
        pass
    report = audited(played, head=head_of(tmp_path / "other"))
    assert [finding.code for finding in report.findings] == ["head_mismatch"]


def test_a_chain_made_anew_has_no_signatures_that_fit(signed, signing, copy_of):
    log = copy_of(signed)
    recompute_from(log, log.find("account.registered"))
    assert audited(log.folder).ok
    report = audited(log.folder, public_key=signing[0].public_key())
    assert {finding.code for finding in report.findings} == {"seal_forged"}


def test_signatures_alone_do_not_prove_that_nothing_was_cut_off(signed, signing):
    report = audited(signed, public_key=signing[0].public_key())
    assert any("cut off" in line for line in report.not_proved())
