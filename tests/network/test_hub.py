"""Sessions of a hub, what reaches whom, and in how many writes."""

from __future__ import annotations

import pytest
from raw_clients import Login, MemoryLink, connect

from parlour.actors.messages import SessionOpened, UserLost
from parlour.actors.ports import Bind, Close, CloseUser, Publish, Reply, Unbind
from parlour.events.messages import landlord as wire
from parlour.network.connection import Ending
from parlour.network.landlord.codec import OBFUSCATED, PLAIN
from parlour.network.landlord.handlers import LANDLORD
from parlour.network.websocket import JSON_TEXT


class CountingDialect:
    name = "counting"

    def __init__(self) -> None:
        self.encoded = 0

    def encode(self, message: wire.Message) -> bytes:
        self.encoded += 1
        if isinstance(message, wire.Redeal):
            raise TypeError("cannot say that")
        return JSON_TEXT.encode(message)


TURN = wire.PlayTurn(uid=1, flag=0)
TAKEN_OVER = wire.Error(error_code=3, reason="taken over by another connection")


def test_sessions_are_numbered_from_one_and_their_actors_are_told(hub, engine):
    connect(hub)
    connect(hub)
    assert engine.told == [
        ("landlord.session:1", SessionOpened(1, "10.0.0.1")),
        ("landlord.session:2", SessionOpened(2, "10.0.0.1")),
    ]


def test_numbers_are_never_used_again(hub):
    first, _ = connect(hub)
    hub.lost(first)
    assert connect(hub)[0].session == 2


def test_a_reply_reaches_a_session_that_is_bound_to_nobody(hub):
    connection, link = connect(hub)
    hub.deliver([Reply(connection.session, TURN)])
    assert link.writes == [PLAIN.encode(TURN)]


def test_a_reply_to_a_session_that_is_gone_is_dropped(hub):
    connection, link = connect(hub)
    hub.lost(connection)
    hub.deliver([Reply(connection.session, TURN), Reply(99, TURN)])
    assert link.writes == []


def test_a_publish_is_encoded_once_a_dialect_however_many_hear_it(hub):
    one, other = CountingDialect(), CountingDialect()
    links = [connect(hub, one if uid % 2 else other, uid)[1] for uid in range(1, 41)]
    hub.deliver([Publish("landlord", tuple(range(1, 41)), TURN)])
    assert (one.encoded, other.encoded) == (1, 1)
    assert {tuple(link.writes) for link in links} == {(JSON_TEXT.encode(TURN),)}


def test_a_message_sent_twice_in_a_delivery_is_encoded_once(hub):
    dialect = CountingDialect()
    connection, _ = connect(hub, dialect, uid=1)
    hub.deliver([Reply(connection.session, TURN), Publish("landlord", (1,), TURN)])
    assert dialect.encoded == 1


def test_every_listener_hears_its_own_dialect(hub):
    links = {d: connect(hub, d, uid)[1] for uid, d in enumerate((PLAIN, OBFUSCATED, JSON_TEXT))}
    hub.deliver([Publish("landlord", (0, 1, 2), TURN)])
    for dialect, link in links.items():
        assert link.writes == [dialect.encode(TURN)]


def test_all_frames_of_a_delivery_leave_in_one_write_and_in_order(hub):
    connection, link = connect(hub, uid=1)
    _, other = connect(hub, uid=2)
    said = [wire.GameReadyOk(uid=n) for n in range(5)]
    hub.deliver(
        [
            Publish("landlord", (1, 2), said[0]),
            Publish("landlord", (1, 2), said[1]),
            Reply(connection.session, said[2]),
            Publish("landlord", (2, 1), said[3]),
            Publish("landlord", (1,), said[4]),
        ]
    )
    assert link.writes == [b"".join(PLAIN.encode(message) for message in said)]
    assert other.writes == [b"".join(PLAIN.encode(said[n]) for n in (0, 1, 3))]


def test_users_without_a_connection_are_passed_over(hub):
    _, link = connect(hub, uid=2)
    hub.deliver([Publish("landlord", (1, 2, 3), TURN), Publish("beehive", (2,), TURN)])
    assert link.writes == [PLAIN.encode(TURN)]


def test_a_publish_before_a_bind_does_not_reach_the_newly_bound(hub):
    connection, link = connect(hub)
    hub.deliver([Publish("landlord", (1,), TURN), Bind(connection.session, "landlord", 1)])
    assert link.writes == []
    assert hub.online("landlord", 1)
    assert not hub.online("beehive", 1)


