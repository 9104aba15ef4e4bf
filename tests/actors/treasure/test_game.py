"""A game over its players' connections: 1001, what is told, what is refused."""

import pytest
from msgspec.structs import replace

from parlour.events import treasure as facts
from parlour.events.account import account_id
from parlour.events.messages import treasure as wire

BAD_TICKET = wire.CODES["bad_ticket"]
ACTIONS = [
    (wire.Move, {"to": 4}),
    (wire.Attack, {"target": 2}),
    (wire.Heal, {"target": 2}),
    (wire.Mine, {}),
    (wire.Bid, {"lot_id": 1, "price": 5}),
    (wire.Explore, {}),
]


# --- coming in -----------------------------------------------------------------------------


def test_the_game_begins_when_everybody_has_come(inn):
    players = inn.start_game(4)
    for player in players[:3]:
        player.enter()
        assert player.game.take() == []
    last = players[3].enter()
    assert [player.game.services() for player in players[:3]] == [[51, 58]] * 3
    role, stage = last.take()
    assert (role.player_id, role.seat, role.cell, role.hp, role.gold) == (4, 3, 4, 3, 5)
    assert (stage.day, stage.stage, stage.ends_in) == (1, 1, 30.0)


def test_who_does_not_come_is_not_waited_for_long(inn):
    players = inn.start_game(4)
    players[0].enter()
    inn.pass_time(19.9)
    assert players[0].game.take() == []
    inn.pass_time(0.1)
    assert players[0].game.services() == [51, 58]
    late = players[1].enter()
    assert late.services() == [51, 58]


def test_an_absent_player_does_nothing_and_the_stage_takes_its_time(inn):
    players = inn.start_game(4)
    for player in players[:3]:
        player.enter()
    inn.pass_time(20)
    for player in players[:3]:
        assert player.does(wire.Move, to=1) == 0
    assert (inn.game().day, inn.game().stage) == (1, 1)
    inn.pass_time(30)
    assert (inn.game().day, inn.game().stage) == (1, 2)


@pytest.mark.parametrize(
    "forged",
    [
        {"ticket": "00" * 16},
        {"ticket": ""},
        {"ticket": "é\ud800"},
        {"player_id": 2},
        {"player_id": 0},
        {"player_id": -1},
        {"player_id": 99},
        {"room_id": 2},
        {"room_id": 0},
        {"room_id": -(2**53)},
    ],
)
def test_only_ones_own_ticket_to_ones_own_game_is_good(inn, connect, forged):
    players = inn.start_game(4)
    client = connect(inn, "treasure-room")
    assert players[0].show(client, **forged) == BAD_TICKET
    assert client.code(wire.Move, to=1) == wire.CODES["not_verified"]
    assert players[0].show(client) == 0


def test_a_ticket_is_good_for_a_minute_until_it_is_used(inn, connect):
    players = inn.start_game(4)
    players[0].enter()
    inn.pass_time(61)
    assert players[1].show(connect(inn, "treasure-room")) == BAD_TICKET
    assert players[0].show(connect(inn, "treasure-room")) == 0


def test_three_bad_tickets_end_the_connection(inn, connect):
    players = inn.start_game(4)
    client = connect(inn, "treasure-room")
    for _ in range(3):
        assert client.closed is None
        assert players[0].show(client, ticket="x") == BAD_TICKET
    assert client.closed == "bad tickets"


def test_a_good_ticket_makes_up_for_bad_ones(inn, connect):
    players = inn.start_game(4)
    client = connect(inn, "treasure-room")
    for ticket in ("x", "x", players[0].way.ticket, "x", "x"):
        players[0].show(client, ticket=ticket)
    assert client.closed is None


def test_a_ticket_shown_again_is_good_again(inn):
    players = inn.begin_game(4)
    assert players[0].show(players[0].game) == 0
    assert players[0].game.services() == [51, 58]


def test_a_connection_plays_for_one_player(inn):
    players = inn.begin_game(4)
    assert players[1].show(players[0].game) == BAD_TICKET
    assert players[0].does(wire.Move, to=1) == 0


@pytest.mark.parametrize(("kind", "fields"), ACTIONS)
def test_without_a_ticket_nothing_is_done(inn, connect, kind, fields):
    inn.begin_game(4)
    answer = connect(inn, "treasure-room").ask(kind, **fields)
    assert (answer.service, answer.of, answer.code) == (52, kind.service, 2)


# --- going and coming back -----------------------------------------------------------------


