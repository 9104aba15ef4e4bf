"""A log altered by somebody who did not recompute its seals: each change is found and named."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from parlour.events.reader import LogReader
from parlour.replay.audit import audit

PLAY = "landlord.cards-played"
PASS = "landlord.passed"
GAME = "landlord.hand:1:2"


def audited(folder, **options):
    with LogReader(folder) as reader:
        return audit(reader, **options)


def found(report):
    """Return every finding as (code, position)."""
    return {(finding.code, finding.position) for finding in report.findings}


def named(report, code, position):
    return next(f for f in report.findings if (f.code, f.position) == (code, position))


def behind_seal(log, number):
    """Return the position where the seal after this one must begin."""
    return log.sql("SELECT last_position FROM seals WHERE number=?", number)[0][0] + 1


# Each takes a Tamperer, alters one thing, and returns the code and position it must be found by.


def alter_a_card(log):
    position = log.find(PLAY, of=GAME, nth=3)
    cards = log.event(position)["cards"]
    return "event_altered", log.change(position, cards=[cards[0] ^ 0x10, *cards[1:]])


def alter_a_time(log):
    position = log.find(PASS, nth=5)
    return "event_altered", log.change(position, at=log.event(position)["at"] + 1)


def alter_what_no_rule_reads(log):
    return "event_altered", log.change(log.find("log.opened"), engine="9.9.9")


def alter_a_topic(log):
    position = log.find(PASS, nth=4)
    log.sql("UPDATE stored_events SET topic='landlord.passed@2' WHERE rowid=?", position)
    return "event_altered", position


def alter_an_originator(log):
    position = log.find("account.token-issued", nth=8)
    log.sql("UPDATE stored_events SET originator_id='account:99' WHERE rowid=?", position)
    return "event_altered", position


def alter_a_version(log):
    position = log.find("landlord.hand-settled")
    log.sql("UPDATE stored_events SET originator_version=900 WHERE rowid=?", position)
    return "event_altered", position


def spoil_the_json(log):
    position = log.find(PLAY, nth=7)
    log.sql("UPDATE stored_events SET state=? WHERE rowid=?", b'{"at":1', position)
    return "event_altered", position


def spoil_the_utf8(log):
    position = log.find("account.renamed")
    log.sql("UPDATE stored_events SET state=? WHERE rowid=?", b'{"at":1,"old":"\xff"}', position)
    return "event_altered", position


def make_the_state_text(log):
    position = log.find(PLAY, nth=9)
    state = log.row(position)[3].decode()
    log.sql("UPDATE stored_events SET state=? WHERE rowid=?", state, position)
    return "event_malformed", position


def make_the_state_nothing(log):
    position = log.find(PLAY, nth=10)
    log.sql("UPDATE stored_events SET state=NULL WHERE rowid=?", position)
    return "event_malformed", position


def make_the_version_text(log):
    position = log.find(PLAY, nth=11)
    log.sql("UPDATE stored_events SET originator_version='x' WHERE rowid=?", position)
    return "event_malformed", position


def make_the_topic_a_number(log):
    position = log.find(PLAY, nth=12)
    log.sql("UPDATE stored_events SET topic=x'00ff' WHERE rowid=?", position)
    return "event_malformed", position


def delete_the_first_row(log):
    return "event_missing", log.delete(1)


def delete_a_row(log):
    return "event_missing", log.delete(log.find(PLAY, of=GAME, nth=2))


def delete_the_last_row(log):
    return "event_missing", log.delete(log.last())


def delete_a_row_and_close_the_gap(log):
    position = log.delete(log.find(PASS, nth=20))
    log.shift(position, -1)
    return "event_missing", position


def move_a_row_to_the_end(log):
    position, end = log.find(PLAY, nth=5), log.last() + 1
    log.sql("UPDATE stored_events SET rowid=? WHERE rowid=?", end, position)
    return "event_moved", end


def swap_two_rows_of_a_hand(log):
    a, b = log.find(PLAY, of=GAME, nth=1), log.find(PLAY, of=GAME, nth=2)
    log.swap(a, b)
    return "event_moved", a


def swap_two_distant_rows(log):
    a, b = log.find("account.registered"), log.find("landlord.hand-settled", nth=2)
    log.swap(a, b)
    return "event_moved", b


def swap_what_two_rows_say(log):
    a, b = log.find(PLAY, nth=3), log.find(PLAY, nth=30)
    one, other = log.event(a), log.event(b)
    log.rewrite(a, other)
    return "event_altered", log.rewrite(b, one)


def add_a_row_behind_the_end(log):
    fact = {"at": 1, "currency": "money", "amount": 5, "balance": 10_005, "reason": "x", "ref": ""}
    return "event_unsealed", log.insert(log.last() + 1, "account:4", "account.posted@1", fact)


def add_a_row_in_the_middle(log):
    position = log.find(PASS, nth=9)
    log.shift(position - 1, 1)
    return "event_unsealed", log.insert(position, "account:5", "account.enabled@1", {"at": 2})


def add_a_row_before_all(log):
    return "event_unsealed", log.insert(-5, "account:5", "account.enabled@1", {"at": 2})


def add_a_row_at_zero(log):
    return "event_unsealed", log.insert(0, "account:5", "account.enabled@1", {"at": 2})


def alter_a_digest(log):
    log.sql("UPDATE seals SET digest=zeroblob(32) WHERE number=40")
    return "seal_altered", log.sql("SELECT first_position FROM seals WHERE number=40")[0][0]


def alter_the_last_digest(log):
    log.sql("UPDATE seals SET digest=zeroblob(32) WHERE number=(SELECT MAX(number) FROM seals)")
    return "seal_altered", log.sql("SELECT MAX(first_position) FROM seals")[0][0]


def take_a_digest_away(log):
    log.sql("UPDATE seals SET digest=NULL WHERE number=40")
    return "seal_altered", log.sql("SELECT first_position FROM seals WHERE number=40")[0][0]


def alter_a_mark(log):
    log.sql("UPDATE seals SET marks=zeroblob(length(marks)) WHERE number=40")
    return "seal_altered", log.sql("SELECT first_position FROM seals WHERE number=40")[0][0]


def swap_two_digests(log):
    (one,), (other,) = log.sql("SELECT digest FROM seals WHERE number IN (40, 50) ORDER BY number")
    log.sql("UPDATE seals SET digest=? WHERE number=50", one)
    log.sql("UPDATE seals SET digest=? WHERE number=40", other)
    return "seal_altered", log.sql("SELECT first_position FROM seals WHERE number=50")[0][0]


def raise_a_first_position(log):
    log.sql("UPDATE seals SET first_position=first_position+1 WHERE number=40")
    return "seal_altered", behind_seal(log, 39)


def lower_a_last_position(log):
    log.sql("UPDATE seals SET last_position=last_position-1 WHERE number=40")
    return "seal_altered", behind_seal(log, 39)


def raise_a_last_position(log):
    log.sql("UPDATE seals SET last_position=1000000 WHERE number=40")
    return "seal_altered", behind_seal(log, 39)


def make_a_first_position_negative(log):
    log.sql("UPDATE seals SET first_position=-4 WHERE number=40")
    return "seal_altered", behind_seal(log, 39)


def number_a_seal_negative(log):
    log.sql("UPDATE seals SET number=-40 WHERE number=40")
    return "seal_missing", behind_seal(log, 39)


def number_a_seal_beyond_the_end(log):
    log.sql("UPDATE seals SET number=9000 WHERE number=40")
    return "seal_missing", behind_seal(log, 39)


def delete_a_seal(log):
    log.sql("DELETE FROM seals WHERE number=40")
    return "seal_missing", behind_seal(log, 39)


def delete_the_first_seal(log):
    log.sql("DELETE FROM seals WHERE number=1")
    return "seal_missing", 1


def delete_the_last_seal(log):
    log.sql("DELETE FROM seals WHERE number=(SELECT MAX(number) FROM seals)")
    return "event_unsealed", log.last()


def delete_every_seal(log):
    log.sql("DELETE FROM seals")
    return "event_unsealed", 1


def delete_a_claim(log):
    log.sql("DELETE FROM claims WHERE key=?", f"settled/{GAME}")
    return "claim_missing", log.find("landlord.hand-settled", of=GAME)


def add_a_claim(log):
    log.sql("INSERT INTO claims VALUES ('account/name/nobody', 'account:3', 9)")
    return "claim_unfounded", None


def give_a_claim_to_another(log):
    log.sql("UPDATE claims SET originator_id='account:1' WHERE key='account/name/player 7'")
    return "claim_differs", log.find("account.renamed")


def move_a_claim(log):
    log.sql("UPDATE claims SET position=3 WHERE key=?", f"settled/{GAME}")
    return "claim_differs", log.find("landlord.hand-settled", of=GAME)


def alter_a_snapshot(log):
    (version,) = log.sql("SELECT originator_version FROM snapshots")[0]
    log.sql(
        "UPDATE snapshots SET state=replace(CAST(state AS TEXT), '\"money\":10000', '\"money\":7')"
    )
    log.sql("UPDATE snapshots SET state=CAST(state AS BLOB)")
    where = "SELECT rowid FROM stored_events WHERE originator_id='account:7' AND "
    return "snapshot_differs", log.sql(f"{where} originator_version={version}")[0][0]


def alter_a_snapshots_topic(log):
    (version,) = log.sql("SELECT originator_version FROM snapshots")[0]
    log.sql("UPDATE snapshots SET topic='account.state@7'")
    where = "SELECT rowid FROM stored_events WHERE originator_id='account:7' AND "
    return "snapshot_differs", log.sql(f"{where} originator_version={version}")[0][0]


def spoil_a_snapshot(log):
    (version,) = log.sql("SELECT originator_version FROM snapshots")[0]
    log.sql("UPDATE snapshots SET state=x'00'")
    where = "SELECT rowid FROM stored_events WHERE originator_id='account:7' AND "
    return "snapshot_undecodable", log.sql(f"{where} originator_version={version}")[0][0]


def put_a_snapshot_ahead(log):
    log.sql("UPDATE snapshots SET originator_version=10000")
    return "snapshot_unfounded", None


def give_a_snapshot_to_nobody(log):
    log.sql("UPDATE snapshots SET originator_id='account:77'")
    return "snapshot_unfounded", None


def add_a_snapshot_of_a_hand(log):
    log.sql(
        "INSERT INTO snapshots VALUES (?, 2, 'landlord.hand.state@1', x'7b7d')",
        "landlord.hand:2:5",
    )
    return "snapshot_unfounded", None


def make_the_topic_no_text(log):
    position = log.find(PLAY, nth=13)
    log.sql("UPDATE stored_events SET topic=CAST(x'ff41' AS TEXT) WHERE rowid=?", position)
    return "event_malformed", position


def make_the_first_topic_no_text(log):
    log.sql("UPDATE stored_events SET topic=CAST(x'ff41' AS TEXT) WHERE rowid=1")
    return "event_malformed", 1


def make_an_originator_no_text(log):
    position = log.find(PLAY, nth=14)
    log.sql("UPDATE stored_events SET originator_id=CAST(x'ff41' AS TEXT) WHERE rowid=?", position)
    return "event_malformed", position


def make_a_claim_no_text(log):
    log.sql("UPDATE claims SET originator_id=CAST(x'ff' AS TEXT) WHERE key=?", f"settled/{GAME}")
    return "claim_differs", log.find("landlord.hand-settled", of=GAME)


def make_a_key_no_text(log):
    log.sql("UPDATE claims SET key=CAST(x'ff' AS TEXT) WHERE key=?", f"settled/{GAME}")
    return "claim_missing", log.find("landlord.hand-settled", of=GAME)


def make_a_snapshots_topic_no_text(log):
    (version,) = log.sql("SELECT originator_version FROM snapshots")[0]
    log.sql("UPDATE snapshots SET topic=CAST(x'ff41' AS TEXT)")
    where = "SELECT rowid FROM stored_events WHERE originator_id='account:7' AND "
    return "snapshot_differs", log.sql(f"{where} originator_version={version}")[0][0]


def add_a_field_to_a_snapshot(log):
    version, state = log.sql("SELECT originator_version, state FROM snapshots")[0]
    log.sql("UPDATE snapshots SET state=?", state[:-1] + b',"evil":1}')
    where = "SELECT rowid FROM stored_events WHERE originator_id='account:7' AND "
    return "snapshot_differs", log.sql(f"{where} originator_version={version}")[0][0]


def raise_the_version_of_tracking(log):
    log.sql("UPDATE tracking SET notification_id=9 WHERE application_name='__migration__'")
    return "tracking_altered", None


def remove_the_version_of_tracking(log):
    log.sql("DELETE FROM tracking")
    return "tracking_altered", None


def put_anything_for_a_signature(log):
    log.sql("UPDATE seals SET signature=x'00' WHERE number=40")
    return "seal_altered", behind_seal(log, 39)


def put_a_word_for_a_signature(log):
    log.sql("UPDATE seals SET signature='signed' WHERE number=40")
    return "seal_altered", behind_seal(log, 39)


def add_a_trigger(log):
    log.sql(
        "CREATE TRIGGER evil AFTER INSERT ON claims BEGIN DELETE FROM claims WHERE key=NEW.key; END"
    )
    return "schema_altered", None


def put_a_view_in_the_place_of_events(log):
    log.sql("ALTER TABLE stored_events RENAME TO hidden")
    log.sql("CREATE VIEW stored_events AS SELECT rowid, * FROM hidden")
    return "schema_altered", None


def add_a_table(log):
    log.sql("CREATE TABLE evil (x)")
    return "schema_altered", None


def add_a_column(log):
    log.sql("ALTER TABLE seals ADD COLUMN z")
    return "schema_altered", None


def add_an_index(log):
    log.sql("CREATE INDEX evil ON stored_events(topic)")
    return "schema_altered", None


def remove_a_table(log):
    log.sql("DROP TABLE probe")
    return "schema_altered", None


def put_a_projection_ahead(log):
    log.sql("INSERT INTO tracking VALUES ('chat', 100000)")
    return "tracking_ahead", None


TAMPERINGS = [
    alter_a_card,
    alter_a_time,
    alter_what_no_rule_reads,
    alter_a_topic,
    alter_an_originator,
    alter_a_version,
    spoil_the_json,
    spoil_the_utf8,
    make_the_state_text,
    make_the_state_nothing,
    make_the_version_text,
    make_the_topic_a_number,
    delete_the_first_row,
    delete_a_row,
    delete_the_last_row,
    delete_a_row_and_close_the_gap,
    move_a_row_to_the_end,
    swap_two_rows_of_a_hand,
    swap_two_distant_rows,
    swap_what_two_rows_say,
    add_a_row_behind_the_end,
    add_a_row_in_the_middle,
    add_a_row_before_all,
    add_a_row_at_zero,
    alter_a_digest,
    alter_the_last_digest,
    take_a_digest_away,
    alter_a_mark,
    swap_two_digests,
    raise_a_first_position,
    lower_a_last_position,
    raise_a_last_position,
    make_a_first_position_negative,
    number_a_seal_negative,
    number_a_seal_beyond_the_end,
    delete_a_seal,
    delete_the_first_seal,
    delete_the_last_seal,
    delete_every_seal,
    delete_a_claim,
    add_a_claim,
    give_a_claim_to_another,
    move_a_claim,
    alter_a_snapshot,
    alter_a_snapshots_topic,
    spoil_a_snapshot,
    put_a_snapshot_ahead,
    give_a_snapshot_to_nobody,
    add_a_snapshot_of_a_hand,
    put_a_projection_ahead,
    make_the_topic_no_text,
    make_the_first_topic_no_text,
    make_an_originator_no_text,
    make_a_claim_no_text,
    make_a_key_no_text,
    make_a_snapshots_topic_no_text,
    add_a_field_to_a_snapshot,
    raise_the_version_of_tracking,
    remove_the_version_of_tracking,
    put_anything_for_a_signature,
    put_a_word_for_a_signature,
    add_a_trigger,
    put_a_view_in_the_place_of_events,
    add_a_table,
    add_a_column,
    add_an_index,
    remove_a_table,
]


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


# --- signatures -------------------------------------------------------------------------------


def test_a_signed_log_is_clean_under_its_key(signed, signing):
    report = audited(signed, public_key=signing[0].public_key())
    assert report.ok
    assert report.signed == report.seals


def test_another_key_signed_nothing(signed):
    report = audited(signed, public_key=Ed25519PrivateKey.generate().public_key())
    assert {code for code, _ in found(report)} == {"seal_forged"}


def test_an_altered_signature_is_found(signed, signing, copy_of):
    log = copy_of(signed)
    log.sql("UPDATE seals SET signature=zeroblob(64) WHERE number=9")
    report = audited(log.folder, public_key=signing[0].public_key())
    (first,) = log.sql("SELECT first_position FROM seals WHERE number=9")[0]
    assert found(report) == {("seal_forged", first)}


def test_a_removed_signature_is_found(signed, signing, copy_of):
    log = copy_of(signed)
    log.sql("UPDATE seals SET signature=NULL WHERE number=9")
    report = audited(log.folder, public_key=signing[0].public_key())
    (first,) = log.sql("SELECT first_position FROM seals WHERE number=9")[0]
    assert found(report) == {("seal_unsigned", first)}


def test_seals_from_before_the_key_need_no_signature(signed, signing, copy_of):
    log = copy_of(signed)
    log.sql("UPDATE seals SET signature=NULL WHERE number<9")
    assert audited(log.folder, public_key=signing[0].public_key()).ok


def test_a_log_without_signatures_is_not_clean_under_a_key(played, signing):
    report = audited(played, public_key=signing[0].public_key())
    assert found(report) == {("seal_unsigned", None)}


# --- signatures without the key ---------------------------------------------------------------


def test_a_removed_signature_is_found_without_the_key(signed, copy_of):
    log = copy_of(signed)
    log.sql("UPDATE seals SET signature=NULL WHERE number=9")
    (first,) = log.sql("SELECT first_position FROM seals WHERE number=9")[0]
    assert found(audited(log.folder)) == {("seal_unsigned", first)}


def test_a_cut_signature_is_found_without_the_key(signed, copy_of):
    log = copy_of(signed)
    log.sql("UPDATE seals SET signature=substr(signature, 1, 63) WHERE number=9")
    (first,) = log.sql("SELECT first_position FROM seals WHERE number=9")[0]
    assert found(audited(log.folder)) == {("seal_altered", first)}


def test_another_signature_is_not_found_without_the_key(signed, copy_of):
    log = copy_of(signed)
    log.sql("UPDATE seals SET signature=zeroblob(64) WHERE number=9")
    assert audited(log.folder).ok
