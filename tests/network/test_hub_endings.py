"""How connections end: takeovers, kicks, farewells, and times that run out; devices of one user."""

from __future__ import annotations

import pytest
from raw_clients import Login, MemoryLink, connect

from parlour.actors.messages import UserLost
from parlour.actors.ports import Admit, Bind, Close, CloseUser, Publish, Reply, Unbind
from parlour.events.messages import landlord as wire
from parlour.network.connection import Ending
from parlour.network.landlord.codec import PLAIN
from parlour.network.landlord.handlers import LANDLORD

TURN = wire.PlayTurn(uid=1, flag=0)


def test_a_kick_closes_the_user_with_the_reason(hub, engine):
    _, link = connect(hub, uid=1)
    _, other = connect(hub, uid=2)
    hub.deliver([CloseUser(1, "kicked by an operator")])
    assert link.writes == [PLAIN.encode(wire.Error(error_code=3, reason="kicked by an operator"))]
    assert link.closed == (Ending.KICKED, "kicked by an operator")
    assert other.closed is None
    assert engine.told[-1] == ("landlord.lobby:1", UserLost(1, "landlord"))


def test_a_kick_reaches_every_connection_that_was_opened_for_the_user(hub):
    links = [MemoryLink() for _ in range(3)]
    for link, uid in zip(links, (1, 1, 2), strict=True):
        hub.open(LANDLORD, PLAIN, link=link, peer="10.0.0.1", login=Login(uid))
    hub.deliver([CloseUser(1, "kicked by an operator")])
    assert [link.closed is not None for link in links] == [True, True, False]


def test_who_does_not_log_in_in_time_is_told_and_closed(hub, clock):
    _, link = connect(hub)
    connect(hub, uid=1)
    clock.now += 9.9
    hub.sweep()
    assert link.closed is None
    clock.now += 0.1
    hub.sweep()
    assert link.writes == [PLAIN.encode(wire.Error(error_code=3, reason="no login in time"))]
    assert link.closed is not None
    assert link.closed[0] is Ending.NO_LOGIN
    assert len(hub) == 1


def test_who_logged_out_and_stays_silent_is_told_what_is_true(hub, clock):
    connection, link = connect(hub, uid=7)
    hub.deliver([Unbind(connection.session)])
    clock.now += 300
    hub.sweep()
    words = wire.Error(error_code=3, reason="idle after logging out")
    assert link.writes == [PLAIN.encode(words)]
    assert link.closed == (Ending.IDLE, "idle after logging out")


def test_nobody_is_closed_for_not_logging_in_while_nobody_can(hub, engine, clock):
    _, link = connect(hub)
    engine.accepting = False
    clock.now += 60
    hub.sweep()
    engine.accepting = True
    clock.now += 9.9
    hub.sweep()
    assert link.closed is None
    clock.now += 0.1
    hub.sweep()
    assert link.closed is not None


def test_who_logged_out_may_stay_for_the_idle_time(hub, clock):
    connection, link = connect(hub, uid=1)
    hub.deliver([Unbind(connection.session)])
    clock.now += 299
    hub.sweep()
    assert link.closed is None
    clock.now += 1
    hub.sweep()
    assert link.closed is not None


def test_going_down_is_told_to_everybody(hub, engine):
    links = [connect(hub, uid=uid)[1] for uid in (1, 2)] + [connect(hub)[1]]
    hub.farewell()
    for link in links:
        assert link.writes == [PLAIN.encode(wire.Error(error_code=6, reason="draining"))]
        assert link.closed == (Ending.DRAINING, "draining")
    assert len(hub) == 0
    assert not any(isinstance(message, UserLost) for _, message in engine.told)


# --- one connection a user ------------------------------------------------------------------


ONE_EACH = LANDLORD._replace(exclusive=True)


def come(hub, uid, service=ONE_EACH):
    link = MemoryLink()
    return hub.open(service, PLAIN, link=link, peer="10.0.0.1", login=Login(uid)), link


@pytest.mark.parametrize("bound", [True, False])
def test_a_newer_connection_ends_the_older_one_before_it_is_bound_itself(hub, engine, bound):
    older, link = come(hub, 1)
    if bound:
        hub.deliver([Bind(older.session, "landlord", 1)])
    newer, _ = come(hub, 1)
    assert link.closed is not None
    assert hub.online("landlord", 1)
    assert not any(isinstance(message, UserLost) for _, message in engine.told)
    hub.lost(newer)
    assert [message for _, message in engine.told if isinstance(message, UserLost)] == [
        UserLost(1, "landlord")
    ]


def test_where_several_may_be_nobody_is_ended(hub):
    _, first = come(hub, 1, LANDLORD)
    come(hub, 1, LANDLORD)
    come(hub, 2)
    assert first.closed is None


