"""Everybody talks with everybody: v1, v2 and protobuf, over TCP and WebSocket."""

from __future__ import annotations

import pytest
from bee_http import push

SPEAKERS = [("v1", "websocket"), ("v1", "tcp"), ("v2", "tcp"), ("v2", "websocket"),
            ("pb", "tcp"), ("pb", "websocket")]  # fmt: skip


@pytest.fixture
async def people(come):
    return [(await come(dialect=dialect, way=way))[0] for dialect, way in SPEAKERS]


async def say(device, place, text, **to):
    """Say a text in the speaker's words; return the number it went under."""
    if device.old:
        old = {"CHAT": "PRVT-MSG", "GROUP-CHAT": "GROUP-MSG", "ROOM-CHAT": "ROOM-MSG"}[place]
        (rsv,) = to.values()
        seq = device.send(old, rsv=0 if place == "ROOM-CHAT" else rsv, body=text.encode())
        await device.answered(old, seq)
    else:
        seq = device.send(place, text=text, **to)
        await device.answered(place, seq)
    return seq


async def hears(device, place, text, sender, seq):
    """Expect that text in the hearer's words."""
    if device.old:
        old = {"CHAT": "PRVT-MSG", "GROUP-CHAT": "GROUP-MSG", "ROOM-CHAT": "ROOM-MSG"}[place]
        heard = await device.hear(old)
        assert heard.body == text.encode()
    else:
        heard = await device.hear(place, seq)
        said = heard["text"] or heard["data"].decode()
        assert said == text
    assert heard.sid == sender.sid
    device.ack(heard)


async def test_private_messages_get_to_everybody_from_everybody(people):
    for sender in people:
        for receiver in people:
            if sender is not receiver:
                text = f"{sender} to {receiver} ☃"
                seq = await say(sender, "CHAT", text, duid=receiver.uid)
                await hears(receiver, "CHAT", text, sender, seq)
    for device in people:
        await device.ask("SYNC-MSG" if device.old else "SYNC")
        await device.quiet()


async def test_groups_and_rooms_are_everybody_s(people, rid):
    owner = people[2]
    gid = (await owner.ask("GROUP-CREAT", name="babel"))["gid"]
    for device in people:
        if device is not owner:
            await owner.ask("GROUP-INVITE", gid=gid, to=device.uid)
        await device.ask("JOIN" if device.old else "ROOM-JOIN", rid=rid)
    for place, to in (("GROUP-CHAT", {"gid": gid}), ("ROOM-CHAT", {"rid": rid})):
        for sender in people:
            seq = await say(sender, place, f"{sender} to all", **to)
            for hearer in people:
                if place == "ROOM-CHAT" or hearer is not sender:
                    await hears(hearer, place, f"{sender} to all", sender, seq)


async def test_any_bytes_of_v1_are_data_elsewhere(people):
    old, new = people[0], people[4]
    await old.ask("PRVT-MSG", rsv=new.uid, body=b"\xff\x00")
    heard = await new.hear("CHAT", suid=old.uid)
    assert (heard["text"], heard["data"]) == ("", b"\xff\x00")
    for fields in ({"text": "", "data": b"\xfe"}, {"text": "with text", "data": b"\xfe"}):
        await new.ask("CHAT", duid=old.uid, **fields)
        assert (await old.hear("PRVT-MSG")).body in (b"\xfe", b"with text")
    await new.ask("P2P", duid=old.uid, data=b"\x00\xfd")
    assert (await old.hear("PRVT-MSG")).body == b"\x00\xfd"


async def test_friends_are_friends_in_any_dialect(people):
    old, new = people[1], people[5]
    await old.ask("ADD-FRIEND", rsv=new.uid, mark="from afar")
    assert (await new.hear("FRIEND-ADD", suid=old.uid, duid=new.uid))["mark"] == "from afar"
    await new.ask("FRIEND-ADD", duid=old.uid, mark="welcome")
    heard = await old.hear("ADD-FRIEND", mark="welcome")
    assert (heard.rsv, heard.sid) == (new.uid, new.sid)
    await new.ask("OFFLINE")
    await old.hear("OFFLINE-NOTIFY", uid=new.uid)
    await new.come()
    await old.hear("ONLINE-NOTIFY", uid=new.uid)
    await old.ask("DEL-FRIEND", rsv=new.uid)
    await new.hear("FRIEND-DEL", suid=old.uid, duid=new.uid)


async def test_a_push_to_one_user_is_told_on_all_his_devices(people, meet, hive):
    device = people[4]
    second = await meet(uid=device.uid, dialect="v1").come()
    status, answer = await push(hive, "user", b"\xffping", uid=device.uid)
    assert (status, answer["code"]) == (200, 0)
    heard = await device.hear_and_ack("P2P", suid=0, duid=device.uid)
    assert heard["data"] == b"\xffping"
    assert (await second.hear_and_ack("PRVT-MSG")).body == b"\xffping"
    for who in (device, second):
        await who.ask("SYNC-MSG" if who.old else "SYNC")
        await who.quiet()
