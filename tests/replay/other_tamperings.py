"""What a log keeps beside events and seals, altered by somebody who did not recompute its seals.

Each takes a Tamperer, alters one thing, and returns the code and position it must be found by.
"""

from evenings import GAME


def delete_a_claim(log):
    log.sql("DELETE FROM claims WHERE key=?", f"settled/{GAME}")
    return "claim_missing", log.find("landlord.hand-settled", of=GAME)


def add_a_claim(log):
    log.sql("INSERT INTO claims VALUES ('account/name/nobody', 'account:3', 9)")
    return "claim_unfounded", None


def add_a_claim_of_bytes(log):
    log.sql("INSERT INTO claims VALUES ('account/name/nobody', x'ff00', 9)")
    return "claim_unfounded", None


def add_a_claim_of_a_number(log):
    log.sql("INSERT INTO claims VALUES ('account/name/nobody', 7, x'ff')")
    log.sql("UPDATE claims SET originator_id=CAST(originator_id AS BLOB) WHERE key LIKE '%nobody'")
    return "claim_unfounded", None


def add_a_snapshot_of_bytes(log):
    log.sql("INSERT INTO snapshots VALUES (x'ff00', x'ff', NULL, NULL)")
    return "snapshot_unfounded", None


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


def spoil_a_name_in_a_snapshot(log):
    version, state = log.sql("SELECT originator_version, state FROM snapshots")[0]
    log.sql("UPDATE snapshots SET state=?", state.replace(b'"motto"', b'"mot\xf4o"'))
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


OTHER_TAMPERINGS = [
    delete_a_claim,
    add_a_claim,
    add_a_claim_of_bytes,
    add_a_claim_of_a_number,
    add_a_snapshot_of_bytes,
    give_a_claim_to_another,
    move_a_claim,
    alter_a_snapshot,
    alter_a_snapshots_topic,
    spoil_a_snapshot,
    spoil_a_name_in_a_snapshot,
    put_a_snapshot_ahead,
    give_a_snapshot_to_nobody,
    add_a_snapshot_of_a_hand,
    make_a_claim_no_text,
    make_a_key_no_text,
    make_a_snapshots_topic_no_text,
    add_a_field_to_a_snapshot,
    raise_the_version_of_tracking,
    remove_the_version_of_tracking,
    add_a_trigger,
    put_a_view_in_the_place_of_events,
    add_a_table,
    add_a_column,
    add_an_index,
    remove_a_table,
    put_a_projection_ahead,
]
