"""CHAT and P2P: devices, copies, lists, the queue, acks, SYNC."""

import pytest

from parlour.actors.beehive.messages import AddDevice, PushToUser
from parlour.events.beehive import inbox_id, user_id
from parlour.events.messages.beehive import common, private, push

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


# --- acks -----------------------------------------------------------------------------------


def test_an_ack_clears_the_oldest_that_matches_and_nothing_else(hive):
    desk, pocket, other = hive.come(7, 70), hive.come(7, 71), hive.come(9)
    phone = hive.come(8)
    desk.chat(8, "desk", seq=50)
    pocket.chat(8, "pocket", seq=50)
    other.chat(8, "other", seq=50)
    desk.code(desk.a_p2p(8, b"bytes"), seq=51)
    for suid, seq in ((7, 49), (9, 51), (6, 50), (7, 51)):
        phone.say(private.ChatAck(suid=suid, duid=8, code=0, errmsg=""), seq=seq)
    assert phone.synced() == ["desk", "pocket", "other", b"bytes"]
    phone.say(private.ChatAck(suid=7, duid=8, code=0, errmsg=""), seq=50)
    assert phone.synced() == ["pocket", "other", b"bytes"]
    phone.say(push.P2PAck(suid=7, duid=8, code=0, errmsg=""), seq=51)
    assert phone.synced() == ["pocket", "other"]
    phone.say(private.ChatAck(suid=7, duid=8, code=0, errmsg=""), seq=50)
    assert phone.synced() == ["other"]


def test_an_ack_of_what_this_session_was_not_sent_clears_nothing(hive):
    sender = hive.come(7)
    hive.come(8).cut()
    sender.chat(8, "waits", seq=60)
    phone = hive.come(8)
    phone.say(private.ChatAck(suid=7, duid=8, code=0, errmsg=""), seq=60)
    assert phone.synced() == ["waits"]
    assert "MessageAcknowledged" not in hive.names(user_id(8))


def test_an_ack_said_twice_clears_one(hive):
    desk, pocket, phone = hive.come(7, 70), hive.come(7, 71), hive.come(8)
    desk.chat(8, "first", seq=50)
    [first] = phone.sync()
    for _ in range(3):
        phone.ack(first)
    pocket.chat(8, "second", seq=50)
    assert phone.synced() == ["second"]


def test_a_message_told_twice_and_acknowledged_once_is_gone(hive):
    sender, phone = hive.come(7), hive.come(8)
    sender.chat(8, "one", seq=50)
    [packet] = phone.sync()
    assert phone.sync() == [packet]
    phone.ack(packet)
    assert phone.synced() == []


def test_an_ack_that_crossed_a_sync_does_not_eat_the_next_one(hive):
    desk, pocket, phone = hive.come(7, 70), hive.come(7, 71), hive.come(8)
    desk.chat(8, "one", seq=50)
    [packet] = phone.take(private.Chat)
    with hive.slow_pages() as pages:
        phone.say(common.Sync(uid=8))
        phone.ack(packet)
        pages.read()
    pocket.chat(8, "two", seq=50)
    phone.ack(packet)
    phone.take()
    phone.ack(packet)
    assert phone.synced() == []


def test_acks_are_known_after_the_actor_was_restarted(hive):
    sender, phone = hive.come(7), hive.come(8)
    for text in ("a", "b"):
        sender.chat(8, text)
    told = phone.take(private.Chat)
    hive.house.engine.end(user_id(8))
    phone.ack(told[1])
    assert phone.synced() == ["a"]
    phone.ack(told[0])
    assert phone.synced() == []


def read_of(hive, monkeypatch):
    """Return a list of how much is read of the log at once, from now on."""
    repository, read = hive.house.engine.repository, []
    recorded = repository.recorded

    def reading(aggregate_id, first, last):
        read.append(last - first + 1)
        return recorded(aggregate_id, first, last)

    monkeypatch.setattr(repository, "recorded", reading)
    return read


