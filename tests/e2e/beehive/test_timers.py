"""What happens when somebody says nothing: too long before ONLINE, after a KICK, or at all."""

from __future__ import annotations

import asyncio

import pytest
from bee_node import PLACE, listed, places, report

SPEAKERS = [(d, w) for d in ("v1", "v2", "pb") for w in ("tcp", "websocket")]


@pytest.fixture
def everybody(curt, meet):
    """One device of each dialect over each transport, not connected yet."""
    return [meet(at=curt, dialect=dialect, way=way) for dialect, way in SPEAKERS]


async def test_who_does_not_come_online_is_sent_off(everybody):
    for device in everybody:
        await device.connect()
        await device.ask("PING")
    for device in everybody:
        await device.refused(20008)
        assert await device.link.end() == []


async def test_who_says_nothing_is_sent_off_and_pings_keep_a_connection(curt, meet, everybody):
    busy = await meet(at=curt).come()
    for device in everybody:
        await device.come()
        await busy.ask("PING")
    while not all(device.link.ended for device in everybody):
        await busy.ask("PING")
        await asyncio.sleep(0.1)  # as often as it takes, not as often as it can
    assert not busy.link.ended


async def test_a_kick_nobody_acknowledges_ends_all_the_same(curt, meet):
    old = await meet(at=curt).come()
    await meet(at=curt, uid=old.uid, sid=old.sid).come()
    await old.hear("KICK", code=20009)
    assert await old.link.end() == []


async def test_a_refused_online_ends(curt, meet):
    device = await meet(at=curt).connect()
    await device.online(code=20012, sid=0)
    assert await device.link.end() == []


async def test_a_silent_node_is_dead_until_it_reports_again(curt, node):
    made = await node(at=curt).enter()
    await report(made, 7001)
    assert (await places(curt))[1:] == [f"{PLACE}:7001"]
    await listed(curt)
    if made.link.ended:
        await made.enter()
    await report(made, 7001)
    assert (await places(curt))[1:] == [f"{PLACE}:7001"]
