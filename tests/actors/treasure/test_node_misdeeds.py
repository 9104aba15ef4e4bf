"""Room servers that ship what no game can go on with, from the lobby's side of their links."""

import msgspec
import pytest
from server_by_hand import GAME, begin, opening, stage_one

from parlour.events import treasure as facts
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link
from parlour.events.rules.treasure import commands
from parlour.events.rules.treasure import game as rules
from parlour.events.rules.treasure.world import world_of


@pytest.fixture
def inn(open_inn):
    return open_inn(open=True, here=None)


BROKEN = {
    "a choice that does not open": facts.ChoiceMade(at=1, seat=0, sealed="00" * 8),
    "a choice that is no hex": facts.ChoiceMade(at=1, seat=0, sealed="?"),
    "a choice of nobody": facts.ChoiceMade(at=1, seat=9, sealed="00" * 8),
    "a player who is none": facts.PlayerVerified(at=1, seat=4, ticket="aa"),
    "a stage that is on": facts.StageBegun(at=1, day=1, stage=1, until=2),
    "a day that does not come next": facts.StageBegun(at=1, day=3, stage=1, until=2),
    "the end of another stage": facts.StageEnded(at=1, day=1, stage=2),
    "another opening": None,
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_does_not_fold_is_refused_and_another_room_server_goes_on(serve, inn, what):
    north, south = serve("north"), serve("south", port=9400)
    assign, players = begin(inn, north)
    [begun] = stage_one(inn)
    assert north.ship([(GAME, 2, begun)]).code == 0
    bad = BROKEN[what] or opening(assign, "north", 1)
    fine = facts.PlayerVerified(at=1, seat=0, ticket="aa")
    assert north.ship([(GAME, 3, fine), (GAME, 4, bad)]).code == wire.CODES["bad_body"]
    assert north.closed
    assert inn.names(GAME) == ["GameOpened", "StageBegun"]
    [(line, fields)] = inn.lines
    assert (line, fields["game"], fields["server"]) == ("game_taken_away", 1, "north")
    assert "treasure.game:1:1" in fields["why"]
    again = south.assigned()
    assert (again.epoch, again.left_at) == (2, inn.clock.time)
    south.accept(again)
    assert inn.names(GAME)[2:] == ["GameMoved", "StageResumed"]
    assert {player.find_way().port for player in players} == {9400}


def test_a_running_game_that_its_room_server_gives_back_goes_on_elsewhere(serve, inn):
    north, south = serve("north"), serve("south", port=9400)
    assign, players = begin(inn, north)
    [begun] = stage_one(inn)
    assert north.ship([(GAME, 2, begun)]).code == 0
    for player in players:
        player.lobby.take()
    north.accept(assign, epoch=assign.epoch + 1, code=1)  # of another epoch: nothing
    assert south.take(link.Assign) == []
    north.accept(assign, code=1)
    [(line, fields)] = inn.lines
    assert (line, fields["server"]) == ("game_taken_away", "north")
    assert "gave the game back" in fields["why"]
    [withdrawn] = north.take(link.Withdraw)
    assert (withdrawn.room_id, withdrawn.epoch) == (1, 1)
    assert not north.closed
    again = south.assigned()
    assert (again.epoch, again.left_at) == (2, inn.clock.time)
    south.accept(again)
    assert inn.names(GAME)[2:] == ["GameMoved", "StageResumed"]
    assert {player.find_way().port for player in players} == {9400}
    north.accept(assign, code=1)  # said again: it is not asked any more
    assert len(inn.lines) == 1


def test_a_game_is_given_back_once_however_often_that_is_said(serve, inn):
    north = serve("north")
    assign, players = begin(inn, north)
    for _ in range(10):
        north.accept(assign, code=1)
    for player in players:
        player.log_in()
    assert north.take(link.Assign) == []  # nobody is sent to who does not have the game
    assert inn.reports == ["game_taken_away"]
    assert inn.room().state == "playing"
    inn.pass_time(6)
    north.accept(north.assigned())
    assert all(player.find_way() for player in players)


def test_who_waits_for_his_game_does_not_make_the_others_wait(serve, inn):
    north = serve("north")
    assign, players = begin(inn, north)
    north.accept(assign, code=1)
    for _ in range(3):
        inn.pass_time(2)
        players[0].log_in()
    assert len(north.take(link.Assign)) == 1


def test_who_does_not_take_games_comes_after_those_who_do(serve, inn):
    """They have the fewest games always."""
    good = serve("z")
    begin(inn, good)
    refusing = [serve(name) for name in "abc"]
    host, *_ = inn.open_room(4, name="second")
    host.lobby.send(wire.StartGame(seq=1))
    for server in refusing:
        server.accept(server.assigned(), code=1)
    assert [answer.code for answer in host.lobby.take(wire.StartAnswer)] == [12]
    host.lobby.send(wire.StartGame(seq=2))
    good.take(link.Placed)
    good.accept(good.assigned())
    assert [answer.code for answer in host.lobby.take(wire.StartAnswer)] == [0]
    assert [server.take(link.Assign) for server in refusing] == [[], [], []]


def test_a_running_game_that_nobody_takes_waits_for_somebody_who_does(serve, inn):
    north = serve("north")
    assign, players = begin(inn, north)
    for _ in range(10):
        north.accept(assign, code=1)
        assert north.take(link.Assign) == []  # not at once: after 5 s
        inn.pass_time(6)
        assign = north.assigned()
    assert inn.reports == ["game_taken_away"]
    south = serve("south", port=9400)
    north.accept(assign, code=1)
    again = south.assigned()
    south.accept(again)
    assert again.epoch == assign.epoch + 1
    assert {player.find_way().port for player in players} == {9400}


def test_a_game_that_several_room_servers_break_is_cancelled(serve, inn):
    server = serve("north")
    _, players = begin(inn, server)
    for _ in range(3):
        server.ship([(GAME, len(inn.events(GAME)) + 1, BROKEN["a choice of nobody"])])
        assert inn.room().state == "playing"
        server = serve("north")
        server.accept(server.assigned())
    for player in players:
        player.lobby.take()
    server.ship([(GAME, len(inn.events(GAME)) + 1, BROKEN["a choice of nobody"])])
    assert inn.events(GAME)[-1].reason == "bad_room_server"
    assert inn.reports == ["game_taken_away"] * 3 + ["game_cancelled"]
    for player in players:
        assert [info.state for info in player.lobby.take(wire.RoomInfo)] == ["waiting"]
    for player in players[1:]:
        assert player.lobby.code(wire.ChangeReady, ready=True) == 0
    server = serve("north")
    players[0].lobby.send(wire.StartGame())
    server.accept(server.assigned())
    server.ship([(facts.game_id(1, 2), 2, BROKEN["a choice of nobody"])])
    assert inn.reports[4:] == ["game_taken_away"]


@pytest.mark.parametrize(
    "changes",
    [
        {"players": ()},
        {"commitment": "00" * 32},
        {"players": (facts.Player(seat=0, uid=777, username="friend"),) * 4},
        {"room": 2},
        {"game": 7},
    ],
)
def test_a_game_opens_with_its_rooms_players_and_commitment(serve, inn, changes):
    server = serve()
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame())
    assign = server.assigned()
    unit = [(GAME, 1, opening(assign, "north", inn.clock.time, **changes))]
    assert server.ship(unit).code == wire.CODES["bad_body"]
    assert server.closed
    assert inn.names(GAME) == []
    assert inn.room().state == "waiting"
    assert [answer.code for answer in players[0].lobby.take(wire.StartAnswer)] == [12]


