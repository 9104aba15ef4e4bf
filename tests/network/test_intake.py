"""One connection's frames between the network and a tiny engine, on a clock of the test."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from parlour.events.messages import landlord as wire
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


def spoken(taker):
    return taker._connection.link.written


def test_a_frame_that_nobody_would_repeat_is_never_dropped_and_costs_the_others_nothing(
    make_intake, engine, wires
):
    service = LANDLORD._replace(paced=lambda frame: b"logout" in frame)
    taker = make_intake(service, messages_per_second=1, burst=1)
    pauses = [taker.take(wires.logout(uid)) for uid in range(intake.PACED)]
    assert taker.take(wires.join(7)) == 0.0
    assert not any(pauses[:-1])
    assert len(engine.requests()) == intake.PACED + 1
    assert taker.take(wires.logout(8)) > 0.0
    assert len(engine.requests()) == intake.PACED + 2


def test_refusals_are_addressed_to_the_frame_they_answer(make_intake, engine, wires):
    def address(words, frame):
        return wire.Error(error_code=words.error_code, reason=f"to {len(frame)} bytes")

    taker = make_intake(LANDLORD._replace(address=address), messages_per_second=1, burst=2)
    taker.take(b"{}")
    engine.accepting = False
    taker.take(wires.logout(1))
    taker.take(wires.logout(22))
    said = [
        PLAIN.encode(wire.Error(error_code=code, reason=f"to {size} bytes"))
        for code, size in ((1, 2), (6, 24), (4, 25))
    ]
    assert spoken(taker) == b"".join(said)


def test_a_breach_is_told_by_the_code_of_its_protocol(make_intake):
    seen = []

    def refusal(code, reason):
        seen.append(code)
        return wire.Error(error_code=1, reason=reason)

    taker = make_intake(LANDLORD._replace(breach=lambda error: f"b{error.code}", refusal=refusal))
    taker.take(b"not JSON")
    assert seen == ["b1"]
    assert not taker._connection.live


def test_requests_are_counted_under_their_label(make_intake, wires):
    taker = make_intake(LANDLORD._replace(label=lambda request: f"uid-{request.uid}"))
    taker.take(wires.logout(5))
    assert b'name="uid-5"' in taker._edge.metrics.page()
