"""A walk over every row of seed 004: who says what to whom, and what comes of it."""

from __future__ import annotations

import json

from bee import Bee
from bee_http import push
from bee_node import Node

ANY = b"\x00\xff{not json"
"""A body that must get through byte for byte."""


class OldWalk:
    """Two users and an operator of dialect v1, one of v2 who can do what v1 cannot, and a node."""

    def __init__(self, a: Bee, b: Bee, operator: Bee, helper: Bee, node: Node) -> None:
        self.a, self.b, self.operator, self.helper, self.node = a, b, operator, helper, node

    @property
    def sent(self) -> set[str]:
        """What was sent in v1 by anybody."""
        return self.a.sent | self.b.sent | self.operator.sent | self.node.sent

    @property
    def heard(self) -> set[str]:
        """What was heard in v1 by anybody."""
        return self.a.heard | self.b.heard | self.operator.heard | self.node.heard

    async def go(self, rid: int) -> None:
        """Walk."""
        await self.common()
        await self.friends()
        await self.private()
        await self.group()
        await self.room(rid)
        await self.reports()
        for device in (self.a, self.b, self.operator, self.helper):
            await device.quiet()
        for device in (self.a, self.b):
            await device.ask("OFFLINE")
            assert await device.link.end() == []

    async def common(self) -> None:
        """What every client says."""
        a = self.a
        await a.ask("PING")
        subject = a.subject("ROOM-USR-NUM")
        assert (await a.ask("SUB", sub=subject))["sub"] == subject
        assert (await a.ask("UNSUB", sub=subject))["sub"] == subject
        await a.ask("SYNC-MSG")
        seq = next(a.seq)
        a.link.send_packet(a.dialect.raw(0x0FEE, b"", seq=seq, sid=a.sid))
        a.ack(await a.refused(10007, seq))
        await a.quiet()

    async def friends(self) -> None:
        """A request, a refusal, a request, an agreement, comings and goings, the end."""
        a, b = self.a, self.b
        await a.ask("ADD-FRIEND", rsv=b.uid, mark="it is me")
        asked = await b.hear_and_ack("ADD-FRIEND", mark="it is me")
        assert (asked.sid, asked.rsv) == (a.sid, a.uid)
        await b.ask("REP-ADD-FRIEND", rsv=a.uid, errno=1, errmsg="who are you?")
        told = await a.hear_and_ack("REP-ADD-FRIEND", errno=1, errmsg="who are you?")
        assert (told.sid, told.rsv) == (b.sid, b.uid)
        await a.ask("ADD-FRIEND", body=json.dumps({"to": b.uid, "mark": "Ada"}).encode())
        await b.hear_and_ack("ADD-FRIEND", mark="Ada")
        await b.ask("REP-ADD-FRIEND", rsv=a.uid, errno=0, errmsg="Ok")
        await a.link.when(lambda: a.link.inbox)
        agreed = await a.link.next()
        assert agreed.keyword in ("REP-ADD-FRIEND", "ADD-FRIEND"), agreed
        assert (agreed.code, agreed.rsv) == (0, b.uid)
        a.ack(agreed)
        await b.ask("OFFLINE")
        await b.link.end()
        await a.hear("OFFLINE-NOTIFY", uid=b.uid)
        await b.come()
        await a.hear("ONLINE-NOTIFY", uid=b.uid)
        await a.ask("DEL-FRIEND", rsv=b.uid)
        ended = await b.hear_and_ack("DEL-FRIEND")
        assert ended.rsv == a.uid

    async def private(self) -> None:
        """Any bytes to one user, over a number of the receiver's own."""
        a, b = self.a, self.b
        await a.ask("PRVT-MSG", rsv=b.uid, body=ANY)
        heard = await b.hear_and_ack("PRVT-MSG")
        assert (heard.body, heard.sid, heard.rsv) == (ANY, a.sid, a.uid)
        await b.ask("SYNC-MSG")
        await b.quiet()

    async def group(self) -> None:
        """Groups are made by others; members of v1 talk, are gagged and thrown out."""
        a, b, helper = self.a, self.b, self.helper
        gid = (await helper.ask("GROUP-CREAT", name="old and new"))["gid"]
        for device in (a, b):
            await helper.ask("GROUP-INVITE", gid=gid, to=device.uid)
        await a.ask("GROUP-MSG", rsv=gid, body=ANY)
        heard = await b.hear_and_ack("GROUP-MSG")
        assert (heard.body, heard.sid, heard.rsv) == (ANY, a.sid, gid)
        assert (await helper.hear("GROUP-CHAT", gid=gid, uid=a.uid)).sid == a.sid
        await helper.ask("GROUP-GAG-ADD", gid=gid, uid=a.uid)
        for device in (a, b):
            await device.hear("BAN-NOTIFY", uid=a.uid)
        seq = a.send("GROUP-MSG", rsv=gid, body=ANY)
        await a.answered("GROUP-MSG", seq, 10005)
        await helper.ask("GROUP-KICK", gid=gid, uid=b.uid)
        for device in (a, b):
            await device.hear("KICK-NOTIFY", uid=b.uid)
        await helper.ask("GROUP-DIMISS", gid=gid)
        await a.hear("KICK-NOTIFY", uid=a.uid)
        await helper.hear("GROUP-KICK-NTF", uid=helper.uid)
        _forget(a, b, helper)

    async def room(self, rid: int) -> None:
        """A room, its numbers, its broadcasts, and what an operator says to everybody."""
        a, b, operator = self.a, self.b, self.operator
        await a.ask("SUB", sub=a.subject("ROOM-USR-NUM"))
        await a.ask("JOIN", rid=rid)
        await b.ask("JOIN", rid=rid)
        await a.hear("JOIN-NOTIFY", uid=b.uid)
        number = await a.hear_and_ack("ROOM-USR-NUM", rid=rid, usrnum=2)
        assert number.sid in (0, a.sid)
        await b.ask("ROOM-MSG", body=ANY)
        for device in (a, b):
            said = await device.hear_and_ack("ROOM-MSG")
            assert (said.body, said.sid, said.rsv) == (ANY, b.sid, rid)
        status, told = await push(a.engine, "room", ANY, rid=rid, expire=60)
        assert (status, told["code"]) == (200, 0)
        called = await a.hear_and_ack("ROOM-BC")
        assert (called.body, called.rsv) == (ANY, rid)
        await b.hear("ROOM-BC")
        await operator.ask("BC-MSG", body=b"to all")
        for device in (a, b, operator):
            assert (await device.hear_and_ack("BC-MSG")).body == b"to all"
        assert (await self.helper.hear("BC"))["text"] == "to all"
        await b.ask("QUIT")
        await a.hear("QUIT-NOTIFY", uid=b.uid)
        await a.ask("QUIT")
        await a.ask("UNSUB", sub=a.subject("ROOM-USR-NUM"))
        _forget(a, b)

    async def reports(self) -> None:
        """Heartbeats of both kinds of nodes, and the list of forwarders."""
        node = self.node
        place = {"nid": node.nid, "ipaddr": "10.0.1.1", "port": 7101}
        await node.ask("LSN-RPT", **place)
        await node.ask("HB", mod=1, **place)
        seq = node.send("FRWD-LIST", body=b"")
        await node.answered("FRWD-LIST", seq)
        told = json.loads((await node.hear_and_ack("FRWD-LIST")).body)
        assert told["len"] == len(told["list"])


def _forget(*devices: Bee) -> None:
    """What else was told of comings and goings is not this walk's business."""
    passing = {"JOIN-NOTIFY", "QUIT-NOTIFY", "ROOM-USR-NUM", "KICK-NOTIFY", "BAN-NOTIFY"}
    for device in devices:
        kept = [
            h for h in device.link.inbox if h.keyword not in passing and "-NTF" not in h.keyword
        ]
        device.link.inbox = kept
