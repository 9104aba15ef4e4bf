"""Frames that RFC 6455 forbids, and messages over the limit, close the connection."""

from __future__ import annotations

import asyncio
import json
import os
import struct

import pytest
from engine_process import Engine
from hostile import JOIN, still_serves
from raw_websocket import RawWebSocket, close_code
from wire import PATIENCE


@pytest.fixture
async def raw(engine: Engine):
    link = await RawWebSocket().connect(engine.http)
    yield link
    await link.close()


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
