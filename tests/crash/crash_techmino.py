"""A Techmino room, and a match in it with recorded streams, to its result."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
from crash_clients import Client, Lost, Script
from crash_facts import Fact

from parlour.events.messages.techmino import play, stream
from parlour.events.rules.techmino import record
from parlour.network.demo.client import ConnectionClosed
from parlour.network.demo.techmino_client import Refusal, TechminoClient, connect

LISTENERS: tuple[str, ...] = ()
"""But for HTTP, which always listens."""
UIDS = (501, 502)
_ROOM = "the room"
_QUIET = 0.5
"""Seconds without a message, after which a backlog is taken to be over."""
_BREATH = 0.1
_CHUNKS, _LAST_CHUNKS = 6, 2


def _record(sid: int) -> tuple[str, ...]:
    """Return chunks of one key each; no two chunks are equal."""
    chunks, last = [], 0
    for number in range(_CHUNKS + sid * _LAST_CHUNKS):
        frame = record.FIRST_FRAME + 9 * number + sid
        key = 1 + number % 8
        events = [record.press(frame, key), record.release(frame + 2 + number // 8, key)]
        chunks.append(record.pack(record.encode(events, last)))
        last = events[-1].frame
    return tuple(chunks)


RECORDS = (_record(0), _record(1))
"""What each seat streams; seat 1 goes on after seat 0 has died."""
_ENDS = ((810, 4.25), (900, 6.5))
"""Score and seconds that each seat reports."""


class Line:
    """One connection; what comes is kept until it is asked for."""

    def __init__(self, client: TechminoClient) -> None:
        self._client = client
        self._heard: asyncio.Queue[Any] = asyncio.Queue()
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            try:
                self._heard.put_nowait(await self._client.hear())
            except Refusal as refusal:
                self._heard.put_nowait(refusal)
            except ConnectionClosed:
                self._heard.put_nowait(None)
                return

    async def say(self, request: Any) -> None:
        with suppress(ConnectionError):
            await self._client.say(request)

    async def hear(self, seconds: float = 60.0) -> Any:
        """Return the next message, None when there is none for so long.

        Raises:
            Lost: There will be none.
        """
        try:
            async with asyncio.timeout(seconds):
                told = await self._heard.get()
        except TimeoutError:
            return None
        if told is None:
            raise Lost
        return told

    def cut(self) -> None:
        self._task.cancel()
        self._client.cut()


class Stackers(Client):
    """One player: in the room, and on the stream of the match."""

    def __init__(self, script: Script, sid: int) -> None:
        super().__init__(script)
        self.sid = sid
        self.uid = UIDS[sid]
        self.match = ""
        self.over = False
        self.said = False
        self.result: tuple[Any, ...] | None = None
        self.heard: list[str] = []
        """The other one's chunks, as he was told them on the connection that lasted longest."""
        self.mine: list[str] = []
        self.others: list[str] = []
        self.dead: set[int] = set()
        """Chunks and deaths as far as they are known on this connection."""
        self.lines: list[Line] = []
        self.streaming: asyncio.Task[None] | None = None

    async def line(self, endpoint: Any, **more: Any) -> Line:
        credentials = {"uid": self.uid, "accessToken": "any", **more}
        address = f"127.0.0.1:{self.script.port('http')}"
        try:
            line = Line(await connect(endpoint, address, credentials, wild=False))
        except (ConnectionClosed, Refusal) as error:
            raise Lost from error
        self.lines.append(line)
        return line

    def hang_up(self) -> None:
        if self.streaming is not None:
            self.streaming.cancel()
            self.streaming = None
        for line in self.lines:
            line.cut()
        self.lines.clear()

    # --- in the room ---------------------------------------------------------------------------

    async def visit(self) -> None:
        if self.sid:
            await self.script.wait_for("opened")
        self.asked = False
        room = await self.line("play")
        await room.say(play.ListRooms())
        while not self.over:
            told = await room.hear(1.0)
            if told is None and self.streaming is not None and self.streaming.done():
                self.streaming.result()
            if told is not None:
                await self.hear(room, told)
        await self.script.done(f"over {self.sid}")
        await self.script.wait_for("over 0", "over 1")

    async def hear(self, room: Line, told: Any) -> None:
        match told:
            case play.RoomList():
                await self.go_in(room, [here for here in told.roomList if here.name == _ROOM])
            case play.RoomEntered():
                assert told.data.sid == self.sid, told
                await self.script.done("opened")
                await self.greet(room, [line.message for line in told.data.histories])
            case play.RoomSaidBy():
                await self.greet(room, [told.data.message])
            case play.Go():
                self.match = told.data.rid
                if self.streaming is None:
                    self.streaming = asyncio.create_task(self.stream())
            case play.Result():
                self.result = told.data.result
                self.over = True
            case Refusal():
                raise AssertionError(f"{self.uid} in the room: {told}")

    async def go_in(self, room: Line, rooms: list[play.RoomListing]) -> None:
        """Enter the room, or make it."""
        if self.match and rooms and not rooms[0].start:
            self.over = True  # the result was told while he was not there
        elif rooms:
            await room.say(play.EnterRoom(rid=rooms[0].rid, config=f"of {self.sid}"))
        else:
            assert self.sid == 0, "the room was there"
            await room.say(play.CreateRoom(type="solo", name=_ROOM, config="of 0"))

    async def greet(self, room: Line, said: list[str]) -> None:
        """Say hello, one after the other and each once; then be ready."""
        if f"hello of {self.sid}" in said:
            self.said = True
            await self.script.done(f"hello {self.sid}")
        elif not self.said and not self.asked:
            self.asked = True
            if self.sid:
                await self.script.wait_for("hello 0")
            await room.say(play.SayInRoom(message=f"hello of {self.sid}"))
        if self.said:
            await room.say(play.ChangeReady(ready=True))

    # --- on the stream -------------------------------------------------------------------------

    async def stream(self) -> None:
        """Play the match."""
        try:
            await self.perform(await self.line("stream", rid=self.match))
        except Lost:
            return  # and so is the room: he comes back to both

    async def perform(self, line: Line) -> None:
        """Go on where the record stopped, and die at its end."""
        self.mine, self.others, self.dead = [], [], set[int]()
        begun = False
        while True:
            # A backlog follows the beginning at once, his own part in it too.
            told = await line.hear(_BREATH if self.mine and begun else _QUIET)
            match told:
                case stream.Begin():
                    begun = True
                case stream.End():
                    return
                case stream.ChunkBy():
                    (self.mine if told.data.uid == self.uid else self.others).append(
                        told.data.stream
                    )
                    self.heard = max(self.heard, self.others, key=len)
                case stream.DiedBy():
                    self.dead.add(told.data.uid)
                case stream.Disconnected():
                    raise AssertionError(f"{told.data.uid} is taken for gone")
                case None if begun:
                    await self.act(line)

    async def act(self, line: Line) -> None:
        """Send the next chunk, or die."""
        goes_on = self.sid == 0 or UIDS[0] in self.dead
        chunks = RECORDS[self.sid][: None if goes_on else _CHUNKS]
        if len(self.mine) < len(chunks):
            chunk = chunks[len(self.mine)]
            self.mine.append(chunk)
            await line.say(stream.SendChunk(stream=chunk))
        elif goes_on and self.uid not in self.dead:
            self.dead.add(self.uid)
            score, seconds = _ENDS[self.sid]
            await line.say(stream.Die(score=score, survivalTime=seconds))


