"""A naive relay of streams, the baseline of `bench stream`: what one writes first.

`python -m parlour.network.bench.server relay DATA READY` serves one match without rooms, rules or
a log, with the messages of the real endpoint.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import WSMsgType, web

from parlour.events.messages.techmino import stream as wire

_ENCODER: Final = msgspec.json.Encoder()


class _Credentials(msgspec.Struct):
    uid: int


class _Said(msgspec.Struct):
    action: int
    data: wire.SendChunk


_CREDENTIALS: Final = msgspec.json.Decoder(_Credentials)
_SAID: Final = msgspec.json.Decoder(_Said)


class NaiveRelay:
    """Sends every chunk to every other player, one send after the other."""

    def __init__(self) -> None:
        self._players: dict[int, web.WebSocketResponse] = {}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one player."""
        uid = _CREDENTIALS.decode(await request.read()).uid
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        connected = wire.Connected(connected=tuple(self._players))
        await socket.send_str(_text(wire.StreamConnect(data=connected)))
        self._players[uid] = socket
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            await self._relay(uid, _SAID.decode(message.data).data.stream)
        del self._players[uid]
        return socket

    async def _relay(self, uid: int, chunk: str) -> None:
        words = _text(wire.ChunkBy(data=wire.Chunk(uid=uid, stream=chunk)))
        for player, socket in list(self._players.items()):
            if player == uid:
                continue
            try:
                await socket.send_str(words)
            except ConnectionError:
                pass  # he is leaving


def _text(message: msgspec.Struct) -> str:
    return _ENCODER.encode(message).decode()


@asynccontextmanager
async def naive_relay(
    data: Path,
) -> AsyncIterator[Callable[[web.Request], Awaitable[web.StreamResponse]]]:
    """Yield the relay's handler; it leaves `data` alone."""
    yield NaiveRelay().serve
