"""Real sockets against the tiny engine, on uvloop and on asyncio's own loop."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import replace

import pytest
from raw_clients import on_both_loops
from tcp_clients import serving

from parlour.actors.ports import Close, CloseUser, Publish, Reply
from parlour.events.messages import landlord as wire
from parlour.network import tcp
from parlour.network.connection import Ending
from parlour.network.landlord.codec import TcpCodec
from parlour.network.landlord.handlers import LANDLORD


@on_both_loops
async def test_a_plain_client_is_answered_in_plain(make_edge, wires):
    async with serving(make_edge()) as connect:
        client = await connect()
        client.send(wires.join(3))
        assert (await client.receive())["cmd"] == "SERVER_JOIN_TABLE_SUCC"


@on_both_loops
async def test_an_obfuscated_client_is_answered_in_kind(make_edge, wires, engine):
    edge = make_edge()
    async with serving(edge) as connect:
        client = await connect()
        client.send(wires.join(3), flip=True)
        assert (await client.receive(flip=True))["cmd"] == "SERVER_JOIN_TABLE_SUCC"
        edge.hub.deliver([Publish("landlord", (3,), wire.GameReadyOk(uid=3))])
        assert (await client.receive(flip=True))["cmd"] == "game_ready_ok"


@on_both_loops
async def test_a_request_arrives_byte_by_byte(make_edge, wires):
    async with serving(make_edge()) as connect:
        client = await connect()
        client.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        payload = wires.join(3)
        for byte in struct.pack("<I", len(payload)) + payload:
            client.writer.write(bytes([byte]))
            await asyncio.sleep(0)
        assert (await client.receive())["tid"] == 1


@on_both_loops
async def test_many_requests_in_one_write_are_answered_in_order(make_edge, wires):
    async with serving(make_edge(burst=500)) as connect:
        client = await connect()
        for uid in range(200):
            client.send(wires.logout(uid))
        answers = [(await client.receive())["uid"] for _ in range(200)]
        assert answers == list(range(200))


@on_both_loops
@pytest.mark.parametrize("length", [0, 8193, 2**32 - 1])
async def test_a_bad_length_closes_before_any_body_is_buffered(make_edge, length):
    async with serving(make_edge()) as connect:
        client = await connect()
        client.writer.write(struct.pack("<I", length))
        assert [d["error_code"] for d in await client.documents()] == [1]


@on_both_loops
async def test_what_is_not_json_is_told_and_closed(make_edge, engine):
    async with serving(make_edge()) as connect:
        client = await connect()
        client.send(b"hello")
        assert [(d["cmd"], d["error_code"]) for d in await client.documents()] == [("error", 1)]
        assert engine.requests() == []


@on_both_loops
async def test_the_last_words_survive_a_body_that_is_still_on_its_way(make_edge):
    async with serving(make_edge()) as connect:
        client = await connect()
        client.writer.write(struct.pack("<I", 100_000) + b"x" * 100_000)
        assert [d["error_code"] for d in await client.documents()] == [1]


@on_both_loops
async def test_three_malformed_in_a_row_close_and_a_good_one_between_forgives(make_edge, wires):
    async with serving(make_edge()) as connect:
        client = await connect()
        for payload in (b"{}", b"[]", wires.logout(5), b"{}", b"{}", b"{}", wires.logout(6)):
            client.send(payload)
        answers = await client.documents()
        assert [d.get("error_code", d["cmd"]) for d in answers] == [1, 1, "logout_ok", 1, 1, 1]


@on_both_loops
async def test_no_command_passes_while_the_engine_takes_none(make_edge, wires, engine):
    engine.accepting = False
    async with serving(make_edge()) as connect:
        client = await connect()
        client.send(wires.logout(5))
        assert (await client.receive())["error_code"] == 6
        engine.accepting = True
        client.send(wires.logout(5))
        assert (await client.receive())["cmd"] == "logout_ok"
    assert len(engine.requests()) == 1


@on_both_loops
async def test_messages_over_the_rate_are_refused_and_dropped(make_edge, wires, engine):
    async with serving(make_edge(messages_per_second=0.001, burst=5)) as connect:
        client = await connect()
        for uid in range(8):
            client.send(wires.logout(uid))
        answers = [await client.receive() for _ in range(8)]
        assert [d.get("error_code", 0) for d in answers] == [0] * 5 + [4] * 3
    assert len(engine.requests()) == 5


@on_both_loops
async def test_a_flood_is_not_read_on_and_disturbs_nobody(make_edge, wires):
    async with serving(make_edge(messages_per_second=50, burst=10)) as connect:
        flooder, bystander = await connect(), await connect()
        flood = struct.pack("<I", 24) + wires.logout(1)
        flooder.writer.write(flood * 200_000)
        for uid in range(5):
            bystander.send(wires.logout(uid))
            assert (await bystander.receive())["uid"] == uid
        refused = 0
        for _ in range(20):
            refused += (await flooder.receive()).get("error_code", 0) == 4
        assert refused == 10
        # What the server does not read stays with the flooder.
        assert flooder.writer.transport.get_write_buffer_size() > 0
        flooder.writer.transport.abort()


@on_both_loops
async def test_an_address_with_too_many_connections_is_told(make_edge, wires):
    async with serving(make_edge(connections_per_address=2)) as connect:
        clients = [await connect() for _ in range(2)]
        for client in clients:
            client.send(wires.join(3 + clients.index(client)))
            await client.receive()
        extra = await connect()
        assert [d["error_code"] for d in await extra.documents()] == [4]
        clients[0].writer.close()
        await clients[0].writer.wait_closed()
        async with asyncio.timeout(5):
            while True:
                again = await connect()
                again.send(wires.logout(9))
                if (await again.receive())["cmd"] == "logout_ok":
                    break


@on_both_loops
async def test_a_peer_that_leaves_takes_its_user_offline(make_edge, wires, engine):
    edge = make_edge()
    async with serving(edge) as connect:
        client = await connect()
        client.send(wires.join(3))
        await client.receive()
        assert edge.hub.online("landlord", 3)
        client.writer.close()
        async with asyncio.timeout(5):
            while edge.hub.online("landlord", 3):
                await asyncio.sleep(0.001)
        assert engine.ended == ["landlord.session:1"]


@on_both_loops
async def test_a_silent_connection_is_closed_by_the_sweep(make_edge):
    edge = make_edge(auth_seconds=0.0)
    async with serving(edge) as connect:
        client = await connect()
        async with asyncio.timeout(5):
            while len(edge.hub) == 0:
                await asyncio.sleep(0.001)
        edge.hub.sweep()
        assert [d["reason"] for d in await client.documents()] == ["no login in time"]


@on_both_loops
async def test_a_reader_that_never_reads_is_cut_off(make_edge, wires):
    edge = make_edge(out_bytes=20_000, linger_seconds=0.1)
    async with serving(edge) as connect:
        client = await connect()
        client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(wires.join(3))
        await client.receive()
        client.writer.transport.pause_reading()
        message = wire.TableDissolved(reason="x" * 4000)
        async with asyncio.timeout(20):
            while edge.hub.online("landlord", 3):
                edge.hub.deliver([Publish("landlord", (3,), message)] * 4)
                await asyncio.sleep(0)
        page = edge.metrics.page().decode()
        assert 'parlour_connections_ended_total{reason="too_slow"} 1.0' in page


@on_both_loops
async def test_a_close_from_the_engine_lets_the_answer_arrive(make_edge, wires, engine):
    engine.answer = lambda session, request: [
        Reply(session, wire.LogoutOk(uid=request.uid)),
        Close(session, "done"),
    ]
    async with serving(make_edge()) as connect:
        client = await connect()
        client.send(wires.logout(3))
        client.send(wires.logout(4))
        assert [d["uid"] for d in await client.documents()] == [3]
    assert len(engine.requests()) == 1


@on_both_loops
async def test_going_down_tells_every_client(make_edge, wires):
    edge = make_edge()
    async with serving(edge) as connect:
        client = await connect()
        client.send(wires.join(3))
        await client.receive()
        edge.hub.farewell()
        assert [(d["error_code"], d["reason"]) for d in await client.documents()] == [
            (6, "draining")
        ]


def test_dead_peers_are_asked_for_by_the_kernel():
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):

        class Transport:
            def get_extra_info(self, name):
                return client if name == "socket" else None

        tcp.keep_alive(Transport(), 60)
        assert client.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60


@on_both_loops
async def test_of_a_lossless_service_nothing_is_lost_over_the_rate(make_edge, wires, engine):
    """As when a peer's network stood still: all it kept comes at once."""
    edge = make_edge(messages_per_second=100, burst=5)
    async with serving(edge, LANDLORD._replace(lossless=True)) as connect:
        client, bystander = await connect(), await connect()
        for uid in range(1, 101):
            client.send(wires.logout(uid))
        bystander.send(wires.logout(999))
        assert (await bystander.receive())["uid"] == 999
        assert [(await client.receive())["uid"] for _ in range(100)] == list(range(1, 101))
        assert engine.requests()[-1].uid == 100, "the other one had to wait"


