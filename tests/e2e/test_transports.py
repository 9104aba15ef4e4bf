"""Three bots over TCP, obfuscated TCP and WebSocket play hands to the end at one table."""

from __future__ import annotations

import asyncio
import itertools
import struct

import cards as rules
import page
import pytest
from player import Hand, Player, deal, of

FLOOR = {1: 0, 2: 2_000}
FIELDS = {
    "uid",
    "name",
    "sex",
    "birthday",
    "zone",
    "level",
    "exp",
    "money",
    "coin",
    "total_board",
    "total_win",
    "seatid",
    "ready",
    "online",
}


async def play_one(players: list[Player]) -> list[Hand]:
    """Play one hand to its end, all three at once, and go on to the news after it."""
    for player in players:
        await player.say("game_ready")
    hands = await asyncio.gather(*(player.play_on() for player in players))
    for player in players:
        await player.expect("SERVER_TABLE_INFO_BC")
    return hands


def expected_payments(players: list[Player], hand: Hand, money: list[int], type: int) -> list[int]:
    """Recompute a settlement from nothing but what was shown at the table."""
    landlord = of(players, hand.landlord).seat
    assert hand.end is not None
    ratio = hand.ratio
    for play in hand.plays:
        if play["card_type"] in (rules.BOMB, rules.ROCKET):
            ratio *= 2
    played = [of(players, play["uid"]).seat for play in hand.plays if play["card_type"]]
    landlord_won = played[-1] == landlord
    assert hand.end["win_type"] == (0 if landlord_won else 1)
    if landlord_won and set(played) == {landlord}:
        ratio *= 2
    if not landlord_won and played.count(landlord) == 1:
        ratio *= 2
    return page.payments(
        base=page.BASE[type],
        ratio=ratio,
        money=money,
        landlord=landlord,
        landlord_won=landlord_won,
    )


def ratio_called(hand: Hand) -> int:
    """Recompute the ratio from the answers: the highest call, doubled by each rob."""
    ratio = 0
    for _, action in hand.calls:
        ratio = ratio * 2 if action == 4 else max(ratio, action)
    return ratio


@pytest.mark.parametrize("type", [1, 2])
async def test_three_transports_play_many_hands_to_the_end(engine, table, type):
    players = await table(engine, type=type)
    money, exp, boards, wins = [10_000] * 3, [0] * 3, [0] * 3, [0] * 3
    for _ in range(12):
        hands = await play_one(players)
        hand = hands[0]
        assert hand.end is not None
        assert hand.end == hands[1].end == hands[2].end
        assert hand.plays == hands[1].plays == hands[2].plays
        assert hand.calls == hands[1].calls == hands[2].calls
        assert hand.ratio == ratio_called(hand)
        changes = expected_payments(players, hand, money, type)
        assert sum(changes) == 0
        money = [held + change for held, change in zip(money, changes, strict=True)]
        for seat, (line, change) in enumerate(zip(hand.end["users"], changes, strict=True)):
            won = (seat == of(players, hand.landlord).seat) == (hand.end["win_type"] == 0)
            assert line == {
                "uid": players[seat].uid,
                "money": money[seat],
                "win": int(won),
                "cmoney": abs(change),
                "coin": 0,
            }
            exp[seat] += 3 if won else 1
            boards[seat] += 1
            wins[seat] += won
        for player in players:
            after = player.users[player.seat]
            assert after["money"] == money[player.seat]
            assert after["exp"] == exp[player.seat]
            assert after["total_board"] == boards[player.seat]
            assert after["total_win"] == wins[player.seat]
        if min(money) < FLOOR[type]:
            break


async def test_every_play_is_announced_with_the_type_the_page_gives_it(engine, table):
    players = await table(engine)
    kinds = set()
    for _ in range(6):
        (hand, *_) = await play_one(players)
        kinds |= {play["card_type"] for play in hand.plays}
    # The bots lead whatever they hold; play_on fails on any play_card_ng.
    assert {rules.PASS, rules.SINGLE, rules.PAIR} < kinds
    assert len(kinds) >= 6


