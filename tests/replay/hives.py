"""Instant messaging in a real log, without an engine.

`Hive` records what beehive's actors record, in the same units: what a command of a device caused
together with its answer. Its clock moves when it is told to.
"""

from __future__ import annotations

from itertools import count

from tables import Room as LogRoom

from parlour.events import beehive as facts
from parlour.events.event import Event

ADA, BO, CY, DEE, OPERATOR = 1, 2, 3, 4, 9
PHONE, DESK, BOS, CYS, DEES, OPS = 11, 12, 21, 31, 41, 91
OWNER_OF = {PHONE: ADA, DESK: ADA, BOS: BO, CYS: CY, DEES: DEE, OPS: OPERATOR}
GROUP, GONE_GROUP, ROOM, HALL, GONE_ROOM = 1_000_001, 1_000_002, 7, 1_000_003, 8


class Hive:
    """Users, groups and rooms over one log."""

    def __init__(self, log: LogRoom):
        self.log = log
        self.epoch = 0
        self.seqs = {sid: count(8) for sid in OWNER_OF}

    @property
    def at(self) -> int:
        return self.log.now()

    def wait(self, seconds: float) -> None:
        self.log.wait(seconds)

    def record(self, aggregate_id: str, fact: type[Event], /, **fields: object) -> int:
        """Record an event; return its version."""
        self.log.record(aggregate_id, fact(at=self.at, **fields))
        return self.log.repository.version(aggregate_id)

    def unit(self):
        return self.log.unit()

    # --- starts and devices ----------------------------------------------------------------

    def start(self) -> None:
        self.epoch += 1
        self.record(facts.LOBBY_ID, facts.EngineStarted, epoch=self.epoch)

    def link(self, sid: int, **queue: int) -> None:
        uid = OWNER_OF.get(sid, ADA)
        with self.unit():
            if not self.log.repository.version(facts.device_id(sid)):
                self.record(facts.device_id(sid), facts.DeviceAdded, sid=sid, uid=uid)
            self.record(facts.user_id(uid), facts.DeviceLinked, sid=sid, **queue)

    def online(self, *sids: int) -> None:
        for sid in sids:
            self.record(
                facts.user_id(OWNER_OF[sid]),
                facts.DeviceOnline,
                sid=sid,
                epoch=self.epoch,
                app="bees",
                version="2.1",
                terminal=3,
            )

    def offline(self, sid: int, **heard: object) -> None:
        self.record(facts.user_id(OWNER_OF[sid]), facts.DeviceOffline, sid=sid, **heard)

    def answer(self, sid: int, *, seq: int | None = None, code: int = 0, value: int = 0) -> int:
        """Answer a command of a device; return its number."""
        number = next(self.seqs[sid]) if seq is None else seq
        self.record(
            facts.device_id(sid),
            facts.CommandAnswered,
            seq=number,
            digest=f"{number:016x}",
            code=code,
            value=value,
        )
        return number

    # --- private ---------------------------------------------------------------------------

    def chat(
        self, sid: int, duid: int, text: str, *, copied: bool = False, muted: bool = False, **more
    ) -> int:
        """Send a message; return its version in the receiver's inbox."""
        suid = OWNER_OF[sid]
        with self.unit():
            content = {
                "kind": "chat",
                "suid": suid,
                "ssid": sid,
                "seq": next(self.seqs[sid]),
                "duid": duid,
                "time": 1_795_158_000,
                "text": text,
                **more,
            }
            inbox = facts.inbox_id(duid)
            version = self.record(inbox, facts.PrivateSent, muted=muted, **content)
            self.answer(sid, seq=content["seq"])
            if copied:
                copy = self.record(facts.inbox_id(suid), facts.PrivateCopied, **content)
                self.acknowledge(sid, copy)
        return version

    def push(self, duid: int, data: bytes) -> int:
        return self.record(
            facts.inbox_id(duid),
            facts.PrivateSent,
            kind="p2p",
            suid=0,
            ssid=0,
            seq=0,
            duid=duid,
            data=data,
        )

    def acknowledge(self, sid: int, *versions: int) -> None:
        user = facts.user_id(OWNER_OF[sid])
        self.record(user, facts.MessageAcknowledged, sid=sid, versions=versions)

    def ask_friend(self, sid: int, duid: int, *, told: tuple[int, ...] = ()) -> None:
        suid = OWNER_OF[sid]
        with self.unit():
            self.record(facts.user_id(suid), facts.FriendAsked, uid=duid, mark="hello")
            seq = self.answer(sid)
            notice = {"kind": "add", "suid": suid, "ssid": sid, "seq": seq, "duid": duid}
            version = self.record(facts.inbox_id(duid), facts.FriendNoticeSent, **notice)
            if told:
                self.record(facts.user_id(duid), facts.NoticeTold, version=version, sids=told)

    def make_friends(self, one: int, other: int) -> None:
        with self.unit():
            self.record(facts.user_id(one), facts.FriendMade, uid=other)
            self.record(facts.user_id(other), facts.FriendMade, uid=one)

    def list(self, sid: int, name: str, uid: int, *, on: bool = True) -> None:
        with self.unit():
            self.record(facts.user_id(OWNER_OF[sid]), facts.ListChanged, list=name, uid=uid, on=on)
            self.answer(sid)

    # --- groups ----------------------------------------------------------------------------

    def in_group(self, gid: int, sid: int, fact: type[Event], /, **fields: object) -> int:
        """Record what a device's command caused in a group; return the group's version."""
        with self.unit():
            version = self.record(facts.group_id(gid), fact, **fields)
            self.answer(sid)
        return version

    def found_group(self, gid: int, sid: int, name: str) -> None:
        uid = OWNER_OF[sid]
        self.record(facts.LOBBY_ID, facts.NumberGiven, series="place", number=gid)
        with self.unit():
            fields = {"gid": gid, "uid": uid, "name": name, "desc": "a group"}
            version = self.in_group(gid, sid, facts.GroupCreated, **fields)
            self.record(facts.user_id(uid), facts.GroupEntered, gid=gid, version=version)

    def enter_group(self, gid: int, sid: int, *, by: int | None = None) -> None:
        uid = OWNER_OF[sid]
        with self.unit():
            version = self.in_group(gid, sid, facts.GroupMemberAdded, uid=uid, by=by or uid)
            self.record(facts.user_id(uid), facts.GroupEntered, gid=gid, version=version)

    def leave_group(self, gid: int, uid: int, sid: int, fact: type[Event], /, **fields) -> None:
        with self.unit():
            self.in_group(gid, sid, fact, uid=uid, **fields)
            self.record(facts.user_id(uid), facts.GroupLeft, gid=gid)

    def say(self, gid: int, sid: int, text: str) -> int:
        with self.unit():
            seq = self.answer(sid)
            content = {"seq": seq, "level": 0, "time": 1_795_158_000, "text": text}
            return self.record(
                facts.group_id(gid), facts.GroupSaid, uid=OWNER_OF[sid], ssid=sid, **content
            )

    # --- rooms -----------------------------------------------------------------------------

    def join(self, rid: int, sid: int, *, gid: int = 1, new: bool = False) -> None:
        uid, room = OWNER_OF[sid], facts.room_id(rid)
        with self.unit():
            if new:
                self.record(room, facts.RoomCreated, rid=rid, uid=0, epoch=self.epoch)
            self.record(room, facts.RoomJoined, uid=uid, sid=sid, gid=gid)
            self.record(facts.device_id(sid), facts.RoomEntered, rid=rid, epoch=self.epoch)
            self.answer(sid, value=gid)

    def leave(self, rid: int, sid: int, reason: str = "quit") -> None:
        with self.unit():
            fields = {"uid": OWNER_OF[sid], "sid": sid, "reason": reason}
            self.record(facts.room_id(rid), facts.RoomLeft, **fields)
            self.record(facts.device_id(sid), facts.RoomExited, rid=rid)
            self.answer(sid)

    def put_out(self, rid: int, sids: tuple[int, ...], sid: int, fact: type[Event], /, **fields):
        """Kick somebody, or dismiss the room: it says so, and each device that was inside."""
        with self.unit():
            self.record(facts.room_id(rid), fact, **fields)
            for gone in sids:
                self.record(facts.device_id(gone), facts.RoomExited, rid=rid)
            self.answer(sid)

    def remark(self, rid: int, sid: int, text: str, *, gid: int = 0, data: bytes | None = None):
        with self.unit():
            self.record(
                facts.room_id(rid),
                facts.RoomSaid,
                uid=OWNER_OF[sid],
                ssid=sid,
                seq=self.answer(sid),
                gid=gid,
                level=1,
                time=1_795_158_000,
                text=text,
                data=data,
            )


