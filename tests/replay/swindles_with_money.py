"""Settlements, payments and accounts, altered by somebody who makes all the seals anew.

Each alters one thing, and returns every code and position that it must be found by.
"""

import json

from evenings import GAME, NEXT_AT, SETTLED

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


SWINDLES_WITH_MONEY = [
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
]
