import msgspec
import pytest
from msgspec.structs import replace

from parlour.events import treasure as facts
from parlour.events.errors import CorruptLog
from parlour.events.rules.treasure.sealing import Choice, Kind, Place, seal
from parlour.events.rules.treasure.state import Game, World
from parlour.events.rules.treasure.world import advance, set_up, world_of


def sealed(scene, seat, choice, *, n=0):
    place = Place(scene.game.day, scene.game.stage, seat, n)
    return facts.ChoiceMade(at=scene.now, seat=seat, sealed=seal(scene.seed, place, choice))


def test_a_game_that_is_not_open_has_no_world():
    assert world_of(Game(), bytes(32)) == World()


def test_before_the_first_choice_the_world_is_as_it_was_set_up(new_scene):
    scene = new_scene(7, begun=False)
    assert world_of(scene.game, scene.seed) == scene.world == set_up(scene.seed, 7)


def test_another_seed_is_another_world(new_scene):
    assert new_scene(6, seed=1).world != new_scene(6, seed=2).world


def test_a_world_is_made_again_in_mid_stage(new_scene):
    scene = new_scene(5)
    scene.move(3, 1)
    scene.move(3, 5)
    scene.move(2, 7)
    assert [made.n for made in scene.world.choices] == [1, 0]
    assert world_of(scene.game, scene.seed) == scene.world


def test_a_world_is_made_again_from_a_snapshot(play_game):
    scene = play_game(8, 5)
    stored = msgspec.json.encode(scene.game)
    game = msgspec.json.decode(stored, type=Game)
    assert game == scene.game
    assert world_of(game, scene.seed) == scene.world


def test_what_hides_nothing_changes_nothing(scene):
    assert advance(scene.world, facts.PlayerGone(at=1, seat=1), scene.seed) is scene.world


def test_a_choice_the_rules_refuse_is_a_broken_log(scene):
    with pytest.raises(CorruptLog, match="not_adjacent"):
        advance(scene.world, sealed(scene, 3, Choice(Kind.MOVE, 0)), scene.seed)


def test_a_choice_of_another_stage_is_a_broken_log(scene):
    with pytest.raises(CorruptLog, match="wrong_stage"):
        advance(scene.world, sealed(scene, 3, Choice(Kind.EXPLORE)), scene.seed)


def test_a_choice_of_a_seat_nobody_has_is_a_broken_log(scene):
    with pytest.raises(CorruptLog, match="nobody"):
        advance(scene.world, sealed(scene, 5, Choice(Kind.MOVE, 5)), scene.seed)


def test_a_choice_that_was_moved_in_the_log_does_not_open(scene):
    with pytest.raises(CorruptLog):
        advance(scene.world, sealed(scene, 3, Choice(Kind.MOVE, 5), n=1), scene.seed)


def test_a_stage_that_was_not_on_does_not_end(scene):
    with pytest.raises(CorruptLog, match="not on"):
        advance(scene.world, facts.StageEnded(at=1, day=1, stage=2), scene.seed)


def test_a_game_with_a_changed_choice_has_no_world(new_scene):
    scene = new_scene(5)
    scene.move(3, 1)
    choice = scene.game.choices[0]
    flipped = ("0" if choice.sealed[0] != "0" else "1") + choice.sealed[1:]
    game = replace(scene.game, choices=(replace(choice, sealed=flipped),))
    with pytest.raises(CorruptLog):
        world_of(game, scene.seed)
