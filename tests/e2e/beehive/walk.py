"""A walk over every row of seed 002: who says what to whom, and what comes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from bee import NOW, Bee
from bee_http import push
from bee_node import Node

STRANGE_KEY = 0x0FEE


class Walk:
    """Four users of one dialect on one transport, and a node."""

    def __init__(self, a: Bee, b: Bee, c: Bee, operator: Bee, node: Node) -> None:
        self.a, self.b, self.c, self.operator, self.node = a, b, c, operator, node
        self.guests: list[Bee] = []
        """Further devices that came by."""

    @property
    def everybody(self) -> list[Bee]:
        """All who took part."""
        return [self.a, self.b, self.c, self.operator, self.node, *self.guests]

    @property
    def sent(self) -> set[str]:
        """What was sent by anybody."""
        return set().union(*(device.sent for device in self.everybody))

    @property
    def heard(self) -> set[str]:
        """What was heard by anybody."""
        return set().union(*(device.heard for device in self.everybody))

    async def go(self, meet: Callable[..., Bee], rid: int) -> None:
        """Walk."""
        await self.common()
        await self.friends()
        await self.private()
        await self.group()
        await self.room()
        await self.broadcasts(rid)
        await self.reports(rid)
        await self.takeover(meet)
        for device in (self.a, self.b, self.c, self.operator):
            await device.quiet()
        await self.c.ask("OFFLINE")
        assert await self.c.link.end() == []

    async def common(self) -> None:
        """Numbers 01 to 14 of the common messages."""
        a = self.a
        await a.ask("PING")
        cmd = a.subject("ROOM-USR-NUM")
        assert (await a.ask("SUB", cmd=cmd))["cmd"] == cmd
        assert (await a.ask("UNSUB", cmd=cmd))["cmd"] == cmd
        assert (await a.ask("SYNC"))["uid"] == a.uid
        seq = next(a.seq)
        a.link.send_packet(a.dialect.raw(STRANGE_KEY, b"", seq=seq, sid=a.sid))
        a.ack(await a.refused(10007, seq))
        await a.quiet()

    async def friends(self) -> None:
        """Friendship, and who is told of comings and goings."""
        a, b = self.a, self.b
        for asker, asked in ((a, b), (b, a)):
            await asker.ask("FRIEND-ADD", duid=asked.uid, mark="from the fair")
            told = await asked.hear("FRIEND-ADD", suid=asker.uid, duid=asked.uid)
            assert told["mark"] == "from the fair"
        await b.ask("OFFLINE")
        await b.link.end()
        await a.hear_and_ack("OFFLINE-NTF", uid=b.uid)
        await b.come()
        await a.hear_and_ack("ONLINE-NTF", uid=b.uid)
        for keyword in ("MARK-ADD", "GAG-ADD", "GAG-DEL", "BLACKLIST-ADD", "BLACKLIST-DEL"):
            await a.ask(keyword, duid=b.uid)
        await a.ask("MARK-DEL", duid=b.uid)
        await a.ask("FRIEND-DEL", duid=b.uid)
        await b.hear("FRIEND-DEL", suid=a.uid, duid=b.uid)

    async def private(self) -> None:
        """CHAT and P2P; who got them says so, and they come no more."""
        a, b = self.a, self.b
        seq = a.send("CHAT", duid=b.uid, text="好久不见", data=b"\0\x01\xff", level=3)
        answer = await a.answered("CHAT", seq)
        assert (answer["suid"], answer["duid"]) == (a.uid, b.uid)
        chat = await b.hear_and_ack("CHAT", seq=seq, suid=a.uid, duid=b.uid, time=NOW)
        assert (chat["text"], chat["data"], chat["level"]) == ("好久不见", b"\0\x01\xff", 3)
        assert chat.sid == a.sid
        seq = a.send("P2P", duid=b.uid, data=b"\xff" * 300)
        answer = await a.answered("P2P", seq)
        assert (answer["suid"], answer["duid"]) == (a.uid, b.uid)
        push = await b.hear_and_ack("P2P", seq=seq, suid=a.uid, duid=b.uid, time=NOW)
        assert push["data"] == b"\xff" * 300
        await b.ask("SYNC")
        await b.quiet()

    async def _all_told(self, keyword: str, people: list[Bee], **fields: Any) -> None:
        for device in people:
            await device.hear_and_ack(keyword, **fields)

    async def group(self) -> None:
        """A group from its making to its end."""
        a, b, c = self.a, self.b, self.c
        gid = (await a.ask("GROUP-CREAT", name="hive", desc="all of us"))["gid"]
        await b.ask("GROUP-JOIN", gid=gid)
        await self._all_told("GROUP-JOIN-NTF", [a, b], uid=b.uid, gid=gid)
        await b.ask("GROUP-INVITE", gid=gid, to=c.uid)
        await self._all_told("GROUP-JOIN-NTF", [a, b, c], uid=c.uid, gid=gid)
        seq = c.send("GROUP-CHAT", gid=gid, text="here")
        await c.answered("GROUP-CHAT", seq)
        for device in (a, b):
            said = await device.hear("GROUP-CHAT", seq=seq, uid=c.uid, gid=gid, text="here")
            assert (said.sid, said["time"]) == (c.sid, NOW)
        for keyword, uid in (
            ("GROUP-GAG-ADD", c.uid),
            ("GROUP-GAG-DEL", c.uid),
            ("GROUP-MGR-ADD", b.uid),
            ("GROUP-MGR-DEL", b.uid),
            ("GROUP-BL-ADD", c.uid),
        ):
            await a.ask(keyword, gid=gid, uid=uid)
            await self._all_told(f"{keyword}-NTF", [a, b, c], uid=uid, gid=gid)
        await a.ask("GROUP-BL-DEL", gid=gid, uid=c.uid)
        await self._all_told("GROUP-BL-DEL-NTF", [a, b, c], uid=c.uid, gid=gid)
        await a.ask("GROUP-INVITE", gid=gid, to=c.uid)
        await self._all_told("GROUP-JOIN-NTF", [a, b, c], uid=c.uid, gid=gid)
        await a.ask("GROUP-KICK", gid=gid, uid=c.uid)
        await self._all_told("GROUP-KICK-NTF", [a, b, c], uid=c.uid, gid=gid)
        await b.ask("GROUP-QUIT", gid=gid)
        await self._all_told("GROUP-QUIT-NTF", [a, b], uid=b.uid, gid=gid)
        members = await a.ask("GROUP-USR-LIST", gid=gid)
        assert json.loads(members["list"]) == [{"uid": a.uid, "role": 1, "gag": 0}]
        await a.ask("GROUP-DIMISS", gid=gid)
        await a.hear_and_ack("GROUP-KICK-NTF", uid=a.uid, gid=gid)

    async def room(self) -> None:
        """A room from its making to its end."""
        a, b, c = self.a, self.b, self.c
        await a.ask("SUB", cmd=a.subject("ROOM-USR-NUM"))
        made = await a.ask("ROOM-CREAT", name="hall", desc="")
        rid = made["rid"]
        assert made["uid"] == a.uid
        inside: list[Bee] = []
        for device in (a, b, c):
            joined = await device.ask("ROOM-JOIN", rid=rid)
            assert (joined["uid"], joined["rid"], joined["gid"]) == (device.uid, rid, 1)
            inside.append(device)
            await self._all_told("ROOM-JOIN-NTF", inside, uid=device.uid, rid=rid)
        await a.hear_and_ack("ROOM-USR-NUM", rid=rid, num=3)
        seq = b.send("ROOM-CHAT", rid=rid, text="all ears")
        answer = await b.answered("ROOM-CHAT", seq)
        assert (answer["uid"], answer["rid"], answer["gid"]) == (b.uid, rid, 0)
        for device in (a, b, c):
            said = await device.hear("ROOM-CHAT", seq=seq, uid=b.uid, rid=rid, gid=0, time=NOW)
            assert (said["text"], said.sid) == ("all ears", b.sid)
        await b.ask("ROOM-QUIT", rid=rid)
        await self._all_told("ROOM-QUIT-NTF", [a, c], uid=b.uid, rid=rid)
        kicked = await a.ask("ROOM-KICK", uid=c.uid, rid=rid)
        assert (kicked["uid"], kicked["rid"]) == (c.uid, rid)
        await c.hear("ROOM-KICK", uid=c.uid, rid=rid)
        await a.hear_and_ack("ROOM-KICK-NTF", uid=c.uid, rid=rid)
        await a.hear_and_ack("ROOM-USR-NUM", rid=rid, num=1)
        await a.ask("ROOM-DISMISS", rid=rid)
        await a.hear_and_ack("ROOM-KICK-NTF", uid=a.uid, rid=rid)
        await a.ask("UNSUB", cmd=a.subject("ROOM-USR-NUM"))
        self._forget("ROOM-USR-NUM", "ROOM-KICK-NTF")

    def _forget(self, *keywords: str) -> None:
        """Whether these were told once more is not this walk's business."""
        for device in self.everybody[:4]:
            device.link.inbox = [h for h in device.link.inbox if h.keyword not in keywords]

    async def broadcasts(self, rid: int) -> None:
        """What operators say to a room and to everybody."""
        a, operator = self.a, self.operator
        await a.ask("ROOM-JOIN", rid=rid)
        await a.hear_and_ack("ROOM-JOIN-NTF", uid=a.uid, rid=rid)
        status, told = await push(a.engine, "room", b"\xfe fire", rid=rid, expire=60)
        assert (status, told["code"]) == (200, 0)
        called = await a.hear_and_ack("ROOM-BC", rid=rid, msgid=told["msgid"])
        assert (called["data"], called["expire"]) == (b"\xfe fire", 60)
        await operator.ask("BC", text=f"to all {rid}", level=1, expire=9)
        heard = [await d.hear_and_ack("BC", text=f"to all {rid}") for d in self.everybody[:4]]
        assert len({(bc["msgid"], bc["level"], bc["expire"], bc["time"]) for bc in heard}) == 1
        await a.ask("ROOM-QUIT", rid=rid)

    async def reports(self, rid: int) -> None:
        """What nodes report, and who is told."""
        node, operator = self.node, self.operator
        await node.ask("LSND-INFO", **node.about(7001))
        ports = {"forward_port": 7002, "backend_port": 7003}
        subject = operator.subject("ROOM-LSN-STAT")
        await operator.ask("SUB", cmd=subject)
        await node.ask("ROOM-LSN-STAT", rid=rid, nid=node.nid, num=12)
        told = await operator.hear("ROOM-LSN-STAT", rid=rid, nid=node.nid)
        assert told["num"] == 12
        await operator.ask("UNSUB", cmd=subject)
        self._forget("ROOM-LSN-STAT")  # the engine counts its own members too, as node 0
        forwarder = Node(node.engine, node.nid + 100_000, dialect=node.dialect.name)
        self.guests.append(forwarder)
        await forwarder.enter()
        await forwarder.ask("FRWD-INFO", nid=forwarder.nid, ip="10.0.0.2", **ports)

    async def takeover(self, meet: Callable[..., Bee]) -> None:
        """The same device comes once more: the first connection is told, and goes."""
        c = self.c
        again = meet(uid=c.uid, sid=c.sid, at=c.engine, dialect=c.dialect.name, way=c.way)
        self.guests.append(again)
        before = c.link
        await asyncio.gather(again.come(), c.kicked(20009))
        assert before.ended
        c.link = again.link
        c.seq = again.seq
