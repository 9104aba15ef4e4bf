"""A disk that fills: clients are told, the engine lives and says so, and goes on with room."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cards as rules
import pytest
from engine_process import PATIENCE, ZONES, Engine, parlour
from health import becomes, logs, metric_becomes, status
from kept import check_audit, hands_of, named, newest_hand
from player import Player, begin_play, call_anything
from wire import Message, TcpLink

REFUSING = ("log_refusing", "commit_failed")
"""What an engine says of a log that takes nothing."""
DISK = 32 * 2**20
"""Bytes on the small disk: SQLite's write-ahead log alone may take four million."""


@dataclass
class Disk:
    """Somewhere small for a log, that can be filled and freed again."""

    kind: str
    engine: Engine
    fill: Callable[[], None]
    free: Callable[[], None]


def mounted(folder: Path) -> bool:
    """Mount a tiny file system over a folder, if this user may."""
    folder.mkdir(parents=True)
    options = f"size={DISK}"
    command = ["mount", "-t", "tmpfs", "-o", options, "parlour-test", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def small_file_system(tmp_path: Path) -> Disk:
    engine = Engine(tmp_path / "engine", config=ZONES)
    ballast = engine.data / "ballast"

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)

    return Disk("tmpfs", engine, fill, ballast.unlink)


def small_files(tmp_path: Path) -> Disk:
    def forbid_long_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (DISK, resource.RLIM_INFINITY))

    engine = Engine(tmp_path / "engine", config=ZONES, before_exec=forbid_long_files)

    def limit(size: int) -> None:
        resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def fill() -> None:
        # No file may get longer than the longest one is.
        limit(max(path.stat().st_size for path in engine.data.glob("log.db*")))

    return Disk("rlimit", engine, fill, lambda: limit(resource.RLIM_INFINITY))


@pytest.fixture(params=["file system", "files"])
async def disk(request, tmp_path) -> AsyncIterator[Disk]:
    """A small disk by mounting one, or, also where that is not permitted, by a limit."""
    data = tmp_path / "engine" / "data"
    is_mounted = request.param == "file system" and mounted(data)
    disk = small_file_system(tmp_path) if is_mounted else small_files(tmp_path)
    try:
        yield disk
        disk.engine.stop()
    finally:
        if disk.engine.running:
            os.kill(disk.engine.pid, 9)
            assert disk.engine.process is not None
            disk.engine.process.wait()
        if is_mounted:
            subprocess.run(["umount", str(data)], check=True)
    assert "Traceback" not in disk.engine.stderr()


