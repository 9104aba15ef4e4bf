"""Row 6 of the message table: who is asked, what he may answer, and who becomes landlord."""

from __future__ import annotations

import asyncio

from player import Player, begin_play, deal, never_call, of, others, refused


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
