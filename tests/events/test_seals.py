"""Whatever somebody does to the rows of a log shows, at its position."""

import contextlib
import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from parlour.events import seals
from parlour.events.reader import LogReader

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)


@pytest.fixture
def sealed(store, unit):
    """Four seals over nine events: positions 1–3, 4, 5–8 and 9."""
    recorder = store(signing_key=KEY)
    recorder.commit([unit(("a", 1, 3))])
    recorder.commit([unit(("b", 1))])
    recorder.commit([unit(("a", 4, 2), ("b", 2, 2))])
    recorder.commit([unit(("b", 4))])
    recorder.close()


@pytest.fixture
def findings(sealed, tmp_path):
    def find(**options):
        with LogReader(tmp_path) as reader:
            return [(f.code, f.position) for f in seals.verify_chain(reader, **options)]

    return find


def test_an_untouched_log_has_no_findings(findings):
    assert findings() == []
    assert findings(public_key=KEY.public_key()) == []


@pytest.mark.parametrize(
    "column", ["state=x'7b7d'", "topic='x@1'", "originator_version=77", "originator_id='z'"]
)
@pytest.mark.parametrize(("position", "first"), [(2, 1), (4, 4), (8, 5), (9, 9)])
def test_an_altered_event_is_found_in_its_seal_and_nowhere_else(
    findings, tamper, column, position, first
):
    tamper((f"UPDATE stored_events SET {column} WHERE rowid={position}",))
    assert findings() == [("seal_mismatch", first)]


def test_an_altered_event_that_was_sealed_alone_is_named(sealed, tamper, tmp_path):
    tamper(("UPDATE stored_events SET state=x'7b7d' WHERE rowid=4",))
    with LogReader(tmp_path) as reader:
        (finding,) = seals.verify_chain(reader)
    assert (finding.originator_id, finding.originator_version) == ("b", 1)
    assert len(finding.expected) == len(finding.found) == 64


@pytest.mark.parametrize(
    "change",
    ["state='{}'", "state=NULL", "topic=NULL", "originator_version='x'", "originator_id=x'00'"],
)
def test_an_event_of_a_wrong_type_is_named(findings, tamper, change):
    tamper((f"UPDATE stored_events SET {change} WHERE rowid=6",))
    assert findings() == [("event_malformed", 6)]


def test_text_that_is_no_utf8_is_named_and_reading_goes_on(findings, tamper):
    tamper(
        ("UPDATE stored_events SET topic=CAST(x'ff' AS TEXT) WHERE rowid=2",),
        ("UPDATE stored_events SET state=x'00' WHERE rowid=9",),
    )
    assert findings() == [("event_malformed", 2), ("seal_mismatch", 9)]


@pytest.mark.parametrize("position", [1, 4, 7])
def test_a_missing_event_is_named(findings, tamper, position):
    tamper((f"DELETE FROM stored_events WHERE rowid={position}",))
    assert findings() == [("event_missing", position)]


def test_a_missing_range_is_named_once(findings, tamper):
    tamper(("DELETE FROM stored_events WHERE rowid BETWEEN 6 AND 9",))
    assert findings() == [("event_missing", 6), ("event_missing", 9)]


@pytest.mark.parametrize("position", [10, -3, 0])
def test_an_added_event_is_named(findings, tamper, position):
    row = "('x', 1, 'account.enabled@1', x'7b7d')"
    columns = "rowid, originator_id, originator_version, topic, state"
    tamper((f"INSERT INTO stored_events ({columns}) VALUES ({position}, {row[1:]}",))
    assert findings() == [("event_unsealed", position)]


@pytest.mark.parametrize(("one", "other", "found"), [(1, 3, [1]), (2, 6, [1, 5]), (4, 9, [4, 9])])
def test_swapped_events_are_found(findings, tamper, one, other, found):
    tamper(
        (f"UPDATE stored_events SET rowid=100 WHERE rowid={one}",),
        (f"UPDATE stored_events SET rowid={one} WHERE rowid={other}",),
        (f"UPDATE stored_events SET rowid={other} WHERE rowid=100",),
    )
    assert findings() == [("seal_mismatch", position) for position in found]


