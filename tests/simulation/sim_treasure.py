"""Players of the treasure game: in the lobby, and on the room server."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET
from sim_people import Gone, Person
from sim_pipe import Pipe
from sim_world import World

from parlour.events.messages import treasure as wire
from parlour.network.demo.client import ConnectionClosed
from parlour.network.demo.treasure_client import message_of
from parlour.network.demo.treasure_mind import AUCTION, TreasureMind
from parlour.network.demo.treasure_strategy import choose, surrender
from parlour.network.treasure.codec import HEADER, TCP, FrameCodec
from parlour.network.treasure.entrance import LOBBY_PATH, ROOM_PATH

_TELLS_ROLES = (wire.Role.service, wire.GameOver.service)
_SEATS = 4


class TreasurePlayer(Person):
    """One player."""

    TOKEN = "skey"

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, f"treasure {number}")
        self.name = f"hunter{number}"
        self.group = (number - 1) // _SEATS
        self.host = (number - 1) % _SEATS == 0
        self.token = ""
        self.secret = f"secret of {self.name}"
        world.watch.secrets.hide_text(self.secret, "a treasure player")
        self.wrong = False
        """Whether what he said of himself last is not true."""
        self.uid = 600 + number if world.closed else 0
        self.room = 0
        self.wild = self.random.choice((0.0, 0.02, 0.1))
        self.stays_until = 0.0
        self.websocket = self.chance(0.4)
        self.mind = TreasureMind()
        self.game: asyncio.Task[None] | None = None
        self.roles: dict[str, str] = {}
        """What he was told to be, by commitment."""

    # --- the lobby -----------------------------------------------------------------------------

    async def visit(self) -> None:
        path = LOBBY_PATH if self.websocket else ""
        pipe = self._pipe = await self.pipe("treasure", path, HEADER)
        self.ready = False
        self.say(self.login())
        codec = FrameCodec()
        game: asyncio.Task[None] | None = None
        try:
            while not self.retiring or self.plays(game):
                data = await pipe.read(self.random.uniform(1.0, 6.0))
                if data is None:
                    self.fidget()
                    continue
                codec.receive_data(data)
                while (payload := codec.next_frame()) is not None:
                    told = self.message(payload)
                    if isinstance(told, wire.GameAt):
                        if game is not None:
                            game.cancel()
                        game = asyncio.create_task(self.play(told))
                    self.hear(told)
                if self.chance(0.01):
                    raise Gone
        finally:
            if game is not None and not game.done():
                game.cancel()
                await asyncio.wait((game,))
            if game is not None and not game.cancelled() and game.exception():
                error = game.exception()
                assert error is not None
                raise error

    def login(self) -> wire.Login:
        """Say who one is: by a token or the password, now and then by a wrong one."""
        if not self.world.closed:
            return wire.Login(name=self.name, token=(self.chance(0.5) and self.token) or None)
        self.wrong = self.chance(0.2)
        if self.chance(0.4):
            self.world.counts["treasure passwords"] += 1
            return wire.Login(name=self.name, password="wrong" if self.wrong else self.secret)
        token = self.token or self.credential
        return wire.Login(name=self.name, token="wrong" if self.wrong else token)

    def plays(self, game: asyncio.Task[None] | None) -> bool:
        """Tell whether one stays for the end of a game; not for ever."""
        loop = self.world.loop
        self.stays_until = self.stays_until or loop.time() + 200.0
        return game is not None and not game.done() and loop.time() < self.stays_until

    def message(self, payload: bytes) -> Any:
        service = int.from_bytes(payload[:2], "little")
        if service not in _TELLS_ROLES and (b'"role"' in payload or b'"evil"' in payload):
            self.blame(f"was told a role: {payload!r:.300}")
        if service == wire.Farewell.service and b'"reason"' not in payload:
            return wire.Refusal(of=service, code=0)  # an answer to noise that named no service
        try:
            return message_of(payload)
        except KeyError:  # an answer to noise, on the service it named
            return wire.Refusal(of=service, code=0)
        except msgspec.ValidationError:  # the same, on one that only a server may say
            if b'"code":3' not in payload:
                raise
            return wire.Refusal(of=service, code=wire.CODES["unknown_service"])
        except ConnectionClosed as error:
            raise Gone from error

    def say(self, request: wire.Request) -> None:
        self._pipe.write(TCP.encode(request))
        if self.chance(self.wild):
            self._pipe.write(TCP.encode(request))

    def hear(self, told: Any) -> None:
        match told:
            case wire.LoginAnswer():
                if told.code != wire.OK or told.player_id is UNSET:
                    self.token = ""
                    raise Gone
                if self.wrong:
                    self.blame("he came in with a wrong password or token")
                self.uid, self.token = told.player_id, str(told.token)
                self.room = 0 if told.room_id is UNSET else int(told.room_id)
                self.say(wire.ListRooms())
            case wire.RoomList():
                if not self.room and told.rooms is not UNSET:
                    self.find_room(told.rooms)
            case wire.RoomCreated() | wire.RoomJoined():
                if told.code == wire.OK:
                    self.say(wire.AskRoom())
            case wire.RoomInfo():
                self.look_at_room(told)
            case wire.RoomLeft():
                self.room = 0

    def find_room(self, rooms: tuple[wire.RoomListing, ...]) -> None:
        name = f"cave {self.group}"
        for listing in rooms:
            if listing.name == name:
                self.say(wire.JoinRoom(room_id=listing.room_id, password=self.password()))
                return
        if self.host or self.chance(0.2):
            self.say(wire.CreateRoom(name=name, max=_SEATS, password=self.password()))

    def password(self) -> str | None:
        """Return what opens the group's room; some have a lock."""
        if self.group % 2:
            return None
        words = f"the key of cave {self.group}"
        self.world.watch.secrets.hide_text(words, "a treasure room")
        return words if not self.chance(self.wild) else "another key"

    def look_at_room(self, told: wire.RoomInfo) -> None:
        if told.code != wire.OK or told.players is UNSET or told.room_id is UNSET:
            return
        self.room = int(told.room_id)
        own = [member for member in told.players if member.player_id == self.uid]
        if not own or told.state != "waiting":
            return
        ready = sum(member.ready or member.player_id == self.uid for member in told.players)
        if told.host == self.uid and ready == _SEATS:
            self.say(wire.StartGame())
        if not own[0].ready:
            self.say(wire.ChangeReady(ready=True))

    def fidget(self) -> None:
        if not self.uid:
            return
        if not self.room:
            self.say(wire.ListRooms())
        elif self.chance(0.5):
            self.say(wire.AskRoom())
        if self.chance(self.wild):
            self.say(
                self.random.choice(
                    (
                        wire.LeaveRoom(),
                        wire.ChangeReady(ready=False),
                        wire.StartGame(),
                        wire.JoinRoom(room_id=self.random.randint(0, 3)),
                        wire.CreateRoom(name="x" * self.random.randint(0, 200), max=9),
                    )
                )
            )
        if self.chance(self.wild / 4):
            self._pipe.write_raw(self.noise())

    # --- the game ------------------------------------------------------------------------------

    async def play(self, place: wire.GameAt) -> None:
        """Be in a game as long as it goes on, with one connection after the other."""
        path = ROOM_PATH if self.websocket else ""
        self.mind = TreasureMind()
        for _ in range(20):
            pipe: Pipe | None = None
            try:
                http = int(urlsplit(place.ws).port or 0)
                pipe = await self.pipe(place.port, path, HEADER, http=http)
                ticket = place.ticket if not self.chance(self.wild) else "0" * 32
                request = wire.Verify(room_id=place.room_id, player_id=self.uid, ticket=ticket)
                pipe.write(TCP.encode(request))
                await self._play(pipe)
                return
            except (Gone, ConnectionError):
                await asyncio.sleep(self.random.expovariate(1 / 1.0))
            finally:
                if pipe is not None:
                    pipe.writer.close()
                    if pipe.writer in self.writers:
                        self.writers.remove(pipe.writer)

    async def _play(self, pipe: Pipe) -> None:
        codec, mind = FrameCodec(), self.mind
        while mind.over is None:
            data = await pipe.read(60.0)
            if data is None:
                continue
            codec.receive_data(data)
            while (payload := codec.next_frame()) is not None:
                told = self.message(payload)
                if isinstance(told, wire.Verified) and told.code != wire.OK:
                    return
                self.look_at(told)
                mind.hear(told)
                begun = wire.Lots if mind.stage == AUCTION else wire.Stage
                if isinstance(told, begun) and mind.alive and not self.chance(self.wild):
                    await asyncio.sleep(self.random.expovariate(1 / 0.4))
                    self.choose(pipe)
                elif isinstance(told, wire.ActionStatus) and told.code == wire.CODES["bad_target"]:
                    pipe.write(TCP.encode(surrender(mind.stage)))
            if self.chance(0.01):
                raise Gone

    def choose(self, pipe: Pipe) -> None:
        try:
            request = choose(self.mind, self.random)
        except (KeyError, ValueError, IndexError):  # it knows too little
            return
        pipe.write(TCP.encode(request))
        if self.chance(self.wild):
            pipe.write(TCP.encode(request))

    def look_at(self, told: wire.Message) -> None:
        match told:
            case wire.Role():
                if told.player_id != self.uid:
                    self.blame(f"was told who another one is: {told}")
                if told.role != "evil" and told.mates is not UNSET:
                    self.blame(f"is good, and was told who is evil: {told}")
                if self.roles.setdefault(told.commitment, told.role) != told.role:
                    self.blame(f"was somebody else before: {told}")
            case wire.Vision():
                if self.mind.role != "evil":
                    self.blame(f"is {self.mind.role}, and was told what the evil see")
            case wire.GameOver():
                self.world.counts["treasure games"] += 1
