"""Treasure games under audit: clean ones, and settlements after somebody was there.

Whoever alters these logs makes the seals anew, so that only the rules can tell.
"""

import pytest
from auditing import audited
from hunt_audits import begun, found
from rich.console import Console
from treasuries import FIRST, MOVED, RUNNING

from parlour.events import account
from parlour.events import treasure as facts


@pytest.fixture
def tamperer(tamperer_of_hunt):
    return tamperer_of_hunt


def test_whole_games_are_clean(hunted):
    report = audited(hunted)
    assert report.findings == []
    assert (report.games, report.treasures, report.treasures_unseen) == (4, 4, 0)


def test_the_report_tells_what_was_judged(keyless):
    report = audited(keyless.folder)
    assert report.ok
    # The cancelled one's seed is in no event either.
    assert report.treasures_unseen == 2
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        report.print(console)
    assert "4  treasure games re-played from their seeds and sealed choices" in captured.get()
    assert "roles and choices of 2 treasure games: their seed is not revealed" in captured.get()


def test_one_game_can_be_asked_for(tamperer):
    change_line(tamperer, FIRST, 0, score=99)
    report = audited(tamperer.folder, game=MOVED)
    assert (report.games, report.games_skipped) == (1, 3)
    assert found(tamperer, game=MOVED) == []
    assert found(tamperer, game=FIRST) != []


# --- seeds and settlements --------------------------------------------------------------------


def change_line(tamperer, game, index, **fields):
    position = tamperer.find("treasure.game-settled", of=game)
    players = tamperer.event(position)["players"]
    players[index] |= fields
    return tamperer.change(position, players=players)


def other(role):
    return "miner" if role != "miner" else "healer"


@pytest.mark.parametrize("field", ["role", "alive", "treasures", "gold", "score", "win"])
def test_each_field_of_a_settlement_follows_again_from_the_seed(tamperer, field):
    line = tamperer.event(tamperer.find("treasure.game-settled", of=FIRST))["players"][1]
    value = {"role": other(line["role"]), "alive": not line["alive"], "win": not line["win"]}
    position = change_line(tamperer, FIRST, 1, **{field: value.get(field, 77)})
    findings = found(tamperer)
    assert ("treasure_settlement_wrong", position, f"players[1].{field}") in findings
    # Score and win are what the account counted.
    counted = {code for code, *_ in findings} - {"treasure_settlement_wrong"}
    assert counted == ({"treasure_count_wrong"} if field in ("score", "win") else set())


@pytest.mark.parametrize(("field", "value"), [("winner", "evil"), ("reason", "days_over")])
def test_who_won_and_why_follows_again(tamperer, field, value):
    position = tamperer.find("treasure.game-settled", of=FIRST)
    assert tamperer.event(position)[field] != value
    tamperer.change(position, **{field: value})
    assert found(tamperer) == [("treasure_settlement_wrong", position, field)]


def test_a_seed_that_is_not_the_promised_one_is_told(tamperer):
    position = tamperer.find("treasure.game-settled", of=FIRST)
    tamperer.change(position, seed="ab" * 32)
    assert found(tamperer) == [("treasure_seed_wrong", position, "seed")]


def test_without_its_seed_a_settlement_must_still_add_up(keyless):
    position = change_line(keyless, FIRST, 1, score=77)
    keyless.change(position, seed="no hex")
    codes = [code for code, at, _ in found(keyless) if at == position]
    assert codes[:2] == ["treasure_seed_wrong", "treasure_settlement_wrong"]


def test_a_commitment_that_was_changed_afterwards_is_told(tamperer):
    position = tamperer.find("treasure.game-opened", of=FIRST)
    tamperer.change(position, commitment="cd" * 32)
    codes = found(tamperer)
    assert ("treasure_game_differs", position, "commitment") in codes
    settled = tamperer.find("treasure.game-settled", of=FIRST)
    assert ("treasure_seed_wrong", settled, "seed") in codes


def test_a_settlement_before_the_end_is_told(treasury, room):
    game = begun(treasury, room)
    lines = tuple(
        facts.Settled(
            player_id=uid, role="explorer", alive=True, treasures=0, gold=5, score=30, win=True
        )
        for uid in (1, 2, 3, 4)
    )
    settled = facts.GameSettled(
        at=treasury.at,
        seed=treasury.seed(game).hex(),
        winner="good",
        reason="evil_dead",
        players=lines,
        game_id=game,
    )
    treasury.settle(game, settled)
    room.flush()
    (finding,) = audited(room.data).findings
    assert finding.code == "treasure_settlement_wrong"
    assert finding.detail == "the game was not over here"


@pytest.mark.parametrize("again", [True, False])
def test_after_its_end_nothing_happens_in_a_game(tamperer, again):
    position = tamperer.find("treasure.game-settled", of=FIRST)
    event = tamperer.event(position)
    name, gone = "treasure.player-gone@1", {"at": event["at"], "seat": 0}
    topic, late = ("treasure.game-settled@1", event) if again else (name, gone)
    tamperer.put_in(position + 1, FIRST, topic, late)
    code = "treasure_settlement_doubled" if again else "treasure_after_end"
    assert (code, position + 1, None) in found(tamperer)


# --- counts -----------------------------------------------------------------------------------


def count_of(tamperer, nth=0):
    return tamperer.find("account.game-counted", nth=nth, game=FIRST)


def test_a_count_that_is_missing_is_told(tamperer):
    tamperer.take_out(count_of(tamperer))
    settled = tamperer.find("treasure.game-settled", of=FIRST)
    assert found(tamperer) == [("treasure_count_wrong", settled, "exp, win")]


@pytest.mark.parametrize("fields", [{"exp": 1_000}, {"win": False}])
def test_a_count_is_what_was_settled(tamperer, fields):
    position = tamperer.change(count_of(tamperer), **fields)
    assert found(tamperer) == [("treasure_count_wrong", position, "exp, win")]


def test_a_game_is_counted_once(tamperer):
    position = count_of(tamperer)
    uid, topic = tamperer.row(position)[0], "account.game-counted@1"
    tamperer.put_in(position + 1, uid, topic, tamperer.event(position))
    assert found(tamperer) == [("treasure_count_wrong", position + 1, "exp, win")]


@pytest.mark.parametrize("game", [RUNNING, FIRST])
def test_a_count_without_a_settlement_is_told(tamperer, game):
    counted = {"at": 1, "game": game, "exp": 5, "win": True}
    position = tamperer.append((account.account_id(8), "account.game-counted@1", counted))
    assert found(tamperer) == [("treasure_count_wrong", position, "exp, win")]


def test_money_for_a_treasure_game_belongs_to_nothing(tamperer):
    lines = [
        (account.account_id(uid), "account.posted@1", posting(amount, balance))
        for uid, amount, balance in ((0, -5, -80_005), (8, 5, 10_005))
    ]
    position = tamperer.append(*lines)
    unfounded = [at for code, at, _ in found(tamperer) if code == "payment_unfounded"]
    assert unfounded == [position, position + 1]


def posting(amount, balance):
    return {
        "at": 1,
        "currency": "money",
        "amount": amount,
        "balance": balance,
        "reason": "settlement",
        "ref": FIRST,
    }


def test_a_game_that_was_played_out_is_settled_after_a_restart_too(treasury, room):
    game = begun(treasury, room)
    treasury.unheard = []
    treasury.play(game)
    treasury.crash(game)
    treasury.settle(game, *treasury.unheard)
    room.flush()
    assert not any(treasury.state(game).present)
    assert audited(room.data).findings == []
