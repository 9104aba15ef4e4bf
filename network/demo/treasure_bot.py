"""A player of the treasure game by himself: logs in, sits down, shows his ticket, plays."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec import UNSET

from parlour.events.errors import EngineError
from parlour.events.messages import treasure as wire
from parlour.network.demo.treasure_client import (
    TreasureClient,
    TreasureTransport,
    connect_game,
    connect_lobby,
)
from parlour.network.demo.treasure_mind import AUCTION, TreasureMind
from parlour.network.demo.treasure_strategy import choose, surrender

A = TypeVar("A", bound=wire.Answer)
Moment = Callable[[TreasureMind], bool]
_ALREADY_ACTED = wire.CODES["already_acted"]


class TreasureRefused(EngineError):
    """The server answered with a code."""


class TreasureBot:
    """One player, with a connection to the lobby and one to his game."""

    def __init__(self, name: str, transport: TreasureTransport, *, number: int = 0) -> None:
        """Prepare a player.

        Args:
            name: His account's.
            transport: How he connects, to both servers.
            number: Bots with different numbers choose differently.
        """
        self.name = name
        self.transport: TreasureTransport = transport
        self.uid = 0
        self.room = 0
        self.token = ""
        self.mind = TreasureMind()
        self.place: wire.GameAt | None = None
        """Where his game is."""
        self.commands = 0
        """What he asked of the engine in his games."""
        self.heard: list[wire.Message] = []
        """Everything his room servers told him but answers."""
        self._chance = random.Random(number)
        self._lobby: TreasureClient | None = None
        self._game: TreasureClient | None = None

    # --- the lobby -------------------------------------------------------------------------

    async def log_in(self, addresses: Mapping[str, str]) -> None:
        """Log in, at first by name (the engine runs with --open), later with the token."""
        self._lobby = lobby = await connect_lobby(self.transport, addresses)
        request = wire.Login(name=self.name, token=self.token or None)
        answer = _good(await lobby.ask(request, wire.LoginAnswer))
        assert answer.player_id is not UNSET
        assert answer.token is not UNSET
        self.uid, self.token = answer.player_id, answer.token
        self.room = 0 if answer.room_id is UNSET else answer.room_id

    async def open_room(self, name: str, *, most: int) -> int:
        """Make a room and return its number."""
        created = _good(
            await self.lobby.ask(wire.CreateRoom(name=name, max=most), wire.RoomCreated)
        )
        assert created.room_id is not UNSET
        self.room = created.room_id
        return self.room

    async def join_room(self, room: int) -> None:
        """Sit down in a room."""
        _good(await self.lobby.ask(wire.JoinRoom(room_id=room), wire.RoomJoined))
        self.room = room

    async def be_ready(self) -> None:
        """Say so."""
        _good(await self.lobby.ask(wire.ChangeReady(ready=True), wire.ReadyChanged))

    async def start_game(self) -> None:
        """Begin; the host's."""
        _good(await self.lobby.ask(wire.StartGame(), wire.StartAnswer))

    async def commitment(self) -> str:
        """Return the hash of the seed of the room's next game."""
        info = _good(await self.lobby.ask(wire.AskRoom(seq=1), wire.RoomInfo))
        return "" if info.commitment is UNSET else info.commitment

    async def enter_game(self) -> None:
        """Hear where the game is, go there, and show the ticket."""
        self.place = place = await self.lobby.hear_until(wire.GameAt)
        self._game = game = await connect_game(self.transport, place)
        verify = wire.Verify(room_id=place.room_id, player_id=self.uid, ticket=place.ticket)
        _good(await game.ask(verify, wire.Verified))

    # --- the game --------------------------------------------------------------------------

    async def play(self, until: Moment) -> None:
        """Play until the game is over, or a stage begins of which `until` is true."""
        while self.mind.over is None:
            if await self.hear():
                if until(self.mind):
                    return
                await self.act()

    async def hear(self) -> bool:
        """Take the next message; tell whether it says that a stage is on."""
        told = await self.game.hear()
        if isinstance(told, wire.ActionStatus):
            await self._hear_status(told)
        else:
            self.heard.append(told)
            self.mind.hear(told)
        # What a stage has pushed comes behind its 58.
        begun = wire.Lots if self.mind.stage == AUCTION else wire.Stage
        return isinstance(told, begun)

    async def act(self) -> None:
        """Do something in the running stage."""
        if self.mind.alive:
            await self._say(choose(self.mind, self._chance))

    async def decide(self) -> int:
        """Act, and return the code of the answer; what was wrong is taken back by a pass."""
        await self.act()
        answer = await self.game.hear_until(wire.ActionStatus)
        if answer.code == wire.CODES["bad_target"]:
            await self._say(surrender(self.mind.stage))
            answer = await self.game.hear_until(wire.ActionStatus)
        return answer.code

    async def _hear_status(self, told: wire.ActionStatus) -> None:
        self.mind.hear(told)
        if told.code not in (wire.OK, _ALREADY_ACTED, wire.CODES["wrong_stage"]):
            await self._say(surrender(self.mind.stage))

    async def _say(self, request: wire.GameRequest) -> None:
        self.commands += 1
        await self.game.say(request)

    async def leave(self) -> None:
        """Hang up, on both servers."""
        clients, self._lobby, self._game = (self._lobby, self._game), None, None
        for client in clients:
            if client is not None:
                await client.close()

    @property
    def lobby(self) -> TreasureClient:
        """The connection to the lobby."""
        if self._lobby is None:
            raise TreasureRefused(f"{self.name} is not connected to the lobby")
        return self._lobby

    @property
    def game(self) -> TreasureClient:
        """The connection to the room server."""
        if self._game is None:
            raise TreasureRefused(f"{self.name} is not connected to a game")
        return self._game


def _good(answer: A) -> A:
    if answer.code != wire.OK:
        raise TreasureRefused(f"service {answer.service}: code {answer.code}")
    return answer
