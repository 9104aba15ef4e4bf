"""Devices of one user: queues of their own, takeovers, numbers, restarts."""

from __future__ import annotations

import pytest
from bee_rows import NEW

ALL = pytest.mark.parametrize("dialect", ["v2", "pb"])
CHAT = ("CHAT", "CHAT-ACK")


async def chats(device, count):
    """Return the texts of the next chats."""
    return [(await device.hear("CHAT"))["text"] for _ in range(count)]


@ALL
async def test_a_chat_goes_to_all_devices_of_the_receiver_and_the_other_ones_of_the_sender(
    meet, dialect
):
    sender, receiver = meet(dialect=dialect), meet(dialect=dialect)
    desk, pocket = await sender.come(), await meet(uid=sender.uid, dialect=dialect).come()
    phone, tablet = await receiver.come(), await meet(uid=receiver.uid, dialect=dialect).come()
    seq = desk.send("CHAT", duid=receiver.uid, text="to all")
    await desk.answered("CHAT", seq)
    for device in (phone, tablet, pocket):
        heard = await device.hear("CHAT", seq, suid=sender.uid, duid=receiver.uid, text="to all")
        assert heard.sid == desk.sid
    await desk.quiet()
    phone.ack(next(heard for heard in phone.link.log if heard.keyword == "CHAT"))
    for device, waiting in ((phone, 0), (tablet, 1), (pocket, 1)):
        await device.ask("SYNC")
        assert [h.keyword for h in device.link.inbox] == ["CHAT"] * waiting


@ALL
async def test_an_offline_user_finds_everything_in_order(come, meet, dialect):
    first, second = await come(2, dialect=dialect)
    away = await meet(dialect=dialect).come()
    await away.ask("OFFLINE")
    said = []
    for number in range(20):
        sender = (first, second)[number % 3 == 0]
        keyword = "P2P" if number % 5 == 4 else "CHAT"
        content = {"data": b"%d" % number} if keyword == "P2P" else {"text": str(number)}
        seq = sender.send(keyword, duid=away.uid, **content)
        await sender.answered(keyword, seq)
        said.append((keyword, sender.uid, sender.sid, seq, next(iter(content.values()))))
    for acked in (0, 7, 20, 20):
        await away.come()
        assert away.link.inbox == []  # nothing waits at the door: SYNC asks for it
        await away.ask("SYNC")
        told = away.link.inbox
        heard = [(h.keyword, h["suid"], h.sid, h.seq, h.fields.get("data", h.fields.get("text")))
                 for h in told]  # fmt: skip
        assert heard == said
        for heard in told[:acked]:
            away.ack(heard)
        said = said[acked:]
        await away.ask("OFFLINE")


async def test_what_one_sends_to_oneself_goes_to_the_other_devices(come, meet):
    (desk,) = await come()
    pocket = await meet(uid=desk.uid).come()
    for keyword, content in (("CHAT", {"text": "a note"}), ("P2P", {"data": b"a note"})):
        await desk.ask(keyword, duid=desk.uid, **content)
        await pocket.hear_and_ack(keyword, suid=desk.uid, duid=desk.uid)
    for device in (desk, pocket):
        await device.quiet()
    await pocket.ask("SYNC")
    await pocket.quiet()


async def test_a_message_to_somebody_who_was_never_there_waits(come, meet, hive):
    (sender,) = await come()
    receiver = meet()
    await sender.ask("CHAT", code=10006, duid=receiver.uid, text="too early")
    await receiver.come()  # with --open this makes the account
    await receiver.ask("OFFLINE")
    await sender.ask("CHAT", duid=receiver.uid, text="early")
    later = meet(uid=receiver.uid)
    await later.come()
    await receiver.come()
    await receiver.ask("SYNC")
    assert await chats(receiver, 1) == ["early"]
    await later.ask("SYNC")
    await sender.ask("CHAT", duid=receiver.uid, text="now")
    assert (await chats(receiver, 1), await chats(later, 1)) == (["now"], ["now"])


async def test_an_ack_clears_the_oldest_that_matches_and_no_other(come):
    sender, other, receiver = await come(3)
    receiver_first = receiver.link
    for number in range(3):
        await sender.ask("CHAT", duid=receiver.uid, text=f"s{number}")
    seq = other.send("CHAT", duid=receiver.uid, text="o")
    await other.answered("CHAT", seq)
    told = [await receiver.hear("CHAT") for _ in range(4)]
    receiver.ack(told[1])
    receiver.send("CHAT-ACK", seq=told[0].seq + 10_000, suid=sender.uid, duid=receiver.uid)
    receiver.send("CHAT-ACK", seq=told[2].seq, suid=sender.uid + 5_000_000, duid=receiver.uid)
    receiver.send("P2P-ACK", seq=told[2].seq, suid=sender.uid, duid=receiver.uid)
    await receiver.ask("SYNC")
    assert receiver.link is receiver_first
    assert await chats(receiver, 3) == ["s0", "s2", "o"]
    await receiver.quiet()


