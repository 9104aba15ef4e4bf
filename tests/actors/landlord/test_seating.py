"""Joining, leaving, swapping, coming back: sessions, the lobby and tables together."""

from parlour.actors.landlord.settings import LandlordSettings, Level
from parlour.actors.messages import FromSession
from parlour.events.account import account_id
from parlour.events.landlord import table_id
from parlour.events.messages import landlord as wire


def seats(house, tid):
    return [chair and chair.uid for chair in house.state(table_id(tid)).chairs]


def test_a_joiner_is_told_his_seat_and_then_the_table(house):
    session = house.join(1001)
    first, second = house.take(session)
    assert first == wire.JoinTableSucc(type=1, sid=1, tid=1, seatid=0)
    assert isinstance(second, wire.TableInfo)
    assert [user.uid for user in second.users] == [1001]
    assert len(second.commitments) == 3


def test_nothing_is_said_before_the_commit(house):
    session = house.connect()
    request = wire.JoinTable(type=1, uid=7, skey="x")
    house.engine.tell(f"landlord.session:{session}", FromSession(session, request))
    assert house.hub.told[session] == []
    house.writer.flush()
    assert house.hub.told[session] != []


def test_an_open_engine_registers_who_is_unknown_with_the_default_purse(house):
    house.join(1001)
    account = house.state(account_id(1001))
    assert (account.money, account.name, account.seat) == (10_000, "player1001", "landlord.table:1")
    assert house.state(account_id(0)).money == -10_000


def test_three_players_share_a_table_and_the_fourth_gets_the_next(house):
    for uid in (1, 2, 3, 4):
        house.join(uid)
    assert seats(house, 1) == [1, 2, 3]
    assert seats(house, 2) == [4, None, None]


def test_a_table_with_two_waiting_is_filled_before_one_with_one(house):
    sessions = {uid: house.join(uid) for uid in (1, 2, 3, 4, 5)}
    house.send(sessions[1], wire.Logout(uid=1))
    house.send(sessions[4], wire.Logout(uid=4))  # table 1 has two, table 2 has one
    house.join(6)
    assert seats(house, 1) == [6, 2, 3]


def test_levels_and_zones_have_tables_of_their_own(house):
    house.join(1, type=1)
    house.join(2, type=1, zone=1)
    house.join(3, type=2, zone=1)
    assert [seats(house, tid)[0] for tid in (1, 2, 3)] == [1, 2, 3]


def test_a_join_is_refused_with_the_documented_code(house_of):
    house = house_of(
        settings=LandlordSettings(
            zones={1: (1,)}, levels={1: Level(base=1, floor=0), 2: Level(base=1, floor=50_000)}
        )
    )
    codes = []
    for type, zone in ((9, 0), (1, 9), (2, 1), (2, 0)):
        session = house.join(1, type=type, zone=zone)
        codes += [m.error_code for m in house.take(session, wire.JoinTableErr)]
    assert codes == [2, 3, 4, 6]


def test_a_closed_engine_wants_the_token_it_gave(house_of):
    house = house_of(open=False)
    session = house.join(1001, skey="guess")
    assert house.take(session) == [wire.JoinTableErr(error_code=1)]
    assert house.rows() == []


def test_a_request_for_another_uid_is_not_yours(house):
    session = house.join(1)
    house.take(session)
    house.send(session, wire.GameReady(uid=2))
    [error] = house.take(session)
    assert (error.error_code, type(error)) == (2, wire.Error)


def test_one_uid_has_one_seat_and_joining_again_finds_it(house):
    first = house.join(1)
    second = house.join(1)
    succ, snapshot, _ = house.take(second)
    assert succ == wire.JoinTableSucc(type=1, sid=1, tid=1, seatid=0)
    assert (snapshot.state, snapshot.seatid, snapshot.turn) == ("waiting", 0, 0)
    assert house.hub.bound["landlord", 1] == second
    assert seats(house, 1) == [1, None, None]
    assert first != second


def test_logging_out_frees_the_seat(house):
    session = house.join(1)
    house.take(session)
    house.send(session, wire.Logout(uid=1))
    assert house.take(session) == [wire.LogoutOk(uid=1)]
    assert seats(house, 1) == [None, None, None]
    assert house.state(account_id(1)).seat == ""


def test_swapping_never_leads_back_to_the_table_just_left(house):
    sessions = {uid: house.join(uid) for uid in (1, 2, 3, 4)}
    house.take(sessions[1])
    house.send(sessions[1], wire.SwapTable(uid=1))
    succ = house.take(sessions[1])[0]
    assert succ.tid == 2
    assert (seats(house, 1), seats(house, 2)) == ([None, 2, 3], [4, 1, None])
    house.send(sessions[1], wire.SwapTable(uid=1))
    assert house.take(sessions[1], wire.JoinTableErr) == [wire.JoinTableErr(error_code=5)]
    assert seats(house, 2) == [4, 1, None]


def test_who_is_not_ready_in_time_is_unseated_and_the_others_stay(house):
    sessions = {uid: house.join(uid) for uid in (1, 2, 3)}
    for uid in (1, 2):
        house.send(sessions[uid], wire.GameReady(uid=uid))
    house.pass_time(19.9)
    assert seats(house, 1) == [1, 2, 3]
    house.pass_time(0.2)
    assert seats(house, 1) == [1, 2, None]
    assert house.take(sessions[3], wire.Unseated) == [wire.Unseated(reason="unready")]


def test_a_waiting_player_without_a_connection_loses_the_seat_after_a_while(house):
    session = house.join(1)
    other = house.join(2)
    house.cut(session)
    assert [u.online for u in house.take(other, wire.TableInfo)[-1].users] == [False, True]
    house.pass_time(61)
    assert seats(house, 1) == [None, 2, None]


def test_a_handler_that_raises_changes_nothing_and_the_client_is_told(house):
    session = house.join(1)
    house.take(session)
    before = house.rows()
    house.decks.secrets = None  # a broken port: dealing must fail
    others = [house.join(uid) for uid in (2, 3)]
    for uid, s in zip((2, 3), others, strict=True):
        house.send(s, wire.GameReady(uid=uid))
    count = len(house.rows())
    house.take(session)
    house.send(session, wire.GameReady(uid=1))
    [error] = house.take(session)
    assert error.error_code == wire.INTERNAL
    assert len(house.rows()) == count > len(before)
    assert not house.state(table_id(1)).chairs[0].ready
    assert house.reports[-1][0] == "handler_failed"
