"""What the engine promises about messages, units and outputs, with a log that fails on demand."""

import pytest
from full_disks import FullDisk

from parlour.actors import accounts
from parlour.actors.messages import FromSession
from parlour.events.account import account_id
from parlour.events.errors import LogUnavailable, RuleViolation
from parlour.events.landlord import hand_id, table_id
from parlour.events.messages import landlord as wire


@pytest.fixture
def disk(house):
    return FullDisk(house)


async def answer(house, uid, command):
    future = house.engine.ask(f"user:{uid}", command)
    house.writer.flush()
    return await future


async def test_an_answer_comes_after_its_commit(house):
    future = house.engine.ask("user:7", accounts.RegisterAccount(name="Ada"))
    assert not future.done()
    house.writer.flush()
    assert await future == 7
    assert house.names() == ["account.registered"]


async def test_a_refused_command_changes_nothing_and_says_why(house):
    await answer(house, 7, accounts.RegisterAccount(name="Ada"))
    with pytest.raises(RuleViolation, match="'ada' is taken"):
        await answer(house, 8, accounts.RegisterAccount(name="ada"))
    assert house.names() == ["account.registered"]


async def test_two_accounts_cannot_take_one_name_in_one_batch(house):
    first = house.engine.ask("user:7", accounts.RegisterAccount(name="Ada"))
    second = house.engine.ask("user:8", accounts.RegisterAccount(name="Ada"))
    house.writer.flush()
    assert await first == 7
    with pytest.raises(RuleViolation, match="taken"):
        await second


async def test_a_refusal_waits_for_the_commit_it_tells_about(house):
    house.engine.ask("user:7", accounts.RegisterAccount(name="Ada"))
    refused = house.engine.ask("user:8", accounts.RegisterAccount(name="Ada"))
    assert not refused.done()
    house.writer.flush()
    assert isinstance(refused.exception(), RuleViolation)


async def test_a_token_is_drawn_once_and_known_by_its_hash(house):
    await answer(house, 7, accounts.RegisterAccount(name="Ada"))
    given = await answer(house, 7, accounts.IssueToken(kind="skey", seconds=60))
    account = house.state(account_id(7))
    now = house.clock.now()
    assert accounts.token_is_good(account, given.token, "skey", now=now)
    assert not accounts.token_is_good(account, given.token, "auth", now=now)
    assert not accounts.token_is_good(account, given.token, "skey", now=given.expires)
    assert given.token not in str(house.rows())


async def test_a_purse_comes_from_the_house(house):
    await answer(house, 7, accounts.RegisterAccount(name="Ada", money=500))
    assert await answer(house, 7, accounts.GrantMoney(amount=-200)) == 300
    assert house.state(account_id(0)).money == -300
    with pytest.raises(RuleViolation, match="cannot change by -301"):
        await answer(house, 7, accounts.GrantMoney(amount=-301))


async def test_a_disabled_account_is_out_and_its_tokens_are_dead(house):
    await answer(house, 7, accounts.RegisterAccount(name="Ada"))
    given = await answer(house, 7, accounts.IssueToken(kind="skey", seconds=60))
    await answer(house, 7, accounts.DisableAccount(reason="cheating"))
    await answer(house, 7, accounts.EnableAccount())
    account = house.state(account_id(7))
    assert not accounts.token_is_good(account, given.token, "skey", now=house.clock.now())


def test_a_full_disk_tells_the_client_and_drops_what_was_not_written(house, disk):
    one = house.join(1)
    house.take(one)
    disk.full = True
    two = house.join(2)
    assert [m.error_code for m in house.take(two)] == [wire.UNAVAILABLE]
    assert house.take(one) == []
    assert house.state(account_id(2)).registered is False
    assert [c and c.uid for c in house.state(table_id(1)).chairs] == [1, None, None]
    assert not house.engine.accepting


def test_the_engine_goes_on_when_there_is_room_again(house, disk):
    house.join(1)
    disk.full = True
    two = house.join(2)
    house.take(two)
    disk.full = False
    house.writer.advance(1.0)
    house.writer.flush()
    assert house.engine.accepting
    house.join(2, session=two)
    assert house.take(two)[0] == wire.JoinTableSucc(type=1, sid=1, tid=1, seatid=1)


def test_time_in_which_the_log_took_nothing_is_not_held_against_the_player(house, disk):
    sessions = {uid: house.join(uid) for uid in (1, 2, 3)}
    for uid, session in sessions.items():
        house.send(session, wire.GameReady(uid=uid))
    house.send(sessions[1], wire.CallSubmit(uid=1, action=3))
    house.pass_time(2)
    disk.full = True
    house.join(4)
    house.pass_time(300)
    disk.full = False
    house.writer.advance(1.0)
    house.writer.flush()
    house.pass_time(0)
    hand = house.state(hand_id(1, 1))
    assert (hand.turn, hand.plays) == (0, ())
    assert hand.deadline - house.clock.now() == 20_000_000


async def test_a_command_asked_of_an_engine_without_a_log_fails_at_once(house, disk):
    disk.full = True
    house.join(1)
    with pytest.raises(LogUnavailable):
        await house.engine.ask("user:7", accounts.RegisterAccount(name="Ada"))


def test_a_failed_commit_takes_with_it_what_stood_on_it(house, disk):
    session = house.connect()
    request = wire.JoinTable(type=1, uid=1, skey="x")
    house.engine.tell(f"landlord.session:{session}", FromSession(session, request))
    disk.full = True
    ready = FromSession(session, wire.GameReady(uid=1))
    house.engine.tell(f"landlord.session:{session}", ready)
    house.writer.flush()
    assert [type(m) for m in house.take(session)] == [wire.Error]
    assert house.rows() == []
    assert house.state(account_id(1)).seat == ""


def test_a_closed_session_is_not_brought_back_by_late_news(house, disk):
    session = house.connect()
    disk.full = True
    request = wire.JoinTable(type=1, uid=1, skey="x")
    house.engine.tell(f"landlord.session:{session}", FromSession(session, request))
    house.engine.end(f"landlord.session:{session}")
    house.writer.flush()
    assert not house.engine.is_live(f"landlord.session:{session}")


def test_ten_thousand_connections_leave_no_actor_behind(house):
    before = len(house.engine)
    for _ in range(10_000):
        session = house.connect()
        house.engine.end(f"landlord.session:{session}")
        del house.hub.told[session]
    assert len(house.engine) == before
