"""Rooms come and go: 2, 3, 4, 5, 6, 7."""

import pytest
from msgspec import UNSET

from parlour.events import treasure as facts
from parlour.events.account import account_id
from parlour.events.messages import treasure as wire

# --- making rooms --------------------------------------------------------------------------


def test_a_new_room_has_its_maker_as_host_on_seat_0(inn):
    player = inn.player(1)
    created = player.lobby.ask(wire.CreateRoom, name="cave", max=6)
    assert (created.code, created.room_id) == (0, 1)
    [info] = player.lobby.take(wire.RoomInfo)
    assert info == wire.RoomInfo(
        room_id=1,
        name="cave",
        host=1,
        max=6,
        state="waiting",
        players=(wire.RoomMember(player_id=1, name="player1", seat=0, ready=False),),
        commitment=inn.room().commitment,
    )
    assert len(info.commitment) == 64
    assert inn.state(account_id(1)).seat == facts.room_id(1)


def test_everything_about_a_new_room_is_one_unit(inn, disk):
    player = inn.player(1)
    full = disk(inn)
    full.fill()
    assert player.lobby.code(wire.CreateRoom, name="cave", max=6) == wire.CODES["no_commands"]
    full.free()
    assert inn.lobby.rooms == {}
    assert inn.state(account_id(1)).seat == ""
    assert player.lobby.code(wire.CreateRoom, name="cave", max=6) == 0


def test_a_name_is_taken_as_long_as_its_room_lives_whatever_its_case(inn):
    one, other = inn.players(2)
    one.lobby.send(wire.CreateRoom(name="Cave", max=6))
    assert other.lobby.code(wire.CreateRoom, name="cAVE", max=6) == wire.CODES["name_taken"]
    assert one.lobby.code(wire.LeaveRoom) == 0
    assert other.lobby.ask(wire.CreateRoom, name="cAVE", max=6).room_id == 2


def test_a_name_has_few_bytes(open_inn):
    player = open_inn(room_name_bytes=5).player(1)
    assert player.lobby.code(wire.CreateRoom, name="ééé", max=6) == wire.CODES["bad_body"]
    assert player.lobby.code(wire.CreateRoom, name="éé", max=6) == 0


def test_nobody_is_in_two_rooms(inn):
    one, other = inn.players(2)
    one.lobby.send(wire.CreateRoom(name="cave", max=6))
    other.lobby.send(wire.CreateRoom(name="hall", max=6))
    already = wire.CODES["already_in_room"]
    assert one.lobby.code(wire.CreateRoom, name="third", max=6) == already
    assert one.lobby.code(wire.JoinRoom, room_id=2) == already
    assert one.lobby.code(wire.JoinRoom, room_id=1) == already


def test_the_password_of_a_room_is_nowhere_in_the_log(inn):
    inn.open_room(password="open sesame")
    assert not any("open sesame" in state for _, _, state in inn.rows())


# --- the list ------------------------------------------------------------------------------


def test_rooms_are_listed_page_by_page_in_order_of_their_numbers(inn):
    for uid in range(1, 6):
        inn.player(uid).lobby.send(wire.CreateRoom(name=f"room{uid}", max=4 + uid % 2))
    player = inn.player(9)
    listed = player.lobby.ask(wire.ListRooms, page=1, size=2)
    assert [room.room_id for room in listed.rooms] == [3, 4]
    assert player.lobby.ask(wire.ListRooms, page=9).rooms == ()


def test_the_list_tells_what_one_must_know_to_join(inn):
    inn.open_room(4, password="x")
    player = inn.player(9)
    [room] = player.lobby.ask(wire.ListRooms).rooms
    assert room == wire.RoomListing(
        room_id=1, name="hall", players=4, max=8, locked=True, state="waiting"
    )


def test_an_empty_room_goes(inn):
    player = inn.player(1)
    player.lobby.send(wire.CreateRoom(name="cave", max=6))
    assert player.lobby.code(wire.LeaveRoom) == 0
    assert player.lobby.ask(wire.ListRooms).rooms == ()
    assert player.lobby.code(wire.AskRoom) == wire.CODES["not_in_room"]
    assert player.lobby.code(wire.JoinRoom, room_id=1) == wire.CODES["no_such_room"]


# --- members -------------------------------------------------------------------------------


def test_members_are_told_of_who_comes(inn):
    host, guest = inn.players(2)
    host.lobby.send(wire.CreateRoom(name="cave", max=6))
    host.lobby.take()
    assert guest.lobby.code(wire.JoinRoom, room_id=1) == 0
    [seen], [own] = host.lobby.take(), guest.lobby.take()
    assert seen == own
    assert [(member.player_id, member.seat) for member in seen.players] == [(1, 0), (2, 1)]


def test_who_asks_for_the_room_gets_it_under_his_number(inn):
    players = inn.open_room(4)
    info = players[2].lobby.ask(wire.AskRoom)
    assert info.code == 0
    assert [member.ready for member in info.players] == [False, True, True, True]
    assert players[0].lobby.take() == []


