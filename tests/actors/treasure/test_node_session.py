"""Room servers in other processes, from the lobby's side of their links."""

import msgspec
import pytest

from parlour.actors.messages import Restarted
from parlour.actors.treasure import proof
from parlour.actors.treasure.link_messages import LINKS
from parlour.events import treasure as facts
from parlour.events.event import encode, topic_of
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link
from parlour.events.rules.treasure import commands, views
from parlour.events.rules.treasure import game as rules
from parlour.events.rules.treasure.state import Game, Room
from parlour.events.rules.treasure.world import advance, world_of

SECOND = 1_000_000


class Server:
    """A room server by hand: it knows the rules, and says what it is told to say."""

    def __init__(self, connect, inn, name, *, capacity=10, port=9300):
        self.inn, self.name = inn, name
        self.client = connect(inn, LINKS)
        [self.challenge] = self.client.take(link.Challenge)
        said = link.Register(
            server_id=name, ip="10.0.0.9", port=port, capacity=capacity, nonce="00", mac=""
        )
        self.client.send(said)
        self.batches = 0

    @property
    def code(self):
        [registered] = self.client.take(link.Registered)
        return registered.code

    @property
    def closed(self):
        return self.client.closed

    def take(self, kind):
        return self.client.take(kind)

    def assigned(self):
        """Return the one game that was given since."""
        [assign] = self.take(link.Assign)
        return assign

    def accept(self, assign, **changes):
        placed = link.Placed(
            room_id=assign.room_id,
            game=assign.game,
            epoch=assign.epoch,
            ip="10.0.0.9",
            port=9300,
        )
        self.client.send(msgspec.structs.replace(placed, **changes))

    def ship(self, *units):
        """Ship units of (aggregate, version, event); return the answer."""
        self.batches += 1
        self.client.send(link.Batch(batch=self.batches, units=tuple(map(rows_of, units))))
        [answer] = self.take(link.BatchAnswer)
        assert answer.batch == self.batches
        return answer


def rows_of(unit):
    return tuple(
        link.Row(aggregate_id, version, topic_of(event), msgspec.Raw(encode(event)))
        for aggregate_id, version, event in unit
    )


def opening(assign, name, at, **changes):
    players = tuple(
        facts.Player(seat=player.seat, uid=player.player_id, username=player.name)
        for player in assign.players
    )
    event = facts.GameOpened(
        at=at,
        room=assign.room_id,
        game=assign.game,
        epoch=assign.epoch,
        server=name,
        players=players,
        commitment=assign.commitment,
        times=assign.options,
    )
    return msgspec.structs.replace(event, **changes)


@pytest.fixture
def inn(open_inn):
    return open_inn(open=True, here=None)


@pytest.fixture
def serve(connect, inn):
    """Lets room servers in."""

    def enter(name="north", **options):
        server = Server(connect, inn, name, **options)
        assert server.code == 0
        return server

    return enter


def begin(inn, server):
    """Have a game begin on a room server; return what it was given, and the players."""
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame())
    assign = server.assigned()
    game_id = facts.game_id(assign.room_id, assign.game)
    unit = [(game_id, 1, opening(assign, server.name, inn.clock.time))]
    assert server.ship(unit).code == 0
    server.accept(assign)
    return assign, players


GAME = facts.game_id(1, 1)


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


def play_out(inn, server, assign):
    """Ship a game to its last stage; return the settlement."""
    game, seed = inn.game(), inn.seed()
    world, at, version = world_of(game, seed), inn.clock.time, len(inn.events(GAME))
    while True:
        at += 100 * SECOND
        events = rules.decide(game, world, commands.Ring(at=at), seed)
        recorded = [event for event in events if not isinstance(event, facts.GameSettled)]
        unit = [(GAME, version + n, event) for n, event in enumerate(recorded, start=1)]
        assert server.ship(unit).code == 0
        version += len(unit)
        for event in recorded:
            world = advance(world, event, seed)
        game = inn.game()
        if len(recorded) < len(events):
            return events[-1]


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
    moved = facts.GameMoved(at=inn.clock.time, epoch=2, server="south")
    assert south.ship([(GAME, 2, moved)]).code == 0
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
    north.accept(slow)
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
