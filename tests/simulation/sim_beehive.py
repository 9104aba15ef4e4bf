"""Devices of instant messaging: what was acknowledged to them is a promise, and is looked after."""

from __future__ import annotations

import asyncio
from typing import Any

from sim_people import Gone, Person
from sim_world import World

from parlour.events.errors import RemoteProtocolError
from parlour.events.messages.beehive import common, group, private, push, room
from parlour.events.messages.beehive.packet import Packet
from parlour.network.beehive import commands, json_body, protobuf, v2
from parlour.network.beehive.codec import BeehiveCodec

_MESSAGES = {row.key: row.message for row in commands.ROWS}
_PUSHES = (private.Chat,)
_NOT_TAKEN = (10001, 10022, 20005, 20010, 20011)
FIRST_UID = 300
ROOM = 15
_LISTENERS = 0x0412
"""The push that tells how many people each node serves."""


class Hive:
    """What all devices were promised."""

    def __init__(self) -> None:
        self.acked: dict[str, frozenset[int]] = {}
        """Texts with an ack, and which devices there were to be told it when it was sent."""
        self.sent: dict[str, frozenset[int]] = {}
        self.groups: list[int] = []
        self.users: set[int] = set()
        self.devices: list[Bee] = []
        self.counted: set[tuple[int, int, int]] = set()
        """What nodes reported of rooms: room, node, people."""

    @classmethod
    def of(cls, world: World) -> Hive:
        found: Hive = world.__dict__.setdefault("hive", cls())
        return found


