"""A Techmino client, as existing ones are or as a browser would be: requests out, messages in.

Which endpoint it is on and how the upgrade goes is all that it knows (docs/protocols/techmino.md,
sections 1 and 2); nothing here knows a rule of the game.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final, TypeVar

import msgspec

from parlour.actors.techmino.messages import Endpoint
from parlour.events.errors import EngineError
from parlour.events.messages.techmino import app, chat, common, play, stream, user
from parlour.network import websocket
from parlour.network.demo.links import ConnectionClosed
from parlour.network.techmino.entrance import WILD_KEY, WildClient
from parlour.network.techmino.handlers import ACTIONS, PATH

Message = TypeVar("Message", bound=msgspec.Struct)

_MODULES: Final[Mapping[Endpoint, ModuleType]] = {
    "app": app,
    "user": user,
    "chat": chat,
    "play": play,
    "stream": stream,
}
_KINDS: Final = (common.Self, common.Broadcast, common.Server, common.Connect)
_ENCODER: Final = msgspec.json.Encoder()


class Refusal(EngineError):
    """The engine said Warn or Error."""


class _Head(msgspec.Struct):
    type: str
    action: int | None = None
    reason: str = ""


_HEAD: Final = msgspec.json.Decoder(_Head)


def _decoders(module: ModuleType) -> dict[tuple[str, int | None], msgspec.json.Decoder[Any]]:
    """Return what reads each message of an endpoint, by its type and action."""
    found = {}
    for kind in vars(module).values():
        if isinstance(kind, type) and issubclass(kind, _KINDS) and kind not in _KINDS:
            fields = {field.name: field for field in msgspec.structs.fields(kind)}
            action = fields["action"].default if "action" in fields else None
            found[str(kind.__struct_config__.tag), action] = msgspec.json.Decoder(kind)
    return found


_DECODERS: Final = {endpoint: _decoders(module) for endpoint, module in _MODULES.items()}
_NUMBERS: Final = {row.request: action for rows in ACTIONS.values() for action, row in rows.items()}


def masked_frame(payload: bytes, opcode: int = websocket.TEXT) -> bytes:
    """Return a client's frame; masked with zeros, which RFC 6455 allows and leaves as is."""
    size = len(payload)
    if size < 126:
        return struct.pack(">BB4x", 0x80 | opcode, 0x80 | size) + payload
    if size < 65536:
        return struct.pack(">BBH4x", 0x80 | opcode, 0x80 | 126, size) + payload
    return struct.pack(">BBQ4x", 0x80 | opcode, 0x80 | 127, size) + payload


def request_frame(request: common.Request) -> bytes:
    """Return the frame that says a request."""
    given = msgspec.structs.asdict(request)
    data = {name: value for name, value in given.items() if value is not None}
    return masked_frame(_ENCODER.encode({"action": _NUMBERS[type(request)], "data": data}))


def upgrade_request(
    endpoint: Endpoint, address: str, body: bytes = b"", *, key: str = WILD_KEY
) -> tuple[bytes, bytes]:
    """Return the head and the body of a request for an upgrade.

    Existing clients send no Origin and no User-Agent, and the credentials as the body.
    """
    kind = "Content-Type: application/json\r\n" if body else ""
    head = (
        f"GET {PATH}{endpoint} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\n{kind}Content-Length: {len(body)}\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    return head.encode(), body


class TechminoClient:
    """One connection to one endpoint."""

    def __init__(
        self, endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._endpoint = endpoint
        self._reader = reader
        self._writer = writer

    async def say(self, request: common.Request) -> None:
        """Ask the engine for something."""
        self._writer.write(request_frame(request))
        await self._writer.drain()

    async def hear(self) -> msgspec.Struct:
        """Return the next message.

        Raises:
            ConnectionClosed: There will be none.
            Refusal: It is a Warn or an Error.
        """
        while True:
            opcode, payload = await self._frame()
            if opcode in (websocket.TEXT, websocket.BINARY):
                return self._read(payload)
            if opcode == websocket.PING:
                self._writer.write(masked_frame(payload, websocket.PONG))
            elif opcode == websocket.CLOSE:
                raise ConnectionClosed(f"closed: {payload[2:].decode(errors='replace')}")

    async def hear_until(self, kind: type[Message]) -> Message:
        """Return the next message of a kind, whatever comes before it."""
        while not isinstance(told := await self.hear(), kind):
            pass
        return told

    async def ask(self, request: common.Request, answer: type[Message]) -> Message:
        """Say a request and return its answer."""
        await self.say(request)
        return await self.hear_until(answer)

    def cut(self) -> None:
        """Be gone without a word, as a phone in a tunnel is."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Hang up; closing again does nothing."""
        if not self._writer.is_closing():
            self._writer.write(masked_frame(b"\x03\xe8", websocket.CLOSE))
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            pass  # it was gone already

    def _read(self, payload: bytes) -> msgspec.Struct:
        head = _HEAD.decode(payload)
        if head.type in ("Warn", "Error"):
            raise Refusal(f"{self._endpoint}: {head.type}: {head.reason}")
        decoder = _DECODERS[self._endpoint][head.type, head.action]
        message: msgspec.Struct = decoder.decode(payload)
        return message

    async def _frame(self) -> tuple[int, bytes]:
        try:
            first, size = await self._reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack(">H", await self._reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", await self._reader.readexactly(8))
            return first & 0x0F, await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise ConnectionClosed("the server closed the connection") from error


async def connect(
    endpoint: Endpoint, address: str, credentials: object = None, *, wild: bool
) -> TechminoClient:
    """Connect to an endpoint; its Connect is the first message to hear.

    Args:
        endpoint: Which one.
        address: "host:port".
        credentials: What is sent as JSON; None for none.
        wild: Do as existing clients do: the constant key, credentials in the request's body, in
            a segment of their own. Else they are the first message, as browsers must.

    Raises:
        OSError: Nobody listens there.
        ConnectionClosed: The server hung up.
        Refusal: The upgrade failed, or an existing client would take it for a failure.
    """
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    payload = b"" if credentials is None else _ENCODER.encode(credentials)
    key = WILD_KEY if wild else base64.b64encode(os.urandom(16)).decode()
    head, body = upgrade_request(endpoint, address, payload if wild else b"", key=key)
    try:
        writer.write(head)
        await asyncio.sleep(0)
        writer.write(body)
        answer = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        writer.close()
        raise ConnectionClosed("the server closed the connection") from error
    if b" 101 " not in answer or (wild and WildClient.ANSWERED not in answer.split(b"\r\n")):
        writer.close()
        raise Refusal(f"{endpoint}: {answer.decode(errors='replace').splitlines()[0]}")
    if payload and not wild:
        writer.write(masked_frame(payload))
    return TechminoClient(endpoint, reader, writer)