def test_an_authenticated_connection_speaks_for_its_user_until_it_is_gone(hub, engine):
    def come():
        return hub.open(LANDLORD, PLAIN, link=MemoryLink(), peer="10.0.0.1", login=Login(uid=1))

    connection = come()
    assert hub.online("landlord", 1)
    hub.deliver([Bind(connection.session, "landlord", 1)])
    newer = come()
    hub.lost(connection)
    assert hub.online("landlord", 1)
    hub.lost(newer)
    assert not hub.online("landlord", 1)
    lost = [message for _, message in engine.told if isinstance(message, UserLost)]
    assert lost == [UserLost(1, "landlord")]


def test_who_was_announced_and_never_bound_is_lost(hub, engine):
    connection, _ = connect(hub)
    hub.announce(connection.session, "landlord", 7)
    hub.retract(connection.session)
    hub.retract(connection.session)
    lost = [message for _, message in engine.told if isinstance(message, UserLost)]
    assert lost == [UserLost(7, "landlord")]


def test_an_older_connection_of_a_user_is_told_and_closed(hub, engine):
    older, older_link = connect(hub, uid=1)
    newer, newer_link = connect(hub)
    hub.deliver(
        [
            Publish("landlord", (1,), TURN),
            Bind(newer.session, "landlord", 1),
            Publish("landlord", (1,), TURN),
        ]
    )
    assert b"".join(older_link.writes) == PLAIN.encode(TURN) + PLAIN.encode(TAKEN_OVER)
    assert older_link.closed == (Ending.TAKEN_OVER, TAKEN_OVER.reason)
    assert newer_link.writes == [PLAIN.encode(TURN)]
    assert engine.ended == ["landlord.session:1"]
    assert not any(isinstance(message, UserLost) for _, message in engine.told)
    hub.lost(older)  # its transport ends later
    assert hub.online("landlord", 1)


def test_binding_again_on_the_same_connection_changes_nothing(hub):
    connection, link = connect(hub, uid=1)
    hub.deliver([Bind(connection.session, "landlord", 1)])
    assert link.closed is None


def test_a_connection_that_goes_takes_its_user_offline(hub, engine):
    connection, _ = connect(hub, uid=7)
    hub.lost(connection)
    hub.lost(connection)
    assert engine.told[1:] == [("landlord.lobby:1", UserLost(7, "landlord"))]
    assert engine.ended == ["landlord.session:1"]
    assert not hub.online("landlord", 7)
    assert len(hub) == 0


def test_a_login_whose_connection_is_gone_already_is_a_lost_user(hub, engine):
    connection, _ = connect(hub)
    hub.lost(connection)
    hub.deliver([Bind(connection.session, "landlord", 7)])
    assert engine.told[-1] == ("landlord.lobby:1", UserLost(7, "landlord"))


def test_it_is_no_loss_while_another_connection_speaks_for_the_user(hub, engine):
    connect(hub, uid=7)
    second, _ = connect(hub)
    hub.lost(second)
    hub.deliver([Bind(second.session, "landlord", 7)])
    assert not any(isinstance(message, UserLost) for _, message in engine.told)
    assert hub.online("landlord", 7)


def test_an_announced_session_speaks_for_its_user_before_it_is_bound(hub):
    connection, _ = connect(hub)
    hub.announce(connection.session, "landlord", 7)
    assert hub.online("landlord", 7)
    assert hub.speaker(connection.session) == 7
    hub.retract(connection.session)
    assert not hub.online("landlord", 7)
    assert hub.speaker(connection.session) == 0


def test_a_user_is_online_while_one_of_his_announced_sessions_lives(hub):
    first, _ = connect(hub)
    second, _ = connect(hub)
    hub.announce(first.session, "landlord", 7)
    hub.announce(second.session, "landlord", 7)
    hub.lost(second)
    assert hub.online("landlord", 7)
    hub.lost(first)
    assert not hub.online("landlord", 7)


def test_who_is_bound_or_gone_is_announced_no_more(hub):
    connection, _ = connect(hub)
    hub.announce(connection.session, "landlord", 7)
    hub.deliver([Bind(connection.session, "landlord", 7)])
    hub.deliver([Unbind(connection.session)])
    assert hub.speaker(connection.session) == 0
    assert hub.speaker(99) == 0


def test_who_logged_out_is_offline_without_being_lost(hub, engine):
    connection, _ = connect(hub, uid=7)
    hub.deliver([Unbind(connection.session)])
    assert not hub.online("landlord", 7)
    hub.lost(connection)
    assert not any(isinstance(message, UserLost) for _, message in engine.told)


