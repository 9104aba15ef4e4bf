"""Who is connected, and who speaks for whom, while commits are slow or fail."""

from __future__ import annotations

import asyncio

import pytest

from parlour.actors import accounts
from parlour.actors.landlord.settings import LandlordSettings
from parlour.actors.messages import FromSession
from parlour.events.messages import landlord as wire

SECOND = 1_000_000
TABLE = "landlord.table:1"


def say(house, session, request):
    """Have a request handled while its commit has not even begun."""
    house.engine.tell(f"landlord.session:{session}", FromSession(session, request))


def join_slowly(house, uid):
    session = house.connect()
    say(house, session, wire.JoinTable(type=1, zone=0, uid=uid, skey="x"))
    return session


def refuse(*_):
    raise OSError("no room")


def fill_disk(house):
    house.recorder.commit = house.recorder.probe = refuse
    house.join(40)
    assert not house.engine.accepting


def free_disk(house):
    del house.recorder.commit, house.recorder.probe
    house.writer.advance(1.0)
    house.writer.flush()
    assert house.engine.accepting


def seat(house, *uids, type=1):
    return {uid: house.join(uid, type=type) for uid in uids}


def start(house, sessions):
    for uid, session in sessions.items():
        house.send(session, wire.GameReady(uid=uid))
    return "landlord.hand:1:1"


def seconds_left(house, hand):
    return (house.state(hand).deadline - house.clock.time) / SECOND


# --- coming back while a commit is under way ------------------------------------------------


def test_an_old_connection_that_goes_before_the_new_one_is_on_disk_is_not_missed(house):
    old, other = house.join(1), house.connect()
    say(house, other, wire.JoinTable(type=1, zone=0, uid=9, skey="x"))
    join_slowly(house, 1)
    house.cut(old)
    assert house.state(TABLE).chairs[0].online
    assert "landlord.connection-lost" not in house.names()


def test_a_new_connection_that_goes_before_it_is_on_disk_is_missed(house):
    old = house.join(1)
    house.cut(old)
    new = join_slowly(house, 1)
    house.cut(new)
    assert not house.hub.online("landlord", 1)


def test_a_return_that_was_dropped_is_noted_when_the_log_takes_events_again(house):
    sessions = seat(house, 1, 2)
    house.cut(sessions[1])
    house.recorder.commit = house.recorder.probe = refuse
    again = house.join(1)
    assert [type(told) for told in house.take(again)][-1] is wire.Error
    free_disk(house)
    assert house.state(TABLE).chairs[0].online == house.hub.online("landlord", 1)


# --- after a logout -------------------------------------------------------------------------


@pytest.mark.parametrize("way", [wire.Logout, wire.ForceQuit])
def test_who_left_speaks_for_nobody(house, way):
    ghost = house.join(1)
    house.send(ghost, way(uid=1))
    seat(house, 1, 2, 3)
    house.take(ghost)
    house.send(ghost, wire.GameReady(uid=1))
    assert house.take(ghost) == [
        wire.Error(error_code=2, reason="this connection does not speak for that uid")
    ]


# --- a log that took nothing for a while ----------------------------------------------------


def test_waiting_players_are_not_held_to_the_time_the_log_took_nothing(house):
    sessions = seat(house, 1, 2, 3)
    house.pass_time(5)
    fill_disk(house)
    house.clock.time += 60 * SECOND
    free_disk(house)
    house.pass_time(14.9)
    assert not any(house.take(session, wire.Unseated) for session in sessions.values())
    house.pass_time(0.2)
    assert all(house.take(session, wire.Unseated) for session in sessions.values())


def test_a_turn_keeps_its_time_also_when_recovering_fails_at_first(tmp_path, new_house):
    house = new_house(tmp_path, settings=LandlordSettings(call_seconds=60))
    hand = start(house, seat(house, 1, 2, 3))
    fill_disk(house)
    house.clock.time += 25 * SECOND
    del house.recorder.probe  # there is room for a probe, but not for what recovering records
    house.writer.advance(1.0)
    house.writer.flush()
    assert not house.engine.accepting
    house.clock.time += 20 * SECOND
    del house.recorder.commit
    house.writer.advance(1.0)
    house.writer.flush()
    assert seconds_left(house, hand) == 60


def test_a_start_on_a_full_disk_is_a_cold_one_when_there_is_room(tmp_path, new_house):
    house = new_house(tmp_path, settings=LandlordSettings(call_seconds=60))
    hand = start(house, seat(house, 1, 2, 3))
    left_at = house.clock.time
    house.recorder.close()
    again = new_house(tmp_path, settings=LandlordSettings(call_seconds=60), clock=house.clock)
    again.recorder.commit = again.recorder.probe = refuse
    again.clock.time += 30 * SECOND
    again.engine.recover(left_at)
    again.writer.flush()
    assert not again.engine.accepting
    again.clock.time += 30 * SECOND
    free_disk(again)
    assert seconds_left(again, hand) == 60
    assert not any(chair.online for chair in again.state(TABLE).chairs)


# --- time and money -------------------------------------------------------------------------


def test_coming_and_going_does_not_stop_the_clock(house):
    sessions = seat(house, 1, 2, 3)
    hand = start(house, sessions)
    uid = house.state(hand).uids[house.state(hand).turn]
    began = house.clock.time
    while house.state(hand).uids[house.state(hand).turn] == uid:
        house.cut(sessions[uid])
        house.pass_time(1.4)
        sessions[uid] = house.join(uid)
        assert house.clock.time - began < 30 * SECOND


def test_who_lost_his_money_after_being_ready_is_not_dealt_in(house):
    sessions = seat(house, 1, 2, 3, type=2)
    house.send(sessions[1], wire.GameReady(uid=1))

    async def drain():
        answer = house.engine.ask("user:1", accounts.GrantMoney(amount=-10_000))
        house.writer.flush()
        await answer

    asyncio.run(drain())
    for uid in (2, 3):
        house.send(sessions[uid], wire.GameReady(uid=uid))
    assert not house.state(TABLE).playing
    assert house.take(sessions[1], wire.Unseated)
    assert [chair and chair.uid for chair in house.state(TABLE).chairs] == [None, 2, 3]


def test_coming_and_going_at_an_empty_table_uses_up_no_hands(house):
    for _ in range(3):
        house.send(house.join(1), wire.Logout(uid=1))
    assert house.state(TABLE).hand == 1