def test_a_game_that_its_first_room_server_could_not_open_is_opened_by_the_next(serve, inn):
    north, south = serve("north"), serve("south")
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame())
    assign = north.assigned()
    assert north.ship([(GAME, 1, opening(assign, "north", 1))]).code == 0
    bad = facts.PlayerVerified(at=1, seat=8, ticket="aa")
    assert north.ship([(GAME, 2, bad)]).code == wire.CODES["bad_body"]
    assign = south.assigned()
    assert south.ship([(GAME, 2, opening(assign, "south", 2))]).code == 0
    south.accept(assign)
    assert players[3].find_way() is not None
    assert inn.reports == []


def test_an_event_that_does_not_decode_takes_the_game_of_its_server_only(serve, inn):
    north, south = serve("north"), serve("south")
    begin(inn, north)
    row = link.Row(GAME, 2, "treasure.player-gone@1", msgspec.Raw(b'{"at":1,"seat":"x"}'))
    south.client.send(link.Batch(batch=1, units=((row,),)))
    assert south.closed
    assert inn.reports == []
    north.client.send(link.Batch(batch=1, units=((row,),)))
    assert north.closed
    assert inn.reports == ["game_taken_away"]


def test_after_a_cancelled_game_the_same_players_play_another(serve, inn):
    server = serve("north")
    _, players = begin(inn, server)
    server.client.cut()
    inn.pass_time(305)
    south = serve("south")
    for player in players[1:]:
        assert player.lobby.code(wire.ChangeReady, ready=True) == 0
    players[0].lobby.send(wire.StartGame())
    assign = south.assigned()
    assert (assign.game, assign.epoch) == (2, 2)
    opened = opening(assign, "south", inn.clock.time)
    assert south.ship([(facts.game_id(1, 2), 1, opened)]).code == 0


def test_what_was_dropped_before_it_was_on_disk_may_be_shipped_again_otherwise(serve, inn, disk):
    server = serve()
    begin(inn, server)
    [begun] = stage_one(inn)
    assert server.ship([(GAME, 2, begun)]).code == 0
    disk = disk(inn)
    disk.fill()
    world = world_of(inn.game(), inn.seed())
    move, stay = (
        rules.decide(inn.game(), world, command, inn.seed())
        for command in (
            commands.Ring(at=begun.until),
            commands.LosePlayer(at=begun.at, seat=0),
        )
    )
    assert stay == []
    assert server.ship([(GAME, 3 + n, event) for n, event in enumerate(move)]).code
    disk.free()
    server.take(link.Assign)
    gone = facts.PlayerVerified(at=begun.at, seat=0, ticket="aa")
    assert server.ship([(GAME, 3, gone)]).code == 0
    assert server.ship([(GAME, 4 + n, event) for n, event in enumerate(move)]).code == 0
