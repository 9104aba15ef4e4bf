"""The players of a streamed match: everybody sends chunks, everybody hears all the others'.

All frames of a bench have one size. Who sent a chunk, and which of his it is, stands at one
place of each frame; a `struct` finds it, so that 65,000 frames a second cost the client little.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from parlour.events.messages.techmino import stream as wire
from parlour.events.rules.techmino import record
from parlour.events.rules.techmino.record import press, release
from parlour.network.bench.ears import Ear
from parlour.network.bench.sockets import BenchFailed
from parlour.network.demo.techmino_client import request_frame
from parlour.network.websocket import JSON_TEXT

FIRST_UID: Final = 100_001
"""Numbers of one width: every frame has the same size."""
CHUNK_SECONDS: Final = 0.15
"""How often existing clients send one."""
CHUNKS: Final = 64
"""Different chunks of a player: fewer are never on their way."""
_FRAMES: Final = round(CHUNK_SECONDS * record.FRAMES_A_SECOND)
_TICK_SECONDS: Final = 0.001
_SETTLE_SECONDS: Final = 60.0


def chunks() -> list[str]:
    """Return chunks of one length, 12 record bytes, no two the same: three keys struck in each."""
    found = []
    for number in range(CHUNKS):
        first, rest = number % 8 + 1, number // 8 + 1
        struck = (first, rest, (first + rest) % 16 + 1)
        events = [
            make(frame, key)
            for frame, key in enumerate(struck, start=1)
            for make in (press, release)
        ]
        end = record.RecordEvent(_FRAMES, 0)
        found.append(record.pack(record.encode([*events[:-1], end])))
    return found


class Relayed(NamedTuple):
    """What a stretch of relaying was like."""

    sent: int
    """Chunks."""
    seconds: float
    deliveries: float
    """A second."""
    latencies: Sequence[float]
    """Seconds from when a chunk was due to when another player had it, each delivery one."""


class StreamCrowd:
    """Players who are all connected; the game is on."""

    def __init__(self, ears: Sequence[Ear]) -> None:
        """Take over connections whose next bytes are chunks.

        Args:
            ears: In order of their uids, from FIRST_UID on.
        """
        self._ears = ears
        texts = chunks()
        frame, start, width = _layout(FIRST_UID, texts[0])
        self._unpack = struct.Struct(f"{start}x{width}s{frame - start - width}x").iter_unpack
        self._frame = frame
        self._says = [request_frame(wire.SendChunk(stream=text)) for text in texts]
        self._keys = [
            [_key(FIRST_UID + number, text) for text in texts] for number in range(len(ears))
        ]
        self._due: dict[bytes, float] = {}
        self._latencies: list[float] = []
        self._next = [0] * len(ears)
        self._turn = 0
        self.sent = 0
        """Chunks, all in all."""
        self._heard = 0
        self._after: Callable[[], None] = _nothing
        self._kept: list[bytes] = []
        self._error: BenchFailed | None = None
        for number, ear in enumerate(ears):
            ear.hear = self._ear_of(number)

    def _ear_of(self, number: int) -> Callable[[bytes], None]:
        """Return what takes the bytes a player is told."""
        frame, unpack, due, kept = self._frame, self._unpack, self._due, self._kept
        witness = number == 0
        rest = b""

        def hear(data: bytes) -> None:
            nonlocal rest
            now = time.perf_counter()
            if witness:
                kept.append(data)
            if rest:
                data = rest + data
            size = len(data)
            over = size % frame
            rest = data[size - over :] if over else b""
            try:
                self._latencies += [
                    now - due[key] for (key,) in unpack(data[:-over] if over else data)
                ]
            except KeyError:
                self._error = BenchFailed(f"not a chunk that was sent: {data[:200]!r}")
            self._heard += size // frame
            if witness:
                self._after()

        return hear

    # --- sending ---------------------------------------------------------------------------

    def _say(self, due: float) -> None:
        """Have the next player send his next chunk."""
        number = self._turn
        self._turn = (number + 1) % len(self._ears)
        chunk = self._next[number]
        self._next[number] = (chunk + 1) % CHUNKS
        self._due[self._keys[number][chunk]] = due
        self._ears[number].transport.write(self._says[chunk])
        self.sent += 1

    async def at_pace(self, seconds: float) -> Relayed:
        """Have every player send a chunk each CHUNK_SECONDS, evenly spread, for some seconds.

        A chunk is sent when it is due, whatever became of those before.

        Raises:
            BenchFailed: Not everybody heard every chunk of the others, in order.
        """
        rate = len(self._ears) / CHUNK_SECONDS
        began, first = time.perf_counter(), self.sent
        self._latencies.clear()
        total = int(rate * seconds)
        while self.sent - first < total:
            due = min(total, int((time.perf_counter() - began) * rate))
            for number in range(self.sent - first, due):
                self._say(began + number / rate)
            await asyncio.sleep(_TICK_SECONDS)
        return await self._relayed(first, began)

    async def flat_out(self, seconds: float, *, in_flight: int) -> Relayed:
        """Keep so many chunks on their way at all times, for some seconds.

        The next is sent when, on the average, everybody has heard one.

        Raises:
            BenchFailed: Not everybody heard every chunk of the others, in order.
        """
        began, first = time.perf_counter(), self.sent
        self._latencies.clear()
        others = len(self._ears) - 1

        def speak() -> None:
            for _ in range(in_flight - (self.sent - self._heard // others)):
                self._say(time.perf_counter())

        self._after = speak
        speak()
        await asyncio.sleep(seconds)
        self._after = _nothing
        return await self._relayed(first, began)

    async def _relayed(self, first: int, began: float) -> Relayed:
        """Wait for the last chunk to arrive, and return how it went."""
        others = len(self._ears) - 1
        deadline = time.perf_counter() + _SETTLE_SECONDS
        while self._heard < self.sent * others and self._error is None:
            if time.perf_counter() > deadline:
                raise BenchFailed(f"{self.sent * others - self._heard} chunks did not arrive")
            await asyncio.sleep(_TICK_SECONDS)
        seconds = time.perf_counter() - began
        if self._error is not None:
            raise self._error
        self._check_order()
        sent, latencies = self.sent - first, tuple(self._latencies)
        return Relayed(sent, seconds, sent * others / seconds, latencies)

    def _check_order(self) -> None:
        """Look at all that one player heard: of each other, every chunk, in order.

        Raises:
            BenchFailed: It was not so.
        """
        data = b"".join(self._kept)
        self._kept.clear()
        heard = _by_sender(key for (key,) in self._unpack(data))
        for number, keys in enumerate(self._keys):
            place = {key: index for index, key in enumerate(keys)}
            places = [place[key] for key in heard.get(keys[0][:_UID], ())]
            # The last one is the last that was sent: so none is missing at the end either.
            gaps = pairwise([*places, self._next[number]] if places else ())
            if any((later - earlier) % CHUNKS != 1 for earlier, later in gaps):
                raise BenchFailed(f"chunks of {FIRST_UID + number} came out of order")


_UID: Final = len(str(FIRST_UID))


def _nothing() -> None:
    pass


def _by_sender(keys: Iterable[bytes]) -> Mapping[bytes, list[bytes]]:
    found: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for key in keys:
        found[key[:_UID]].append(key)
    return found


def _chunk_frame(uid: int, text: str) -> bytes:
    return JSON_TEXT.encode(wire.ChunkBy(data=wire.Chunk(uid=uid, stream=text)))


def _layout(uid: int, text: str) -> tuple[int, int, int]:
    """Return a frame's size, and where in it the uid and the chunk are, from and how long."""
    frame = _chunk_frame(uid, text)
    start = frame.index(str(uid).encode())
    end = frame.index(text.encode()) + len(text)
    return len(frame), start, end - start


def _key(uid: int, text: str) -> bytes:
    _, start, width = _layout(uid, text)
    return _chunk_frame(uid, text)[start : start + width]
