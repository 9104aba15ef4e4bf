"""What survives a kill, a full disk, a lost key, a failure of ours."""

import pytest

from parlour.actors.treasure.game import TreasureGame
from parlour.actors.treasure.settings import GameServer
from parlour.events import treasure as facts
from parlour.events.account import account_id
from parlour.events.messages import treasure as wire

GAME = facts.game_id(1, 1)


def come_back(inn, players):
    """Have players log in on a new engine and find their game again."""
    for player in players:
        player.inn = inn
        assert player.log_in().room_id == 1
        player.enter()
    return players


# --- kill -9 -------------------------------------------------------------------------------


def test_a_killed_engine_goes_on_with_the_same_world_and_the_time_that_was_left(inn, crowd):
    players = inn.begin_game(5)
    playing = crowd(inn, players)
    playing.play_on(5)
    playing.act(2)
    world = playing.world
    inn.pass_time(3)
    inn = inn.restart(after=100)
    game = inn.game()
    assert crowd(inn, players).world == world
    assert game.until - inn.clock.time == 27_000_000
    assert game.present == (False,) * 5
    assert len(game.choices) == 2
    come_back(inn, players)
    assert inn.game().present == (True,) * 5


def test_a_stage_has_at_least_a_few_seconds_left(inn):
    players = inn.begin_game(4)
    inn.pass_time(29)
    inn = inn.restart(after=60)
    assert inn.game().until - inn.clock.time == 5_000_000
    inn.pass_time(4.9)
    assert inn.game().stage == 1
    come_back(inn, players[:1])
    inn.pass_time(0.1)
    assert inn.game().stage == 2
    assert players[0].game.services()[-1] == 58


def test_a_game_is_played_to_its_end_across_restarts(inn, crowd):
    players = inn.begin_game(6)
    for draw in range(100):
        if not inn.game().stage:
            break
        crowd(inn, players, draw=draw).act()
        if draw % 3 == 0 and inn.game().stage:
            inn = inn.restart()
            come_back(inn, players)
    assert inn.game().phase == "settled"
    assert {player.game.take()[-1].service for player in players} == {61}


def test_while_players_are_waited_for_a_restart_changes_nothing(inn):
    players = inn.start_game(4)
    players[0].enter()
    inn = inn.restart(after=5)
    assert inn.game().phase == "waiting"
    come_back(inn, players)
    assert (inn.game().day, inn.game().stage) == (1, 1)


def test_a_ticket_of_before_opens_the_game_after_a_restart(inn, connect):
    players = inn.begin_game(4)
    inn = inn.restart()
    client = connect(inn, "treasure-room")
    players[0].inn = inn
    assert players[0].show(client) == 0
    assert client.services() == [51, 58]


def test_after_a_restart_players_are_sent_to_where_the_game_is_then(inn):
    players = inn.begin_game(4)
    elsewhere = GameServer(ip="10.0.0.9", port=4711)
    inn = inn.restart(here=elsewhere)
    players[0].inn = inn
    players[0].log_in()
    way = players[0].find_way()
    assert (way.ip, way.port, way.ws) == ("10.0.0.9", 4711, "")
    assert inn.room().epoch == 1


def test_a_result_that_was_not_settled_before_a_kill_is_settled_after_it(inn, crowd, monkeypatch):
    players = inn.begin_game(4)
    monkeypatch.setattr(TreasureGame, "_tell_room", lambda *_: None)  # killed in between
    crowd(inn, players).play_on()
    assert (inn.game().phase, inn.game().stage) == ("playing", 0)
    monkeypatch.undo()
    inn = inn.restart()
    assert inn.game().phase == "settled"
    assert inn.state(account_id(1)).total_board == 1
    assert inn.room().state == "waiting"


def test_a_process_that_serves_no_games_any_more_keeps_them_until_one_does(inn):
    players = inn.begin_game(4)
    inn = inn.restart(here=None)
    players[0].inn = inn
    assert players[0].log_in().room_id == 1
    assert inn.game().phase == "playing"
    inn = inn.restart(here=GameServer(ip="10.0.0.2", port=1))
    inn.pass_time(6)
    come_back(inn, players)
    assert inn.game().present == (True,) * 4


# --- the key is lost -----------------------------------------------------------------------


def test_without_the_key_a_running_game_is_cancelled_and_the_room_waits(inn, crowd):
    players = inn.begin_game(4)
    crowd(inn, players).play_on(3)
    inn = inn.restart(key=b"another" * 4 + b"key!")
    assert inn.game().phase == "cancelled"
    assert inn.room().state == "waiting"
    assert "deck_key_lost" in inn.reports
    assert inn.state(account_id(1)).total_board == 0
    for player in players:
        player.inn = inn
        assert player.log_in().room_id == 1
        assert player.find_way() is player.way  # nowhere new
    for player in players[1:]:
        assert player.lobby.code(wire.ChangeReady, ready=True) == 0
    assert players[0].lobby.code(wire.StartGame) == 0
    come_back(inn, players)
    assert inn.game(1, 2).phase == "playing"