class Bee(Person):
    """One device; two of them belong to one user."""

    TOKEN = "beehive"
    KIND = "beehive"
    DIALECTS: tuple[str, ...] = ("pb", "pb", "v2")

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, f"{self.KIND} {number}")
        self.number = number
        self.uid, self.sid = self.identity()
        self.hive = Hive.of(world)
        self.hive.devices.append(self)
        if self.uid:
            self.hive.users.add(self.uid)
        self.seq = 8
        self.highest = 0
        self.unanswered: dict[int, Any] = {}
        """Commands without an answer, by number: they are sent again."""
        self.heard: set[str] = set()
        self.spoken = self.random.choice(self.DIALECTS)
        """Its dialect: what it sends again must be the same bytes."""
        self.dialect = v2.JSON if self.spoken == "v2" else v2.PROTOBUF
        self.read_body = json_body.reader if self.spoken == "v2" else protobuf.reader
        self.texts = 0
        self.told_last = 0
        self.silent = False
        self.known = False
        """Whether it has ever been online: from then on it has a queue."""
        self.forgetful = self.random.choice((0.0, 0.1, 0.5))
        self.online = False
        self.told_once: set[Any] = set()
        """Broadcasts, and what nodes reported."""
        self.said_here: set[int] = set()
        """Numbers of commands that were first sent on this connection."""

    def identity(self) -> tuple[int, int]:
        """Return its uid and its sid, 0 while it has none."""
        return FIRST_UID + (self.number - 1) // 2, 900 + self.number

    @property
    def operator(self) -> bool:
        return self.uid == FIRST_UID

    # --- bytes ---------------------------------------------------------------------------------

    def send(self, message: Any, seq: int) -> None:
        self._pipe.write(self.dialect.encode(Packet(message, seq, self.sid)))

    async def packets(self, seconds: float) -> list[tuple[int, Any]]:
        """Return what comes next, with its numbers; nothing after so long."""
        data = await self._pipe.read(seconds)
        self.silent = data is None
        self.codec.receive_data(data or b"")
        found = []
        try:
            while (frame := self.codec.next_frame()) is not None:
                if (message := self.understand(frame)) is not None:
                    found.append((frame.seq, message))
        except RemoteProtocolError as error:
            if self.noisy or _is_farewell(data or b""):  # it was not known yet how to answer
                raise Gone from error
            raise
        return found

    def understand(self, frame: Any) -> Any:
        """Return what a packet says."""
        return self.read_body(_MESSAGES[frame.key])(frame.body)

    # --- a visit -------------------------------------------------------------------------------

    async def visit(self) -> None:
        await self.come()
        while not self.retiring:
            for seq, message in await self.packets(self.random.expovariate(1 / 1.5)):
                self.hear(seq, message)
            if self.chance(0.4):
                self.act()
            if self.chance(0.03):
                raise Gone

    async def come(self) -> None:
        """Be online, and send again what was not answered."""
        self.online = False
        self.said_here.clear()
        await self.renew()
        path = self.random.choice(("", "/im", f"/im/{self.spoken}"))
        self._pipe = await self.pipe("beehive", path, None)
        self.codec = BeehiveCodec(self.spoken, 1 << 24)
        online = common.Online(
            uid=self.uid, sid=self.sid, token=self.credential, app="sim", version="1"
        )
        self.noisy = self.chance(0.02) and not self.retiring
        if self.noisy:
            self._pipe.write_raw(self.noise())
        self.send(online, 1)
        while True:
            for seq, message in await self.packets(60.0):
                if isinstance(message, common.OnlineAck):
                    if message.code:
                        raise Gone
                    self.come_online(message.seq)
                    return
                self.hear(seq, message)

    def come_online(self, seq: int) -> None:
        self.known = self.online = True
        if seq <= self.highest and not self.unanswered:
            self.blame(f"numbers go on from {seq}, and {self.highest} was answered")
        for number in sorted(self.unanswered):
            self.send(self.unanswered[number], number)
            if self.chance(0.2):
                self.send(self.unanswered[number], number)
        self.seq = max(seq, max(self.unanswered, default=0) + 1)
        self.send(common.Sync(uid=self.uid), self.next())

    def next(self) -> int:
        # An ack names the sender and a number: no two devices have a number in common.
        number = self.seq + (self.sid - self.seq) % 2
        self.seq = number + self.random.choice((2, 2, 2, 9))
        return number

    def command(self, message: Any) -> None:
        """Send a command that is to happen once."""
        seq = self.next()
        self.unanswered[seq] = message
        self.said_here.add(seq)
        self.send(message, seq)
        if self.chance(0.1):
            self.send(message, seq)

    def act(self) -> None:
        if len(self.unanswered) > 40:
            return
        random, uid = self.random, self.uid
        what, duid = random.random(), random.choice(sorted(self.hive.users))
        if self.chance(0.15 if self.operator else 0.01):
            self.command(self.decree())
        elif what < 0.5:
            text = self.text()
            self.hive.sent[text] = frozenset(
                bee.sid for bee in self.hive.devices if bee.known and bee.uid == duid
            ) - {self.sid}
            self.command(private.Chat(suid=uid, duid=duid, level=0, time=1, text=text))
        elif what < 0.6:
            text = self.text()
            self.command(room.RoomChat(uid=uid, rid=ROOM, gid=0, level=0, time=1, text=text))
        elif what < 0.7 and self.hive.groups:
            text, gid = self.text(), random.choice(self.hive.groups)
            self.command(group.GroupChat(uid=uid, gid=gid, level=0, time=1, text=text))
        elif what < 0.95:
            self.command(self.wish(duid))
        elif what < 0.98:
            self.send(common.Sync(uid=uid), self.next())
        elif what < 0.985:
            self.send(common.Offline(), 1)
        else:
            self.send(common.Ping(), 1)

    def decree(self) -> Any:
        """Return a command that is an operator's."""
        what = self.random.random()
        if what < 0.5:
            return push.Bc(time=1, text=self.text())
        return (common.Sub if what < 0.9 else common.Unsub)(cmd=_LISTENERS)

    def text(self) -> str:
        """Return words that nobody ever says again."""
        self.texts += 1
        return f"once {self.sid} {self.texts}"

    def wish(self, duid: int) -> Any:
        """Return a command about somebody or something."""
        random, uid = self.random, self.uid
        gid = random.choice(self.hive.groups) if self.hive.groups else 7
        kind = random.choice(
            (private.GagAdd, private.GagDel, private.BlacklistDel, private.FriendDel)
        )
        place = random.choice((group.GroupJoin, group.GroupJoin, group.GroupQuit))
        office = random.choice((group.GroupKick, group.GroupGagAdd, group.GroupMgrAdd))
        return random.choice(
            (
                room.RoomJoin(uid=uid, rid=ROOM),
                room.RoomJoin(uid=uid, rid=ROOM),
                random.choice((room.RoomQuit, room.RoomDismiss))(uid=uid, rid=ROOM),
                room.RoomKick(uid=duid, rid=ROOM),
                private.FriendAdd(suid=uid, duid=duid, mark="m"),
                private.MarkAdd(suid=uid, duid=duid, mark=str(random.randrange(9))),
                private.BlacklistAdd(suid=uid, duid=duid)
                if self.chance(0.2)
                else kind(suid=uid, duid=duid),
                push.P2P(suid=uid, duid=duid, time=1, data=random.randbytes(8)),
                group.GroupCreat(uid=uid, gid=0, name="g", desc=""),
                place(uid=uid, gid=gid),
                place(uid=uid, gid=gid),
                office(uid=duid, gid=gid),
                group.GroupInvite(uid=uid, gid=gid, to=duid),
                group.GroupDimiss(uid=uid, gid=gid) if self.chance(0.1) else common.Sub(),
            )
        )

    def hear(self, seq: int, message: Any) -> None:
        match message:
            case private.Chat():
                self.heard.add(message.text)
                self.told_last += 1
                if self.world.watch.said.get(message.text) != 1:
                    self.blame(f"was told {message.text!r}, which is not on disk")
                if not self.chance(self.forgetful) or self.retiring:
                    self.world.watch.queues.acknowledge(self.sid, message.text)
                    ack = private.ChatAck(suid=message.suid, duid=self.uid, code=0, errmsg="Ok")
                    self.send(ack, seq)
            case push.P2P():
                self.world.watch.queues.acknowledge(self.sid, message.data)
                self.send(push.P2PAck(suid=message.suid, duid=self.uid, code=0, errmsg="Ok"), seq)
            case group.GroupChat() | room.RoomChat():
                if self.world.watch.said.get(message.text) != 1:
                    self.blame(f"was told {message.text!r}, which is not on disk")
            case push.Bc():
                if self.world.watch.said.get(message.text) != 1:
                    self.blame(f"was told {message.text!r}, which is not on disk")
                self.hear_once(message.text)
                self.world.counts["broadcasts heard"] += 1
                self.send(push.BcAck(code=0, errmsg="Ok"), seq)
            case room.RoomLsnStat():
                self.hear_count(message)
                self.send(room.RoomLsnStatAck(), seq)
            case common.Error():
                if message.code in _NOT_TAKEN and seq in self.unanswered:
                    # Not taken: under a new number it will be something new.
                    del self.unanswered[seq]
                elif seq in self.unanswered:
                    del self.unanswered[seq]
            case common.Kick():
                if message.code == 20012:
                    self.drop_numbers(message)
                raise Gone
            case common.OfflineAck():
                raise Gone
            case _ if seq in self.unanswered and _answers(self.unanswered[seq], message):
                self.answered(seq, message)

    def hear_once(self, what: Any) -> None:
        """Be told something that is told to who is online, and to nobody again."""
        if not self.online:
            self.blame(f"was told {what!r} before it was online")
        if what in self.told_once:
            self.blame(f"was told {what!r} twice")
        self.told_once.add(what)

    def hear_count(self, told: room.RoomLsnStat) -> None:
        """Be told how many people a node serves in a room; node 0 is the engine."""
        self.world.counts["node counts heard" if told.nid else "room counts heard"] += 1
        if told.nid:
            self.hear_once((told.rid, told.nid, told.num))
            if (told.rid, told.nid, told.num) not in self.hive.counted:
                self.blame(f"was told what no node reported: {told}")
        elif told.num > len(self.hive.devices):
            self.blame(f"was told of more people than there are: {told}")

    def drop_numbers(self, message: common.Kick) -> None:
        """Begin anew: some number was never taken, and it is not known which."""
        if not self.world.counts["commit_failed"]:
            self.blame(f"kicked for its numbers: {message}")
        self.unanswered.clear()

    def answered(self, seq: int, message: Any) -> None:
        asked = self.unanswered.pop(seq)
        self.highest = max(self.highest, seq)
        text = getattr(asked, "text", None)
        if self.world.watch.queues.answered.get((self.sid, seq)) != message.code:
            self.blame(f"{asked} was answered, and is not on disk so: {message}")
        if message.code:
            if isinstance(asked, push.Bc) and text in self.world.watch.said:
                self.blame(f"{asked} was refused and is on disk")
            return
        if isinstance(asked, push.Bc):
            self.world.counts[f"{self.spoken} broadcasts"] += 1
            if seq in self.said_here and text not in self.told_once:
                self.blame(f"did not hear {asked}, which it said to everybody")
        if isinstance(message, group.GroupCreatAck) and message.gid is not None:
            self.hive.groups.append(message.gid)
        if text is None:
            return
        if self.world.watch.said.get(text) != 1:
            self.blame(f"{asked} was acknowledged and is not on disk once")
        if isinstance(asked, private.Chat):
            self.world.counts["chats"] += 1
            self.hive.acked[text] = self.hive.sent[text]

    # --- the end -------------------------------------------------------------------------------

    async def finish(self) -> None:
        """Be told everything that waits; and then nothing waits."""
        for _ in range(30):
            try:
                if await self.catch_up():
                    return
            except (Gone, ConnectionError, TimeoutError):
                self.world.counts["lost"] += 1
            await asyncio.sleep(2.0)
        self.blame("never told everything")

    async def catch_up(self) -> bool:
        await self.come()
        await self.listen()
        # What was sent again by others is told unasked, but not by whom this one does not hear.
        self.send(common.Sync(uid=self.uid), self.next())
        await self.listen()
        self.told_last = 0
        self.send(common.Sync(uid=self.uid), self.next())
        await self.listen()
        if self.told_last:
            self.blame(f"was told {self.told_last} messages again that it had acknowledged")
        if self.unanswered:
            self.blame(f"commands without an answer: {self.unanswered}")
        return True

    async def listen(self) -> None:
        """Hear what comes until nothing comes any more."""
        idle = 0
        while idle < 3:
            packets = await self.packets(15.0)
            idle = idle + 1 if self.silent else 0
            for seq, message in packets:
                self.hear(seq, message)

    def look_back(self) -> None:
        for text, sids in self.hive.acked.items():
            if self.sid in sids and text not in self.heard:
                self.blame(f"was never told {text!r}")


def _answers(asked: Any, message: Any) -> bool:
    return type(message).__name__ == f"{type(asked).__name__}Ack"


def _is_farewell(data: bytes) -> bool:
    """Tell whether that is what somebody is told of whom nothing was heard yet: an ERROR, in v2."""
    codec = BeehiveCodec("v2")
    codec.receive_data(data)
    frame = codec.next_frame()
    return frame is not None and _MESSAGES[frame.key] is common.Error
