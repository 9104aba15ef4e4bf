"""Room servers in other processes, from the lobby's side of their links."""

import msgspec
import pytest
from server_by_hand import GAME, Server, begin, opening, play_out, rows_of

from parlour.actors.treasure import proof
from parlour.actors.treasure.link_messages import LINKS
from parlour.events import treasure as facts
from parlour.events.kinds import KINDS
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link
from parlour.events.rules.treasure import views
from parlour.events.rules.treasure.state import Game, Room


@pytest.fixture
def inn(open_inn):
    return open_inn(open=True, here=None)


# --- coming in ---------------------------------------------------------------------------------


def test_every_connection_has_a_challenge_of_its_own(connect, inn):
    challenges = [Server(connect, inn, name).challenge.challenge for name in ("a", "b")]
    assert len(set(challenges)) == 2
    assert {len(bytes.fromhex(challenge)) for challenge in challenges} == {16}


def test_a_proof_stands_on_everything_that_is_said(connect, inn):
    said = link.Register(server_id="a", ip="1.2.3.4", port=9, capacity=5, nonce="ab", mac="")
    mac = proof.mac_of("sesame", "00" * 16, said)
    proven = msgspec.structs.replace(said, mac=mac.upper())
    assert proof.is_proven("sesame", "00" * 16, proven)
    for changes in ({"server_id": "b"}, {"ip": "1.2.3.5"}, {"port": 8}, {"capacity": 6}):
        assert not proof.is_proven("sesame", "00" * 16, msgspec.structs.replace(proven, **changes))
    assert not proof.is_proven("simsim", "00" * 16, proven)
    assert not proof.is_proven("sesame", "01" * 16, proven)


def test_a_room_server_is_recorded_when_it_comes_and_when_it_goes(serve, inn):
    server = serve("north", capacity=3)
    known = inn.state(facts.SERVERS_ID).servers["north"]
    assert (known.ip, known.port, known.capacity) == ("10.0.0.9", 9300, 3)
    server.client.cut()
    assert inn.names(facts.SERVERS_ID) == ["ServerRegistered", "ServerLost"]


def test_a_living_id_is_taken_and_a_dead_one_free(connect, serve, inn):
    first = serve("north")
    second = Server(connect, inn, "north")
    assert second.code == wire.CODES["name_taken"]
    assert second.closed
    first.client.cut()
    serve("north")


@pytest.mark.parametrize("name", ["", "a|b", "x" * 65, facts.EMBEDDED])
def test_a_name_that_is_none_is_refused(connect, inn, name):
    server = Server(connect, inn, name)
    assert server.code in (wire.CODES["bad_body"], wire.CODES["name_taken"])
    assert server.closed


def test_who_it_is_does_not_change_in_mid_connection(serve):
    server = serve("north")
    server.client.send(
        link.Register(server_id="b", ip="1.2.3.4", port=9, capacity=5, nonce="", mac="")
    )
    assert server.code == wire.CODES["bad_body"]
    assert server.closed


def test_nothing_is_heard_of_who_is_not_let_in(connect, inn):
    client = connect(inn, LINKS)
    client.send(link.Beat())
    assert [m.code for m in client.take(link.Registered)] == [wire.CODES["not_verified"]]
    assert client.closed


def test_a_sign_of_life_is_answered(serve):
    server = serve()
    server.client.send(link.Beat())
    assert server.take(link.Beat) == [link.Beat()]


# --- a game ------------------------------------------------------------------------------------


def test_501_has_all_that_a_game_needs(serve, inn):
    server = serve()
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame())
    assign = server.assigned()
    room = inn.room()
    assert (assign.room_id, assign.game, assign.epoch) == (1, 1, 1)
    assert bytes.fromhex(assign.seed) == inn.seed()
    assert assign.commitment == room.commitment
    assert [(p.player_id, p.seat) for p in assign.players] == [(1, 0), (2, 1), (3, 2), (4, 3)]
    assert [p.ticket_hash for p in assign.players] == [
        room.members[p.player_id].ticket.ticket for p in assign.players
    ]
    [state] = assign.states
    assert assign.game_topic == KINDS["treasure.game"].snapshot_topic
    assert (state.aggregate_id, state.topic) == ("treasure.room:1", "treasure.room.state@1")
    assert state.version == len(inn.events(facts.room_id(1)))
    assert msgspec.json.decode(state.state, type=Room) == room


