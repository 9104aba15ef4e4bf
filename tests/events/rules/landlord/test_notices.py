import msgspec
import pytest

from parlour.events import landlord as facts
from parlour.events.errors import LocalProtocolError
from parlour.events.messages import landlord as messages
from parlour.events.rules.account import Account
from parlour.events.rules.landlord import deck, notices
from parlour.events.rules.landlord.hand import evolve
from parlour.events.rules.landlord.settlement import settle
from parlour.events.rules.landlord.state import Chair, Table

TABLE = Table(
    tid=7,
    type=2,
    zone=1,
    chairs=(Chair(uid=101), Chair(uid=102, ready=True), Chair(uid=103, online=False)),
    hand=3,
    playing=True,
)
READY = 20_000_000


def told(scene, events: list[facts.Event]) -> list[messages.Message]:
    """What `follow` says of events that were just recorded."""
    hand = scene.hand
    return [notice for event in events for notice in notices.follow(hand, event, hand)]


def shown(scene, seat: int, table: Table = TABLE) -> messages.TableSnapshot:
    return notices.snapshot(table, scene.hand, seat, scene.secrets, scene.now, READY)


# --- turns ----------------------------------------------------------------------------------


def test_asked_seat_is_told_with_the_lowest_open_call(new_scene) -> None:
    scene = new_scene(rob=True, first=2)
    assert notices.turn_notice(scene.hand) == messages.CallTurn(uid=103, who=2, action=1)
    scene.call(1)
    assert notices.turn_notice(scene.hand) == messages.CallTurn(uid=101, who=0, action=2)
    scene.call(0)
    scene.call(3)
    assert notices.turn_notice(scene.hand) == messages.CallTurn(uid=103, who=2, action=4)


def test_turn_to_play_says_lead_or_follow(played) -> None:
    assert notices.turn_notice(played.hand) == messages.PlayTurn(uid=101, flag=0)
    played.play(played.held(0)[0])
    assert notices.turn_notice(played.hand) == messages.PlayTurn(uid=102, flag=1)
    played.skip()
    played.skip()
    assert notices.turn_notice(played.hand) == messages.PlayTurn(uid=101, flag=0)


def test_asking_whose_turn_it_is_when_it_is_nobodys_is_our_bug(new_scene) -> None:
    with pytest.raises(LocalProtocolError):
        notices.turn_notice(new_scene(dealt=False).hand)


# --- what one event tells -------------------------------------------------------------------


def test_answers_are_told_as_actions(new_scene) -> None:
    scene = new_scene(rob=True)
    assert told(scene, scene.call(0)) == [messages.CallInfo(uid=101, action=0)]
    assert told(scene, scene.call(3)) == [messages.CallInfo(uid=102, action=3)]
    assert told(scene, scene.call(4)) == [messages.CallInfo(uid=103, action=4)]
    assert told(scene, scene.call(0)) == [
        messages.CallInfo(uid=102, action=0),
        messages.LandlordInfo(uid=103, ratio=6),
    ]


def test_plays_and_passes_are_told_alike(played) -> None:
    card = played.held(0)[0]
    assert told(played, played.play(card)) == [
        messages.PlayInfo(uid=101, cards=(card,), card_type=1)
    ]
    assert told(played, played.skip()) == [messages.PlayInfo(uid=102, cards=(), card_type=0)]


def test_thrown_in_deal_is_told_with_its_secret(scene) -> None:
    notes = told(scene, scene.call_all(0, 0, 0))
    assert notes[-1] == messages.Redeal(secret=scene.secrets[0].hex())


def test_time_outs_and_trustees_are_told_by_nothing_but_what_was_done(played) -> None:
    played.play(played.held(0)[0])
    played.wait_out()
    notes = told(played, played.time_out(online=(True, False, True)))
    assert notes == [messages.PlayInfo(uid=102, cards=(), card_type=0)]


def test_settlement_is_told_with_magnitudes_and_the_secret(played) -> None:
    while played.hand.phase == "playing":
        if played.hand.turn == 0:
            played.play(played.held(0)[0])
        else:
            played.skip()
    secret = played.secrets[0]
    before = played.hand
    settled = settle(before, (1000, 2000, 50), (0, 1, 2), secret, at=played.now)
    after = evolve(before, settled)
    expected = messages.GameEnd(
        win_type=0,
        users=(
            messages.EndUser(uid=101, money=1110, win=1, cmoney=110, coin=0),
            messages.EndUser(uid=102, money=1940, win=0, cmoney=60, coin=1),
            messages.EndUser(uid=103, money=0, win=0, cmoney=50, coin=2),
        ),
        secret=secret.hex(),
    )
    assert notices.game_end(settled) == expected
    assert notices.follow(before, settled, after) == [expected]


# --- start ----------------------------------------------------------------------------------


