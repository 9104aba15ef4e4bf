"""Clocks run out on the real engine: nobody ready, nobody calling, nobody playing, nobody there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import cards as rules
import pytest
from engine_process import ZONES, Engine, parlour, running
from player import Player, begin_play, deal, never_call, of, others

SETTINGS = {
    "landlord.ready_seconds": 0.5,
    "landlord.call_seconds": 0.5,
    "landlord.play_seconds": 0.5,
    "landlord.trustee_seconds": 0.1,
}


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that waits for nobody."""
    with running(tmp_path_factory.mktemp("hasty"), config=ZONES, settings=SETTINGS) as engine:
        yield engine


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with the page's clocks for players, whose trustees act at once."""
    settings = {"landlord.trustee_seconds": 0.05}
    with running(tmp_path_factory.mktemp("patient"), config=ZONES, settings=settings) as engine:
        yield engine


async def names_of(engine: Engine, player: Player) -> list[str]:
    """Return the names of the events of the player's table's newest hand."""
    games = parlour("replay", "games", "--data", engine.data, "--json").json()["games"]
    newest = next(game for game in reversed(games) if player.uid in game["players"])
    replay = parlour("replay", "game", newest["id"], "--data", engine.data, "--json").json()
    return [event["name"].partition("@")[0] for event in replay["events"]]


# --- ready --------------------------------------------------------------------------------------


async def test_who_is_not_ready_in_time_at_a_full_table_is_unseated(hasty, enter, zone):
    players = [await enter(hasty, zone=zone) for _ in range(3)]
    await players[0].say("game_ready")
    for player in players[1:]:
        assert (await player.expect("unseated"))["reason"]
        await player.say("game_ready")
        assert (await player.expect("game_ready_ng"))["error_code"] == 1
    await players[0].sees(uid=[players[0].uid], ready=[True])


async def test_the_ready_clock_runs_only_while_all_three_seats_are_taken(hasty, enter, zone):
    players = [await enter(hasty, zone=zone) for _ in range(2)]
    # Another table's clock tells that this one's time would have been over.
    watch = [await enter(hasty, zone=0) for _ in range(3)]
    await asyncio.gather(*(player.expect("unseated") for player in watch))
    for player in players:
        assert [m for m in await player.sync() if m["cmd"] == "unseated"] == []
        await player.say("game_ready")
        await player.expect("game_ready_ok", uid=player.uid)


async def test_an_unseated_player_may_join_again_on_the_same_connection(hasty, enter, zone):
    players = [await enter(hasty, zone=zone) for _ in range(3)]
    for player in players:
        await player.expect("unseated")
    assert (await players[0].join(zone=zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"


# --- calling ------------------------------------------------------------------------------------


async def test_calls_that_time_out_are_no(hasty, table):
    players = await table(hasty)
    await deal(players)
    first = of(players, players[0].asked)
    for player in players:
        assert (await player.expect("call_landlord_info"))["action"] == 0
    turn = await first.expect("call_landlord_turn")
    assert turn["uid"] == others(players, first.uid)[0].uid


async def test_a_table_where_all_sleep_is_dissolved_after_three_deals(hasty, table):
    players = await table(hasty)
    await deal(players)
    for player in players:
        await player.expect("table_dissolved")
        names = [message["cmd"] for message in player.link.told]
        assert names.count("game_start") == 3


# --- playing ------------------------------------------------------------------------------------


async def test_time_outs_lead_the_lowest_single_and_pass_and_two_make_a_trustee(hasty, table):
    players = await table(hasty)
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
    names = await names_of(hasty, landlord)
    for seat in range(3):
        assert names.count("landlord.trustee-set") == 3, seat
    # Two time-outs each, and then nobody's clock runs out any more.
    assert names.count("landlord.turn-timed-out") == 6
    assert [play["uid"] for play in other.hand.plays[:4]] == [
        landlord.uid,
        farmer.uid,
        other.uid,
        landlord.uid,
    ]


async def test_a_play_between_them_means_time_outs_are_not_in_a_row(hasty, table):
    players = await table(hasty)
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
    names = await names_of(hasty, landlord)
    plays = [at for at, name in enumerate(names) if name.endswith(("-played", ".passed"))]
    names = names[: plays[11]]  # later nobody acts any more
    assert names.count("landlord.turn-timed-out") == 2
    assert "landlord.trustee-set" not in names


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
    await asyncio.sleep(0.3)
    seen = await again.sync()
    assert [m for m in seen if m["cmd"] == "play_card_info"] == []
    await again.play([], rules.PASS)
    await other.expect("play_card_info", uid=again.uid)


async def test_a_trustee_who_acts_is_himself_again(hasty, table):
    players = await table(hasty)
    landlord, *_ = await begin_play(players)
    for _ in range(2):  # two time-outs: trustee
        await landlord.expect("play_card_info", uid=landlord.uid)
    await landlord.expect("play_card", uid=landlord.uid)
    while True:
        flag = 0 if landlord.hand.last is None else 1
        play = ([rules.lowest(landlord.cards)], rules.SINGLE) if flag == 0 else ([], rules.PASS)
        await landlord.play(*play)
        answer = await landlord.receive()
        while answer["cmd"] not in ("play_card_info", "play_card_ng", "game_end"):
            answer = await landlord.receive()
        if answer["cmd"] == "play_card_info" and answer["uid"] == landlord.uid:
            break
        await landlord.expect("play_card", uid=landlord.uid)
    assert "landlord.trustee-cleared" in await names_of(hasty, landlord)


async def test_every_time_out_and_trustee_is_an_event(hasty, table):
    players = await table(hasty)
    landlord, *_ = await begin_play(players)
    await landlord.expect("play_card_info", uid=landlord.uid)
    assert "landlord.turn-timed-out" in await names_of(hasty, landlord)


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
