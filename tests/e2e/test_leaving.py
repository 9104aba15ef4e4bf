"""Rows 9 to 11 of the message table: logout, force_quit, swap_table."""

from __future__ import annotations

import page
import pytest
from player import Player, begin_play, deal, refused

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
    old, new = alone.tid, extra[0].tid
    await trio[0].say("swap_table")
    moved = await trio[0].expect("SERVER_JOIN_TABLE_SUCC")
    assert moved["tid"] == new
    # His old table has two waiting, and it is the only one: not back.
    await trio[0].say("swap_table")
    message = await trio[0].expect("SERVER_JOIN_TABLE_ERR")
    assert message["error_code"] == 5
    for player in pair:
        await player.sees(uid=[other.uid for other in pair])
    await extra[1].say("swap_table")
    assert (await extra[1].expect("SERVER_JOIN_TABLE_SUCC"))["tid"] == old


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
