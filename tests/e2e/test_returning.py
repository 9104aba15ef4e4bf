"""Joining again with a uid that has a seat: the snapshot, and the older connection."""

from __future__ import annotations

import asyncio

import cards as rules
import pytest
from player import Player, begin_play, deal

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
