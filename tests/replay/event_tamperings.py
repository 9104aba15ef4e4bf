"""The events of a log, altered by somebody who did not recompute its seals.

Each takes a Tamperer, alters one thing, and returns the code and position it must be found by.
"""

from evenings import GAME, PASS, PLAY


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


EVENT_TAMPERINGS = [
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
    make_the_topic_no_text,
    make_the_first_topic_no_text,
    make_an_originator_no_text,
]
