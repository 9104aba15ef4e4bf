"""The hub tells one connection what was said before it came."""

from __future__ import annotations

import asyncio
import threading

import pytest

from parlour.actors.messages import UserLost
from parlour.actors.ports import Backlog, Bind, Close, Publish, Reply
from parlour.events.messages import landlord as wire
from parlour.network import backlog
from parlour.network.connection import Ending
from parlour.network.landlord.codec import PLAIN
from parlour.network.landlord.handlers import LANDLORD


class Link:
    """A way out whose peer reads when the test says so."""

    def __init__(self):
        self.writes = []
        self.closed = None
        self.reads = asyncio.Event()
        self.reads.set()

    def write(self, data):
        assert self.closed is None, "written after the close"
        self.writes.append(data)

    def buffered(self):
        return 0

    async def drain(self):
        await self.reads.wait()

    def close(self, ending, reason):
        self.closed = (ending, reason)


def said(number):
    return wire.GameReadyOk(uid=number)


def frames(*numbers):
    return b"".join(PLAIN.encode(said(number)) for number in numbers)


@pytest.fixture
def member(hub):
    link = Link()
    connection = hub.open(LANDLORD, PLAIN, link=link, peer="10.0.0.1")
    hub.deliver([Bind(connection.session, "landlord", 7)])
    return connection, link


async def told(connection):
    while connection.held is not None and connection.live:
        await asyncio.sleep(0)


async def test_pages_leave_in_order_and_what_is_said_meanwhile_after_them(hub, member):
    connection, link = member
    hub.deliver(
        [
            Reply(connection.session, said(1)),
            Backlog(connection.session, lambda: iter([[said(2), said(3)], [said(4)]])),
            Publish("landlord", (7,), said(5)),
        ]
    )
    hub.deliver([Publish("landlord", (7,), said(6))])
    assert link.writes == [frames(1)]
    await told(connection)
    hub.deliver([Publish("landlord", (7,), said(7))])
    assert link.writes == [frames(1), frames(2, 3), frames(4), frames(5, 6), frames(7)]


async def test_the_others_do_not_wait(hub, member):
    connection, _ = member
    other = Link()
    another = hub.open(LANDLORD, PLAIN, link=other, peer="10.0.0.2")
    hub.deliver([Bind(another.session, "landlord", 8)])
    hub.deliver([Backlog(connection.session, lambda: iter([[said(1)]]))])
    hub.deliver([Publish("landlord", (7, 8), said(2))])
    assert other.writes == [frames(2)]
    await told(connection)


async def test_pages_are_read_in_another_thread(hub, member):
    connection, link = member
    threads = set()

    def pages():
        threads.add(threading.current_thread())
        yield [said(1)]
        threads.add(threading.current_thread())

    hub.deliver([Backlog(connection.session, pages)])
    await told(connection)
    assert link.writes == [frames(1)]
    assert threading.current_thread() not in threads


async def test_no_page_is_read_before_the_peer_has_taken_the_one_before(hub, member):
    connection, link = member
    read = []

    def pages():
        for number in range(3):
            read.append(number)
            yield [said(number)]

    link.reads.clear()
    hub.deliver([Backlog(connection.session, pages)])
    async with asyncio.timeout(5):
        while not link.writes:
            await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert read == [0]
    link.reads.set()
    await told(connection)
    assert link.writes == [frames(0), frames(1), frames(2)]


async def test_a_peer_that_does_not_read_is_cut_off(hub, member, engine, monkeypatch):
    connection, link = member
    monkeypatch.setattr(backlog, "STALL_SECONDS", 0.01)
    link.reads.clear()
    hub.deliver([Backlog(connection.session, lambda: iter([[said(1)], [said(2)]]))])
    await told(connection)
    assert link.closed == (Ending.TOO_SLOW, "reading too slowly")
    assert engine.told[-1] == ("landlord.lobby:1", UserLost(7, "landlord"))


