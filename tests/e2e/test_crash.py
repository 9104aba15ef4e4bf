"""Kill −9 at any moment: nothing acknowledged is lost, nothing is paid twice, the hand goes on."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cards as rules
import pytest
from engine_process import PATIENCE, Engine, parlour
from player import Player, begin_play, call_anything, deal
from wire import Ended, Message

KINDS = ("tcp", "tcp-xor", "websocket")


# --- what was said must have been on disk -------------------------------------------------------


def games_of(data: Path) -> list[dict[str, Any]]:
    """Return every game of a folder with its events, oldest first."""
    listed = parlour("replay", "games", "--data", data, "--json").json()["games"]

    def replayed(game: dict[str, Any]) -> dict[str, Any]:
        return parlour("replay", "game", game["id"], "--data", data, "--json").json()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(replayed, listed))


def named(game: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [e for e in game["events"] if e["name"].partition("@")[0] == f"landlord.{name}"]


class Record:
    """What the log holds, in the words of the wire, hand by hand."""

    def __init__(self, game: dict[str, Any]) -> None:
        self.game = game
        uids = {seat["seat"]: seat["uid"] for seat in game["seats"]}
        self.uids = set(uids.values())
        self.spoken: list[tuple[Any, ...]] = []
        for event in game["events"]:
            name, seat = event["name"].partition("@")[0], event.get("seat")
            uid = uids.get(seat, 0) if seat is not None else 0
            if name == "landlord.called":
                self.spoken.append(("call", uid, event["score"]))
            elif name == "landlord.robbed":
                self.spoken.append(("call", uid, 4 if event["rob"] else 0))
            elif name == "landlord.landlord-named":
                self.spoken.append(("landlord", uid, event["ratio"]))
            elif name == "landlord.cards-played":
                self.spoken.append(("play", uid, tuple(event["cards"]), event["card_type"]))
            elif name == "landlord.passed":
                self.spoken.append(("play", uid, (), 0))
            elif name == "landlord.deal-thrown-in":
                self.spoken.append(("redeal", event["secret"]))
            elif name == "landlord.hand-settled":
                self.spoken.append(("end", event["secret"]))


def heard(messages: list[Message]) -> list[list[tuple[Any, ...]]]:
    """Return what a client was told of hands, hand by hand."""
    hands: list[list[tuple[Any, ...]]] = []
    for message in messages:
        cmd = message["cmd"]
        if cmd == "game_start":
            if not hands or hands[-1][-1:] == [] or hands[-1][-1][0] != "redeal":
                hands.append([])
        elif not hands:
            continue  # the rest of a hand that began in another life
        elif cmd == "call_landlord_info":
            hands[-1].append(("call", message["uid"], message["action"]))
        elif cmd == "landlord_info":
            hands[-1].append(("landlord", message["uid"], message["ratio"]))
        elif cmd == "play_card_info":
            cards = tuple(message["cards"]) if message["card_type"] else ()
            hands[-1].append(("play", message["uid"], cards, message["card_type"]))
        elif cmd == "redeal":
            hands[-1].append(("redeal", message["secret"]))
        elif cmd == "game_end":
            hands[-1].append(("end", message["secret"]))
    return hands


def check_nothing_lost(games: list[dict[str, Any]], told: dict[int, list[list[Message]]]) -> None:
    """Every hand a client heard of is, as far as he heard it, a hand of the log."""
    records = [Record(game) for game in games]
    for uid, lives in told.items():
        mine = [record for record in records if uid in record.uids]
        for messages in lives:  # one list for each life of the engine
            for hand in heard(messages):
                assert any(record.spoken[: len(hand)] == hand for record in mine), (uid, hand)


def check_money(games: list[dict[str, Any]], uids: list[int], shown: dict[int, int]) -> None:
    """What the table shows is the first purse and each settlement once."""
    money = dict.fromkeys(uids, 10_000)
    for game in games:
        settled = named(game, "hand-settled")
        assert len(settled) <= 1
        for event in settled:
            assert sum(line["change"] for line in event["lines"]) + event["rake"] == 0
            for line in event["lines"]:
                if line["uid"] in money:
                    assert line["before"] == money[line["uid"]]
                    money[line["uid"]] += line["change"]
                    assert line["after"] == money[line["uid"]]
    assert shown == money


def check_audit(data: Path) -> None:
    audit = parlour("audit", "--data", data, "--json")
    assert audit.code == 0, audit
    document = audit.json()
    assert document["ok"] is True
    assert document["findings"] == []


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
    assert 9.5 <= snapshot["seconds"] <= 22
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


@pytest.mark.parametrize("seed", range(3))
async def test_killed_at_random_moments_the_hand_goes_on_and_nothing_is_lost(
    start, table, connect, seed
):
    dice = random.Random(seed)
    engine = start()
    players = await table(engine)
    uids = [player.uid for player in players]
    told: dict[int, list[list[Message]]] = {uid: [] for uid in uids}
    running = 0
    for _ in range(4):
        playing = [asyncio.create_task(play_until_killed(player)) for player in players]
        await asyncio.sleep(dice.uniform(0.02, 0.5))
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
    games = games_of(engine.data)
    check_nothing_lost(games, told)
    check_money(games, uids, shown)
    check_audit(engine.data)


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
        await asyncio.sleep(dice.uniform(0.3, 0.8))
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
    check_money(games_of(engine.data), list(told), shown)
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
    # 4 seconds a turn, but after a crash not less than 10.
    assert 9 < snapshot["seconds"] <= 10
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
    # A trustee would act within 50 ms.
    await asyncio.sleep(0.3)
    assert [m for m in await again.sync() if m["cmd"] == "play_card_info"] == []
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
    game = games_of(engine.data)[0]
    assert named(game, "hand-settled")[0]["secret"] == secret


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
    for delay in (0.0, 0.2, 0.4, 0.6):
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
    async with asyncio.timeout(PATIENCE):
        assert await asyncio.to_thread(engine.terminate) == 0
    await idle.end()


# --- tampering ----------------------------------------------------------------------------------


@pytest.fixture
async def played(start, table, tmp_path):
    """A folder with a finished hand, its engine stopped."""
    engine = start()
    players = await table(engine)
    for player in players:
        await player.say("game_ready")
    await asyncio.gather(*(player.play_on(call_anything) for player in players))
    for player in players:
        await player.expect("SERVER_TABLE_INFO_BC")
    assert await asyncio.to_thread(engine.terminate) == 0
    return engine.data


def tampered(data: Path, tmp_path: Path, name: str, *statements: tuple[str, tuple[Any, ...]]):
    """Copy a folder, change its log behind its back, and audit the copy."""
    copy = tmp_path / name
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.sock", "lock"))
    log = sqlite3.connect(copy / "log.db")
    with log:
        for statement, values in statements:
            assert log.execute(statement, values).rowcount >= 1
    log.close()
    return parlour("audit", "--data", copy, "--json")


def position_of(data: Path, topic: str, *, nth: int = 0) -> int:
    log = sqlite3.connect(f"file:{data / 'log.db'}?mode=ro", uri=True)
    rows = log.execute(
        "SELECT rowid FROM stored_events WHERE topic LIKE ? ORDER BY rowid", (f"{topic}%",)
    ).fetchall()
    log.close()
    return int(rows[nth][0])


def check_named(audit, position: int) -> None:
    assert audit.code == 1, audit
    document = audit.json()
    assert document["ok"] is False
    assert document["findings"]
    for finding in document["findings"]:
        assert finding.keys() >= {
            "code",
            "position",
            "originator_id",
            "originator_version",
            "detail",
            "expected",
            "found",
        }
    assert position in {finding["position"] for finding in document["findings"]}, document


async def test_the_audit_names_each_kind_of_tampering(played, tmp_path):
    check_audit(played)
    play = position_of(played, "landlord.cards-played", nth=2)
    settled = position_of(played, "landlord.hand-settled")
    posted = position_of(played, "account.posted", nth=-1)
    last = sqlite3.connect(f"file:{played / 'log.db'}?mode=ro", uri=True)
    (top,) = last.execute("SELECT max(rowid) FROM stored_events").fetchone()
    last.close()
    for name, at in (("play", play), ("settled", settled), ("posted", posted), ("first", 1)):
        # The smallest change there is: one more space in the JSON.
        change = "UPDATE stored_events SET state = CAST(state AS TEXT) || ' ' WHERE rowid = ?"
        check_named(tampered(played, tmp_path, name, (change, (at,))), at)
    check_named(
        tampered(
            played, tmp_path, "missing", ("DELETE FROM stored_events WHERE rowid = ?", (play,))
        ),
        play,
    )
    check_named(
        tampered(
            played, tmp_path, "cut", ("DELETE FROM stored_events WHERE rowid >= ?", (top - 2,))
        ),
        top - 2,
    )
    added = (
        "INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state) "
        "SELECT ?, originator_id, 9999, topic, state FROM stored_events WHERE rowid = ?"
    )
    check_named(tampered(played, tmp_path, "added", (added, (top + 1, play))), top + 1)
    move = "UPDATE stored_events SET rowid = ? WHERE rowid = ?"
    swapped = tampered(
        played,
        tmp_path,
        "swapped",
        (move, (-1, play)),
        (move, (play, play + 1)),
        (move, (play + 1, -1)),
    )
    assert swapped.code == 1
    assert {f["position"] for f in swapped.json()["findings"]} & {play, play + 1}


async def test_the_audit_names_a_changed_payment_even_under_its_own_game(played, tmp_path):
    settled = position_of(played, "landlord.hand-settled")
    change = (
        "UPDATE stored_events SET state = replace(CAST(state AS TEXT), '\"rake\":0', '\"rake\":1')"
        " WHERE rowid = ?"
    )
    audit = tampered(played, tmp_path, "rake", (change, (settled,)))
    check_named(audit, settled)


async def test_a_tampered_seal_is_found(played, tmp_path):
    for number, change in enumerate(
        (
            "UPDATE seals SET digest = zeroblob(32) WHERE number = 3",
            "DELETE FROM seals WHERE number = 3",
            "UPDATE seals SET last_position = last_position + 1 WHERE number = 3",
        )
    ):
        audit = tampered(played, tmp_path, f"seal{number}", (change, ()))
        assert audit.code == 1, (change, audit)
        assert audit.json()["findings"]
