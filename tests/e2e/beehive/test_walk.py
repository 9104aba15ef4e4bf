"""All 116 rows, in JSON and protobuf, over TCP and WebSocket: each one works, to its purpose."""

from __future__ import annotations

import asyncio

import pytest
from bee_rows import NEW, OLD
from old_walk import OldWalk
from walk import Walk


@pytest.fixture
async def walk(meet, come, operator, node):
    made = []

    async def begin(dialect, way):
        speaks = {"dialect": dialect, "way": way}
        people = await come(3, **speaks)
        made.append(Walk(*people, await operator(**speaks), node(dialect=dialect)))
        await made[-1].node.enter()
        return made[-1]

    yield begin
    for walked in made:
        await asyncio.gather(*(guest.close() for guest in walked.guests))


@pytest.mark.parametrize("way", ["tcp", "websocket"])
@pytest.mark.parametrize("dialect", ["v2", "pb"])
async def test_all_rows_of_seed_002_work(walk, meet, rid, dialect, way):
    walked = await walk(dialect, way)
    await walked.go(meet, rid)
    assert [
        row.keyword for row in NEW.values() if row.sent and row.keyword not in walked.sent
    ] == []
    missed = [row.keyword for row in NEW.values() if row.heard and row.keyword not in walked.heard]
    assert missed == []
    assert {row.keyword for row in NEW.values()} <= walked.sent | walked.heard
    assert "BC-ACK" in walked.heard  # the operator's own command is answered as well


@pytest.mark.parametrize("way", ["tcp", "websocket"])
async def test_all_rows_of_seed_004_work(come, operator, node, rid, way):
    a, b = await come(2, dialect="v1", way=way)
    (helper,) = await come()
    reporter = await node(dialect="v1").enter()
    walked = OldWalk(a, b, await operator(dialect="v1", way=way), helper, reporter)
    await walked.go(rid)
    assert [
        row.keyword for row in OLD.values() if row.sent and row.keyword not in walked.sent
    ] == []
    missed = [row.keyword for row in OLD.values() if row.heard and row.keyword not in walked.heard]
    assert missed == []
