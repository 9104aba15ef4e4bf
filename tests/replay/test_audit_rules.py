"""A log altered by somebody who made the whole chain of seals anew: only the rules find it."""

import json

import pytest

from parlour.events.reader import LogReader
from parlour.replay.audit import audit

SETTLED = "landlord.hand-settled"
PLAY = "landlord.cards-played"
GAME = "landlord.hand:1:2"
NEXT_AT = 1_795_170_000_000_000


def audited(folder, **options):
    with LogReader(folder) as reader:
        return audit(reader, **options)


def found(report):
    return {(finding.code, finding.position) for finding in report.findings}


# Each alters one thing, and returns every code and position that it must be found by.

# --- cards ------------------------------------------------------------------------------------


def play_a_card_of_another_seat(log):
    """Two seats swap a single each, so that all 54 cards are still played at most once."""
    singles = [log.find(PLAY, of=GAME, nth=n, card_type=1) for n in range(6)]
    a = singles[0]
    b = next(p for p in singles if log.event(p)["seat"] != log.event(a)["seat"])
    one, other = log.event(a)["cards"], log.event(b)["cards"]
    log.change(a, cards=other)
    log.change(b, cards=one)
    return {("rule_broken", a), ("rule_broken", b)}


def play_a_card_twice(log):
    a, b = log.find(PLAY, of=GAME, nth=0), log.find(PLAY, of=GAME, nth=6)
    return {("rule_broken", log.change(b, cards=log.event(a)["cards"]))}


def play_no_card(log):
    return {("rule_broken", log.change(log.find(PLAY, of=GAME, nth=1), cards=[99]))}


def say_another_card_type(log):
    return {("rule_broken", log.change(log.find(PLAY, of=GAME, card_type=1), card_type=3))}


def play_out_of_turn(log):
    position = log.find(PLAY, of=GAME, nth=4)
    seat = log.event(position)["seat"]
    return {("rule_broken", log.change(position, seat=(seat + 1) % 3))}


def play_from_a_seat_that_is_none(log):
    return {("rule_broken", log.change(log.find(PLAY, of=GAME, nth=4), seat=9))}


def forget_a_play(log):
    return {("rule_broken", log.take_out(log.find(PLAY, of=GAME, nth=4)))}


def pass_once_more(log):
    position = log.find("landlord.passed", of=GAME, nth=2)
    event = log.event(position)
    log.put_in(position, GAME, "landlord.passed@1", event)
    return {("rule_broken", position + 1)}


def show_another_bottom(log):
    position = log.find("landlord.hand-dealt", of=GAME)
    a, b, c = log.event(position)["bottom"]
    return {("deal_wrong", log.change(position, bottom=[b, a, c]))}


def change_a_nonce(log):
    position = log.find("landlord.hand-dealt", of=GAME)
    log.change(position, nonces=["", "n1", "another"])
    return {("deal_wrong", position), ("hand_differs", position)}


def reveal_another_secret(log):
    position = log.find(SETTLED, of=GAME)
    return {("secret_wrong", log.change(position, secret="ab" * 32))}


def reveal_no_hex(log):
    position = log.find(SETTLED, of=GAME)
    return {("secret_wrong", log.change(position, secret="not hex"))}


def reveal_another_secret_of_a_thrown_in_deal(log):
    position = log.find("landlord.deal-thrown-in")
    return {("secret_wrong", log.change(position, secret="ab" * 32))}


def commit_to_another_secret(log):
    position = log.find("landlord.hand-opened", of=GAME)
    commitments = ["cd" * 32, *log.event(position)["commitments"][1:]]
    log.change(position, commitments=commitments)
    return {("secret_wrong", log.find(SETTLED, of=GAME))}


# --- bidding and time -------------------------------------------------------------------------


def lower_a_call(log):
    position = log.find("landlord.called", of="landlord.hand:1:4", score=3)
    log.change(position, score=2)
    return {("rule_broken", log.find("landlord.landlord-named", of="landlord.hand:1:4"))}


def call_four(log):
    position = log.find("landlord.called", of="landlord.hand:1:4", score=3)
    return {("rule_broken", log.change(position, score=4))}


