"""Rows 1 to 4 of the message table: coming to a table and being ready for a hand."""

from __future__ import annotations

import asyncio

import pytest
from player import Player, call_lowest, refused
from wire import Link


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
