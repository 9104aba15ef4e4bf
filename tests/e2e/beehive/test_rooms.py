"""Rooms: who is in them, sub-groups, numbers, broadcasts, who is thrown out."""

from __future__ import annotations

import pytest
from bee_http import get, push

ALL = pytest.mark.parametrize("dialect", ["v2", "pb"])


def told(device, keyword):
    return [heard for heard in device.link.inbox if heard.keyword == keyword]


@ALL
async def test_a_room_that_nobody_made_comes_to_be_by_joining(come, rid, dialect):
    a, b = await come(2, dialect=dialect)
    await a.ask("ROOM-CHAT", code=10006, rid=rid, text="x")
    assert (await a.ask("ROOM-JOIN", rid=rid))["gid"] == 1
    await b.ask("ROOM-CHAT", code=10005, rid=rid, text="x")
    await a.ask("ROOM-DISMISS", code=10005, rid=rid)
    await a.ask("ROOM-KICK", code=10005, rid=rid, uid=b.uid)


async def test_joining_is_told_once_a_user_and_the_ack_comes_first(come, meet, rid):
    a, b = await come(2)
    await a.ask("ROOM-JOIN", rid=rid)
    await a.hear("ROOM-JOIN-NTF", uid=a.uid)
    b.send("ROOM-JOIN", rid=rid)
    assert [(await b.link.next()).keyword for _ in range(2)] == ["ROOM-JOIN-ACK", "ROOM-JOIN-NTF"]
    await b.ask("ROOM-JOIN", rid=rid)  # again is no news
    second = await meet(uid=b.uid).come()
    await second.ask("ROOM-JOIN", rid=rid)
    await b.ask("ROOM-QUIT", rid=rid)
    await a.still_lives()
    assert len(told(a, "ROOM-JOIN-NTF")) == 1
    assert told(a, "ROOM-QUIT-NTF") == []
    second.link.drop()
    await a.hear("ROOM-QUIT-NTF", uid=b.uid, rid=rid)
    await b.ask("ROOM-QUIT", code=10005, rid=rid)


@ALL
async def test_everybody_hears_a_remark_and_a_stranger_does_not(come, meet, rid, dialect):
    a, b, stranger = await come(3, dialect=dialect)
    second = await meet(uid=a.uid).come()
    for device in (a, second, b):
        await device.ask("ROOM-JOIN", rid=rid)
    seq = a.send("ROOM-CHAT", rid=rid, text="hi", data=b"\0\xff", level=4)
    await a.answered("ROOM-CHAT", seq)
    for device in (a, second, b):
        heard = await device.hear("ROOM-CHAT", seq, uid=a.uid, text="hi", data=b"\0\xff", level=4)
        assert heard.sid == a.sid
    await stranger.quiet()


async def test_sub_groups_fill_and_hear_what_is_for_them(launch, meet, rid):
    engine = launch(beehive__room_group_size=2)
    people = [await meet(at=engine).come() for _ in range(5)]
    given = [(await device.ask("ROOM-JOIN", rid=rid))["gid"] for device in people]
    assert given == [1, 1, 2, 2, 3]
    await people[0].ask("ROOM-CHAT", rid=rid, gid=2, text="for the second")
    await people[0].ask("ROOM-CHAT", rid=rid, gid=0, text="for all")
    await people[0].ask("ROOM-CHAT", code=10006, rid=rid, gid=9, text="x")
    for device in people:
        await device.hear("ROOM-CHAT", text="for all")
    for device, gid in zip(people, given, strict=True):
        await device.still_lives()
        heard = [h["text"] for h in device.link.log if h.keyword == "ROOM-CHAT"]
        assert ("for the second" in heard) == (gid == 2 or device is people[0]), (gid, heard)
    await people[1].ask("ROOM-QUIT", rid=rid)
    newcomer = await meet(at=engine).come()
    assert (await newcomer.ask("ROOM-JOIN", rid=rid))["gid"] == 1


