"""A conversation: private, group and room messages, acks, and a device that was mostly off."""

from __future__ import annotations

import asyncio
import base64
import struct
from collections import Counter
from typing import Any

from crash_clients import Client, Script
from crash_facts import Fact

from parlour.events.messages.beehive import common, group, private, push, room
from parlour.network.beehive import commands, protobuf

LISTENERS = ("beehive",)
ADA, BO, CY = 301, 302, 303
_HEADER = struct.Struct(">IIQQIQQQ")
_MESSAGES = {row.key: row.message for row in commands.ROWS}
_NOT_TAKEN = (10001, 10022)
_NOT_PERMITTED = 10005


class Device(Client):
    """One device; what it was asked to do is sent again until there is an answer."""

    def __init__(self, script: Script, uid: int, sid: int) -> None:
        super().__init__(script)
        self.uid, self.sid = uid, sid
        self.next = 0
        """Its next number."""
        self.waiting: dict[int, tuple[Any, asyncio.Future[Any]]] = {}
        """Commands without an answer, by number."""
        self.syncing: asyncio.Future[int] | None = None
        self.online = asyncio.Event()
        self.caught_up = asyncio.Event()
        """Online, and told what had waited."""
        self.rooms: set[int] = set()
        self.told: list[tuple[int, int, int, str]] = []
        """Sender, his device, number, and text of all that it was told."""
        self.new = 0
        """How many private messages were told since the last SYNC."""
        self.acked: list[Any] = []
        """Commands that were answered with 0."""
        self.task: asyncio.Task[None] | None = None
        self.leaving = False

    # --- what the conductor has it do ----------------------------------------------------------

    async def come(self) -> None:
        """Be switched on."""
        self.leaving = False
        self.task = asyncio.create_task(self.live())
        await self.online.wait()

    async def go(self) -> None:
        """Say goodbye and be off; who is not heard any more is off too."""
        self.leaving = True
        if self.online.is_set():
            self.send(common.Offline(), 1)
        assert self.task is not None
        await self.task

    async def do(self, message: Any) -> Any:
        """Have a command obeyed, once; return its answer."""
        await self.online.wait()
        number, self.next = self.next, self.next + 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting[number] = (message, future)
        self.send(message, number)
        return await future

    async def must(self, message: Any) -> Any:
        """Have a command obeyed that is not refused."""
        answer = await self.do(message)
        assert not answer.code, (message, answer)
        return answer

    async def enter(self, rid: int) -> None:
        """Be in a room, also after a restart."""
        self.rooms.add(rid)
        await self.must(room.RoomJoin(uid=self.uid, rid=rid))

    async def say_in(self, rid: int, text: str) -> None:
        """Say something in a room; after a restart one has to come in again, and say it anew."""
        said = room.RoomChat(uid=self.uid, rid=rid, gid=0, level=0, time=1, text=text)
        while (answer := await self.do(said)).code:
            assert answer.code == _NOT_PERMITTED, answer
            assert self.visits > 1, answer
            await self.enter(rid)

    async def sync(self) -> int:
        """Be told what waits; return how many private messages did."""
        await self.caught_up.wait()
        self.syncing = asyncio.get_running_loop().create_future()
        self._ask()
        return await self.syncing

    def _ask(self) -> None:
        self.new = 0
        self.send(common.Sync(uid=self.uid), self.next)
        self.next += 1

    # --- bytes ---------------------------------------------------------------------------------

    def send(self, message: Any, seq: int) -> None:
        body = protobuf.write(message)
        key = commands.KEYS[type(message)]
        self.writer.write(_HEADER.pack(key, len(body), self.sid, 0, 0, seq, 0, 0) + body)

    async def visit(self) -> None:
        self.online.clear()
        if self.leaving:
            return
        reader, self.writer = await self.open("beehive")
        buffer = b""
        self.send(
            common.Online(uid=self.uid, sid=self.sid, token="any", app="crash", version="1"), 1
        )
        try:
            while True:
                buffer += await self.read(reader)
                while len(buffer) >= _HEADER.size:
                    key, length, ssid, _, _, seq, _, _ = _HEADER.unpack_from(buffer)
                    end = _HEADER.size + length
                    if len(buffer) < end:
                        break
                    message = protobuf.reader(_MESSAGES[key])(buffer[_HEADER.size : end])
                    buffer = buffer[end:]
                    if isinstance(message, common.OfflineAck):
                        return
                    self.hear(seq, ssid, message)
        finally:
            self.online.clear()
            self.caught_up.clear()

    def hear(self, seq: int, ssid: int, message: Any) -> None:
        match message:
            case common.OnlineAck():
                assert not message.code, message
                self.come_online(message.seq)
            case common.SyncAck():
                self.caught_up.set()
                if self.syncing is not None:
                    self.syncing.set_result(self.new)
                    self.syncing = None
            case private.Chat():
                self.told.append((message.suid, ssid, seq, message.text))
                self.new += 1
                self.script.acknowledge(self.sid, message.text)
                self.send(private.ChatAck(suid=message.suid, duid=self.uid, code=0, errmsg=""), seq)
            case push.P2P():
                self.told.append((message.suid, ssid, seq, message.data.decode()))
                self.new += 1
                self.script.acknowledge(self.sid, message.data)
                self.send(push.P2PAck(suid=message.suid, duid=self.uid, code=0, errmsg=""), seq)
            case group.GroupChat() | room.RoomChat():
                self.told.append((message.uid, ssid, seq, message.text))
            case private.FriendAdd():
                self.told.append((message.suid, ssid, seq, f"friend? {message.mark}"))
            case common.Kick():
                raise AssertionError(f"{self.sid} was told {message}")
            case common.Error():
                assert message.code in _NOT_TAKEN, message
            case _ if seq in self.waiting and _answers(self.waiting[seq][0], message):
                asked, future = self.waiting.pop(seq)
                if not message.code:
                    self.acked.append(asked)
                future.set_result(message)

    def come_online(self, seq: int) -> None:
        """Send again what was not answered, then what is true of this connection alone."""
        for number in sorted(self.waiting):
            self.send(self.waiting[number][0], number)
        self.next = max(seq, max(self.waiting, default=0) + 1)
        for rid in sorted(self.rooms):
            self.send(room.RoomJoin(uid=self.uid, rid=rid), self.next)
            self.next += 1
        self._ask()
        self.online.set()


