"""Techmino's players: rooms, chat, and a stream of keys."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import msgspec
from sim_people import Gone, Person
from sim_pipe import frame_end
from sim_world import World

from parlour.events.messages.techmino import chat, play, stream
from parlour.network import websocket
from parlour.network.demo.stacker import CHUNK_SECONDS, Stacker
from parlour.network.demo.techmino_client import masked_frame, request_frame, upgrade_request
from parlour.network.techmino.entrance import WILD_KEY

_OTHER_KEY = "AQIDBAUGBwgJCgsMDQ4PEA=="


class Socket:
    """One upgraded connection."""

    def __init__(self, person: Person, reader: Any, writer: asyncio.StreamWriter) -> None:
        self.person = person
        self.reader = reader
        self.writer = writer
        self.buffer = b""

    def say(self, request: Any) -> None:
        self.writer.write(request_frame(request))

    async def hear(self, seconds: float) -> list[dict[str, Any]]:
        """Return what comes next as JSON."""
        self.buffer += await self.person.read(self.reader, seconds) or b""
        found = []
        while (end := frame_end(self.buffer)) is not None:
            frame, self.buffer = self.buffer[:end], self.buffer[end:]
            opcode, size = frame[0] & 0x0F, frame[1]
            payload = frame[2 if size < 126 else 4 if size == 126 else 10 :]
            if opcode in (websocket.TEXT, websocket.BINARY):
                found.append(msgspec.json.decode(payload))
            elif opcode == websocket.PING:
                self.writer.write(masked_frame(payload, websocket.PONG))
            elif opcode == websocket.CLOSE:
                raise Gone
        return found


class Stackers(Person):
    """One player, with up to three connections."""

    TOKEN = "access"
    KIND = "techmino"

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, f"{self.KIND} {number}")
        self.number = number
        self.uid = self.identity()
        self.wild = self.random.choice((0.0, 0.02, 0.1))
        self.rooms: list[str] = []
        self.inside = self.ready = False
        self.streaming: asyncio.Task[None] | None = None
        self.sid = 0

    def identity(self) -> int:
        """Return its uid, 0 while it has none."""
        return 500 + self.number

    async def connect(self, endpoint: Any, **more: Any) -> Socket:
        return await self.knock(endpoint, {"uid": self.uid, "accessToken": self.credential, **more})

    async def knock(self, endpoint: Any, given: dict[str, Any]) -> Socket:
        """Return a connection to an endpoint that wants these credentials.

        Raises:
            Gone: They are refused.
        """
        reader, writer = await self.open("http")
        payload = msgspec.json.encode(given) if given else b""
        wild = self.chance(0.5)
        key = WILD_KEY if wild else _OTHER_KEY
        head, body = upgrade_request(endpoint, "127.0.0.1:8080", payload if wild else b"", key=key)
        writer.write(head)
        writer.write(body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in answer:
            raise Gone
        if payload and not wild:
            writer.write(masked_frame(payload))
        return Socket(self, reader, writer)

    async def visit(self) -> None:
        talk = asyncio.create_task(self.talk()) if self.chance(0.5) else None
        self.inside, self.ready, self.streaming = False, False, None
        try:
            await self.play()
        except asyncio.LimitOverrunError as error:
            raise Gone from error
        finally:
            for task in (talk, self.streaming):
                if task is not None:
                    task.cancel()
                    await asyncio.wait((task,))
                    error = None if task.cancelled() else task.exception()
                    if error and not isinstance(error, Gone | ConnectionError | EOFError):
                        raise error

    async def play(self) -> None:
        socket, quiet = await self.connect("play"), 0.0
        while not self.retiring:
            heard = await socket.hear(self.random.expovariate(1 / 1.0))
            for told in heard:
                self.hear(told)
            # Answers to answers would never end.
            if self.world.loop.time() >= quiet and (not heard or self.chance(0.1)):
                quiet = self.world.loop.time() + 0.2
                self.act(socket)
            if self.chance(0.01):
                raise Gone

    def act(self, socket: Socket) -> None:
        random = self.random
        if not self.inside:
            if self.rooms and self.chance(0.8):
                rid = random.choice(self.rooms)
                socket.say(play.EnterRoom(rid=rid, config="c", password=self.password()))
            elif self.chance(0.3):
                kind = random.choice(("solo", "classic", "none"))
                name, key = f"room of {self.uid}", self.password()
                socket.say(play.CreateRoom(name=name, type=kind, config="c", password=key))
            socket.say(play.ListRooms())
        elif not self.ready or self.chance(0.02):
            socket.say(play.ChangeReady(ready=not self.ready))
        if self.chance(0.1):
            socket.say(play.SayInRoom(message=f"in {self.uid}"))
        if self.chance(self.wild):
            socket.say(random.choice((play.LeaveRoom(), play.ChangeConfig(config="d"))))
        if self.chance(self.wild / 4):
            socket.writer.write(random.choice((self.noise(), masked_frame(b'{"action":99}'))))

    def password(self) -> str:
        """Return what opens every room that has a lock; some have none."""
        words = "the stackers' key"
        self.world.watch.secrets.hide_text(words, "a play room")
        return words if self.chance(0.7) else ""

    def hear(self, told: dict[str, Any]) -> None:
        kind, action, data = told["type"], told.get("action"), told.get("data")
        if kind == "Self" and action == 0:
            self.rooms = [listing["rid"] for listing in told.get("roomList", ())]
        elif kind == "Self" and action == 2:
            assert data is not None
            self.inside, self.ready, self.sid = True, data["ready"], data["sid"]
        elif kind == "Self" and action == 3:
            self.inside = False
        elif kind == "Server" and action == 8:
            if self.streaming is not None:
                self.streaming.cancel()
            assert data is not None
            self.streaming = asyncio.create_task(self.stream(data["rid"]))
        elif kind == "Broadcast" and action == 6 and data and data["uid"] == self.uid:
            self.ready = data["ready"]
        elif kind == "Server" and action == 9:
            self.ready = False
            self.world.counts["matches"] += 1

    async def stream(self, rid: str) -> None:
        """Play a match."""
        for _ in range(5):
            try:
                await self._stream(rid)
                return
            except (Gone, ConnectionError, EOFError):
                await asyncio.sleep(self.random.expovariate(1 / 1.0))

    async def _stream(self, rid: str) -> None:
        socket = await self.connect("stream", rid=rid)
        stacker: Stacker | None = None
        dies = self.random.randint(5, 25)
        match, heard = "", Counter[int]()
        while dies > -100:
            for told in await socket.hear(CHUNK_SECONDS):
                kind, action = told["type"], told.get("action")
                if kind == "Server" and action == 0:
                    others = [sid for sid in range(1, 4) if sid != self.sid]
                    stacker = Stacker(self.sid, others, seed=told["data"]["seed"])
                    match, heard = self.world.watch.matches.get(told["data"]["seed"], ""), Counter()
                    if not match:
                        self.blame(f"was told of a match that is not on disk: {told}")
                elif kind == "Broadcast" and action == 5:
                    self.look_at_chunk(match, heard, told["data"])
                elif kind == "Server" and action == 1:
                    return
            if stacker is not None:
                socket.say(stream.SendChunk(stream=stacker.advance()))
                dies -= 1
                if dies <= 0 and dies % 8 == 0:  # maybe it was not taken the first time
                    socket.say(stream.Die(score=stacker.score, survivalTime=stacker.seconds))
            if self.chance(self.wild / 10):
                socket.say(stream.SendChunk(stream="&&&"))
            if self.chance(0.002):
                raise Gone

    def look_at_chunk(self, match: str, heard: Counter[int], told: dict[str, Any]) -> None:
        """What one hears of a player is what he streamed: from the beginning, and all of it."""
        uid = told["uid"]
        chunks = self.world.watch.chunks.get((match, uid), [])
        if heard[uid] >= len(chunks) or chunks[heard[uid]] != told["stream"]:
            self.blame(f"was told chunk {heard[uid]} of {uid} otherwise: {told}")
        heard[uid] += 1
        self.world.counts["chunks"] += 1

    async def talk(self) -> None:
        """Be in the chat."""
        socket = await self.connect("chat")
        socket.say(chat.JoinChat(rid="global"))
        number, quiet = 0, 0.0
        while True:
            heard = await socket.hear(self.random.expovariate(1 / 3.0))
            for told in heard:
                if told["type"] == "Broadcast" and told.get("action") == 4:
                    text = told["data"]["message"]
                    if text not in self.world.watch.said:
                        self.blame(f"was told {text!r}, which is not on disk")
            # Answers to answers would never end.
            if self.world.loop.time() < quiet or (heard and not self.chance(0.05)):
                continue
            quiet = self.world.loop.time() + 0.5
            number += 1
            socket.say(chat.SayInChat(rid="global", message=f"{self.uid} says {number}"))
            if self.chance(0.05):
                socket.say(chat.LeaveChat(rid="global"))
                socket.say(chat.JoinChat(rid="global"))