def test_501_leaves_when_the_placement_is_on_disk(serve, inn):
    server = serve()
    players = inn.open_room(4)
    players[0].lobby.post(wire.StartGame())
    assert server.take(link.Assign) == []
    inn.flush()
    assert server.assigned().epoch == 1


def test_players_are_told_the_way_after_502(serve, inn):
    server = serve()
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame())
    assert [player.find_way() for player in players] == [None] * 4
    server.accept(server.assigned())
    assert {(p.find_way().ip, p.find_way().port) for p in players} == {("10.0.0.9", 9300)}


def test_who_says_that_it_has_a_game_has_begun_it(serve, inn):
    north, south = serve("north"), serve("south")
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame())
    north.accept(north.assigned(), begun=False)
    assert not inn.room().accepted
    south.accept(south.assigned())
    assert players[0].find_way() is not None


def test_what_is_shipped_is_recorded_and_then_answered(serve, inn):
    server = serve()
    begin(inn, server)
    at = inn.clock.time
    verified = facts.PlayerVerified(at=at, seat=0, ticket="aa")
    gone = facts.PlayerGone(at=at, seat=0)
    batch = link.Batch(batch=9, units=(rows_of([(GAME, 2, verified)]), rows_of([(GAME, 3, gone)])))
    server.client.post(batch)
    assert server.take(link.BatchAnswer) == []
    inn.flush()
    assert server.take(link.BatchAnswer) == [link.BatchAnswer(batch=9)]
    assert inn.events(GAME)[1:] == [verified, gone]
    assert inn.game().tickets[0] == "aa"


def test_an_empty_batch_asks_whether_events_are_taken(serve):
    assert serve().ship().code == 0


def test_a_batch_is_recorded_whole_or_not_at_all(serve, inn):
    server = serve()
    begin(inn, server)
    at, before = inn.clock.time, len(inn.rows())
    fine = [(GAME, 2, facts.PlayerVerified(at=at, seat=0, ticket="aa"))]
    gap = [(GAME, 4, facts.PlayerVerified(at=at, seat=1, ticket="bb"))]
    after = [(GAME, 3, facts.PlayerGone(at=at, seat=0))]
    answer = server.ship(fine, gap, after)
    assert (answer.code, answer.refused) == (link.STALE, (1,))
    assert len(inn.rows()) == before
    assert server.ship(fine, after).code == 0


def test_with_a_refusal_comes_how_the_game_really_is(serve, inn):
    server = serve()
    begin(inn, server)
    server.ship([(GAME, 7, facts.PlayerGone(at=inn.clock.time, seat=0))])
    assign = server.assigned()
    ids = [state.aggregate_id for state in assign.states]
    assert ids == [facts.room_id(1), GAME]
    assert msgspec.json.decode(assign.states[1].state, type=Game) == inn.game()


def test_nobody_records_anothers_game(serve, inn):
    north, south = serve("north"), serve("south")
    begin(inn, north)
    event = facts.PlayerGone(at=inn.clock.time, seat=0)
    assert south.ship([(GAME, 2, event)]).refused == (0,)
    assert south.ship([(facts.game_id(1, 2), 1, event)]).refused == (0,)
    assert south.ship([(facts.game_id(8, 1), 1, event)]).refused == (0,)


