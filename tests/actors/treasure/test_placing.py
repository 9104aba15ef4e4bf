"""From the host's wish to play (8) to a ticket for everybody (50)."""

import hashlib

import pytest

from parlour.actors.treasure.messages import ServerGone, Serving
from parlour.events import treasure as facts
from parlour.events.messages import treasure as wire
from parlour.events.rules.treasure import draws


def test_a_start_is_answered_when_the_room_server_has_the_game(inn, here):
    players = inn.open_room(5)
    assert players[0].lobby.code(wire.StartGame) == 0
    assert [(m.service, getattr(m, "state", None)) for m in players[0].lobby.take()] == [
        (6, "starting"),
        (6, "playing"),
        (50, None),
    ]
    ways = [player.find_way() for player in players[1:]]
    assert {(way.ip, way.port, way.ws) for way in ways} == {(here.ip, here.port, here.ws)}
    assert {way.expires for way in ways} == {inn.clock.time / 1_000_000 + 60}
    assert len({way.ticket for way in ways}) == 4
    assert all(len(bytes.fromhex(way.ticket)) == 16 for way in ways)


def test_the_log_knows_tickets_only_by_their_hash(inn):
    players = inn.start_game(4)
    log = "".join(state for _, _, state in inn.rows())
    for player in players:
        assert player.way.ticket not in log
        assert hashlib.sha256(player.way.ticket.encode()).hexdigest() in log


def test_nobody_hears_of_another_ones_ticket(inn):
    players = inn.open_room(4)
    players[0].lobby.send(wire.StartGame())
    assert [len(player.lobby.take(wire.GameAt)) for player in players] == [1, 1, 1, 1]


def test_the_game_has_the_rooms_seed_and_players_without_gaps(inn):
    players = inn.open_room(6)
    players[2].lobby.send(wire.LeaveRoom())
    commitment = players[0].lobby.ask(wire.AskRoom).commitment
    assert players[0].lobby.code(wire.StartGame) == 0
    game = inn.game()
    assert [(p.seat, p.uid) for p in game.players] == [(0, 1), (1, 2), (2, 4), (3, 5), (4, 6)]
    assert game.commitment == commitment == draws.commitment(inn.seed())


# --- refusals ------------------------------------------------------------------------------


def test_only_the_host_starts(inn):
    players = inn.open_room(4)
    assert players[1].lobby.code(wire.StartGame) == wire.CODES["not_the_host"]


def test_three_are_too_few(inn):
    players = inn.open_room(3)
    assert players[0].lobby.code(wire.StartGame) == wire.CODES["too_few_players"]


def test_all_but_the_host_must_be_ready(inn):
    players = inn.open_room(4)
    players[2].lobby.send(wire.ChangeReady(ready=False))
    assert players[0].lobby.code(wire.StartGame) == wire.CODES["not_all_ready"]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [(wire.LeaveRoom, {}), (wire.ChangeReady, {"ready": False}), (wire.StartGame, {})],
)
def test_while_a_game_runs_the_room_stays_as_it_is(inn, kind, fields):
    players = inn.start_game(4)
    assert players[0].lobby.code(kind, **fields) == wire.CODES["game_running"]


def test_while_a_game_runs_nobody_joins(inn):
    inn.start_game(4)
    assert inn.player(99).lobby.code(wire.JoinRoom, room_id=1) == wire.CODES["game_running"]


@pytest.mark.parametrize("options", [{"here": None}, {"embedded": False}, {"capacity": 0}])
def test_without_a_room_server_everybody_is_as_before(open_inn, options):
    inn = open_inn(**options)
    players = inn.open_room(4)
    before = inn.room()
    assert players[0].lobby.code(wire.StartGame) == wire.CODES["no_room_server"]
    assert inn.room() == before
    assert all(player.lobby.take() == [] for player in players)


def test_a_room_server_that_is_full_takes_no_more(open_inn):
    inn = open_inn(capacity=1)
    inn.start_game(4)
    players = inn.open_room(4, name="other")
    assert players[0].lobby.code(wire.StartGame) == wire.CODES["no_room_server"]


