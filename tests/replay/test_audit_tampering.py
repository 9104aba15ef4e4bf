"""A log altered by somebody who did not recompute its seals: each change is found and named."""

import msgspec
import pytest
from auditing import audited, found
from evenings import GAME, PLAY
from event_tamperings import EVENT_TAMPERINGS, alter_a_time, delete_a_row_and_close_the_gap
from other_tamperings import OTHER_TAMPERINGS, add_a_column, add_a_trigger
from seal_tamperings import SEAL_TAMPERINGS, alter_a_digest, delete_a_seal


def named(report, code, position):
    return next(f for f in report.findings if (f.code, f.position) == (code, position))


TAMPERINGS = [*EVENT_TAMPERINGS, *SEAL_TAMPERINGS, *OTHER_TAMPERINGS]


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_a_single_change_is_found_and_named(tamperer, tamper):
    code, position = tamper(tamperer)
    report = audited(tamperer.folder)
    assert (code, position) in found(report)
    assert msgspec.json.encode(report.document())
    finding = named(report, code, position)
    if code in ("event_altered", "event_moved", "event_unsealed"):
        originator_id, version, *_ = tamperer.row(position)
        assert (finding.originator_id, finding.originator_version) == (originator_id, version)


def test_an_altered_event_is_the_only_one_accused_of_its_batch(tamperer):
    code, position = alter_a_time(tamperer)
    report = audited(tamperer.folder)
    assert [f.position for f in report.findings if f.code == code] == [position]
    assert not [f for f in report.findings if f.code.startswith("seal")]


def test_swapped_rows_are_both_named_with_where_they_belong(tamperer):
    a, b = tamperer.find(PLAY, of=GAME, nth=1), tamperer.find(PLAY, of=GAME, nth=2)
    tamperer.swap(a, b)
    moved = [f for f in audited(tamperer.folder).findings if f.code == "event_moved"]
    assert [(f.found, f.expected) for f in moved] == [(a, b), (b, a)]


def test_a_closed_gap_is_told_once_for_all_rows_behind_it(tamperer):
    delete_a_row_and_close_the_gap(tamperer)
    moved = [f for f in audited(tamperer.folder).findings if f.code == "event_moved"]
    assert len(moved) == 1
    assert "behind it" in moved[0].detail


def test_a_removed_seal_accuses_no_event(tamperer):
    delete_a_seal(tamperer)
    assert {code for code, _ in found(audited(tamperer.folder))} == {"seal_missing"}


def test_an_altered_seal_accuses_no_event(tamperer):
    alter_a_digest(tamperer)
    assert {code for code, _ in found(audited(tamperer.folder))} == {"seal_altered"}


def test_a_column_more_is_the_only_thing_told_of_it(tamperer):
    assert (
        found_alone(tamperer, add_a_column) == "the table seals is not made like the table of a log"
    )


def test_a_trigger_is_named(tamperer):
    assert found_alone(tamperer, add_a_trigger) == "the trigger evil is none of a log's"


def found_alone(tamperer, tamper):
    tamper(tamperer)
    (finding,) = audited(tamperer.folder).findings
    return finding.detail


def test_what_sqlite_notes_for_itself_is_no_finding(tamperer):
    tamperer.sql("ANALYZE")
    assert audited(tamperer.folder).ok


def test_damaged_pages_are_findings_and_not_a_crash(tamperer):
    (pages,) = tamperer.sql("PRAGMA page_count")[0]
    (size,) = tamperer.sql("PRAGMA page_size")[0]
    tamperer.close()
    for page in range(3, pages, 7):
        content = bytearray((tamperer.folder / "log.db").read_bytes())
        content[page * size : (page + 1) * size] = b"\xa5" * size
        (tamperer.folder / "log.db").write_bytes(content)
        assert not audited(tamperer.folder).ok
