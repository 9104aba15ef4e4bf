"""A client of the treasure game, of its lobby or of a room server: requests out, messages in.

TCP and WebSocket speak the same messages (docs/protocols/treasure.md, "Frames"); only the bytes
around them differ. Nothing here knows a rule of the game.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeVar

import aiohttp
import msgspec

from parlour.events.messages import treasure as wire
from parlour.network.demo import links
from parlour.network.demo.links import ConnectionClosed
from parlour.network.treasure.codec import SERVICE, TCP, FrameCodec, payload_of

TreasureTransport = Literal["tcp", "websocket"]
Told = TypeVar("Told", bound=wire.Message)

_TOLD: Final = (
    wire.Welcome,
    wire.LoginAnswer,
    wire.RoomList,
    wire.RoomCreated,
    wire.RoomLeft,
    wire.RoomJoined,
    wire.RoomInfo,
    wire.ReadyChanged,
    wire.StartAnswer,
    wire.GameAt,
    wire.Verified,
    wire.Role,
    wire.ActionStatus,
    wire.Positions,
    wire.Healths,
    wire.Goods,
    wire.Lots,
    wire.Sales,
    wire.Stage,
    wire.Exploration,
    wire.Findings,
    wire.GameOver,
    wire.Vision,
)
_DECODERS: Final[Mapping[int, msgspec.json.Decoder[Any]]] = {
    told.service: msgspec.json.Decoder(told) for told in _TOLD
}
_FAREWELL: Final = msgspec.json.Decoder(wire.Farewell)


def message_of(payload: bytes) -> wire.Message:
    """Return what a server says with service id and body.

    Raises:
        ConnectionClosed: It says goodbye.
    """
    (service,) = SERVICE.unpack_from(payload)
    body = payload[SERVICE.size :]
    if service == wire.Farewell.service and b'"session"' not in body:
        farewell = _FAREWELL.decode(body)
        raise ConnectionClosed(f"code {farewell.code}: {farewell.reason}")
    message: wire.Message = _DECODERS[service].decode(body)
    return message


class TreasureClient:
    """One connection."""

    def __init__(self, link: links.Link, encode: Callable[[wire.Request], bytes]) -> None:
        self._link = link
        self._encode = encode

    async def say(self, request: wire.Request) -> None:
        """Ask the server for something."""
        await self._link.send(self._encode(request))

    async def hear(self) -> wire.Message:
        """Return the next message.

        Raises:
            ConnectionClosed: There will be none.
        """
        return message_of(await self._link.receive())

    async def hear_until(self, kind: type[Told]) -> Told:
        """Return the next message of a kind, whatever comes before it."""
        while not isinstance(told := await self.hear(), kind):
            pass
        return told

    async def ask(self, request: wire.Request, answer: type[Told]) -> Told:
        """Say a request and return its answer."""
        await self.say(request)
        return await self.hear_until(answer)

    async def close(self) -> None:
        """Hang up; closing again does nothing."""
        await self._link.close()


async def connect_tcp(host: str, port: int) -> TreasureClient:
    """Connect over TCP.

    Raises:
        OSError: Nobody listens there.
    """
    return TreasureClient(await links.connect_tcp(host, port, FrameCodec()), TCP.encode)


async def connect_websocket(url: str) -> TreasureClient:
    """Connect over WebSocket.

    Raises:
        OSError: Nobody listens there.
    """
    link = await links.connect_websocket(url, aiohttp.WSMsgType.BINARY)
    return TreasureClient(link, payload_of)


async def connect_lobby(
    transport: TreasureTransport, addresses: Mapping[str, str]
) -> TreasureClient:
    """Connect to an engine's lobby, whose addresses are as its ready file has them."""
    if transport == "websocket":
        return await connect_websocket(f"ws://{addresses['http']}/treasure")
    host, _, port = addresses["treasure"].rpartition(":")
    return await connect_tcp(host, int(port))


async def connect_game(transport: TreasureTransport, place: wire.GameAt) -> TreasureClient:
    """Connect to the room server that a 50 names."""
    if transport == "websocket":
        return await connect_websocket(place.ws)
    return await connect_tcp(place.ip, place.port)