def test_a_session_can_speak_for_another_user_after_logging_out(hub):
    connection, link = connect(hub, uid=7)
    hub.deliver([Bind(connection.session, "landlord", 8)])
    assert (hub.online("landlord", 7), hub.online("landlord", 8)) == (False, True)
    assert link.closed is None


def test_a_close_lets_what_was_said_before_leave_first(hub):
    connection, link = connect(hub, uid=1)
    hub.deliver([Reply(connection.session, TURN), Close(connection.session, "bye")])
    hub.deliver([Reply(connection.session, TURN)])
    assert link.writes == [PLAIN.encode(TURN)]
    assert link.closed == (Ending.ACTOR, "bye")


def test_who_is_known_before_the_session_is_told_to_its_actor_and_need_not_log_in(
    hub, engine, clock
):
    link, login = MemoryLink(), Login(1)
    connection = hub.open(LANDLORD, PLAIN, link=link, peer="10.0.0.1", login=login)
    assert engine.told == [("landlord.session:1", SessionOpened(1, "10.0.0.1", login))]
    clock.now += 3600
    hub.sweep()
    assert link.closed is None
    hub.lost(connection)
    assert not hub.online("landlord", 1)


def test_a_login_of_nobody_needs_no_login_either(hub, clock):
    link = MemoryLink()
    hub.open(LANDLORD, PLAIN, link=link, peer="10.0.0.1", login=Login(0))
    clock.now += 3600
    hub.sweep()
    hub.deliver([CloseUser(0, "nobody")])
    assert link.closed is None


def test_a_close_that_is_our_fault_says_so(hub):
    connection, link = connect(hub, uid=1)
    hub.deliver([Close(connection.session, "internal", failed=True)])
    assert link.closed == (Ending.INTERNAL, "internal")


def test_a_slow_reader_is_cut_off_and_told_and_the_others_are_not(hub, engine):
    _, slow = connect(hub, uid=1)
    _, quick = connect(hub, uid=2)
    slow.waiting = 990
    hub.deliver([Publish("landlord", (1, 2), TURN)])
    assert slow.closed is not None
    assert slow.closed[0] is Ending.TOO_SLOW
    assert b"reading too slowly" in slow.writes[0]
    assert PLAIN.encode(TURN) not in slow.writes[0]
    assert quick.writes == [PLAIN.encode(TURN)]
    assert engine.told[-1] == ("landlord.lobby:1", UserLost(1, "landlord"))


def test_a_big_delivery_to_a_reader_that_keeps_up_is_written(hub):
    _, link = connect(hub, uid=1)
    hub.deliver([Publish("landlord", (1,), TURN)] * 100)
    assert len(link.writes[0]) > 1000
    assert link.closed is None


def test_a_message_that_cannot_be_encoded_takes_nothing_else_with_it(hub):
    _, link = connect(hub, CountingDialect(), uid=1)
    hub.deliver(
        [Publish("landlord", (1,), wire.Redeal(secret="")), Publish("landlord", (1,), TURN)]
    )
    assert link.writes == [JSON_TEXT.encode(TURN)]


def test_an_engine_that_answers_a_loss_at_once_is_served(hub, engine):
    connection, _ = connect(hub, uid=1)
    _, other = connect(hub, uid=2)
    original = engine.tell

    def tell(actor_id, message):
        original(actor_id, message)
        if isinstance(message, UserLost):
            hub.deliver([Publish("landlord", (1, 2), TURN)])

    engine.tell = tell
    hub.deliver([Close(connection.session, "bye")])
    assert other.writes == [PLAIN.encode(TURN)]


def test_frames_of_one_delivery_are_not_used_in_the_next(hub):
    connection, link = connect(hub)
    for n in range(200):
        hub.deliver([Reply(connection.session, wire.LogoutOk(uid=n))])
        hub.say(connection, wire.LogoutOk(uid=n + 1000))
    expected = [PLAIN.encode(wire.LogoutOk(uid=uid)) for n in range(200) for uid in (n, n + 1000)]
    assert link.writes == expected


@pytest.mark.parametrize("connections", [10])
def test_connections_are_counted(hub, connections):
    kept = [connect(hub)[0] for _ in range(connections)]
    hub.lost(kept[0])
    page = hub._metrics.page().decode()
    assert 'parlour_connections{kind="landlord"} 9.0' in page
    assert 'parlour_connections_accepted_total{kind="landlord"} 10.0' in page
