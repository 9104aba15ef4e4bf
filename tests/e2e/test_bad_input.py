"""Hostile bytes get the documented answer, and nobody else notices."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import struct
from collections.abc import Iterator

import aiohttp
import cards as rules
import pytest
from engine_process import ZONES, Engine, running
from player import Player, begin_play
from wire import PATIENCE, Link, TcpLink

JOIN = {"cmd": "CLIENT_JOIN_TABLE_REQ", "type": 1, "zone": 0, "skey": "x"}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with limits as it has them without --open, and little patience."""
    settings = {
        "limits.auth_seconds": 0.5,
        "limits.connections_per_address": 12,
        "limits.messages_per_second": 20,
        "limits.burst": 60,
        "limits.out_bytes": 65_536,
    }
    folder = tmp_path_factory.mktemp("strict")
    with running(folder, config=ZONES, settings=settings) as engine:
        yield engine


def frame(message: object, *, xor: bool = False) -> bytes:
    payload = json.dumps(message).encode()
    if xor:
        payload = bytes(byte ^ 0x0D for byte in payload)
    return struct.pack("<I", len(payload)) + payload


async def still_serves(engine: Engine, connect, zone: int, uid: int) -> None:
    """A newcomer is served as if nothing had happened."""
    player = Player(await connect(engine), uid + 3_000_000)
    assert (await player.join(zone=zone))["cmd"] == "SERVER_JOIN_TABLE_SUCC"


async def closed_with_error_1(link: Link) -> None:
    """Either nothing is said before the connection is closed, or why."""
    last_words = await link.end()
    assert all((m["cmd"], m["error_code"]) == ("error", 1) for m in last_words), last_words


# --- frames of TCP ------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 8193, 2**31, 2**32 - 1])
async def test_a_length_outside_1_to_8192_closes_on_the_header_alone(
    engine, connect, zone, uid, length
):
    link = await connect(engine, "tcp")
    await link.send_bytes(struct.pack("<I", length))  # and not one byte of body
    await closed_with_error_1(link)
    await still_serves(engine, connect, zone, uid)


async def test_a_payload_of_8192_bytes_is_read(engine, connect, zone, uid):
    player = Player(await connect(engine, "tcp"), uid)
    request = {**JOIN, "uid": uid, "zone": zone, "pad": ""}
    request["pad"] = "x" * (8192 - len(json.dumps(request)))
    payload = json.dumps(request).encode()
    assert len(payload) == 8192
    await player.link.send_payload(payload)
    await player.expect("SERVER_JOIN_TABLE_SUCC")


@pytest.mark.parametrize("xor", [False, True])
async def test_bytes_that_come_one_by_one_are_a_frame_all_the_same(engine, connect, zone, uid, xor):
    link = await connect(engine, "tcp-xor" if xor else "tcp")
    link.writer.transport.get_extra_info("socket").setsockopt(
        socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
    )
    player = Player(link, uid)
    for byte in frame({**JOIN, "uid": uid, "zone": zone}, xor=xor):
        await link.send_bytes(bytes([byte]))
        await asyncio.sleep(0)
    await player.expect("SERVER_JOIN_TABLE_SUCC")


async def test_many_frames_in_one_write_are_all_answered_in_order(engine, connect, zone, uid):
    player = Player(await connect(engine, "tcp"), uid)
    join = frame({**JOIN, "uid": uid, "zone": zone})
    ready = frame({"cmd": "game_ready", "uid": uid})
    nobody = frame({"cmd": "game_ready", "uid": uid + 1})
    await player.link.send_bytes(join + ready + nobody * 50)
    await player.expect("SERVER_JOIN_TABLE_SUCC")
    await player.expect("game_ready_ok", uid=uid)
    for _ in range(50):
        assert (await player.expect("error"))["error_code"] == 2


async def test_half_a_frame_and_a_hang_up_disturb_nobody(engine, connect, zone, uid):
    for cut in (1, 3, 4, 5, 30):
        link = await connect(engine, "tcp")
        await link.send_bytes(frame({**JOIN, "uid": uid})[:cut])
        link.drop()
    await still_serves(engine, connect, zone, uid)