async def test_messages_of_a_hand_come_in_the_order_of_the_page(engine, table):
    players = await table(engine)
    for player in players:
        await player.sync()
    starts = [len(player.link.told) for player in players]
    await deal(players)
    await asyncio.gather(*(player.finish() for player in players))
    for player in players:
        await player.expect("SERVER_TABLE_INFO_BC")
    for player, start in zip(players, starts, strict=True):
        order = [message["cmd"] for message in player.link.told[start:]]
        told = [name for name, _ in itertools.groupby(order)]
        assert told[0] == "game_ready_ok"
        assert order.count("game_ready_ok") == 3
        assert told[1] == "game_start"
        assert order.count("game_start") == 1
        assert order[4] == "call_landlord_turn"
        calls = order[4 : order.index("landlord_info")]
        assert calls == ["call_landlord_turn", "call_landlord_info"] * (len(calls) // 2)
        plays = order[order.index("landlord_info") + 1 : order.index("game_end")]
        assert plays == ["play_card", "play_card_info"] * (len(plays) // 2)
        assert order[order.index("game_end") :] == ["game_end", "SERVER_TABLE_INFO_BC"]


async def test_success_comes_before_the_table_and_the_table_has_every_field(
    engine, connect, zone, uid
):
    player = Player(await connect(engine, "tcp"), uid)
    answer = await player.join(zone=zone)
    assert player.link.told == [answer] or player.link.told[0] == answer
    assert answer["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    assert answer["type"] == 1
    assert answer["seatid"] == 0
    assert answer["tid"] > 0
    assert isinstance(answer["sid"], int)
    info = await player.expect("SERVER_TABLE_INFO_BC")
    (user,) = info["users"]
    assert user.keys() >= FIELDS
    assert user["uid"] == uid
    assert user["money"] == 10_000
    assert (user["exp"], user["coin"], user["total_board"], user["total_win"]) == (0, 0, 0, 0)
    assert (user["seatid"], user["ready"], user["online"]) == (0, False, True)
    year, month, day = user["birthday"].split("/")
    assert (len(year), len(month), len(day)) == (4, 2, 2)
    assert isinstance(user["zone"], str)
    assert len(info["commitments"]) == 3
    assert all(len(bytes.fromhex(commitment)) == 32 for commitment in info["commitments"])


async def test_every_seat_change_is_told_to_all_at_the_table(engine, enter, zone):
    first = await enter(engine, kind="websocket", zone=zone)
    second = await enter(engine, kind="tcp-xor", zone=zone)
    for player in (first, second):
        info = await player.expect("SERVER_TABLE_INFO_BC")
        while len(info["users"]) < 2:
            info = await player.expect("SERVER_TABLE_INFO_BC")
        assert [user["uid"] for user in info["users"]] == [first.uid, second.uid]
        assert [user["seatid"] for user in info["users"]] == [0, 1]
    await second.say("logout")
    assert (await second.expect("logout_ok"))["uid"] == second.uid
    info = await first.expect("SERVER_TABLE_INFO_BC")
    assert [user["uid"] for user in info["users"]] == [first.uid]


async def test_a_fourth_player_gets_another_table(engine, table, enter, zone):
    players = await table(engine)
    fourth = await enter(engine, zone=zone)
    assert fourth.tid != players[0].tid
    assert fourth.seat == 0


async def test_every_seat_sees_only_its_own_seventeen_cards(engine, table):
    players = await table(engine)
    await deal(players)
    deals = [player.hand.deals[-1] for player in players]
    bottom = deals[0]["c"]
    assert deals[1]["c"] == deals[2]["c"] == bottom
    assert [len(dealt["private"]) for dealt in deals] == [17, 17, 17]
    shown = [card for dealt in deals for card in dealt["private"]] + bottom
    assert sorted(shown) == sorted(rules.DECK)
    for player in players:
        assert sum(m["cmd"] == "game_start" for m in player.link.told) == 1
        assert {"cmd", "c", "private"} <= player.hand.deals[-1].keys()


async def test_the_vector_of_the_page_joins_over_obfuscated_tcp(engine, connect):
    link = await connect(engine, "tcp-xor")
    vector = "21000000762f6e60692f373c3d3d3c212f7864692f373e212f7e6668742f372f6c6f6e2f70"
    frame = bytes.fromhex(vector)
    assert struct.unpack("<I", frame[:4]) == (len(frame) - 4,)
    await link.send_bytes(frame)
    # Its cmd is a number: malformed, but understood, and answered in kind.
    answer = await link.receive()
    assert (answer["cmd"], answer["error_code"]) == ("error", 1)
