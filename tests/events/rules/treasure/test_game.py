import pytest
from msgspec.structs import replace

from parlour.events import treasure as facts
from parlour.events.errors import RuleViolation
from parlour.events.rules.treasure import commands, draws
from parlour.events.rules.treasure.game import decide, evolve, running, seat_of
from parlour.events.rules.treasure.state import Game, World

SECOND = 1_000_000


def names(events):
    return [type(event).__name__ for event in events]


def opening(scene, **changes):
    """The command that opened the scene's game, with changes."""
    opened = scene.log[0]
    command = commands.OpenGame(
        at=scene.now,
        room=opened.room,
        game=opened.game,
        epoch=opened.epoch,
        server=opened.server,
        players=opened.players,
        commitment=opened.commitment,
        times=opened.times,
    )
    return replace(command, **changes)


# --- before the beginning -------------------------------------------------------------------


def test_everybody_starts_in_the_centre_with_three_hp_and_five_gold(new_scene):
    world = new_scene(6).world
    assert world.cells == (4,) * 6
    assert world.hp == (3,) * 6
    assert world.gold == (5,) * 6
    assert world.items == ((),) * 6


def test_each_outer_cell_has_three_ore(new_scene):
    assert new_scene(4).world.ore == (3, 3, 3, 3, 0, 3, 3, 3, 3)


@pytest.mark.parametrize("number", [4, 5, 6, 7, 8])
def test_one_treasure_less_than_players_is_hidden(new_scene, number):
    scene = new_scene(number)
    assert len(scene.world.treasures) == scene.game.left == number - 1


@pytest.mark.parametrize(("number", "code"), [(3, "too_few_players"), (9, "room_full")])
def test_a_game_has_four_to_eight_players(new_scene, number, code):
    players = tuple(facts.Player(seat=seat, uid=seat + 1, username="x") for seat in range(number))
    command = opening(new_scene(), players=players)
    with pytest.raises(RuleViolation, match=code):
        decide(Game(), World(), command, bytes(32))


def test_the_game_begins_when_all_are_verified(new_scene):
    scene = new_scene(4, begun=False)
    for seat in (2, 0, 3):
        assert names(scene.verify(seat)) == ["PlayerVerified"]
    assert names(scene.verify(1)) == ["PlayerVerified", "StageBegun"]
    assert (scene.game.phase, scene.game.day, scene.game.stage) == ("playing", 1, 1)


def test_it_begins_without_who_does_not_come_in_time(new_scene):
    scene = new_scene(4, begun=False)
    scene.verify(0)
    scene.wait(19.9)
    assert scene.ring() == []
    scene.wait(0.1)
    assert names(scene.ring()) == ["StageBegun"]


def test_who_left_again_is_waited_for(new_scene):
    scene = new_scene(4, begun=False)
    scene.verify(0)
    scene.lose(0)
    for seat in (1, 2, 3):
        scene.verify(seat)
    assert scene.game.phase == "waiting"
    assert names(scene.verify(0)) == ["PlayerVerified", "StageBegun"]


def test_nobody_acts_before_the_beginning(new_scene):
    scene = new_scene(4, begun=False)
    scene.verify(0)
    with pytest.raises(RuleViolation, match="wrong_stage"):
        scene.move(0, 1)


def test_a_second_connection_with_the_same_ticket_needs_no_record(scene):
    assert scene.verify(2) == []


def test_another_ticket_of_a_player_is_recorded(scene):
    events = scene.verify(2, ticket="ab" * 32)
    assert names(events) == ["PlayerVerified"]
    assert scene.game.tickets[2] == "ab" * 32


def test_a_seat_nobody_has_is_a_bad_ticket(scene):
    with pytest.raises(RuleViolation, match="bad_ticket"):
        scene.verify(5)


def test_a_running_game_is_not_opened_again(scene):
    with pytest.raises(RuleViolation, match="game_running"):
        scene.do(opening(scene, epoch=9))


