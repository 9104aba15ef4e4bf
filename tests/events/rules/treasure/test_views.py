import msgspec
import pytest

from parlour.events import treasure as facts
from parlour.events.messages import treasure as wire
from parlour.events.messages.treasure import MapAnswer
from parlour.events.rules.treasure import commands, views
from parlour.events.rules.treasure.game import decide, evolve
from parlour.events.rules.treasure.world import advance

SECOND = 1_000_000


def services(messages):
    return [message.service for message in messages]


def heard(scene, act):
    """What each seat is told while `act` is done."""
    before = [len(told) for told in scene.told]
    act()
    return [told[start:] for told, start in zip(scene.told, before, strict=True)]


# --- in the course of a day -----------------------------------------------------------------


def test_at_the_beginning_each_is_told_who_he_is_and_all_the_first_stage(new_scene):
    scene = new_scene(6)
    for seat in scene.seats:
        own, stage = scene.told[seat]
        assert (own.player_id, own.seat, own.role) == (101 + seat, seat, scene.world.roles[seat])
        assert (own.hp, own.gold, own.cell, own.days, own.cells) == (3, 5, 4, 7, 9)
        assert own.commitment == scene.game.commitment
        assert own.left == 5
        assert stage == wire.Stage(day=1, stage=1, ends_in=30.0)


def test_only_the_evil_are_told_their_mates(new_scene):
    scene = new_scene(6)
    evil = [101 + seat for seat, role in enumerate(scene.world.roles) if role == "evil"]
    for seat in scene.seats:
        mates = scene.told[seat][0].mates
        if 101 + seat in evil:
            assert mates == tuple(uid for uid in evil if uid != 101 + seat)
        else:
            assert b"mates" not in wire_bytes(scene.told[seat][0])


def wire_bytes(message):
    return msgspec.json.encode(message)


def test_after_the_moves_all_see_positions_and_the_evil_more(scene):
    scene.arrange(gold=(1, 2, 3, 4, 5))
    scene.move(4, 1)
    told = heard(scene, scene.wait_out)
    assert [services(of) for of in told] == [[53, 62, 58]] + [[53, 58]] * 4
    assert told[3][0].positions[4] == facts.Position(player_id=105, cell=1)
    vision = told[0][1]
    assert vision.players[4] == wire.Sighted(player_id=105, cell=1, hp=3, gold=5)
    assert vision.hint == scene.world.hint
    assert vision.hint in scene.world.treasures


def test_after_the_actions_all_see_hp_and_each_living_his_own_goods(scene):
    scene.arrange(hp=(3, 3, 3, 2, 3), gold=(1, 2, 3, 4, 5), cells=(1, 4, 4, 1, 4))
    scene.go_to(2)
    scene.attack(0, 3)
    told = heard(scene, scene.wait_out)
    assert [services(of) for of in told] == [[54, 55, 58, 56]] * 3 + [
        [54, 58, 56],
        [54, 55, 58, 56],
    ]
    assert told[3][0].hp[3] == facts.Health(player_id=104, hp=0, alive=False)
    assert told[0][1] == wire.Goods(gold=1, items=(), ore_here=3)
    assert told[2][1] == wire.Goods(gold=3, items=(), ore_here=0)
    assert told[2][2] == wire.Stage(day=1, stage=3, ends_in=20.0)
    assert told[2][3] == wire.Lots(day=1, lots=scene.game.lots)


def test_after_the_auction_all_see_the_sales_and_the_buyers_their_goods(scene):
    scene.go_to(3)
    first, second = scene.world.lots
    scene.bid(3, first.lot_id, 4)
    told = heard(scene, scene.wait_out)
    assert [services(of) for of in told] == [[57, 58]] * 3 + [[57, 55, 58], [57, 58]]
    assert told[0][0].sold == (facts.Sale(lot_id=first.lot_id, buyer=104, price=4),)
    assert told[3][1].gold == 1
    assert second.lot_id not in [sale.lot_id for sale in told[0][0].sold]


def test_who_buys_both_lots_is_told_once(scene):
    scene.arrange(gold=(9,) * 5)
    scene.go_to(3)
    for lot in scene.world.lots:
        scene.bid(3, lot.lot_id, 4)
    told = heard(scene, scene.wait_out)
    assert services(told[3]) == [57, 55, 58]


def test_a_map_is_told_to_its_buyer(scene):
    scene.go_to(3)
    scene.arrange(lots=(facts.Lot(lot_id=1, item="map", min=2),))
    scene.bid(3, 1, 2)
    told = heard(scene, scene.wait_out)
    assert told[3][1].items == scene.world.items[3]
    assert isinstance(told[3][1].items[0], MapAnswer)


