"""Choices and stages of treasure games under audit, with their seed and without.

Whoever alters these logs makes the seals anew, so that only the rules can tell.
"""

import pytest
from auditing import audited
from hunt_audits import begun, found
from tables import SECOND
from treasuries import FIRST, MOVED, RUNNING

from parlour.events import treasure as facts
from parlour.events.reader import LogReader
from parlour.events.rules.treasure.sealing import Choice, Kind, Place, seal
from parlour.replay.treasure_judge import MOST_BROKEN


@pytest.fixture
def tamperer(tamperer_of_hunt):
    return tamperer_of_hunt


# --- choices ----------------------------------------------------------------------------------


def test_a_choice_whose_bytes_were_changed_does_not_open(tamperer):
    position = tamperer.find("treasure.choice-made", of=FIRST, nth=20)
    sealed = tamperer.event(position)["sealed"]
    flipped = f"{int(sealed, 16) ^ 1 << 60:016x}"
    tamperer.change(position, sealed=flipped)
    codes = found(tamperer)
    assert codes[0] == ("treasure_choice_wrong", position, "sealed")


@pytest.mark.parametrize("sealed", ["", "no hex", "00" * 9])
def test_what_is_no_sealed_choice_is_told(tamperer, sealed):
    position = tamperer.change(tamperer.find("treasure.choice-made", of=FIRST), sealed=sealed)
    assert found(tamperer)[0] == ("treasure_choice_wrong", position, "sealed")


def bid_of(tamperer):
    """Return position and place of the first choice in an auction."""
    with LogReader(tamperer.folder) as reader:
        events = list(reader.aggregate(FIRST))
    day = stage = 0
    for recorded in events:
        match recorded.event:
            case facts.StageBegun(day=day, stage=stage):
                pass
            case facts.ChoiceMade(seat=seat) if stage == 3:
                return recorded.position, Place(day, 3, seat, 0)
    raise AssertionError("nobody bid")


@pytest.mark.parametrize(("price", "code"), [(1, "bid_too_low"), (99, "not_enough_gold")])
def test_a_bid_that_the_rules_refuse_is_told(tamperer, price, code):
    seed = bytes.fromhex(tamperer.event(tamperer.find("treasure.game-settled", of=FIRST))["seed"])
    position, place = bid_of(tamperer)
    tamperer.change(position, sealed=seal(seed, place, Choice(Kind.BID, 1, price)))
    tamperer.reseal()
    finding = audited(tamperer.folder).findings[0]
    assert (finding.code, finding.position) == ("treasure_choice_wrong", position)
    assert finding.detail.endswith(code)


def test_another_bid_that_is_allowed_shows_in_what_follows(tamperer):
    seed = bytes.fromhex(tamperer.event(tamperer.find("treasure.game-settled", of=FIRST))["seed"])
    position, place = bid_of(tamperer)
    tamperer.change(position, sealed=seal(seed, place, Choice(Kind.PASS)))
    code, _, field = found(tamperer)[0]
    assert code == "treasure_stage_wrong"
    assert field.startswith("sold")


def test_a_choice_of_the_absent_is_refused(treasury, room):
    game = begun(treasury, room)
    treasury.go(game, 2)
    place = Place(1, 1, 2, 0)
    sealed = seal(treasury.seed(game), place, Choice(Kind.PASS))
    treasury.record(game, facts.ChoiceMade(at=treasury.at, seat=2, sealed=sealed))
    room.flush()
    (finding,) = audited(room.data).findings
    assert (finding.code, finding.expected) == ("treasure_choice_wrong", "not_verified")


def test_a_choice_of_nobody_is_told(tamperer):
    position = tamperer.change(tamperer.find("treasure.choice-made", of=FIRST), seat=7)
    assert found(tamperer)[0][:2] == ("treasure_choice_wrong", position)


# --- stages -----------------------------------------------------------------------------------


def change_in(tamperer, name, field, index, *, stage, **fields):
    position = tamperer.find(name, of=FIRST, stage=stage)
    values = tamperer.event(position)[field]
    values[index] |= fields
    return tamperer.change(position, **{field: values})


