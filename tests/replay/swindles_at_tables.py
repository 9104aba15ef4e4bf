"""Tables, and the log itself, altered by somebody who makes the whole chain of seals anew.

Each alters one thing, and returns every code and position that it must be found by.
"""

from evenings import GAME, NEXT_AT, SETTLED


def seat_another_player(log):
    position = log.find("landlord.player-seated", of="landlord.table:2", uid=5)
    return {("seat_differs", log.change(position, uid=7))}


def seat_two_players_in_a_chair(log):
    position = log.find("landlord.player-seated", of="landlord.table:1", uid=2)
    return {("table_differs", log.change(position, seat=0))}


def deal_to_who_is_not_ready(log):
    log.take_out(log.find("landlord.player-readied", of="landlord.table:1", uid=2))
    return {("table_differs", log.find("landlord.hand-begun", of="landlord.table:1"))}


def ready_with_another_nonce(log):
    log.change(log.find("landlord.player-readied", of="landlord.table:1", nonce="n1"), nonce="n2")
    return {("hand_differs", log.find("landlord.hand-dealt", of="landlord.hand:1:1"))}


def skip_a_hand(log):
    position = log.find("landlord.hand-numbered", of="landlord.table:1", hand=3)
    return {("table_differs", log.change(position, hand=4))}


def begin_no_hand(log):
    log.take_out(log.find("landlord.hand-begun", of="landlord.table:1", hand=2))
    return {("hand_differs", log.find("landlord.hand-dealt", of=GAME))}


def close_with_another_landlord(log):
    closed = log.find("landlord.hand-closed", of="landlord.table:1", hand=2)
    log.change(closed, landlord=None)
    return {("hand_differs", log.find(SETTLED, of=GAME))}


def close_a_running_hand(log):
    fact = {"at": NEXT_AT, "hand": 5, "landlord": None}
    position = log.append(("landlord.table:2", "landlord.hand-closed@1", fact))
    return {("hand_differs", position)}


def open_the_log_twice(log):
    event = log.event(1)
    return {("log_reopened", log.append(("log", "log.opened@1", event)))}


def begin_with_something_else(log):
    log.take_out(1)
    return {("log_unopened", 1)}


def record_what_no_engine_knows(log):
    return {("event_unknown", log.append(("account:3", "account.cursed@1", {"at": NEXT_AT})))}


def record_a_play_in_an_account(log):
    fact = {"at": NEXT_AT, "seat": 0}
    return {("event_misplaced", log.append(("account:3", "landlord.passed@1", fact)))}


def record_half_an_event(log):
    return {("event_undecodable", log.append(("account:3", "account.renamed@1", {"at": 1})))}


def skip_a_version(log):
    position = log.find("account.token-issued", nth=20)
    _, version, *_ = log.row(position)
    log.sql(
        "UPDATE stored_events SET originator_version=originator_version+1000 "
        "WHERE originator_id='account:7' AND originator_version>=?",
        version,
    )
    return {("version_gap", position)}


SWINDLES_AT_TABLES = [
    seat_another_player,
    seat_two_players_in_a_chair,
    deal_to_who_is_not_ready,
    ready_with_another_nonce,
    skip_a_hand,
    begin_no_hand,
    close_with_another_landlord,
    close_a_running_hand,
    open_the_log_twice,
    begin_with_something_else,
    record_what_no_engine_knows,
    record_a_play_in_an_account,
    record_half_an_event,
    skip_a_version,
]
