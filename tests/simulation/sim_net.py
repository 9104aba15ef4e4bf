"""Connections in memory: bytes are late, come in pieces, or are cut off on the way."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from sim_loop import SIDE, Process, SimLoop

HIGH, LOW = 65_536, 16_384
EOF, RESET = "eof", "reset"
_APART = 1e-6
"""What a loop is told for one moment, it does in any order."""


class SimTransport(asyncio.Transport):
    """One end of a connection; belongs to a process, and calls its protocol in there."""

    def __init__(self, net: Network, process: Process, tag: str, extra: dict[str, Any]) -> None:
        super().__init__(extra)
        self.net = net
        self.process = process
        self.tag = tag
        """Which client it is, or whom it serves."""
        self.other: SimTransport
        self.serves = False
        """Whether it is the engine's end."""
        self._protocol: Any = None
        self._closing = False
        self._lost = False
        self._reading = True
        self._inbox: deque[bytes | str] = deque()
        self._way = 0
        """Bytes that the other end has not taken."""
        self._congested = False
        self._at = 0.0
        """When the newest piece arrives."""

    # --- as a protocol sees it -----------------------------------------------------------------

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def get_protocol(self) -> Any:
        return self._protocol

    def is_closing(self) -> bool:
        return self._closing

    def can_write_eof(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return self._way

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        if not self._reading:
            self._reading = True
            self.net.loop.call_soon(self._drain, context=self.process.context)

    def is_reading(self) -> bool:
        return self._reading

    def write(self, data: Any) -> None:
        data = bytes(data)
        if self._closing or self._lost or not data:
            return
        if self.serves:
            self.net.on_said(self, data)
        random = self.net.random
        while data:
            size = len(data)
            if random.random() < self.net.cutting and size > 1:
                size = random.randint(1, size - 1)
            self._send(data[:size])
            data = data[size:]
        if self._way > HIGH and not self._congested:
            self._congested = True
            self._protocol.pause_writing()

    def write_eof(self) -> None:
        if not self._closing and not self._lost:
            self._send(EOF)

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._send(EOF)
            self._lose_later(None)

    def abort(self) -> None:
        if not self._lost:
            self._closing = True
            self._send(RESET)
            self._lose_later(None)

    # --- the way ---------------------------------------------------------------------------------

    def _send(self, piece: bytes | str) -> None:
        loop = self.net.loop
        self._at = max(self._at + _APART, loop.time() + self.net.delay())
        if type(piece) is bytes:
            self._way += len(piece)
        loop.call_at(self._at, self.other._arrive, piece, context=self.other.process.context)

    def _arrive(self, piece: bytes | str) -> None:
        if self._lost:
            return
        if piece == RESET:
            self.lose(ConnectionResetError("reset"))
            return
        self._inbox.append(piece)
        if self._reading:
            self._drain()

    def _drain(self) -> None:
        while self._inbox and self._reading and not self._lost:
            piece = self._inbox.popleft()
            if type(piece) is bytes:
                self.other._taken(len(piece))
                if not self.serves:
                    self.net.on_heard(self, piece)
                self._protocol.data_received(piece)
            elif not self._protocol.eof_received():
                self.close()

    def _taken(self, size: int) -> None:
        self._way -= size
        if self._congested and self._way < LOW and not self._lost and self.process.alive:
            self._congested = False
            self.net.loop.call_soon(self._resume, context=self.process.context)

    def _resume(self) -> None:
        if not self._lost:
            self._protocol.resume_writing()

    def _lose_later(self, error: Exception | None) -> None:
        # What was written leaves first.
        at = max(self._at, self.net.loop.time()) + _APART
        self.net.loop.call_at(at, self.lose, error, context=self.process.context)

    def lose(self, error: Exception | None) -> None:
        """It is over."""
        if not self._lost:
            self._lost = self._closing = True
            self.net.pairs.pop(self if self.serves else self.other, None)
            self._protocol.connection_lost(error)


class Network:
    """All connections, and the listeners of what runs."""

    def __init__(self, loop: SimLoop, clients: Process) -> None:
        self.loop = loop
        self.random = loop.random
        self.clients = clients
        self.listeners: dict[int, tuple[Process, Callable[[], asyncio.Protocol]]] = {}
        """By port: who listens, and what makes its end of a connection."""
        self.pairs: dict[SimTransport, SimTransport] = {}
        """Engine's end to client's end."""
        self._ends: list[SimTransport] = []
        self.cutting = 0.1
        """How likely a piece is sent in two."""
        self.slow = 0.05
        self.tag = "?"
        """Of the client that connects now."""
        self.on_said: Callable[[SimTransport, bytes], None] = lambda end, data: None
        self.on_heard: Callable[[SimTransport, bytes], None] = lambda end, data: None
        loop.connect = self.connect

    def delay(self) -> float:
        """Return how long a piece takes."""
        random = self.random
        if random.random() < self.slow:
            return random.uniform(0.05, 3.0)
        return random.uniform(0.0002, 0.02)

    async def connect(self, factory: Any, host: str, port: int) -> tuple[SimTransport, Any]:
        """Connect to whoever listens at a port: a client, or a room server."""
        tag, mine = self.tag, SIDE.get() or self.clients
        if mine is not self.clients:
            tag = mine.name
        await asyncio.sleep(self.delay())
        engine, listener = self.listeners.get(port, (None, None))
        if engine is None or not engine.alive or listener is None:
            raise ConnectionRefusedError(port)
        extra = {"peername": ("127.0.0.1", 40_000), "sockname": ("127.0.0.1", port)}
        theirs = SimTransport(self, mine, tag, extra)
        ours = SimTransport(self, engine, tag, extra)
        ours.serves = True
        ours.other, theirs.other = theirs, ours
        self.pairs[ours] = theirs
        self._ends += (ours, theirs)
        protocol = factory()
        theirs.set_protocol(protocol)
        self.loop.call_soon(self._accept, ours, listener, context=engine.context)
        protocol.connection_made(theirs)
        return theirs, protocol

    def _accept(self, ours: SimTransport, listener: Callable[[], asyncio.Protocol]) -> None:
        protocol = listener()
        ours.set_protocol(protocol)
        protocol.connection_made(ours)

    def cut(self, ours: SimTransport) -> None:
        """Lose a connection with what was on its way; each end learns of it in its time."""
        error = ConnectionResetError("cut")
        for end in (ours, ours.other):
            if end.get_protocol() is not None:
                self.loop.call_later(self.delay(), end.lose, error, context=end.process.context)

    def forget(self) -> None:
        """The world is over: nobody need close anything any more."""
        for end in self._ends:
            end._closing = end._lost = True

    def died(self, process: Process) -> None:
        """Tell whoever was connected to a dead process, each in his time."""
        error = ConnectionResetError("the other end died")
        for ours, theirs in list(self.pairs.items()):
            if process not in (ours.process, theirs.process):
                continue
            del self.pairs[ours]
            gone, left = (ours, theirs) if ours.process is process else (theirs, ours)
            at = max(gone._at, self.loop.time()) + _APART + self.delay()
            self.loop.call_at(at, left.lose, error, context=left.process.context)
