"""How the players of `bench treasure` come together: through the lobby, as every client does.

They log in, sit down, are ready, the host begins, everybody hears where the game is, and the lobby
connection is closed: who is in a running game keeps his seat without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from parlour.events.messages import treasure as wire
from parlour.network.bench.sockets import BenchFailed
from parlour.network.bench.treasure_crowd import MEMBERS, Room, Ticket
from parlour.network.demo.process import EngineProcess
from parlour.network.demo.treasure_bot import TreasureBot
from parlour.network.demo.treasure_client import TreasureClient

_SETTINGS: Final = {
    "limits.connections_per_address": 0,
    "treasure.verify_seconds": 1800,
    "treasure.ticket_seconds": 1800,
}
_AT_ONCE: Final = 8
"""Rooms that are filled at the same time."""


def engine(folder: Path, data: Path, *, seconds: float) -> EngineProcess:
    """Return an engine, not started yet, whose stages take so many seconds."""
    stages = {f"treasure.{stage}_seconds": seconds for stage in _STAGES}
    given = {**_SETTINGS, **stages}
    options = [part for key, value in given.items() for part in ("--set", f"{key}={value}")]
    listen = ("treasure", "treasure-room")
    return EngineProcess(folder, data, listen=listen, options=options)


_STAGES: Final = ("move", "action", "auction", "explore")


class Hall:
    """The lobby of an engine."""

    def __init__(self, process: EngineProcess) -> None:
        self._addresses = process.addresses
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def fill(self, rooms: int) -> list[Room]:
        """Return so many rooms with all their members in the game but one: none has begun."""
        return list(await asyncio.gather(*(self._fill(number) for number in range(rooms))))

    async def _fill(self, number: int) -> Room:
        async with self._turns:
            bots = [TreasureBot(f"r{number}m{seat}", "tcp") for seat in range(MEMBERS)]
            for bot in bots:
                await bot.log_in(self._addresses)
            tickets = await self._start(f"room {number}", bots)
            for bot in bots:
                await bot.leave()
            room = Room(tickets)
            await room.come_in()
            return room

    async def _start(self, name: str, bots: Sequence[TreasureBot]) -> list[Ticket]:
        host, *others = bots
        room = await host.open_room(name, most=MEMBERS)
        for bot in others:
            await bot.lobby.say(wire.JoinRoom(room_id=room))
            await bot.lobby.say(wire.ChangeReady(ready=True))
        for bot in others:
            await _own_ready(bot.lobby, bot.uid)
        await host.start_game()
        places = [await bot.lobby.hear_until(wire.GameAt) for bot in bots]
        return [Ticket(bot.uid, place) for bot, place in zip(bots, places, strict=True)]


async def _own_ready(lobby: TreasureClient, uid: int) -> None:
    """Wait for the answer to one's own 7."""
    while (told := await lobby.hear_until(wire.ReadyChanged)).player_id != uid:
        if told.code != wire.OK:
            raise BenchFailed(f"being ready was answered {told.code}")
