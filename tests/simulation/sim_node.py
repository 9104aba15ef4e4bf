"""Forwarders and listeners of instant messaging, of the newer numbering and of the older one."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec
from sim_beehive import ROOM, Hive
from sim_engine import START
from sim_people import Gone, Person
from sim_world import SECRET, World

from parlour.events.messages.beehive import common, node, room
from parlour.events.messages.beehive.packet import Packet
from parlour.network.beehive import commands, json_body, protobuf, v2
from parlour.network.beehive.codec import BeehiveCodec
from parlour.network.beehive.frames import CHECKSUM, FLAG_SYSTEM, NARROW

_MESSAGES = {row.key: row.message for row in commands.ROWS}
_IP = "10.0.0.1"
_ACKS = {
    node.LsndInfo: node.LsndInfoAck,
    node.FrwdInfo: node.FrwdInfoAck,
    room.RoomLsnStat: room.RoomLsnStatAck,
    node.ForwarderListWanted: node.ForwarderListWantedAck,
}


class Node(Person):
    """A node that reports itself, again and again."""

    KIND, FIRST = "node", 0
    DIALECTS: tuple[str, ...] = ("pb", "v2")

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, f"{self.KIND} {number}")
        self.nid = self.FIRST + number
        self.spoken = self.random.choice(self.DIALECTS)
        self.dialect = v2.JSON if self.spoken == "v2" else v2.PROTOBUF
        self.read_body = json_body.reader if self.spoken == "v2" else protobuf.reader
        self.moves = 0
        self.counts = 0
        """What it has said of rooms: each time another number of people."""
        self.type = 0
        self.honest = True
        self.asked: dict[int, Any] = {}
        """What it has said, by number."""

    async def visit(self) -> None:
        reader, self.writer = await self.open("beehive-nodes")
        codec = BeehiveCodec(self.spoken, nodes=True)
        self.type = self.choose_type()
        self.asked.clear()
        self.say(self.proof(), 1)
        seq = 1
        while not self.retiring:
            data = await self.read(reader, self.random.expovariate(1 / 3.0))
            codec.receive_data(data or b"")
            while (frame := codec.next_frame()) is not None:
                if (message := self.understand(frame)) is not None:
                    self.hear(message, frame.seq)
            if data is None:
                seq += 1
                self.asked[seq] = self.news()
                self.say(self.asked[seq], seq)
            if self.chance(0.02):
                raise Gone

    def choose_type(self) -> int:
        """Return what it is until it comes again: 0 forwards."""
        return self.random.choice((0, 1, 2))

    def say(self, message: Any, seq: int) -> None:
        self.writer.write(self.dialect.encode(Packet(message, seq)))

    def understand(self, frame: Any) -> Any:
        """Return what a packet says; None where that is of no interest."""
        return self.read_body(_MESSAGES[frame.key])(frame.body)

    def proof(self) -> node.NodeAuth:
        """Return the first packet; now and then with a wrong proof."""
        now = (START + self.world.skew + int(self.world.loop.time() * 1e9)) // 10**9
        nonce = self.random.randbytes(16).hex()
        self.honest = self.chance(0.9)
        secret = SECRET if self.honest else "another"
        words = f"beehive-node|{self.nid}|{now}|{nonce}".encode()
        mac = hmac.new(secret.encode(), words, hashlib.sha256).hexdigest()
        return node.NodeAuth(nid=self.nid, time=now, nonce=nonce, mac=mac)

    def news(self) -> Any:
        """Return where it is, or how many people it has in a room."""
        return self.count() if self.chance(0.4) else self.report()

    def count(self) -> room.RoomLsnStat:
        """Return how many people it has; now and then in the name of another."""
        self.counts += 1
        if self.chance(0.1):
            return room.RoomLsnStat(rid=ROOM, nid=self.nid + 1000, num=self.counts)
        Hive.of(self.world).counted.add((ROOM, self.nid, self.counts))
        return room.RoomLsnStat(rid=ROOM, nid=self.nid, num=self.counts)

    def report(self) -> Any:
        """Return where it is, sometimes somewhere else than before."""
        self.moves += self.chance(0.2)
        port = 7000 + self.moves
        if self.type == 0:
            return node.FrwdInfo(nid=self.nid, ip=_IP, forward_port=port, backend_port=port + 1)
        return node.LsndInfo(
            type=self.type,
            nid=self.nid,
            opid=0,
            nation="",
            ip=_IP,
            port=port,
            connections=self.moves,
        )

    def hear(self, message: Any, seq: int) -> None:
        match message:
            case node.NodeAuthAck() if message.code:
                raise Gone
            case node.NodeAuthAck() if self.world.closed and not self.honest:
                self.blame("it was let in with another secret")
            case common.Error():
                raise Gone
            case node.ForwarderList():
                self.look_at_list(message)
            case _ if seq in self.asked:
                self.answered(self.asked.pop(seq), message)

    def answered(self, asked: Any, message: Any) -> None:
        """What it said was taken: that is on disk, and nobody spoke for another."""
        if type(message) is not _ACKS[type(asked)]:
            self.blame(f"{asked} was answered with {message}")
        self.world.counts[f"{self.spoken} {type(asked).__name__}"] += 1
        match asked:
            case node.LsndInfo() | node.FrwdInfo():
                port = asked.port if self.type else asked.forward_port
                if (self.nid, self.type, port) not in self.world.watch.reports:
                    self.blame(f"its report was acknowledged and is not on disk: {asked}")
            case room.RoomLsnStat() if asked.nid != self.nid:
                self.blame(f"it was believed about another node: {asked}")

    def look_at_list(self, told: node.ForwarderList) -> None:
        """Who is in the list has reported so."""
        reported = {port for _, kind, port in self.world.watch.reports if kind == 0}
        if any(one.ipaddr != _IP or one.port not in reported for one in told.list):
            self.blame(f"was told of forwarders that are none: {told}")
        self.world.counts["forwarders told"] += len(told.list)


class OldNode(Node):
    """A node of the older numbering: it is a listener over TCP, or a forwarder."""

    KIND, FIRST = "node v1", 50
    DIALECTS = ("v1",)

    def choose_type(self) -> int:
        return self.random.choice((0, 1))

    def say(self, message: Any, seq: int) -> None:
        match message:
            case node.NodeAuth():
                key, fields = 0x06F1, msgspec.structs.asdict(message)
            case node.ForwarderListWanted():
                key, fields = 0x0405, {}
            case node.LsndInfo() if self.chance(0.5):
                key, fields = 0x0403, self.place(message.port)
            case _:
                port = message.port if self.type else message.forward_port
                key, fields = 0x0401, {**self.place(port), "mod": 1 if self.type else 2}
        body = msgspec.json.encode(fields) if fields else b""
        head = NARROW.pack(key, FLAG_SYSTEM, len(body), CHECKSUM, 0, self.nid, seq, 1, 0)
        self.writer.write(head + body)

    def place(self, port: int) -> dict[str, Any]:
        """Return where it says it is."""
        return {"nid": self.nid, "ipaddr": _IP, "port": port}

    def news(self) -> Any:
        return node.ForwarderListWanted() if self.chance(0.3) else self.report()

    def understand(self, frame: Any) -> Any:
        match frame.key:
            case 0x06F2 | 0x0121:
                code = msgspec.json.decode(frame.body)["errno"]
                kind = node.NodeAuthAck if frame.key == 0x06F2 else common.Error
                return kind(code=code, errmsg="")
            case 0x0405:
                return msgspec.json.decode(frame.body, type=node.ForwarderList)
            case 0x0406:
                return node.ForwarderListWantedAck()
            case 0x0402 | 0x0404:
                return node.LsndInfoAck() if self.type else node.FrwdInfoAck()
        return None
