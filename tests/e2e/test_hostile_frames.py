"""Hostile bytes over TCP get the documented answer, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import socket
import struct

import pytest
from hostile import JOIN, frame, still_serves
from player import Player
from wire import Link


async def closed_with_error_1(link: Link) -> None:
    """Either nothing is said before the connection is closed, or why."""
    last_words = await link.end()
    assert all((m["cmd"], m["error_code"]) == ("error", 1) for m in last_words), last_words


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