def test_an_ack_of_nothing_has_little_of_the_log_read(hive, monkeypatch):
    sender, phone, tablet = hive.come(7), hive.come(8, 80), hive.come(8, 81)
    for number in range(600):
        sender.chat(8, str(number))
    told = phone.take(private.Chat)
    hive.house.engine.end(user_id(8))
    read = read_of(hive, monkeypatch)
    bogus = private.ChatAck(suid=999, duid=8, code=0, errmsg="Ok")
    phone.say(bogus, seq=10**9)
    assert sum(read) == 256
    # The patience is the user's: his other devices guess no faster.
    for seq in range(5):
        tablet.say(bogus, seq=10**9 + seq)
    assert sum(read) == 256
    hive.pass_time(1.1)
    tablet.say(bogus, seq=10**9)
    assert sum(read) == 512
    for packet in told:
        phone.ack(packet)
    monkeypatch.undo()
    assert len(phone.synced()) == 600 - 256


def test_of_long_messages_less_is_read(hive, monkeypatch):
    sender, phone = hive.come(7), hive.come(8)
    for _ in range(40):
        sender.chat(8, "x" * 60_000)
    hive.house.engine.end(user_id(8))
    read = read_of(hive, monkeypatch)
    phone.say(private.ChatAck(suid=999, duid=8, code=0, errmsg="Ok"), seq=10**9)
    assert sum(read) == 16


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


# --- SYNC -----------------------------------------------------------------------------------


def test_a_long_queue_is_told_in_pages(hive):
    sender = hive.come(7)
    hive.come(8).cut()
    for number in range(1200):
        sender.chat(8, str(number))
    phone = hive.come(8)
    with hive.slow_pages() as pages:
        phone.say(common.Sync(uid=8))
        sizes = [len(page) for page in pages.each()]
    assert sum(sizes) == 1201
    assert max(sizes) <= 512
    told = [m.text for m in phone.heard(private.Chat)]
    assert told == [str(number) for number in range(1200)]


def test_what_is_said_during_a_sync_comes_after_it(hive):
    sender = hive.come(7)
    hive.come(8).cut()
    sender.chat(8, "before")
    phone = hive.come(8)
    with hive.slow_pages() as pages:
        phone.say(common.Sync(uid=8))
        sender.chat(8, "meanwhile")
        pages.read()
    heard = [getattr(m, "text", "SYNC-ACK") for m in phone.heard()]
    assert heard.count("before") == 1
    assert heard.count("meanwhile") == 1


def test_a_sync_during_a_sync_is_obeyed_after_it(hive):
    sender = hive.come(7)
    hive.come(8).cut()
    sender.chat(8, "one")
    phone = hive.come(8)
    with hive.slow_pages() as pages:
        phone.say(common.Sync(uid=8), seq=40)
        phone.say(common.Sync(uid=8), seq=41)
        pages.read()
    acks = [packet.seq for packet in phone.take(common.SyncAck)]
    assert acks == [40, 41]


def test_every_sync_during_a_sync_is_answered_and_too_many_are_refused(hive):
    sender = hive.come(7)
    hive.come(8).cut()
    sender.chat(8, "one")
    phone = hive.come(8)
    with hive.slow_pages() as pages:
        for seq in range(40, 58):
            phone.say(common.Sync(uid=8), seq=seq)
        pages.read()
    codes = {packet.seq: packet.message.code for packet in phone.take(common.SyncAck)}
    assert codes == {**dict.fromkeys(range(40, 57), 0), 57: 10022}
    assert phone.texts() == ["one", "one"]  # once for the first, and once for all that waited
    phone.say(common.Sync(uid=8), seq=99)
    assert len(phone.take()) == 2


def test_a_page_is_bounded_in_bytes_too(hive):
    sender = hive.come(7)
    hive.come(8).cut()
    texts = [str(number) * 60_000 for number in range(10)] * 4
    for text in texts:
        sender.chat(8, text)
    phone = hive.come(8)
    with hive.slow_pages() as pages:
        phone.say(common.Sync(uid=8))
        sizes = [
            sum(len(p.message.text) for p in page if isinstance(p.message, private.Chat))
            for page in pages.each()
        ]
    assert sum(sizes) == 40 * 60_000
    assert max(sizes) <= 1_048_576
    assert phone.texts() == texts


def test_a_takeover_during_a_sync_can_sync(hive):
    sender = hive.come(7)
    hive.come(8, 80).cut()
    sender.chat(8, "one")
    old = hive.come(8, 80)
    with hive.slow_pages():
        old.say(common.Sync(uid=8))
        new = hive.come(8, 80)
    assert new.synced() == ["one"]