async def test_the_number_of_users_is_told_to_who_wants_it(come, meet, rid):
    a, b, deaf = await come(3)
    await a.ask("SUB", cmd=a.subject("ROOM-USR-NUM"))
    for device in (a, b, deaf):
        await device.ask("ROOM-JOIN", rid=rid)
    await a.hear("ROOM-USR-NUM", rid=rid, num=3)
    second = await meet(uid=b.uid).come()
    await second.ask("ROOM-JOIN", rid=rid)
    await b.ask("ROOM-QUIT", rid=rid)
    await deaf.ask("ROOM-QUIT", rid=rid)
    await a.hear("ROOM-USR-NUM", rid=rid, num=2)
    await deaf.still_lives()
    assert told(deaf, "ROOM-USR-NUM") == []


@ALL
async def test_owner_and_managers_throw_out_and_nobody_upwards(come, dialect):
    owner, manager, member, other = people = await come(4, dialect=dialect)
    rid = (await owner.ask("ROOM-CREAT", name="n", desc="d"))["rid"]
    for device in people:
        await device.ask("ROOM-JOIN", rid=rid)
    await member.ask("GROUP-MGR-ADD", code=10005, gid=rid, uid=member.uid)
    await owner.ask("GROUP-MGR-ADD", gid=rid, uid=manager.uid)
    await member.ask("ROOM-KICK", code=10005, rid=rid, uid=other.uid)
    await manager.ask("ROOM-KICK", code=10005, rid=rid, uid=owner.uid)
    await manager.ask("ROOM-KICK", rid=rid, uid=member.uid)
    await member.hear("ROOM-KICK", uid=member.uid, rid=rid)
    for device in (owner, manager, other):
        await device.hear("ROOM-KICK-NTF", uid=member.uid, rid=rid)
    await member.ask("ROOM-JOIN", code=10005, rid=rid)
    await member.ask("ROOM-CHAT", code=10005, rid=rid, text="x")
    await owner.ask("GROUP-MGR-DEL", gid=rid, uid=manager.uid)
    await manager.ask("ROOM-KICK", code=10005, rid=rid, uid=other.uid)
    await manager.ask("ROOM-DISMISS", code=10005, rid=rid)


async def test_a_dismissed_room_is_no_more(come):
    owner, member = await come(2)
    rid = (await owner.ask("ROOM-CREAT", name="n"))["rid"]
    for device in (owner, member):
        await device.ask("ROOM-JOIN", rid=rid)
    await owner.ask("ROOM-DISMISS", rid=rid)
    for device in (owner, member):
        await device.hear("ROOM-KICK-NTF", uid=device.uid, rid=rid)
        await device.ask("ROOM-JOIN", code=10006, rid=rid)
        await device.ask("ROOM-CHAT", code=10006, rid=rid, text="x")


@ALL
async def test_broadcasts_that_still_stand_are_told_to_later_joiners_in_order(
    hive, come, rid, dialect
):
    first, later = await come(2, dialect=dialect)
    await first.ask("ROOM-JOIN", rid=rid)
    for expire, text in ((60, b"one"), (0, b"gone at once"), (3600, b"\xff two")):
        status, answer = await push(hive, "room", text, rid=rid, expire=expire)
        assert (status, answer["code"], answer["errmsg"]) == (200, 0, "Ok")
        heard = await first.hear("ROOM-BC", rid=rid, msgid=answer["msgid"])
        assert (heard["data"], heard["expire"], heard["level"]) == (text, expire, 0)
    later.send("ROOM-JOIN", rid=rid)
    told = [await later.link.next() for _ in range(4)]
    assert [h.keyword for h in told] == ["ROOM-JOIN-ACK", "ROOM-JOIN-NTF", "ROOM-BC", "ROOM-BC"]
    assert [h["data"] for h in told[2:]] == [b"one", b"\xff two"]
    for heard in told[2:]:
        later.ack(heard)
    await later.quiet()


async def test_the_history_is_the_last_hundred_oldest_first(hive, come, rid):
    (a,) = await come()
    await a.ask("ROOM-JOIN", rid=rid)
    for number in range(105):
        seq = a.send("ROOM-CHAT", rid=rid, text=f"remark {number}")
    await a.answered("ROOM-CHAT", seq)
    status, answer = await get(hive, "history", rid=rid, uid=a.uid)
    assert (status, answer["code"]) == (200, 0)
    assert [line["text"] for line in answer["list"]] == [f"remark {n}" for n in range(5, 105)]
    assert answer["list"][-1]["uid"] == a.uid
    _, few = await get(hive, "history", rid=rid, uid=a.uid, count=2)
    assert [line["text"] for line in few["list"]] == ["remark 103", "remark 104"]