def name_another_landlord(log):
    position = log.find("landlord.landlord-named", of=GAME)
    seat = log.event(position)["seat"]
    return {("rule_broken", log.change(position, seat=(seat + 1) % 3))}


def raise_the_ratio(log):
    position = log.find("landlord.landlord-named", of=GAME)
    ratio = log.event(position)["ratio"]
    log.change(position, ratio=ratio * 2)
    return {("rule_broken", position), ("settlement_wrong", log.find(SETTLED, of=GAME))}


def rob_what_was_not_robbed(log):
    position = log.find("landlord.robbed", rob=False)
    log.change(position, rob=True)
    return {("rule_broken", log.find("landlord.landlord-named", of=log.row(position)[0]))}


def time_out_early(log):
    position = log.find("landlord.turn-timed-out")
    return {("rule_broken", log.change(position, at=log.event(position)["at"] - 1))}


def act_before_the_turn_began(log):
    position = log.find(PLAY, of=GAME, nth=4)
    return {("rule_broken", log.change(position, at=log.event(position)["at"] - 60_000_000))}


def make_a_seat_trustee_for_nothing(log):
    position = log.find("landlord.passed", of=GAME, nth=2)
    at = log.event(position)["at"]
    fact = {"at": at, "seat": 0, "why": "timeouts"}
    return {("rule_broken", log.put_in(position, GAME, "landlord.trustee-set@1", fact))}


def play_on_after_the_end(log):
    fact = {"at": NEXT_AT, "seat": 0}
    return {("hand_after_end", log.append((GAME, "landlord.passed@1", fact)))}


def alter_a_running_hand(log):
    position = log.find(PLAY, of="landlord.hand:2:5")
    return {("rule_broken", log.change(position, cards=[0x0E, 0x0F], card_type=14))}


# --- settlements ------------------------------------------------------------------------------


def settle_for_more(log):
    """The whole swindle: change, postings and balances all agree, and all money is conserved."""
    position = log.find(SETTLED, of=GAME)
    lines = log.event(position)["lines"]
    winner = next(line for line in lines if line["change"] > 0)
    loser = next(line for line in lines if line["change"] < 0)
    for line, more in ((winner, 7), (loser, -7)):
        line["change"] += more
        line["after"] += more
        log.change(position, lines=lines)
        follow(log, line["uid"], GAME, more)
    return {("settlement_wrong", position)}


def follow(log, uid, game, more):
    """Alter a posting, and every balance behind it and purse built on it."""
    first = log.find("account.posted", of=f"account:{uid}", ref=game)
    log.change(first, amount=log.event(first)["amount"] + more)
    for position, state in log.sql(
        "SELECT rowid, state FROM stored_events WHERE originator_id=? AND rowid>=? "
        "AND topic='account.posted@1'",
        f"account:{uid}",
        first,
    ):
        log.change(position, balance=json.loads(state)["balance"] + more)
    for position, state in log.sql(
        "SELECT rowid, state FROM stored_events WHERE topic LIKE ? AND rowid>?",
        f"{SETTLED}@%",
        first,
    ):
        for line in json.loads(state)["lines"]:
            if line["uid"] == uid:
                log.change_line(
                    position,
                    line["seat"],
                    before=line["before"] + more,
                    after=line["after"] + more,
                )


def turn_the_winner(log):
    position = log.find(SETTLED, of=GAME)
    win_type = log.event(position)["win_type"]
    return {("settlement_wrong", log.change(position, win_type=1 - win_type))}


def double_a_spring(log):
    position = log.find(SETTLED, of=GAME)
    event = log.event(position)
    log.change(position, spring=not event["spring"], ratio=event["ratio"] * 2)
    return {("settlement_wrong", position)}


def settle_under_other_terms(log):
    position = log.find("landlord.hand-dealt", of=GAME)
    log.change(position, terms={**log.event(position)["terms"], "base": 20})
    return {("settlement_wrong", log.find(SETTLED, of=GAME))}


def settle_without_rake(log):
    position = log.find("landlord.hand-dealt", of=GAME)
    log.change(position, terms={**log.event(position)["terms"], "rake": 0})
    return {("settlement_wrong", log.find(SETTLED, of=GAME))}


