"""Every row of the message table and every error code of the page, provoked over the wire."""

from __future__ import annotations

import asyncio

import cards as rules
import page
import pytest
from player import Player, begin_play, call_lowest, deal, never_call, of, others
from wire import Link


async def refused(player: Player, code: int, cmd: str = "error") -> None:
    """Expect a refusal, and no other message with it."""
    message = await player.expect(cmd)
    assert message["error_code"] == code, message
    if cmd == "error":
        assert isinstance(message["reason"], str)
        assert message["reason"]


async def join_error(link: Link, uid: int, *, type: int = 1, zone: int = 0) -> int:
    answer = await Player(link, uid).join(type, zone)
    assert answer["cmd"] == "SERVER_JOIN_TABLE_ERR", answer
    assert answer.keys() == {"cmd", "error_code"}
    return int(answer["error_code"])


# --- joining ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tcp", "tcp-xor", "websocket"])
async def test_join_of_an_unknown_type_is_error_2(engine, connect, uid, kind):
    link = await connect(engine, kind)
    for type in (0, 5, -1, 2**40):
        assert await join_error(link, uid, type=type) == 2


async def test_join_of_an_unknown_zone_is_error_3(engine, connect, uid):
    link = await connect(engine, "tcp")
    for zone in (77, -1, 2**40):
        assert await join_error(link, uid, zone=zone) == 3


async def test_join_of_a_type_the_zone_does_not_allow_is_error_4(engine, connect, uid):
    # Zone 1 of the default settings allows 1 and 2.
    assert await join_error(await connect(engine, "tcp"), uid, type=3, zone=1) == 4


