"""Who has a turn when several addresses want one."""

from __future__ import annotations

import asyncio

import pytest

from parlour.network.turns import Peer, PeerGone, TooManyWait, Turns


class Work:
    """Pieces of work that end when the test says so."""

    def __init__(self, **limits):
        usual = {"at_once": 2, "of_address": 2, "waiting": 9, "waiting_of": 9}
        self.turns = Turns(**{**usual, **limits})
        self.running = []
        self._ends = {}
        self.tasks = {}
        self.gone = set()

    async def begin(self, *names):
        """Want a turn for each; the address is the first letter."""
        for name in names:
            self.tasks[name] = asyncio.ensure_future(self._work(name))
            await asyncio.sleep(0)

    async def end(self, *names):
        for name in names:
            self._ends.pop(name).set()
            await self.tasks.pop(name)
            await asyncio.sleep(0)

    async def cancel(self, name):
        self.tasks[name].cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.tasks.pop(name)
        await asyncio.sleep(0)

    async def _work(self, name):
        async with self.turns.turn(Peer(name[0], lambda: name not in self.gone)):
            self.running.append(name)
            self._ends[name] = asyncio.Event()
            await self._ends[name].wait()


async def test_an_address_with_many_waiting_does_not_keep_another_one_waiting():
    work = Work()
    await work.begin("a1", "a2", "a3", "a4", "a5", "b1", "c1", "b2")
    assert work.running == ["a1", "a2"]
    await work.end("a1", "a2", "a3", "b1", "c1", "a4", "b2", "a5")
    assert work.running == ["a1", "a2", "a3", "b1", "c1", "a4", "b2", "a5"]


async def test_an_address_has_so_many_turns_at_a_time():
    work = Work(of_address=1)
    await work.begin("a1", "a2", "b1", "b2")
    assert work.running == ["a1", "b1"]
    await work.end("b1")
    assert work.running == ["a1", "b1", "b2"]
    await work.end("b2")
    assert work.running == ["a1", "b1", "b2"]
    await work.end("a1", "a2")


async def test_over_its_bound_an_address_is_refused_and_others_are_not():
    work = Work(waiting_of=1)
    await work.begin("a1", "a2", "a3", "a4")
    with pytest.raises(TooManyWait):
        await work.tasks.pop("a4")
    await work.begin("b1")
    await work.end("a1", "a2", "a3", "b1")


async def test_all_together_have_a_bound():
    work = Work(waiting=2)
    await work.begin("a1", "a2", "a3", "b1", "c1")
    with pytest.raises(TooManyWait):
        await work.tasks.pop("c1")
    await work.end("a1", "a2", "a3", "b1")


async def test_who_has_gone_gets_no_turn():
    work = Work(at_once=1)
    await work.begin("a1", "b1", "b2", "c1")
    work.gone |= {"b1", "b2"}
    await work.end("a1", "c1")
    assert work.running == ["a1", "c1"]
    for name in ("b1", "b2"):
        with pytest.raises(PeerGone):
            await work.tasks.pop(name)


@pytest.mark.parametrize("limits", [{"waiting_of": 2}, {"waiting": 2}])
async def test_who_has_gone_takes_no_place(limits):
    work = Work(at_once=1, **limits)
    await work.begin("a1", "a2", "a3")
    work.gone.add("a2")
    await work.begin("a4", "a5")
    for name, refusal in (("a2", PeerGone), ("a5", TooManyWait)):
        with pytest.raises(refusal):
            await work.tasks.pop(name)
    await work.end("a1", "a3", "a4")


async def test_who_stops_waiting_takes_no_turn_and_no_place():
    work = Work(waiting_of=1)
    await work.begin("a1", "a2", "a3")
    await work.cancel("a3")
    await work.begin("a4")
    await work.end("a1", "a2", "a4")
    assert work.running == ["a1", "a2", "a4"]


async def test_a_turn_given_to_who_stops_in_the_same_moment_goes_to_the_next():
    work = Work(at_once=1)
    async with work.turns.turn(Peer("a", lambda: True)):
        await work.begin("b1", "c1")
    await work.cancel("b1")
    assert work.running == ["c1"]
    await work.end("c1")


async def test_who_has_gone_and_stops_in_the_same_moment_gives_nothing_back():
    work = Work(at_once=1)
    async with work.turns.turn(Peer("a", lambda: True)):
        await work.begin("b1", "c1", "d1")
        work.gone.add("b1")
    await work.cancel("b1")
    assert work.running == ["c1"]
    await work.end("c1", "d1")


async def test_when_all_stop_at_once_nothing_is_left():
    work = Work()
    await work.begin("a1", "a2", "a3", "b1")
    for task in work.tasks.values():
        task.cancel()
    results = await asyncio.gather(*work.tasks.values(), return_exceptions=True)
    assert {type(result) for result in results} == {asyncio.CancelledError}
    work.tasks.clear()
    await work.begin("c1", "c2")
    assert work.running[-2:] == ["c1", "c2"]
    await work.end("c1", "c2")
