"""Acks of private messages: what each clears, what it costs, and when it is recorded."""

import pytest

from parlour.events.beehive import user_id
from parlour.events.messages.beehive import common, private, push

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
