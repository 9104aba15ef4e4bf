import asyncio

import pytest

from parlour.events.messages.techmino import stream as wire
from parlour.events.rules.techmino import record
from parlour.network.bench.sockets import BenchFailed
from parlour.network.bench.stream_crowd import CHUNKS, FIRST_UID, StreamCrowd, chunks
from parlour.network.demo.techmino_client import request_frame
from parlour.network.websocket import JSON_TEXT

SAYS = {request_frame(wire.SendChunk(stream=text)): text for text in chunks()}


def test_chunks_are_records_of_one_size_and_all_different():
    assert len(set(chunks())) == CHUNKS
    assert {len(text) for text in chunks()} == {16}
    for text in chunks():
        events, progress = record.decode(record.unpack(text))
        assert progress.whole
        assert progress.frame == 9
        assert {event.name for event in events} <= {"press", "release", "wait"}


class Relay:
    """Stands for the server: each ear is its own transport."""

    def __init__(self, players, relay):
        self.ears = [Ear(self, FIRST_UID + number) for number in range(players)]
        self.relay = relay
        self.said = 0


class Ear:
    def __init__(self, server, uid):
        self.server, self.uid, self.transport = server, uid, self

    def write(self, frame):
        self.server.said += 1
        told = JSON_TEXT.encode(wire.ChunkBy(data=wire.Chunk(uid=self.uid, stream=SAYS[frame])))
        for other in self.server.ears:
            if other is not self:
                asyncio.get_running_loop().call_soon(self.server.relay, self.server, other, told)


def whole(server, ear, told):
    ear.hear(told)


def torn(server, ear, told):
    ear.hear(told[:7])
    ear.hear(told[7:])


@pytest.mark.parametrize("relay", [whole, torn])
async def test_every_delivery_is_timed_however_its_bytes_arrive(relay):
    crowd = StreamCrowd(Relay(4, relay).ears)
    run = await crowd.at_pace(0.3)
    assert run.sent == 8
    assert len(run.latencies) == 8 * 3
    assert all(0 <= seconds < 1 for seconds in run.latencies)
    flat = await crowd.flat_out(0.05, in_flight=8)
    assert flat.sent > run.sent
    assert crowd.sent == run.sent + flat.sent


def doubled(server, ear, told):
    for _ in range(1 + (ear.uid == FIRST_UID and server.said == 3)):
        ear.hear(told)


async def test_a_chunk_that_comes_twice_is_noticed():
    crowd = StreamCrowd(Relay(3, doubled).ears)
    with pytest.raises(BenchFailed, match="out of order"):
        await crowd.at_pace(0.3)


def foreign(server, ear, told):
    ear.hear(b"\x81" + told[1:-4] + b"??}}")


async def test_what_nobody_sent_is_noticed():
    crowd = StreamCrowd(Relay(3, foreign).ears)
    with pytest.raises(BenchFailed, match="not a chunk that was sent"):
        await crowd.at_pace(0.3)
