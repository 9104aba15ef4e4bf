"""The upgrade from HTTP to WebSocket (RFC 6455, section 4.2), and taking over from aiohttp.

aiohttp reads the request, with its body if it has one; the answer is written here, and from
then on the transport is ours: aiohttp's own frame reader takes frames that are not masked,
keeps several objects and a task for each idle connection, and wakes a task for each message.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar, cast

from aiohttp import HttpVersion11, web

from parlour.network.conversation import peer_of
from parlour.network.doorkeeper import Doorkeeper
from parlour.network.turns import Peer

_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION: Final = "13"
Successor = TypeVar("Successor", bound=asyncio.Protocol)


def key_of(request: web.Request) -> str:
    """Return the key of a request for an upgrade.

    Raises:
        HTTPBadRequest: It is no such request.
        HTTPUpgradeRequired: It asks for a version of the protocol that nobody speaks any more.
    """
    if request.version < HttpVersion11:
        raise web.HTTPBadRequest(text="a WebSocket begins with HTTP/1.1\n")
    headers = request.headers
    if "websocket" not in _tokens(headers.getall("Upgrade", ())):
        raise web.HTTPBadRequest(text="this is a WebSocket; ask for an upgrade\n")
    if "upgrade" not in _tokens(headers.getall("Connection", ())):
        raise web.HTTPBadRequest(text="the header Connection does not say Upgrade\n")
    if headers.get("Sec-WebSocket-Version") != _VERSION:
        raise web.HTTPUpgradeRequired(
            text=f"WebSocket version {_VERSION} is spoken here\n",
            headers={"Sec-WebSocket-Version": _VERSION},
        )
    key = headers.get("Sec-WebSocket-Key", "")
    try:
        sound = len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        sound = False
    if not sound:
        raise web.HTTPBadRequest(text="Sec-WebSocket-Key is 16 bytes in base64\n")
    return key


def sender(request: web.Request) -> Peer:
    """Return who waits for the answer to a request."""

    def here() -> bool:
        transport = request.transport
        return transport is not None and not transport.is_closing()

    address = "unknown" if request.transport is None else peer_of(request.transport)
    return Peer(address, here)


def local_address(request: web.Request) -> str:
    """Return the address of this machine that a request was sent to, "" when it has gone."""
    transport = request.transport
    name: Any = None if transport is None else transport.get_extra_info("sockname")
    return str(name[0]) if name else ""


def tokens_of(request: web.Request, header: str) -> set[str]:
    """Return what a header lists, in lower case."""
    return _tokens(request.headers.getall(header, ()))


def _tokens(values: Iterable[str]) -> set[str]:
    return {token.strip().lower() for value in values for token in value.split(",")}


def switching(key: str, *extra: bytes) -> bytes:
    """Return the 101 that accepts an upgrade; `extra` are whole header lines."""
    accept = base64.b64encode(hashlib.sha1(key.encode() + _MAGIC).digest())
    lines = (
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + accept,
        b"Server: parlour",
        *extra,
        b"\r\n",
    )
    return b"\r\n".join(lines)


class _Tail:
    """Takes what came after the request, in aiohttp's words for a frame reader."""

    def __init__(self) -> None:
        self.data = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        """Aiohttp takes the connection for lost, which it is to aiohttp."""


def take_over(
    request: web.Request,
    succeed: Callable[[asyncio.Transport, Callable[[], None]], Successor],
) -> tuple[Successor, bytes] | None:
    """Take the transport of a request from aiohttp and give it to a new protocol.

    Args:
        request: Read to its end; aiohttp can do nothing more with it.
        succeed: Makes the new protocol; its second argument is to be called when the
            connection is lost.

    Returns:
        The new protocol and what the peer sent behind its request; None when the peer has
        gone, and nothing was made.
    """
    transport, handler = request.transport, request.protocol
    if transport is None or transport.is_closing():
        return None
    keeper = transport.get_protocol()
    gone = keeper.step_aside() if isinstance(keeper, Doorkeeper) else _nobody_waits
    tail = _Tail()
    handler.set_parser(cast(Any, tail))
    handler.transport = None  # or it would close what is not its own any more
    handler.connection_lost(None)
    successor = succeed(transport, gone)
    transport.set_protocol(successor)
    transport.resume_reading()  # aiohttp stops reading when much comes behind a request
    return successor, tail.data


def _nobody_waits() -> None:
    """The peer was not counted in."""
