"""Section 5 of the page, stage by stage. Of `scene`: 0 evil, 1 healer, 2 miner, 3 and 4 explore."""

import pytest

from parlour.events import treasure as facts
from parlour.events.errors import RuleViolation
from parlour.events.messages.treasure import CODES
from parlour.events.rules.treasure import draws, stages


def refused(code):
    """The number a client would be told."""
    return pytest.raises(RuleViolation, match=f"^{next(w for w, n in CODES.items() if n == code)}$")


# --- stage 1: move --------------------------------------------------------------------------


@pytest.mark.parametrize("to", [1, 3, 4, 5, 7])
def test_a_player_goes_to_a_neighbour_or_stays(scene, to):
    scene.move(3, to)
    scene.wait_out()
    assert scene.world.cells == (4, 4, 4, to, 4)


@pytest.mark.parametrize("to", [0, 2, 6, 8, 9, -1, 100, 2**63])
def test_he_goes_nowhere_else_and_not_off_the_map(scene, to):
    with refused(17):
        scene.move(3, to)


@pytest.mark.parametrize(("here", "there"), [(2, 3), (3, 2), (5, 6), (6, 5)])
def test_rows_do_not_wrap(scene, here, there):
    scene.arrange(cells=(4, 4, 4, here, 4))
    with refused(17):
        scene.move(3, there)


def test_the_last_move_sent_counts(scene):
    scene.move(3, 1)
    scene.move(3, 5)
    scene.wait_out()
    assert scene.world.cells[3] == 5


def test_a_pass_takes_a_move_back(scene):
    scene.move(3, 1)
    scene.move(3, None)
    scene.wait_out()
    assert scene.world.cells[3] == 4


def test_nobody_sees_a_move_before_the_stage_is_over(scene):
    scene.move(3, 1)
    assert scene.world.cells == scene.game.cells == (4,) * 5


def test_the_same_move_again_needs_no_record(scene):
    assert len(scene.move(3, 1)) == 1
    assert scene.move(3, 1) == []


def test_the_living_are_shown_where_they_are(scene):
    scene.arrange(hp=(3, 3, 0, 3, 3))
    scene.move(0, 1)
    scene.wait_out()
    shown = scene.last(facts.StageEnded).positions
    assert [(p.player_id, p.cell) for p in shown] == [(101, 1), (102, 4), (104, 4), (105, 4)]


# --- stage 2: attack, heal, mine ------------------------------------------------------------


def test_an_attack_takes_one_and_an_evil_one_two(scene):
    scene.go_to(2)
    scene.attack(3, 4)
    scene.attack(0, 1)
    scene.wait_out()
    assert scene.world.hp == (3, 1, 3, 3, 2)


def test_a_heal_gives_one_and_the_healers_two(scene):
    scene.arrange(hp=(3, 3, 1, 1, 3))
    scene.go_to(2)
    scene.heal(4, 2)
    scene.heal(1, 3)
    scene.wait_out()
    assert scene.world.hp == (3, 3, 2, 3, 3)


def test_a_player_heals_himself(scene):
    scene.arrange(hp=(3, 3, 3, 1, 3))
    scene.go_to(2)
    scene.heal(3, 3)
    scene.wait_out()
    assert scene.world.hp[3] == 2


def test_attacks_and_heals_of_a_stage_count_together(scene):
    scene.arrange(hp=(3, 3, 3, 1, 3))
    scene.go_to(2)
    scene.attack(0, 3)
    scene.heal(1, 3)
    scene.wait_out()
    assert scene.world.hp[3] == 1


@pytest.mark.parametrize(("before", "heals", "after"), [(3, [1, 2], 3), (2, [1], 3)])
def test_nobody_has_more_than_three(scene, before, heals, after):
    scene.arrange(hp=(3, 3, 3, before, 3))
    scene.go_to(2)
    for seat in heals:
        scene.heal(seat, 3)
    scene.wait_out()
    assert scene.world.hp[3] == after