def day(hive: Hive) -> None:
    """A day of instant messaging: everything happens once, and the engine starts twice."""
    for uid, name in ((ADA, "Ada"), (BO, "Bo"), (CY, "Cy"), (DEE, "Dee"), (OPERATOR, "Op")):
        hive.log.register(uid, name=name)
    hive.start()
    for sid in (PHONE, BOS, CYS, DEES, OPS):
        hive.link(sid)
    hive.wait(1)
    hive.online(PHONE, BOS, CYS, DEES)
    _write_privately(hive)
    _make_friends(hive)
    _meet_in_groups(hive)
    _meet_in_rooms(hive)
    _report_and_broadcast(hive)
    hive.wait(3_600)
    hive.start()
    hive.online(PHONE, BOS)
    with hive.unit():
        hive.record(facts.room_id(ROOM), facts.RoomEmptied, epoch=hive.epoch)
        hive.join(ROOM, BOS)
    hive.remark(ROOM, BOS, "anybody still here?")
    hive.leave(ROOM, BOS, "lost")


def _write_privately(hive: Hive) -> None:
    first = hive.chat(PHONE, BO, "good morning, Bo")
    hive.wait(1)
    hive.acknowledge(BOS, first)
    hive.link(DESK, after=0)
    hive.online(DESK)
    second = hive.chat(DESK, BO, "is the honey ready?", copied=True)
    hive.acknowledge(PHONE, 1)
    hive.wait(1)
    hive.chat(BOS, ADA, "nearly", data=b"\x00\xffhoney")
    hive.acknowledge(BOS, second)
    hive.acknowledge(PHONE, 2)
    hive.push(BO, b"\x01\x02\x03")
    hive.answer(CYS, code=10006)
    hive.list(BOS, "gag", CY)
    hive.chat(CYS, BO, "let me talk", muted=True)
    hive.list(BOS, "black", DEE)
    hive.answer(DEES, code=10005)
    with hive.unit():
        hive.record(facts.user_id(ADA), facts.MarkSet, uid=BO, mark="the beekeeper")
        hive.answer(PHONE)


