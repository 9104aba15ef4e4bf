"""WebSocket clients of a Techmino endpoint, as cheap as they can be: bytes in, no JSON read.

One process plays a whole match of 99, or a chat room of 1,024, and must not be what is measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import msgspec

from parlour.actors.techmino.messages import Endpoint
from parlour.network.bench.sockets import BenchFailed
from parlour.network.demo.techmino_client import upgrade_request

_ENCODER: Final = msgspec.json.Encoder()
_KEY: Final = "AAAAAAAAAAAAAAAAAAAAAA=="
"""Any key but that of existing clients, who get a system call a frame."""


class Ear(asyncio.Protocol):
    """One connection: greeted first, and from then on `hear` gets what comes."""

    def __init__(self, request: bytes, greeted: Callable[[bytes], bool]) -> None:
        """Prepare a connection.

        Args:
            request: The upgrade with its body.
            greeted: Tells by all bytes so far whether the greeting is there to its end.
        """
        self._request = request
        self._greeted = greeted
        self._greeting = b""
        loop = asyncio.get_running_loop()
        self.inside: asyncio.Future[bytes] = loop.create_future()
        """Done when greeted."""
        self.closed: asyncio.Future[None] = loop.create_future()
        self.transport: asyncio.Transport
        self.hear: Callable[[bytes], None] = _ignore
        """Set before the next bytes come."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Hear, or be greeted."""
        if self.inside.done():
            self.hear(data)
            return
        self._greeting += data
        if b"HTTP/1.1 101 "[: len(self._greeting)] != self._greeting[:13]:
            self.inside.set_exception(BenchFailed(self._greeting.decode(errors="replace")))
        elif self._greeted(self._greeting):
            self.inside.set_result(self._greeting)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember that the server hung up."""
        if not self.inside.done():
            said = self._greeting.decode(errors="replace")
            self.inside.set_exception(BenchFailed(f"the server hung up: {said[-200:]}"))
        if not self.closed.done():
            self.closed.set_result(None)


def _ignore(data: bytes) -> None:
    pass


async def listen(
    endpoint: Endpoint,
    address: str,
    credentials: Sequence[object],
    greeted: Callable[[bytes], bool],
    *,
    first: bytes = b"",
) -> list[Ear]:
    """Connect an ear for each of some credentials; they are greeted later (`Ear.inside`).

    Args:
        endpoint: Where to.
        address: "host:port".
        credentials: Of each.
        greeted: See `Ear`.
        first: Frames that each sends right behind its credentials.
    """
    host, _, port = address.rpartition(":")
    loop = asyncio.get_running_loop()
    ears = []
    for given in credentials:
        head, body = upgrade_request(endpoint, address, _ENCODER.encode(given), key=_KEY)

        def make(request: bytes = head + body + first) -> Ear:
            return Ear(request, greeted)

        _, ear = await loop.create_connection(make, host, int(port))
        ears.append(ear)
    return ears


async def inside(ears: Sequence[Ear]) -> list[bytes]:
    """Wait until all are greeted, and return the greetings."""
    greetings: list[Any] = await asyncio.gather(*(ear.inside for ear in ears))
    return greetings


async def hang_up(ears: Sequence[Ear]) -> None:
    """Close all connections."""
    for ear in ears:
        ear.transport.abort()
    await asyncio.gather(*(ear.closed for ear in ears))