async def test_what_waits_for_the_last_page_is_bounded(hub, member):
    connection, link = member
    link.reads.clear()
    hub.deliver([Backlog(connection.session, lambda: iter([[said(1)]]))])
    while connection.live:
        hub.deliver([Publish("landlord", (7,), said(2))] * 5)
    assert link.closed is not None
    assert link.closed[0] is Ending.TOO_SLOW
    link.reads.set()
    await told(connection)


async def test_pages_that_cannot_be_read_end_the_connection(hub, member):
    connection, link = member

    def pages():
        yield [said(1)]
        raise OSError("no such disk")

    hub.deliver([Backlog(connection.session, pages)])
    await told(connection)
    assert link.closed == (Ending.INTERNAL, "internal error")
    assert (
        PLAIN.encode(wire.Error(error_code=wire.INTERNAL, reason="internal error"))
        in (link.writes[-1])
    )


async def test_nobody_reads_on_for_a_peer_that_has_gone(hub, member):
    connection, _link = member
    read = []

    def pages():
        for number in range(100):
            read.append(number)
            yield [said(number)]

    hub.deliver([Backlog(connection.session, pages)])
    hub.lost(connection)
    await connection.held.task
    assert len(read) <= 1


async def test_a_backlog_for_a_session_that_is_gone_is_nothing(hub):
    hub.deliver([Backlog(99, lambda: iter([[said(1)]]))])


LONG = "x" * 20_000


def long(number):
    return wire.TableDissolved(reason=f"{number} {LONG}")


async def test_a_long_page_leaves_in_pieces_of_whole_frames(hub, member):
    connection, link = member
    hub.deliver([Backlog(connection.session, lambda: iter([[long(n) for n in range(10)]]))])
    await told(connection)
    assert b"".join(link.writes) == b"".join(PLAIN.encode(long(n)) for n in range(10))
    assert max(map(len, link.writes)) < backlog.PIECE + 21_000
    assert len(link.writes) == 3


async def test_no_piece_is_written_before_the_peer_has_taken_the_one_before(hub, member):
    connection, link = member
    link.reads.clear()
    hub.deliver([Backlog(connection.session, lambda: iter([[long(n) for n in range(10)]]))])
    async with asyncio.timeout(5):
        while not link.writes:
            await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(link.writes) == 1
    link.reads.set()
    await told(connection)
    assert len(link.writes) == 3


async def test_what_is_said_while_what_was_kept_leaves_follows_it(hub, member):
    connection, link = member

    def write(data):
        link.writes.append(data)
        if data == frames(2):
            link.reads.clear()

    link.write = write
    hub.deliver([Backlog(connection.session, lambda: iter([[said(1)]]))])
    hub.deliver([Publish("landlord", (7,), said(2))])
    async with asyncio.timeout(5):
        while len(link.writes) < 2:
            await asyncio.sleep(0)
    hub.deliver([Publish("landlord", (7,), said(3))])
    assert link.writes == [frames(1), frames(2)]
    link.reads.set()
    await told(connection)
    hub.deliver([Publish("landlord", (7,), said(4))])
    assert link.writes == [frames(1), frames(2), frames(3), frames(4)]


@pytest.fixture
def crowd(hub):
    """Connections of an address, each with its link and the number of pages read for it."""

    def come(peer, count):
        found = []
        for _ in range(count):
            link = Link()
            link.reads.clear()
            connection = hub.open(LANDLORD, PLAIN, link=link, peer=peer)
            hub.deliver([Backlog(connection.session, lambda: iter([[said(1)], [said(2)]]))])
            found.append((connection, link))
        return found

    return come


async def some_time():
    for _ in range(50):
        await asyncio.sleep(0.001)


async def test_a_few_backlogs_are_told_at_a_time_and_addresses_take_turns(crowd):
    slow = crowd("10.0.0.1", backlog.OF_ADDRESS + 3)
    ((other, other_link),) = crowd("10.0.0.2", 1)
    await some_time()
    assert [bool(link.writes) for _, link in slow] == [True] * backlog.OF_ADDRESS + [False] * 3
    assert other_link.writes == [frames(1)]
    other_link.reads.set()
    await told(other)
    for connection, link in slow:
        link.reads.set()
        await told(connection)
        assert link.writes == [frames(1), frames(2)]


