"""Dialect v1: the server draws the sid, and a client that comes again goes on where it was."""

from parlour.actors.accounts import IssueToken
from parlour.events.beehive import user_id
from parlour.events.messages.beehive import common, private, room


def come(hive, uid, *, header=0, **options):
    client = hive.connect()
    answer = client.online(uid, implied=True, header=header, **options)
    assert answer.code == 0, answer
    assert answer.sid
    return client


def test_a_sid_is_drawn_and_told(hive):
    one, other = come(hive, 7), come(hive, 7)
    assert one.sid != other.sid
    assert list(hive.state(user_id(7)).devices) == [one.sid, other.sid]


def test_a_client_that_comes_again_finds_what_waited(hive):
    sender = hive.come(8)
    old = come(hive, 7)
    sender.chat(7, "heard")
    old.ack(old.take(private.Chat)[0])
    old.cut()
    sender.chat(7, "missed")
    new = come(hive, 7)
    assert new.sid != old.sid
    assert list(hive.state(user_id(7)).devices) == [new.sid]
    assert new.synced() == ["missed"]


def test_devices_of_v1_do_not_pile_up(hive):
    for _ in range(20):
        come(hive, 7).cut()
    assert len(hive.state(user_id(7)).devices) == 1


def test_a_device_that_named_its_sid_itself_is_nobodys_heir(hive):
    sender = hive.come(8)
    hive.come(7, 70).cut()
    sender.chat(7, "for 70")
    assert come(hive, 7).synced() == []
    assert hive.come(7, 70).synced() == ["for 70"]


def test_a_header_with_the_own_sid_goes_on_with_it(hive):
    old = come(hive, 7)
    old.chat(7, seq=30)
    old.cut()
    new = come(hive, 7, header=old.sid)
    assert new.sid == old.sid
    new.say(common.Sync(uid=0), seq=30, sid=0, implied=True)
    assert new.closed  # its numbers go on, too


def test_a_header_with_anothers_sid_gets_a_new_one(hive):
    other = hive.come(8)
    client = come(hive, 7, header=other.sid)
    assert client.sid != other.sid
    assert not other.closed


def test_without_open_any_token_of_the_user_will_do(hive_of):
    hive = hive_of(open=False)
    hive.register(7)
    hive.register(8)
    token = hive.order("user:7", IssueToken(kind="beehive", sid=55)).token
    come(hive, 7, token=token)
    assert hive.connect().online(8, implied=True, token=token).code == 20008
    assert hive.connect().online(7, implied=True, token="x").code == 20008


def test_a_room_that_is_not_named_is_the_default_or_the_last(hive):
    client = come(hive, 7)
    header = {"sid": 0, "implied": True}
    assert client.ask(room.RoomJoin(uid=0, rid=0), **header).rid == 1
    assert client.ask(room.RoomJoin(uid=0, rid=9), **header).rid == 9
    said = room.RoomChat(uid=0, rid=0, gid=0, level=0, time=0, text="here")
    client.take()
    assert client.ask(said, **header).rid == 9
    assert [m.rid for m in client.heard(room.RoomChat)] == [9]
    assert client.ask(room.RoomQuit(uid=0, rid=0), **header).rid == 9
    assert client.ask(said, **header).rid == 1
    assert client.ask(room.RoomQuit(uid=0, rid=0), **header).code == 0
    assert client.ask(said, **header).code == 10006


def test_online_again_is_answered_the_same(hive):
    client = come(hive, 7)
    assert client.online(7, implied=True, header=client.sid).code == 0
    assert client.ask(common.Ping(), sid=0) == common.Pong()