def test_start_shows_a_seat_its_own_cards_and_the_bottom(new_scene) -> None:
    scene = new_scene(nonces=("a", "", "c"))
    dealt = deck.deal(scene.secrets[0], ("a", "", "c"))
    for seat in range(3):
        assert notices.start(scene.hand, seat, scene.secrets) == messages.GameStart(
            c=dealt.bottom, private=dealt.hands[seat], nonces=("a", "", "c")
        )


def test_start_after_a_redeal_is_of_the_new_deal(scene) -> None:
    scene.call_all(0, 0, 0)
    dealt = deck.deal(scene.secrets[1], ("", "", ""))
    assert notices.start(scene.hand, 2, scene.secrets).private == dealt.hands[2]


# --- table information ----------------------------------------------------------------------


def test_table_information_lists_the_seated_with_their_accounts() -> None:
    accounts = {
        uid: Account(
            uid=uid, name=f"p{uid}", zone="beijing", money=uid, exp=250, birthday="1986/09/10"
        )
        for uid in (101, 103)
    }
    table = Table(chairs=(TABLE.chairs[0], None, TABLE.chairs[2]))
    info = notices.table_info(table, accounts, ["aa", "bb", "cc"])
    assert info.commitments == ("aa", "bb", "cc")
    assert [(user.uid, user.seatid, user.ready, user.online) for user in info.users] == [
        (101, 0, False, True),
        (103, 2, False, False),
    ]
    assert msgspec.to_builtins(info.users[0]) == {
        "uid": 101,
        "name": "p101",
        "sex": 0,
        "birthday": "1986/09/10",
        "zone": "beijing",
        "level": 3,
        "exp": 250,
        "money": 101,
        "coin": 0,
        "total_board": 0,
        "total_win": 0,
        "seatid": 0,
        "ready": False,
        "online": True,
    }


# --- snapshots ------------------------------------------------------------------------------


def test_snapshot_of_a_waiting_table_shows_the_ready_clock_and_no_cards(new_scene) -> None:
    scene = new_scene(dealt=False)
    table = Table(tid=7, type=2, chairs=TABLE.chairs, hand=3, full_at=scene.now - 5_000_000)
    assert shown(scene, 1, table) == messages.TableSnapshot(
        type=2,
        tid=7,
        seatid=1,
        state="waiting",
        ratio=0,
        landlord=0,
        turn=0,
        seconds=15.0,
        floor=0,
        cards=(),
        c=(),
        plays=(),
        left=(),
        last=None,
        commitments=scene.hand.commitments,
    )


def test_snapshot_has_no_seconds_where_no_clock_runs(new_scene) -> None:
    scene = new_scene(dealt=False)
    table = Table(tid=7, type=2, chairs=(Chair(uid=101), None, None))
    assert shown(scene, 0, table).seconds == 0
    assert notices.snapshot(table, None, 0, (), scene.now, READY).commitments == ()


def test_snapshot_never_shows_less_than_no_seconds(scene) -> None:
    scene.wait(60)
    assert shown(scene, 0).seconds == 0


def test_snapshot_while_calling(scene) -> None:
    scene.call(1)
    scene.wait(5)
    found = shown(scene, 2)
    assert (found.state, found.turn, found.floor, found.seconds) == ("calling", 102, 2, 15)
    assert (found.landlord, found.ratio, found.plays, found.last) == (0, 1, (), None)
    assert found.cards == deck.deal(scene.secrets[0], ("", "", "")).hands[2]
    assert found.c == scene.hand.bottom


def test_snapshot_while_robbing(new_scene) -> None:
    scene = new_scene(rob=True)
    scene.call_all(3, 4)
    found = shown(scene, 0)
    assert (found.state, found.turn, found.floor) == ("robbing", 103, 4)
    assert (found.landlord, found.ratio, len(found.cards)) == (0, 6, 17)


def test_snapshot_while_playing(played) -> None:
    card = played.held(0)[0]
    played.play(card)
    played.skip()
    found = shown(played, 0)
    play = messages.SnapshotPlay(uid=101, cards=(card,), card_type=1)
    assert (found.state, found.turn, found.floor, found.seconds) == ("playing", 103, 0, 22)
    assert (found.landlord, found.ratio) == (101, 3)
    assert found.plays == (play, messages.SnapshotPlay(uid=102, cards=(), card_type=0))
    assert found.last == play
    assert [(left.uid, left.seatid, left.count) for left in found.left] == [
        (101, 0, 19),
        (102, 1, 17),
        (103, 2, 17),
    ]
    assert sorted(found.cards) == sorted(played.held(0))


def test_snapshot_shows_a_seat_no_card_of_another(played) -> None:
    for seat in range(3):
        found = shown(played, seat)
        assert set(found.cards) == set(played.held(seat))
        hidden = {card for other in range(3) if other != seat for card in played.held(other)}
        assert not hidden & set(found.cards)
