"""Too much, too slow, too silent: who goes over a limit is told, and others play on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import aiohttp
import pytest
from engine_process import ZONES, Engine, running
from hostile import JOIN, frame
from player import Player, begin_play
from wire import PATIENCE, TcpLink


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with little patience for those who do not log in."""
    settings = {"limits.auth_seconds": 1.5}
    with running(tmp_path_factory.mktemp("hurried"), config=ZONES, settings=settings) as engine:
        yield engine


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with limits as it has them without --open."""
    settings = {
        "limits.messages_per_second": 20,
        "limits.burst": 60,
        "limits.out_bytes": 65_536,
    }
    with running(tmp_path_factory.mktemp("strict"), config=ZONES, settings=settings) as engine:
        yield engine


@pytest.mark.parametrize("kind", ["tcp", "websocket"])
async def test_a_connection_that_says_nothing_is_cut_after_the_time_to_log_in(
    hurried, connect, kind
):
    link = await connect(hurried, kind)
    last_words = await link.end()
    assert all(m["cmd"] == "error" for m in last_words)


async def test_half_a_header_does_not_stop_the_clock(hurried, connect):
    for start in (b"\x21", frame({**JOIN, "uid": 5})[:20]):
        link = await connect(hurried, "tcp")
        await link.send_bytes(start)
        await link.end()


async def test_requests_that_log_nobody_in_do_not_stop_the_clock(hurried, connect):
    link = await connect(hurried, "tcp")
    for request in ({**JOIN, "uid": 0}, {"cmd": "game_ready", "uid": 5}, {"cmd": "no_such_thing"}):
        await link.send(request)
        assert (await link.receive())["error_code"] in (1, 2)
    await link.end()


async def test_a_half_http_request_is_cut_after_the_time_to_log_in(hurried):
    host, _, port = hurried.http.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /landlord HTTP/1.1\r\nHost: x\r\n")
    try:
        async with asyncio.timeout(PATIENCE):
            await reader.read()
    except ConnectionError:
        pass
    writer.close()


async def test_who_is_logged_in_may_be_silent_for_longer(hurried, enter, connect, zone):
    player = await enter(hurried, zone=zone)
    link = await connect(hurried, "tcp")
    await link.end()  # this one's time is over, so the player's would have been, too
    await player.say("game_ready")
    await player.expect("game_ready_ok", uid=player.uid)


@pytest.mark.parametrize("kind", ["tcp", "tcp-xor", "websocket"])
async def test_a_flood_is_error_4_and_others_finish_their_hand(
    strict, table, enter, connect, zone, kind
):
    players = await table(strict)
    flooder = await enter(strict, kind=kind, zone=0)
    landlord, *_ = await begin_play(players)
    refusals = 0

    async def flood() -> None:
        while not flooder.link.ended:
            await flooder.say("call_landlord_submit", action=1)

    flooding = asyncio.create_task(flood())
    try:
        hands = await asyncio.gather(*(player.finish() for player in players))
        assert all(hand.end is not None for hand in hands)
        while refusals < 3:
            message = await flooder.expect("error")
            refusals += message["error_code"] == 4
    finally:
        flooding.cancel()
        await asyncio.gather(flooding, return_exceptions=True)
        flooder.link.drop()  # what is still on its way to be refused may be lost
    assert landlord.hand.landlord == landlord.uid


async def test_within_the_burst_nothing_is_refused_and_over_it_something_is(strict, enter, zone):
    player = await enter(strict, zone=zone)
    for _ in range(50):
        await player.say("call_landlord_submit", action=1)
    for _ in range(50):
        assert (await player.expect("error"))["error_code"] == 3
    for _ in range(200):  # more than the burst and what some seconds add to it
        await player.say("call_landlord_submit", action=1)
    code = 3
    while code == 3:
        code = (await player.expect("error"))["error_code"]
    assert code == 4


async def test_too_many_connections_from_one_address_are_turned_away(start, connect, zone, uid):
    strict = start(settings={"limits.connections_per_address": 12})
    links = [await connect(strict, "tcp") for _ in range(11)]
    for number, link in enumerate(links):
        player = Player(link, uid * 1000 + number)
        assert (await player.join(zone=zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
    player_link = links[0]
    refused = [await TcpLink().connect(strict.tcp) for _ in range(5)]
    ended = [await link.end() for link in refused[1:]]
    assert len(ended) == 4
    with pytest.raises((aiohttp.ClientError, OSError)):
        await connect(strict, "websocket")
    await Player(player_link, uid * 1000).say("game_ready")
    await player_link.expect("game_ready_ok")
    for link in refused:
        await link.close()
    for link in links[1:]:
        await link.close()
    links[0].drop()
    # Room again once they are gone; the server may need a moment to see them go.
    async with asyncio.timeout(PATIENCE):
        while True:
            late = await TcpLink().connect(strict.tcp)
            await late.send({**JOIN, "uid": uid * 1000 + 77, "zone": zone})
            try:
                answer = await late.receive()
            except AssertionError:
                await late.close()
                continue
            await late.close()
            if answer["cmd"] != "error":
                break
    assert answer["cmd"] == "SERVER_JOIN_TABLE_SUCC"


async def test_a_slow_reader_is_cut_off_and_told_why_while_others_go_on(
    start, connect, enter, zone
):
    unmetered = {"limits.messages_per_second": 10**9, "limits.burst": 10**9}
    engine = start(settings={**unmetered, "limits.out_bytes": 8192})
    host, _, port = engine.tcp.rpartition(":")
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    slow.connect((host, int(port)))
    slow.setblocking(False)
    loop = asyncio.get_running_loop()
    uid = 777_000
    await loop.sock_sendall(slow, frame({**JOIN, "uid": uid, "zone": zone}))
    watcher = await enter(engine, zone=zone)
    info = await watcher.expect("SERVER_TABLE_INFO_BC")
    while {user["uid"] for user in info["users"]} != {uid, watcher.uid}:
        info = await watcher.expect("SERVER_TABLE_INFO_BC")

    async def gush() -> None:
        """Ask for answers that are never read."""
        # Each refused request is answered with some 80 bytes.
        request = frame({"cmd": "call_landlord_submit", "uid": uid, "action": 1}) * 200
        while True:
            await loop.sock_sendall(slow, request)

    gushing = asyncio.create_task(gush())
    while [user["online"] for user in info["users"] if user["uid"] == uid] != [False]:
        info = await watcher.expect("SERVER_TABLE_INFO_BC")
    await watcher.say("game_ready")
    await watcher.expect("game_ready_ok", uid=watcher.uid)
    gushing.cancel()
    await asyncio.gather(gushing, return_exceptions=True)
    slow.close()
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{engine.http}/metrics") as answer,
    ):
        page = await answer.text()
    assert "too_slow" in page or "slow" in engine.stderr()