def test_after_exploring_each_explorer_hears_his_own_and_all_what_left(scene):
    scene.go_to(4)
    scene.arrange(cells=(8, 1, 1, 2, 4), treasures=(1, 8), found=(0, 3, 0, 0, 0))
    for seat in (0, 1, 3):
        scene.explore(seat)
    scene.explore(4, skip=True)
    told = heard(scene, scene.wait_out)
    assert [services(of) for of in told] == [
        [59, 60, 61],
        [59, 60, 61],
        [60, 61],
        [59, 60, 61],
        [60, 61],
    ]
    assert told[0][0] == wire.Exploration(success=True, treasure=8)
    assert told[3][0] == wire.Exploration(success=False)
    found = (facts.Found(cell=1, count=1), facts.Found(cell=8, count=1))
    assert told[2][0] == wire.Findings(day=1, found=found, left=0)


def test_the_settlement_is_told_to_all_also_the_dead(scene):
    scene.arrange(hp=(0, 3, 3, 0, 3))
    scene.go_to(2)
    told = heard(scene, scene.wait_out)
    assert all(services(of)[-1] == 61 for of in told)
    over = told[3][-1]
    assert over.seed == scene.seed.hex()
    assert [line.role for line in over.players] == list(scene.world.roles)


def test_a_dead_evil_sees_no_more_than_others(new_scene):
    scene = new_scene(6)
    scene.arrange(
        roles=("evil", "evil", "healer", "miner", "explorer", "explorer"), hp=(0, 3, 3, 3, 3, 3)
    )
    told = heard(scene, scene.wait_out)
    assert services(told[0]) == [53, 58]
    assert services(told[1]) == [53, 62, 58]
    assert [p.player_id for p in told[1][1].players] == [102, 103, 104, 105, 106]


def test_a_choice_tells_nobody_anything(scene):
    assert heard(scene, lambda: scene.move(3, 1)) == [[]] * 5


def test_coming_and_going_tells_nobody_anything(scene):
    assert heard(scene, lambda: (scene.lose(3), scene.verify(3))) == [[]] * 5


def test_after_a_stop_all_hear_how_long_the_stage_lasts(scene):
    resume = commands.Resume(at=scene.now, left_at=scene.now, floor_us=0, cold=False)
    told = heard(scene, lambda: scene.do(resume))
    assert told == [[wire.Stage(day=1, stage=1, ends_in=30.0)]] * 5


# --- coming back ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "told"), [(1, [51, 58]), (2, [51, 58]), (3, [51, 58, 56]), (4, [51, 58])]
)
def test_who_comes_back_hears_who_he_is_the_stage_and_what_it_pushed(scene, stage, told):
    scene.go_to(stage)
    assert services(views.welcome(scene.game, scene.world, 3, scene.now)) == told
    evil = told if stage == 1 else [*told, 62]
    assert services(views.welcome(scene.game, scene.world, 0, scene.now)) == evil


def test_who_comes_back_hears_how_things_are_now(scene):
    scene.go_to(4)
    scene.arrange(gold=(1, 2, 3, 4, 5), hp=(3, 3, 3, 2, 0), cells=(4, 4, 4, 7, 1))
    scene.wait(12.5)
    own, stage = views.welcome(scene.game, scene.world, 3, scene.now)
    assert (own.hp, own.gold, own.cell) == (2, 4, 7)
    assert own.players[4] == wire.Companion(
        player_id=105, name="name4", seat=4, cell=1, hp=0, alive=False
    )
    assert stage == wire.Stage(day=1, stage=4, ends_in=7.5)


def test_the_evil_learn_nothing_by_coming_back_often(scene):
    scene.arrange(cells=(1, 1, 1, 1, 1))
    told = heard(scene, scene.wait_out)
    scene.mine(3)
    scene.wait_out()
    assert scene.world.gold[3] == 7
    assert views.welcome(scene.game, scene.world, 0, scene.now)[-1] == told[0][1]


def test_a_choice_that_was_made_is_not_seen_when_coming_back(scene):
    scene.move(3, 1)
    own = views.welcome(scene.game, scene.world, 3, scene.now)[0]
    assert own.cell == 4


def test_before_the_beginning_nothing_is_told(new_scene):
    scene = new_scene(4, begun=False)
    scene.verify(0)
    assert scene.told == [[], [], [], []]
    assert views.welcome(scene.game, scene.world, 0, scene.now) == []


def test_who_comes_back_after_the_end_hears_the_settlement(play_game):
    scene = play_game(4, 1)
    assert services(views.welcome(scene.game, scene.world, 0, scene.now)) == [61]


def test_a_stage_that_should_have_ended_has_no_time_left(scene):
    scene.wait(31)
    assert views.welcome(scene.game, scene.world, 3, scene.now)[1].ends_in == 0


def test_replay_tells_the_same_from_the_log(play_game):
    scene = play_game(5, 3)
    game, world = type(scene.game)(), type(scene.world)()
    told = [[] for _ in scene.seats]
    for event in scene.log:
        before = world
        game, world = evolve(game, event), advance(world, event, scene.seed)
        for seat, message in views.follow(game, before, event, world):
            for to in scene.seats if seat is None else [seat]:
                told[to].append(message)
    assert told == scene.told
    assert decide(game, world, commands.Ring(at=scene.now), scene.seed) == []
