from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.events import landlord as facts
from parlour.events.event import Event
from parlour.events.rules.landlord import table as tables
from parlour.events.rules.landlord.state import Chair, Table

SECOND = 1_000_000
READY, OFFLINE = 20 * SECOND, 30 * SECOND


def fold(*events: Event, table: Table | None = None) -> Table:
    table = table or Table()
    for event in events:
        table = tables.evolve(table, event)
    return table


def sit(uid: int, seat: int, at: int) -> Event:
    return facts.PlayerSeated(at=at, uid=uid, seat=seat)


def leave(uid: int, seat: int, at: int) -> Event:
    return facts.PlayerLeft(at=at, uid=uid, seat=seat, reason="logout")


def ready(uid: int, seat: int, at: int, nonce: str = "") -> Event:
    return facts.PlayerReadied(at=at, uid=uid, seat=seat, nonce=nonce)


def lose(uid: int, seat: int, at: int) -> Event:
    return facts.ConnectionLost(at=at, uid=uid, seat=seat)


OPENED = facts.TableOpened(at=1, tid=5, type=2, zone=3)
FULL: Sequence[Event] = (OPENED, sit(11, 0, 100), sit(12, 1, 200), sit(13, 2, 300))
BEGUN: Sequence[Event] = (
    *FULL,
    facts.HandNumbered(at=300, hand=1),
    ready(11, 0, 400, "a"),
    ready(12, 1, 410, "b"),
    ready(13, 2, 420, "c"),
    facts.HandBegun(at=420, hand=1),
)


def closed(landlord: int | None, at: int = 900) -> Event:
    return facts.HandClosed(at=at, hand=1, landlord=landlord)


def test_opened_table_has_its_level_and_zone() -> None:
    table = fold(OPENED)
    assert (table.tid, table.type, table.zone, table.chairs) == (5, 2, 3, (None, None, None))


def test_player_sits_down_online_and_not_ready() -> None:
    table = fold(OPENED, sit(12, 1, 100))
    assert table.chairs == (None, Chair(uid=12), None)


def test_swapped_player_is_known_by_the_table_he_came_from() -> None:
    table = fold(OPENED, facts.PlayerSeated(at=100, uid=12, seat=0, came_from=4))
    assert table.chairs[0] == Chair(uid=12, came_from=4)


def test_free_seat_is_the_lowest() -> None:
    assert tables.free_seat(Table()) == 0
    assert tables.free_seat(fold(*FULL)) is None
    assert tables.free_seat(fold(*FULL, leave(13, 2, 400), leave(12, 1, 400))) == 1


def test_seat_is_found_by_uid() -> None:
    table = fold(*FULL)
    assert [tables.seat_of(table, uid) for uid in (11, 12, 13, 14)] == [0, 1, 2, None]


def test_seated_are_the_taken_seats_in_order() -> None:
    table = fold(*FULL, leave(12, 1, 400))
    assert tables.seated(table) == ((0, Chair(uid=11)), (2, Chair(uid=13)))


def test_readied_player_keeps_his_nonce_until_the_hand_closes() -> None:
    table = fold(*BEGUN)
    assert [chair.nonce for chair in table.chairs] == ["a", "b", "c"]
    assert all(chair.ready for chair in table.chairs)
    table = fold(closed(0), table=table)
    assert table.chairs == (Chair(uid=11), Chair(uid=12), Chair(uid=13))


def test_hand_runs_from_its_beginning_to_its_close() -> None:
    table = fold(*BEGUN)
    assert (table.hand, table.playing) == (1, True)
    table = fold(closed(0), facts.HandNumbered(at=900, hand=2), table=table)
    assert (table.hand, table.playing) == (2, False)


def test_connection_lost_and_regained() -> None:
    table = fold(*FULL, lose(12, 1, 555))
    assert table.chairs[1] == Chair(uid=12, online=False, offline_at=555)
    table = fold(facts.ConnectionRegained(at=600, uid=12, seat=1), table=table)
    assert table.chairs[1] == Chair(uid=12)


def test_restart_leaves_every_seat_offline_and_starts_the_clocks_again() -> None:
    table = fold(*FULL, lose(12, 1, 555), facts.TableResumed(at=9000, cold=True, paused=0))
    assert [(chair.online, chair.offline_at) for chair in table.chairs] == [(False, 9000)] * 3
    assert table.full_at == 9000


def test_restart_of_a_table_with_a_free_seat_starts_no_ready_clock() -> None:
    table = fold(OPENED, sit(11, 2, 100), facts.TableResumed(at=9000, cold=True, paused=0))
    assert table.chairs == (None, None, Chair(uid=11, online=False, offline_at=9000))
    assert table.full_at == 0


# --- first caller ---------------------------------------------------------------------------


def test_seat_zero_calls_first_at_first() -> None:
    assert tables.first_caller(fold(*FULL)) == 0


@pytest.mark.parametrize(("landlord", "first"), [(0, 1), (1, 2), (2, 0)])
def test_seat_after_the_last_landlord_calls_first(landlord: int, first: int) -> None:
    assert tables.first_caller(fold(*BEGUN, closed(landlord))) == first


def test_hand_without_landlord_leaves_the_one_before() -> None:
    table = fold(*BEGUN, closed(1), facts.HandBegun(at=950, hand=2), closed(None))
    assert table.last_landlord == 1


