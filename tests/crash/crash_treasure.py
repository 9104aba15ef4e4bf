"""A treasure game: four meet in a room, and play by a fixed plan to the settlement."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from crash_clients import Client, Lost, Script
from crash_facts import Fact, named
from msgspec import UNSET

from parlour.events.messages import treasure as wire
from parlour.network.demo.client import ConnectionClosed
from parlour.network.demo.treasure_client import TreasureClient, connect_tcp
from parlour.network.demo.treasure_mind import ACTION, AUCTION, FULL_HP, MOVE, TreasureMind
from parlour.network.demo.treasure_strategy import surrender

LISTENERS = ("treasure", "treasure-room")
_SEATS = 4
_ROOM = "the cave"
_TOURS = (
    (1, 0, 3, 6, 7, 8, 5),
    (3, 0, 1, 2, 5, 8, 7),
    (5, 2, 1, 0, 3, 6, 7),
    (7, 8, 5, 2, 1, 0, 3),
)
"""Where each seat goes, day by day."""
_LAST_STAGE = 4
_STANDS = (wire.CODES["already_acted"], wire.CODES["bid_too_low"])
"""Refusals of who comes back and says again what he said: it stands."""
_TOO_LATE = wire.CODES["wrong_stage"]


class Hunter(Client):
    """One player; what he does follows from his seat, the day, and what everybody can see."""

    def __init__(self, script: Script, seat: int) -> None:
        super().__init__(script)
        self.seat = seat
        self.token = ""
        self.uid = 0
        self.commitment = ""
        """Of the game that he is here to play."""
        self.over = False
        self.ends: list[wire.GameOver] = []
        self.roles: set[str] = set()
        self.mind = TreasureMind()
        self.links: list[TreasureClient] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.playing = False

    def hang_up(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.tasks.clear()
        super().hang_up()

    async def link(self, kind: str) -> TreasureClient:
        client = await connect_tcp("127.0.0.1", self.script.port(kind))
        self.writers.append(client._link._writer)  # type: ignore[attr-defined]
        return client

    # --- in the lobby --------------------------------------------------------------------------

    async def visit(self) -> None:
        self.playing = False
        await self.script.wait_for(*(f"seated {seat}" for seat in range(self.seat)))
        lobby = await self.link("treasure")
        await lobby.say(wire.Login(name=f"hunter{self.seat}", token=self.token or None))
        heard = asyncio.create_task(self.meet(lobby))
        self.tasks.append(heard)
        while not self.over:
            done, _ = await asyncio.wait(self.tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                self.tasks.remove(task)
                task.result()
        await self.script.done(f"over {self.seat}")
        await self.script.wait_for(*(f"over {seat}" for seat in range(_SEATS)))

    async def meet(self, lobby: TreasureClient) -> None:
        """Be in the room until there is a game, and until it is over."""
        try:
            while not self.over:
                await self.hear(lobby, await lobby.hear())
        except ConnectionClosed as error:
            raise Lost from error

    async def hear(self, lobby: TreasureClient, told: Any) -> None:
        match told:
            case wire.LoginAnswer():
                assert told.code == wire.OK, told
                self.uid, self.token = told.player_id, str(told.token)
                here = told.room_id is not UNSET
                await lobby.say(wire.AskRoom() if here else wire.ListRooms())
            case wire.RoomList():
                rooms = [room for room in told.rooms if room.name == _ROOM]
                if rooms:
                    await lobby.say(wire.JoinRoom(room_id=rooms[0].room_id))
                else:
                    assert self.seat == 0, "the room was there"
                    await lobby.say(wire.CreateRoom(name=_ROOM, max=_SEATS))
            case wire.RoomCreated() | wire.RoomJoined():
                assert told.code == wire.OK, told
                await lobby.say(wire.AskRoom())
            case wire.RoomInfo() if told.code == wire.OK:
                await self.look(lobby, told)
            case wire.GameAt():
                if not self.playing:
                    self.playing = True
                    self.tasks.append(asyncio.create_task(self.play(told)))

    async def look(self, lobby: TreasureClient, told: wire.RoomInfo) -> None:
        """Get ready; who made the room starts the game when all are."""
        self.commitment = self.commitment or str(told.commitment)
        seats = {member.player_id: member for member in told.players}
        assert seats[self.uid].seat == self.seat, told
        await self.script.done(f"seated {self.seat}")
        if told.state != "waiting":
            return
        if told.commitment != self.commitment:
            self.over = True  # the next game is announced: this one is settled
        elif not seats[self.uid].ready:
            await lobby.say(wire.ChangeReady(ready=True))
        elif told.host == self.uid and [m.ready for m in told.players] == [True] * _SEATS:
            await lobby.say(wire.StartGame())

    # --- in the game ---------------------------------------------------------------------------

    async def play(self, place: wire.GameAt) -> None:
        """Be in the game to its end."""
        try:
            game = await self.link("treasure-room")
            await game.say(
                wire.Verify(room_id=place.room_id, player_id=self.uid, ticket=place.ticket)
            )
            while not self.over:
                await self.hear_game(game, await game.hear())
        except ConnectionClosed as error:
            raise Lost from error

    async def hear_game(self, game: TreasureClient, told: Any) -> None:
        mind = self.mind
        mind.hear(told)
        match told:
            case wire.Verified():
                assert told.code == wire.OK, told
            case wire.Role():
                self.roles.add(told.role)
            case wire.Stage():
                await self.note_past()
                if told.stage != AUCTION:
                    self.tasks.append(asyncio.create_task(self.choose(game)))
            case wire.Lots():
                self.tasks.append(asyncio.create_task(self.choose(game)))
            case wire.ActionStatus(code=wire.OK):
                await self.chosen()
            case wire.ActionStatus(code=code) if code in _STANDS:
                await self.chosen()
            case wire.ActionStatus(code=code) if code != _TOO_LATE:
                await game.say(surrender(mind.stage))
            case wire.GameOver():
                self.ends.append(told)
                self.over = True

    async def note_past(self) -> None:
        """What was to be chosen in earlier stages has been."""
        for stage in range(MOVE, _LAST_STAGE + 1):
            for day in range(1, self.mind.day + (stage < self.mind.stage)):
                await self.script.done(f"{day} {stage} {self.seat}")

    async def chosen(self) -> None:
        await self.script.done(f"{self.mind.day} {self.mind.stage} {self.seat}")

    async def choose(self, game: TreasureClient) -> None:
        """Choose when those before have: of several choices the earlier one may count more."""
        day, stage = self.mind.day, self.mind.stage
        if not self.mind.alive:
            await self.script.done(f"{day} {stage} {self.seat}")
            return
        if self.seat:
            await self.script.wait_for(f"{day} {stage} {self.seat - 1}")
        if (day, stage) == (self.mind.day, self.mind.stage):
            await game.say(self.choice())

    def choice(self) -> wire.GameRequest:
        """Return what the plan says."""
        mind = self.mind
        if mind.stage == MOVE:
            return wire.Move(to=_TOURS[self.seat][mind.day - 1])
        if mind.stage == AUCTION:
            lot = mind.lots[self.seat % 2]
            price = lot.min + self.seat
            return wire.Bid(lot_id=lot.lot_id, price=price) if mind.gold >= price else wire.Bid()
        if mind.stage != ACTION:
            return wire.Explore()
        if self.seat == 0 and mind.hp[self.uid] < FULL_HP:
            return wire.Heal(target=self.uid)
        if mind.here and mind.day % 2 == 0 and self.seat:
            return wire.Attack(target=min(mind.here))
        return wire.Mine()


def clients(script: Script) -> list[Hunter]:
    """Return the four players."""
    return [Hunter(script, seat) for seat in range(_SEATS)]


def result(facts: list[Fact]) -> Any:
    """Return what no crash may change: every choice, what came of it, and the settlement."""
    game = [fact for fact in facts if fact.aggregate.startswith("treasure.game:")]
    return {
        "game": named(game, "treasure.stage-ended", "treasure.game-settled"),
        "choices": _first_choices(game),
        "lots": [fact.fields["lots"] for fact in game if fact.fields.get("lots")],
        "accounts": sorted(named(facts, "account.game-counted", "account.posted")),
    }


def _first_choices(game: list[Fact]) -> dict[tuple[int, int, int], str]:
    """Return what each seat chose first in each stage; who comes back may say a move again."""
    found: dict[tuple[int, int, int], str] = {}
    day = stage = 0
    for fact in game:
        if fact.name == "treasure.stage-begun":
            day, stage = fact.fields["day"], fact.fields["stage"]
        elif fact.name == "treasure.choice-made":
            found.setdefault((day, stage, fact.fields["seat"]), fact.fields["sealed"])
    return found


def promised(hunters: list[Hunter], facts: list[Fact]) -> list[str]:
    """Return what was told and is not in the log."""
    settled = [fact.fields for fact in facts if fact.name == "treasure.game-settled"]
    faults = []
    for hunter in hunters:
        for end in hunter.ends:
            told = msgspec.json.decode(msgspec.json.encode(end))
            if [{name: fields[name] for name in told} for fields in settled] != [told]:
                faults.append(f"{hunter.uid} was told {told}, and the log has {settled}")
        if len(hunter.roles) != 1:
            faults.append(f"{hunter.uid} was told to be {hunter.roles}")
    return faults
