"""WebSocket: what clients may do with frames, and what they may not."""

from __future__ import annotations

import pytest
from bee_dialects import PB, V2
from bee_link import BINARY, PING, TEXT, frame
from bee_rows import NEW

CONTINUATION = 0


@pytest.fixture
async def device(come):
    (made,) = await come(way="websocket")
    return made


async def test_a_text_frame_whose_bytes_are_no_utf8_is_the_end(device):
    seq = next(device.seq)
    body = f'{{"uid": {device.uid}}}'.encode()
    packet = V2.raw(NEW["SYNC"].key, body, seq=seq, sid=device.sid)
    assert b"\xd2" in packet  # the checksum is no UTF-8
    device.link.send_bytes(frame(packet, opcode=TEXT))
    await device.link.when(lambda: device.link.ended)


async def test_a_text_frame_of_protobuf_is_taken(come):
    (device,) = await come(dialect="pb", way="websocket")
    packet = PB.raw(NEW["PING"].key, b"", seq=77, sid=0)
    packet.decode()
    device.link.send_bytes(frame(packet, opcode=TEXT))
    await device.hear("PONG", 77)


async def test_a_message_in_fragments_is_one_packet(device):
    seq = next(device.seq)
    packet = device.pack("SYNC", seq=seq)
    for size in (1, 7, len(packet) - 1):
        pieces = [packet[i : i + size] for i in range(0, len(packet), size)]
        for number, piece in enumerate(pieces):
            device.link.send_bytes(
                frame(
                    piece,
                    opcode=CONTINUATION if number else BINARY,
                    final=number == len(pieces) - 1,
                )
            )
            device.link.send_bytes(frame(b"in between", opcode=PING))
        await device.answered("SYNC", seq)


@pytest.mark.parametrize("path", ["", "/v1", "/v2", "/pb"])
async def test_the_subprotocol_im_is_echoed_when_it_is_offered(meet, path):
    for offer, echoed in (("im", True), ("chat, im", True), ("chat", False), ("", False)):
        device = meet(way="websocket", dialect=path[1:] or "v2")
        await device.connect(path, offer=offer)
        await device.online()
        assert (b"sec-websocket-protocol: im\r\n" in device.link.head.lower()) == echoed


@pytest.mark.parametrize("forced", ["v1", "v2", "pb"])
@pytest.mark.parametrize("spoken", ["v1", "v2", "pb"])
async def test_a_path_forces_its_dialect(meet, forced, spoken):
    device = meet(way="websocket", dialect=spoken)
    await device.connect(f"/{forced}")
    if forced == spoken:
        await device.online()
        return
    device.link.dialect = meet(dialect=forced).dialect
    device.link.send_packet(device.dialect.pack("PING", {}, seq=1) + bytes(8))
    error = await device.link.next()
    assert error.keyword in ("ERROR", "UNUSUAL")
    assert error.code in (20010, 10018)
    await device.link.when(lambda: device.link.ended)


async def test_bytes_behind_a_packet_are_a_fault(device):
    ping = device.pack("PING", seq=1)
    for message in (ping + b"x", ping + ping, ping[:-1], ping[:10]):
        await device.come()
        device.link.send_packet(message)
        await device.refused(20010)
        await device.link.when(lambda: device.link.ended)


async def test_several_pushes_at_once_are_several_messages(come):
    sender, receiver = await come(2, way="websocket")
    for number in range(200):  # the link blames a server that glues
        sender.send("CHAT", duid=receiver.uid, text=str(number))
    heard = [(await receiver.hear("CHAT"))["text"] for _ in range(200)]
    assert heard == [str(number) for number in range(200)]
