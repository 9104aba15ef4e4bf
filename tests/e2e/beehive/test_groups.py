"""Groups: roles and what they allow, who is told, what waits for whom."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
async def group(come, meet):
    """An owner, a manager, a member, and a stranger, with their gid."""

    async def make(dialect="v2"):
        people = await come(4, dialect=dialect)
        owner, manager, member, _ = people
        gid = (await owner.ask("GROUP-CREAT", name="hive", desc="d"))["gid"]
        for device in (manager, member):
            await device.ask("GROUP-JOIN", gid=gid)
        await owner.ask("GROUP-MGR-ADD", gid=gid, uid=manager.uid)
        await forget(people)
        return (gid, *people)

    return make


async def forget(people):
    """Wait until all was told, and look at none of it."""
    for device in people:
        await device.still_lives()
        device.link.inbox.clear()


async def roles(device, gid, num=0):
    answer = await device.ask("GROUP-USR-LIST", gid=gid, num=num)
    assert answer["gid"] == gid
    return {line["uid"]: (line["role"], line["gag"]) for line in json.loads(answer["list"])}


@pytest.mark.parametrize("dialect", ["v2", "pb"])
async def test_the_list_has_everybody_with_role_and_gag(group, dialect):
    gid, owner, manager, member, stranger = await group(dialect)
    await manager.ask("GROUP-GAG-ADD", gid=gid, uid=member.uid)
    everybody = {owner.uid: (1, 0), manager.uid: (2, 0), member.uid: (0, 1)}
    assert await roles(member, gid) == everybody
    assert await roles(member, gid, num=99) == everybody
    assert await roles(member, gid, num=2) == dict(list(everybody.items())[:2])
    await stranger.ask("GROUP-USR-LIST", code=10005, gid=gid)
    await stranger.ask("GROUP-USR-LIST", code=10006, gid=59_999)


async def test_what_a_role_does_not_allow_is_refused(group):
    gid, owner, manager, member, stranger = await group()
    for actor, keyword, target in (
        (member, "GROUP-KICK", manager),
        (member, "GROUP-GAG-ADD", manager),
        (member, "GROUP-BL-ADD", stranger),
        (manager, "GROUP-KICK", owner),
        (manager, "GROUP-GAG-ADD", owner),
        (manager, "GROUP-BL-ADD", owner),
        (manager, "GROUP-MGR-ADD", member),
        (member, "GROUP-MGR-DEL", manager),
        (stranger, "GROUP-KICK", member),
    ):
        await actor.ask(keyword, code=10005, gid=gid, uid=target.uid)
    for actor in (manager, member, stranger):
        await actor.ask("GROUP-DIMISS", code=10005, gid=gid)
    await owner.ask("GROUP-QUIT", code=10005, gid=gid)
    await stranger.ask("GROUP-QUIT", code=10005, gid=gid)
    await stranger.ask("GROUP-CHAT", code=10005, gid=gid, text="x")
    await stranger.ask("GROUP-INVITE", code=10005, gid=gid, to=stranger.uid)
    await owner.ask("GROUP-JOIN", code=10006, gid=59_999)
    for device in (owner, manager, member, stranger):
        await device.quiet()


async def test_the_owner_hands_over_and_goes(group):
    gid, owner, manager, member, _ = await group()
    await owner.ask("GROUP-MGR-ADD", gid=gid, uid=manager.uid)
    assert await roles(member, gid) == {owner.uid: (2, 0), manager.uid: (1, 0), member.uid: (0, 0)}
    await owner.ask("GROUP-QUIT", gid=gid)
    await manager.ask("GROUP-MGR-ADD", gid=gid, uid=member.uid)
    await manager.ask("GROUP-MGR-DEL", gid=gid, uid=member.uid)
    assert await roles(member, gid) == {manager.uid: (1, 0), member.uid: (0, 0)}


async def test_a_gagged_member_hears_and_does_not_speak(group):
    gid, owner, manager, member, _ = await group()
    await manager.ask("GROUP-GAG-ADD", gid=gid, uid=member.uid)
    await member.ask("GROUP-CHAT", code=10005, gid=gid, text="x")
    await owner.ask("GROUP-CHAT", gid=gid, text="hear this")
    await member.hear("GROUP-CHAT", text="hear this")
    await manager.ask("GROUP-GAG-DEL", gid=gid, uid=member.uid)
    await member.ask("GROUP-CHAT", gid=gid, text="at last")
    await owner.hear("GROUP-CHAT", text="at last")


async def test_who_is_blacklisted_is_out_and_stays_out(group):
    gid, owner, manager, member, stranger = await group()
    for target in (member, stranger):
        await manager.ask("GROUP-BL-ADD", gid=gid, uid=target.uid)
        await target.hear("GROUP-BL-ADD-NTF", uid=target.uid, gid=gid)
        await target.ask("GROUP-JOIN", code=10005, gid=gid)
        await owner.ask("GROUP-INVITE", code=10005, gid=gid, to=target.uid)
    assert set(await roles(owner, gid)) == {owner.uid, manager.uid}
    await owner.ask("GROUP-BL-DEL", gid=gid, uid=member.uid)
    await member.ask("GROUP-JOIN", gid=gid)
    await member.ask("GROUP-JOIN", gid=gid)  # again is no change
    assert set(await roles(owner, gid)) == {owner.uid, manager.uid, member.uid}


async def test_members_who_are_away_find_what_was_said_since_they_left(group, meet):
    gid, owner, manager, member, stranger = await group()
    second = await meet(uid=member.uid).come()
    await owner.ask("GROUP-CHAT", gid=gid, text="heard by both")
    for device in (member, second):
        await device.hear("GROUP-CHAT", text="heard by both")
    await member.ask("OFFLINE")
    for number in range(3):
        await (owner, manager, owner)[number].ask("GROUP-CHAT", gid=gid, text=f"missed {number}")
    await second.ask("GROUP-CHAT", gid=gid, text="from my other device")
    await owner.ask("CHAT", duid=member.uid, text="in between")
    await member.come()
    await member.ask("SYNC")
    told = [heard["text"] for heard in member.link.inbox]
    assert told == ["missed 0", "missed 1", "missed 2", "from my other device", "in between"]
    member.link.inbox.clear()
    await stranger.ask("GROUP-JOIN", gid=gid)
    await stranger.ask("SYNC")
    assert [h for h in stranger.link.inbox if h.keyword == "GROUP-CHAT"] == []
    await member.ask("SYNC")
    assert [h["text"] for h in member.link.inbox if "text" in h.fields] == ["in between"]


async def test_dismissing_tells_each_member_by_his_own_uid(group):
    gid, owner, manager, member, _ = await group()
    await owner.ask("GROUP-DIMISS", gid=gid)
    for device in (owner, manager, member):
        await device.hear("GROUP-KICK-NTF", uid=device.uid, gid=gid)
        await device.ask("GROUP-CHAT", code=10006, gid=gid, text="x")
        await device.quiet()


async def test_a_wished_gid_is_given_when_it_is_free(come, rid):
    a, b = await come(2)
    wished = rid + 3_000_000
    assert (await a.ask("GROUP-CREAT", gid=wished, name="mine"))["gid"] == wished
    other = (await b.ask("GROUP-CREAT", gid=wished, name="mine too"))["gid"]
    assert other not in (0, wished)
    await b.ask("GROUP-CHAT", code=10005, gid=wished, text="x")


async def test_numbers_of_the_sender_are_kept_in_group_messages(group):
    gid, owner, manager, member, _ = await group()
    owner.send("GROUP-CHAT", seq=4_001, gid=gid, text="x", data=b"\xff\0", level=2)
    await owner.answered("GROUP-CHAT", 4_001)
    for device in (manager, member):
        heard = await device.hear("GROUP-CHAT", 4_001, uid=owner.uid, level=2, data=b"\xff\0")
        assert heard.sid == owner.sid
        device.ack(heard)
        await device.quiet()
