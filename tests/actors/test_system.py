"""thespian's traps, each with the count of work that shows it is closed (no clocks here)."""

import sys
from datetime import timedelta

from thespian.actors import Actor, ActorAddress, ActorExitRequest, WakeupMessage

from parlour.actors import system
from parlour.actors.timers import TimerHeap


class Recording(Actor):
    def __init__(self):
        super().__init__()
        self.seen = []

    def receiveMessage(self, message, sender):  # noqa: N802
        self.seen.append(message)
        if message == "fail":
            self.send(ActorAddress("other"), "sent by a failing handler")
            raise ValueError("broken")
        if message == "wake me":
            self.wakeupAfter(timedelta(seconds=3), "payload")
        if message == "child":
            self.child = self.createActor(Recording)
        if isinstance(message, tuple):
            self.send(ActorAddress(message[0]), message[1])


class Bench:
    def __init__(self, **options):
        self.actors = {}
        self.failures = []
        self.base = system.InProcessBase(
            activate=self.activate, on_failure=self.failed, now=lambda: 1_000, **options
        )
        self.system = system.start(self.base)

    def activate(self, address, message):
        self.actors[address] = Recording()
        return self.actors[address]

    def failed(self, address, message, error):
        self.failures.append((address, message, str(error)))

    def tell(self, address, message):
        self.system.tell(ActorAddress(address), message)


def steps(action):
    """Count the Python lines an action runs: work, measured without a clock."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += 1
        return trace

    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(None)
    return count


def test_an_actor_is_woken_by_its_first_message():
    bench = Bench()
    bench.tell("table:5", "hello")
    assert bench.actors["table:5"].seen == ["hello"]
    assert bench.base.is_live("table:5")


def test_messages_between_actors_keep_their_order():
    bench = Bench()
    bench.tell("a", ("b", 1))
    bench.tell("a", ("b", 2))
    assert bench.actors["b"].seen == [1, 2]


def test_a_handler_that_raises_runs_once_and_what_it_sent_is_withdrawn():
    bench = Bench()
    bench.tell("a", "fail")
    assert bench.actors["a"].seen == ["fail"]
    assert bench.failures == [("a", "fail", "broken")]
    assert "other" not in bench.actors


def test_an_actor_that_failed_is_a_new_one_at_its_next_message():
    bench = Bench()
    bench.tell("a", "fail")
    first = bench.actors["a"]
    bench.tell("a", "again")
    assert bench.actors["a"] is not first
    assert bench.actors["a"].seen == ["again"]


def test_ten_thousand_armed_timers_do_not_slow_a_message():
    timers = TimerHeap()
    bench = Bench(timers=timers)
    bench.tell("a", 0)
    without = steps(lambda: bench.tell("a", 1))
    for number in range(10_000):
        timers.set(f"sleeper:{number}", "t", 10**15 + number)
    assert steps(lambda: bench.tell("a", 2)) == without


def test_thespians_own_wake_up_call_is_served_from_the_heap():
    timers = TimerHeap()
    bench = Bench(timers=timers)
    bench.tell("a", "wake me")
    assert timers.next_at() == 3_001_000
    [(address, message)] = timers.pop_due(3_001_000)
    bench.tell(address, message)
    woken = bench.actors["a"].seen[-1]
    assert isinstance(woken, WakeupMessage)
    assert woken.payload == "payload"


def test_a_hundred_thousand_actors_that_came_and_went_leave_nothing():
    bench = Bench()
    registered = len(bench.base.actorRegistry)
    for number in range(100_000):
        bench.tell(f"session:{number}", "open")
        bench.base.forget(f"session:{number}")
        del bench.actors[f"session:{number}"]
    assert len(bench.base) == 0
    assert len(bench.base.actorRegistry) == registered
    assert len(bench.base._queue) == 0


def test_an_actor_told_to_exit_leaves_nothing():
    bench = Bench()
    bench.tell("a", "hello")
    bench.tell("a", ActorExitRequest())
    assert not bench.base.is_live("a")
    assert len(bench.base) == 0


def test_a_child_ends_with_its_parent():
    bench = Bench()
    bench.tell("a", "child")
    assert len(bench.base) == 2
    bench.base.forget("a")
    assert len(bench.base) == 0


def test_the_ten_thousandth_queued_message_costs_what_the_first_did():
    bench = Bench()
    bench.tell("b", 0)

    def run(count):
        for number in range(count):
            bench.base.actor_send(None, ActorAddress("b"), number)
        return steps(bench.base._runSends) / count

    assert abs(run(10_000) - run(100)) < 1


def test_only_the_longest_unused_actors_leave():
    bench = Bench()
    for name in ("a", "b", "c"):
        bench.tell(name, 1)
    bench.tell("a", 2)
    assert bench.base.forget_oldest(2, lambda actor: True) == 1
    assert not bench.base.is_live("b")
    assert bench.base.is_live("a")
