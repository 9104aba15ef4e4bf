from parlour.actors.messages import TimerFired
from parlour.actors.timers import TimerHeap


def test_wake_ups_come_in_the_order_they_are_due():
    timers = TimerHeap()
    timers.set("b", "t", 20)
    timers.set("a", "t", 10)
    timers.set("c", "t", 30)
    assert timers.next_at() == 10
    assert timers.pop_due(20) == [("a", TimerFired("t", 10)), ("b", TimerFired("t", 20))]
    assert timers.next_at() == 30


def test_setting_a_timer_again_replaces_it():
    timers = TimerHeap()
    timers.set("a", "t", 10)
    timers.set("a", "t", 50)
    assert timers.pop_due(10) == []
    assert timers.pop_due(50) == [("a", TimerFired("t", 50))]


def test_a_cancelled_timer_does_not_ring():
    timers = TimerHeap()
    timers.set("a", "t", 10)
    timers.cancel("a", "t")
    assert timers.next_at() is None
    assert timers.pop_due(100) == []


def test_two_names_of_one_actor_are_two_timers():
    timers = TimerHeap()
    timers.set("a", "x", 10)
    timers.set("a", "y", 10)
    assert len(timers.pop_due(10)) == 2


def test_rearming_one_timer_for_ever_keeps_the_heap_small():
    timers = TimerHeap()
    for at in range(100_000):
        timers.set("a", "t", at)
    assert len(timers) == 1
    assert len(timers._heap) < 100


def test_the_driver_is_told_only_when_the_earliest_changes():
    timers = TimerHeap()
    told: list[int | None] = []
    timers.on_change = lambda: told.append(timers.next_at())
    timers.set("a", "t", 50)
    timers.set("b", "t", 60)
    timers.set("c", "t", 40)
    assert told == [50, 40]