@pytest.mark.parametrize("kind", ["tcp", "tcp-xor", "websocket"])
@pytest.mark.parametrize(
    "payload",
    [
        b"v" + bytes(range(1, 256, 4)),
        b"\x00" * 64,
        b"{",
        b'{"cmd":"game_ready","uid":1',
        b'{"cmd":"game_ready","uid":1}}',
        b'{"cmd":"game_ready","uid":1} {"cmd":"game_ready","uid":1}',
        b"hello",
        b"{'cmd':'game_ready'}",
        b'{"cmd":"game_ready","uid":NaN}',
        b'{"cmd":"game_ready","uid":0x10}',
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=lambda payload: ascii(payload)[:24],
)
async def test_what_is_not_json_closes_the_connection(engine, connect, uid, zone, kind, payload):
    link = await connect(engine, kind)
    if kind == "websocket":
        await link.socket.send_bytes(payload)
    else:
        await link.send_payload(payload)
    last_words = await link.end()
    assert [(m["cmd"], m["error_code"]) for m in last_words] == [("error", 1)]


async def test_xor_garbage_after_a_good_start_closes_with_an_answer_in_kind(engine, enter, zone):
    player = await enter(engine, kind="tcp-xor", zone=zone)
    await player.expect("SERVER_TABLE_INFO_BC")
    await player.link.send_bytes(frame({"cmd": "game_ready", "uid": player.uid}))  # in plain
    last_words = await player.link.end()
    assert [(m["cmd"], m["error_code"]) for m in last_words] == [("error", 1)]
    assert player.link.misspoken == 0


# --- hostile JSON -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tcp", "websocket"])
@pytest.mark.parametrize(
    "payload",
    [
        "[" * 8192,
        "[" * 4096 + "]" * 4096,
        '{"a":' * 1600,
        '{"cmd":"game_ready","uid":1,"x":' + "[" * 4000 + "]" * 4000 + "}",
        '{"cmd":' + "[" * 4000 + "]" * 4000 + "}",
    ],
    ids=["open brackets", "brackets", "objects", "an unknown field", "cmd"],
)
async def test_deep_nesting_is_refused_and_the_engine_lives(
    engine, connect, zone, uid, kind, payload
):
    link = await connect(engine, kind)
    await link.send_payload(payload.encode())
    # Not JSON, too deep to be read, or malformed; and where the depth is in a field that is
    # skipped, the request itself is answered.
    message = await link.receive()
    assert message["error_code"] in ((1,) if message["cmd"] == "error" else (1, 2)), message
    await still_serves(engine, connect, zone, uid)


HUGE = [
    '{"cmd":"game_ready","uid":1e400}',
    '{"cmd":"game_ready","uid":-1e400}',
    '{"cmd":"game_ready","uid":%s}' % ("9" * 8000),
    '{"cmd":"game_ready","uid":-%s}' % ("9" * 5000),
    '{"cmd":"game_ready","uid":9223372036854775808}',
    '{"cmd":"game_ready","uid":18446744073709551616}',
    '{"cmd":"game_ready","uid":1.0000000001}',
    '{"cmd":"play_card_submit","uid":1,"card_type":1,"cards":[%s]}' % ("9" * 4000),
    '{"cmd":"play_card_submit","uid":1,"card_type":1e999,"cards":[]}',
    '{"cmd":"call_landlord_submit","uid":1,"action":%s}' % ("1" * 3000),
    '{"cmd":"game_ready","uid":true}',
]


@pytest.mark.parametrize("payload", HUGE, ids=lambda text: text[7:60])
async def test_huge_numbers_and_fractions_are_error_1(engine, connect, zone, uid, payload):
    player = Player(await connect(engine, "tcp"), uid)
    await player.join(zone=zone)
    await player.link.send_payload(payload.encode())
    message = await player.expect("error")
    assert message["error_code"] == 1
    assert len(json.dumps(message)) < 1024
    await still_serves(engine, connect, zone, uid)


@pytest.mark.parametrize("number", [0, -1, -(2**63), 2**53, 2**63 - 1])
async def test_a_uid_out_of_bounds_cannot_join(engine, connect, zone, uid, number):
    link = await connect(engine, "tcp")
    await link.send({**JOIN, "uid": number, "zone": zone})
    message = await link.receive()
    assert (message["cmd"], message["error_code"]) in (("SERVER_JOIN_TABLE_ERR", 1), ("error", 1))
    await still_serves(engine, connect, zone, uid)


async def test_a_thousand_cards_are_refused_like_any_wrong_play(engine, table):
    players = await table(engine)
    landlord, *_ = await begin_play(players)
    for cards in (list(range(1000)), [rules.lowest(landlord.cards)] * 1000):
        await landlord.play(cards, rules.SINGLE)
        message = await landlord.receive()
        assert message["cmd"] in ("play_card_ng", "error")
        assert message["error_code"] in (1, 3, 4)
    await landlord.play([rules.lowest(landlord.cards)], rules.SINGLE)
    await landlord.expect("play_card_info", uid=landlord.uid)


@pytest.mark.parametrize(
    "text", ["\\ud800", "\\u0000", "‮", "𝕏" * 500], ids=["surrogate", "nul", "rtl", "wide"]
)
async def test_strange_text_for_an_skey_or_a_nonce_breaks_nothing(engine, connect, zone, uid, text):
    link = await connect(engine, "websocket")
    join = json.dumps({**JOIN, "uid": uid, "zone": zone}, ensure_ascii=False)
    await link.send_payload(join.replace('"x"', f'"{text}"').encode())
    message = await link.receive()
    assert message["cmd"] in ("SERVER_JOIN_TABLE_SUCC", "error")
    if message["cmd"] == "SERVER_JOIN_TABLE_SUCC":
        ready = f'{{"cmd":"game_ready","uid":{uid},"nonce":"{text}"}}'
        await link.send_payload(ready.encode())
        answer = await link.expect("game_ready_ok" if len(text.encode()) <= 64 else "error")
        assert answer.get("error_code", 1) == 1
    else:
        assert message["error_code"] == 1
    await still_serves(engine, connect, zone, uid)


# --- frames of WebSocket ------------------------------------------------------------------------


class RawWebSocket:
    """A handshake, and then any bytes at all."""

    def __init__(self) -> None:
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def connect(self, address: str) -> RawWebSocket:
        host, _, port = address.rpartition(":")
        self.reader, self.writer = await asyncio.open_connection(host, int(port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            f"GET /landlord HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = await self.reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101"), answer
        return self

    def frame(
        self, payload: bytes, *, opcode: int = 1, final: bool = True, masked: bool = True
    ) -> bytes:
        first = opcode | (0x80 if final else 0)
        bit = 0x80 if masked else 0
        size = len(payload)
        if size < 126:
            head = struct.pack(">BB", first, bit | size)
        elif size < 65536:
            head = struct.pack(">BBH", first, bit | 126, size)
        else:
            head = struct.pack(">BBQ", first, bit | 127, size)
        mask = os.urandom(4)
        if masked:
            body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
            return head + mask + body
        return head + payload

    async def frames(self) -> list[tuple[int, bytes]]:
        """Read to the end of the connection."""
        got = []
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    first, second = await self.reader.readexactly(2)
                    size = second & 0x7F
                    if size == 126:
                        (size,) = struct.unpack(">H", await self.reader.readexactly(2))
                    got.append((first & 15, await self.reader.readexactly(size)))
                    if first & 15 == 8:
                        self.writer.write(self.frame(got[-1][1][:2], opcode=8))
            except (asyncio.IncompleteReadError, ConnectionError):
                return got

    async def message(self) -> dict:
        async with asyncio.timeout(PATIENCE):
            first, second = await self.reader.readexactly(2)
            assert first == 0x81
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", await self.reader.readexactly(2))
            return json.loads(await self.reader.readexactly(size))

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass


@pytest.fixture
async def raw(engine: Engine):
    link = await RawWebSocket().connect(engine.http)
    yield link
    await link.close()


def close_code(frames: list[tuple[int, bytes]]) -> int:
    """Return the code of the close frame, 0 when the connection was just cut."""
    for opcode, payload in frames:
        if opcode == 8 and len(payload) >= 2:
            return int(struct.unpack(">H", payload[:2])[0])
    return 0


async def test_an_oversized_websocket_frame_is_refused_on_its_header(engine, raw):
    raw.writer.write(struct.pack(">BBQ", 0x81, 0x80 | 127, 2**40) + os.urandom(4))
    assert close_code(await raw.frames()) in (1009, 0)


async def test_a_websocket_message_of_8193_bytes_closes(engine, raw):
    raw.writer.write(raw.frame(b'{"pad":"' + b"x" * (8193 - 10) + b'"}'))
    frames = await raw.frames()
    assert close_code(frames) in (1009, 1007, 0)


async def test_a_websocket_message_of_8192_bytes_is_read(engine, raw, uid, zone):
    head = json.dumps({**JOIN, "uid": uid, "zone": zone})[:-1] + ',"pad":"'
    payload = head + "x" * (8192 - len(head) - 2) + '"}'
    assert len(payload) == 8192
    raw.writer.write(raw.frame(payload.encode()))
    assert (await raw.message())["cmd"] == "SERVER_JOIN_TABLE_SUCC"


async def test_fragments_that_grow_over_the_limit_are_cut_off(engine, raw):
    raw.writer.write(raw.frame(b'{"pad":"', final=False))
    for _ in range(40):
        raw.writer.write(raw.frame(b"x" * 1000, opcode=0, final=False))
    assert close_code(await raw.frames()) in (1009, 0)


async def test_a_fragmented_message_is_read_as_one(engine, raw, uid, zone):
    payload = json.dumps({**JOIN, "uid": uid, "zone": zone}).encode()
    raw.writer.write(raw.frame(payload[:5], final=False))
    raw.writer.write(raw.frame(b"ping", opcode=9))
    raw.writer.write(raw.frame(payload[5:9], opcode=0, final=False))
    raw.writer.write(raw.frame(payload[9:], opcode=0))
    async with asyncio.timeout(PATIENCE):
        pong = await raw.reader.readexactly(6)
    assert pong == b"\x8a\x04ping"
    assert (await raw.message())["cmd"] == "SERVER_JOIN_TABLE_SUCC"


async def test_an_unmasked_frame_never_disturbs_others(engine, raw, connect, zone, uid):
    raw.writer.write(raw.frame(b'{"cmd":"no_such_thing"}', masked=False))
    raw.writer.write(raw.frame(b"", opcode=8))
    frames = await raw.frames()
    # RFC 6455 wants 1002 here; an answer to the message would mean that it was taken.
    assert close_code(frames) in (1002, 1000, 0)
    await still_serves(engine, connect, zone, uid)


async def test_invalid_utf8_in_a_text_frame_closes(engine, raw):
    raw.writer.write(raw.frame(b'{"cmd":"\xff\xfe"}'))
    assert close_code(await raw.frames()) in (1007, 0)


@pytest.mark.parametrize("opcode", [3, 7, 11, 15])
async def test_a_reserved_opcode_closes(engine, raw, opcode):
    raw.writer.write(raw.frame(b"x", opcode=opcode))
    assert close_code(await raw.frames()) in (1002, 0)


async def test_a_ping_is_answered(engine, raw):
    raw.writer.write(raw.frame(b"abc", opcode=9))
    async with asyncio.timeout(PATIENCE):
        assert await raw.reader.readexactly(5) == b"\x8a\x03abc"


# --- too much, too slow, too silent -------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tcp", "websocket"])
async def test_a_connection_that_says_nothing_is_cut_after_the_time_to_log_in(
    strict, connect, kind
):
    link = await connect(strict, kind)
    last_words = await link.end()
    assert all(m["cmd"] == "error" for m in last_words)


async def test_half_a_header_does_not_stop_the_clock(strict, connect):
    for start in (b"\x21", frame({**JOIN, "uid": 5})[:20]):
        link = await connect(strict, "tcp")
        await link.send_bytes(start)
        await link.end()


async def test_requests_that_log_nobody_in_do_not_stop_the_clock(strict, connect):
    link = await connect(strict, "tcp")
    await link.send({**JOIN, "uid": 5, "type": 77})
    assert (await link.receive())["cmd"] == "SERVER_JOIN_TABLE_ERR"
    await link.end()


async def test_a_half_http_request_is_cut_after_the_time_to_log_in(strict):
    host, _, port = strict.http.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /landlord HTTP/1.1\r\nHost: x\r\n")
    try:
        async with asyncio.timeout(PATIENCE):
            await reader.read()
    except ConnectionError:
        pass
    writer.close()


async def test_who_is_logged_in_may_be_silent_for_longer(strict, enter, connect, zone):
    player = await enter(strict, zone=zone)
    link = await connect(strict, "tcp")
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
        hands = await asyncio.gather(*(finish_at_ease(player) for player in players))
        assert all(hand.end is not None for hand in hands)
        while refusals < 3:
            message = await flooder.expect("error")
            refusals += message["error_code"] == 4
    finally:
        flooding.cancel()
        await asyncio.gather(flooding, return_exceptions=True)
        flooder.link.drop()  # what is still on its way to be refused may be lost
    assert landlord.hand.landlord == landlord.uid


async def finish_at_ease(player: Player):
    """Play on as fast as a person might, which is within the limit on messages."""
    if player.question is not None:
        await player.answer(player.question)
    while True:
        message = await player.receive()
        if message["cmd"] == "game_end":
            return player.hand
        assert message["cmd"] not in ("play_card_ng", "error"), message
        if message["cmd"] == "play_card" and message["uid"] == player.uid:
            await asyncio.sleep(0.02)
        await player.answer(message)


async def test_within_the_burst_nothing_is_refused_and_over_it_something_is(strict, enter, zone):
    player = await enter(strict, zone=zone)
    for _ in range(50):
        await player.say("call_landlord_submit", action=1)
    for _ in range(50):
        assert (await player.expect("error"))["error_code"] == 3
    for _ in range(40):
        await player.say("call_landlord_submit", action=1)
    codes = [(await player.expect("error"))["error_code"] for _ in range(40)]
    assert 4 in codes
    assert set(codes) <= {3, 4}


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