# --- the ready clock ------------------------------------------------------------------------


def test_ready_clock_starts_when_the_third_seat_is_taken() -> None:
    assert fold(*FULL[:-1]).full_at == 0
    assert fold(*FULL).full_at == 300


def test_ready_clock_stops_when_a_seat_empties_and_starts_anew_when_it_is_taken() -> None:
    table = fold(*FULL, leave(12, 1, 400))
    assert table.full_at == 0
    assert fold(sit(14, 1, 500), table=table).full_at == 500


def test_ready_clock_does_not_run_while_a_hand_does() -> None:
    assert fold(*BEGUN).full_at == 0


def test_ready_clock_starts_when_a_hand_closes_with_three_seated() -> None:
    assert fold(*BEGUN, closed(0)).full_at == 900
    assert fold(*BEGUN, leave(12, 1, 800), closed(0)).full_at == 0
    assert fold(*BEGUN, closed(0), leave(12, 1, 900)).full_at == 0


def test_ready_clock_does_not_start_for_a_seat_taken_during_a_hand() -> None:
    assert fold(*BEGUN, leave(12, 1, 800), sit(14, 1, 850)).full_at == 0


# --- deadlines ------------------------------------------------------------------------------


def test_no_clock_runs_at_a_table_that_waits_for_players() -> None:
    assert tables.next_deadline(fold(*FULL[:-1]), READY, OFFLINE) == 0


def test_full_table_has_the_ready_clock() -> None:
    table = fold(*FULL, ready(12, 1, 400))
    assert tables.next_deadline(table, READY, OFFLINE) == 300 + READY
    assert tables.overdue(table, 299 + READY, READY, OFFLINE) == []
    assert tables.overdue(table, 300 + READY, READY, OFFLINE) == [
        (11, 0, "unready"),
        (13, 2, "unready"),
    ]


def test_waiting_player_who_is_offline_has_his_grace() -> None:
    table = fold(OPENED, sit(11, 0, 100), sit(12, 1, 200), lose(12, 1, 700), lose(11, 0, 600))
    assert tables.next_deadline(table, READY, OFFLINE) == 600 + OFFLINE
    assert tables.overdue(table, 600 + OFFLINE, READY, OFFLINE) == [(11, 0, "offline")]
    assert tables.overdue(table, 700 + OFFLINE, READY, OFFLINE) == [
        (11, 0, "offline"),
        (12, 1, "offline"),
    ]


def test_ready_player_who_is_offline_loses_his_seat_too() -> None:
    table = fold(*FULL, ready(11, 0, 350), lose(11, 0, 400))
    assert (11, 0, "offline") in tables.overdue(table, 400 + OFFLINE, READY, OFFLINE)


def test_earlier_of_two_clocks_is_the_next_deadline() -> None:
    table = fold(*FULL, lose(11, 0, 400))
    assert tables.next_deadline(table, READY, OFFLINE) == 300 + READY
    assert tables.next_deadline(table, READY, SECOND) == 400 + SECOND


def test_player_who_is_gone_and_not_ready_is_overdue_once_as_offline() -> None:
    table = fold(*FULL, lose(11, 0, 400))
    late = tables.overdue(table, 10**12, READY, OFFLINE)
    assert late == [(11, 0, "offline"), (12, 1, "unready"), (13, 2, "unready")]


def test_nobody_is_overdue_while_a_hand_runs() -> None:
    table = fold(*BEGUN, lose(11, 0, 500))
    assert tables.next_deadline(table, READY, OFFLINE) == 0
    assert tables.overdue(table, 10**12, READY, OFFLINE) == []


# --- what always holds ----------------------------------------------------------------------

AT = st.integers(1, 10**6)
SEAT = st.integers(-1, 3)
UID = st.integers(1, 5)
FACTS = st.one_of(
    st.builds(facts.PlayerSeated, at=AT, uid=UID, seat=SEAT),
    st.builds(facts.PlayerLeft, at=AT, uid=UID, seat=SEAT, reason=st.just("logout")),
    st.builds(facts.PlayerReadied, at=AT, uid=UID, seat=SEAT, nonce=st.text(max_size=2)),
    st.builds(facts.ConnectionLost, at=AT, uid=UID, seat=SEAT),
    st.builds(facts.ConnectionRegained, at=AT, uid=UID, seat=SEAT),
    st.builds(facts.TableResumed, at=AT, cold=st.booleans(), paused=AT),
    st.builds(facts.HandNumbered, at=AT, hand=UID),
    st.builds(facts.HandBegun, at=AT, hand=UID),
    st.builds(facts.HandClosed, at=AT, hand=UID, landlord=st.none() | SEAT),
    st.builds(facts.TableListed, at=AT, tid=UID, type=UID, zone=UID),
)


@given(st.lists(FACTS, max_size=25), AT)
def test_somebody_is_overdue_exactly_from_the_next_deadline_on(events, now: int) -> None:
    table = fold(*events)
    deadline = tables.next_deadline(table, 1000, 2000)
    late = tables.overdue(table, now, 1000, 2000)
    assert bool(late) is (deadline != 0 and now >= deadline)
    assert all(tables.seat_of(table, uid) is not None for uid, _, _ in late)
    if table.full_at:
        assert tables.free_seat(table) is None
        assert not table.playing