class Persistent:
    """Plays on; keeps what it was last asked, to answer again when the engine takes answers."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self.refused = asyncio.Event()
        self.asked: Message | None = None
        self.hands = 0

    async def play(self) -> None:
        await self.player.say("game_ready")
        while True:
            message = await self.player.receive()
            cmd = message["cmd"]
            if cmd == "error":
                assert message["error_code"] == 6, message
                self.refused.set()
                continue
            if cmd in ("play_card", "call_landlord_turn"):
                self.asked = message
            if cmd == "game_end":
                self.asked = None
                self.hands += 1
                await self.player.say("game_ready")
            await self.player.answer(message, call_anything)

    async def insist(self) -> None:
        """Say again what was refused."""
        if self.asked is not None:
            await self.player.answer(self.asked, call_anything)
        else:
            await self.player.say("game_ready")


async def test_a_full_disk_is_told_and_play_goes_on_when_there_is_room(
    disk, table, connect, zone, uid
):
    engine = disk.engine.start()
    players = [Persistent(player) for player in await table(engine)]
    playing = [asyncio.create_task(player.play()) for player in players]
    try:
        while players[0].hands < 1:
            await asyncio.sleep(0.01)
        assert await status(engine, "/readyz") == 200
        disk.fill()
        refused = [asyncio.create_task(player.refused.wait()) for player in players]
        async with asyncio.timeout(PATIENCE):
            done, _ = await asyncio.wait([*refused, *playing], return_when=asyncio.FIRST_COMPLETED)
        assert done <= set(refused), done
        await becomes(engine, 503)
        assert await status(engine, "/healthz") == 200
        late = Player(await connect(engine, "websocket"), uid)
        answer = await late.join(zone=zone)
        assert (answer["cmd"], answer["error_code"]) == ("error", 6)
        assert engine.running
        disk.free()
        await becomes(engine, 200)
        hands = players[0].hands
        for player in players:
            await player.insist()
        async with asyncio.timeout(PATIENCE):
            while players[0].hands < hands + 2:
                await asyncio.sleep(0.01)
                assert not any(task.done() for task in playing), [p.player for p in players]
        assert (await late.join(zone=zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    finally:
        for task in [*playing, *refused]:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)
    told = [
        message["secret"] for message in players[0].player.link.told if message["cmd"] == "game_end"
    ]
    check_audit(engine.data)
    settled = [event for e in hands_of(engine.data).values() for event in named(e, "hand-settled")]
    assert [event["secret"] for event in settled][: len(told)] == told


async def test_an_engine_killed_on_a_full_disk_starts_again_with_room(disk, table, connect):
    engine = disk.engine.start()
    players = [Persistent(player) for player in await table(engine)]
    playing = [asyncio.create_task(player.play()) for player in players]
    disk.fill()
    refused = [asyncio.create_task(player.refused.wait()) for player in players]
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait(refused, return_when=asyncio.FIRST_COMPLETED)
    engine.kill()
    for task in [*playing, *refused]:
        task.cancel()
    await asyncio.gather(*playing, *refused, return_exceptions=True)
    if disk.kind == "tmpfs":
        disk.free()
    else:
        engine.before_exec = None
    engine.start()
    for player in players:
        again = Player(await connect(engine), player.player.uid)
        assert (await again.join())["tid"] == player.player.tid
        await again.expect("table_snapshot")
    audit = parlour("audit", "--data", engine.data, "--json")
    assert audit.code == 0, audit


async def test_clocks_that_ran_out_on_a_full_disk_run_again_with_room(disk, table):
    quick = {"play_seconds": 0.5, "resume_seconds": 0.5, "trustee_seconds": 0.05}
    disk.engine.settings = {f"landlord.{name}": value for name, value in quick.items()}
    engine = disk.engine.start()
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    disk.fill()
    # The landlord's clock runs out, and what the engine plays for him cannot be written.
    await becomes(engine, 503)
    await asyncio.sleep(1.2)  # the log was tried again meanwhile
    assert await status(engine, "/readyz") == 503
    disk.free()
    # Nobody says anything any more: the hand goes on by its clocks alone.
    for player in (landlord, farmer, other, landlord):
        await other.expect("play_card_info", uid=player.uid)
    audit = parlour("audit", "--data", engine.data, "--json")
    assert audit.code == 0, audit


async def test_who_went_away_on_a_full_disk_is_missed_with_room(disk, table):
    disk.engine.settings = {"landlord.trustee_seconds": 0.05}
    engine = disk.engine.start()
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    disk.fill()
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    while (await landlord.receive())["cmd"] != "error":
        pass
    await becomes(engine, 503)
    farmer.link.drop()
    await metric_becomes(engine, "parlour_sessions", 2)
    disk.free()
    await becomes(engine, 200)
    await other.sees(online=[player is not farmer for player in players])
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    await other.expect("play_card_info", uid=landlord.uid, card_type=rules.SINGLE)
    # 22 seconds a turn, unless the engine knows that he is gone.
    await other.expect("play_card_info", uid=farmer.uid, card_type=rules.PASS)


async def test_who_was_trustee_before_the_disk_was_full_still_is_with_room(disk, table):
    disk.engine.settings = {"landlord.trustee_seconds": 0.05}
    engine = disk.engine.start()
    players = await table(engine)
    landlord, farmer, other = await begin_play(players)
    farmer.link.drop()
    await other.sees(online=[player is not farmer for player in players])
    disk.fill()
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    assert (await landlord.expect("error"))["error_code"] == 6
    await becomes(engine, 503)
    disk.free()
    await becomes(engine, 200)
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    await other.expect("play_card_info", uid=farmer.uid, card_type=rules.PASS)
    events = newest_hand(engine.data, other.tid)
    assert [event["seat"] for event in named(events, "trustee-set")] == [farmer.seat]
    assert named(events, "trustee-cleared", "turn-timed-out") == []


@contextlib.contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Hold the lock on the log that only its engine should have."""
    other_program = sqlite3.connect(engine.data / "log.db", isolation_level=None)
    other_program.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other_program.execute("ROLLBACK")
        other_program.close()


async def test_a_log_that_somebody_else_locks_is_a_full_disk_to_clients(start, table):
    engine = start(allowed=REFUSING)
    players = await table(engine)
    landlord, farmer, _ = await begin_play(players)
    card = rules.lowest(landlord.cards)
    with locked(engine):
        await landlord.play([card], rules.SINGLE)
        message = await landlord.expect("error")
        assert message["error_code"] == 6
        await becomes(engine, 503)
        assert [m for m in farmer.link.pending() if m["cmd"] == "play_card_info"] == []
    await becomes(engine, 200)
    await landlord.play([card], rules.SINGLE)
    for player in players:
        await player.expect("play_card_info", uid=landlord.uid, cards=[card])
    audit = parlour("audit", "--data", engine.data, "--json")
    assert audit.code == 0, audit


async def test_sigterm_on_a_full_disk_tells_clients_and_exits_0(disk, table):
    engine = disk.engine.start()
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    disk.fill()
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    assert (await landlord.expect("error"))["error_code"] == 6
    await becomes(engine, 503)
    assert await asyncio.to_thread(engine.terminate) == 0
    for player in players:
        last_words = await player.link.end()
        assert (last_words[-1]["cmd"], last_words[-1]["error_code"]) == ("error", 6)
    if disk.kind == "tmpfs":
        disk.free()
    assert parlour("audit", "--data", engine.data).code == 0


async def test_room_that_comes_back_while_the_engine_leaves_wakes_nobody(start, table):
    # Long enough for the log to be tried again: somebody does not hang up.
    engine = start(settings={"limits.linger_seconds": PATIENCE}, allowed=REFUSING)
    deaf = await TcpLink().connect(engine.tcp, reading=False)
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    with locked(engine):
        await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
        assert (await landlord.expect("error"))["error_code"] == 6
        await becomes(engine, 503)
        leaving = asyncio.create_task(asyncio.to_thread(engine.terminate))
        await logs(engine, '"draining"')
    await logs(engine, '"log_accepting"')
    deaf.drop()
    assert await leaving == 0, engine.stderr()
    check_audit(engine.data)
    # The hand waits for the next start as the last commit left it.
    assert named(newest_hand(engine.data, landlord.tid), "hand-resumed", "cards-played") == []
