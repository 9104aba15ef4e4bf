"""Whole hands through sessions and tables, on a fake clock and a real log."""

import random

import pytest

from parlour.actors.landlord.settings import LandlordSettings, Level
from parlour.actors.messages import Recover
from parlour.events.account import account_id
from parlour.events.landlord import LOBBY_ID, hand_id, table_id
from parlour.events.messages import landlord as wire
from parlour.events.rules.landlord import classify, legal_plays
from parlour.events.rules.landlord.deck import holdings

UIDS = (11, 12, 13)


def sit(house, **options):
    sessions = {uid: house.join(uid, **options) for uid in UIDS}
    return sessions


def ready(house, sessions):
    for uid, session in sessions.items():
        house.send(session, wire.GameReady(uid=uid, nonce=f"n{uid}"))


def hand_of(house):
    table = house.state(table_id(1))
    return house.state(hand_id(1, table.hand))


def cards_of(house, hand, seat):
    secrets = house.decks.secrets(hand.tid, hand.hand, hand.salt)
    return sorted(holdings(hand, secrets)[seat])


def act(house, sessions, *, call=3, choose=lambda plays: plays[0]):
    """Have the player whose turn it is do something legal."""
    hand = hand_of(house)
    uid = hand.uids[hand.turn]
    if hand.phase in ("calling", "robbing"):
        action = 0 if hand.phase == "robbing" or call == 0 else call
        house.send(sessions[uid], wire.CallSubmit(uid=uid, action=action))
        return
    held = cards_of(house, hand, hand.turn)
    plays = legal_plays(held, hand.last.cards if hand.last else None)
    cards = choose(plays) if plays else ()
    card_type = classify(cards).card_type if cards else 0
    house.send(sessions[uid], wire.PlaySubmit(uid=uid, cards=cards, card_type=card_type))


def play_out(house, sessions, **options):
    game = house.state(table_id(1)).hand
    while house.state(table_id(1)).hand == game:
        act(house, sessions, **options)


def test_three_ready_players_are_dealt_and_the_first_is_asked(house):
    sessions = sit(house)
    for session in sessions.values():
        house.take(session)
    ready(house, sessions)
    told = house.take(sessions[11])
    assert [type(m).__name__ for m in told] == [
        "GameReadyOk",
        "GameReadyOk",
        "GameReadyOk",
        "GameStart",
        "CallTurn",
    ]
    assert told[3].nonces == ("n11", "n12", "n13")
    assert (len(told[3].private), len(told[3].c)) == (17, 3)
    assert told[4] == wire.CallTurn(uid=11, who=0, action=1)


def test_each_seat_sees_only_its_own_cards(house):
    sessions = sit(house)
    ready(house, sessions)
    hands = [set(house.take(s, wire.GameStart)[0].private) for s in sessions.values()]
    assert len(set.union(*hands)) == 51


@pytest.mark.parametrize("seed", range(5))
def test_a_hand_is_played_to_its_end_and_paid(house, seed):
    generator = random.Random(seed)
    sessions = sit(house)
    ready(house, sessions)
    play_out(house, sessions, choose=generator.choice)
    [end] = house.take(sessions[11], wire.GameEnd)
    assert sum(user.money for user in end.users) == 30_000
    assert end.win_type in (0, 1)
    for user in end.users:
        account = house.state(account_id(user.uid))
        assert (account.money, account.total_board) == (user.money, 1)
        assert account.total_win == user.win
        assert account.exp == (3 if user.win else 1)
    info = house.take(sessions[11], wire.TableInfo)[-1]
    assert [user.ready for user in info.users] == [False] * 3
    assert info.commitments != ()


def test_a_settlement_and_its_postings_share_one_commit(house):
    sessions = sit(house)
    ready(house, sessions)
    play_out(house, sessions)
    names = house.names()
    first = names.index("landlord.hand-settled")
    last = len(names) - 1 - names[::-1].index("account.game-counted")
    with house.recorder.datastore.transaction(commit=False) as c:
        c.execute("SELECT first_position, last_position FROM seals")
        seals = [tuple(row) for row in c.fetchall()]
    assert any(begin <= first + 1 and last + 1 <= end for begin, end in seals)


