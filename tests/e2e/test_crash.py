"""Kill −9 at any moment: nothing acknowledged is lost, nothing is paid twice, the hand goes on."""

from __future__ import annotations

import asyncio
import random
import sqlite3

import cards as rules
import pytest
from engine_process import PATIENCE, Engine, parlour
from kept import (
    check_audit,
    check_money,
    check_nothing_lost,
    check_replay,
    hands_of,
    named,
    newest_hand,
)
from player import Player, begin_play, deal
from wire import Ended, Message, TcpLink

KINDS = ("tcp", "tcp-xor", "websocket")


# --- killing and coming back --------------------------------------------------------------------


async def come_back(engine: Engine, connect, player: Player, kind: str) -> tuple[Player, Message]:
    """Join again after a restart, as the same user over some transport."""
    again = Player(await connect(engine, kind), player.uid)
    again.dice = player.dice
    answer = await again.join()
    assert answer["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    assert (answer["tid"], answer["seatid"]) == (player.tid, player.seat)
    return again, await again.expect("table_snapshot")


async def go_on(player: Player, snapshot: Message) -> None:
    """Answer what the snapshot says this player is asked, then play to the end of the hand."""
    if snapshot["state"] == "waiting":
        await player.say("game_ready")
    elif snapshot["turn"] == player.uid:
        if snapshot["state"] == "playing":
            flag = 0 if snapshot["last"] is None else 1
            await player.answer({"cmd": "play_card", "uid": player.uid, "flag": flag})
        else:
            asked = {"cmd": "call_landlord_turn", "uid": player.uid, "action": snapshot["floor"]}
            await player.answer(asked, lambda p, floor: 4 if floor == 4 else 3)
    await player.play_on()


def check_snapshot(player: Player, snapshot: Message, lived: list[Message]) -> None:
    """What a player finds is what he knew, and perhaps what he had not heard yet."""
    if snapshot["state"] == "waiting":
        return
    assert 0 < snapshot["seconds"] <= 22
    counts = {left["uid"]: left["count"] for left in snapshot["left"]}
    played: dict[int, list[int]] = {uid: [] for uid in counts}
    for play in snapshot["plays"]:
        played[play["uid"]] += play["cards"] if play["card_type"] else []
    for uid, count in counts.items():
        full = 20 if uid == snapshot["landlord"] else 17
        assert count == full - len(played[uid])
    assert len(snapshot["cards"]) == counts[player.uid]
    last_start = max((at for at, m in enumerate(lived) if m["cmd"] == "game_start"), default=None)
    if last_start is None or any(m["cmd"] == "game_end" for m in lived[last_start:]):
        return  # the hand began unheard
    start = lived[last_start]
    if sorted(start["c"]) != sorted(snapshot["c"]):
        # Only a deal that was thrown in unheard explains other cards.
        assert snapshot["state"] in ("calling", "robbing")
        return
    own = set(start["private"]) | (set(start["c"]) if snapshot["landlord"] == player.uid else set())
    assert set(snapshot["cards"]) == own - set(played[player.uid])
    known = [
        (m["uid"], m["cards"] if m["card_type"] else [], m["card_type"])
        for m in lived[last_start:]
        if m["cmd"] == "play_card_info"
    ]
    found = [
        (p["uid"], p["cards"] if p["card_type"] else [], p["card_type"]) for p in snapshot["plays"]
    ]
    assert found[: len(known)] == known
    asked = [m for m in lived[last_start:] if m["cmd"] == "play_card"]
    if asked and len(asked) == len(known) + 1 == len(found) + 1:
        assert snapshot["turn"] == asked[-1]["uid"]
        assert (snapshot["last"] is None) == (asked[-1]["flag"] == 0)


async def hears(player: Player, more: int) -> None:
    """Wait until a player was told so many messages more."""
    enough = len(player.link.told) + more
    async with asyncio.timeout(PATIENCE):
        while len(player.link.told) < enough:
            await asyncio.sleep(0.001)


async def play_until_killed(player: Player) -> None:
    """Play hand after hand until the line is dead."""
    try:
        await player.say("game_ready")
        while True:
            message = await player.receive()
            if message["cmd"] == "game_end":
                await player.say("game_ready")
            await player.answer(message)
    except (Ended, OSError):
        pass


@pytest.mark.parametrize("seed", range(2))
async def test_killed_at_random_moments_the_hand_goes_on_and_nothing_is_lost(
    start, table, connect, seed
):
    dice = random.Random(seed)
    engine = start()
    players = await table(engine)
    uids = [player.uid for player in players]
    told: dict[int, list[list[Message]]] = {uid: [] for uid in uids}
    running = 0
    for _ in range(3):
        playing = [asyncio.create_task(play_until_killed(player)) for player in players]
        await hears(players[0], dice.randrange(5, 150))
        engine.kill()
        await asyncio.gather(*playing)
        engine.start()
        back = []
        for player in players:
            told[player.uid].append(player.link.told)
            again, snapshot = await come_back(engine, connect, player, dice.choice(KINDS))
            check_snapshot(player, snapshot, player.link.told)
            back.append((again, snapshot))
        assert len({snapshot["state"] for _, snapshot in back}) == 1
        assert len({snapshot["turn"] for _, snapshot in back}) == 1
        running += back[0][1]["state"] != "waiting"
        players = [again for again, _ in back]
        await asyncio.gather(*(go_on(again, snapshot) for again, snapshot in back))
        for player in players:
            await player.expect("SERVER_TABLE_INFO_BC")
    assert running, "no kill came in the middle of a hand"
    shown = {user["uid"]: user["money"] for user in players[0].users}
    assert await asyncio.to_thread(engine.terminate) == 0
    for player in players:
        await player.link.end()
        told[player.uid].append(player.link.told)
    hands = hands_of(engine.data)
    check_nothing_lost(hands, told)
    check_money(hands, uids, shown)
    check_audit(engine.data)
    resumed = [game for game, events in hands.items() if named(events, "hand-resumed")]
    check_replay(engine.data, resumed[-1], hands[resumed[-1]])


async def test_many_tables_killed_at_once_all_find_their_hands(start, connect):
    dice = random.Random(99)
    engine = start()
    tables = []
    for number in range(8):
        players = []
        for seat in range(3):
            player = Player(await connect(engine, KINDS[seat]), 500_000 + number * 3 + seat)
            assert (await player.join(1, 300 + number))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
            players.append(player)
        tables.append(players)
    everyone = [player for players in tables for player in players]
    told: dict[int, list[list[Message]]] = {player.uid: [] for player in everyone}
    for _ in range(2):
        playing = [asyncio.create_task(play_until_killed(player)) for player in everyone]
        await hears(dice.choice(everyone), dice.randrange(30, 150))
        engine.kill()
        await asyncio.gather(*playing)
        engine.start()
        back = []
        for player in everyone:
            told[player.uid].append(player.link.told)
            again, snapshot = await come_back(engine, connect, player, player.link.kind)
            check_snapshot(player, snapshot, player.link.told)
            back.append((again, snapshot))
        await asyncio.gather(*(go_on(again, snapshot) for again, snapshot in back))
        everyone = [again for again, _ in back]
        for player in everyone:
            await player.expect("SERVER_TABLE_INFO_BC")
    shown = {user["uid"]: user["money"] for player in everyone for user in player.users}
    assert await asyncio.to_thread(engine.terminate) == 0
    for player in everyone:
        await player.link.end()
        told[player.uid].append(player.link.told)
    hands = hands_of(engine.data)
    check_nothing_lost(hands, told)
    check_money(hands, list(told), shown)
    check_audit(engine.data)
    with sqlite3.connect(f"file:{engine.data / 'log.db'}?mode=ro", uri=True) as log:
        (count, last) = log.execute("SELECT count(*), max(rowid) FROM stored_events").fetchone()
    log.close()
    assert count == last


async def test_a_turn_keeps_what_it_had_left_but_not_less_than_ten_seconds(start, table, connect):
    engine = start(settings={"landlord.play_seconds": 4})
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    engine.kill()
    engine.start()
    _, snapshot = await come_back(engine, connect, landlord, "tcp")
    # 4 seconds a turn, but after a crash not less than 10; some of them are gone by now.
    assert 4 < snapshot["seconds"] <= 10
    assert snapshot["turn"] == landlord.uid


async def test_after_a_crash_all_are_offline_and_nobody_is_trustee(start, table, connect):
    engine = start(settings={"landlord.trustee_seconds": 0.05})
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    engine.kill()
    engine.start()
    again, snapshot = await come_back(engine, connect, landlord, "tcp")
    info = await again.expect("SERVER_TABLE_INFO_BC")
    online = {user["uid"]: user["online"] for user in info["users"]}
    assert online == {landlord.uid: True, farmer.uid: False, other.uid: False}
    assert snapshot["plays"] == []
    await again.play([rules.lowest(again.cards)], rules.SINGLE)
    await again.expect("play_card", uid=farmer.uid)
    assert named(newest_hand(engine.data, again.tid), "trustee-set") == []
    back, snapshot = await come_back(engine, connect, farmer, "websocket")
    assert snapshot["turn"] == farmer.uid
    await back.play([], rules.PASS)
    await again.expect("play_card_info", uid=farmer.uid, card_type=0)


async def test_who_stays_away_after_a_crash_becomes_trustee_when_his_time_is_over(
    start, table, connect
):
    settings = {"landlord.resume_seconds": 0.5, "landlord.play_seconds": 0.5}
    engine = start(settings={**settings, "landlord.trustee_seconds": 0.05})
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    engine.kill()
    engine.start()
    again, _ = await come_back(engine, connect, farmer, "tcp")
    await again.expect("play_card_info", uid=landlord.uid)
    end = await again.expect("game_end")
    assert end["win_type"] in (0, 1)
    assert other.uid in {user["uid"] for user in end["users"]}


async def test_a_hand_in_the_calling_survives(start, table, connect):
    engine = start()
    players = await table(engine, type=2)
    await deal(players)
    await players[0].say("call_landlord_submit", action=1)
    await players[1].expect("call_landlord_turn", uid=players[1].uid)
    engine.kill()
    engine.start()
    back = [await come_back(engine, connect, p, k) for p, k in zip(players, KINDS, strict=True)]
    for (again, snapshot), player in zip(back, players, strict=True):
        assert (snapshot["state"], snapshot["turn"]) == ("calling", players[1].uid)
        assert snapshot["floor"] == 2
        assert set(snapshot["cards"]) == player.cards
        assert again.seat == player.seat
    await asyncio.gather(*(go_on(again, snapshot) for again, snapshot in back))
    check_audit(engine.data)


async def test_waiting_players_keep_their_seats(start, table, connect):
    engine = start()
    players = await table(engine)
    await players[0].say("game_ready")
    await players[2].expect("game_ready_ok", uid=players[0].uid)
    announced = players[0].commitments
    engine.kill()
    engine.start()
    back = [(await come_back(engine, connect, p, "tcp")) for p in players]
    for _, snapshot in back:
        assert snapshot["state"] == "waiting"
        assert tuple(snapshot["commitments"]) == announced


async def test_the_log_of_a_running_hand_holds_nothing_its_cards_follow_from(start, table, connect):
    engine = start()
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    await landlord.expect("play_card_info")
    engine.kill()
    raw = b"".join(path.read_bytes() for path in engine.data.glob("log.db*"))
    key = (engine.data / "deck.key").read_bytes()
    assert (engine.data / "deck.key").stat().st_mode & 0o777 == 0o600
    engine.start()
    again, _ = await come_back(engine, connect, landlord, "tcp")
    await again.say("force_quit")
    end = await again.expect("game_end")
    secret = end["secret"]
    for hidden in (secret.encode(), bytes.fromhex(secret), key, key.hex().encode()):
        assert hidden not in raw
    (settled,) = named(newest_hand(engine.data, again.tid), "hand-settled")
    assert settled["secret"] == secret


async def test_without_its_key_a_running_hand_is_cancelled_and_nobody_pays(start, table, connect):
    engine = start(allowed=("deck_key_lost",))
    players = await table(engine)
    await begin_play(players)
    engine.kill()
    (engine.data / "deck.key").unlink()
    engine.start()
    for player in players:
        again, snapshot = await come_back(engine, connect, player, "tcp")
        assert snapshot["state"] == "waiting"
        info = await again.expect("SERVER_TABLE_INFO_BC")
        assert {user["money"] for user in info["users"]} == {10_000}
        assert tuple(snapshot["commitments"]) != player.hand.commitments
    listed = parlour("replay", "games", "--data", engine.data, "--json").json()["games"]
    assert listed[0]["state"] == "cancelled"
    assert "key" in engine.stderr()


async def test_killed_while_it_starts_it_starts_again(start, table, connect):
    engine = start()
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    for delay in (0.0, 0.2, 0.4):
        engine.kill()
        engine.ready_file.unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(
            *engine.command(),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await asyncio.sleep(delay)
        process.kill()
        await process.wait()
        engine.start()
    _, snapshot = await come_back(engine, connect, landlord, "tcp")
    assert (snapshot["state"], snapshot["turn"]) == ("playing", landlord.uid)
    assert set(snapshot["cards"]) == landlord.cards


# --- leaving properly ---------------------------------------------------------------------------


async def test_sigterm_tells_clients_and_exits_0_and_the_hand_waits(start, table, connect):
    engine = start()
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    code = await asyncio.to_thread(engine.terminate)
    assert code == 0, engine.stderr()
    for player in players:
        last_words = await player.link.end()
        assert (last_words[-1]["cmd"], last_words[-1]["error_code"]) == ("error", 6)
        assert last_words[-1]["reason"]
    engine.start()
    _, snapshot = await come_back(engine, connect, landlord, "tcp")
    assert snapshot["turn"] == landlord.uid
    check_audit(engine.data)


async def test_sigterm_does_not_wait_for_those_who_do_not_read(start, connect, enter, zone):
    engine = start()
    for kind in KINDS:
        await enter(engine, kind=kind, zone=zone)
    idle = await connect(engine, "tcp")
    deaf = await TcpLink().connect(engine.tcp, reading=False)
    assert await asyncio.to_thread(engine.terminate) == 0
    await idle.end()
    deaf.drop()