def test_a_newer_connection_takes_over_and_is_told_how_things_stand(inn):
    players = inn.begin_game(4)
    old = players[0].game
    new = players[0].enter()
    assert old.closed == "taken_over"
    assert new.services() == [51, 58]
    assert players[0].does(wire.Move, to=1) == 0
    assert inn.game().present == (True,) * 4
    assert inn.names(facts.game_id(1, 1)).count("PlayerGone") == 0


def test_a_player_who_is_lost_is_gone_until_he_is_back(inn):
    players = inn.begin_game(4)
    players[2].game.cut()
    assert inn.game().present == (True, True, False, True)
    players[2].enter()
    assert inn.game().present == (True,) * 4


def test_the_loss_of_the_lobby_connection_is_no_loss_of_the_game(inn):
    players = inn.begin_game(4)
    players[2].lobby.cut()
    assert inn.game().present == (True,) * 4
    assert players[2].does(wire.Move, to=1) == 0


def test_who_comes_back_is_told_what_the_running_stage_has_told(inn, crowd):
    players = inn.begin_game(4)
    crowd(inn, players).play_on(2)
    assert inn.game().stage == 3
    evil = next(s for s, role in enumerate(crowd(inn, players).world.roles) if role == "evil")
    for seat, player in enumerate(players):
        player.game.cut()
        inn.pass_time(1)
        told = player.enter().take()
        assert [message.service for message in told] == [51, 58, 56] + [62] * (seat == evil)
        assert told[1].ends_in == 20.0 - 1 - seat


# --- playing -------------------------------------------------------------------------------


def test_what_a_stage_came_to_is_told_in_the_order_of_the_page(inn, crowd):
    players = inn.begin_game(4)
    playing = crowd(inn, players, draw=3)
    evil = next(s for s, role in enumerate(playing.world.roles) if role == "evil")
    expected = {
        1: lambda seat: [53] + [62] * (seat == evil) + [58],
        2: lambda seat: [54, 55, 58],
        3: lambda seat: [57, 55, 58],
        4: lambda seat: [59, 60, 58],
    }
    for stage in range(1, 5):
        assert set(playing.act()) == {0}
        for seat, player in enumerate(players):
            heard = [message.service for message in player.game.take()]
            wanted = expected[stage](seat) + [56] * (stage == 2)
            optional = {55, 59} if stage > 2 else set()  # only for buyers and explorers
            assert heard == [s for s in wanted if s not in optional or s in heard]


def test_the_answer_to_the_last_action_comes_before_what_it_caused(inn):
    players = inn.begin_game(4)
    for player in players:
        player.game.send(wire.Move(seq=1, to=1))
    heard = players[3].game.take()
    assert heard[0] == wire.ActionStatus(of=52, seq=1)
    assert [message.service for message in heard[1:3]] in ([53, 58], [53, 62])


def test_a_stage_ends_when_its_time_is_over(inn):
    players = inn.begin_game(4)
    inn.pass_time(30)
    assert [m.stage for m in players[0].game.take(wire.Stage)] == [2]
    inn.pass_time(30 + 20 + 20)
    assert [(m.day, m.stage) for m in players[0].game.take(wire.Stage)] == [(1, 3), (1, 4), (2, 1)]


def test_what_belongs_to_another_stage_is_refused(inn):
    players = inn.begin_game(4)
    wrong = wire.CODES["wrong_stage"]
    for kind, fields in ACTIONS[1:]:
        assert players[0].does(kind, **fields) == wrong
    inn.pass_time(30)
    assert players[0].does(wire.Move, to=1) == wrong


def test_before_the_beginning_nothing_is_done(inn):
    players = inn.start_game(4)
    players[0].enter()
    assert players[0].does(wire.Move, to=1) == wire.CODES["wrong_stage"]


def test_each_action_that_the_rules_refuse_has_its_code(inn):
    players = inn.begin_game(4)
    first = players[0]
    assert first.does(wire.Move, to=0) == wire.CODES["not_adjacent"]
    assert first.does(wire.Move, to=9) == wire.CODES["not_adjacent"]
    assert first.does(wire.Move) == 0
    inn.pass_time(30)
    assert first.does(wire.Mine) == wire.CODES["bad_target"]  # no ore in the centre
    assert first.does(wire.Attack, target=1) == wire.CODES["bad_target"]  # himself
    assert first.does(wire.Heal, target=77) == wire.CODES["bad_target"]
    assert first.does(wire.Heal, target=1) == 0
    assert first.does(wire.Heal, target=1) == wire.CODES["already_acted"]
    inn.pass_time(30)
    assert first.does(wire.Bid, lot_id=77, price=2) == wire.CODES["no_such_lot"]
    assert first.does(wire.Bid, lot_id=1, price=1) == wire.CODES["bid_too_low"]
    assert first.does(wire.Bid, lot_id=1, price=6) == wire.CODES["not_enough_gold"]
    assert first.does(wire.Bid, lot_id=1, price=4) == 0
    assert first.does(wire.Bid, lot_id=1, price=4) == wire.CODES["bid_too_low"]


