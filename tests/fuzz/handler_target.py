"""The whole engine under peers who say anything: real hub, handlers, actors, journal and log.

A script of bytes opens connections of every kind, says messages with odd values and plain noise,
waits, and hangs up. It runs on the simulation's loop, where no time passes but by the clock. What
must hold meanwhile is in `House`: nothing is logged as an error, what is kept of a connection has
a bound, somebody else is answered all the time, and the audit finds nothing in the end.
"""

from __future__ import annotations

import asyncio
import logging
import re
import struct
import sys
from pathlib import Path
from typing import Any, Final
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1] / "simulation"))

import scripts
import sim_world
from aiohttp import web_app
from argon2 import PasswordHasher
from msgspec.structs import replace
from sim_engine import PORTS
from sim_world import World, make_folder, remove
from wire_peers import (
    BOUNDARIES,
    KINDS,
    NUMBER,
    Kind,
    Members,
    Voice,
    json_of,
    learn,
    members_of,
    upgrade,
)

from parlour.events.messages import treasure
from parlour.network import passwords
from parlour.network.account_requests import AddAccount
from parlour.network.admin import AdminServer
from parlour.network.config import OPEN_LIMITS, Config
from parlour.network.landlord.codec import obfuscate
from parlour.network.treasure.codec import FrameCodec, payload_of

STEPS, PEERS = 80, 10
"""What of a script is obeyed."""
PIECE: Final = 65_536
"""Bytes that a socket gives at once."""
EVENTS_EACH, WRITES_EACH, LEAST = 40, 60, 400
"""Events and writes to clients that one message may cost, and what games do by themselves."""
PAUSES: Final = (0.05, 1.0, 12.0, 70.0)
CANARY: Final = 123_456
"""A uid that no script says: an operator may kick anybody."""
_HEARD: Final = 1 << 16
_SETTINGS: Final = Config(
    limits=replace(OPEN_LIMITS, out_bytes=65_536),
    techmino=replace(Config().techmino, practice=True),
)


_OPS: Final = (
    *(("open", 1), ("say", 3), ("say", 3), ("say", 3), ("noise", 2), ("wait", 1), ("close", 1)),
    ("repeat", 2),
)
OP: Final = {name: number for number, (name, _) in enumerate(_OPS)}


PAGE: Final = Path(__file__).parents[2].joinpath("docs/protocols/beehive.md").read_text("utf-8")


class Peer(asyncio.Protocol):
    """One connection of somebody who says anything."""

    def __init__(self, kind: Kind, house: House) -> None:
        self.kind = kind
        self.voice = Voice(house.known)
        self._house = house
        self.heard = b""
        self.last = b""
        """What it said last."""
        self.gone = False
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        if self.kind.path:
            self.send(upgrade(self.kind.path))

    def data_received(self, data: bytes) -> None:
        self.heard = (self.heard + data)[-_HEARD:]
        plain = obfuscate(data) if self.kind.name == "landlord xor" else data
        learn(plain, self.voice.own)
        learn(plain, self._house.known)
        if b'"ticket":' in plain:
            self._house.tickets.append(dict(self.voice.known))

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True

    def send(self, data: bytes) -> None:
        self.last = data
        for at in range(0, len(data), PIECE):
            if not self.gone:
                self.transport.write(data[at : at + PIECE])

    def kept(self) -> int:
        """Return how much the engine keeps of what came and is not handled."""
        protocol = self.transport.other.get_protocol()
        for name in ("_codec", "_reader"):
            reader = getattr(protocol, name, None)
            if reader is not None:
                return len(reader._buffer)
        return 0


class Canary:
    """Somebody with nothing to do with all that, who is answered whatever happens."""

    def __init__(self) -> None:
        self._codec = FrameCodec()
        self._seq = 0

    async def ask(self) -> None:
        """Ask for the rooms and wait for the answer."""
        if not self._seq:
            self._reader, self._writer = await asyncio.open_connection("", PORTS["treasure"])
            await self._say(treasure.Login(name="canary", seq=1))
        await self._say(treasure.ListRooms(seq=2 + self._seq))

    async def _say(self, request: treasure.Request) -> None:
        self._seq += 1
        payload = payload_of(request)
        self._writer.write(struct.pack("<I", len(payload)) + payload)
        wanted = b'"seq":%d' % request.seq
        async with asyncio.timeout(20.0):
            while True:
                while (frame := self._codec.next_frame()) is not None:
                    if wanted in frame:
                        assert b'"code":0' in frame, f"the canary is refused: {frame!r}"
                        return
                data = await self._reader.read(PIECE)
                assert data, "the canary was cut off"
                self._codec.receive_data(data)


