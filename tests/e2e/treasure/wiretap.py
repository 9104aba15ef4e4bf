"""A stretch of wire between a room server and its lobby that a test may cut."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable

_OBEYED_SECONDS = 0.3


class Wiretap:
    """Passes frames on, both ways; `address` is where the room server connects."""

    def __init__(self, lobby: Callable[[], str]) -> None:
        self._lobby = lobby
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.address = ""
        self.open = True
        """Whether new connections are passed on."""
        self.cut_after: Callable[[int, bytes], bool] = lambda service, body: False
        """Told each frame from the room server; True cuts before the lobby's answer is passed."""

    async def listen(self) -> Wiretap:
        """Take connections."""
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"
        return self

    def cut(self) -> None:
        """End what is connected, both ways."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def close(self) -> None:
        """Take no more."""
        assert self._server is not None
        self._server.close()
        self.cut()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.open:
            writer.transport.abort()
            return
        host, _, port = self._lobby().rpartition(":")
        try:
            other, onward = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, onward}
        back = asyncio.create_task(self._copy(other, writer, watched=False))
        await self._copy(reader, onward, watched=True)
        back.cancel()
        self._writers -= {writer, onward}
        for each in (writer, onward):
            each.transport.abort()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, watched: bool
    ) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                head = await reader.readexactly(4)
                payload = await reader.readexactly(*struct.unpack("<I", head))
                if watched and self.cut_after(*struct.unpack_from("<H", payload), payload[2:]):
                    await self._send_last(writer, head + payload)
                    return
                writer.write(head + payload)
        writer.transport.abort()

    async def _send_last(self, writer: asyncio.StreamWriter, frame: bytes) -> None:
        """Give the lobby a frame and the time to obey it, and nobody its answer."""
        for each in self._writers - {writer}:
            each.transport.abort()
        writer.write(frame)
        await writer.drain()
        await asyncio.sleep(_OBEYED_SECONDS)
