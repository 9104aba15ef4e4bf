"""A room server under a lobby that says anything: real link, store, actors and journal.

A script of bytes is what the lobby says, with odd values anywhere in it, and what players of the
room server say meanwhile. What must hold is in `Hostage`: nothing raises, nothing is logged as an
error but what is wrong with the lobby, links are few, and in the end an honest lobby is served as
if nothing had been.
"""

from __future__ import annotations

import asyncio
import re
import struct
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1] / "simulation"))
sys.path.insert(0, str(Path(__file__).parents[1] / "network" / "treasure"))

import msgspec
import scripts
import sim_world
from link_talk import CHALLENGE, UIDS, assign_of, ticket_of
from sim_room_server import RoomServer
from sim_world import World, make_folder, remove
from wire_peers import BOUNDARIES

from parlour.events.messages import treasure
from parlour.events.messages import treasure_link as link
from parlour.network.config import Config
from parlour.network.treasure import link_codec
from parlour.network.treasure.codec import TCP, FrameCodec

STEPS = 60
"""What of a script is obeyed."""
PORT: Final = 9_900
"""Where the lobby listens."""
LINKS: Final = 100
"""Connections that a script may cost."""
_PATIENCE: Final = 60.0
_PAUSES: Final = (0.05, 1.0, 6.0, 12.0, 20.0)
_SAYS: Final = tuple((number, kind) for number, kinds in link.TO_SERVER.items() for kind in kinds)
_MOVES: Final = tuple(treasure.ROOM_REQUESTS)
_ANSWERS: Final = ("yes", "yes", "yes", "closed", "stale", "odd", "none", "silence")
"""What is said to batches."""
_VALUE: Final = re.compile(rb'(?<=[:\[,])(?:"[^"]*"|-?\d+(?:\.\d+)?|true|false|null)(?=[,}\]])')
"""A value anywhere in compact JSON."""


class _OddLink(asyncio.Protocol):
    """One connection of the room server, on the lobby's side."""

    def __init__(self, lobby: Hostage) -> None:
        self._lobby = lobby
        self._codec = FrameCodec(link.MAX_FRAME)
        self._decoder = link_codec.from_server()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._lobby.links.append(self)
        if self._lobby.honest:
            self.say(link.Challenge(challenge=CHALLENGE))

    def data_received(self, data: bytes) -> None:
        self._codec.receive_data(data)
        while (payload := self._codec.next_frame()) is not None:
            self._lobby.hear(self, self._decoder.decode(payload))

    def say(self, message: treasure.Message) -> None:
        self.transport.write(TCP.encode(message))


class _Player(asyncio.Protocol):
    """One connection to the room server."""

    def __init__(self) -> None:
        self.heard = b""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard = (self.heard + data)[-65_536:]

    def say(self, service: int, body: bytes) -> None:
        frame = struct.pack("<H", service) + body
        self.transport.write(struct.pack("<I", len(frame)) + frame)


class _Unwatched(RoomServer):
    """A room server whose lobby lies: nothing it is told is on a disk."""

    engine: Any = None

    def follow(self, engine: Any, hub: Any) -> None:
        """Nobody does; the engine beside it is watched as ever."""
        self.engine = engine


