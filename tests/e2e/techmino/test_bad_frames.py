"""Bytes that are no message, and peers that take too much: nobody else notices."""

from __future__ import annotations

import asyncio
import os
import struct

import pytest
from tech_link import BINARY, CLOSE, PING, PONG, TEXT, frame

LIMIT = 1 << 20
NOTICE = b'{"action":1}'


@pytest.fixture
async def app(engine, dial, onlookers):
    """A connection with nothing to lose, while others chat."""
    async with onlookers():
        link = await dial(engine, "app")
        await link.upgrade()
        await link.hear("Connect")
        yield link


async def served(link):
    """The connection still gets what it asks for."""
    link.send_raw(frame(NOTICE))
    await link.hear("Self 1")


BROKEN = {
    "no mask": frame(NOTICE, mask=b""),
    "no mask on a ping": frame(b"", opcode=PING, mask=b""),
    "no mask on a close": frame(b"", opcode=CLOSE, mask=b""),
    "a reserved bit": frame(NOTICE, first=0xC1),
    "an unknown opcode": frame(NOTICE, opcode=3),
    "an unknown control opcode": frame(b"", opcode=11),
    "a long ping": frame(b"x" * 126, opcode=PING),
    "a ping in pieces": frame(b"", first=PING),
    "a continuation of nothing": frame(b"x", opcode=0),
    "a message within a message": frame(b"{", first=TEXT) + frame(NOTICE),
    "a close code of one byte": frame(b"x", opcode=CLOSE),
    "a close code nobody may send": frame(struct.pack(">H", 1005), opcode=CLOSE),
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
async def test_a_broken_frame_closes_with_1002(app, sent):
    app.send_raw(sent)
    await app.cut(1002)


async def test_text_that_is_not_utf8_closes_with_1007(app):
    app.send_raw(frame(b'{"action":1,"x":"\xff"}'))
    await app.cut(1007)


async def test_binary_that_is_not_utf8_is_warned_of(app):
    for payload in (b"\xff", b'{"action":1,"x":"\xff"}', os.urandom(200)):
        app.send_raw(frame(payload, opcode=BINARY))
        await app.warned()
    await served(app)


@pytest.mark.parametrize("size", [LIMIT + 1, 1 << 40, (1 << 63) - 1])
async def test_a_header_of_too_much_is_refused_before_the_message_comes(app, size):
    app.send_raw(struct.pack(">BBQ", 0x81, 0xFF, size))  # not even its mask
    await app.cut(1009)


async def test_pieces_of_too_much_are_refused_too(app):
    piece = b" " * (LIMIT // 4)
    app.send_raw(frame(piece, first=TEXT))
    for _ in range(4):
        app.send_raw(frame(piece, first=0))
    await app.cut(1009)


async def test_a_message_of_the_limit_is_read(app):
    app.send_raw(frame(NOTICE + b" " * (LIMIT - len(NOTICE))))
    await app.hear("Self 1")


async def test_a_message_in_pieces_is_a_message(app):
    app.send_raw(frame(NOTICE[:3], first=TEXT))
    app.send_raw(frame(b"", opcode=PING))  # between the pieces, as it may
    for at in range(3, len(NOTICE)):
        app.send_raw(frame(NOTICE[at : at + 1], first=0))
    app.send_raw(frame(b"", opcode=0))
    await app.hear("Self 1")


async def test_a_message_byte_by_byte_is_a_message(app):
    for byte in frame(NOTICE):
        app.send_raw(bytes((byte,)))
        await asyncio.sleep(0)
    await app.hear("Self 1")


async def test_text_and_binary_are_read_alike_and_answered_in_text(app):
    for opcode in (TEXT, BINARY):
        app.send_raw(frame(NOTICE, opcode=opcode))
        await app.hear("Self 1")
    assert app.opcodes == {TEXT}


async def test_pongs_nobody_asked_for_do_no_harm(app):
    app.send_raw(frame(b"x" * 125, opcode=PONG) * 3)
    await served(app)


@pytest.mark.parametrize("payload", [b"", struct.pack(">H", 1000), struct.pack(">H", 4321) + b"x"])
async def test_a_close_is_answered_and_tcp_closed(app, payload):
    app.send_raw(frame(payload, opcode=CLOSE))
    await app.end()
    assert app.close_code == (int.from_bytes(payload[:2], "big") if payload else 0)


async def test_a_peer_that_vanishes_in_the_middle_of_a_frame_is_forgotten(app):
    app.send_raw(frame(NOTICE)[:5])
    await asyncio.sleep(0)
    app.drop()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /tech/socket/v1/nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /tech/socket/v1/play HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /tech/socket/v1/app HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        b"GET /tech/socket/v1/app HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
        b"GET /tech/socket/v1/app HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
        b"Sec-WebSocket-Key: osT3F7mvlojIvf3/8uIsJQ==\r\n\r\n",
        b"GET /tech/socket/v1/app HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
    ],
    ids=["no endpoint", "no upgrade", "no GET", "no key", "an old version", "no length", "no HTTP"],
)
async def test_what_is_no_upgrade_is_refused(engine, dial, onlookers, head):
    async with onlookers():
        link = await dial(engine, "app")
        link.send_raw(head)
        assert 400 <= await link.answered() < 500


async def test_a_flood_is_told_and_slowed_down(doors, dial):
    flooding, calm = await dial(doors, "app"), await dial(doors, "app")
    for link in (flooding, calm):
        await link.upgrade()
        await link.hear("Connect")
    flooding.send_raw(frame(NOTICE) * 1000)
    told = await flooding.until("Error")
    assert told == {"type": "Error", "reason": "Too many requests"}
    for _ in range(5):
        await calm.say(1)
        await calm.hear("Self 1")
    # It is slowed down, not cut off.
    await flooding.until("Self 1")
    assert not flooding.ended


async def test_a_slow_reader_is_cut_off_and_nobody_waits_for_him(launch, meet, dial):
    unmetered = {"limits__messages_per_second": 10**9, "limits__burst": 10**9}
    engine = launch(limits__out_bytes=65_536, **unmetered)
    first, second = meet(at=engine), meet(at=engine)
    for person in (first, second):
        await person.to_chat()
        await person.chat.ask(1, rid="global")
    await first.chat.hear("Broadcast 1")
    slow = meet(at=engine)
    slow.chat = await slow.link("chat").open(engine.http, receive_buffer=4096)
    await slow.chat.upgrade(b'{"uid":%d,"accessToken":"any"}' % slow.uid)
    await slow.chat.say(1, rid="global")
    await slow.chat.until("Self 1")
    slow.chat.stop_reading()
    for person in (first, second):
        await person.chat.hear("Broadcast 1")
    said = 0
    while "Broadcast 2" not in first.chat.names:  # that he has gone
        for _ in range(20):
            await first.chat.say(3, rid="global", message="x" * 8000)
        said += 20
        while first.chat.names.count("Broadcast 3") < said:
            await first.chat.receive()
    for _ in range(said):
        await second.chat.until("Broadcast 3")
    slow.chat.drop()
