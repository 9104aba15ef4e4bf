"""Friends, black lists, gags and remarks: who hears what of whom."""

from __future__ import annotations

import pytest

ALL = pytest.mark.parametrize("dialect", ["v2", "pb"])


async def befriend(a, b):
    for asker, asked in ((a, b), (b, a)):
        await asker.ask("FRIEND-ADD", duid=asked.uid, mark="hello")
        await asked.hear("FRIEND-ADD", suid=asker.uid)


async def goes_and_comes(device):
    await device.ask("OFFLINE")
    await device.come()


def of_friends(device):
    """Return what a device was told of comings and goings and friendship."""
    told = ("ONLINE-NTF", "OFFLINE-NTF", "FRIEND-ADD", "FRIEND-DEL")
    return [heard.keyword for heard in device.link.inbox if heard.keyword in told]


@ALL
async def test_friendship_takes_both_and_ends_by_one(come, dialect):
    a, b = await come(2, dialect=dialect)
    await a.ask("FRIEND-ADD", duid=b.uid, mark="who I am")
    assert (await b.hear("FRIEND-ADD", suid=a.uid))["mark"] == "who I am"
    await goes_and_comes(b)
    await a.still_lives()
    assert of_friends(a) == []
    await b.ask("FRIEND-ADD", duid=a.uid, mark="")
    await a.hear("FRIEND-ADD", suid=b.uid)
    await goes_and_comes(b)
    await a.hear("OFFLINE-NTF", uid=b.uid)
    await a.hear("ONLINE-NTF", uid=b.uid)
    await b.ask("FRIEND-DEL", duid=a.uid)
    await a.hear("FRIEND-DEL", suid=b.uid, duid=a.uid)
    await goes_and_comes(b)
    await a.still_lives()
    assert of_friends(a) == []


@ALL
async def test_who_is_offline_learns_of_requests_by_sync_and_once(come, meet, dialect):
    (a,) = await come(1, dialect=dialect)
    b = await meet(dialect=dialect).come()
    await b.ask("OFFLINE")
    await a.ask("FRIEND-ADD", duid=b.uid, mark="one")
    await a.ask("CHAT", duid=b.uid, text="two")
    await a.ask("FRIEND-DEL", duid=b.uid)
    await b.come()
    await b.ask("SYNC")
    assert [h.keyword for h in b.link.inbox] == ["FRIEND-ADD", "CHAT", "FRIEND-DEL"]
    b.link.inbox.clear()
    await b.ask("SYNC")
    assert [h.keyword for h in b.link.inbox] == ["CHAT"]


async def test_notifications_tell_of_users_not_of_devices(come, meet):
    a, b = await come(2)
    await befriend(a, b)
    second = await meet(uid=b.uid).come()
    await b.ask("OFFLINE")
    await a.still_lives()
    assert of_friends(a) == []
    await second.ask("OFFLINE")
    await a.hear("OFFLINE-NTF", uid=b.uid)


@ALL
async def test_a_black_list_refuses_and_keeps_nothing(come, dialect):
    a, b = await come(2, dialect=dialect)
    await a.ask("BLACKLIST-ADD", duid=b.uid)
    for keyword, fields in (("CHAT", {"text": "x"}), ("P2P", {"data": b"x"})):
        await b.ask(keyword, code=10005, duid=a.uid, **fields)
    await b.ask("FRIEND-ADD", code=10005, duid=a.uid)
    await a.ask("CHAT", duid=b.uid, text="I may")
    await a.ask("SYNC")
    await a.quiet()
    await a.ask("BLACKLIST-DEL", duid=b.uid)
    await b.ask("CHAT", duid=a.uid, text="again")
    await a.hear("CHAT", text="again")


@ALL
async def test_a_gag_keeps_for_sync_what_it_does_not_push(come, dialect):
    a, b = await come(2, dialect=dialect)
    await a.ask("GAG-ADD", duid=b.uid)
    await b.ask("CHAT", duid=a.uid, text="not now")
    await a.quiet()
    await a.ask("SYNC")
    await a.hear_and_ack("CHAT", text="not now")
    await a.ask("GAG-DEL", duid=b.uid)
    await b.ask("CHAT", duid=a.uid, text="now")
    await a.hear("CHAT", text="now")


async def test_nobody_unknown_is_asked_or_listed_for_nothing(come):
    (a,) = await come()
    await a.ask("FRIEND-ADD", code=10006, duid=59_999)
    await a.ask("CHAT", code=10006, duid=59_999, text="x")
    await a.ask("P2P", code=10006, duid=59_999, data=b"x")
    await a.quiet()


async def test_marks_are_any_text_and_may_go(come):
    a, b = await come(2)
    for mark in ("the baker", "", "☃" * 100, "\n\0"):
        await a.ask("MARK-ADD", duid=b.uid, mark=mark)
    for _ in range(2):
        await a.ask("MARK-DEL", duid=b.uid)
    await b.quiet()