def test_a_connection_lost_during_a_sync_loses_nothing(hive):
    sender = hive.come(7)
    hive.come(8, 80).cut()
    sender.chat(8, "one")
    old = hive.come(8, 80)
    with hive.slow_pages():
        old.say(common.Sync(uid=8))
        old.cut()
    assert hive.come(8, 80).synced() == ["one"]


def test_a_read_whose_answer_was_dropped_does_not_stop_the_next(hive, disk):
    sender = hive.come(7)
    hive.come(8).cut()
    sender.chat(8, "one")
    phone = hive.come(8)
    phone.say(common.Sync(uid=8), seq=40)
    phone.take()
    disk.fill()
    phone.say(common.Sync(uid=8), seq=40)
    disk.free()
    phone.take()
    phone.say(common.Sync(uid=8), seq=41)
    assert [type(m) for m in phone.heard()] == [private.Chat, common.SyncAck]


def test_a_sync_of_an_older_connection_says_nothing_of_the_newer_one(hive):
    sender = hive.come(7)
    hive.come(8, 80).cut()
    sender.chat(8, "one")
    old = hive.come(8, 80)
    with hive.slow_pages() as pages:
        old.say(common.Sync(uid=8))
        new = hive.come(8, 80)
        pages.read()
    assert "DeviceSynced" not in hive.names(user_id(8))
    assert new.synced() == ["one"]


def test_a_queue_has_holes_without_end_and_its_state_has_not(hive, monkeypatch):
    monkeypatch.setattr("parlour.actors.beehive.acks.MOST_HOLES", 6)
    sender, phone = hive.come(7), hive.come(8)
    for number in range(12):
        sender.chat(8, str(number))
    told = phone.take(private.Chat)
    for packet in told[::2]:
        phone.ack(packet)
        hive.pass_time(1)
    assert len(hive.state(user_id(8)).devices[phone.sid].acked) == 6
    assert phone.synced() == ["1", "3", "5", "6", "7", "8", "9", "10", "11"]
    for packet in told:
        phone.ack(packet)
    phone.sync()
    for packet in told:
        phone.ack(packet)
    assert phone.synced() == []


# --- acks are recorded together -------------------------------------------------------------


def acknowledged(hive, uid):
    return [
        event.versions
        for event in hive.events(user_id(uid))
        if type(event).__name__ == "MessageAcknowledged"
    ]


def test_acks_of_one_moment_are_one_event(hive):
    sender, phone = hive.come(7), hive.come(8)
    for number in range(10):
        sender.chat(8, str(number))
    for packet in reversed(phone.take(private.Chat)):
        phone.ack(packet)
    assert acknowledged(hive, 8) == []
    hive.pass_time(0.2)
    assert acknowledged(hive, 8) == [tuple(range(1, 11))]
    hive.pass_time(10)
    assert len(acknowledged(hive, 8)) == 1


def test_many_acks_do_not_wait(hive):
    sender, phone = hive.come(7), hive.come(8)
    for number in range(300):
        sender.chat(8, str(number))
    for packet in phone.take(private.Chat):
        phone.ack(packet)
    assert acknowledged(hive, 8) == [tuple(range(1, 257))]


@pytest.mark.parametrize(
    "leave",
    [lambda client: client.say(common.Offline()), lambda client: client.cut()],
)
def test_what_was_acknowledged_is_recorded_before_a_device_goes(hive, leave):
    sender, phone = hive.come(7), hive.come(8)
    sender.chat(8)
    phone.ack(phone.take(private.Chat)[0])
    leave(phone)
    assert acknowledged(hive, 8) == [(1,)]
    hive.restart()
    assert hive.come(8).synced() == []


def test_a_drain_records_what_was_acknowledged(hive):
    sender, phone = hive.come(7), hive.come(8)
    sender.chat(8)
    phone.ack(phone.take(private.Chat)[0])
    hive.house.engine.drain()
    hive.flush()
    hive.restart()
    assert hive.come(8).synced() == []


def test_a_crash_before_that_has_a_message_told_again(hive):
    sender, phone = hive.come(7), hive.come(8)
    sender.chat(8, "twice")
    phone.ack(phone.take(private.Chat)[0])
    hive.restart()
    assert hive.come(8).synced() == ["twice"]
