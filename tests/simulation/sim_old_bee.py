"""A device that speaks dialect v1 of instant messaging: other keys, and serials of its own."""

from __future__ import annotations

from typing import Any

import msgspec
from sim_beehive import Bee
from sim_world import World

from parlour.events.messages.beehive import common, group, private, push, room
from parlour.network.beehive.frames import CHECKSUM, FLAG_EXTERNAL, NARROW

_UIDS = 340
_FIRST_SERIAL = 100_000
"""Of commands: no serial of a push comes so far."""
_BARE = {
    common.Offline: 0x0103,
    room.RoomQuit: 0x0107,
    common.Ping: 0x0109,
    common.Sync: 0x0125,
    private.ChatAck: 0x0113,
    push.P2PAck: 0x0113,
    push.BcAck: 0x0115,
}
_ACKS = {
    0x0106: room.RoomJoinAck,
    0x0108: room.RoomQuitAck,
    0x0111: group.GroupChatAck,
    0x0113: private.ChatAck,
    0x0115: push.BcAck,
    0x0117: private.FriendAddAck,
    0x011D: room.RoomChatAck,
    0x0126: common.SyncAck,
}


class OldBee(Bee):
    """It names its sid once it has one, and goes on with its own numbers."""

    KIND = "beehive v1"
    DIALECTS = ("v1",)

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, number)
        self.seq = _FIRST_SERIAL

    def identity(self) -> tuple[int, int]:
        return _UIDS + self.number, 0

    @property
    def operator(self) -> bool:
        return self.uid == _UIDS + 1

    def send(self, message: Any, seq: int) -> None:
        kind, rsv, body = type(message), 0, b""
        if kind is common.Online:
            key = 0x0101
            fields = {"uid": self.uid, "token": message.token, "app": "sim", "version": "1"}
            body = msgspec.json.encode(fields)
        elif kind is private.Chat:
            key, rsv, body = 0x0112, message.duid, message.text.encode()
        elif kind is group.GroupChat:
            key, rsv, body = 0x0110, message.gid, message.text.encode()
        elif kind is room.RoomChat:
            key, rsv, body = 0x011C, message.rid, message.text.encode()
        elif kind is push.Bc:
            key, body = 0x0114, message.text.encode()
        elif kind is private.FriendAdd:
            key, rsv, body = 0x0116, message.duid, msgspec.json.encode({"mark": message.mark})
        elif kind is room.RoomJoin:
            key, body = 0x0105, msgspec.json.encode({"rid": message.rid})
        else:
            key = _BARE[kind]
        head = NARROW.pack(key, FLAG_EXTERNAL, len(body), CHECKSUM, self.sid, 0, seq, 1, rsv)
        self._pipe.write(head + body)

    def wish(self, duid: int) -> Any:
        return self.random.choice(
            (
                room.RoomJoin(uid=0, rid=15),
                room.RoomQuit(uid=0, rid=0),
                private.FriendAdd(suid=0, duid=duid, mark="old"),
            )
        )

    def decree(self) -> Any:
        return push.Bc(time=0, text=self.text())

    def understand(self, frame: Any) -> Any:
        """Return what a packet says in the engine's messages; None where that is of no interest."""
        key, body = frame.key, frame.body
        if key == 0x0102:
            verdict = msgspec.json.decode(body)
            self.sid = frame.sid if verdict["errno"] == 0 else self.sid
            return common.OnlineAck(
                uid=self.uid,
                sid=self.sid,
                seq=self.seq,
                app="",
                version="",
                code=verdict["errno"],
                errmsg="",
            )
        if key == 0x0112:
            if body.startswith(b"once "):
                return private.Chat(
                    suid=frame.rsv, duid=self.uid, level=0, time=0, text=body.decode()
                )
            return push.P2P(suid=frame.rsv, duid=self.uid, time=0, data=body)
        if key == 0x0110:
            return group.GroupChat(uid=0, gid=frame.rsv, level=0, time=0, text=body.decode())
        if key == 0x011C:
            return room.RoomChat(uid=0, rid=frame.rsv, gid=0, level=0, time=0, text=body.decode())
        if key == 0x0114:
            return push.Bc(time=0, text=body.decode())
        if key == 0x0104:
            return common.OfflineAck()
        if key == 0x0121:
            code = msgspec.json.decode(body)["errno"]
            pushed = frame.seq < _FIRST_SERIAL
            return (common.Kick if pushed else common.Error)(code=code, errmsg="")
        ack = _ACKS.get(key)
        if ack is None:
            return None
        code = msgspec.json.decode(body)["errno"] if body else 0
        blank = {
            field.name: 0 if field.type is int else ""
            for field in msgspec.structs.fields(ack)
            if field.required
        }
        return ack(**{**blank, "code": code})
