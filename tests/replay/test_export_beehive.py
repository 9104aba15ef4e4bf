import sqlite3
from contextlib import closing

import pytest
from hives import ADA, BO, BOS, CY, DESK, GROUP, PHONE, ROOM

from parlour.events import beehive as facts
from parlour.events.reader import LogReader
from parlour.replay.export import export


@pytest.fixture(scope="module")
def exported(buzzed, tmp_path_factory):
    out = tmp_path_factory.mktemp("export") / "out.db"
    with LogReader(buzzed) as reader:
        export(reader, out)
    return out


@pytest.fixture
def ask(exported):
    with closing(sqlite3.connect(exported)) as db:
        yield lambda sql, *values: db.execute(sql, values).fetchall()


def test_every_reference_leads_somewhere(ask):
    assert ask("PRAGMA foreign_key_check") == []


def test_every_conversation_is_a_room(ask):
    rooms = "SELECT name, kind, title, creator, messages FROM rooms ORDER BY name"
    assert ask(rooms) == [
        ("broadcast", "broadcast", None, None, 1),
        ("group:1000001", "group", "keepers", ADA, 2),
        ("group:1000002", "group", "short", CY, 0),
        ("room:1000003", "live", "hall", ADA, 0),
        ("room:7", "live", "", None, 4),
        ("user:0:2", "private", None, None, 1),
        ("user:1:2", "private", None, None, 3),
        ("user:2:3", "private", None, None, 1),
    ]
    assert ask("SELECT name FROM rooms WHERE closed IS NOT NULL ORDER BY name") == [
        ("group:1000002",),
        ("room:1000003",),
    ]


def test_messages_of_all_kinds_are_found_by_a_word(ask):
    found = (
        "SELECT room, messages.username, kind FROM messages "
        "JOIN messages_fts ON messages.rowid = messages_fts.rowid "
        "WHERE messages_fts MATCH ? ORDER BY position"
    )
    assert ask(found, "honey") == [("user:1:2", "Ada", "chat")]
    assert ask(found, "close OR closing") == [
        ("room:7", "", "room-broadcast"),
        ("broadcast", "", "broadcast"),
    ]
    assert ask(found, "queen") == [("group:1000001", "Ada", "group")]


def test_a_message_has_what_its_sender_said_besides(ask):
    fields = "SELECT to_uid, sid, sender_seq, sender_time, level, muted, data FROM messages"
    assert ask(f"{fields} WHERE text='nearly'") == [
        (ADA, str(BOS), 8, 1_795_158_000, 0, 0, b"\x00\xffhoney")
    ]
    assert ask("SELECT muted FROM messages WHERE uid=? AND room='user:2:3'", CY) == [(1,)]
    assert ask("SELECT sub_group, data FROM messages WHERE uid=? AND kind='room'", CY) == [
        (2, "🐝".encode())
    ]


def test_each_delivery_has_message_device_and_time(ask):
    deliveries = (
        "SELECT messages.text, deliveries.receiver, deliveries.sid, deliveries.copy, "
        "deliveries.acknowledged > deliveries.sent FROM deliveries "
        "JOIN messages ON messages.position = deliveries.message ORDER BY message, receiver"
    )
    assert ask(deliveries) == [
        ("good morning, Bo", BO, str(BOS), 0, 1),
        # The copy for Ada's other device, which the sending one has from the start.
        ("is the honey ready?", ADA, str(DESK), 1, 0),
        ("is the honey ready?", ADA, str(PHONE), 1, 0),
        ("is the honey ready?", BO, str(BOS), 0, 1),
        ("nearly", ADA, str(PHONE), 0, 0),
    ]


def test_what_waits_for_a_device_is_told(ask):
    waiting = (
        "SELECT messages.kind, messages.text, undelivered.sid FROM undelivered "
        "JOIN messages ON messages.position = undelivered.message ORDER BY message"
    )
    assert ask(waiting) == [
        ("chat", "nearly", str(DESK)),
        ("p2p", "", str(BOS)),
        ("chat", "let me talk", str(BOS)),
    ]


def test_devices_stand_as_they_stood_at_the_end(ask):
    fields = "SELECT uid, app, version, terminal, why, commands > 5, refused FROM devices"
    assert ask(f"{fields} WHERE sid=?", str(PHONE)) == [(ADA, "bees", "2.1", 3, None, 1, 0)]
    assert ask(f"{fields} WHERE sid=?", str(DESK)) == [(ADA, "bees", "2.1", 3, "offline", 0, 0)]
    assert ask("SELECT sum(refused) FROM devices") == [(2,)]


def test_friends_and_those_who_were_only_asked(ask):
    assert ask("SELECT uid, friend, mark, since IS NOT NULL FROM friends ORDER BY uid, friend") == [
        (ADA, BO, "hello", 1),
        (BO, ADA, "hello", 1),
        (CY, 4, "hello", 0),
    ]


def test_lists_of_users(ask):
    assert ask("SELECT uid, list, other, mark FROM user_lists ORDER BY uid, list") == [
        (ADA, "mark", BO, "the beekeeper"),
        (BO, "black", 4, None),
        (BO, "gag", CY, None),
    ]


def test_groups_and_who_was_in_them(ask):
    assert ask("SELECT gid, owner, members, dismissed IS NULL FROM groups ORDER BY gid") == [
        (str(GROUP), BO, 2, 1),
        (str(GROUP + 1), None, 0, 0),
    ]
    members = "SELECT uid, role, invited_by, why, by FROM group_members WHERE gid=? ORDER BY uid"
    assert ask(members, GROUP) == [
        (ADA, "manager", None, None, None),
        (BO, "owner", None, None, None),
        (CY, "member", ADA, "blacklisted", ADA),
        (4, "member", None, "kicked", BO),
    ]


def test_visits_of_rooms(ask):
    visits = "SELECT uid, sub_group, why, gone IS NULL FROM room_visits WHERE room=?"
    assert ask(f"{visits} ORDER BY position", f"room:{ROOM}") == [
        (ADA, 1, "restart", 1),
        (BO, 1, "restart", 1),
        (CY, 2, "quit", 0),
        (BO, 1, "lost", 0),
    ]


def test_nodes_have_their_times(ask):
    assert ask("SELECT nid, ip, port, lost IS NULL FROM nodes ORDER BY nid") == [
        (1, "192.0.2.1", 9002, 0),
        (2, "192.0.2.1", 9002, 1),
    ]


def test_numbers_beyond_sqlite_s_are_exported(hive, tmp_path):
    hive.log.register(ADA)
    hive.start()
    sid = rid = 2**64 - 1
    hive.record(facts.device_id(sid), facts.DeviceAdded, sid=sid, uid=ADA)
    hive.record(facts.user_id(ADA), facts.DeviceLinked, sid=sid)
    hive.record(facts.room_id(rid), facts.RoomCreated, rid=rid, uid=0, epoch=1)
    said = {"level": 0, "time": 2**64 - 1, "text": "far", "gid": 0}
    hive.record(facts.room_id(rid), facts.RoomSaid, uid=ADA, ssid=sid, seq=2**64 - 1, **said)
    hive.log.flush()
    with LogReader(hive.log.data) as reader:
        export(reader, tmp_path / "out.db")
    with closing(sqlite3.connect(tmp_path / "out.db")) as db:
        row = db.execute("SELECT room, sid, sender_seq FROM messages").fetchall()
    assert row == [(f"room:{rid}", str(sid), float(2**64 - 1))]
