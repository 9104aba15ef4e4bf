from __future__ import annotations

import asyncio

from parlour.actors.timers import TimerHeap
from parlour.network.production import KeyFileDecks, SystemRandomness, TimerDriver, WallClock

SECOND = 1_000_000_000


class Times:
    def __init__(self) -> None:
        self.wall, self.steady = 1_000 * SECOND, 5 * SECOND

    def clock(self) -> WallClock:
        return WallClock(lambda: self.wall, lambda: self.steady)


def test_time_is_microseconds_of_the_wall_clock():
    times = Times()
    clock = times.clock()
    assert clock.now() == 1_000_000_000
    times.wall += SECOND
    times.steady += SECOND
    assert clock.now() == 1_001_000_000


def test_a_wall_clock_set_back_does_not_turn_time_back():
    times = Times()
    clock = times.clock()
    times.wall -= 3_600 * SECOND
    times.steady += SECOND
    assert clock.now() == 1_001_000_000


def test_a_wall_clock_set_forward_is_followed():
    times = Times()
    clock = times.clock()
    times.wall += 3_600 * SECOND
    assert clock.now() == 4_600_000_000
    times.wall -= 1_800 * SECOND
    assert clock.now() == 4_600_000_000


def test_randomness_is_as_long_as_asked_and_differs():
    randomness = SystemRandomness()
    assert len(randomness.token(16)) == 16
    assert randomness.token(16) != randomness.token(16)


def test_deck_secrets_come_from_the_key():
    one, other = KeyFileDecks(b"a" * 32), KeyFileDecks(b"b" * 32)
    salt = "00" * 16
    assert one.secrets(1, 1, salt) == one.secrets(1, 1, salt)
    assert one.secrets(1, 1, salt) != other.secrets(1, 1, salt)


class Alarmed:
    def __init__(self, clock: WallClock) -> None:
        self.timers = TimerHeap()
        self.clock = clock
        self.fired: list[str] = []
        self.done = asyncio.Event()

    def fire_timers(self) -> int | None:
        self.fired += [actor for actor, _ in self.timers.pop_due(self.clock.now())]
        if len(self.timers) == 0:
            self.done.set()
        return self.timers.next_at()


async def test_the_loop_wakes_the_engine_for_each_timer_in_order():
    clock = WallClock()
    engine = Alarmed(clock)
    driver = TimerDriver(engine, clock.now)
    engine.timers.set("b", "turn", clock.now() + 20_000)
    driver.start()
    engine.timers.set("a", "turn", clock.now() + 5_000)
    engine.timers.set("late", "turn", clock.now() + 3_600_000_000)
    engine.timers.cancel("late", "turn")
    async with asyncio.timeout(5):
        await engine.done.wait()
    assert engine.fired == ["a", "b"]
    driver.stop()


async def test_a_stopped_driver_wakes_nobody():
    clock = WallClock()
    engine = Alarmed(clock)
    driver = TimerDriver(engine, clock.now)
    driver.start()
    driver.stop()
    engine.timers.set("a", "turn", clock.now())
    await asyncio.sleep(0)
    assert engine.fired == []