def give_more_experience(log):
    position = log.find(SETTLED, of=GAME)
    log.change_line(position, 0, exp=50)
    uid = log.event(position)["lines"][0]["uid"]
    counted = log.find("account.game-counted", of=f"account:{uid}", game=GAME)
    return {("settlement_wrong", position), ("count_wrong", counted)}


def stand_on_another_purse(log):
    position = log.find(SETTLED, of=GAME)
    line = log.event(position)["lines"][1]
    log.change_line(position, 1, before=line["before"] + 1, after=line["after"] + 1)
    return {("purse_wrong", position)}


def hold_other_coins(log):
    position = log.find(SETTLED, of=GAME)
    log.change_line(position, 2, coin=1)
    return {("purse_wrong", position)}


def quit_for_nothing(log):
    game = "landlord.hand:1:5"
    position = log.find(SETTLED, of=game)
    quitter = log.event(position)["quitter"]
    return {("settlement_wrong", log.change(position, quitter=(quitter + 1) % 3))}


# --- payments ---------------------------------------------------------------------------------


def pay_another_amount(log):
    position = log.find("account.posted", of="account:2", ref=GAME)
    amount = log.event(position)["amount"] + 1
    log.change(position, amount=amount)
    return {
        ("payment_wrong", position),
        ("balance_wrong", position),
        ("ledger_unbalanced", log.find("account.posted", ref=GAME)),
    }


def pay_the_wrong_account(log):
    position = log.find("account.posted", of="account:2", ref=GAME)
    event = log.event(position)
    log.take_out(position)
    event["balance"] = 10_000 + event["amount"]
    log.put_in(position, "account:6", "account.posted@1", event)
    return {
        ("payment_missing", log.find(SETTLED, of=GAME)),
        ("payment_unfounded", position),
    }


def pay_nothing(log):
    log.take_out(log.find("account.posted", of="account:2", ref=GAME))
    return {("payment_missing", log.find(SETTLED, of=GAME))}


def pay_twice(log):
    position = log.find("account.posted", of="account:2", ref=GAME)
    event = log.event(position)
    event["balance"] += event["amount"]
    log.put_in(position + 1, "account:2", "account.posted@1", event)
    return {("payment_unfounded", position + 1)}


def pay_for_another_reason(log):
    position = log.find("account.posted", of="account:2", ref=GAME)
    return {("payment_wrong", log.change(position, reason="quit"))}


def pay_no_rake(log):
    log.take_out(log.find("account.posted", of="account:0", ref=GAME))
    return {("payment_missing", log.find(SETTLED, of=GAME))}


def settle_twice(log):
    settled = log.find(SETTLED, of=GAME)
    events = [(GAME, f"{SETTLED}@1", {**log.event(settled), "at": NEXT_AT})]
    for line in log.event(settled)["lines"]:
        account = f"account:{line['uid']}"
        money = last_balance(log, account) + line["change"]
        fact = {
            "at": NEXT_AT,
            "currency": "money",
            "amount": line["change"],
            "balance": money,
            "reason": "settlement",
            "ref": GAME,
        }
        events.append((account, "account.posted@1", fact))
    position = log.append(*events)
    return {("settlement_doubled", position), ("claim_doubled", position)}


def last_balance(log, account):
    (state,) = log.sql(
        "SELECT state FROM stored_events WHERE originator_id=? AND topic='account.posted@1' "
        "ORDER BY rowid DESC LIMIT 1",
        account,
    )[0]
    return json.loads(state)["balance"]


def count_a_game_twice(log):
    position = log.find("account.game-counted", of="account:2", game=GAME)
    log.put_in(position + 1, "account:2", "account.game-counted@1", log.event(position))
    return {("payment_unfounded", position + 1)}


def count_a_game_later(log):
    fact = {"at": NEXT_AT, "game": GAME, "exp": 3, "win": True}
    position = log.append(("account:5", "account.game-counted@1", fact))
    return {("payment_unfounded", position)}