def test_a_removed_seal_is_found_and_the_chain_is_followed_beyond_it(findings, tamper):
    tamper(
        ("DELETE FROM seals WHERE number=3",),
        ("UPDATE stored_events SET state=x'00' WHERE rowid=9",),
    )
    assert findings() == [("seal_missing", 5), ("event_unsealed", 5), ("seal_mismatch", 9)]


def test_a_removed_last_seal_leaves_unsealed_events(findings, tamper):
    tamper(("DELETE FROM seals WHERE number=4",))
    assert findings() == [("event_unsealed", 9)]


def test_an_altered_seal_is_found_once(findings, tamper):
    tamper(("UPDATE seals SET digest=x'00' WHERE number=2",))
    assert findings() == [("seal_mismatch", 4)]


@pytest.mark.parametrize(
    "change",
    [
        "digest=NULL",
        "digest='x'",
        "first_position=NULL",
        "last_position='x'",
        "last_position=-1",
        "last_position=1000000000000",
        "first_position=7",
        "number=20",
        "number=-1",
    ],
)
def test_a_broken_seal_row_is_a_finding_and_no_crash(findings, tamper, change):
    tamper((f"UPDATE seals SET {change} WHERE number=3",))
    assert findings()
    assert findings(public_key=KEY.public_key())


def test_a_cut_tail_shows_only_against_a_head_kept_elsewhere(findings, tamper, tmp_path):
    head = _head(tmp_path)
    assert _against(head, tmp_path) == []
    tamper(
        ("DELETE FROM stored_events WHERE rowid=9",),
        ("DELETE FROM seals WHERE number=4",),
    )
    assert findings() == []
    assert _against(head, tmp_path) == ["head_missing"]


def test_a_chain_computed_anew_shows_against_a_head_and_against_the_key(
    findings, store, unit, tmp_path
):
    head = _head(tmp_path)
    (tmp_path / "log.db").unlink()
    forger = store(signing_key=Ed25519PrivateKey.generate())
    for version in range(1, 5):
        forger.commit([unit(("a", version))])
    forger.close()
    assert findings() == []
    assert findings(public_key=KEY.public_key()) == [("seal_forged", n) for n in (1, 2, 3, 4)]
    assert _against(head, tmp_path) == ["head_mismatch"]


def test_a_head_of_another_log_is_told(sealed, tmp_path):
    assert _against({**_head(tmp_path), "log": "other"}, tmp_path) == ["head_mismatch"]


def test_an_unsigned_seal_is_found_when_there_is_a_key(findings, tamper):
    tamper(("UPDATE seals SET signature=NULL WHERE number=2",))
    assert findings() == []
    assert findings(public_key=KEY.public_key()) == [("seal_unsigned", 4)]


def test_rows_come_with_their_seals_in_one_pass(sealed, tmp_path):
    with LogReader(tmp_path) as reader:
        checked = list(seals.check(reader.rows(), reader.seals()))
    assert [len(one.rows) for one in checked] == [3, 1, 4, 1]
    assert [one.seal.number for one in checked] == [1, 2, 3, 4]


def test_an_empty_log_has_no_findings(store, tmp_path):
    store().close()
    with LogReader(tmp_path) as reader:
        assert list(seals.verify_chain(reader)) == []
    assert seals.head_of("x", None) == {"log": "x", "position": 0, "seal": 0, "digest": "00" * 32}


def test_a_copy_is_checked_like_the_original(sealed, tmp_path):
    copy = tmp_path / "copy.db"
    shutil.copy(tmp_path / "log.db", copy)
    with contextlib.closing(LogReader(copy)) as reader:
        assert list(seals.verify_chain(reader)) == []


def _head(folder):
    with LogReader(folder) as reader:
        return seals.head_of("this", list(reader.seals())[-1])


def _against(head, folder):
    with LogReader(folder) as reader:
        return [f.code for f in seals.check_head(head, log="this", seals=reader.seals())]
