"""Groups and rooms under whatever is done to them in whatever order, on the real engine."""

import random

import pytest
from eventsourcing.persistence import OperationalError

from parlour.actors.beehive.messages import PushToGroup, PushToRoom, RoomHistory
from parlour.events import beehive as facts
from parlour.events.kinds import rebuild
from parlour.events.messages.beehive import common, group, room
from parlour.events.rules.beehive import group as group_rules
from parlour.events.rules.beehive import places

UIDS = (1, 2, 3, 4)
SIDS = [uid * 100 + device for uid in UIDS for device in (0, 1)]
GIDS = (7, 8)
RIDS = (21, 22)
ABOUT = [
    group.GroupKick,
    group.GroupGagAdd,
    group.GroupGagDel,
    group.GroupBlAdd,
    group.GroupBlDel,
    group.GroupMgrAdd,
    group.GroupMgrAdd,
    group.GroupMgrDel,
]
CODES = {0, 10005, 10006, 10022, 20012}


class Square:
    """Four users with two devices each, in two groups and some rooms; chance says what they do."""

    def __init__(self, hive, seed):
        self.hive, self.random = hive, random.Random(seed)
        self.clients = {}
        self.rid = RIDS[0]
        for uid in UIDS:
            hive.register(uid)
        for sid in SIDS[:5]:
            self.clients[sid] = hive.come(sid // 100, sid)
        for gid in GIDS:
            self.code(100, group.GroupCreat(uid=1, gid=gid, name="", desc=""))
            for uid in (2, 3):
                self.code(uid * 100, group.GroupJoin(uid=uid, gid=gid))
        self.create_room(100)

    def step(self):
        """Do something, and find everything right."""
        [act] = self.random.choices(list(ACTS), list(ACTS.values()))
        act(self, self.random.choice(SIDS))
        self.nothing_failed_inside()
        self.groups_and_their_members_agree()
        self.rooms_and_their_devices_agree()

    # --- chance ----------------------------------------------------------------------------

    def uid(self):
        return self.random.choice([*UIDS, *UIDS, 0, 5])

    def gid(self):
        return self.random.choice([7, 7, 7, 7, 8, 8, RIDS[0]])

    def a_rid(self):
        return self.random.choice([21, 21, 21, 22, self.rid, self.rid, self.rid, GIDS[0]])

    def rarely(self):
        return self.random.random() < 0.2

    def owner(self, gid, sid):
        """Return often a device of who owns a group."""
        members = self.group(gid).members
        owner = next((uid for uid, role in members.items() if role == places.OWNER), 0)
        return sid if self.rarely() else owner * 100

    def code(self, sid, message, **header):
        client = self.clients.get(sid)
        if client is None:
            return None
        code = client.code(message, **header)
        assert code in CODES
        return code

    # --- coming and going ------------------------------------------------------------------

    def come(self, sid):
        older = self.clients.get(sid)
        self.clients[sid] = self.hive.come(sid // 100, sid)
        assert older is None or older.closed

    def cut(self, sid):
        if sid in self.clients:
            self.clients.pop(sid).cut()

    def go_offline(self, sid):
        if sid in self.clients:
            self.clients.pop(sid).say(common.Offline())

    # --- groups ----------------------------------------------------------------------------

    def manage(self, sid):
        gid = self.gid()
        kind = self.random.choice(ABOUT)
        self.code(self.owner(gid, sid), kind(uid=self.uid(), gid=gid))

    def manage_as_anybody(self, sid):
        self.code(sid, self.random.choice(ABOUT)(uid=self.uid(), gid=self.gid()))

    def join_group(self, sid):
        self.code(sid, group.GroupJoin(uid=sid // 100, gid=self.gid()))

    def invite(self, sid):
        self.code(sid, group.GroupInvite(uid=sid // 100, gid=self.gid(), to=self.uid()))

    def quit_group(self, sid):
        self.code(sid, group.GroupQuit(uid=sid // 100, gid=self.gid()))

    def dismiss_group(self, sid):
        self.code(sid, group.GroupDimiss(uid=sid // 100, gid=GIDS[1]))

    def create_group(self, sid):
        gid = self.random.choice([*GIDS, *RIDS, 0, 2**64 - 1])
        self.code(sid, group.GroupCreat(uid=sid // 100, gid=gid, name="", desc=""))

    def list_members(self, sid):
        if sid in self.clients:
            gid = self.gid()
            answer = self.clients[sid].ask(group.GroupUsrList(gid=gid, num=0))
            member = sid // 100 in self.group(gid).members
            assert isinstance(answer, group.GroupUsrListAck) == member

    def chat_in_group(self, sid):
        gid, uid, forged = self.gid(), sid // 100, self.rarely()
        state = self.group(gid)
        may = not forged and uid in state.members and uid not in state.gagged
        heard = {s for s in self.clients if s // 100 in state.members and s != sid}
        sender = uid % 4 + 1 if forged else uid
        chat = group.GroupChat(uid=sender, gid=gid, level=0, time=0, text="g")
        self.say_and_compare(sid, chat, may=may, heard=heard)

    def sync(self, sid):
        if sid in self.clients:
            for packet in self.clients[sid].sync():
                if isinstance(packet.message, group.GroupChat):
                    assert sid // 100 in self.group(packet.message.gid).members

    # --- rooms -----------------------------------------------------------------------------

    def join_room(self, sid):
        message = room.RoomJoin(uid=sid // 100, rid=self.a_rid())
        code = self.code(sid, message)
        if code is not None and self.rarely():
            again = self.hive.state(facts.device_id(sid)).highest
            assert self.code(sid, message, seq=again) == code

    def quit_room(self, sid):
        self.code(sid, room.RoomQuit(uid=sid // 100, rid=self.a_rid()))

    def kick(self, sid):
        self.code(sid, room.RoomKick(uid=self.uid(), rid=self.a_rid()))

    def create_room(self, sid):
        if sid in self.clients:
            creat = room.RoomCreat(uid=sid // 100, name="", desc="")
            self.rid = self.clients[sid].ask(creat).rid
            for one in self.clients:
                assert self.code(one, room.RoomJoin(uid=one // 100, rid=self.rid)) == 0

    def change_manager(self, sid):
        kind = self.random.choice([group.GroupMgrAdd, group.GroupMgrDel])
        owner = sid if self.rarely() else self.room(self.rid).owner * 100
        self.code(owner, kind(uid=self.uid(), gid=self.rid))

    def dismiss_room(self, sid):
        self.code(sid, room.RoomDismiss(uid=sid // 100, rid=self.rid))

    def chat_in_room(self, sid):
        rid, uid, forged = self.a_rid(), sid // 100, self.rarely()
        gid = self.random.choice([0, 0, 1, 2, 3, 4])
        there = self.there(rid)
        may = not forged and sid in there and gid <= len(self.room(rid).sizes)
        heard = {s for s, its in there.items() if gid in (0, its) or s == sid}
        sender = uid % 4 + 1 if forged else uid
        chat = room.RoomChat(uid=sender, rid=rid, gid=gid, level=0, time=0, text="r")
        self.say_and_compare(sid, chat, may=may, heard=heard)

    def say_and_compare(self, sid, chat, *, may, heard):
        """Say something; those must hear it who may, and nobody else."""
        if sid not in self.clients:
            return
        for client in self.clients.values():
            client.take(type(chat))
        assert (self.code(sid, chat) == 0) == may
        told = {s for s, client in self.clients.items() if client.take(type(chat))}
        assert told == (heard if may else set())

    def subscribe(self, sid):
        self.code(sid, common.Unsub(cmd=0x0410) if self.rarely() else common.Sub())

    def push(self, _sid):
        self.hive.order(facts.group_id(self.gid()), PushToGroup(text="x"))
        expire = self.random.randint(0, 3)
        self.hive.order(facts.room_id(self.a_rid()), PushToRoom(expire=expire, data=b"x"))

    def look_back(self, sid):
        room_id = facts.room_id(self.a_rid())
        uid = sid // 100
        told = self.hive.order(room_id, RoomHistory(uid=uid, count=3))
        if told == "forbidden":
            assert uid in self.hive.state(room_id).black
        elif told != "no_such_room":
            said = [e for e in self.hive.events(room_id) if isinstance(e, facts.RoomSaid)]
            assert told == [event for event in said if event.gid == 0][-3:]

    # --- time, memory and disk -------------------------------------------------------------

    def wait(self, _sid):
        self.hive.pass_time(self.random.choice([0.4, 1.0, 3.0]))

    def forget(self, _sid):
        engine = self.hive.house.engine
        engine.end(facts.room_id(self.a_rid()))
        engine.end(facts.group_id(self.gid()))
        engine.repository.clear()

    def fill_the_disk(self, sid):
        """What is asked then is dropped; who goes then is gone afterwards."""
        recorder = self.hive.house.recorder
        commit, probe = recorder.commit, recorder.probe

        def refuse(*_):
            raise OperationalError("database or disk is full")

        recorder.commit = recorder.probe = refuse
        if sid in self.clients:
            client, uid = self.clients.pop(sid), sid // 100
            client.say(room.RoomJoin(uid=uid, rid=self.a_rid()))
            client.say(room.RoomQuit(uid=uid, rid=self.rid))
            client.say(group.GroupJoin(uid=uid, gid=self.gid()))
            client.cut()
        recorder.commit, recorder.probe = commit, probe
        self.hive.house.writer.advance(1.0)
        self.hive.flush()
        assert self.hive.house.engine.accepting

    def restart(self, _sid):
        self.memory_is_what_the_log_says()
        self.clients = {}
        self.hive.restart()

    # --- looking ---------------------------------------------------------------------------

    def group(self, gid):
        return self.hive.state(facts.group_id(gid))

    def room(self, rid):
        return self.hive.state(facts.room_id(rid))

    def there(self, rid):
        """Return the sub-group of each device that is in a room now, by sid."""
        state = self.room(rid)
        if state.epoch != self.hive.state(facts.LOBBY_ID).epoch:
            return {}
        return {there.sid: there.gid for _, there in places.everybody(state)}

    # --- what must always hold -------------------------------------------------------------

    def nothing_failed_inside(self):
        assert [
            fields for name, fields in self.hive.house.reports if name == "handler_failed"
        ] == []

    def groups_and_their_members_agree(self):
        for gid in (*GIDS, *RIDS):
            state = self.group(gid)
            owners = [uid for uid, role in state.members.items() if role == places.OWNER]
            assert len(owners) == group_rules.alive(state)
            assert not state.black & set(state.members)
            for uid in (0, *UIDS, 5):
                listed = gid in self.hive.state(facts.user_id(uid)).groups
                assert listed == (uid in state.members)

    def rooms_and_their_devices_agree(self):
        epoch = self.hive.state(facts.LOBBY_ID).epoch
        for rid in (*RIDS, *GIDS, self.rid):
            there = self.there(rid)
            assert there.keys() <= self.clients.keys()
            for sid in SIDS:
                entered = self.hive.state(facts.device_id(sid)).rooms.get(rid) == epoch
                assert entered == (sid in there)
            state = self.room(rid)
            if state.epoch == epoch:
                sizes = [0] * len(state.sizes)
                for gid in there.values():
                    sizes[gid - 1] += 1
                assert tuple(sizes) == state.sizes
                assert all(size <= 2 for size in sizes)
                assert state.count == len({sid // 100 for sid in there})

    def memory_is_what_the_log_says(self):
        rows = [
            (n.id, n.originator_id, n.originator_version, n.topic, n.state)
            for n in self.hive.house.recorder.select_notifications(1, 1_000_000)
        ]
        for aggregate, rebuilt in rebuild(rows).items():
            assert self.hive.state(aggregate) == rebuilt.state


ACTS = {
    Square.come: 7,
    Square.cut: 1,
    Square.go_offline: 1,
    Square.manage: 12,
    Square.manage_as_anybody: 6,
    Square.join_group: 9,
    Square.invite: 4,
    Square.quit_group: 2,
    Square.dismiss_group: 0.5,
    Square.create_group: 1,
    Square.list_members: 2,
    Square.chat_in_group: 12,
    Square.sync: 3,
    Square.join_room: 14,
    Square.quit_room: 3,
    Square.kick: 3,
    Square.create_room: 0.5,
    Square.change_manager: 4,
    Square.dismiss_room: 0.3,
    Square.chat_in_room: 14,
    Square.subscribe: 2,
    Square.push: 2,
    Square.look_back: 1,
    Square.wait: 3,
    Square.forget: 0.5,
    Square.fill_the_disk: 0.5,
    Square.restart: 0.2,
}
"""What may happen, and how often."""


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_done_in_whatever_order_groups_and_rooms_stay_right(hive_of, seed):
    square = Square(hive_of(room_group_size=2, group_members=4), seed)
    for _ in range(400):
        square.step()
    square.memory_is_what_the_log_says()
