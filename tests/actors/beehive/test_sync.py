"""SYNC: pages of the queue, what is said meanwhile, takeovers and losses in the middle."""

import itertools

from parlour.events.beehive import user_id
from parlour.events.messages.beehive import common, private

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


def test_a_late_sync_of_a_connection_that_is_being_replaced_stops_no_other(hive, disk):
    sender = hive.come(7)
    hive.come(8, 80).cut()
    sender.chat(8, "one")
    old = hive.come(8, 80)
    disk.fill()
    old.say(
        private.Chat(suid=8, duid=8, level=0, time=0, text="lost")
    )  # with it goes who knew of this connection
    disk.free()
    new = hive.connect()
    with hive.one_breath():
        new.say(common.Online(uid=8, sid=80, token="x", app="t", version="1"), seq=1, sid=80)
        old.say(common.Sync(uid=8))
    new.uid, new.sid, new.seq = 8, 80, itertools.count(1_000)
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
