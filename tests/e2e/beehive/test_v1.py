"""Dialect v1: what seed 004 left open, and what it has of its own."""

from __future__ import annotations

import asyncio
import json

import pytest
from bee_http import push
from engine_process import parlour

ANY = b"\x00\x01{\xff"


@pytest.fixture
async def pair(come):
    return await come(2, dialect="v1")


async def test_the_engine_gives_a_sid_and_each_online_another_one(meet):
    device = meet(dialect="v1")
    sids = set()
    for _ in range(3):
        device.sid = 0
        await device.come()
        sids.add(device.sid)
    assert len(sids) == 3
    assert all(sid & 0xFFFFFFFF != 0x1ED23CB4 for sid in sids)


async def test_a_header_with_sid_0_is_the_session_s_and_another_is_refused(pair):
    a, b = pair
    await a.ask("PRVT-MSG", rsv=b.uid, body=b"x", header_sid=0)
    assert (await b.hear("PRVT-MSG")).sid == a.sid
    seq = a.send("PRVT-MSG", rsv=b.uid, body=b"y", header_sid=b.sid)
    await a.refused(20012, seq)
    await b.quiet()


async def test_the_destination_is_rsv_or_else_the_member_to(pair):
    a, b = pair
    named = json.dumps({"to": b.uid, "hello": "world"}).encode()
    for rsv, body in ((b.uid, ANY), (b.uid, b'{"to": 1}'), (0, named)):
        await a.ask("PRVT-MSG", rsv=rsv, body=body)
        heard = await b.hear("PRVT-MSG")
        assert (heard.body, heard.rsv) == (body, a.uid)
    await a.refused(20011, a.send("PRVT-MSG", body=ANY))


async def test_a_push_has_a_number_of_the_receivers_own_and_its_ack_clears_just_that(come):
    a, b, receiver = await come(3, dialect="v1")
    for device in (a, b, a):
        device.send("PRVT-MSG", seq=(seq := next(device.seq)), rsv=receiver.uid, body=b"%d" % seq)
        await device.answered("PRVT-MSG", seq)
    told = [await receiver.hear("PRVT-MSG") for _ in range(3)]
    assert [(h.body, h.rsv) for h in told] == [(b"1", a.uid), (b"1", b.uid), (b"2", a.uid)]
    numbers = [h.seq for h in told]
    assert numbers == sorted(set(numbers))
    receiver.ack(told[1])
    await receiver.ask("SYNC-MSG")
    again = [await receiver.hear("PRVT-MSG") for _ in range(2)]
    assert [(h.body, h.sid) for h in again] == [(b"1", a.sid), (b"2", a.sid)]
    for heard in again:
        receiver.ack(heard)
    await receiver.ask("SYNC-MSG")
    await receiver.quiet()


async def test_who_comes_with_a_new_sid_finds_what_waits_for_him(come, meet):
    (sender,) = await come(dialect="v1")
    device = await meet(dialect="v1").come()
    await device.ask("OFFLINE")
    await sender.ask("PRVT-MSG", rsv=device.uid, body=b"waits")
    before, device.sid = device.sid, 0
    await device.come()
    assert device.sid != before
    await device.ask("SYNC-MSG")
    assert (await device.hear_and_ack("PRVT-MSG")).body == b"waits"
    await device.ask("SYNC-MSG")
    await device.quiet()


async def test_a_uid_too_big_for_rsv_is_0_there(come, meet):
    (receiver,) = await come(dialect="v1")
    big = await meet(uid=2**40 + 7, dialect="v1").come()
    await big.ask("PRVT-MSG", rsv=receiver.uid, body=b"x")
    heard = await receiver.hear("PRVT-MSG")
    assert (heard.rsv, heard.sid) == (0, big.sid)


async def test_refusals_are_unusual_under_the_same_number(pair):
    a, b = pair
    await a.answered("PRVT-MSG", a.send("PRVT-MSG", rsv=59_999, body=b"x"), 10006)
    await a.answered("GROUP-MSG", a.send("GROUP-MSG", rsv=59_999, body=b"x"), 10006)
    await a.answered("ROOM-MSG", a.send("ROOM-MSG", body=b"nowhere"), 10006)
    await a.answered("BC-MSG", a.send("BC-MSG", body=b"x"), 10005)
    assert (await a.ask("SUB", code=10007, sub=0x0112))["sub"] == 0x0112
    for device in (a, b):
        await device.quiet()


async def test_quit_leaves_the_room_joined_last_and_messages_go_there(pair, rid):
    a, b = pair
    first, second = rid, rid + 1_000_000
    for room in (first, second):
        for device in (a, b):
            await device.ask("JOIN", rid=room)
    await a.ask("ROOM-MSG", body=b"here")
    assert (await b.hear("ROOM-MSG")).rsv == second
    await a.ask("QUIT")
    await a.ask("ROOM-MSG", body=b"there")
    heard = await b.hear("ROOM-MSG")
    assert (heard.body, heard.rsv) == (b"there", first)
    await a.ask("QUIT")
    await a.answered("ROOM-MSG", a.send("ROOM-MSG", body=b"x"), 10006)


async def test_join_without_a_rid_is_the_default_room(pair):
    a, b = pair
    for device in (a, b):
        await device.ask("JOIN")
    await a.ask("ROOM-MSG", body=b"at home")
    heard = await b.hear("ROOM-MSG")
    assert (heard.body, heard.rsv) == (b"at home", 1)


async def test_join_goes_online_for_nobody(meet):
    device = await meet(dialect="v1").connect()
    device.send("JOIN", seq=1)
    await device.refused(20008)
    await device.link.when(lambda: device.link.ended)


async def test_a_kick_is_unusual_and_the_end(pair, hive):
    a, b = pair
    kicked = await asyncio.to_thread(parlour, "kick", "--uid", a.uid, "--data", hive.data, "--json")
    assert kicked.code == 0, kicked
    told = await a.hear("UNUSUAL")
    assert told.code == 10005
    a.send("UNUSUAL-ACK", seq=told.seq)
    await a.link.when(lambda: a.link.ended)
    await b.quiet()


async def test_numbers_repeat_and_fall_as_in_every_dialect(pair):
    a, b = pair
    for _ in range(3):
        a.send("PRVT-MSG", seq=40, rsv=b.uid, body=b"once")
        await a.answered("PRVT-MSG", 40)
    await b.hear("PRVT-MSG")
    await b.quiet()
    a.send("PRVT-MSG", seq=39, rsv=b.uid, body=b"late")
    await a.kicked(20012)


@pytest.mark.parametrize("way", ["tcp", "websocket"])
async def test_what_operators_push_gets_through_byte_for_byte(come, hive, rid, way):
    (device,) = await come(dialect="v1", way=way)
    (helper,) = await come()
    gid = (await helper.ask("GROUP-CREAT", name="g"))["gid"]
    await helper.ask("GROUP-INVITE", gid=gid, to=device.uid)
    await device.ask("JOIN", rid=rid)
    for dim, keyword, place in (
        ("room", "ROOM-BC", {"rid": rid}),
        ("group", "GROUP-MSG", {"gid": gid}),
        ("user", "PRVT-MSG", {"uid": device.uid}),
        ("broadcast", "BC-MSG", {}),
    ):
        for body in (ANY, "häll☃".encode()):
            status, answer = await push(hive, dim, body, expire=1, **place)
            assert (status, answer["code"]) == (200, 0), (dim, answer)
            heard = await device.hear_and_ack(keyword)
            assert heard.body == body, dim
    await device.ask("SYNC-MSG")
    assert [h for h in device.link.inbox if h.keyword == "PRVT-MSG"] == []