@on_both_loops
async def test_a_flood_at_a_lossless_service_stays_with_the_flooder(make_edge, wires):
    edge = make_edge(messages_per_second=20, burst=5)
    async with serving(edge, LANDLORD._replace(lossless=True)) as connect:
        client = await connect()
        for _ in range(200_000):
            client.send(wires.logout(1))
        for _ in range(6):
            assert (await client.receive())["cmd"] == "logout_ok"
        assert client.writer.transport.get_write_buffer_size() > 0
        client.writer.transport.abort()


# --- farewells and silence -----------------------------------------------------------------

WAITING = LANDLORD._replace(
    farewell_seconds=30.0, knows=lambda request: isinstance(request, wire.Logout)
)


async def kicked(edge, engine, connect, wires):
    client = await connect()
    client.send(wires.join(3))
    await client.receive()
    edge.hub.deliver([CloseUser(3, "out")])
    assert (await client.receive())["reason"] == "out"
    return client


@on_both_loops
async def test_who_says_that_he_knows_of_his_kick_is_closed_at_once(make_edge, engine, wires):
    edge = make_edge()
    async with serving(edge, WAITING) as connect:
        client = await kicked(edge, engine, connect, wires)
        client.send(wires.join(3))
        client.send(b"[]")
        client.send(wires.logout(3))
        assert await client.rest() == b""
    assert len(engine.requests()) == 1