def test_the_next_landlord_question_goes_to_the_seat_after_the_last_landlord(house):
    sessions = sit(house)
    ready(house, sessions)
    play_out(house, sessions)
    assert house.state(table_id(1)).last_landlord == 0
    ready(house, sessions)
    assert hand_of(house).turn == 1


def test_rake_goes_to_the_house(house_of):
    house = house_of(
        settings=LandlordSettings(levels={1: Level(base=10, floor=0, rob=False, rake=10)})
    )
    sessions = sit(house)
    ready(house, sessions)
    play_out(house, sessions)
    money = [house.state(account_id(uid)).money for uid in UIDS]
    assert sum(money) < 30_000
    assert house.state(account_id(0)).money == -sum(money)


def test_three_deals_that_nobody_calls_dissolve_the_table(house):
    sessions = sit(house)
    ready(house, sessions)
    for _ in range(9):
        act(house, sessions, call=0)
    told = house.take(sessions[12])
    assert sum(isinstance(m, wire.Redeal) for m in told) == 3
    assert sum(isinstance(m, wire.GameStart) for m in told) == 3
    assert told[-1] == wire.TableDissolved(reason="nobody_called")
    assert [house.state(account_id(uid)).seat for uid in UIDS] == ["", "", ""]
    assert house.state(hand_id(1, 1)).phase == "cancelled"


def test_a_call_out_of_turn_and_one_below_the_floor_are_refused(house):
    sessions = sit(house)
    ready(house, sessions)
    house.take(sessions[12])
    house.send(sessions[12], wire.CallSubmit(uid=12, action=1))
    house.send(sessions[11], wire.CallSubmit(uid=11, action=2))
    house.send(sessions[12], wire.CallSubmit(uid=12, action=2))
    errors = house.take(sessions[12], wire.Error)
    assert [(e.error_code, e.reason) for e in errors] == [
        (3, "not_your_turn"),
        (3, "call_not_allowed"),
    ]


def test_an_illegal_play_keeps_the_turn_and_the_running_clock(house):
    sessions = sit(house)
    ready(house, sessions)
    act(house, sessions)
    hand = hand_of(house)
    house.pass_time(5)
    house.take(sessions[11])
    house.send(sessions[11], wire.PlaySubmit(uid=11, cards=(), card_type=0))
    house.send(sessions[12], wire.PlaySubmit(uid=12, cards=(3,), card_type=1))
    assert house.take(sessions[11]) == [wire.PlayNg(uid=11, error_code=6)]
    assert house.take(sessions[12], wire.PlayNg) == [wire.PlayNg(uid=12, error_code=1)]
    assert hand_of(house) == hand


def test_two_time_outs_in_a_row_make_a_seat_trustee_until_it_acts(house):
    sessions = sit(house)
    ready(house, sessions)
    act(house, sessions)  # 11 is landlord and leads
    house.pass_time(22)
    assert hand_of(house).timeouts == (1, 0, 0)
    house.pass_time(44)
    assert hand_of(house).turn == 0
    house.pass_time(22)
    assert hand_of(house).trustees == (True, False, False)
    play_turn_of(house, sessions, 12)
    play_turn_of(house, sessions, 13)
    hand = hand_of(house)
    assert hand.turn == 0
    assert hand.deadline - house.clock.now() == 1_500_000
    act(house, sessions)
    assert hand_of(house).trustees == (False, False, False)


def play_turn_of(house, sessions, uid):
    hand = hand_of(house)
    assert hand.uids[hand.turn] == uid
    if hand.last is None:
        act(house, sessions)
    else:
        house.send(sessions[uid], wire.PlaySubmit(uid=uid, card_type=0))


def test_a_lost_connection_makes_the_seat_trustee_and_coming_back_ends_it(house):
    sessions = sit(house)
    ready(house, sessions)
    act(house, sessions)
    house.cut(sessions[12])
    assert hand_of(house).trustees == (False, True, False)
    again = house.join(12)
    succ, snapshot, *_ = house.take(again)
    assert isinstance(succ, wire.JoinTableSucc)
    assert snapshot.state == "playing"
    assert (snapshot.landlord, snapshot.turn) == (11, 11)
    assert sorted(snapshot.cards) == cards_of(house, hand_of(house), 1)
    assert hand_of(house).trustees == (False, False, False)


