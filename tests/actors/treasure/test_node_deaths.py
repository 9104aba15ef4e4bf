"""Room servers and lobbies that die while games are played, from the lobby's side."""

import pytest
from server_by_hand import GAME, Server, begin, going_on

from parlour.actors.messages import Restarted
from parlour.events import treasure as facts
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link


@pytest.fixture
def inn(open_inn):
    return open_inn(open=True, here=None)


# --- when it dies ------------------------------------------------------------------------------


def test_a_lost_link_moves_its_games_to_another_room_server(serve, inn):
    north, south = serve("north"), serve("south")
    begin(inn, north)
    inn.pass_time(3)
    north.client.send(link.Beat())
    heard = inn.clock.time
    inn.pass_time(2)
    north.client.cut()
    assign = south.assigned()
    assert (assign.epoch, assign.left_at) == (2, heard)
    assert [state.aggregate_id for state in assign.states] == [facts.room_id(1), GAME]
    moved = going_on(inn, assign, "south")
    assert south.ship([(GAME, 2 + n, event) for n, event in enumerate(moved)]).code == 0
    south.accept(assign)
    assert (inn.game().server, inn.room().server) == ("south", "south")


def test_a_game_waits_for_the_next_room_server(serve, inn):
    begin(inn, server := serve("north"))
    server.client.cut()
    assert inn.room().state == "playing"
    back = serve("north")
    assert back.assigned().epoch == 2


def test_a_game_that_waits_is_tried_again_when_there_is_a_place(serve, inn):
    north = serve("north", capacity=1)
    begin(inn, north)
    south = serve("south", capacity=1)
    others = inn.open_room(4, name="other")
    others[0].lobby.send(wire.StartGame())
    south.accept(south.assigned())
    north.client.cut()
    assert south.take(link.Assign) == []
    east = serve("east", capacity=1)
    inn.pass_time(6)
    assert east.assigned().room_id == 1


def test_a_result_that_was_not_played_is_not_believed(serve, inn):
    server = serve("north")
    begin(inn, server)
    line = facts.Settled(
        player_id=777, role="evil", alive=True, treasures=9, gold=9, score=10**15, win=True
    )
    result = wire.GameOver(winner="evil", reason="days_over", players=(line,), seed="00" * 32)
    server.client.send(link.Placed(room_id=1, game=1, epoch=1, result=result))
    assert inn.game().settled is None
    assert inn.room().state == "playing"


def test_who_does_not_answer_is_not_waited_for(serve, inn):
    north, south = serve("north"), serve("south")
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame())
    slow = north.assigned()
    inn.pass_time(5)
    [withdrawn] = north.take(link.Withdraw)
    assert (withdrawn.room_id, withdrawn.game, withdrawn.epoch) == (1, 1, slow.epoch)
    assign = south.assigned()
    assert assign.epoch == 2
    north.accept(slow, begun=False)
    assert players[0].find_way() is None
    south.accept(assign)
    assert players[0].find_way() is not None


def test_the_room_server_may_refuse(serve, inn):
    north, south = serve("north"), serve("south")
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame())
    north.accept(north.assigned(), code=27)
    assert south.assigned().epoch == 2


def test_a_full_room_server_is_not_asked(serve, inn):
    serve("small", capacity=1)
    large = serve("large")
    for number in range(3):
        players = inn.open_room(4, name=f"room{number}")
        players[0].lobby.send(wire.StartGame())
    assert [assign.room_id for assign in large.take(link.Assign)] == [2, 3]


# --- when the lobby dies -----------------------------------------------------------------------


def test_after_a_start_of_the_lobby_a_room_server_has_its_games_back(connect, serve, inn):
    assign, _ = begin(inn, serve("north"))
    stopped = inn.clock.time
    inn = inn.restart()
    server = Server(connect, inn, "north")
    told = [message.service for message in server.client.told]
    assert told == [501, 1000]  # let in when it has everything
    again = server.assigned()
    assert (again.epoch, again.left_at) == (assign.epoch, stopped)
    assert [state.aggregate_id for state in again.states] == [facts.room_id(1), GAME]
    unit = [(GAME, 2, facts.PlayerVerified(at=inn.clock.time, seat=0, ticket="aa"))]
    assert server.ship(unit).code == 0
    assert inn.names(facts.SERVERS_ID) == ["ServerRegistered"]


