"""How the players of `bench stream` come together: through a play room, or straight in.

On a real engine they go the way of every client: the room, ready, its stream, the beginning. The
naive relay has one match and no rooms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from parlour.events.messages.techmino import play
from parlour.network.bench.ears import Ear, inside, listen
from parlour.network.bench.stream_crowd import FIRST_UID
from parlour.network.demo.process import EngineProcess
from parlour.network.demo.techmino_client import TechminoClient, connect

_SETTINGS: Final = {
    "techmino.ping_seconds": 0,  # every byte that comes is a chunk
    "techmino.start_seconds": 0.1,
    "techmino.settle_seconds": 0.5,
    "techmino.connect_seconds": 120,
    "limits.connections_per_address": 0,
}
_TOKEN: Final = "bench"
"""Any will do for an engine started with --open."""
_BEGIN: Final = b'"action":0,"data":{"seed":'
_CONNECT: Final = b'"connected":['


def engine(folder: Path, data: Path, **settings: object) -> EngineProcess:
    """Return an engine, not started yet, with the settings of the benches and some more."""
    given = {**_SETTINGS, **settings}
    options = [part for key, value in given.items() for part in ("--set", f"{key}={value}")]
    return EngineProcess(folder, data, listen=("http",), options=options)


def logins(players: int) -> list[dict[str, object]]:
    """Return the credentials of so many players."""
    return [{"uid": FIRST_UID + n, "accessToken": _TOKEN} for n in range(players)]


class Hall:
    """A match on an engine."""

    def __init__(self, address: str, players: int) -> None:
        self._address = address
        self._players = players
        self._lobby: Sequence[TechminoClient] = ()

    async def begin(self) -> list[Ear]:
        """Return the stream connections of all players, when the game is on."""
        self._lobby = await self._connect()
        await self._lobby[0].ask(play.CreateRoom(type="r99"), play.RoomEntered)
        rooms = await self._lobby[0].ask(play.ListRooms(), play.RoomList)
        enter = play.EnterRoom(rid=rooms.roomList[0].rid)
        for client in self._lobby[1:]:
            await client.ask(enter, play.RoomEntered)
        for client in self._lobby:
            await client.say(play.ChangeReady(ready=True))
        going = await asyncio.gather(*(client.hear_until(play.Go) for client in self._lobby))
        (rid,) = {go.data.rid for go in going}
        credentials = [{**login, "rid": rid} for login in logins(self._players)]
        ears = await listen("stream", self._address, credentials, _is_on)
        await inside(ears)
        return ears

    async def _connect(self) -> list[TechminoClient]:
        clients = []
        for login in logins(self._players):
            client = await connect("play", self._address, login, wild=False)
            await client.hear_until(play.PlayConnect)
            clients.append(client)
        return clients

    async def close(self) -> None:
        """Hang up in the room."""
        for client in self._lobby:
            client.cut()
            await client.close()


def _is_on(greeting: bytes) -> bool:
    """Tell whether Server 0 came: nobody says anything before the first chunk then."""
    return _BEGIN in greeting and greeting.endswith(b"}}")


async def join_relay(address: str, players: int) -> list[Ear]:
    """Return the connections of all players to a naive relay."""
    credentials = [{**login, "rid": ""} for login in logins(players)]
    ears = await listen("stream", address, credentials, lambda greeting: _CONNECT in greeting)
    await inside(ears)
    return ears