async def test_who_takes_nothing_makes_room_for_who_waits(crowd, monkeypatch):
    monkeypatch.setattr(backlog, "STALL_SECONDS", 0.01)
    slow = crowd("10.0.0.1", backlog.OF_ADDRESS)
    ((waiting, link),) = crowd("10.0.0.1", 1)
    link.reads.set()
    await told(waiting)
    assert link.writes == [frames(1), frames(2)]
    assert slow[0][1].closed == (Ending.TOO_SLOW, "reading too slowly")


async def test_an_actor_is_told_when_the_last_page_has_left(hub, member, engine):
    connection, link = member
    then = ("landlord.table:1", "synced")
    link.reads.clear()
    hub.deliver([Backlog(connection.session, lambda: iter([[said(1)]]), then)])
    async with asyncio.timeout(5):
        while not link.writes:
            await asyncio.sleep(0)
    assert then not in engine.told
    link.reads.set()
    await told(connection)
    assert engine.told[-1] == then


async def test_the_end_an_actor_asks_for_comes_behind_the_backlog_and_its_last_words(hub, member):
    connection, link = member
    hub.deliver([Backlog(connection.session, lambda: iter([[said(1)], [said(2)]]))])
    hub.deliver([Reply(connection.session, said(3)), Close(connection.session, "bye")])
    assert link.closed is None
    await told(connection)
    assert b"".join(link.writes) == frames(1, 2, 3)
    assert link.closed == (Ending.ACTOR, "bye")
    assert not connection.live


async def test_an_end_that_is_our_fault_waits_for_no_backlog(hub, member):
    connection, link = member
    hub.deliver([Backlog(connection.session, lambda: iter([[said(1)]]))])
    task = connection.held.task
    hub.deliver([Close(connection.session, "internal", failed=True)])
    assert link.closed == (Ending.INTERNAL, "internal")
    await task


async def test_nobody_is_told_of_pages_that_did_not_leave(hub, member, engine):
    connection, link = member
    link.reads.clear()
    hub.deliver([Backlog(connection.session, lambda: iter([[said(1)]]), ("a:1", "synced"))])
    task = connection.held.task
    async with asyncio.timeout(5):
        while not link.writes:
            await asyncio.sleep(0)
    hub.lost(connection)
    link.reads.set()
    await task
    assert ("a:1", "synced") not in engine.told


async def test_a_second_backlog_waits_for_the_first_and_for_what_was_said_between(
    hub, member, engine
):
    connection, link = member
    hub.deliver([Backlog(connection.session, lambda: iter([[said(1)]]), ("a:1", 1))])
    hub.deliver([Publish("landlord", (7,), said(2))])
    hub.deliver([Backlog(connection.session, lambda: iter([[said(3)]]), ("a:1", 2))])
    hub.deliver([Publish("landlord", (7,), said(4))])
    hub.deliver([Backlog(connection.session, lambda: iter([[said(5)]]), ("a:1", 3))])
    await told(connection)
    hub.deliver([Publish("landlord", (7,), said(6))])
    assert b"".join(link.writes) == frames(1, 2, 3, 4, 5, 6)
    assert engine.told[-3:] == [("a:1", 1), ("a:1", 2), ("a:1", 3)]


async def test_who_asks_for_more_backlogs_than_he_reads_is_cut_off(hub, member):
    connection, link = member
    link.reads.clear()
    for _ in range(backlog.LATER + 1):
        hub.deliver([Backlog(connection.session, lambda: iter([[said(1)]]))])
    assert link.closed is None
    hub.deliver([Backlog(connection.session, lambda: iter([[said(1)]]))])
    assert link.closed[0] is Ending.TOO_SLOW
    link.reads.set()
    await connection.held.task