def test_a_refused_room_server_is_followed_by_the_answer_that_none_is_free(inn):
    players = inn.open_room(4)
    client = players[0].lobby
    inn.engine._actors["treasure.game"] = Deaf
    client.send(wire.StartGame(seq=5))
    assert inn.room().state == "starting"
    inn.tell(facts.room_id(1), Serving(room=1, game=1, epoch=1, code=12))
    assert inn.room().state == "waiting"
    [answer] = client.take(wire.StartAnswer)
    assert answer == wire.StartAnswer(code=12, seq=5)
    assert [m.state for m in client.take(wire.RoomInfo)] == ["starting", "waiting"]
    assert all(member.ready for member in list(inn.room().members.values())[1:])


def test_a_room_server_that_says_nothing_is_not_waited_for_long(inn):
    players = inn.open_room(4)
    inn.engine._actors["treasure.game"] = Deaf
    players[0].lobby.send(wire.StartGame(seq=5))
    inn.pass_time(4)
    assert players[0].lobby.take(wire.StartAnswer) == []
    inn.pass_time(1)
    assert players[0].lobby.take(wire.StartAnswer) == [wire.StartAnswer(code=12, seq=5)]
    assert inn.names(facts.room_id(1))[-1] == "GameRefused"


def test_news_of_an_older_epoch_changes_nothing(inn):
    players = inn.start_game(4)
    before = inn.room()
    players[0].lobby.take()
    inn.tell(facts.room_id(1), Serving(room=1, game=1, epoch=0, ip="6.6.6.6", port=6))
    inn.tell(facts.room_id(1), Serving(room=1, game=7, epoch=1, ip="6.6.6.6", port=6))
    inn.tell(facts.room_id(1), ServerGone(server="another", last_at=0))
    assert inn.room() == before
    assert players[0].lobby.take() == []


def test_a_room_server_that_dies_leaves_its_games_to_the_next(inn):
    players = inn.begin_game(4)
    inn.pass_time(4)
    left = inn.game().until - inn.clock.time
    inn.clock.time += 7_000_000  # nobody noticed for that long
    inn.tell(facts.room_id(1), ServerGone(server="embedded", last_at=inn.clock.time - 7_000_000))
    assert (inn.game().epoch, inn.room().epoch, inn.room().state) == (2, 2, "playing")
    assert inn.game().until - inn.clock.time == left
    assert inn.game().present == (False, False, False, False)
    for player in players:
        old = player.way
        assert player.find_way().ticket != old.ticket
        assert player.show(player.game, ticket=old.ticket) == wire.CODES["bad_ticket"]
        assert player.show(player.game) == 0


# --- who comes back ------------------------------------------------------------------------


def test_who_logs_in_again_gets_a_fresh_ticket_and_the_old_one_is_void(inn):
    players = inn.start_game(4)
    old = players[2].way
    players[2].lobby.cut()
    assert players[2].log_in().room_id == 1
    new = players[2].find_way()
    assert new.ticket != old.ticket
    client = players[2].enter()
    assert players[2].show(client, ticket=old.ticket) == wire.CODES["bad_ticket"]


def test_who_was_away_at_the_start_finds_his_way_later(inn):
    players = inn.open_room(4)
    players[3].lobby.cut()
    players[0].lobby.send(wire.StartGame())
    players[3].log_in()
    players[3].enter()
    assert inn.game().present == (False, False, False, True)


def test_a_player_keeps_his_seat_in_a_running_game_however_long_he_is_away(inn):
    players = inn.start_game(4)
    for player in players:
        player.lobby.cut()
    inn.pass_time(200)
    assert inn.room().state == "playing"
    assert players[0].log_in().room_id == 1


class Deaf:
    """A game that says nothing."""

    RESTARTS = True

    def receiveMessage(self, message, sender):  # noqa: N802
        pass

    def may_end(self):
        return True
