"""Nodes: the proof, what they report, conflicts, silence, and who is told of them."""

from __future__ import annotations

import json
import time

import pytest
from bee_node import PLACE, SECRET, forward, listed, places, report

ALL = pytest.mark.parametrize("dialect", ["v1", "v2", "pb"])


@ALL
async def test_nodes_are_listed_while_they_live_and_our_own_listener_is_first(hive, node, dialect):
    await listed(hive)
    made = await node(dialect=dialect).enter()
    await report(made, made.nid)
    assert (await places(hive))[1:] == [f"{PLACE}:{made.nid}"]
    if dialect != "v1":
        web = await node(dialect=dialect).enter()
        await report(web, web.nid, type=2)
        await listed(hive, f"{PLACE}:{web.nid}", type=2)
        web.link.drop()
    forwarder = await node(dialect=dialect).enter()
    await forward(forwarder, forwarder.nid)
    await listed(hive, f"{PLACE}:{made.nid}")
    made.link.drop()
    await listed(hive)


async def test_the_proof_is_looked_at(guard, node):
    good = node(at=guard)
    await good.enter()
    for changes in (
        {"secret": "wrong"},
        {"time": int(time.time()) - 120},
        {"time": int(time.time()) + 120},
        {"mac": "00" * 32},
        {"mac": ""},
        {"nonce": "short"},
    ):
        bad = await node(at=guard).open()
        await bad.prove(code=20008, **changes)
        await bad.link.when(lambda bad=bad: bad.link.ended)
    nonce, bad = "n" * 32, node(at=guard)
    await (await node(at=guard).open()).prove(nonce=nonce)
    await bad.open()
    await bad.prove(code=20008, nonce=nonce)
    await good.quiet()


@ALL
async def test_without_a_proof_nothing_is_heard(guard, node, dialect):
    hasty = await node(at=guard, dialect=dialect).open()
    hasty.send("LSN-RPT" if hasty.old else "LSND-INFO", **(
        {"nid": hasty.nid, "ipaddr": PLACE, "port": 1} if hasty.old else hasty.about(1)
    ))  # fmt: skip
    await hasty.refused(20008)
    await hasty.link.when(lambda: hasty.link.ended)


async def test_without_a_secret_nobody_is_let_in(launch, node):
    engine = launch(open=False, cluster__secret="")
    for secret in (SECRET, ""):
        stranger = await node(at=engine).open()
        answer = await stranger.prove(secret, code=20008)
        assert answer["errmsg"]


async def test_one_address_is_one_node(hive, node):
    first, second = await node().enter(), await node().enter()
    await report(first, first.nid)
    for port, nid in ((first.nid, second.nid), (second.nid, first.nid)):
        seq = second.send("LSND-INFO", **{**second.about(port), "nid": nid})
        await second.refused(20012, seq)
    await report(second, second.nid)
    again = await node(nid=first.nid).enter()  # the same node with a new connection
    await report(again, first.nid)
    seq = again.send("LSND-INFO", **again.about(second.nid))
    await again.refused(20012, seq)
    for made in (second, again):
        await made.still_lives()


async def test_clients_and_nodes_have_listeners_of_their_own(come, hive, node):
    (client,) = await come()
    made = node()
    seq = next(client.seq)
    body = client.dialect.body("LSND-INFO", made.about(1))
    client.link.send_packet(client.dialect.raw(0x0601, body, seq=seq, sid=client.sid))
    await client.refused(10007, seq)
    await client.still_lives()
    await made.enter()
    await made.refused(10007, made.send("CHAT", suid=1, duid=1, text="x"))
    await made.quiet()


async def test_the_list_of_forwarders_is_told_on_request_and_on_every_change(launch, node):
    engine = launch()
    first, second = [await node(at=engine, dialect="v1").enter() for _ in range(2)]
    newer = await node(at=engine).enter()

    def listing(heard):
        document = json.loads(heard.body)
        assert document["len"] == len(document["list"])
        return [(line["ipaddr"], line["port"]) for line in document["list"]]

    await first.answered("FRWD-LIST", first.send("FRWD-LIST", body=b""))
    assert listing(await first.hear_and_ack("FRWD-LIST")) == []
    await forward(second, 7100)
    for made in (first, second):
        assert listing(await made.hear_and_ack("FRWD-LIST")) == [(PLACE, 7100)]
    await forward(newer, 7200)
    for made in (first, second):
        told = listing(await made.hear_and_ack("FRWD-LIST"))
        assert sorted(told) == [(PLACE, 7100), (PLACE, 7200)]
    await forward(newer, 7200)  # a heartbeat is no news
    await first.quiet()
    newer.link.drop()
    assert listing(await first.hear("FRWD-LIST")) == [(PLACE, 7100)]
