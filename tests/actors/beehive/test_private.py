"""CHAT and P2P: devices, copies, lists, the queue."""

import pytest

from parlour.actors.beehive.messages import AddDevice, PushToUser
from parlour.events.beehive import inbox_id, user_id
from parlour.events.messages.beehive import private, push

DAY = 86_400


def test_a_chat_is_on_disk_when_it_is_acknowledged_and_reaches_all_devices(hive):
    desk, pocket = hive.come(7, 70), hive.come(7, 71)
    phone, tablet = hive.come(8, 80), hive.come(8, 81)
    said = private.Chat(suid=7, duid=8, level=3, time=9, text="hi", data=b"\0\xff")
    answer = desk.ask(said, seq=20)
    assert answer == private.ChatAck(suid=7, duid=8, code=0, errmsg="Ok")
    for device in (phone, tablet, pocket):
        [packet] = device.take()
        assert (packet.message, packet.seq, packet.sid) == (said, 20, 70)
    assert desk.packets == []
    assert hive.names(inbox_id(8)) == ["PrivateSent"]


def test_p2p_goes_the_same_way(hive):
    desk, pocket, phone = hive.come(7, 70), hive.come(7, 71), hive.come(8)
    said = push.P2P(suid=7, duid=8, time=9, data=b"\xff" * 300)
    assert desk.ask(said, seq=20) == push.P2PAck(suid=7, duid=8, code=0, errmsg="Ok")
    for device in (phone, pocket):
        assert [(p.message, p.seq, p.sid) for p in device.take()] == [(said, 20, 70)]


def test_nothing_is_copied_for_who_has_no_other_device(hive):
    hive.come(7).chat(hive.come(8).uid)
    assert hive.names(inbox_id(7)) == []


@pytest.mark.parametrize("duid", [0, 999, 2**63, 2**64 - 1])
def test_nobody_is_not_found(hive, duid):
    client = hive.come(7)
    assert client.chat(duid) == 10006
    assert client.code(client.a_p2p(duid)) == 10006
    assert client.code(private.FriendAdd(suid=7, duid=duid, mark="")) == 10006
    assert client.code(private.BlacklistAdd(suid=7, duid=duid)) == 10006
    assert client.code(private.MarkAdd(suid=7, duid=duid, mark="x")) == 10006


def test_to_oneself_goes_to_ones_other_devices(hive):
    desk, pocket = hive.come(7, 70), hive.come(7, 71)
    assert desk.chat(7, "note") == 0
    assert pocket.texts() == ["note"]
    assert desk.texts() == []
    assert desk.synced() == []
    assert pocket.synced() == ["note"]
    assert hive.names(inbox_id(7)) == ["PrivateSent"]


# --- the queue ------------------------------------------------------------------------------


def test_what_is_not_acknowledged_waits_in_order_with_its_numbers(hive):
    sender = hive.come(7)
    hive.come(8).cut()
    for number in range(20):
        sender.chat(8, str(number), seq=100 + 3 * number)
    for _ in range(2):
        told = hive.come(8).sync()
        assert [(p.message.text, p.seq, p.sid) for p in told] == [
            (str(number), 100 + 3 * number, sender.sid) for number in range(20)
        ]
    hive.restart()
    client = hive.come(8)
    told = client.sync()
    assert [p.message.text for p in told] == [str(number) for number in range(20)]
    for packet in told[:7]:
        client.ack(packet)
    assert client.synced() == [str(number) for number in range(7, 20)]
    for packet in reversed(told):
        client.ack(packet)
    assert client.synced() == []


def test_each_device_has_a_queue_of_its_own(hive):
    sender = hive.come(7)
    phone, tablet = hive.come(8, 80), hive.come(8, 81)
    sender.chat(8, "one")
    phone.ack(phone.take(private.Chat)[0])
    assert phone.synced() == []
    assert tablet.synced() == ["one"]


def test_the_first_device_finds_what_came_before_it_and_the_second_does_not(hive):
    sender = hive.come(7)
    hive.register(8)
    sender.chat(8, "early")
    phone, tablet = hive.come(8, 80), hive.come(8, 81)
    assert tablet.synced() == []
    assert phone.synced() == ["early"]
    sender.chat(8, "now")
    assert tablet.synced() == ["now"]


def test_a_device_that_was_only_given_has_a_queue(hive):
    sender = hive.come(7)
    hive.come(8, 80)
    hive.order(user_id(8), AddDevice(sid=81))
    sender.chat(8, "to both")
    assert hive.come(8, 81).synced() == ["to both"]


def test_the_senders_other_device_has_its_copy_in_its_queue(hive):
    desk = hive.come(7, 70)
    hive.come(7, 71).cut()
    hive.come(8)
    desk.chat(8, "mine")
    pocket = hive.come(7, 71)
    [packet] = pocket.sync()
    assert (packet.message.suid, packet.message.duid, packet.sid) == (7, 8, 70)
    pocket.ack(packet)
    assert pocket.synced() == []
    assert desk.synced() == []