def test_nobody_has_less_than_nothing(scene):
    scene.arrange(hp=(3, 3, 3, 1, 3))
    scene.go_to(2)
    scene.attack(0, 3)
    scene.attack(2, 3)
    scene.wait_out()
    assert scene.world.hp[3] == 0


def test_who_dies_still_attacked_and_healed(scene):
    scene.arrange(hp=(3, 2, 1, 1, 2))
    scene.go_to(2)
    scene.attack(0, 3)
    scene.attack(3, 4)
    scene.heal(1, 2)
    scene.attack(4, 1)
    scene.attack(2, 1)
    assert scene.world.hp == (3, 0, 3, 0, 1)


def test_attackers_are_not_named(scene):
    scene.go_to(2)
    scene.attack(0, 3)
    scene.wait_out()
    ended = scene.last(facts.StageEnded)
    assert [(h.player_id, h.hp, h.alive) for h in ended.hp] == [
        (101, 3, True),
        (102, 3, True),
        (103, 3, True),
        (104, 1, True),
        (105, 3, True),
    ]
    assert (ended.positions, ended.sold, ended.found) == ((), (), ())


def test_a_player_does_not_attack_himself(scene):
    scene.go_to(2)
    with refused(16):
        scene.attack(3, 3)


@pytest.mark.parametrize("hit", ["attack", "heal"])
def test_a_target_lives_and_is_in_the_same_cell(scene, hit):
    scene.arrange(cells=(4, 4, 4, 4, 1), hp=(3, 3, 0, 3, 3))
    scene.go_to(2)
    for target in (4, 2, 7, -200):
        with refused(16):
            getattr(scene, hit)(3, target)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda s: s.attack(3, None), lambda s: s.attack(3, 4)),
        (lambda s: s.attack(3, 4), lambda s: s.heal(3, None)),
        (lambda s: s.heal(3, 4), lambda s: s.mine(3)),
        (lambda s: s.mine(3), lambda s: s.mine(3)),
    ],
)
def test_a_player_does_one_thing_also_when_it_is_nothing(scene, first, second):
    scene.arrange(cells=(4, 4, 4, 1, 1))
    scene.go_to(2)
    first(scene)
    with refused(15):
        second(scene)


def test_having_acted_is_said_before_a_bad_target(scene):
    scene.go_to(2)
    scene.attack(3, None)
    with refused(15):
        scene.attack(3, 3)


@pytest.mark.parametrize(("seat", "gold"), [(3, 2), (2, 3), (0, 2)])
def test_a_dig_gives_two_and_the_miners_three(scene, seat, gold):
    scene.arrange(cells=(1,) * 5)
    scene.go_to(2)
    scene.mine(seat)
    scene.wait_out()
    assert scene.world.gold[seat] == 5 + gold
    assert scene.world.ore[1] == 2


def test_each_pick_gives_one_more_a_dig(scene):
    scene.arrange(cells=(1,) * 5, items=((), (), ("pick", "pick"), ("pick", "lamp"), ()))
    scene.go_to(2)
    scene.mine(2)
    scene.mine(3)
    scene.wait_out()
    assert scene.world.gold == (5, 5, 10, 8, 5)


def test_where_no_ore_is_nobody_digs(scene):
    scene.go_to(2)
    with refused(16):
        scene.mine(3)


def test_ore_goes_to_who_chose_first(scene):
    scene.arrange(cells=(1,) * 5, ore=(0, 2, 0, 0, 0, 0, 0, 0, 0))
    scene.go_to(2)
    for seat in (4, 3, 1):
        scene.mine(seat)
    scene.wait_out()
    assert scene.world.gold == (5, 5, 5, 7, 7)
    assert scene.world.ore[1] == 0


def test_who_is_hit_digs_nothing_and_takes_no_ore(scene):
    scene.arrange(cells=(1,) * 5, ore=(0, 1, 0, 0, 0, 0, 0, 0, 0))
    scene.go_to(2)
    scene.mine(4)
    scene.mine(3)
    scene.attack(0, 4)
    scene.heal(1, 4)
    scene.wait_out()
    assert scene.world.gold == (5, 5, 5, 7, 5)


# --- stage 4: explore -----------------------------------------------------------------------


