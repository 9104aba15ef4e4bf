"""The players of `bench treasure`, as cheap as they can be: frames known by their service ids.

In each room seven of eight act in every stage as soon as it is on; the eighth, the witness, never
does, so every stage ends by its time. Witnesses look for 58, the first of the seven at the answers
it gets; the others look at nothing they are told.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, cast

import msgspec

from parlour.events.messages import treasure as wire
from parlour.network.bench.sockets import BenchFailed
from parlour.network.treasure.codec import HEADER, SERVICE, TCP

MEMBERS: Final = 8
STAGES: Final = 4
_BUFFER: Final = bytearray(1 << 20)
_VIEW: Final = memoryview(_BUFFER)
"""Everybody reads into the same memory: what was read is dealt with before anybody reads on."""
_STAGE: Final = msgspec.json.Decoder(wire.Stage)
_STATUS: Final = msgspec.json.Decoder(wire.ActionStatus)
_VERIFIED: Final = msgspec.json.Decoder(wire.Verified)
_OUTER, _CENTRE = 1, 4
_HEAD: Final = HEADER.size + SERVICE.size


class Ticket(NamedTuple):
    """What one player was told with 50."""

    player_id: int
    place: wire.GameAt

    @property
    def verify(self) -> bytes:
        """The frame that shows it."""
        request = wire.Verify(
            room_id=self.place.room_id, player_id=self.player_id, ticket=self.place.ticket
        )
        return TCP.encode(request)


class Player(asyncio.BufferedProtocol):
    """A connection to a room server that is let in, and then only heard."""

    def __init__(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._greeting = b""
        self.transport: asyncio.Transport
        loop = asyncio.get_running_loop()
        self.inside: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.bytes = 0
        """Heard so far."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Show the ticket."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._ticket.verify)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to read into."""
        return _VIEW

    def buffer_updated(self, nbytes: int) -> None:
        """Count what was heard; before that, be let in."""
        self.bytes += nbytes
        if self.inside.done():
            self.hear(_VIEW[:nbytes])
            return
        self._greeting += _VIEW[:nbytes]
        if len(self._greeting) < HEADER.size:
            return
        (length,) = HEADER.unpack_from(self._greeting)
        if len(self._greeting) < HEADER.size + length:
            return
        answer = _VERIFIED.decode(self._greeting[_HEAD : HEADER.size + length])
        if answer.code != wire.OK:
            self.inside.set_exception(BenchFailed(f"a ticket was answered {answer.code}"))
            return
        self.inside.set_result(None)
        self.hear(memoryview(self._greeting[HEADER.size + length :]))

    def hear(self, data: memoryview) -> None:
        """Take what came; most players do not look at it."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember that the server hung up."""
        if not self.inside.done():
            self.inside.set_exception(BenchFailed("the room server hung up"))
        if not self.closed.done():
            self.closed.set_result(None)


class _Listener(Player):
    """A player who looks for the messages of one service."""

    service = 0

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket)
        self._rest = b""

    def hear(self, data: memoryview) -> None:
        """Look for them."""
        heard = self._rest + data
        start, end = 0, len(heard)
        while end - start >= _HEAD:
            (length,) = HEADER.unpack_from(heard, start)
            after = start + HEADER.size + length
            if after > end:
                break
            (service,) = SERVICE.unpack_from(heard, start + HEADER.size)
            if service == self.service:
                self.note(heard[start + _HEAD : after])
            start = after
        self._rest = heard[start:]

    def note(self, body: bytes) -> None:
        """Take the body of one."""


class Sample(_Listener):
    """A player who counts what becomes of his actions."""

    service = wire.ActionStatus.service

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket)
        self.codes: Counter[int] = Counter()

    def note(self, body: bytes) -> None:
        """Count an answer."""
        self.codes[_STATUS.decode(body).code] += 1


class Witness(_Listener):
    """The player of a room who never acts, and hears when each stage begins."""

    service = wire.Stage.service

    def __init__(self, ticket: Ticket, on_stage: Callable[[wire.Stage], None]) -> None:
        """`on_stage` is told each 58."""
        super().__init__(ticket)
        self._on_stage = on_stage

    def note(self, body: bytes) -> None:
        """Pass a 58 on."""
        self._on_stage(_STAGE.decode(body))


class Room:
    """The eight of one game."""

    def __init__(self, tickets: Sequence[Ticket]) -> None:
        """Take over the tickets of all members; the last one's is the witness's."""
        first, *acting, self._last = tickets
        self.room_id = self._last.place.room_id
        self.sample = Sample(first)
        self._acting = [self.sample, *(Player(ticket) for ticket in acting)]
        self._witness = Witness(self._last, self._on_stage)
        self._frames = [_frames(number, t.player_id) for number, t in enumerate(tickets[:-1])]
        self.heard_at: list[int] = []
        """When each stage was said to be on (ns since 1970)."""
        self.commands = 0

    async def come_in(self) -> None:
        """Connect all but the witness: the game waits for him."""
        await self._connect(self._acting)

    async def begin(self) -> None:
        """Connect the witness: the game begins."""
        await self._connect([self._witness])

    async def _connect(self, players: Sequence[Player]) -> None:
        loop, place = asyncio.get_running_loop(), self._last.place
        for player in players:
            await loop.create_connection(_made(player), place.ip, place.port)
        await asyncio.gather(*(player.inside for player in players))

    def _on_stage(self, told: wire.Stage) -> None:
        self.heard_at.append(time.time_ns())
        for player, frames in zip(self._acting, self._frames, strict=True):
            player.transport.write(frames[told.day - 1][told.stage - 1])
        self.commands += len(self._acting)

    @property
    def bytes(self) -> int:
        """What all members heard."""
        return sum(player.bytes for player in (*self._acting, self._witness))

    async def leave(self) -> None:
        """Hang up."""
        for player in (*self._acting, self._witness):
            player.transport.abort()
        await asyncio.gather(*(player.closed for player in (*self._acting, self._witness)))


def _made(player: Player) -> Callable[[], Player]:
    return lambda: player


def _frames(number: int, player_id: int) -> list[list[bytes]]:
    """Return what a player sends by day and stage: all of it is allowed, nobody dies of it."""
    return [
        [
            TCP.encode(request)
            for request in (
                wire.Move(to=_OUTER if day % 2 else _CENTRE),
                wire.Heal(target=player_id),
                wire.Bid(lot_id=2 * day, price=3) if day == number + 1 else wire.Bid(),
                wire.Explore(),
            )
        ]
        for day in range(1, MEMBERS)
    ]
