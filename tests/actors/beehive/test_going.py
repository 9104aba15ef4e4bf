"""How sessions end, and what becomes of them when the disk refuses."""

from parlour.events.beehive import device_id, user_id
from parlour.events.messages.beehive import common, private, room


def online(uid, sid, token="x"):
    return common.Online(uid=uid, sid=sid, token=token, app="app", version="2", terminal=3)


# --- going ----------------------------------------------------------------------------------


def test_offline_is_answered_and_ends_the_connection(hive):
    client = hive.come(7)
    assert client.ask(common.Offline(), seq=9) == common.OfflineAck()
    assert client.closed == ["offline"]
    assert hive.names(user_id(7))[-1] == "DeviceOffline"
    assert hive.events(user_id(7))[-1].reason == "offline"


def test_a_lost_connection_takes_its_device_offline(hive):
    hive.come(7).cut()
    assert hive.events(user_id(7))[-1].reason == "lost"


def test_a_taken_over_connection_is_closed_and_the_device_stays_online(hive):
    old, peer = hive.come(7, 70), hive.come(8)
    new = hive.come(7, 70)
    assert old.closed == ["taken_over"]
    assert "DeviceOffline" not in hive.names(user_id(7))
    peer.chat(7, "to the new one")
    assert new.texts() == ["to the new one"]
    assert old.texts() == []


def test_a_taken_over_device_is_in_no_room(hive):
    peer = hive.come(8)
    old = hive.come(7, 70)
    for client in (peer, old):
        assert client.code(room.RoomJoin(uid=client.uid, rid=5)) == 0
    peer.take()
    new = hive.come(7, 70)
    assert [m.uid for m in peer.heard(room.RoomQuitNtf)] == [7]
    said = room.RoomChat(uid=7, rid=5, gid=0, level=0, time=0, text="in")
    assert new.code(said) == 10005
    assert hive.state(device_id(70)).rooms == {}


def test_offline_and_a_lost_connection_leave_the_rooms(hive):
    peer = hive.come(8)
    peer.code(room.RoomJoin(uid=8, rid=5))
    for leave in (lambda c: c.cut(), lambda c: c.say(common.Offline())):
        client = hive.come(7)
        client.code(room.RoomJoin(uid=7, rid=5))
        peer.take()
        leave(client)
        assert [m.uid for m in peer.heard(room.RoomQuitNtf)] == [7]


def test_news_of_a_loss_that_comes_late_changes_nothing(hive):
    old = hive.come(7, 70)
    hive.house.hub.bound.pop(("beehive", 70))
    new = hive.come(7, 70)
    old.cut()
    assert "DeviceOffline" not in hive.names(user_id(7))
    hive.come(8).chat(7, "still here")
    assert new.texts() == ["still here"]


# --- what the disk refuses ------------------------------------------------------------------


def test_an_online_that_is_dropped_leaves_no_ghost(hive, disk):
    peer = hive.come(8)
    disk.fill()
    client = hive.connect()
    client.uid = 7
    client.say(online(7, 70), sid=70, seq=1)
    assert [m.code for m in client.heard(common.Error)] == [10001]
    assert client.closed
    disk.free()
    hive.flush()
    assert hive.house.hub.announced == {}
    assert hive.state(device_id(70)).uid == 0
    assert hive.names(user_id(7)) == []
    assert hive.come(7, 70).sid == 70
    peer.take()
    assert peer.chat(7, "there") == 0


def test_a_command_that_is_dropped_may_be_sent_again(hive, disk):
    sender, receiver = hive.come(7), hive.come(8)
    disk.fill()
    sender.say(sender.a_chat(8, "once"), seq=20)
    assert [m.code for m in sender.heard()] == [10001]
    assert receiver.heard() == []
    disk.free()
    assert not sender.closed
    assert sender.code(sender.a_chat(8, "once"), seq=20) == 0
    [chat] = receiver.take(private.Chat)
    receiver.ack(chat)
    assert receiver.synced() == []


def test_a_connection_lost_while_the_disk_is_full_is_found_out(hive, disk):
    client, peer = hive.come(7), hive.come(8)
    disk.fill()
    client.cut()
    disk.free()
    hive.flush()
    assert hive.names(user_id(7))[-1] == "DeviceOffline"
    assert peer.chat(7, "for later") == 0
    assert hive.come(7).synced() == ["for later"]


def test_a_taken_over_connection_whose_successor_was_dropped_is_still_obeyed(hive, disk):
    old, peer = hive.come(7, 70), hive.come(8)
    disk.fill()
    client = hive.connect()
    client.uid = 7
    client.say(online(7, 70), sid=70, seq=1)
    assert client.closed
    disk.free()
    hive.flush()
    assert not old.closed
    old.take()
    assert old.chat(8, "me") == 0
    assert peer.texts() == ["me"]
    peer.chat(7, "and back")
    assert old.texts() == ["and back"]


def test_the_answer_of_a_dropped_read_is_no_answer(hive, disk):
    client = hive.come(7)
    disk.fill()
    client.say(common.Sync(uid=7), seq=30)
    assert [type(m) for m in client.heard()] == [common.Error]
    disk.free()
    assert client.synced() == []


def test_offline_on_a_full_disk_is_not_said_and_done_later(hive, disk):
    client = hive.come(7)
    disk.fill()
    client.say(common.Offline(), seq=9)
    assert [m.code for m in client.heard()] == [10001]
    assert not client.closed
    disk.free()
    assert client.ask(common.Offline(), seq=10) == common.OfflineAck()
    assert client.closed