def test_without_the_key_a_waiting_room_commits_to_another_seed(inn):
    inn.open_room(4)
    before = inn.room()
    inn = inn.restart(key=b"another" * 4 + b"key!")
    assert inn.room().game == before.game + 1
    assert inn.room().commitment != before.commitment
    assert inn.restart().reports == []


# --- the disk is full ----------------------------------------------------------------------


def test_a_command_that_is_not_on_disk_was_not_given(inn, disk):
    players = inn.begin_game(4)
    full = disk(inn)
    full.fill()
    answer = players[0].game.ask(wire.Move, to=1)
    assert (answer.service, answer.of, answer.code) == (52, 52, wire.CODES["no_commands"])
    full.free()
    assert inn.game().choices == ()
    assert players[0].does(wire.Move, to=1) == 0


def test_a_stage_that_ended_on_a_full_disk_did_not_end(inn, disk):
    players = inn.begin_game(4)
    full = disk(inn)
    for player in players[:3]:
        assert player.does(wire.Move, to=1) == 0
    full.fill()
    assert players[3].does(wire.Move, to=1) == wire.CODES["no_commands"]
    assert all(player.game.take() == [] for player in players)
    inn.clock.time += 60_000_000
    full.free()
    assert (inn.game().stage, len(inn.game().choices)) == (1, 3)
    for player in players:  # told anew how long the stage has
        [stage] = player.game.take()
        assert (stage.service, stage.stage) == (58, 1)
    assert players[3].does(wire.Move, to=1) == 0
    assert inn.game().stage == 2


def test_who_left_or_came_while_the_disk_was_full_is_gone_or_not(inn, disk, connect):
    players = inn.begin_game(4)
    players[0].game.cut()
    full = disk(inn)
    full.fill()
    players[1].game.cut()
    client = connect(inn, "treasure-room")
    assert players[0].show(client) == wire.CODES["no_commands"]
    full.free()
    assert inn.game().present == (False, False, True, True)
    assert client.code(wire.Move, to=1) == wire.CODES["not_verified"]
    assert players[0].show(client) == 0
    assert inn.game().present == (True, False, True, True)


def test_a_settlement_that_was_dropped_is_made_again(inn, crowd, disk):
    players = inn.begin_game(4)
    playing = crowd(inn, players)
    full = disk(inn)
    commit = inn.recorder.commit

    def refuse_settlements(units):
        if any("game-settled" in entry.topic for unit in units for entry in unit.entries):
            full.fill()
        return commit(units)

    inn.recorder.commit = refuse_settlements
    while inn.game().stage and inn.engine.accepting:
        playing.act()
    assert not inn.engine.accepting
    inn.recorder.commit = commit
    full.free()
    if inn.game().stage:  # the last stage was dropped with it
        inn.pass_time(30)
    assert inn.game().phase == "settled"
    assert inn.names(GAME).count("GameSettled") == 1
    assert inn.state(account_id(1)).total_board == 1
    assert {player.game.take()[-1].service for player in players} == {61}


def test_a_start_that_was_dropped_was_none(inn, disk):
    players = inn.open_room(4)
    full = disk(inn)
    full.fill()
    assert players[0].lobby.code(wire.StartGame) == wire.CODES["no_commands"]
    assert all(player.find_way() is None for player in players)
    full.free()
    assert inn.room().state == "waiting"
    assert players[0].lobby.code(wire.StartGame) == 0


# --- failures of ours ----------------------------------------------------------------------


def test_a_failure_in_a_game_changes_nothing_and_the_game_goes_on(inn, crowd, monkeypatch):
    players = inn.begin_game(4)
    playing = crowd(inn, players)
    playing.play_on(2)
    world = playing.world
    with monkeypatch.context() as broken:
        broken.setattr("parlour.actors.treasure.game.advance", lambda *_: 1 / 0)
        answer = players[0].game.ask(wire.Bid)
        assert (answer.service, answer.of, answer.code) == (52, 56, wire.CODES["internal_error"])
    assert inn.reports == ["handler_failed"]
    assert playing.world == world
    assert players[0].does(wire.Bid) == 0
    playing.play_on()
    assert inn.game().phase == "settled"


def test_a_game_that_was_forgotten_is_made_again_from_the_log(inn, crowd):
    players = inn.begin_game(4)
    crowd(inn, players).play_on(4)
    inn.engine.end(GAME)
    inn.engine.repository.clear()
    crowd(inn, players).play_on()
    assert inn.game().phase == "settled"


@pytest.mark.parametrize("number", [4, 8])
def test_idle_actors_are_dropped_and_nothing_is_lost(inn, crowd, number):
    players = inn.begin_game(number)
    inn.engine._keep = 1
    playing = crowd(inn, players, draw=number)
    while inn.game().stage:
        inn.engine.passivate()
        playing.act()
    assert inn.game().phase == "settled"
