"""What several tests of the edge share: frames as clients mask them, and links in memory."""

from __future__ import annotations

import asyncio
import inspect
import struct

import pytest
import uvloop

from parlour.actors.ports import Bind
from parlour.network.connection import Ending
from parlour.network.landlord.codec import PLAIN
from parlour.network.landlord.handlers import LANDLORD

TEXT = 0x1
KEY = b"\x37\xfa\x21\x3d"


def on_both_loops(test):
    """Run a coroutine test on asyncio's own loop and on uvloop."""

    def run(loop_factory, **fixtures):
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(test(**fixtures))

    parameters = list(inspect.signature(test).parameters.values())
    own = inspect.Parameter("loop_factory", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    run.__signature__ = inspect.Signature([own, *parameters])
    run.pytestmark = list(getattr(test, "pytestmark", []))
    factories = [asyncio.SelectorEventLoop, uvloop.new_event_loop]
    return pytest.mark.parametrize("loop_factory", factories, ids=["asyncio", "uvloop"])(run)


def masked(payload, opcode=TEXT, *, fin=True, reserved=0, key=KEY):
    """A WebSocket frame of a client."""
    first = (0x80 if fin else 0) | reserved | opcode
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65536:
        head = struct.pack(">BBH", first, 0xFE, size)
    else:
        head = struct.pack(">BBQ", first, 0xFF, size)
    return head + key + bytes(byte ^ key[n % 4] for n, byte in enumerate(payload))


async def read_frame(reader):
    """(opcode, payload) of a server's next WebSocket frame of less than 64 KiB."""
    async with asyncio.timeout(5):
        first, size = await reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack(">H", await reader.readexactly(2))
        return first & 0x0F, await reader.readexactly(size)


class MemoryLink:
    """What a hub writes for one connection."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.waiting = 0
        self.closed: tuple[Ending, str] | None = None
        self.later: tuple[Ending, str, float] | None = None

    def write(self, data: bytes) -> None:
        assert self.closed is None, "written after the close"
        self.writes.append(data)

    def buffered(self) -> int:
        return self.waiting

    def close(self, ending: Ending, reason: str) -> None:
        self.closed = (ending, reason)

    def close_later(self, ending: Ending, reason: str, seconds: float) -> None:
        self.later = (ending, reason, seconds)


class Login:
    """Who a connection was opened for, where that is known before its session."""

    def __init__(self, uid):
        self.uid = uid


def connect(hub, dialect=PLAIN, uid=None, *, service=LANDLORD):
    """Open a connection of a hub, bound to a user when one is named."""
    link = MemoryLink()
    connection = hub.open(service, dialect, link=link, peer="10.0.0.1")
    if uid is not None:
        hub.deliver([Bind(connection.session, "landlord", uid)])
    return connection, link