def test_quitting_in_mid_hand_is_paid_for_at_once(house):
    sessions = sit(house)
    ready(house, sessions)
    act(house, sessions)  # ratio 3, base 10
    for session in sessions.values():
        house.take(session)
    house.send(sessions[12], wire.ForceQuit(uid=12))
    end, ok = house.take(sessions[12])
    assert ok == wire.ForceOk(uid=12)
    assert end.win_type == 2
    assert {u.uid: (u.money, u.win) for u in end.users} == {
        11: (10_060, 1),
        12: (9_820, 0),
        13: (10_060, 1),
    }
    assert house.state(account_id(0)).money == -30_000 + 60
    assert house.state(account_id(12)).seat == ""
    assert [u.uid for u in house.take(sessions[11], wire.TableInfo)[-1].users] == [11, 13]


def test_logging_out_is_refused_while_a_hand_is_played(house):
    sessions = sit(house)
    ready(house, sessions)
    house.take(sessions[11])
    house.send(sessions[11], wire.Logout(uid=11))
    assert house.take(sessions[11]) == [wire.LogoutNg(error_code=2)]


def restart(house, house_of, **options):
    last_at = house.clock.now()
    house.recorder.close()
    fresh = house_of(clock=house.clock, decks=house.decks, **options)
    house.clock.time += 3_600_000_000
    fresh.engine.recover(last_at)
    fresh.writer.flush()
    return fresh


def test_after_a_restart_the_hand_goes_on_from_the_same_card_with_the_same_clock_left(
    house, house_of
):
    sessions = sit(house)
    ready(house, sessions)
    act(house, sessions)
    act(house, sessions)
    house.pass_time(5)
    before = hand_of(house)
    held = [cards_of(house, before, seat) for seat in range(3)]
    fresh = restart(house, house_of)
    after = hand_of(fresh)
    assert after.plays == before.plays
    assert [cards_of(fresh, after, seat) for seat in range(3)] == held
    assert after.deadline - fresh.clock.now() == 17_000_000
    assert after.trustees == (False, False, False)
    session = fresh.join(UIDS[after.turn])
    snapshot = fresh.take(session, wire.TableSnapshot)[0]
    assert snapshot.seconds == pytest.approx(17.0)


def test_a_turn_has_ten_seconds_at_least_after_a_restart(house, house_of):
    sessions = sit(house)
    ready(house, sessions)
    act(house, sessions)
    house.pass_time(20)
    fresh = restart(house, house_of)
    hand = hand_of(fresh)
    assert hand.deadline - fresh.clock.now() == 10_000_000
    fresh.pass_time(9.9)
    assert hand_of(fresh).plays == ()
    fresh.pass_time(0.2)
    assert hand_of(fresh).trustees == (True, False, False)
    assert len(hand_of(fresh).plays) == 1


def test_without_its_key_a_running_hand_is_cancelled_unpaid(house, house_of):
    sessions = sit(house)
    ready(house, sessions)
    act(house, sessions)
    house.decks.key = b"another key, as after a loss ...."
    fresh = restart(house, house_of)
    assert fresh.state(hand_id(1, 1)).phase == "cancelled"
    assert [fresh.state(account_id(uid)).money for uid in UIDS] == [10_000] * 3
    assert ("deck_key_lost", {"table": 1, "hand": 1}) in fresh.reports
    assert fresh.state(table_id(1)).hand == 2
    assert not fresh.state(table_id(1)).playing


def test_recovering_twice_pays_nobody_twice(house, house_of):
    sessions = sit(house)
    ready(house, sessions)
    play_out(house, sessions)
    fresh = restart(house, house_of)
    fresh.engine.tell(LOBBY_ID, Recover(fresh.clock.now(), cold=True))
    fresh.writer.flush()
    assert fresh.names().count("landlord.hand-settled") == 1