def test_a_session_is_let_in_by_its_bind_or_admission(hub):
    bound, _ = come(hub, 1)
    admitted, _ = come(hub, 2)
    waiting, _ = come(hub, 3)
    hub.deliver([Bind(bound.session, "landlord", 1), Admit(admitted.session)])
    assert [hub.admitted(c.session) for c in (bound, admitted, waiting)] == [True, True, False]
    assert not hub.admitted(99)


# --- several devices of a user --------------------------------------------------------------


def come_with(hub, uid, device):
    connection, link = connect(hub)
    hub.announce(connection.session, "landlord", uid, device)
    hub.deliver([Bind(connection.session, "landlord", uid, device)])
    return connection, link


def test_devices_of_one_user_live_side_by_side_and_are_spoken_to_by_their_numbers(hub, engine):
    phone, phone_link = come_with(hub, 7, 71)
    _, desk_link = come_with(hub, 7, 72)
    hub.deliver([Publish("landlord", (71, 7), TURN)])
    assert (phone_link.writes, desk_link.writes) == ([PLAIN.encode(TURN)], [])
    assert hub.speaker(phone.session) == 71
    assert hub.online("landlord", 72)
    assert not hub.online("landlord", 7)
    hub.lost(phone)
    assert engine.told[-1] == ("landlord.lobby:1", UserLost(71, "landlord"))


def test_an_older_connection_of_the_same_device_is_closed(hub):
    _, older = come_with(hub, 7, 71)
    _, other = come_with(hub, 7, 72)
    come_with(hub, 7, 71)
    assert (older.closed is None, other.closed is None) == (False, True)


def test_a_kick_reaches_every_device_of_the_user(hub):
    links = [come_with(hub, uid, device)[1] for uid, device in ((7, 71), (7, 72), (8, 73))]
    hub.deliver([CloseUser(7, "kicked by an operator")])
    assert [link.closed is not None for link in links] == [True, True, False]


def test_what_is_published_to_nobody_in_particular_reaches_everybody_who_is_bound(hub):
    links = [come_with(hub, 7, device)[1] for device in (71, 72)]
    _, stranger = connect(hub)
    hub.deliver([Publish("landlord", None, TURN), Publish("beehive", None, TURN)])
    assert [link.writes for link in (*links, stranger)] == [[PLAIN.encode(TURN)]] * 2 + [[]]


# --- farewells that are waited for ----------------------------------------------------------


WAITING = LANDLORD._replace(farewell_seconds=5.0)


@pytest.fixture
def kicked(hub):
    connection, link = come(hub, 1, WAITING)
    hub.deliver([CloseUser(1, "kicked by an operator")])
    return connection, link


def test_who_is_kicked_is_left_open_for_a_while_and_speaks_for_nobody(hub, engine, kicked):
    connection, link = kicked
    assert len(link.writes) == 1
    assert link.closed is None
    assert link.later == (Ending.KICKED, "kicked by an operator", 5.0)
    assert not connection.live
    assert not hub.online("landlord", 1)
    assert engine.ended == ["landlord.session:1"]


def test_who_knows_that_he_is_kicked_is_closed_at_once(hub, kicked):
    connection, link = kicked
    hub.part(connection)
    assert link.closed == (Ending.KICKED, "kicked by an operator")
    link.closed = None
    hub.part(connection)
    assert link.closed is None


def test_going_down_waits_for_no_farewell(hub, kicked):
    hub.farewell()
    assert kicked[1].closed is not None


def test_who_is_gone_is_waited_for_no_more(hub, kicked):
    connection, link = kicked
    hub.lost(connection)
    hub.farewell()
    assert link.closed is None


def test_a_session_actor_may_have_its_connection_wait(hub):
    connection, link = come(hub, 1, WAITING)
    hub.deliver([Reply(connection.session, TURN), Close(connection.session, "no", lingers=True)])
    assert link.writes == [PLAIN.encode(TURN)]
    assert (link.closed, link.later) == (None, (Ending.ACTOR, "no", 5.0))


def test_a_service_has_its_own_time_to_log_in(hub, clock):
    link = MemoryLink()
    hub.open(LANDLORD._replace(auth_seconds=2.0), PLAIN, link=link, peer="10.0.0.1")
    clock.now += 2.0
    hub.sweep()
    assert link.closed is not None


def test_refusals_are_told_why_a_connection_ends(hub, clock):
    codes = []

    def refusal(code, reason):
        codes.append(code)
        return wire.Error(error_code=3, reason=reason)

    service = LANDLORD._replace(refusal=refusal)
    connect(hub)[0].service = service
    clock.now += 10
    hub.sweep()
    slow = connect(hub, uid=1)
    slow[0].service, slow[1].waiting = service, 1000
    hub.deliver([Publish("landlord", (1,), TURN)])
    come(hub, 2, service)
    hub.deliver([CloseUser(2, "out")])
    come(hub, 3, service)
    hub.farewell()
    assert codes == ["no_login", "too_slow", "kicked", "draining"]