@pytest.mark.parametrize("epoch", [-1, 0, 1])
def test_nobody_places_anothers_game_under_any_epoch(serve, inn, epoch):
    north, south = serve("north"), serve("south")
    assign, _ = begin(inn, north)
    at = inn.clock.time
    opened = opening(assign, "south", at, epoch=epoch)
    moved = facts.GameMoved(at=at, epoch=epoch, server="south")
    assert south.ship([(GAME, 2, opened)]).refused == (0,)
    assert south.ship([(GAME, 2, moved)]).refused == (0,)
    assert inn.names(GAME) == ["GameOpened"]


def test_a_game_is_opened_under_its_own_name_and_epoch_only(serve, inn):
    server = serve()
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame())
    assign, at = server.assigned(), inn.clock.time
    for changes in ({"server": "south"}, {"epoch": 2}, {"epoch": 0}):
        unit = [(GAME, 1, opening(assign, "north", at, **changes))]
        assert server.ship(unit).refused == (0,)
    assert server.ship([(GAME, 1, opening(assign, "north", at))]).code == 0


@pytest.mark.parametrize(
    ("aggregate_id", "event"),
    [
        (GAME, facts.GameCancelled(at=1, reason="key_lost", game_id=GAME)),
        (facts.room_id(1), facts.HostChanged(at=1, uid=2)),
        ("treasure.game:1", facts.PlayerGone(at=1, seat=0)),
        ("treasure.game:01:1", facts.PlayerGone(at=1, seat=0)),
        ("treasure.game:x:1", facts.PlayerGone(at=1, seat=0)),
    ],
)
def test_what_no_room_server_records_ends_the_link(serve, inn, aggregate_id, event):
    server = serve()
    begin(inn, server)
    assert server.ship([(aggregate_id, 2, event)]).code == wire.CODES["bad_body"]
    assert server.closed


def test_a_full_disk_is_told_and_nothing_is_lost(serve, inn, disk):
    server = serve()
    begin(inn, server)
    disk = disk(inn)
    disk.fill()
    unit = [(GAME, 2, facts.PlayerVerified(at=inn.clock.time, seat=0, ticket="aa"))]
    assert server.ship(unit).code == wire.CODES["no_commands"]
    disk.free()
    server.take(link.Assign)
    assert server.ship(unit).code == 0
    assert inn.names(GAME) == ["GameOpened", "PlayerVerified"]


def test_a_result_is_settled_once_and_answered_as_often_as_it_is_said(serve, inn):
    server = serve()
    assign, _ = begin(inn, server)
    settled = play_out(inn, server, assign)
    result = views.game_over(settled)
    for _ in range(2):
        server.accept(assign, result=result)
        [answer] = server.take(link.PlacedAnswer)
        assert (answer.room_id, answer.game, answer.epoch, answer.code) == (1, 1, 1, 0)
        [state] = answer.states
        assert msgspec.json.decode(state.state, type=Game) == inn.game()
    assert inn.names(GAME).count("GameSettled") == 1
    assert inn.room().state == "waiting"
    assert server.take(link.Withdraw) == []


def test_a_result_of_an_older_epoch_settles_nothing(serve, inn):
    north = serve("north")
    assign, _ = begin(inn, north)
    serve("south")
    north.client.cut()
    again = serve("north")
    result = wire.GameOver(winner="good", reason="days_over", players=(), seed="00")
    again.accept(assign, result=result)
    assert [answer.code for answer in again.take(link.PlacedAnswer)] == [link.STALE]
    assert "GameSettled" not in inn.names(GAME)


def test_who_logs_in_again_is_told_when_the_room_server_knows_his_ticket(serve, inn):
    server = serve()
    assign, players = begin(inn, server)
    player = players[2]
    [old, *_] = [player.find_way(), *(other.find_way() for other in players)]
    player.lobby.cut()
    player.log_in()
    assert player.find_way() is old
    again = server.assigned()
    assert (again.epoch, len(again.states)) == (assign.epoch, 1)  # the game it has itself
    server.accept(again)
    assert player.find_way().ticket != old.ticket
    assert [other.lobby.take(wire.GameAt) for other in players if other is not player] == [[]] * 3