def test_who_does_not_come_back_in_time_is_lost(connect, serve, inn):
    begin(inn, serve("north"))
    inn = inn.restart()
    south = Server(connect, inn, "south")
    assert south.code == 0
    inn.pass_time(14)
    assert south.take(link.Assign) == []
    inn.pass_time(1)
    assert south.assigned().epoch == 2
    assert inn.names(facts.SERVERS_ID)[-1] == "ServerLost"


def test_a_link_that_was_forgotten_is_known_again_when_it_is_heard(serve, inn):
    server = serve("north")
    begin(inn, server)
    inn.engine.end(facts.SERVERS_ID)
    inn.tell(facts.SERVERS_ID, Restarted())
    server.client.send(link.Beat())
    assert server.assigned().epoch == 1
    inn.pass_time(60)
    assert inn.names(facts.SERVERS_ID) == ["ServerRegistered"]
    players = inn.open_room(4, name="second")
    players[0].lobby.send(wire.StartGame())
    assert server.assigned().room_id == 2


# --- when there is none ------------------------------------------------------------------------


def test_a_game_without_a_room_server_is_cancelled_in_time(serve, inn):
    server = serve("north")
    _, players = begin(inn, server)
    server.client.cut()
    for player in players:
        player.lobby.take()
    inn.pass_time(295)
    assert inn.room().state == "playing"
    inn.pass_time(10)
    assert inn.room().state == "waiting"
    assert inn.events(GAME)[-1].reason == "no_room_server"
    assert inn.lines == [("game_cancelled", {"room": 1, "game": 1, "reason": "no_room_server"})]
    told = [player.lobby.take(wire.RoomInfo) for player in players]
    assert [[info.state for info in each] for each in told] == [["waiting"]] * 4
    assert players[0].lobby.code(wire.LeaveRoom) == 0


def test_the_wait_for_a_room_server_begins_anew_with_each_that_is_lost(serve, inn):
    server = serve("north")
    assign, _ = begin(inn, server)
    for epoch in (2, 3):
        server.client.cut()
        inn.pass_time(200)
        server = serve("north")
        assign = server.assigned()
        assert assign.epoch == epoch
        moved = going_on(inn, assign, "north")
        version = len(inn.events(GAME)) + 1
        assert server.ship([(GAME, version + n, e) for n, e in enumerate(moved)]).code == 0
        server.accept(assign)
    assert inn.room().state == "playing"


def test_a_wait_that_the_engine_did_not_survive_ends_all_the_same(serve, inn):
    begin(inn, server := serve("north"))
    server.client.cut()
    inn.pass_time(200)
    inn = inn.restart()
    inn.pass_time(310)
    assert inn.room().state != "playing"
    assert inn.events(GAME)[-1].reason == "no_room_server"


def test_room_servers_that_never_answer_end_a_game_too(serve, inn):
    begin(inn, north := serve("north"))
    serve("silent")
    north.client.cut()
    for _ in range(90):
        inn.pass_time(4)
        if inn.room().state == "waiting":
            break
    assert inn.events(GAME)[-1].reason == "no_room_server"


def test_a_start_asks_three_silent_room_servers_and_no_more(serve, inn):
    servers = [serve(name) for name in "abcdef"]
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame(seq=5))
    inn.pass_time(14)
    assert players[0].lobby.take(wire.StartAnswer) == []
    inn.pass_time(1)
    assert players[0].lobby.take(wire.StartAnswer) == [wire.StartAnswer(code=12, seq=5)]
    assert [len(server.take(link.Assign)) for server in servers] == [1, 1, 1, 0, 0, 0]


def test_who_did_not_answer_is_asked_last_until_it_answers(serve, inn):
    a, b = serve("a"), serve("b")
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame())
    inn.pass_time(5)
    b.accept(b.assigned())
    others = inn.open_room(4, name="second")
    others[0].lobby.send(wire.StartGame())
    a.take(link.Assign)
    b.accept(b.assigned())  # it has one game more, and answers
    assert a.take(link.Assign) == []
    b.client.cut()
    again = a.take(link.Assign)
    assert [assign.room_id for assign in again] == [1, 2]
    for assign in again:
        a.accept(assign)
    b = serve("b")
    b.take(link.Assign)
    inn.open_room(4, name="third")[0].lobby.send(wire.StartGame())
    assert b.assigned().room_id == 3
    inn.pass_time(5)
    a.accept(a.assigned())
    b.take(link.Assign)
    inn.open_room(4, name="fourth")[0].lobby.send(wire.StartGame())
    assert a.assigned().room_id == 4  # it has three games more than b, and answers
    assert b.take(link.Assign) == []
