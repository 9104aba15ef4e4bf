"""Clocks run out on the real engine: nobody ready, nobody calling, nobody playing, nobody there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager

import cards as rules
import pytest
from engine_process import ZONES, Engine, running
from kept import named, names, newest_hand
from player import Player, begin_play, deal, never_call, of, others

Engines = Iterator[Engine]


def quick(folders: pytest.TempPathFactory, **seconds: float) -> AbstractContextManager[Engine]:
    """Run an engine with some clocks that are short; the others leave time for a busy machine."""
    settings = {f"landlord.{name}_seconds": value for name, value in seconds.items()}
    return running(folders.mktemp("quick"), config=ZONES, settings=settings)


@pytest.fixture(scope="module")
def nobody_ready(tmp_path_factory: pytest.TempPathFactory) -> Engines:
    """An engine that waits half a second for players to be ready."""
    with quick(tmp_path_factory, ready=0.5) as engine:
        yield engine


@pytest.fixture(scope="module")
def nobody_calls(tmp_path_factory: pytest.TempPathFactory) -> Engines:
    """An engine that waits for no call."""
    with quick(tmp_path_factory, call=0.3) as engine:
        yield engine


@pytest.fixture(scope="module")
def nobody_plays(tmp_path_factory: pytest.TempPathFactory) -> Engines:
    """An engine that waits for no play."""
    with quick(tmp_path_factory, play=0.3, trustee=0.02) as engine:
        yield engine


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Engines:
    """An engine with the page's clocks for players, whose trustees act at once."""
    with quick(tmp_path_factory, trustee=0.05) as engine:
        yield engine


# --- ready --------------------------------------------------------------------------------------


async def test_who_is_not_ready_in_time_at_a_full_table_is_unseated(nobody_ready, enter, zone):
    players = [await enter(nobody_ready, zone=zone) for _ in range(2)]
    await players[0].say("game_ready")
    await players[0].expect("game_ready_ok", uid=players[0].uid)
    players.append(await enter(nobody_ready, zone=zone))  # now the clock runs
    for player in players[1:]:
        assert (await player.expect("unseated"))["reason"]
        await player.say("game_ready")
        assert (await player.expect("game_ready_ng"))["error_code"] == 1
    await players[0].sees(uid=[players[0].uid], ready=[True])


async def test_the_ready_clock_runs_only_while_all_three_seats_are_taken(nobody_ready, enter, zone):
    players = [await enter(nobody_ready, zone=zone) for _ in range(2)]
    # Another table's clock tells that this one's time would have been over.
    watch = [await enter(nobody_ready, zone=0) for _ in range(3)]
    await asyncio.gather(*(player.expect("unseated") for player in watch))
    for player in players:
        assert [m for m in await player.sync() if m["cmd"] == "unseated"] == []
        await player.say("game_ready")
        await player.expect("game_ready_ok", uid=player.uid)