async def test_join_with_money_outside_the_level_is_error_6(engine, connect, register, uid, zone):
    link = await connect(engine, "tcp")
    assert await join_error(link, uid, type=4, zone=zone) == 6
    rich = Player(await connect(engine, "tcp"), register(engine, money=20_001))
    answer = await rich.join(1, zone)
    assert (answer["cmd"], answer["error_code"]) == ("SERVER_JOIN_TABLE_ERR", 6)
    assert (await rich.join(2, zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"


async def test_money_at_the_edges_of_a_level_is_inside(engine, connect, register, zone, uid):
    # 10,000 is the floor of level 3.
    answer = await Player(await connect(engine, "tcp"), uid).join(3, zone)
    assert answer["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    edge = register(engine, money=20_000)
    answer = await Player(await connect(engine, "tcp"), edge).join(1, zone)
    assert answer["cmd"] == "SERVER_JOIN_TABLE_SUCC"


async def test_a_refused_join_leaves_the_connection_usable(engine, connect, uid, zone):
    player = Player(await connect(engine, "websocket"), uid)
    assert (await player.join(9, zone))["error_code"] == 2
    assert (await player.join(1, zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"


# --- ready --------------------------------------------------------------------------------------


async def test_ready_without_a_table_is_ng_1(engine, enter, zone):
    player = await enter(engine, zone=zone)
    await player.say("logout")
    await player.expect("logout_ok")
    await player.say("game_ready")
    message = await player.receive()
    # After leaving, the connection may speak for nobody; it is not at a table either way.
    assert (message["cmd"], message["error_code"]) in (("game_ready_ng", 1), ("error", 2))


async def test_ready_after_being_refused_a_seat_is_ng_1(engine, connect, uid):
    player = Player(await connect(engine, "tcp"), uid)
    assert (await player.join(4))["error_code"] == 6
    await player.say("game_ready")
    await refused(player, 1, "game_ready_ng")


async def test_ready_twice_and_ready_in_a_hand_are_ng_2(engine, table):
    players = await table(engine)
    await players[0].say("game_ready")
    await players[0].expect("game_ready_ok", uid=players[0].uid)
    await players[0].say("game_ready")
    await refused(players[0], 2, "game_ready_ng")
    for player in players[1:]:
        await player.say("game_ready")
    await players[2].expect("game_start")
    await players[2].say("game_ready")
    await refused(players[2], 2, "game_ready_ng")


async def test_ready_with_money_below_the_floor_is_ng_3(engine, table):
    players = await table(engine, type=3)
    for player in players:
        await player.say("game_ready")
    hands = await asyncio.gather(*(player.play_on(call_lowest) for player in players))
    assert hands[0].end is not None
    poor = [line["uid"] for line in hands[0].end["users"] if line["money"] < 10_000]
    assert poor
    for player in players:
        await player.say("game_ready")
        if player.uid in poor:
            await refused(player, 3, "game_ready_ng")
        else:
            await player.expect("game_ready_ok", uid=player.uid)


async def test_ready_ok_goes_to_the_whole_table_and_ng_to_the_sender_alone(engine, table):
    players = await table(engine)
    await players[1].say("game_ready")
    for player in players:
        assert await player.expect("game_ready_ok") == {
            "cmd": "game_ready_ok",
            "uid": players[1].uid,
        }
        await player.sync()
    await players[1].say("game_ready")
    await refused(players[1], 2, "game_ready_ng")
    for player in (players[0], players[2]):
        assert await player.sync() == []


# --- calling and robbing ------------------------------------------------------------------------


async def test_a_call_out_of_turn_is_error_3_and_changes_nothing(engine, table):
    players = await table(engine)
    await deal(players)
    asked = of(players, players[0].asked)
    for other in others(players, asked.uid):
        await other.say("call_landlord_submit", action=3)
        await refused(other, 3)
    await asked.say("call_landlord_submit", action=1)
    await asked.expect("call_landlord_info", uid=asked.uid, action=1)
    turn = await asked.expect("call_landlord_turn")
    assert turn["uid"] == others(players, asked.uid)[0].uid
    for player in players:
        await player.sync()
        assert player.hand.calls == [(asked.uid, 1)]


async def test_a_call_below_the_floor_is_error_3(engine, table):
    players = await table(engine)
    await deal(players)
    asked = of(players, players[0].asked)
    await asked.say("call_landlord_submit", action=2)
    turn = await asked.expect("call_landlord_turn")
    second = of(players, turn["uid"])
    assert turn["action"] == 3
    assert turn["who"] == second.seat
    for too_low in (1, 2):
        await second.say("call_landlord_submit", action=too_low)
        await refused(second, 3)
    for not_asked in (4, 5, -1, 99):
        await second.say("call_landlord_submit", action=not_asked)
        assert (await second.expect("error"))["error_code"] in (1, 3)
    await second.say("call_landlord_submit", action=3)
    await second.expect("landlord_info", uid=second.uid, ratio=3)


async def test_a_call_without_a_hand_is_error_3(engine, enter, zone):
    player = await enter(engine, zone=zone)
    await player.say("call_landlord_submit", action=1)
    await refused(player, 3)


async def test_three_ends_the_calling_at_once(engine, table):
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    assert landlord.hand.calls == [(landlord.uid, 3)]
    assert len(landlord.cards) == 20


async def test_calls_are_asked_around_the_table_and_the_highest_wins(engine, table):
    players = await table(engine)
    await deal(players)
    first = of(players, players[0].asked)
    assert first.seat == 0
    second, third = others(players, first.uid)
    await first.say("call_landlord_submit", action=1)
    turn = await second.expect("call_landlord_turn", uid=second.uid)
    assert (turn["who"], turn["action"]) == (1, 2)
    await second.say("call_landlord_submit", action=2)
    turn = await third.expect("call_landlord_turn", uid=third.uid)
    assert (turn["who"], turn["action"]) == (2, 3)
    await third.say("call_landlord_submit", action=0)
    for player in players:
        await player.expect("call_landlord_info", uid=third.uid, action=0)
        await player.expect("landlord_info", uid=second.uid, ratio=2)


async def test_the_first_caller_is_the_seat_after_the_last_landlord(engine, table):
    players = await table(engine)
    await deal(players)
    assert players[0].asked == players[0].uid
    await players[0].say("call_landlord_submit", action=1)
    await players[1].expect("call_landlord_turn", uid=players[1].uid)
    await players[1].say("call_landlord_submit", action=3)
    hands = await asyncio.gather(*(player.play_on() for player in players))
    assert hands[0].landlord == players[1].uid
    await deal(players)
    assert players[0].asked == players[2].uid


async def test_robbing_asks_each_other_seat_once_then_the_caller_and_doubles(engine, table):
    players = await table(engine, type=2)
    await deal(players)
    caller = of(players, players[0].asked)
    second, third = others(players, caller.uid)
    await caller.say("call_landlord_submit", action=3)
    for robber in (second, third, caller):
        turn = await robber.expect("call_landlord_turn", uid=robber.uid, action=4)
        assert turn["who"] == robber.seat
        await robber.say("call_landlord_submit", action=4)
    for player in players:
        await player.expect("landlord_info", uid=caller.uid, ratio=24)
        assert player.hand.calls == [
            (caller.uid, 3),
            (second.uid, 4),
            (third.uid, 4),
            (caller.uid, 4),
        ]
        await player.expect("play_card", uid=caller.uid, flag=0)


async def test_robbing_without_a_robber_does_not_ask_the_caller_again(engine, table):
    players = await table(engine, type=2)
    await deal(players)
    caller = of(players, players[0].asked)
    await caller.say("call_landlord_submit", action=3)
    for robber in others(players, caller.uid):
        await robber.expect("call_landlord_turn", uid=robber.uid, action=4)
        await robber.say("call_landlord_submit", action=0)
    for player in players:
        await player.expect("landlord_info", uid=caller.uid, ratio=3)
        assert len(player.hand.calls) == 3


async def test_a_seat_that_refused_to_call_is_not_asked_to_rob(engine, table):
    players = await table(engine, type=2)
    await deal(players)
    first = of(players, players[0].asked)
    second, third = others(players, first.uid)
    await first.say("call_landlord_submit", action=0)
    await second.expect("call_landlord_turn", uid=second.uid, action=1)
    await second.say("call_landlord_submit", action=3)
    turn = await third.expect("call_landlord_turn", action=4)
    assert turn["uid"] == third.uid
    for wrong in (1, 2, 3):
        await third.say("call_landlord_submit", action=wrong)
        await refused(third, 3)
    await third.say("call_landlord_submit", action=4)
    await second.expect("call_landlord_turn", uid=second.uid, action=4)
    await second.say("call_landlord_submit", action=0)
    for player in players:
        await player.expect("landlord_info", uid=third.uid, ratio=6)


async def test_three_redeals_in_a_row_dissolve_the_table(engine, table):
    players = await table(engine)
    for player in players:
        await player.say("game_ready")
    hands = await asyncio.gather(*(player.play_on(never_call) for player in players))
    for player, hand in zip(players, hands, strict=True):
        names = [message["cmd"] for message in player.link.told]
        assert names.count("game_start") == 3
        assert names.count("call_landlord_turn") == 9
        dissolved = await_last(player, "table_dissolved")
        assert dissolved["reason"]
        assert len({tuple(dealt["private"]) for dealt in hand.deals}) == 3
        await player.say("game_ready")
        message = await player.expect("game_ready_ng")
        assert message["error_code"] == 1
        again = await player.join(zone=0)
        assert again["cmd"] == "SERVER_JOIN_TABLE_SUCC"
        await player.say("logout")
        await player.expect("logout_ok")


def await_last(player: Player, cmd: str):
    return next(message for message in reversed(player.link.told) if message["cmd"] == cmd)


async def test_one_redeal_keeps_the_players_and_asks_again(engine, table):
    players = await table(engine)
    await deal(players)
    for _ in range(3):
        asked = of(players, players[0].asked)
        await asked.say("call_landlord_submit", action=0)
        for player in players:
            await player.expect("call_landlord_info", uid=asked.uid, action=0)
            await player.expect("call_landlord_turn")
    assert [len(player.hand.redeals) for player in players] == [1, 1, 1]
    assert [len(player.hand.deals) for player in players] == [2, 2, 2]
    assert players[0].link.told[-1]["action"] == 1


# --- playing ------------------------------------------------------------------------------------


async def test_a_play_out_of_turn_is_ng_1(engine, table):
    players = await table(engine)
    _, farmer, _ = await begin_play(players)
    await farmer.play([rules.lowest(farmer.cards)], rules.SINGLE)
    message = await farmer.expect("play_card_ng")
    assert message == {"cmd": "play_card_ng", "uid": farmer.uid, "error_code": 1}


async def test_a_play_while_calling_or_waiting_is_ng_2(engine, table):
    players = await table(engine)
    await players[0].play([3], rules.SINGLE)
    await refused(players[0], 2, "play_card_ng")
    await deal(players)
    asked = of(players, players[0].asked)
    await asked.play([rules.lowest(asked.cards)], rules.SINGLE)
    await refused(asked, 2, "play_card_ng")


async def test_cards_not_in_hand_are_ng_3(engine, table):
    players = await table(engine)
    landlord, farmer, _ = await begin_play(players)
    theirs = rules.lowest(farmer.cards)
    mine = rules.lowest(landlord.cards)
    for cards, kind in (
        ([theirs], rules.SINGLE),
        ([mine, mine], rules.PAIR),
        ([mine, theirs], rules.PAIR),
        ([0x4E], rules.SINGLE),
        ([255], rules.SINGLE),
        ([-1], rules.SINGLE),
        ([2**40], rules.SINGLE),
    ):
        await landlord.play(cards, kind)
        message = await landlord.receive()
        got = (message["cmd"], message["error_code"])
        # A number that is no card at all may also be called malformed.
        allowed = {("play_card_ng", 3)}
        if not set(cards) <= set(rules.DECK):
            allowed |= {("error", 1), ("play_card_ng", 4)}
        assert got in allowed, (cards, message)
        await landlord.sync()


async def test_cards_that_make_no_hand_type_are_ng_4(engine, table):
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    low, high = rules.lowest(landlord.cards), rules.highest(landlord.cards)
    await landlord.play([low, high], rules.PAIR)
    await refused(landlord, 4, "play_card_ng")
    await landlord.play(landlord.cards, rules.STRAIGHT)
    await refused(landlord, 4, "play_card_ng")
    await landlord.play([], rules.SINGLE)
    assert (await landlord.expect("play_card_ng"))["error_code"] in (3, 4)


async def test_a_play_that_does_not_beat_is_ng_5(engine, table):
    players = await table(engine)
    landlord, farmer, _ = await begin_play(players)
    high = rules.highest(landlord.cards)
    await landlord.play([high], rules.SINGLE)
    await farmer.expect("play_card", uid=farmer.uid, flag=1)
    low = rules.lowest(farmer.cards)
    assert rules.place(low) < rules.place(high)
    await farmer.play([low], rules.SINGLE)
    await refused(farmer, 5, "play_card_ng")
    others_kind = [s for s in rules.shapes(farmer.cards) if s[0] in (rules.PAIR, rules.TRIO)]
    for kind, _, cards in others_kind[:3]:
        await farmer.play(cards, kind)
        await refused(farmer, 5, "play_card_ng")


async def test_a_pass_on_a_lead_is_ng_6(engine, table):
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    for cards in ([], [0], [rules.lowest(landlord.cards)]):
        await landlord.play(cards, rules.PASS)
        await refused(landlord, 6, "play_card_ng")


async def test_a_card_type_that_does_not_match_is_ng_7(engine, table):
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    card = rules.lowest(landlord.cards)
    for wrong in (rules.PAIR, rules.STRAIGHT, rules.BOMB, rules.ROCKET, 15, 99, -1):
        await landlord.play([card], wrong)
        message = await landlord.receive()
        got = (message["cmd"], message["error_code"])
        unknown = not 0 <= wrong <= 14
        assert got == ("play_card_ng", 7) or (unknown and got == ("error", 1)), message
        await landlord.sync()


async def test_a_refused_play_keeps_the_turn_and_is_told_to_the_sender_alone(engine, table):
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    for player in players:
        await player.sync()
    await landlord.play([], rules.PASS)
    await refused(landlord, 6, "play_card_ng")
    assert await landlord.sync() == []
    assert await farmer.sync() == []
    assert await other.sync() == []
    card = rules.lowest(landlord.cards)
    await landlord.play([card], rules.SINGLE)
    for player in players:
        info = await player.expect("play_card_info")
        assert info == {
            "cmd": "play_card_info",
            "uid": landlord.uid,
            "cards": [card],
            "card_type": 1,
        }
        assert await player.expect("play_card") == {
            "cmd": "play_card",
            "uid": farmer.uid,
            "flag": 1,
        }


@pytest.mark.parametrize("cards", [[], [0], "one of his own"], ids=["none", "zero", "ignored"])
async def test_every_way_to_pass_is_a_pass_without_cards(engine, table, cards):
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    await farmer.expect("play_card", uid=farmer.uid)
    held = set(farmer.cards)
    given = [rules.highest(held)] if isinstance(cards, str) else cards
    await farmer.play(given, rules.PASS)
    for player in players:
        info = await player.expect("play_card_info", uid=farmer.uid)
        assert (info["cards"] in ([], [0]), info["card_type"]) == (True, 0)
    assert farmer.cards == held
    await other.expect("play_card", uid=other.uid, flag=1)


async def test_two_passes_give_the_lead_back(engine, table):
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    for player in (farmer, other):
        await player.expect("play_card", uid=player.uid, flag=1)
        await player.play([], rules.PASS)
    for player in players:
        await player.expect("play_card", uid=landlord.uid, flag=0)


# --- leaving ------------------------------------------------------------------------------------


async def test_logout_in_a_hand_is_ng_2_and_before_one_is_ok(engine, table, zone):
    players = await table(engine)
    await deal(players)
    await players[0].say("logout")
    message = await players[0].expect("logout_ng")
    assert message["error_code"] == 2
    await players[0].say("force_quit")
    await players[0].expect("force_ok")
    await players[1].expect("game_end")
    await players[1].say("logout")
    assert await players[1].expect("logout_ok") == {"cmd": "logout_ok", "uid": players[1].uid}


@pytest.mark.parametrize("moment", ["calling", "playing"])
async def test_a_quitter_pays_for_the_spring_he_may_be_facing(engine, table, moment):
    players = await table(engine)
    if moment == "calling":
        await deal(players)
        ratio = 1
    else:
        await begin_play(players)
        ratio = 3
    quitter = players[1]
    await quitter.say("force_quit")
    changes = page.quit_payments(base=10, ratio=ratio, money=[10_000] * 3, quitter=1)
    for player in players:
        end = await player.expect("game_end")
        assert end["win_type"] == 2
        assert end["users"] == [
            {
                "uid": other.uid,
                "money": 10_000 + change,
                "win": int(other is not quitter),
                "cmoney": abs(change),
                "coin": 0,
            }
            for other, change in zip(players, changes, strict=True)
        ]
    assert await quitter.expect("force_ok") == {"cmd": "force_ok", "uid": quitter.uid}
    for player in (players[0], players[2]):
        info = await player.expect("SERVER_TABLE_INFO_BC")
        assert [user["uid"] for user in info["users"]] == [players[0].uid, players[2].uid]
        assert {user["money"] for user in info["users"]} == {10_000 + changes[0]}
        assert info["commitments"]


async def test_a_poor_quitter_pays_what_he_has_and_the_others_share_it(
    engine, connect, register, zone
):
    players = []
    for _ in range(3):
        player = Player(await connect(engine, "tcp"), register(engine, money=100))
        await player.join(1, zone)
        players.append(player)
    await begin_play(players)
    await players[2].say("force_quit")
    end = await players[0].expect("game_end")
    # 3 × 10 × 3 × 2 = 180 is more than his 100: a third each, the house keeps the odd one.
    assert [line["money"] for line in end["users"]] == [133, 133, 0]


async def test_force_quit_without_a_hand_costs_nothing(engine, enter, zone):
    player = await enter(engine, zone=zone)
    await player.say("force_quit")
    await player.expect("force_ok")
    again = await player.join(zone=zone)
    assert again["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    info = await player.expect("SERVER_TABLE_INFO_BC")
    assert info["users"][0]["money"] == 10_000


# --- swapping tables ----------------------------------------------------------------------------


async def test_swap_prefers_two_waiting_then_one_and_never_goes_back(engine, enter, table, zone):
    busy = await table(engine)
    await deal(busy)
    alone = await enter(engine, zone=zone)
    pair = [await enter(engine, zone=zone), await enter(engine, zone=zone)]
    assert pair[0].tid == alone.tid  # two waiting first
    trio = [alone, *pair]
    extra = [await enter(engine, zone=zone), await enter(engine, zone=zone)]
    assert extra[0].tid == extra[1].tid != alone.tid
    single = extra[0].tid
    await trio[0].say("swap_table")
    moved = await trio[0].expect("SERVER_JOIN_TABLE_SUCC")
    assert moved["tid"] == single
    # His old table has two waiting, and it is the only one: not back.
    await trio[0].say("swap_table")
    message = await trio[0].expect("SERVER_JOIN_TABLE_ERR")
    assert message["error_code"] == 5
    for player in pair:
        await player.sees(uid=[other.uid for other in pair])
    await extra[1].say("swap_table")
    assert (await extra[1].expect("SERVER_JOIN_TABLE_SUCC"))["tid"] == alone.tid


async def test_swap_with_no_other_table_is_err_5_and_keeps_the_seat(engine, enter, zone):
    player = await enter(engine, zone=zone)
    await player.say("swap_table")
    await refused(player, 5, "SERVER_JOIN_TABLE_ERR")
    await player.say("game_ready")
    await player.expect("game_ready_ok", uid=player.uid)


async def test_swap_in_a_hand_is_refused(engine, table):
    players = await table(engine)
    await deal(players)
    await players[0].say("swap_table")
    message = await players[0].receive()
    assert (message["cmd"], message["error_code"]) in (("error", 3), ("SERVER_JOIN_TABLE_ERR", 5))
    assert (await players[0].sync()) == []


# --- who may say what ---------------------------------------------------------------------------


async def test_a_uid_that_is_not_the_connections_own_is_error_2(engine, table):
    players = await table(engine)
    victim = players[1]
    for cmd, fields in (
        ("game_ready", {}),
        ("call_landlord_submit", {"action": 1}),
        ("play_card_submit", {"cards": [3], "card_type": 1}),
        ("force_quit", {}),
        ("logout", {}),
        ("swap_table", {}),
    ):
        await players[0].link.send({"cmd": cmd, "uid": victim.uid, **fields})
        await refused(players[0], 2)
    assert [m for m in await victim.sync() if m["cmd"] != "SERVER_TABLE_INFO_BC"] == []
    await victim.say("game_ready")
    await victim.expect("game_ready_ok", uid=victim.uid)


async def test_requests_before_joining_are_refused_and_change_nothing(engine, connect, uid):
    player = Player(await connect(engine, "tcp"), uid)
    for cmd, fields in (
        ("call_landlord_submit", {"action": 1}),
        ("play_card_submit", {"cards": [3], "card_type": 1}),
        ("force_quit", {}),
        ("swap_table", {}),
        ("game_ready", {}),
    ):
        await player.say(cmd, **fields)
        message = await player.receive()
        assert message["cmd"] in ("error", "game_ready_ng", "play_card_ng"), message
        assert message["error_code"] in (1, 2, 3)


async def test_a_connection_cannot_join_for_a_second_uid_while_it_has_a_seat(engine, enter, zone):
    player = await enter(engine, zone=zone)
    request = {"cmd": "CLIENT_JOIN_TABLE_REQ", "type": 1, "zone": zone, "skey": "x"}
    await player.link.send({**request, "uid": player.uid + 5_000_000})
    await refused(player, 2)


async def test_a_uid_holds_one_seat_in_the_whole_engine(engine, enter, connect, zone):
    first = await enter(engine, zone=zone)
    second = Player(await connect(engine, "websocket"), first.uid)
    answer = await second.join(2, 0)
    assert (answer["tid"], answer["seatid"], answer["type"]) == (first.tid, first.seat, 1)
    snapshot = await second.expect("table_snapshot")
    assert snapshot["tid"] == first.tid


# --- coming back --------------------------------------------------------------------------------

SNAPSHOT = {
    "type",
    "tid",
    "seatid",
    "state",
    "ratio",
    "landlord",
    "turn",
    "seconds",
    "floor",
    "cards",
    "c",
    "plays",
    "left",
    "last",
    "commitments",
}


async def come_back(engine, connect, player: Player, kind: str = "tcp") -> tuple[Player, dict]:
    again = Player(await connect(engine, kind), player.uid)
    answer = await again.join()
    assert answer["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    assert (answer["tid"], answer["seatid"]) == (player.tid, player.seat)
    assert again.link.told[0] == answer  # before the snapshot
    snapshot = await again.expect("table_snapshot")
    assert snapshot.keys() >= {"cmd"} | SNAPSHOT
    return again, snapshot


async def test_snapshot_of_a_waiting_table(engine, enter, connect, zone):
    player = await enter(engine, zone=zone)
    info = await player.expect("SERVER_TABLE_INFO_BC")
    _, snapshot = await come_back(engine, connect, player)
    assert snapshot["state"] == "waiting"
    assert (snapshot["ratio"], snapshot["landlord"], snapshot["turn"]) == (0, 0, 0)
    assert (snapshot["seconds"], snapshot["floor"], snapshot["last"]) == (0, 0, None)
    assert (snapshot["cards"], snapshot["c"], snapshot["plays"]) == ([], [], [])
    assert snapshot["commitments"] == info["commitments"]


async def test_snapshot_in_the_calling(engine, table, connect):
    players = await table(engine)
    await deal(players)
    await players[0].say("call_landlord_submit", action=1)
    await players[2].expect("call_landlord_turn", uid=players[1].uid)
    announced = players[2].hand.commitments
    _, snapshot = await come_back(engine, connect, players[2], "websocket")
    assert snapshot["state"] == "calling"
    assert (snapshot["landlord"], snapshot["turn"], snapshot["floor"]) == (0, players[1].uid, 2)
    assert 0 < snapshot["seconds"] <= 20
    assert sorted(snapshot["cards"]) == sorted(players[2].cards)
    assert snapshot["c"] == players[2].hand.deals[-1]["c"]
    assert {(left["uid"], left["seatid"], left["count"]) for left in snapshot["left"]} == {
        (player.uid, player.seat, 17) for player in players
    }
    assert (snapshot["plays"], snapshot["last"]) == ([], None)
    assert tuple(snapshot["commitments"]) == announced


async def test_snapshot_in_the_robbing(engine, table, connect):
    players = await table(engine, type=2)
    await deal(players)
    await players[0].say("call_landlord_submit", action=3)
    await players[0].expect("call_landlord_turn", uid=players[1].uid, action=4)
    _, snapshot = await come_back(engine, connect, players[0], "tcp-xor")
    assert (snapshot["state"], snapshot["type"]) == ("robbing", 2)
    assert snapshot["turn"] == players[1].uid
    assert snapshot["ratio"] == 3
    assert 0 < snapshot["seconds"] <= 20


@pytest.mark.parametrize("kind", ["tcp", "tcp-xor", "websocket"])
async def test_snapshot_in_the_play_holds_the_whole_hand_and_play_goes_on(
    engine, table, connect, kind
):
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    card = rules.lowest(landlord.cards)
    await landlord.play([card], rules.SINGLE)
    await farmer.expect("play_card", uid=farmer.uid)
    await farmer.play([], rules.PASS)
    await other.expect("play_card", uid=other.uid)
    await landlord.expect("play_card", uid=other.uid)
    again, snapshot = await come_back(engine, connect, landlord, kind)
    lead = {"uid": landlord.uid, "cards": [card], "card_type": 1}
    assert snapshot["state"] == "playing"
    assert (snapshot["landlord"], snapshot["turn"]) == (landlord.uid, other.uid)
    assert snapshot["ratio"] == 3
    assert 0 < snapshot["seconds"] <= 22
    assert sorted(snapshot["cards"]) == sorted(landlord.cards)
    assert len(snapshot["cards"]) == 19
    assert snapshot["c"] == landlord.hand.deals[-1]["c"]
    assert snapshot["plays"] == [lead, {"uid": farmer.uid, "cards": [], "card_type": 0}]
    assert snapshot["last"] == lead
    counts = {left["seatid"]: left["count"] for left in snapshot["left"]}
    assert counts == {landlord.seat: 19, farmer.seat: 17, other.seat: 17}
    await other.play([], rules.PASS)
    await again.expect("play_card", uid=again.uid, flag=0)
    players = [again, farmer, other]
    hands = await asyncio.gather(*(player.finish() for player in players))
    assert all(hand.end is not None for hand in hands)


async def test_a_second_connection_takes_over_and_the_older_one_is_told_and_closed(
    engine, table, connect
):
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    again, _ = await come_back(engine, connect, landlord)
    last_words = await landlord.link.end()
    assert last_words, "it was closed without a word"
    assert last_words[-1]["cmd"] == "error"
    assert "connection" in last_words[-1]["reason"]
    await again.play([rules.lowest(again.cards)], rules.SINGLE)
    await again.expect("play_card_info", uid=again.uid)


async def test_an_older_connection_can_say_nothing_more_in_that_name(engine, enter, connect, zone):
    first = await enter(engine, zone=zone)
    again, _ = await come_back(engine, connect, first)
    await first.link.end()
    await again.say("game_ready")
    await again.expect("game_ready_ok", uid=again.uid)


async def test_who_goes_and_comes_back_is_shown_offline_and_online(engine, enter, connect, zone):
    stays = await enter(engine, zone=zone)
    goes = await enter(engine, zone=zone)
    goes.link.drop()
    await stays.sees(online=[True, False])
    await come_back(engine, connect, goes)
    await stays.sees(online=[True, True])


# --- malformed ----------------------------------------------------------------------------------

MALFORMED = {
    "unknown cmd": {"cmd": "no_such_thing", "uid": 1},
    "a cmd of the server's": {"cmd": "game_ready_ok", "uid": 1},
    "no cmd": {"uid": 1},
    "cmd of a wrong type": {"cmd": 1001, "uid": 3, "skey": "abc"},
    "cmd null": {"cmd": None},
    "missing uid": {"cmd": "game_ready"},
    "missing action": {"cmd": "call_landlord_submit", "uid": 1},
    "missing card_type": {"cmd": "play_card_submit", "uid": 1, "cards": []},
    "uid as text": {"cmd": "game_ready", "uid": "1"},
    "uid as a fraction": {"cmd": "game_ready", "uid": 1.5},
    "uid null": {"cmd": "game_ready", "uid": None},
    "uid true": {"cmd": "game_ready", "uid": True},
    "uid of 30 digits": {"cmd": "game_ready", "uid": 10**30},
    "nonce a number": {"cmd": "game_ready", "uid": 1, "nonce": 5},
    "cards no list": {"cmd": "play_card_submit", "uid": 1, "cards": 3, "card_type": 1},
    "cards of text": {"cmd": "play_card_submit", "uid": 1, "cards": ["3"], "card_type": 1},
    "cards of lists": {"cmd": "play_card_submit", "uid": 1, "cards": [[3]], "card_type": 1},
    "join without skey": {"cmd": "CLIENT_JOIN_TABLE_REQ", "type": 1, "zone": 0, "uid": 5},
    "join with a list": {"cmd": "CLIENT_JOIN_TABLE_REQ", "type": [1], "uid": 5, "skey": ""},
    "a list": [1, 2, 3],
    "a string": "game_ready",
    "a number": 7,
    "null": None,
    "an empty object": {},
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_malformed_is_error_1_and_the_connection_lives(engine, connect, uid, zone, what):
    player = Player(await connect(engine, "tcp-xor" if uid % 2 else "websocket"), uid)
    # An obfuscating client is known by its first byte, which is an object's brace.
    assert (await player.join(zone=zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    await player.link.send(MALFORMED[what])
    await refused(player, 1)
    await player.say("game_ready")
    await player.expect("game_ready_ok", uid=uid)


@pytest.mark.parametrize("kind", ["tcp", "tcp-xor", "websocket"])
async def test_three_malformed_in_a_row_close_the_connection(engine, enter, zone, kind):
    player = await enter(engine, kind=kind, zone=zone)
    await player.expect("SERVER_TABLE_INFO_BC")
    for _ in range(3):
        await player.link.send({"cmd": "no_such_thing"})
    errors = await player.link.end()
    assert [(m["cmd"], m["error_code"]) for m in errors] == [("error", 1)] * 3


async def test_malformed_but_not_in_a_row_is_forgiven(engine, enter, zone):
    player = await enter(engine, zone=zone)
    for _ in range(4):
        for _ in range(2):
            await player.link.send({"cmd": "no_such_thing"})
            await refused(player, 1)
        await player.say("call_landlord_submit", action=1)
        await refused(player, 3)


@pytest.mark.parametrize("kind", ["tcp", "tcp-xor", "websocket"])
async def test_a_frame_that_is_not_json_closes_the_connection(engine, enter, zone, kind):
    player = await enter(engine, kind=kind, zone=zone)
    await player.link.send_payload(b'{"cmd":"game_ready","uid":}')
    last_words = await player.link.end()
    assert last_words[-1]["cmd"] == "error"
    assert last_words[-1]["error_code"] == 1


async def test_unknown_extra_fields_are_ignored(engine, connect, uid, zone):
    player = Player(await connect(engine, "tcp"), uid)
    request = {"cmd": "CLIENT_JOIN_TABLE_REQ", "type": 1, "zone": zone, "uid": uid, "skey": "x"}
    await player.link.send({**request, "version": 3, "extra": {"deep": [1, {"a": None}]}})
    await player.expect("SERVER_JOIN_TABLE_SUCC")
    await player.say("game_ready", seatid=99, error_code=1, money=10**9)
    await player.expect("game_ready_ok", uid=uid)


async def test_a_join_in_the_words_of_the_seed_may_leave_out_the_zone_or_say_zero(
    engine, connect, uid
):
    player = Player(await connect(engine, "tcp"), uid)
    assert (await player.join(1, 0))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    await player.say("logout")
    await player.expect("logout_ok")