def test_a_full_room_takes_nobody(inn):
    inn.open_room(4, max=4)
    assert inn.player(9).lobby.code(wire.JoinRoom, room_id=1) == wire.CODES["room_full"]


@pytest.mark.parametrize("given", [None, "", "wrong"])
def test_a_room_with_a_password_takes_nobody_without_it(inn, given):
    inn.open_room(4, password="right")
    newcomer = inn.player(9)
    code = newcomer.lobby.code(wire.JoinRoom, room_id=1, password=given)
    assert code == wire.CODES["wrong_room_password"]
    assert newcomer.lobby.code(wire.JoinRoom, room_id=1, password="right") == 0


def test_the_host_who_leaves_leaves_the_room_to_the_lowest_seat(inn):
    players = inn.open_room(4)
    assert players[0].lobby.code(wire.LeaveRoom) == 0
    assert players[0].lobby.take() == []
    [info] = players[3].lobby.take()
    assert info.host == 2
    newcomer = inn.player(9)
    newcomer.lobby.send(wire.JoinRoom(room_id=1))
    assert {m.player_id: m.seat for m in newcomer.lobby.take(wire.RoomInfo)[-1].players}[9] == 0


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (wire.LeaveRoom, {}),
        (wire.AskRoom, {}),
        (wire.ChangeReady, {"ready": True}),
        (wire.StartGame, {}),
    ],
)
def test_what_is_done_in_a_room_needs_a_room(inn, kind, fields):
    assert inn.player(1).lobby.code(kind, **fields) == wire.CODES["not_in_room"]


# --- ready ---------------------------------------------------------------------------------


def test_all_members_are_told_who_is_ready(inn):
    players = inn.open_room(4, ready=False)
    answer = players[1].lobby.ask(wire.ChangeReady, ready=True)
    assert (answer.code, answer.player_id, answer.ready) == (0, 2, True)
    changed, info = players[0].lobby.take()
    assert changed == wire.ReadyChanged(player_id=2, ready=True)
    assert changed.seq is UNSET
    assert [member.ready for member in info.players] == [False, True, False, False]
    assert [type(told) for told in players[1].lobby.take()] == [wire.RoomInfo]


def test_who_is_ready_already_is_told_so_and_nobody_else(inn):
    players = inn.open_room(4)
    before = len(inn.events(facts.room_id(1)))
    assert players[1].lobby.code(wire.ChangeReady, ready=True) == 0
    assert all(player.lobby.take() == [] for player in players)
    assert len(inn.events(facts.room_id(1))) == before


# --- lost connections ----------------------------------------------------------------------


def test_who_loses_his_connection_keeps_his_seat_for_a_while(inn):
    players = inn.open_room(4)
    players[2].lobby.cut()
    inn.pass_time(59)
    assert 3 in inn.room().members
    answer = players[2].log_in()
    assert answer.room_id == 1
    inn.pass_time(600)
    assert 3 in inn.room().members


def test_who_stays_away_loses_his_seat(inn):
    players = inn.open_room(4)
    players[0].lobby.cut()
    inn.pass_time(61)
    assert list(inn.room().members) == [2, 3, 4]
    assert inn.state(account_id(1)).seat == ""
    [info] = players[1].lobby.take()
    assert info.host == 2
    assert players[0].log_in().room_id is UNSET


def test_a_room_whose_members_all_stay_away_goes(inn):
    for player in inn.open_room(4):
        player.lobby.cut()
    inn.pass_time(61)
    assert inn.lobby.rooms == {}
    assert inn.names(facts.room_id(1))[-1] == "RoomClosed"


def test_after_a_restart_members_have_as_long_to_come_back(inn):
    inn.open_room(4)
    inn = inn.restart(after=300)
    assert len(inn.room().members) == 4
    inn.pass_time(30)
    inn.player(3)
    inn.pass_time(31)
    assert list(inn.room().members) == [3]


# --- when the disk refuses -----------------------------------------------------------------


def test_each_request_that_was_dropped_is_answered_on_its_own_id(inn, disk):
    players = inn.open_room(4)
    full = disk(inn)
    full.fill()
    client = players[1].lobby
    client.post(wire.ChangeReady(seq=7, ready=False))
    client.post(wire.LeaveRoom(seq=8))
    inn.flush()
    assert [(m.service, m.code, m.seq) for m in client.take()] == [(7, 27, 7), (4, 27, 8)]
    full.free()
    assert inn.room().members[2].ready


def test_a_failure_of_ours_changes_nothing_and_says_so(inn, monkeypatch):
    player = inn.player(1)
    monkeypatch.setattr(inn.decks, "seed", lambda *_: 1 / 0)
    assert player.lobby.code(wire.CreateRoom, name="cave", max=6) == wire.CODES["internal_error"]
    assert inn.reports == ["handler_failed"]
    monkeypatch.undo()
    assert player.lobby.code(wire.CreateRoom, name="cave", max=6) == 0
