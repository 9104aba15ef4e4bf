"""Forwarders and listeners of instant messaging, and programs that use its HTTP interface."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Any

import msgspec
from sim_beehive import Hive
from sim_engine import START
from sim_people import Gone, Person
from sim_world import SECRET, World

from parlour.events.messages.beehive import common, node
from parlour.events.messages.beehive.packet import Packet
from parlour.network.beehive import commands, protobuf, v2
from parlour.network.beehive.codec import BeehiveCodec

_MESSAGES = {row.key: row.message for row in commands.ROWS}
_ROOM = 15
_USUAL = (200, 400, 401, 403, 404, 413, 429, 503)
_REQUEST = (
    "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n"
    "Content-Length: {length}\r\n\r\n"
)


class Node(Person):
    """A node that reports itself, again and again."""

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, f"node {number}")
        self.nid = number
        self.moves = 0

    async def visit(self) -> None:
        reader, self.writer = await self.open("beehive-nodes")
        codec = BeehiveCodec("pb", nodes=True)
        self.say(self.proof(), 1)
        seq, reported = 1, (0, 0)
        while not self.retiring:
            data = await self.read(reader, self.random.expovariate(1 / 3.0))
            codec.receive_data(data or b"")
            while (frame := codec.next_frame()) is not None:
                message = protobuf.reader(_MESSAGES[frame.key])(frame.body)
                self.hear(message, frame.seq, reported)
            if data is None:
                seq += 1
                reported = seq, self.report(seq)
            if self.chance(0.02):
                raise Gone

    def say(self, message: Any, seq: int) -> None:
        self.writer.write(v2.PROTOBUF.encode(Packet(message, seq)))

    def proof(self) -> node.NodeAuth:
        """Return the first packet; now and then with a wrong proof."""
        now = (START + self.world.skew + int(self.world.loop.time() * 1e9)) // 10**9
        nonce = self.random.randbytes(16).hex()
        secret = SECRET if self.chance(0.9) else "another"
        words = f"beehive-node|{self.nid}|{now}|{nonce}".encode()
        mac = hmac.new(secret.encode(), words, hashlib.sha256).hexdigest()
        return node.NodeAuth(nid=self.nid, time=now, nonce=nonce, mac=mac)

    def report(self, seq: int) -> int:
        """Say where it is, sometimes somewhere else than before."""
        self.moves += self.chance(0.2)
        port = 7000 + self.moves
        self.say(
            node.LsndInfo(
                type=1 + self.nid % 2,
                nid=self.nid,
                opid=0,
                nation="",
                ip="10.0.0.1",
                port=port,
                connections=self.moves,
            ),
            seq,
        )
        return port

    def hear(self, message: Any, seq: int, reported: tuple[int, int]) -> None:
        match message:
            case node.NodeAuthAck() if message.code:
                raise Gone
            case common.Error():
                raise Gone
            case node.LsndInfoAck() if seq == reported[0]:
                if (self.nid, reported[1]) not in self.world.watch.reports:
                    self.blame(f"its report was acknowledged and is not on disk: {reported}")


class Caller(Person):
    """A program that asks and pushes over HTTP."""

    TOKEN = "operator"

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, f"caller {number}")
        self.number = number
        self.uid = 900 + number
        self.pushes = 0

    async def visit(self) -> None:
        while not self.retiring:
            await asyncio.sleep(self.random.expovariate(1 / 1.5))
            if self.chance(0.3):
                await self.push()
            else:
                await self.look()

    async def request(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Return status and body of an answer."""
        reader, writer = await self.open("http")
        head = _REQUEST.format(method=method, path=path, length=len(body))
        writer.write(head.encode() + body)
        answer = b""
        try:
            while piece := await self.read(reader, 60.0):
                answer += piece
        except Gone:
            pass  # it is told whole when the connection ends
        finally:
            writer.close()
            self.writers.remove(writer)
        head_end = answer.find(b"\r\n\r\n")
        if head_end < 0:
            raise Gone
        status = int(answer.split(b" ", 2)[1])
        if status not in _USUAL:
            self.blame(f"{method} {path}: {answer[:300]!r}")
        return status, answer[head_end + 4 :]

    async def look(self) -> None:
        bee = self.random.choice(Hive.of(self.world).devices)
        history = f"/im/history?rid={_ROOM}&uid={bee.uid}&token={bee.credential}"
        path = self.random.choice(
            (
                history,
                history,
                f"/im/iplist?uid={bee.uid}&sid={bee.sid}&type=1&token={bee.credential}"
                if bee.known
                else "/",
                "/im/iplist?uid=x",
                "/healthz",
                "/readyz",
                "/metrics",
            )
        )
        status, body = await self.request("GET", path)
        if status == 200 and path.startswith("/im/history"):
            for remark in msgspec.json.decode(body)["list"]:
                if self.world.watch.said.get(remark["text"]) != 1:
                    self.blame(f"history has {remark}, which is not on disk once")

    async def push(self) -> None:
        hive = Hive.of(self.world)
        self.pushes += 1
        text = f"push {self.number} {self.pushes}"
        group = self.random.choice(hive.groups) if hive.groups else 7
        where = self.random.choice(
            (
                f"dim=room&rid={_ROOM}",
                f"dim=group&gid={group}",
                f"dim=user&uid={self.random.choice(sorted(hive.users))}",
                "dim=broadcast",
                "dim=nowhere",
            )
        )
        status, _ = await self.request(
            "POST", f"/im/push?{where}&token={self.credential}", text.encode()
        )
        if status == 200:
            self.world.counts["pushes"] += 1
            if self.world.watch.said.get(text) != 1:
                self.blame(f"{where} {text} was answered, and is not on disk once")
