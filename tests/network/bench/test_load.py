"""Clients that say so many lines a second."""

import asyncio
from collections import deque

from parlour.network.bench import load
from parlour.network.bench.load import Callers


class Server:
    """Answers when it is asked to; every caller's transport."""

    def __init__(self, callers):
        self.callers, self.transport = callers, self
        self.waiting = deque()
        self.most = 0

    def write(self, line):
        self.waiting.append(line)
        self.most = max(self.most, len(self.waiting))

    async def answer(self, lines):
        for _ in range(lines):
            while not self.waiting:
                await asyncio.sleep(0)
            self.waiting.popleft()
            self.callers._on_bytes(0, self.callers._frame)


async def test_what_is_due_after_a_standstill_is_not_said_all_at_once():
    callers = Callers(members=1)
    server = Server(callers)
    callers._members = [server]
    # Ten thousand lines are due within a microsecond, before the first of them has an answer.
    await asyncio.gather(callers._offer(1e10, 1e-6), server.answer(10_000))
    assert server.most == load._MOST_WAITING
    assert len(callers._times) == 10_000