def test_the_dead_do_nothing_but_hear_everything(inn, crowd):
    players = inn.begin_game(4)
    playing = crowd(inn, players)
    victim = next(seat for seat, role in enumerate(playing.world.roles) if role != "evil")
    inn.pass_time(30)
    for seat, player in enumerate(players):
        if seat != victim:
            assert player.does(wire.Attack, target=victim + 1) == 0
    inn.pass_time(30)
    assert playing.world.hp[victim] == 0
    dead = players[victim]
    dead.game.take()
    assert dead.does(wire.Bid, lot_id=1, price=3) == wire.CODES["dead"]
    assert dead.does(wire.Bid) == wire.CODES["dead"]
    inn.pass_time(20)
    assert dead.game.services() == [57, 58]
    inn.pass_time(20)
    living = [player for player in players if player is not dead]
    for player in living:  # nobody waits for him
        assert player.does(wire.Move, to=4) == 0
    assert inn.game().stage == 2
    with_target = living[0].does(wire.Heal, target=victim + 1)
    assert with_target == wire.CODES["bad_target"]


# --- the end -------------------------------------------------------------------------------


@pytest.fixture
def over(inn, crowd):
    """A game that was played to its end; returns its players."""
    players = inn.begin_game(5)
    for player in players:
        player.lobby.take()
    crowd(inn, players).play_on()
    assert inn.game().phase == "settled"
    return players


def test_everybody_is_told_the_settlement_with_the_seed(inn, over):
    results = [player.game.take()[-1] for player in over]
    assert results == [results[0]] * 5
    assert (results[0].service, results[0].seed) == (61, inn.seed().hex())


def test_the_settlement_is_one_unit_on_game_room_and_accounts(inn, over):
    settled = inn.game().settled
    where = [row[0] for row in inn.rows()]
    topics = [row[1] for row in inn.rows()]
    at = topics.index("treasure.game-settled@1")
    accounts = [account_id(player.uid) for player in over]
    room = facts.room_id(1)
    assert where[at : at + 8] == [facts.game_id(1, 1), *accounts, room, room]
    assert topics[at + 6 : at + 8] == ["treasure.game-closed@1", "treasure.game-committed@1"]
    for line in settled.players:
        account = inn.state(account_id(line.player_id))
        assert (account.exp, account.total_board, account.total_win) == (line.score, 1, line.win)
        assert account.money == 0


def test_the_room_waits_again_for_another_game(inn, over, crowd):
    info = over[0].lobby.take()[-1]
    assert (info.service, info.state) == (6, "waiting")
    assert not any(member.ready for member in info.players)
    assert info.commitment != inn.game().commitment
    for player in over[1:]:
        assert player.lobby.code(wire.ChangeReady, ready=True) == 0
    assert over[0].lobby.code(wire.StartGame) == 0
    for player in over:
        player.find_way()
        assert player.show(player.game) == 0  # the same connection will do
    assert inn.game(1, 2).phase == "playing"
    assert over[0].does(wire.Move, to=1) == 0
    crowd(inn, over, game=2).play_on()
    assert inn.game(1, 2).phase == "settled"
    assert inn.state(account_id(1)).total_board == 2


def test_after_the_end_nothing_is_done(inn, over):
    assert over[0].does(wire.Move, to=1) == wire.CODES["wrong_stage"]
    assert over[0].show(over[0].game) == BAD_TICKET


def test_members_who_are_away_at_the_end_lose_their_seats_a_while_later(inn, crowd):
    players = inn.begin_game(5)
    players[4].lobby.cut()
    inn.pass_time(15)
    crowd(inn, players).play_on()
    inn.pass_time(59)
    assert 5 in inn.room().members
    inn.pass_time(2)
    assert 5 not in inn.room().members


def test_a_result_that_is_told_again_settles_nothing_twice(inn, over):
    from parlour.actors.treasure.messages import Over
    from parlour.events.rules.treasure.views import game_over

    rows = len(inn.rows())
    result = game_over(inn.game().settled)
    over[0].game.take()
    inn.tell(facts.room_id(1), Over(room=1, game=1, epoch=1, result=result))
    assert len(inn.rows()) == rows
    assert over[0].game.take() == [result]
    forged = replace(result, winner="evil" if result.winner == "good" else "good")
    inn.tell(facts.room_id(1), Over(room=1, game=2, epoch=1, result=forged))
    assert len(inn.rows()) == rows