@on_both_loops
async def test_who_says_nothing_is_closed_after_a_while(make_edge, engine, wires):
    edge = make_edge(linger_seconds=0.1)
    async with serving(edge, WAITING._replace(farewell_seconds=0.01)) as connect:
        client = await kicked(edge, engine, connect, wires)
        assert await client.rest() == b""


@on_both_loops
async def test_who_breaks_the_protocol_after_his_kick_is_closed_without_more_words(
    make_edge, engine, wires
):
    edge = make_edge()
    async with serving(edge, WAITING) as connect:
        client = await kicked(edge, engine, connect, wires)
        client.writer.write(b"\xff" * 8)
        assert await client.rest() == b""


@on_both_loops
async def test_silence_ends_a_connection_and_a_byte_is_no_silence(make_edge, clock):
    edge = replace(make_edge(), clock=clock)
    made = []

    def factory():
        made.append(tcp.TcpConnection(edge, LANDLORD, TcpCodec(), idle_seconds=60.0))
        return made[-1]

    async with serving(edge, factory=factory) as connect:
        client = await connect()
        while not made or not hasattr(made[0], "_intake"):
            await asyncio.sleep(0)
        clock.now += 59
        client.writer.write(b"\x08")
        while made[0]._heard != clock.now:
            await asyncio.sleep(0)
        clock.now += 59
        made[0]._look()
        assert made[0]._connection.live
        clock.now += 1
        made[0]._look()
        assert await client.rest() == b""


class Vanished(asyncio.Transport):
    """To a peer that is gone, which the loop has not found out yet."""

    aborted = False

    def is_closing(self):
        return self.aborted

    def can_write_eof(self):
        return True

    def write_eof(self):
        raise OSError(107, "Transport endpoint is not connected")

    def abort(self):
        self.aborted = True


def test_a_peer_that_is_gone_unseen_is_let_go_of():
    transport = Vanished()
    tcp.TcpLink(transport, 2.0).close(Ending.DRAINING, "draining")
    assert transport.aborted
