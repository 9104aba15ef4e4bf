"""Damaged and random bytes of every kind: the engine answers or ends, and others go on."""

from __future__ import annotations

import random

import pytest

SEED = 20261121
ROUNDS = 12
PACKETS = 25


def damaged(noise, packet, size):
    """Return a packet with some bytes changed, cut out or put in behind its header, or in it."""
    data = bytearray(packet)
    start = size if noise.random() < 0.8 else 0
    for _ in range(noise.randint(1, 4)):
        if len(data) <= start:
            break
        at = noise.randrange(start, len(data))
        data[at] = noise.choice((0, 1, 0x7F, 0x80, 0xFF, noise.randrange(256)))
    return bytes(data)


@pytest.mark.parametrize("way", ["tcp", "websocket"])
@pytest.mark.parametrize("dialect", ["v1", "v2", "pb"])
async def test_damaged_packets_break_nothing(come, meet, dialect, way):
    noise = random.Random(f"{SEED} {dialect} {way}")
    first, second = await come(2)
    device = meet(dialect=dialect, way=way)
    keywords = [row.keyword for row in device.dialect.rows.values() if row.sent]
    for _ in range(ROUNDS):
        device.sid = 0 if device.old else device.sid
        await device.come()
        for _ in range(PACKETS):
            keyword = noise.choice(keywords)
            body = noise.randbytes(20) if device.dialect.rows[keyword].raw else None
            packet = device.pack(keyword, seq=next(device.seq), body=body)
            device.link.send_packet(damaged(noise, packet, device.dialect.size))
        await first.ask("CHAT", duid=second.uid, text="undisturbed")
        await second.hear_and_ack("CHAT", text="undisturbed")
        device.link.drop()


@pytest.mark.parametrize("size", [1, 15, 16, 43, 44, 51, 52, 53, 400])
async def test_random_bytes_break_nothing(come, meet, size):
    noise = random.Random(f"{SEED} {size}")
    for way in ("tcp", "websocket"):
        for _ in range(8):
            device = await meet(dialect="pb", way=way).connect()
            device.link.send_packet(noise.randbytes(size))
            device.link.drop()
    (witness,) = await come()
    await witness.quiet()
