"""A whole game with seekers whose choices are drawn, kept, and held against the oracle."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from oracle import Chosen, Oracle, near
from seeker import Body, Seeker

OK, BAD_TARGET = 0, 16
PASS = {1: (52, {}), 2: (53, {}), 3: (56, {}), 4: (57, {"pass": True})}
TO_ALL = (53, 54, 56, 57, 60, 61)
OWN = (55, 59, 62)
Interlude = Callable[[int, int], Awaitable[None]]


async def gather(party: Sequence[Seeker], *, name: str) -> int:
    """Log a party in and seat it in a new room, all ready; return the room."""
    for seeker in party:
        await seeker.log_in()
    host, *others = party
    made = await host.lobby.ask(3, name=name, max=8)
    assert made["code"] == OK, made
    for seeker in others:
        assert await seeker.lobby.code(5, room_id=made["room_id"]) == OK
        assert await seeker.lobby.code(7, ready=True) == OK
    for seeker in party:
        seeker.room = made["room_id"]
    return made["room_id"]


async def begin(party: Sequence[Seeker]) -> None:
    """Start the game; everybody enters and hears that stage 1 of day 1 is on."""
    assert await party[0].lobby.code(8) == OK
    for seeker in party:
        await seeker.hear_way()
        await seeker.enter()
    for seeker in party:
        await seeker.game.until(58, day=1, stage=1)


class Game:
    """One game of a party, as it is played from outside."""

    def __init__(self, party: Sequence[Seeker], chance: random.Random) -> None:
        self.party = list(party)
        self.chance = chance
        self.stages: list[list[Chosen]] = []
        """Acknowledged choices of each stage, in order."""
        self.cells = {seeker.uid: 4 for seeker in party}
        self.alive = {seeker.uid for seeker in party}
        self.lots: list[Body] = []
        self.gold = {seeker.uid: 5 for seeker in party}

    def _draw(self, seeker: Seeker, stage: int) -> tuple[int, Body]:
        chance, uid = self.chance, seeker.uid
        if chance.random() < 0.1:
            return PASS[stage]
        if stage == 1:
            return 52, {"to": chance.choice(near(self.cells[uid]))}
        if stage == 4:
            return 57, {}
        if stage == 3:
            lot = chance.choice(self.lots)
            price = lot["min"] + chance.randint(0, 2)
            return (
                (56, {"lot_id": lot["lot_id"], "price": price})
                if (price <= self.gold[uid])
                else PASS[3]
            )
        here = [other for other in self.alive if self.cells[other] == self.cells[uid]]
        others = sorted(set(here) - {uid})
        service = chance.choice((53, 54, 55, 55)) if others else 55
        return (55, {}) if service == 55 else (service, {"target": chance.choice(others)})

    async def _act(self, seeker: Seeker, stage: int, made: list[Chosen]) -> None:
        service, body = self._draw(seeker, stage)
        code = await seeker.game.code(service, **body)
        if code == BAD_TARGET and service == 55:
            service, body = PASS[2]
            code = await seeker.game.code(service, **body)
        assert code == OK, (service, body, code)
        made.append(Chosen(seeker.uid, service, dict(body)))

    async def play(self, *, interlude: Interlude | None = None) -> Body:
        """Play to 61 and return it; the interlude comes when two have acted in a stage."""
        number = 0
        while True:
            day, stage = number // 4 + 1, number % 4 + 1
            made: list[Chosen] = []
            self.stages.append(made)
            acting = [seeker for seeker in self.party if seeker.uid in self.alive]
            self.chance.shuffle(acting)
            for turn, seeker in enumerate(acting):
                if turn == 2 and interlude is not None:
                    await interlude(day, stage)
                await self._act(seeker, stage, made)
            over = await self._hear_the_end(stage, number + 1)
            if over is not None:
                return over
            number += 1

    async def _hear_the_end(self, stage: int, following: int) -> Body | None:
        day, next_stage = following // 4 + 1, following % 4 + 1
        for seeker in self.party:
            while True:
                service, body = await seeker.game.hear()
                if service == 61:
                    over = body
                    break
                if service == 58 and (body["day"], body["stage"]) == (day, next_stage):
                    over = None
                    break
                self._note(seeker, service, body)
        if over is None and next_stage == 3:
            for seeker in self.party:
                self.lots = (await seeker.game.until(56))["lots"]
        return over

    def _note(self, seeker: Seeker, service: int, body: Body) -> None:
        if service == 53:
            self.cells |= {line["player_id"]: line["cell"] for line in body["positions"]}
        elif service == 54:
            self.alive = {line["player_id"] for line in body["hp"] if line["alive"]}
        elif service == 55:
            self.gold[seeker.uid] = body["gold"]

    def judge(self, over: Body) -> Oracle:
        """Compare everything that was told with what follows from seed and choices."""
        oracle = Oracle(over["seed"], [seeker.uid for seeker in self.party])
        for made in self.stages:
            assert oracle.over is None
            oracle.end_stage(made)
        assert oracle.over == over
        for seeker in self.party:
            expected = [
                (service, body) for whom, service, body in oracle.told if whom in (None, seeker.uid)
            ]
            assert once(heard_in_games(seeker)) == once(expected)
            role = oracle.players[seeker.uid].role
            assert {body["role"] for body in roles(seeker)} == {role}
            assert {body["commitment"] for body in roles(seeker)} == {oracle.commitment}
        return oracle


def roles(seeker: Seeker) -> list[Body]:
    return [body for line in seeker.lines for body in line.of(51)]


def heard_in_games(seeker: Seeker) -> list[tuple[int, Body]]:
    """Return what a player was told of his game, on all his connections to it."""
    return [
        (service, body)
        for line in seeker.lines
        if line.of(51)
        for service, body in line.heard
        if service in TO_ALL + OWN
    ]


def once(told: Sequence[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """Return messages without those that were told again on coming back."""
    kept: list[tuple[int, Any]] = []
    for message in told:
        again = message[0] in (56, 62) and message in kept
        if not again:
            kept.append(message)
    return kept