async def test_an_unseated_player_may_join_again_on_the_same_connection(nobody_ready, enter, zone):
    players = [await enter(nobody_ready, zone=zone) for _ in range(3)]
    for player in players:
        await player.expect("unseated")
    assert (await players[0].join(zone=zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"


# --- calling ------------------------------------------------------------------------------------


async def test_calls_that_time_out_are_no(nobody_calls, table):
    players = await table(nobody_calls)
    await deal(players)
    first = of(players, players[0].asked)
    for player in players:
        assert (await player.expect("call_landlord_info"))["action"] == 0
    turn = await first.expect("call_landlord_turn")
    assert turn["uid"] == others(players, first.uid)[0].uid


async def test_a_table_where_all_sleep_is_dissolved_after_three_deals(nobody_calls, table):
    players = await table(nobody_calls)
    await deal(players)
    for player in players:
        await player.expect("table_dissolved")
        names = [message["cmd"] for message in player.link.told]
        assert names.count("game_start") == 3


# --- playing ------------------------------------------------------------------------------------


async def test_time_outs_lead_the_lowest_single_and_pass_and_two_make_a_trustee(
    nobody_plays, table
):
    players = await table(nobody_plays)
    landlord, farmer, other = await begin_play(players)
    low = rules.lowest(landlord.cards)
    info = await landlord.expect("play_card_info", uid=landlord.uid)
    assert [rules.place(card) for card in info["cards"]] == [rules.place(low)]
    assert info["card_type"] == rules.SINGLE
    info = await farmer.expect("play_card_info", uid=farmer.uid)
    assert (info["cards"] in ([], [0]), info["card_type"]) == (True, rules.PASS)
    # All three sleep: the engine plays the hand to its end for them.
    ends = [await player.expect("game_end") for player in players]
    assert ends[0] == ends[1] == ends[2]
    leads = [play for play in other.hand.plays if play["card_type"]]
    assert {play["card_type"] for play in leads} == {rules.SINGLE}
    events = newest_hand(nobody_plays.data, landlord.tid)
    # Two time-outs each, and then nobody's clock runs out any more.
    timed_out = [event["seat"] for event in named(events, "turn-timed-out")]
    trustees = [event["seat"] for event in named(events, "trustee-set")]
    assert sorted(timed_out) == [0, 0, 1, 1, 2, 2]
    assert sorted(trustees) == [0, 1, 2]
    assert [play["uid"] for play in other.hand.plays[:4]] == [
        landlord.uid,
        farmer.uid,
        other.uid,
        landlord.uid,
    ]


async def test_a_play_between_them_means_time_outs_are_not_in_a_row(start, table):
    # Long enough to be in time when this machine is busy.
    engine = start(settings={"landlord.play_seconds": 2})
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)

    async def pass_on(player: Player) -> None:
        await player.expect("play_card", uid=player.uid, flag=1)
        await player.play([], rules.PASS)

    for lead in range(4):
        if lead:
            await landlord.expect("play_card", uid=landlord.uid, flag=0)
        if lead % 2:  # every second lead is his own
            await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
        await pass_on(farmer)
        await pass_on(other)
    await landlord.expect("play_card", uid=landlord.uid, flag=0)
    events = newest_hand(engine.data, landlord.tid)
    timed_out = [event["seat"] for event in named(events, "turn-timed-out")]
    assert timed_out == [landlord.seat] * 2
    assert named(events, "trustee-set") == []


async def test_a_lost_connection_makes_a_trustee_at_once(patient, table):
    players = await table(patient)
    landlord, farmer, other = await begin_play(players)
    farmer.link.drop()
    other.link.drop()
    # 22 seconds a turn otherwise: this hand only ends because trustees act.
    await landlord.answer({"cmd": "play_card", "uid": landlord.uid, "flag": 0})
    hand = await landlord.play_on()
    assert hand.end is not None
    assert hand.end["win_type"] == 0
    assert {p["card_type"] for p in hand.plays if p["uid"] != landlord.uid} == {rules.PASS}


async def test_a_trustee_leads_its_lowest_single(patient, table, enter, connect):
    players = await table(patient)
    landlord, farmer, _ = await begin_play(players)
    low = rules.lowest(landlord.cards)
    landlord.link.drop()
    info = await farmer.expect("play_card_info", uid=landlord.uid)
    assert info["card_type"] == rules.SINGLE
    assert [rules.place(card) for card in info["cards"]] == [rules.place(low)]


async def test_coming_back_clears_the_trustee_and_the_turn_is_his_own(patient, table, connect):
    players = await table(patient)
    landlord, farmer, other = await begin_play(players)
    farmer.link.drop()
    info = await other.expect("SERVER_TABLE_INFO_BC")
    assert [user["online"] for user in info["users"]].count(False) == 1
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    await other.expect("play_card_info", uid=farmer.uid, card_type=0)
    again = Player(await connect(patient), farmer.uid)
    await again.join()
    snapshot = await again.expect("table_snapshot")
    assert snapshot["turn"] == other.uid
    await other.play([], rules.PASS)
    await landlord.expect("play_card", uid=landlord.uid)
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    await again.expect("play_card", uid=again.uid, flag=1)
    # As a trustee he would pass within 50 ms; now the turn waits for him.
    events = newest_hand(patient.data, again.tid)
    assert names(events)[-3:] == ["trustee-cleared", "passed", "cards-played"]
    await again.play([], rules.PASS)
    await other.expect("play_card_info", uid=again.uid)


async def test_a_trustee_who_acts_is_himself_again(start, table):
    # A trustee acts so late that his player is always faster.
    engine = start(settings={"landlord.play_seconds": 0.3, "landlord.trustee_seconds": 600})
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    for _ in range(2):  # two time-outs each: trustees, all of them
        for player in (landlord, farmer, other):
            await other.expect("play_card_info", uid=player.uid)
    await landlord.expect("play_card_info", uid=other.uid)
    await landlord.expect("play_card_info", uid=other.uid)
    await landlord.expect("play_card", uid=landlord.uid, flag=0)
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    await landlord.expect("play_card_info", uid=landlord.uid)
    events = newest_hand(engine.data, landlord.tid)
    assert [event["seat"] for event in named(events, "trustee-cleared")] == [landlord.seat]
    assert sorted(event["seat"] for event in named(events, "trustee-set")) == [0, 1, 2]
    for player in (farmer, other):
        await player.sync()
        await player.play([], rules.PASS)
        await player.expect("play_card_info", uid=player.uid)
    # Nobody is a trustee now, so all clocks run again.
    await other.expect("play_card_info", uid=landlord.uid, card_type=rules.SINGLE)
    await other.expect("play_card_info", uid=landlord.uid, card_type=rules.SINGLE)


async def test_who_leaves_during_the_calling_is_answered_for(patient, table):
    players = await table(patient)
    await deal(players)
    asked = of(players, players[0].asked)
    second, _ = others(players, asked.uid)
    asked.link.drop()
    await second.expect("call_landlord_info", uid=asked.uid, action=0)
    await second.expect("call_landlord_turn", uid=second.uid)


async def test_the_snapshot_tells_how_little_time_is_left(patient, table, connect):
    players = await table(patient)
    landlord, *_ = await begin_play(players)
    await asyncio.sleep(0.2)
    again = Player(await connect(patient), landlord.uid)
    await again.join()
    first = (await again.expect("table_snapshot"))["seconds"]
    assert first <= 21.8
    # An illegal play keeps the running clock.
    await again.play([], rules.PASS)
    await again.expect("play_card_ng")
    third = Player(await connect(patient), landlord.uid)
    await third.join()
    assert (await third.expect("table_snapshot"))["seconds"] < first


async def test_a_redeal_by_time_outs_keeps_absent_players_trustees(patient, table):
    players = await table(patient)
    await deal(players)
    for player in players[1:]:
        player.link.drop()
    await players[0].answer(
        {"cmd": "call_landlord_turn", "uid": players[0].uid, "action": 1}, never_call
    )
    hand = await players[0].play_on(never_call)
    assert len(hand.deals) == 3
