import pytest
from msgspec.structs import replace

from parlour.events.rules.treasure.settlement import Verdict, settle, side_of, verdict
from parlour.events.rules.treasure.state import World

ROLES = ("evil", "healer", "miner", "explorer", "explorer")


def world(**fields):
    start = World(
        roles=ROLES,
        hp=(3,) * 5,
        gold=(5,) * 5,
        treasures=(0, 1, 2, 3),
        found=(0,) * 5,
        destroyed=(0,) * 5,
    )
    return replace(start, **fields)


def test_while_both_sides_live_and_treasures_are_left_it_goes_on():
    assert verdict(world(), days_over=False) is None


def test_when_all_evil_are_dead_the_good_win():
    assert verdict(world(hp=(0, 3, 3, 3, 3)), days_over=False) == Verdict("good", "evil_dead")


def test_one_living_evil_of_two_is_enough_for_them():
    two = ("evil", "evil", "miner", "healer", "explorer")
    assert verdict(world(roles=two, hp=(0, 1, 3, 3, 3)), days_over=False) is None


def test_when_all_good_are_dead_the_evil_win():
    assert verdict(world(hp=(1, 0, 0, 0, 0)), days_over=False) == Verdict("evil", "good_dead")


def test_when_both_sides_are_dead_the_good_win():
    assert verdict(world(hp=(0,) * 5), days_over=False) == Verdict("good", "evil_dead")


@pytest.mark.parametrize(
    ("found", "destroyed", "winner"),
    [((0, 1, 1, 1, 0), 1, "good"), ((0, 1, 1, 0, 0), 2, "evil"), ((0, 1, 0, 0, 0), 3, "evil")],
)
def test_when_no_treasure_is_left_more_than_half_of_them_wins(found, destroyed, winner):
    over = world(treasures=(), found=found, destroyed=(destroyed, 0, 0, 0, 0))
    assert verdict(over, days_over=False) == Verdict(winner, "no_treasure_left")


def test_treasures_of_the_dead_count_for_their_side():
    over = world(treasures=(), found=(0, 1, 1, 1, 0), destroyed=(1, 0, 0, 0, 0), hp=(3, 0, 0, 0, 3))
    assert verdict(over, days_over=False) == Verdict("good", "no_treasure_left")


@pytest.mark.parametrize(("found", "winner"), [(3, "good"), (2, "evil")])
def test_when_the_days_are_over_half_of_all_treasures_is_not_enough(found, winner):
    left = tuple(range(4 - found))
    over = world(treasures=left, found=(0, found, 0, 0, 0))
    assert verdict(over, days_over=True) == Verdict(winner, "days_over")


def test_deaths_are_looked_at_before_the_days():
    over = world(hp=(0, 3, 3, 3, 3))
    assert verdict(over, days_over=True) == Verdict("good", "evil_dead")


def test_a_score_is_treasures_gold_winning_and_living(scene):
    over = world(
        hp=(3, 0, 3, 3, 3),
        gold=(1, 2, 3, 4, 5),
        treasures=(0,),
        found=(0, 1, 2, 0, 0),
        destroyed=(1, 0, 0, 0, 0),
    )
    settled = settle(scene.game, over, Verdict("good", "days_over"), scene.seed, at=9)
    assert [(p.player_id, p.role, p.alive, p.treasures, p.gold) for p in settled.players] == [
        (101, "evil", True, 1, 1),
        (102, "healer", False, 1, 2),
        (103, "miner", True, 2, 3),
        (104, "explorer", True, 0, 4),
        (105, "explorer", True, 0, 5),
    ]
    assert [p.win for p in settled.players] == [False, True, True, True, True]
    assert [p.score for p in settled.players] == [
        10 + 1 + 0 + 5,
        10 + 2 + 20 + 0,
        20 + 3 + 20 + 5,
        0 + 4 + 20 + 5,
        0 + 5 + 20 + 5,
    ]


def test_the_evil_win_together_also_the_dead(scene):
    settled = settle(scene.game, world(), Verdict("evil", "good_dead"), scene.seed, at=9)
    assert [p.player_id for p in settled.players if p.win] == [101]


def test_a_game_settles_once_and_reveals_its_seed(scene):
    settled = settle(scene.game, world(), Verdict("evil", "good_dead"), scene.seed, at=9)
    assert settled.claims() == ("treasure/settled/treasure.game:7:3",)
    assert bytes.fromhex(settled.seed) == scene.seed


@pytest.mark.parametrize("stage", [2, 4])
def test_ends_are_looked_for_after_stages_two_and_four(scene, stage):
    scene.go_to(stage)
    scene.arrange(treasures=())
    scene.wait_out()
    assert scene.game.phase == "settled"


@pytest.mark.parametrize("stage", [1, 3])
def test_ends_are_not_looked_for_after_stages_one_and_three(scene, stage):
    scene.go_to(stage)
    scene.arrange(hp=(0, 3, 3, 3, 3))
    scene.wait_out()
    assert scene.game.phase == "playing"


def test_the_game_is_over_after_day_seven(scene):
    scene.go_to(4, day=7)
    scene.wait_out()
    assert scene.game.settled.reason == "days_over"
    assert scene.game.settled.winner == "evil"


def test_a_death_ends_the_game_at_once(scene):
    scene.arrange(hp=(1, 3, 3, 3, 3))
    scene.go_to(2)
    scene.attack(3, 0)
    scene.wait_out()
    assert (scene.game.settled.winner, scene.game.settled.reason) == ("good", "evil_dead")


def test_all_but_the_evil_are_good():
    assert [side_of(role) for role in ROLES] == ["evil", "good", "good", "good", "good"]