class House(World):
    """An engine, and whoever a script sends to it."""

    def __init__(self, script: bytes, folder: Path) -> None:
        super().__init__(1, folder, config=_SETTINGS)
        self.script = script
        self.network.slow = self.network.cutting = 0.0
        self.known: dict[str, bytes] = {}
        self.tickets: list[dict[str, bytes]] = []
        """What was known to those who were given one."""
        self.peers: list[Peer] = []
        self.said = 0
        self.bytes_said = 0

    # --- a script ------------------------------------------------------------------------------

    async def _live(self, people: list[Any], steps: int) -> None:
        self.start()
        await self.desk.serve(AddAccount(uid=CANARY, name="canary"))
        self.canary = Canary()
        await asyncio.sleep(0.01)
        await self.canary.ask()
        for number, (does, given) in enumerate(scripts.steps(self.script, _OPS, STEPS)):
            await getattr(self, f"_{does}")(given)
            await asyncio.sleep(0.06)
            self._look()
            if number % 8 == 7:
                await self.canary.ask()
        for peer in self.peers:
            peer.transport.close()
        await asyncio.sleep(1.0)
        await self.canary.ask()
        self._look()
        for _ in range(20):
            if self.engine.journal.idle and self.engine.accepting:
                return
            await asyncio.sleep(0.3)
        self._blame("the engine does not come to rest")

    async def _open(self, given: bytes) -> None:
        kind = KINDS[given[0] % len(KINDS)]
        if len(self.peers) == PEERS or not kind.listener:
            return
        _, peer = await self.loop.create_connection(
            lambda: Peer(kind, self), "", PORTS[kind.listener]
        )
        self.peers.append(peer)

    def _peer(self, number: int) -> Peer | None:
        return self.peers[number % len(self.peers)] if self.peers else None

    async def _say(self, given: bytes) -> None:
        peer = self._peer(given[0])
        kind = KINDS[NUMBER["admin"]] if given[0] == 255 or peer is None else peer.kind
        number, message = kind.messages[given[1] % len(kind.messages)]
        if kind.name == "admin" or peer is None:
            self.said += 1
            members = altered(members_of(message, self.known), given[3:])
            await AdminServer(self.folder, self.desk)._answer(json_of(members))
            return
        voice = peer.voice
        if message is treasure.Verify and self.tickets:
            voice.own.update(self.tickets[given[0] % len(self.tickets)])
        members = altered(members_of(message, voice.known), given[3:])
        learn(json_of(members), voice.own, only_who=True)
        self._send(peer, kind.words(voice, number, message, members))

    async def _noise(self, given: bytes) -> None:
        if (peer := self._peer(given[0])) is not None:
            self._send(peer, given[2:])

    async def _repeat(self, given: bytes) -> None:
        """Say the last thing again, in one piece: as often as a burst has room for."""
        if (peer := self._peer(given[0])) is not None and len(peer.last) < 2_000:
            times = 1 + given[1] % 64
            self.said += times
            once = peer.last
            self._send(peer, once * times)
            peer.last = once

    async def _wait(self, given: bytes) -> None:
        await asyncio.sleep(PAUSES[given[0] % len(PAUSES)])

    async def _close(self, given: bytes) -> None:
        if (peer := self._peer(given[0])) is not None:
            self.peers.remove(peer)
            peer.transport.abort() if given[0] & 64 else peer.transport.close()

    def _send(self, peer: Peer, data: bytes) -> None:
        self.said += 1
        self.bytes_said += len(data)
        peer.send(data)

    # --- what must hold ------------------------------------------------------------------------

    def _look(self) -> None:
        self._check([])
        for peer in self.peers:
            for code in undocumented(peer):
                self._blame(f"{peer.kind.name} was told {code}, which its page does not name")
            kept, most = peer.kept(), peer.kind.frame + PIECE
            if kept > most:
                self._blame(f"{kept} bytes are kept of {peer.kind.name}, more than {most}")
        for name, there, each in (
            ("events", self.watch.events, EVENTS_EACH),
            ("writes", self.counts["writes"], WRITES_EACH),
        ):
            if there > LEAST + each * self.said:
                self._blame(f"{there} {name} for {self.said} messages")

    def _blame(self, what: str) -> None:
        raise sim_world.Violation(what)


_TOLD: Final = re.compile(rb'"(?:code|errno)":(\d+)')
_PAGES: Final = {
    "treasure": {0, *treasure.CODES.values()},
    "games": {0, *treasure.CODES.values()},
    "bee": {0, *(int(code) for code in re.findall(r"^\| (\d{5}) \|", PAGE, re.MULTILINE))},
}
"""The codes of a protocol; the page of the treasure game is held against `CODES` elsewhere."""


def undocumented(peer: Peer) -> set[int]:
    """Return the codes a peer was told in JSON that are on no page; it begins to listen anew."""
    page = _PAGES.get(peer.kind.name.split()[0])
    told = {int(code) for code in _TOLD.findall(peer.heard)}
    peer.heard = b""
    return set() if page is None else told - page


def altered(members: Members, changes: bytes) -> Members:
    """Return members with some values changed, doubled, added or left out."""
    members = list(members)
    for place, value in zip(changes[::2], changes[1::2], strict=False):
        name, at = "another", place % max(len(members), 1)
        if members and value < ADD:
            name, _ = members.pop(at)
        if value < DROP:
            members.insert(at, (name, BOUNDARIES[value % len(BOUNDARIES)]))
        if value >= TWICE and members:
            members.append(members[at])
    return members


DROP, ADD, TWICE = 240, 248, 252
"""From these values on a member is left out, a strange one comes, one comes twice."""


class _Errors(logging.Handler):
    """What libraries report as errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


_QUICK: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Slowness is the purpose of a password hash, and not of this."""
_NOBODYS: Final = _QUICK.hash("nobody")


def feed(data: bytes) -> None:
    """Run a script; raise when something does not hold."""
    errors, folder = _Errors(), make_folder()
    logging.getLogger().addHandler(errors)
    try:
        with mock.patch.multiple(passwords, _HASHER=_QUICK, _NOBODYS=_NOBODYS):
            House(data, folder).run([], 0)
        assert not errors.said, errors.said[0]
    finally:
        logging.getLogger().removeHandler(errors)
        remove(folder)
        # What holds a house that is over, and nothing else would let go of: a million come.
        web_app._cached_build_middleware.cache_clear()