@pytest.mark.parametrize("way", ["tcp", "websocket"])
async def test_offline_right_behind_a_sync_is_answered_behind_it(come, way):
    sender, device = await come(2, way=way)
    await device.ask("OFFLINE")
    for number in range(50):
        await sender.ask("CHAT", duid=device.uid, text=str(number))
    for _ in range(20):
        await device.come()
        device.send("SYNC")
        await sender.ask("CHAT", duid=sender.uid, text="a while")
        device.send("OFFLINE")
        told = [heard.keyword for heard in await device.link.end()]
        assert told == [*["CHAT"] * 50, "SYNC-ACK", "OFFLINE-ACK"]


async def test_nothing_is_obeyed_behind_an_offline(come, rid):
    ghost, witness = await come(2)
    await witness.ask("SUB", cmd=NEW["ROOM-USR-NUM"].key)
    await witness.ask("ROOM-JOIN", rid=rid)
    for _ in range(10):
        ghost.send("ROOM-JOIN", rid=rid)
        ghost.send("OFFLINE")
        ghost.send("ROOM-JOIN", rid=rid)
        ghost.send("ROOM-CHAT", rid=rid, text="boo")
        await ghost.link.end()
        await witness.hear("ROOM-QUIT-NTF", uid=ghost.uid)
        await ghost.come()
    await ghost.ask("ROOM-CHAT", code=10005, rid=rid, text="x")
    assert [h for h in witness.link.log if h.fits("ROOM-CHAT", {"text": "boo"})] == []


@pytest.mark.parametrize("way", ["tcp", "websocket"])
@pytest.mark.parametrize("dialect", ["v2", "pb"])
async def test_a_sid_that_comes_again_takes_over(meet, come, rid, dialect, way):
    old = await meet(dialect=dialect, way=way).come()
    (friend,) = await come()
    await friend.ask("ROOM-JOIN", rid=rid)
    await old.ask("ROOM-JOIN", rid=rid)
    await friend.hear("ROOM-JOIN-NTF", uid=old.uid)
    new = await meet(uid=old.uid, sid=old.sid, dialect=dialect).come()
    await old.kicked(20009)
    await friend.hear("ROOM-QUIT-NTF", uid=old.uid, rid=rid)
    await new.ask("ROOM-CHAT", code=10005, rid=rid, text="not there")
    await friend.ask("CHAT", duid=new.uid, text="to the new one")
    assert await chats(new, 1) == ["to the new one"]


async def test_who_was_taken_over_is_not_obeyed_any_more(meet, come):
    old = await meet().come()
    (receiver,) = await come()
    new = await meet(uid=old.uid, sid=old.sid).come()
    await old.hear("KICK", code=20009)
    old.send("CHAT", seq=900, duid=receiver.uid, text="a ghost")
    old.send("KICK-ACK", seq=0)
    await old.link.end()
    await new.ask("CHAT", duid=receiver.uid, text="me")
    assert await chats(receiver, 1) == ["me"]
    await receiver.quiet()


@ALL
async def test_a_resend_is_answered_again_and_done_once(come, rid, dialect):
    sender, receiver = await come(2, dialect=dialect)
    gid = (await sender.ask("GROUP-CREAT", name="once"))["gid"]
    await receiver.ask("GROUP-JOIN", gid=gid)
    for device in (sender, receiver):
        await device.ask("ROOM-JOIN", rid=rid)
    commands = [
        ("CHAT", {"duid": receiver.uid, "text": "one"}),
        ("P2P", {"duid": receiver.uid, "data": b"two"}),
        ("GROUP-CHAT", {"gid": gid, "text": "three"}),
        ("ROOM-CHAT", {"rid": rid, "text": "four"}),
        ("GROUP-CREAT", {"name": "five"}),
        ("ROOM-CREAT", {"name": "six"}),
        ("CHAT", {"duid": 1, "text": "nobody"}),
        ("MARK-ADD", {"duid": receiver.uid, "mark": "seven"}),
    ]
    numbers = [sender.send(keyword, **fields) for keyword, fields in commands]
    answers = [
        await sender.hear(f"{keyword}-ACK", seq)
        for (keyword, _), seq in zip(commands, numbers, strict=True)
    ]
    assert [answer.code for answer in answers] == [0, 0, 0, 0, 0, 0, 10006, 0]
    await sender.hear("ROOM-CHAT", numbers[3])
    for _ in range(2):
        for (keyword, fields), seq, answer in reversed(
            list(zip(commands, numbers, answers, strict=True))
        ):
            sender.send(keyword, seq=seq, **fields)
            assert await sender.hear(f"{keyword}-ACK", seq) == answer
    for keyword in ("CHAT", "P2P", "GROUP-CHAT", "ROOM-CHAT"):
        await receiver.hear(keyword)
        assert [h for h in receiver.link.inbox if h.keyword == keyword] == []


