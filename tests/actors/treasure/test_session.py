"""Logging in: 0, 1, and what may be asked before."""

import pytest
from msgspec import UNSET

from parlour.actors import accounts
from parlour.actors.messages import Ask
from parlour.events.account import account_id
from parlour.events.messages import treasure as wire

WRONG = wire.CODES["wrong_name_or_password"]


def skeys(inn, uid):
    tokens = inn.state(account_id(uid)).tokens
    return [digest for digest, token in tokens.items() if token.kind == "skey"]


def test_whoever_connects_is_greeted(inn, connect):
    client = connect(inn)
    [welcome] = client.take()
    assert welcome == wire.Welcome(session=client.session, server_time=inn.clock.time / 1_000_000)
    assert (welcome.service, welcome.proto) == (0, 1)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (wire.ListRooms, {}),
        (wire.CreateRoom, {"name": "cave", "max": 6}),
        (wire.LeaveRoom, {}),
        (wire.JoinRoom, {"room_id": 1}),
        (wire.AskRoom, {}),
        (wire.ChangeReady, {"ready": True}),
        (wire.StartGame, {}),
    ],
)
def test_before_a_login_nothing_else_is_done(inn, connect, kind, fields):
    answer = connect(inn).ask(kind, **fields)
    assert (answer.service, answer.code) == (kind.service, wire.CODES["not_verified"])


def test_a_login_tells_who_one_is_and_gives_a_token(inn, connect):
    inn.register(7)
    answer = inn.log_in(connect(inn), 7)
    assert answer == wire.LoginAnswer(
        seq=answer.seq, player_id=7, name="player7", token=answer.token, room_id=UNSET
    )
    assert skeys(inn, 7) == [accounts.digest_of(answer.token)]


def test_a_token_opens_the_account_again_and_is_good_for_its_whole_time_again(inn, connect):
    inn.register(7)
    token = inn.log_in(connect(inn), 7).token
    inn.pass_time(20 * 86_400)
    again = inn.log_in(connect(inn), 7, token=token)
    assert (again.code, again.token) == (0, token)
    inn.pass_time(20 * 86_400)
    assert inn.log_in(connect(inn), 7, token=token).code == 0
    inn.pass_time(31 * 86_400)
    assert inn.log_in(connect(inn), 7, token=token).code == WRONG


def test_a_token_of_another_kind_is_as_good_but_a_new_one_is_given(inn, connect):
    inn.register(7)
    command = accounts.IssueToken(kind="beehive")
    inn.tell("user:7", Ask(0, command))
    inn.randomness.count -= 1  # draw the same again: it is told to nobody here
    token = inn.randomness.token(16).hex()
    answer = inn.log_in(connect(inn), 7, token=token)
    assert answer.code == 0
    assert answer.token != token


@pytest.mark.parametrize("token", ["", "no such token", "\x00", "ä" * 500])
def test_a_wrong_token_opens_nothing(inn, connect, token):
    inn.register(7)
    client = connect(inn)
    answer = inn.log_in(client, 7, token=token or "0" * 32)
    assert (answer.service, answer.code) == (1, WRONG)
    assert client.code(wire.ListRooms) == wire.CODES["not_verified"]


@pytest.mark.parametrize("uid", [0, 8])
def test_nobody_logs_in_as_the_house_or_as_nobody(inn, connect, uid):
    assert inn.log_in(connect(inn), uid, name="x").code == WRONG


def test_a_disabled_account_is_not_let_in(inn, connect):
    inn.register(7)
    inn.tell("user:7", Ask(0, accounts.DisableAccount()))
    assert inn.log_in(connect(inn), 7).code == WRONG


def test_an_account_keeps_few_tokens(open_inn, connect):
    inn = open_inn(tokens=3)
    inn.register(7)
    given = []
    for _ in range(5):
        inn.pass_time(1)
        given.append(accounts.digest_of(inn.log_in(connect(inn), 7).token))
    assert skeys(inn, 7) == given[2:]


def test_with_open_mode_any_token_will_do_and_a_good_one_is_kept(open_inn, connect):
    inn = open_inn(open=True)
    inn.register(7)
    answer = inn.log_in(connect(inn), 7, token="whatever")
    assert answer.code == 0
    assert inn.log_in(connect(inn), 7, token=answer.token).token == answer.token


def test_a_second_login_takes_over(inn, connect):
    player = inn.player(7)
    first = player.lobby
    player.log_in()
    assert first.closed == "taken_over"
    assert player.lobby.closed is None
    assert player.lobby.code(wire.ListRooms) == 0


def test_a_connection_speaks_for_one_player(inn, connect):
    inn.register(8)
    player = inn.player(7)
    assert inn.log_in(player.lobby, 8).code == WRONG
    assert inn.log_in(player.lobby, 7).code == 0
    assert player.lobby.closed is None


def test_a_login_that_is_not_on_disk_was_none(inn, connect, disk):
    inn.register(7)
    client, full = connect(inn), disk(inn)
    full.fill()
    answer = inn.log_in(client, 7)
    assert (answer.service, answer.code) == (1, wire.CODES["no_commands"])
    full.free()
    assert client.code(wire.ListRooms) == wire.CODES["not_verified"]
    assert inn.log_in(client, 7).code == 0


def test_who_is_seated_is_told_where(inn):
    players = inn.open_room(4)
    players[3].lobby.cut()
    assert players[3].log_in().room_id == 1
    assert players[3].lobby.take() == []
