"""A player of the treasure game, from the protocol page alone; it shares no line with the engine.

A guest logs in, sits down, and plays the simplest moves there are. It goes wherever 50 sends it,
comes back to the lobby when that is lost, and keeps all that its game told it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import struct
from collections.abc import Callable
from typing import Any

PATIENCE = 60.0
UNAVAILABLE = 27
NEXT_TO = {0: 1, 1: 2, 2: 5, 5: 8, 8: 7, 7: 6, 6: 3, 3: 0, 4: 1}
"""Round the map, from the centre outwards."""
Body = dict[str, Any]


class Frames:
    """One TCP connection: `u32le length | u16le service_id | JSON object`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, address: str) -> Frames:
        """Open a connection to "host:port"."""
        host, _, port = address.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    def send(self, service: int, **body: object) -> None:
        """Send one message."""
        text = json.dumps(body).encode()
        self._writer.write(struct.pack("<IH", 2 + len(text), service) + text)

    async def receive(self) -> tuple[int, Body]:
        """Return service id and body of the next message; raises EOFError or OSError at the end."""
        (length,) = struct.unpack("<I", await self._reader.readexactly(4))
        payload = await self._reader.readexactly(length)
        return struct.unpack_from("<H", payload)[0], json.loads(payload[2:])

    async def expect(self, service: int) -> Body:
        """Return the next message of a service; others are skipped."""
        async with asyncio.timeout(PATIENCE):
            while True:
                got, body = await self.receive()
                if got == service:
                    return body

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class Guest:
    """One player; `lobby` is asked for the lobby's address at every login."""

    def __init__(self, name: str, lobby: Callable[[], str], *, pause: float = 0.0) -> None:
        self.name = name
        self.uid = 0
        self.room = 0
        self.pause = pause
        """Seconds it thinks before it acts."""
        self.told: list[tuple[int, Body]] = []
        """Everything its games told it, in order."""
        self.ways: list[Body] = []
        """Every 50."""
        self.answers: list[tuple[int, Body]] = []
        """What the lobby said that nobody waited for."""
        self.refusals: list[Body] = []
        """Actions and tickets that were not good."""
        self.result: Body | None = None
        self.greedy = True
        """Whether it acts; else it lets the clock run."""
        self._address = lobby
        self._lobby: Frames | None = None
        self._game: Frames | None = None
        self._news = asyncio.Condition()
        self._cell = 4
        self._stage = 0
        self._seq = itertools.count(1)
        self._tasks: list[asyncio.Task[None]] = []
        self._playing: asyncio.Task[None] | None = None

    # --- the lobby -------------------------------------------------------------------------

    async def log_in(self) -> Body:
        """Log in to the lobby, and stay there from now on."""
        lobby = await Frames.connect(self._address())
        try:
            await lobby.expect(0)
            lobby.send(1, name=self.name, password="x")
            answer = await lobby.expect(1)
            assert answer["code"] == 0, answer
        except BaseException:
            await lobby.close()
            raise
        self.uid = answer["player_id"]
        self._lobby = lobby
        self._tasks.append(asyncio.create_task(self._stay(lobby)))
        return answer

    async def ask(self, service: int, **body: object) -> Body:
        """Ask the lobby and return its answer."""
        assert self._lobby is not None
        seq = next(self._seq)
        self._lobby.send(service, seq=seq, **body)

        def answered() -> bool:
            return any(b.get("seq") == seq for _, b in self.answers)

        await self.until(answered)
        return next(b for _, b in self.answers if b.get("seq") == seq)

    async def until(self, true: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Wait until something is true of what this guest has heard."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(true)

    async def _note(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _stay(self, lobby: Frames) -> None:
        try:
            while True:
                service, body = await lobby.receive()
                if service == 50:
                    self.ways.append(body)
                    self._go(body)
                else:
                    self.answers.append((service, body))
                await self._note()
        except (EOFError, OSError):
            return  # the test says when to come back
        finally:
            await lobby.close()

    async def come_back(self) -> None:
        """Log in again, as long as it takes."""
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(EOFError, OSError):
                    await self.log_in()
                    return
                await asyncio.sleep(0.05)

    # --- the game --------------------------------------------------------------------------

    def _go(self, way: Body) -> None:
        if self._playing is not None:
            self._playing.cancel()
        self._playing = asyncio.create_task(self._play(way))
        self._tasks.append(self._playing)

    async def _play(self, way: Body) -> None:
        with contextlib.suppress(EOFError, OSError):
            game = await Frames.connect(f"{way['ip']}:{way['port']}")
            try:
                game.send(1001, room_id=way["room_id"], player_id=self.uid, ticket=way["ticket"])
                while True:
                    service, body = await game.receive()
                    await self._hear(game, service, body)
            finally:
                await game.close()

    async def _hear(self, game: Frames, service: int, body: Body) -> None:
        if service in (52, 1001):
            if body["code"]:
                await self._be_refused(game, body)
        else:
            self.told.append((service, body))
        if service == 51:
            self._cell = body["cell"]
        elif service == 53:
            here = {p["player_id"]: p["cell"] for p in body["positions"]}
            self._cell = here.get(self.uid, self._cell)
        elif service == 58:
            self._stage = body["stage"]
            if self.greedy:
                await asyncio.sleep(self.pause)
                self._act(game, self._stage)
        elif service == 61:
            self.result = body
        await self._note()

    async def _be_refused(self, game: Frames, body: Body) -> None:
        if body["code"] == UNAVAILABLE:
            await asyncio.sleep(0.1)
            self._act(game, self._stage)
            return
        self.refusals.append(body)
        if body.get("of") == 55:
            game.send(53)

    def _act(self, game: Frames, stage: int) -> None:
        match stage:
            case 1:
                game.send(52, to=NEXT_TO[self._cell])
            case 2:
                game.send(55)
            case 3:
                game.send(56)
            case 4:
                game.send(57)

    def heard(self, service: int) -> list[Body]:
        """Return the bodies of one service, from all its games."""
        return [body for got, body in self.told if got == service]

    def stages(self) -> list[tuple[int, int]]:
        """Return the stages it was told of, each once, in order."""
        return list(dict.fromkeys((b["day"], b["stage"]) for b in self.heard(58)))

    async def leave(self) -> None:
        """Drop every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