@pytest.fixture
def exploration(scene):
    """Seats 0 to 3 are in cell 1, which hides a treasure; so does cell 8."""
    scene.go_to(4)
    scene.arrange(cells=(1, 1, 1, 1, 2), treasures=(1, 5, 7, 8))
    return scene


def test_who_explores_alone_finds(exploration):
    exploration.explore(3)
    exploration.wait_out()
    assert exploration.world.found == (0, 0, 0, 1, 0)
    assert exploration.world.treasures == (5, 7, 8)
    ended = exploration.last(facts.StageEnded)
    assert (ended.found, ended.left) == ((facts.Found(cell=1, count=1),), 3)


def test_what_the_evil_find_is_destroyed(exploration):
    exploration.explore(0)
    exploration.wait_out()
    assert exploration.world.found == (0,) * 5
    assert exploration.world.destroyed == (1, 0, 0, 0, 0)
    assert exploration.last(facts.StageEnded).found == (facts.Found(cell=1, count=1),)


def test_only_his_own_cell_is_explored(exploration):
    exploration.explore(4)
    exploration.wait_out()
    assert exploration.world.treasures == (1, 5, 7, 8)
    assert exploration.last(facts.StageEnded).found == ()


def test_who_passes_finds_nothing(exploration):
    exploration.explore(3, skip=True)
    exploration.wait_out()
    assert exploration.world.treasures == (1, 5, 7, 8)


def test_one_of_several_finds_by_a_draw(exploration):
    for seat in (2, 0, 3):
        exploration.explore(seat)
    exploration.wait_out()
    lucky = draws.finder(exploration.seed, 1, 1, (0, 2, 3))
    world = exploration.world
    taken = [f + d for f, d in zip(world.found, world.destroyed, strict=True)]
    assert taken == [int(seat == lucky) for seat in range(5)]


def test_who_has_a_lamp_comes_first(exploration):
    exploration.arrange(items=((), (), (), ("lamp",), ()))
    for seat in (0, 1, 2, 3):
        exploration.explore(seat)
    exploration.wait_out()
    assert exploration.world.found == (0, 0, 0, 1, 0)


def test_of_several_lamps_a_draw_decides(exploration):
    exploration.arrange(items=((), ("lamp",), ("lamp",), (), ()))
    for seat in (0, 1, 2, 3):
        exploration.explore(seat)
    exploration.wait_out()
    assert exploration.world.found[draws.finder(exploration.seed, 1, 1, (1, 2))] == 1


@pytest.mark.parametrize("skip", [True, False])
def test_a_player_explores_once_also_after_a_pass(exploration, skip):
    exploration.explore(3, skip=skip)
    with refused(15):
        exploration.explore(3)


# --- all of them ----------------------------------------------------------------------------


EACH = {
    1: lambda s: s.move(3, None),
    2: lambda s: s.attack(3, None),
    3: lambda s: s.bid(3, None),
    4: lambda s: s.explore(3, skip=True),
}


@pytest.mark.parametrize("now", EACH)
@pytest.mark.parametrize("wanted", EACH)
def test_commands_of_another_stage_are_refused(scene, now, wanted):
    scene.go_to(now)
    if now == wanted:
        assert EACH[wanted](scene)
        return
    with refused(4):
        EACH[wanted](scene)


def test_heal_and_mine_belong_to_stage_two(scene):
    for wanted in (lambda s: s.heal(3, 3), lambda s: s.mine(3)):
        with refused(4):
            wanted(scene)


@pytest.mark.parametrize("now", EACH)
def test_the_dead_do_not_act(scene, now):
    scene.arrange(hp=(3, 3, 3, 0, 3))
    scene.go_to(now)
    with refused(14):
        EACH[now](scene)


def test_another_stage_is_said_before_being_dead(scene):
    scene.arrange(hp=(3, 3, 3, 0, 3))
    with refused(4):
        scene.mine(3)


def test_neighbours_are_four_at_most():
    assert [len(cells) for cells in stages.REACH] == [3, 4, 3, 4, 5, 4, 3, 4, 3]