def clients(script: Script) -> list[Stackers]:
    """Return the two players."""
    return [Stackers(script, sid) for sid in range(2)]


def result(facts: list[Fact]) -> Any:
    """Return what no crash may change: the streams, the deaths, the result, what was said."""
    of_match = [fact for fact in facts if fact.aggregate.startswith("techmino.match:")]
    return {
        "matches": len(_of(facts, "techmino.match-opened", "type")),
        "seed": _of(of_match, "techmino.match-began", "seed"),
        "streams": {uid: _stream(facts, uid) for uid in UIDS},
        "deaths": _of(of_match, "techmino.player-died", "uid", "score", "survival_time"),
        "result": _of(of_match, "techmino.match-ended", "result"),
        "said": _of(facts, "techmino.room-said", "uid", "text"),
        "left": _of(of_match, "techmino.stream-left", "uid"),
    }


def _of(facts: list[Fact], name: str, *fields: str) -> list[list[Any]]:
    return [[fact.fields[field] for field in fields] for fact in facts if fact.name == name]


def _stream(facts: list[Fact], uid: int) -> list[str]:
    return [
        chunk for of, chunk in _of(facts, "techmino.chunk-streamed", "uid", "stream") if of == uid
    ]


def promised(players: list[Stackers], facts: list[Fact]) -> list[str]:
    """Return what was told and is not in the log, or is there otherwise."""
    faults = []
    for player in players:
        if tuple(_stream(facts, player.uid)) != RECORDS[player.sid]:
            faults.append(f"the stream of {player.uid} is not what he sent")
        theirs = RECORDS[1 - player.sid]
        if tuple(player.heard) != theirs[: len(player.heard)]:
            faults.append(f"{player.uid} was told another stream than was sent")
        ended = _of(facts, "techmino.match-ended", "result")
        if player.result is not None and ended != [[list(msgspec.to_builtins(player.result))]]:
            faults.append(f"{player.uid} was told {player.result}, and the log has {ended}")
    return faults
