"""One connection's frames between the network and a tiny engine, on a clock of the test."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from parlour.network import intake
from parlour.network.intake import Intake
from parlour.network.landlord.codec import PLAIN
from parlour.network.landlord.handlers import LANDLORD


class Link:
    def __init__(self):
        self.written = b""

    def write(self, data):
        self.written += data

    def buffered(self):
        return 0

    def close(self, ending, reason):
        pass


@pytest.fixture
def make_intake(make_edge, clock):
    def make(service, **limits):
        edge = replace(make_edge(**limits), clock=clock)
        connection = edge.hub.open(service, PLAIN, link=Link(), peer="10.0.0.1")
        return Intake(connection, edge)

    return make


def test_over_the_rate_a_frame_is_dropped_and_who_goes_on_is_not_read(make_intake, engine, wires):
    taker = make_intake(LANDLORD, messages_per_second=10, burst=2)
    pauses = [taker.take(wires.logout(uid)) for uid in range(1, 6)]
    assert pauses == [0.0, 0.0, 0.0, 0.0, intake.PAUSE_SECONDS]
    assert [request.uid for request in engine.requests()] == [1, 2]


def test_of_a_lossless_service_each_frame_is_taken_and_the_next_waits_for_its_time(
    make_intake, engine, wires, clock
):
    taker = make_intake(LANDLORD._replace(lossless=True), messages_per_second=10, burst=2)
    pauses = []
    for uid in range(1, 6):
        pauses.append(taker.take(wires.logout(uid)))
        clock.now += pauses[-1]
    assert pauses == pytest.approx([0.0, 0.1, 0.1, 0.1, 0.1])
    assert [request.uid for request in engine.requests()] == [1, 2, 3, 4, 5]
    assert taker.count() == pytest.approx(0.1), "a ping has its price too"


async def test_an_errand_is_told_whose_it_is(make_intake, wires):
    peers, left = [], asyncio.Event()

    async def errand(peer, request):
        peers.append((peer.address, peer.here()))
        await left.wait()
        peers.append((peer.address, peer.here()))

    (request,) = {type(LANDLORD.decode(wires.logout(1)))}
    handlers = {kind: to for kind, to in LANDLORD.handlers.items() if kind is not request}
    taker = make_intake(LANDLORD._replace(handlers=handlers, errands={request: errand}))
    taker.take(wires.logout(1))
    await asyncio.sleep(0)
    taker._edge.hub.lost(taker._connection)
    left.set()
    await taker._errand
    assert peers == [("10.0.0.1", True), ("10.0.0.1", False)]