class Hostage(World):
    """A room server, and the lobby that has it."""

    USUAL = (*World.USUAL, "link_broken", "game_unreadable")

    def __init__(self, data: bytes, folder: Path) -> None:
        super().__init__(1, folder, config=Config())
        self._data = data
        self.network.slow = self.network.cutting = 0.0
        self.restless = False
        self.server = _Unwatched(self, 1, PORT)
        self.servers = [self.server]
        self.links: list[_OddLink] = []
        self.honest = False
        self.opened: set[int] = set()
        """Rooms that the room server said it has."""
        self.shipped: set[str] = set()
        """Topics of what it wanted on disk."""
        self._answer = "yes"
        self._players: list[_Player] = []

    # --- what is said --------------------------------------------------------------------------

    def hear(self, where: _OddLink, said: Any) -> None:
        """Hear the room server, and answer as is the mood."""
        if isinstance(said, link.Batch):
            self.shipped.update(row.topic for unit in said.units for row in unit)
            answer = _ANSWERS[0] if self.honest else self._answer
            if answer == "silence":
                return
            code = {"closed": 27, "stale": link.STALE, "odd": -1, "none": link.STALE}.get(answer, 0)
            refused = {"stale": (0,), "odd": (-1, 10**9)}.get(answer, ())
            where.say(link.BatchAnswer(batch=said.batch, code=code, refused=refused))
        elif isinstance(said, link.Placed) and said.result is None and said.code == 0:
            self.opened.add(said.room_id)
        elif isinstance(said, link.Register) and self.honest:
            where.say(assign_of(room=LAST))
            where.say(link.Registered(code=0))

    async def _live(self, people: list[Any], steps: int) -> None:
        self.network.listeners[PORT] = self.clients, lambda: _OddLink(self)
        self.start()
        self.server.start()
        await asyncio.sleep(0.5)
        for does, given in scripts.steps(self._data, _OPS, STEPS):
            getattr(self, f"_{does}")(given)
            await asyncio.sleep(_PAUSES[given[0] % len(_PAUSES)] if does == "wait" else 0.06)
            self._look()
        await self._end_well()

    def _say(self, given: bytes) -> None:
        number, kind = _SAYS[given[0] % len(_SAYS)]
        plain = _plain(kind, 1 + given[1] % 3, 1 + given[1] // 3 % 2)
        body = msgspec.json.encode(plain)
        for place, value in zip(given[3::2], given[4::2], strict=True):
            body = _altered(body, place, BOUNDARIES[value % len(BOUNDARIES)])
        self._write(struct.pack("<IH", len(body) + 2, number) + body)

    def _noise(self, given: bytes) -> None:
        self._write(given[1:])

    def _write(self, data: bytes) -> None:
        if self.links:
            self.links[-1].transport.write(data)

    def _mood(self, given: bytes) -> None:
        self._answer = _ANSWERS[given[0] % len(_ANSWERS)]

    def _wait(self, given: bytes) -> None:
        """Wait, as the loop above does."""

    def _cut(self, given: bytes) -> None:
        if self.links:
            self.links[-1].transport.abort() if given[0] % 2 else self.links[-1].transport.close()

    def _come(self, given: bytes) -> None:
        if len(self._players) < len(UIDS):
            self._players.append(_Player())
            player = self._players[-1]
            self.loop.create_task(self._connect(player), context=self.clients.context.copy())

    async def _connect(self, player: _Player) -> None:
        try:
            await self.loop.create_connection(lambda: player, "", self.server.port)
        except ConnectionRefusedError:
            self._players.remove(player)

    def _play(self, given: bytes) -> None:
        """Verify (an even first byte) or do something in the game."""
        if not self._players:
            return
        at = given[0] // 2 % len(self._players)
        player, uid = self._players[at], UIDS[at]
        if player.transport is None:
            return
        if given[0] % 2 == 0:
            body = b'{"room_id":%d,"player_id":%d,"ticket":"%s"}'
            player.say(1001, body % (1 + given[1] % 3, uid, ticket_of(uid).encode()))
        else:
            body = b'{"target":%d,"x":%d,"y":%d,"lot_id":0,"price":1}'
            number = _MOVES[given[1] % len(_MOVES)]
            player.say(number, body % (UIDS[0], given[1] % 7, given[1] % 5))

    # --- what must hold ------------------------------------------------------------------------

    def _look(self) -> None:
        self._check([])
        if len(self.links) > LINKS:
            self._blame(f"{len(self.links)} connections")

    async def _end_well(self) -> None:
        """Be an honest lobby, that gives one more game."""
        self.honest = True
        self.opened.discard(LAST)
        if self.links:
            self.links[-1].transport.abort()
        await self._until(lambda: LAST in self.opened, "a game is not taken from an honest lobby")
        player = _Player()
        await self._connect(player)
        body = b'{"room_id":%d,"player_id":%d,"ticket":"%s"}'
        player.say(1001, body % (LAST, UIDS[0], ticket_of(UIDS[0]).encode()))
        await self._until(lambda: b'"code":0' in player.heard, "a player is not let in")
        journal = self.server.engine.journal
        await self._until(lambda: journal.idle, "the room server does not come to rest")

    async def _until(self, holds: Any, otherwise: str) -> None:
        for _ in range(int(_PATIENCE / 0.3)):
            self._look()
            if holds():
                return
            await asyncio.sleep(0.3)
        self._blame(otherwise)

    def _blame(self, what: str) -> None:
        raise sim_world.Violation(what)


_OPS: Final = (
    *(("say", 3), ("say", 3), ("say", 3), ("noise", 1), ("mood", 1), ("wait", 1), ("cut", 1)),
    *(("come", 1), ("play", 2), ("play", 2)),
)
OP: Final = {name: number for number, (name, _) in enumerate(_OPS)}
SAY: Final = {kind.__name__: number for number, (_, kind) in enumerate(_SAYS)}
LAST: Final = 77
"""The room of the game that is given in the end."""


def _plain(kind: type, room: int, game: int) -> treasure.Message:
    """Return a message that would do."""
    match kind:
        case link.Challenge:
            return link.Challenge(challenge=CHALLENGE)
        case link.Registered:
            return link.Registered(code=0)
        case link.Assign:
            return assign_of(room=room, game=game, epoch=game)
        case link.PlacedAnswer:
            return link.PlacedAnswer(room_id=room, game=game, epoch=game)
        case link.BatchAnswer:
            return link.BatchAnswer(batch=room)
        case link.Withdraw:
            return link.Withdraw(room_id=room, game=game, epoch=game)
    return link.Beat()


def _altered(body: bytes, place: int, value: bytes) -> bytes:
    """Return JSON with another value somewhere in it."""
    there = list(_VALUE.finditer(body))
    if not there:
        return body
    found = there[place % len(there)]
    return body[: found.start()] + value + body[found.end() :]


def script(*lines: str) -> bytes:
    """Return a script of lines such as "say Assign 0", "mood 3", "play 0 0", "wait 1"."""
    out = b""
    for line in lines:
        does, *given = line.split()
        if does == "say":
            given = [str(SAY[given[0]]), given[1], "0"]
        out += bytes((OP[does], *map(int, given)))
    return out


_IN: Final = ("say Challenge 0", "say Assign 0", "say Registered 0", "wait 0")
_PLAYERS: Final = ("come 0", "come 0", "come 0", "come 0", "play 0 0", "play 2 0", "play 4 0")
BEGINNINGS: Final = {
    "in": script(*_IN, "wait 1", "say Beat 0", "cut 1"),
    "game": script(*_IN, *_PLAYERS, "play 6 0", "wait 1", "play 1 1", "play 3 2", "play 5 3"),
    "again": script(*_IN, *_PLAYERS, "cut 0", "wait 1", *_IN, "play 6 0", "play 1 1", "wait 4"),
    "withdrawn": script(*_IN, *_PLAYERS, "say Withdraw 0", "say Assign 3", "wait 1"),
    "settled": script(*_IN, *_PLAYERS, "say PlacedAnswer 0", "say Assign 0", "wait 1"),
    "full disk": script(*_IN, "mood 3", *_PLAYERS, "wait 2", "mood 0", "wait 1"),
    "stale": script(*_IN, "mood 4", *_PLAYERS, "wait 2", "mood 6", "play 7 1", "wait 1"),
    "silence": script(*_IN, "mood 7", *_PLAYERS, "wait 3", "mood 0", *_IN, "wait 1"),
}
"""Scripts that fuzzing begins from."""


def feed(data: bytes) -> None:
    """Run a script; raise when something does not hold."""
    folder = make_folder()
    try:
        Hostage(data, folder).run([], 0)
    finally:
        remove(folder)