def _make_friends(hive: Hive) -> None:
    hive.ask_friend(PHONE, BO, told=(BOS,))
    with hive.unit():
        hive.ask_friend(BOS, ADA)
        hive.make_friends(ADA, BO)
    hive.ask_friend(CYS, DEE)
    hive.record(facts.user_id(DEE), facts.DeviceSynced, sid=DEES, notices=(1,))


def _meet_in_groups(hive: Hive) -> None:
    hive.found_group(GROUP, PHONE, "keepers")
    hive.enter_group(GROUP, BOS)
    hive.enter_group(GROUP, CYS, by=ADA)
    hive.enter_group(GROUP, DEES)
    hive.wait(1)
    hive.say(GROUP, PHONE, "the queen is out")
    hive.in_group(GROUP, PHONE, facts.GroupRoleChanged, uid=BO, by=ADA, role=2)
    hive.in_group(GROUP, BOS, facts.GroupGagChanged, uid=CY, by=BO, on=True)
    hive.leave_group(GROUP, DEE, BOS, facts.GroupMemberRemoved, by=BO, reason="kicked")
    hive.leave_group(GROUP, CY, PHONE, facts.GroupBlacklistChanged, by=ADA, on=True)
    hive.in_group(GROUP, PHONE, facts.GroupRoleChanged, uid=BO, by=ADA, role=1)
    last = hive.say(GROUP, BOS, "I own it now")
    hive.offline(DESK, heard={GROUP: last}, reason="offline")
    hive.found_group(GONE_GROUP, CYS, "short")
    hive.leave_group(GONE_GROUP, CY, CYS, facts.GroupDismissed)


def _meet_in_rooms(hive: Hive) -> None:
    hive.join(ROOM, PHONE, new=True)
    hive.join(ROOM, BOS)
    hive.join(ROOM, CYS, gid=2)
    hive.remark(ROOM, PHONE, "welcome all")
    hive.remark(ROOM, CYS, "", gid=2, data=b"\xf0\x9f\x90\x9d")
    expiring = {"msgid": 6, "level": 0, "time": 1_795_158_000, "expire": 60}
    hive.record(facts.room_id(ROOM), facts.RoomBroadcast, data=b"closing at six", **expiring)
    hive.leave(ROOM, CYS)
    hive.record(facts.LOBBY_ID, facts.NumberGiven, series="place", number=HALL)
    with hive.unit():
        hall = {"rid": HALL, "uid": ADA, "name": "hall", "desc": "", "epoch": hive.epoch}
        hive.record(facts.room_id(HALL), facts.RoomCreated, **hall)
        hive.answer(PHONE, value=HALL)
    hive.join(HALL, CYS)
    hive.join(HALL, DEES)
    changed = {"uid": BO, "by": ADA, "manager": True}
    hive.record(facts.room_id(HALL), facts.RoomRoleChanged, **changed)
    hive.put_out(HALL, (CYS,), BOS, facts.RoomKicked, uid=CY, by=BO)
    hive.put_out(HALL, (DEES,), PHONE, facts.RoomDismissed, uid=ADA)


def _report_and_broadcast(hive: Hive) -> None:
    node = {"type": 1, "ip": "192.0.2.1", "port": 9002, "nation": "CN"}
    hive.record(facts.NODES_ID, facts.NodeReported, nid=1, **node)
    hive.record(facts.NODES_ID, facts.NodeLost, nid=1)
    hive.record(facts.NODES_ID, facts.NodeReported, nid=2, **node)
    watching = {"sid": OPS, "cmd": 0x0412, "on": True}
    with hive.unit():
        hive.record(facts.user_id(OPERATOR), facts.SubscriptionChanged, **watching)
        hive.record(facts.NODES_ID, facts.SubscriptionChanged, **watching)
    told = {"level": 0, "time": 1_795_158_000, "expire": 0, "text": "we close at eight"}
    hive.record(facts.LOBBY_ID, facts.BroadcastSent, msgid=1, suid=0, **told)
    hive.record(facts.LOBBY_ID, facts.NumberGiven, series="sid", number=500)