def test_a_device_not_seen_for_thirty_days_has_no_queue_any_more(hive):
    hive.come(8, 80).cut()
    phone = hive.come(8, 81)
    hive.pass_time(31 * DAY)
    hive.come(8, 82)
    assert list(hive.state(user_id(8)).devices) == [81, 82]
    sender = hive.come(7)
    sender.chat(8, "today")
    assert hive.come(8, 80).synced() == []
    assert phone.synced() == ["today"]  # it was online all the time


def test_the_first_device_after_all_others_are_gone_goes_on_where_they_stopped(hive):
    phone, sender = hive.come(8, 80), hive.come(7)
    for text in ("a", "b", "c"):
        sender.chat(8, text)
    told = phone.take(private.Chat)
    phone.ack(told[0])
    phone.cut()
    sender.chat(8, "d")
    hive.pass_time(31 * DAY)
    sender.chat(8, "e")
    assert hive.come(8, 81).synced() == ["b", "c", "d", "e"]


def test_the_time_a_crash_ended_a_connection_is_when_its_device_was_seen(hive):
    hive.come(8, 80)
    hive.pass_time(40 * DAY)
    hive.restart()
    sender = hive.come(7)
    hive.come(8, 81)
    sender.chat(8, "soon after")
    assert hive.come(8, 80).synced() == ["soon after"]
    hive.restart()
    hive.pass_time(31 * DAY)
    hive.come(8, 82)
    assert list(hive.state(user_id(8)).devices) == [82]


# --- lists ----------------------------------------------------------------------------------


def test_a_blacklisted_sender_is_refused_and_nothing_is_stored(hive):
    sender, phone = hive.come(7), hive.come(8)
    assert phone.code(private.BlacklistAdd(suid=8, duid=7)) == 0
    assert sender.chat(8) == 10005
    assert sender.code(sender.a_p2p(8)) == 10005
    assert sender.code(private.FriendAdd(suid=7, duid=8, mark="")) == 10005
    assert hive.names(inbox_id(8)) == []
    assert phone.synced() == []
    assert phone.code(private.BlacklistDel(suid=8, duid=7)) == 0
    assert sender.chat(8, "again") == 0
    assert phone.texts() == ["again"]


def test_a_gagged_sender_is_stored_and_not_pushed(hive):
    sender, phone = hive.come(7), hive.come(8)
    assert phone.code(private.GagAdd(suid=8, duid=7)) == 0
    assert sender.chat(8, "muted") == 0
    assert phone.packets == []
    hive.restart()
    sender, phone = hive.come(7), hive.come(8)
    assert sender.chat(8, "still") == 0
    assert phone.packets == []
    told = phone.sync()
    assert [p.message.text for p in told] == ["muted", "still"]
    phone.ack(told[0])
    assert phone.synced() == ["still"]
    assert phone.code(private.GagDel(suid=8, duid=7)) == 0
    sender.chat(8, "loud")
    assert phone.texts() == ["loud"]


def test_lists_have_an_end_and_saying_it_twice_is_once(hive_of):
    hive = hive_of(list_entries=2)
    client = hive.come(7)
    for uid in (8, 9, 10):
        hive.register(uid)
    for _ in range(2):
        assert client.code(private.BlacklistAdd(suid=7, duid=8)) == 0
    assert client.code(private.BlacklistAdd(suid=7, duid=9)) == 0
    assert client.code(private.BlacklistAdd(suid=7, duid=10)) == 10022
    assert client.code(private.GagAdd(suid=7, duid=10)) == 0
    assert client.code(private.BlacklistDel(suid=7, duid=8)) == 0
    assert client.code(private.BlacklistDel(suid=7, duid=8)) == 0
    assert client.code(private.BlacklistAdd(suid=7, duid=10)) == 0
    assert hive.names(user_id(7)).count("ListChanged") == 5
    for uid, code in ((8, 0), (9, 0), (10, 10022), (9, 0)):
        assert client.code(private.MarkAdd(suid=7, duid=uid, mark=f"m{uid}")) == code


def test_marks_are_kept_cut_and_taken_away(hive):
    client = hive.come(7)
    hive.register(8)
    client.code(private.MarkAdd(suid=7, duid=8, mark="好" * 5000))
    kept = hive.state(user_id(7)).marks[8]
    assert set(kept) == {"好"}
    assert len(kept.encode()) <= 1024
    hive.restart()
    client = hive.come(7)
    assert hive.state(user_id(7)).marks[8] == kept
    assert client.code(private.MarkDel(suid=7, duid=8)) == 0
    assert hive.state(user_id(7)).marks == {}


# --- an operator's push ---------------------------------------------------------------------


def test_an_operators_push_is_a_p2p_from_nobody_that_waits_like_others(hive):
    hive.come(8).cut()
    assert hive.order(user_id(8), PushToUser(data=b"one")) == 1
    phone = hive.come(8)
    assert hive.order(user_id(8), PushToUser(data=b"two")) == 2
    [two] = phone.take()
    assert (two.message.suid, two.message.duid, two.sid) == (0, 8, 0)
    told = phone.sync()
    assert [p.message.data for p in told] == [b"one", b"two"]
    phone.ack(told[0])
    assert phone.synced() == [b"two"]
    assert hive.order(user_id(999), PushToUser(data=b"")) == "no_such_account"
