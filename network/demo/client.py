"""A Dou Dizhu client over TCP, obfuscated TCP or WebSocket: requests out, messages in.

The three speak the same messages (docs/protocols/landlord.md); only the bytes around them
differ. Nothing here knows a rule of the game.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

import aiohttp
import msgspec

from parlour.events.messages import landlord as wire
from parlour.network.demo.links import ConnectionClosed as ConnectionClosed
from parlour.network.demo.links import Link, connect_tcp, connect_websocket
from parlour.network.landlord.codec import OBFUSCATED, PLAIN, TcpCodec

Transport = Literal["tcp", "tcp-xor", "websocket"]

Told = (
    wire.JoinTableSucc
    | wire.JoinTableErr
    | wire.TableInfo
    | wire.GameReadyOk
    | wire.GameReadyNg
    | wire.GameStart
    | wire.CallTurn
    | wire.CallInfo
    | wire.LandlordInfo
    | wire.PlayTurn
    | wire.PlayNg
    | wire.PlayInfo
    | wire.GameEnd
    | wire.ForceOk
    | wire.LogoutOk
    | wire.LogoutNg
    | wire.TableSnapshot
    | wire.Redeal
    | wire.TableDissolved
    | wire.Unseated
    | wire.Error
)
"""Everything a server may say."""

_DECODER: Final = msgspec.json.Decoder(Told)
_ENCODER: Final = msgspec.json.Encoder()
_MAX_FRAME: Final = 1 << 20
"""What a server may send at once: its answers are longer than a client's requests."""


class Client:
    """One connection of a player."""

    def __init__(self, link: Link, encode: Callable[[wire.Request], bytes]) -> None:
        self._link = link
        self._encode = encode

    async def send(self, request: wire.Request) -> None:
        """Say something to the engine."""
        await self._link.send(self._encode(request))

    async def receive(self) -> Told:
        """Return the next message.

        Raises:
            ConnectionClosed: There will be none.
        """
        told: Told = _DECODER.decode(await self._link.receive())
        return told

    async def close(self) -> None:
        """Hang up; closing again does nothing."""
        await self._link.close()


async def connect(transport: Transport, addresses: Mapping[str, str]) -> Client:
    """Connect to an engine.

    Args:
        transport: How to speak.
        addresses: What the engine wrote into its ready file.

    Raises:
        OSError: Nobody listens there.
    """
    if transport == "websocket":
        url = f"ws://{addresses['http']}/landlord"
        return Client(await connect_websocket(url, aiohttp.WSMsgType.TEXT), _ENCODER.encode)
    host, _, port = addresses["landlord"].rpartition(":")
    dialect = PLAIN if transport == "tcp" else OBFUSCATED
    codec = TcpCodec(max_frame=_MAX_FRAME)
    return Client(await connect_tcp(host, int(port), codec), dialect.encode)