def test_an_hp_that_was_changed_is_told_and_nothing_else(tamperer):
    position = change_in(tamperer, "treasure.stage-ended", "hp", 2, stage=2, hp=1)
    assert found(tamperer) == [("treasure_stage_wrong", position, "hp[2].hp")]


def test_a_position_that_was_changed_is_told(tamperer):
    position = change_in(tamperer, "treasure.stage-ended", "positions", 0, stage=1, cell=8)
    assert found(tamperer) == [("treasure_stage_wrong", position, "positions[0].cell")]


def test_a_sale_that_was_changed_is_told(tamperer):
    position = change_in(tamperer, "treasure.stage-ended", "sold", 0, stage=3, price=3)
    assert ("treasure_stage_wrong", position, "sold[0].price") in found(tamperer)


def test_treasures_that_are_left_are_counted_again(tamperer):
    position = tamperer.find("treasure.stage-ended", of=FIRST, stage=4)
    tamperer.change(position, left=7)
    assert ("treasure_stage_wrong", position, "left") in found(tamperer)


def test_lots_follow_from_the_seed(tamperer):
    position = change_in(tamperer, "treasure.stage-begun", "lots", 0, stage=3, item="map", min=2)
    fields = {field for code, at, field in found(tamperer) if at == position}
    assert fields == {"lots[0].item", "lots[0].min"}


def test_a_stage_lasts_as_long_as_was_promised(tamperer):
    position = tamperer.find("treasure.stage-begun", of=FIRST, nth=2)
    tamperer.change(position, until=tamperer.event(position)["until"] + SECOND)
    assert found(tamperer)[0] == ("treasure_stage_wrong", position, "until")


def test_a_stage_that_ended_too_early_is_told(tamperer):
    position = tamperer.find("treasure.stage-ended", of=MOVED)
    early = tamperer.event(position)["at"] - SECOND
    tamperer.change(position, at=early)
    assert ("treasure_stage_wrong", position, None) in found(tamperer)


@pytest.mark.parametrize("name", ["treasure.stage-ended", "treasure.stage-begun"])
def test_a_stage_s_beginning_and_end_may_not_be_left_out(tamperer, name):
    tamperer.take_out(tamperer.find(name, of=FIRST, nth=3))
    assert "treasure_stage_wrong" in {code for code, *_ in found(tamperer)}


def test_of_one_game_only_the_first_broken_steps_are_told(tamperer):
    for nth in range(6):
        position = tamperer.find("treasure.stage-ended", of=MOVED, nth=nth)
        tamperer.change(position, at=tamperer.event(position)["at"] - SECOND)
    assert len(found(tamperer)) == MOST_BROKEN


# --- without the seed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("treasure.stage-begun", "until", 5),
        ("treasure.stage-begun", "day", 2),
        ("treasure.stage-ended", "stage", 2),
        ("treasure.stage-ended", "positions", []),
        ("treasure.choice-made", "sealed", "0102"),
        ("treasure.choice-made", "seat", 9),
    ],
)
def test_without_the_seed_what_everybody_saw_is_judged(keyless, name, field, value):
    position = keyless.change(keyless.find(name, of=RUNNING), **{field: value})
    codes = [(code, at) for code, at, _ in found(keyless)]
    kind = "treasure_choice_wrong" if name.endswith("made") else "treasure_stage_wrong"
    assert (kind, position) in codes


@pytest.mark.parametrize(
    ("stage", "field", "fields"),
    [
        (1, "positions", {"cell": 0}),
        (2, "hp", {"hp": 9}),
        (2, "hp", {"alive": False}),
        (3, "sold", {"price": 0}),
        (3, "sold", {"buyer": 1}),
        (4, "found", {"count": 2}),
        (4, "found", {"cell": 4}),
    ],
)
def test_without_the_seed_outcomes_must_be_possible(keyless, stage, field, fields):
    position = next(
        position
        for nth in range(2)
        if keyless.event(position := keyless.find(
            "treasure.stage-ended", of=RUNNING, stage=stage, nth=nth
        ))[field]
    )  # fmt: skip
    values = keyless.event(position)[field]
    values[0] |= fields
    keyless.change(position, **{field: values})
    assert ("treasure_stage_wrong", position) in [finding[:2] for finding in found(keyless)]