def _answers(asked: Any, message: Any) -> bool:
    return type(message).__name__ == f"{type(asked).__name__}Ack"


class Conductor:
    """Has the devices do one thing after the other."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.ada = Device(script, ADA, 901)
        self.bo = Device(script, BO, 902)
        self.tablet = Device(script, BO, 903)
        self.cy = Device(script, CY, 904)
        self.devices = (self.ada, self.bo, self.tablet, self.cy)

    async def live(self) -> None:
        """Conduct the conversation."""
        ada, bo, tablet, cy = self.devices
        for device in (ada, tablet, bo, cy):
            await device.come()
        await tablet.go()
        await self.in_private(ada, bo, cy)
        await self.in_a_group(ada, bo, cy)
        await self.in_a_room(ada, bo, cy)
        await tablet.come()
        await self.catch_up()
        for device in self.devices:
            await device.go()

    async def in_private(self, ada: Device, bo: Device, cy: Device) -> None:
        await ada.must(private.FriendAdd(suid=ADA, duid=BO, mark="It is Ada"))
        await bo.must(private.FriendAdd(suid=BO, duid=ADA, mark="It is Bo"))
        await ada.must(_chat(ADA, BO, "Are you there?"))
        await bo.must(_chat(BO, ADA, "I am."))
        await cy.must(_chat(CY, BO, "Me too."))
        await cy.must(push.P2P(suid=CY, duid=BO, time=1, data=b"bytes"))
        await bo.must(private.MarkAdd(suid=BO, duid=CY, mark="the third"))

    async def in_a_group(self, ada: Device, bo: Device, cy: Device) -> None:
        made = await ada.must(group.GroupCreat(uid=ADA, gid=0, name="We", desc=""))
        gid = made.gid
        await bo.must(group.GroupJoin(uid=BO, gid=gid))
        await cy.must(group.GroupJoin(uid=CY, gid=gid))
        for device, text in ((ada, "All here?"), (bo, "Bo is"), (cy, "Cy is")):
            await device.must(group.GroupChat(uid=device.uid, gid=gid, level=0, time=1, text=text))
        await ada.must(group.GroupMgrAdd(uid=BO, gid=gid))

    async def in_a_room(self, ada: Device, bo: Device, cy: Device) -> None:
        made = await ada.must(room.RoomCreat(uid=ADA, name="Hall", desc=""))
        for device in (ada, bo, cy):
            await device.enter(made.rid)
        for device, text in ((ada, "Hello"), (bo, "Echo"), (cy, "Silence")):
            await device.say_in(made.rid, text)
        await ada.must(_chat(ADA, BO, "Good night."))

    async def catch_up(self) -> None:
        """Each device is told what waits, and then nothing waits."""
        for device in self.devices:
            await device.sync()
            while await device.sync():
                pass


def _chat(suid: int, duid: int, text: str) -> private.Chat:
    return private.Chat(suid=suid, duid=duid, level=0, time=1, text=text)


def clients(script: Script) -> list[Conductor]:
    """Return who conducts the devices."""
    return [Conductor(script)]


_SAID = ("beehive.private-sent", "beehive.group-said", "beehive.room-said")
_DONE = (
    "beehive.friend-made",
    "beehive.mark-set",
    "beehive.group-created",
    "beehive.group-member-added",
    "beehive.group-role-changed",
    "beehive.room-created",
)


def result(facts: list[Fact]) -> Any:
    """Return what no crash may change: all that was said, in its order, and what was made."""
    return {
        "said": [_words(fact) for fact in facts if fact.name in _SAID],
        "done": [_plain(fact) for fact in facts if fact.name in _DONE],
    }


def _words(fact: Fact) -> tuple[Any, ...]:
    fields = fact.fields
    return fact.aggregate, fields.get("suid") or fields["uid"], fields["ssid"], _text(fact)


def _text(fact: Fact) -> str:
    text: str = fact.fields.get("text") or base64.b64decode(fact.fields["data"]).decode()
    return text


def _plain(fact: Fact) -> tuple[Any, ...]:
    fields = {
        name: value for name, value in fact.fields.items() if name not in ("version", "epoch")
    }
    return fact.aggregate, fact.name, sorted(fields.items())


def promised(conductors: list[Conductor], facts: list[Fact]) -> list[str]:
    """Return what was acknowledged or told and is not in the log once, or was never told."""
    (conductor,) = conductors
    said = Counter(_text(fact) for fact in facts if fact.name in _SAID)
    faults = [f"{text!r} is in the log {count} times" for text, count in said.items() if count > 1]
    for device in conductor.devices:
        for asked in device.acked:
            text = getattr(asked, "text", None)
            if text is not None and said[text] != 1:
                faults.append(f"{asked} was acknowledged and is in the log {said[text]} times")
        heard = dict.fromkeys(line for line in device.told if not line[3].startswith("friend? "))
        faults += [f"{device.sid} was told {line}" for line in heard if said[line[3]] != 1]
        due = [text for fact in facts if (text := _due(fact, device))]
        ever = [line[3] for line in heard if line[3] in due]
        if sorted(ever) != sorted(due):
            faults.append(f"{device.sid} was told {ever}, and should have been told {due}")
        elif device is conductor.tablet and ever != due:
            faults.append(f"{device.sid} was told {ever}, in another order than {due}")
    return faults


def _due(fact: Fact, device: Device) -> str:
    """Return the text that a device must be told by this event, at once or by SYNC; "" for none."""
    fields = fact.fields
    if fields.get("ssid") == device.sid:
        return ""
    mine = fact.aggregate == f"beehive.inbox:{device.uid}"
    if mine and fact.name in ("beehive.private-sent", "beehive.private-copied"):
        return _text(fact)
    return _text(fact) if fact.name == "beehive.group-said" else ""