@ALL
async def test_numbers_grow_across_connections_and_an_old_one_ends_them(meet, come, dialect):
    device, (receiver,) = meet(dialect=dialect), await come()
    await device.come()
    assert next(device.seq) == 8
    device.send("CHAT", seq=41, duid=receiver.uid, text="a gap is fine")
    await device.answered("CHAT", 41)
    await device.come()  # takes over
    assert next(device.seq) == 48
    device.send("CHAT", seq=42, duid=receiver.uid, text="above 41 all the same")
    await device.answered("CHAT", 42)
    device.send("CHAT", seq=41, duid=receiver.uid, text="other bytes under an old number")
    await device.kicked(20012)
    await device.come()
    for seq in (0, 17, 41):
        device.send("SYNC", seq=seq)
        await device.kicked(20012)
        assert (await device.come()).link.ended is False
        assert next(device.seq) == 48
    assert await chats(receiver, 2) == ["a gap is fine", "above 41 all the same"]
    await receiver.quiet()


async def test_a_number_older_than_the_last_256_is_not_answered_again(come):
    sender, receiver = await come(2)
    for number in range(100, 357):
        sender.send("MARK-ADD", seq=number, duid=receiver.uid, mark=str(number))
    await sender.answered("MARK-ADD", 356)
    sender.send("MARK-ADD", seq=101, duid=receiver.uid, mark="101")
    await sender.answered("MARK-ADD", 101)
    sender.send("MARK-ADD", seq=100, duid=receiver.uid, mark="100")
    await sender.kicked(20012)


async def test_a_sid_of_somebody_else_is_refused(come, meet):
    (owner,) = await come()
    thief = meet(sid=owner.sid)
    await thief.connect()
    await thief.online(code=20008)
    await owner.quiet()


@pytest.mark.parametrize("sid", [0x1ED23CB4, 0x7_1ED2_3CB4, 0])
async def test_a_sid_that_looks_like_the_checksum_is_refused(meet, sid):
    device = meet()
    device.sid = sid
    await device.connect()
    await device.online(code=20012, sid=sid)


async def test_online_again_is_answered_and_another_user_is_not_let_in(come, meet):
    (device,) = await come()
    (other,) = await come()
    assert (await device.online())["code"] == 0
    await device.online(code=20012, uid=other.uid)
    await device.online(code=20012, sid=other.sid)
    await device.still_lives()


async def test_offline_leaves_rooms_and_tells_friends_when_the_last_device_goes(come, meet, rid):
    a, b = await come(2)
    for asker, asked in ((a, b), (b, a)):
        await asker.ask("FRIEND-ADD", duid=asked.uid)
        await asked.hear("FRIEND-ADD")
    second = await meet(uid=b.uid).come()
    for device in (a, b):
        await device.ask("ROOM-JOIN", rid=rid)
    await a.hear("ROOM-JOIN-NTF", uid=b.uid)
    await b.ask("OFFLINE")
    await a.hear("ROOM-QUIT-NTF", uid=b.uid)
    await a.ask("UNSUB", cmd=NEW["ONLINE-NTF"].key)
    second.link.drop()
    await a.hear("OFFLINE-NTF", uid=b.uid)
    await second.come()
    await second.ask("SYNC")
    await a.ask("UNSUB", cmd=NEW["OFFLINE-NTF"].key)
    await a.ask("SUB", cmd=NEW["ONLINE-NTF"].key)
    await second.ask("OFFLINE")
    await second.come()
    await a.hear("ONLINE-NTF", uid=b.uid)
    assert [h.keyword for h in a.link.inbox if h.keyword in ("ONLINE-NTF", "OFFLINE-NTF")] == []
    await a.ask("SUB", code=10007, cmd=NEW["CHAT"].key)
    await a.ask("SUB", code=10005, cmd=NEW["ROOM-LSN-STAT"].key)