def count_no_game(log):
    log.take_out(log.find("account.game-counted", of="account:2", game=GAME))
    return {("count_wrong", log.find(SETTLED, of=GAME))}


# --- money and accounts -----------------------------------------------------------------------


def grant_from_nowhere(log):
    money = last_balance(log, "account:5")
    fact = {
        "at": NEXT_AT,
        "currency": "money",
        "amount": 500,
        "balance": money + 500,
        "reason": "grant",
        "ref": "operator",
    }
    position = log.append(("account:5", "account.posted@1", fact))
    return {("ledger_unbalanced", position), ("money_not_conserved", None)}


def hold_more_than_was_posted(log):
    position = log.find("account.posted", of="account:7")
    log.change(position, balance=99_999)
    return {("balance_wrong", position), ("money_not_conserved", None)}


def owe_money(log):
    lines = []
    for account, amount in (("account:0", 20_000), ("account:5", -20_000)):
        balance = last_balance(log, account) + amount
        line = {
            "at": NEXT_AT,
            "currency": "money",
            "amount": amount,
            "balance": balance,
            "reason": "grant",
            "ref": "operator",
        }
        lines.append((account, "account.posted@1", line))
    return {("balance_negative", log.append(*lines) + 1)}


def sit_in_two_places(log):
    fact = {"at": NEXT_AT, "seat": "landlord.table:1"}
    position = log.append(("account:4", "account.seated@1", fact))
    return {("seat_doubled", position), ("seat_differs", position)}


def leave_where_nobody_sat(log):
    fact = {"at": NEXT_AT, "seat": "landlord.table:1"}
    return {("seat_differs", log.append(("account:7", "account.unseated@1", fact)))}


def take_a_name_twice(log):
    fact = {
        "at": NEXT_AT,
        "uid": 50,
        "name": "Player 3",
        "email": "",
        "password": "",
        "by": "self",
        "operator": False,
    }
    return {("claim_doubled", log.append(("account:50", "account.registered@1", fact)))}


def register_under_another_uid(log):
    position = log.find("account.registered", uid=6)
    return {("account_misnamed", log.change(position, uid=60))}


def never_register(log):
    position = log.find("account.registered", uid=6)
    log.take_out(position)
    return {("account_unregistered", log.find("account.posted", of="account:6"))}


# --- tables and the log -----------------------------------------------------------------------


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


SWINDLES = [
    play_a_card_of_another_seat,
    play_a_card_twice,
    play_no_card,
    say_another_card_type,
    play_out_of_turn,
    play_from_a_seat_that_is_none,
    forget_a_play,
    pass_once_more,
    show_another_bottom,
    change_a_nonce,
    reveal_another_secret,
    reveal_no_hex,
    reveal_another_secret_of_a_thrown_in_deal,
    commit_to_another_secret,
    lower_a_call,
    call_four,
    name_another_landlord,
    raise_the_ratio,
    rob_what_was_not_robbed,
    time_out_early,
    act_before_the_turn_began,
    make_a_seat_trustee_for_nothing,
    play_on_after_the_end,
    alter_a_running_hand,
    settle_for_more,
    turn_the_winner,
    double_a_spring,
    settle_under_other_terms,
    settle_without_rake,
    give_more_experience,
    stand_on_another_purse,
    hold_other_coins,
    quit_for_nothing,
    pay_another_amount,
    pay_the_wrong_account,
    pay_nothing,
    pay_twice,
    pay_for_another_reason,
    pay_no_rake,
    settle_twice,
    count_a_game_twice,
    count_a_game_later,
    count_no_game,
    grant_from_nowhere,
    hold_more_than_was_posted,
    owe_money,
    sit_in_two_places,
    leave_where_nobody_sat,
    take_a_name_twice,
    register_under_another_uid,
    never_register,
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


@pytest.mark.parametrize("swindle", SWINDLES, ids=lambda swindle: swindle.__name__)
def test_the_rules_find_what_no_seal_shows(tamperer, swindle):
    expected = swindle(tamperer)
    tamperer.reseal()
    report = audited(tamperer.folder)
    assert expected <= found(report)
    assert not [f for f in report.findings if f.code.startswith(("seal", "event_alt", "event_uns"))]
