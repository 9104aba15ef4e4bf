"""The servers of the benches, each a process: a room on the engine, and two naive ones.

`python -m parlour.network.bench.server engine|naive|relay DATA READY` serves one path, writes its
address to the file READY and ends with SIGTERM. All are aiohttp on the same event loop. The
engine is put together from the very pieces of `network.server`: log, journal thread, hub,
limits, WebSocket entrance.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import uvloop
from aiohttp import WSMsgType, web

from parlour.actors.engine import Engine
from parlour.actors.settings import ActorSettings
from parlour.events.kinds import KINDS
from parlour.events.log import open_log
from parlour.events.writers import ThreadWriter
from parlour.network import interpreter, logs
from parlour.network.bench import room
from parlour.network.bench import room_wire as chat
from parlour.network.bench.relay import naive_relay
from parlour.network.config import OPEN_LIMITS, HttpSettings
from parlour.network.edge import Edge
from parlour.network.entrance import WebSocketEntrance
from parlour.network.hub import ConnectionHub
from parlour.network.lifetime import raise_file_limit
from parlour.network.limits import Gate
from parlour.network.metrics import Metrics
from parlour.network.production import KeyFileDecks, SystemRandomness, WallClock
from parlour.network.techmino.handlers import PATH

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ENCODER: Final = msgspec.json.Encoder()
_MAX_FRAME: Final = 8192


class NaiveRoom:
    """What one writes first: every message to every member, one send after the other, no log."""

    def __init__(self) -> None:
        self._members: list[web.WebSocketResponse] = []
        self._messages = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one member."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        uid = 0
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            said = chat.REQUESTS.decode(message.data)
            if isinstance(said, chat.Enter):
                uid = said.uid
                self._members.append(socket)
                await socket.send_str(_text(chat.Entered(said.room)))
            else:
                await self._broadcast(uid, said.text)
        if socket in self._members:
            self._members.remove(socket)
        return socket

    async def _broadcast(self, uid: int, text: str) -> None:
        self._messages += 1
        heard = chat.Heard(uid, chat.FIRST_SEQ + self._messages, time.time_ns() // 1000, text)
        words = _text(heard)
        for member in list(self._members):
            try:
                await member.send_str(words)
            except ConnectionError:
                pass  # he is leaving


def _text(message: msgspec.Struct) -> str:
    return _ENCODER.encode(message).decode()


@asynccontextmanager
async def naive_room(data: Path) -> AsyncIterator[Handler]:
    """Yield the naive server's handler; it leaves `data` alone."""
    yield NaiveRoom().serve


@asynccontextmanager
async def engine_room(data: Path) -> AsyncIterator[Handler]:
    """Yield the handler of an engine whose log is in `data`."""
    interpreter.tune()
    metrics, clock = Metrics(), WallClock()
    with open_log(data, open_mode=True) as log:
        hub = ConnectionHub(metrics, out_limit=OPEN_LIMITS.out_bytes)
        writer = ThreadWriter(asyncio.get_running_loop())
        engine = Engine(
            recorder=log.recorder,
            writer=writer,
            kinds={**KINDS, **room.KINDS},
            actors=room.ACTORS,
            roots=(),
            hub=hub,
            clock=clock,
            randomness=SystemRandomness(),
            decks=KeyFileDecks(log.deck_key),
            settings=ActorSettings(open=True),
            report=logs.report,
            observer=metrics,
        )
        hub.engine = engine
        gate = Gate(total=0, per_address=0)
        edge = Edge(engine, hub, gate, OPEN_LIMITS, metrics)
        entrance = WebSocketEntrance(
            edge, room.SERVICE, max_frame=_MAX_FRAME, settings=HttpSettings(ping_seconds=0)
        )
        yield entrance.serve
        engine.drain()
        await engine.journal.drain()
        writer.close()


ROOMS: Final = {
    "engine": (chat.PATH, engine_room),
    "naive": (chat.PATH, naive_room),
    "relay": (f"{PATH}stream", naive_relay),
}
"""Path and handler of each kind."""


async def serve(kind: str, data: Path, ready: Path) -> None:
    """Serve a room until SIGTERM."""
    raise_file_limit()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    path, room_of = ROOMS[kind]
    async with room_of(data) as handler:
        app = web.Application()
        app.router.add_get(path, handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        host, port = runner.addresses[0][:2]
        half = ready.with_suffix(".half")
        half.write_text(f"{host}:{port}")
        half.replace(ready)
        await stop.wait()
        await runner.cleanup()


def main(kind: str, data: str, ready: str) -> None:
    """Run one server process."""
    logs.configure(level="info")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(kind, Path(data), Path(ready)))


if __name__ == "__main__":
    main(*sys.argv[1:])