def test_a_game_that_waits_is_opened_anew_under_a_higher_epoch_alone(new_scene):
    scene = new_scene(5, begun=False)
    scene.verify(0)
    with pytest.raises(RuleViolation, match="stale_epoch"):
        scene.do(opening(scene, epoch=1))
    scene.do(opening(scene, epoch=2, server="other", players=scene.log[0].players[:4]))
    assert (scene.game.epoch, scene.game.server) == (2, "other")
    assert scene.game.present == (False,) * 4
    assert len(scene.world.treasures) == 3


# --- the course of a day --------------------------------------------------------------------


def test_stages_follow_each_other_and_last_what_the_times_say(scene):
    begun, lasted = [], []
    while scene.game.day < 3:
        begun.append((scene.game.day, scene.game.stage))
        lasted.append((scene.game.until - scene.now) // SECOND)
        scene.wait_out()
    assert begun == [(day, stage) for day in (1, 2) for stage in (1, 2, 3, 4)]
    assert lasted == [30, 30, 20, 20] * 2


def test_a_stage_does_not_end_before_its_time(scene):
    scene.wait(29.999)
    assert scene.ring() == []


@pytest.mark.parametrize("stage", [1, 2, 3, 4])
def test_a_stage_ends_with_the_first_action_of_the_last_living_player(scene, stage):
    scene.arrange(hp=(3, 3, 3, 3, 0))
    scene.go_to(stage)
    for seat in (0, 1, 2):
        assert names(scene.act(seat)) == ["ChoiceMade"]
    assert names(scene.act(3)) == ["ChoiceMade", "StageEnded", "StageBegun"]


def test_the_action_that_ends_a_stage_counts(scene):
    for seat in range(4):
        scene.act(seat)
    scene.move(4, 1)
    assert scene.world.cells[4] == 1


def test_after_the_last_action_nobody_changes_his(scene):
    for seat in range(5):
        scene.act(seat)
    with pytest.raises(RuleViolation, match="wrong_stage"):
        scene.move(0, 1)


def test_the_absent_do_not_act_and_the_stage_runs_to_its_time(scene):
    scene.lose(4)
    for seat in range(4):
        scene.act(seat)
    assert scene.game.stage == 1
    with pytest.raises(RuleViolation, match="not_verified"):
        scene.act(4)
    scene.wait_out()
    assert scene.game.stage == 2


def test_who_acted_and_went_has_acted(scene):
    scene.move(4, 1)
    scene.lose(4)
    for seat in range(4):
        scene.act(seat)
    assert scene.game.stage == 2
    assert scene.world.cells[4] == 1


def test_losing_a_player_twice_is_one_event(scene):
    assert names(scene.lose(1)) == ["PlayerGone"]
    assert scene.lose(1) == []
    assert scene.lose(77) == []


def test_a_choice_is_in_the_log_sealed(scene):
    scene.move(1, 5)
    scene.move(3, 5)
    first, second = scene.log[-2:]
    assert (first.seat, second.seat) == (1, 3)
    assert first.sealed != second.sealed


def test_a_game_that_is_over_hears_nothing(scene):
    scene.arrange(hp=(0, 3, 3, 3, 3))
    scene.go_to(2)
    ended = scene.wait_out()
    assert names(ended) == ["StageEnded", "GameSettled"]
    assert not running(scene.game)
    with pytest.raises(RuleViolation, match="wrong_stage"):
        scene.act(1)
    assert scene.ring() == scene.lose(1) == []
    with pytest.raises(RuleViolation, match="bad_ticket"):
        scene.verify(1)


def test_of_many_moves_the_game_keeps_the_last(scene):
    for to in (1, 3, 5, 7, 1):
        scene.move(3, to)
    assert [(choice.seat, choice.n) for choice in scene.game.choices] == [(3, 4)]


# --- stops ----------------------------------------------------------------------------------


def test_after_a_cold_start_nobody_is_connected_and_the_stage_keeps_what_it_had_left(scene):
    left_at = scene.now + 12 * SECOND
    scene.wait(600)
    command = commands.Resume(at=scene.now, left_at=left_at, floor_us=10 * SECOND, cold=True)
    assert names(scene.do(command)) == ["PlayerGone"] * 5 + ["StageResumed"]
    assert scene.game.present == (False,) * 5
    assert scene.game.until == scene.now + 18 * SECOND


def test_after_a_warm_stop_players_are_still_connected(scene):
    left_at = scene.now + 25 * SECOND
    command = commands.Resume(at=left_at, left_at=left_at, floor_us=10 * SECOND, cold=False)
    assert names(scene.do(command)) == ["StageResumed"]
    assert scene.game.present == (True,) * 5
    assert scene.game.until == left_at + 10 * SECOND


def test_the_wait_for_players_goes_on_after_a_stop(new_scene):
    scene = new_scene(4, begun=False)
    scene.wait(100)
    scene.do(commands.Resume(at=scene.now, left_at=0, floor_us=SECOND, cold=True))
    assert running(scene.game)
    assert scene.ring() == []


def test_another_room_server_goes_on_with_the_same_choices(scene):
    scene.move(3, 5)
    before = scene.world
    command = commands.MoveGame(
        at=scene.now, epoch=2, server="other", left_at=scene.now, floor_us=SECOND
    )
    assert names(scene.do(command)) == ["GameMoved", "StageResumed"]
    assert (scene.game.epoch, scene.game.server) == (2, "other")
    assert scene.game.present == (False,) * 5
    assert scene.world == before
    scene.wait_out()
    assert scene.world.cells[3] == 5


@pytest.mark.parametrize("epoch", [0, 1])
def test_an_older_epoch_does_not_move_a_game(scene, epoch):
    with pytest.raises(RuleViolation, match="stale_epoch"):
        scene.do(commands.MoveGame(at=scene.now, epoch=epoch, server="x", left_at=0, floor_us=0))


def test_a_game_whose_key_is_lost_is_cancelled_once(scene):
    scene.move(3, 5)
    cancel = commands.CancelGame(at=scene.now)
    assert names(scene.do(cancel)) == ["GameCancelled"]
    assert scene.log[-1].claims() == ("treasure/settled/treasure.game:7:3",)
    assert scene.do(cancel) == []
    assert scene.game.phase == "cancelled"
    with pytest.raises(RuleViolation, match="wrong_stage"):
        scene.act(1)


@pytest.mark.parametrize("stop", [commands.Resume, commands.MoveGame])
def test_a_game_that_is_over_is_not_resumed(scene, stop):
    scene.do(commands.CancelGame(at=scene.now))
    extra = {"cold": True} if stop is commands.Resume else {"epoch": 2, "server": "x"}
    assert scene.do(stop(at=scene.now, left_at=0, floor_us=0, **extra)) == []


# --- the public side ------------------------------------------------------------------------


def test_a_player_is_found_by_his_uid(scene):
    assert seat_of(scene.game, 103) == 2
    assert seat_of(scene.game, 2) is None


def test_events_of_other_aggregates_change_nothing(scene):
    event = facts.RoomListed(at=1, room=1)
    assert evolve(scene.game, event) is scene.game


def test_recorded_facts_are_never_refused():
    game = evolve(Game(), facts.PlayerVerified(at=1, seat=3, ticket=""))
    game = evolve(game, facts.ChoiceMade(at=1, seat=99, sealed="junk"))
    sold = (facts.Sale(lot_id=9, buyer=9, price=1),)
    game = evolve(game, facts.StageEnded(at=1, day=9, stage=3, sold=sold))
    assert len(game.ended) == 1


def test_the_commitment_is_the_hash_of_the_seed_that_is_revealed(play_game):
    scene = play_game(5, 1)
    assert scene.game.commitment == draws.commitment(bytes.fromhex(scene.game.settled.seed))
