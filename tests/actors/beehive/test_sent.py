"""What a session was sent: which message an ack means, and what is forgotten."""

from parlour.actors.beehive.backlog import _LOOKED_THROUGH
from parlour.actors.beehive.sent import MOST, Sent

KEY = ("chat", 7, 50)


def key(number):
    return ("chat", 7, number)


def test_an_ack_means_the_oldest_and_each_once():
    sent = Sent(whole=True)
    for version in (9, 3, 5, 3):
        sent.add(KEY, version)
    assert [sent.take(KEY) for _ in range(4)] == [3, 5, 9, None]
    assert len(sent) == 0


def test_kinds_senders_and_numbers_are_told_apart():
    sent = Sent(whole=True)
    sent.add(KEY, 1)
    assert [sent.take(k) for k in (("p2p", 7, 50), ("chat", 8, 50), ("chat", 7, 51))] == [None] * 3
    assert sent.take(KEY) == 1


def test_what_was_dropped_is_not_known():
    sent = Sent(whole=True)
    for version in (1, 4, 6):
        sent.add(KEY, version)
    sent.add(key(51), 5)
    sent.forget_from(5)
    assert [sent.take(KEY) for _ in range(3)] == [1, 4, None]
    assert sent.take(key(51)) is None


def test_who_is_known_whole_is_not_looked_for():
    sent = Sent(whole=True)
    assert sent.whole
    sent.add(KEY, 1)
    assert sent.whole


def test_of_one_that_acknowledges_nothing_the_oldest_are_forgotten():
    sent = Sent(whole=True)
    for number in range(MOST + 1):
        sent.add(key(number), number + 1)
    assert len(sent) <= MOST
    assert sent.take(key(0)) is None
    assert sent.take(key(MOST)) == MOST + 1
    assert not sent.whole


def test_what_is_found_in_the_log_is_taken_in():
    sent = Sent(whole=False)
    found = [(key(number), number + 1) for number in range(10)]
    assert sent.fill(iter(found), key(4)) == 5
    assert sent.take(key(9)) == 10
    assert sent.fill(iter(found), key(77)) is None


def test_a_look_into_the_log_is_not_forgotten_before_it_is_used():
    assert MOST == 8_192 >= 4 * _LOOKED_THROUGH
