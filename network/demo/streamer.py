"""A Techmino bot: logs in, talks, enters a room, streams its game, and hears the others'."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from parlour.events.messages.techmino import chat, play, stream, user
from parlour.network.demo.links import ConnectionClosed
from parlour.network.demo.stacker import CHUNK_SECONDS, Stacker
from parlour.network.demo.techmino_client import TechminoClient, connect

CHAT: Final = "global"
_CONFIG: Final = '{"RS":"TRS","das":10,"arr":2}'


class Streamer:
    """One player."""

    def __init__(self, name: str, email: str, password: str, *, wild: bool) -> None:
        """`wild` does as existing clients do (`techmino_client.connect`)."""
        self.name = name
        self.stacker: Stacker
        """From the beginning of the match on."""
        self.uid = 0
        self.sid = 0
        self.room = ""
        """rid of the play room."""
        self.match = ""
        """rid of the stream."""
        self.seed = 0
        self.heard: list[tuple[int, str]] = []
        """uid and chunk of the others, in order."""
        self.gone: list[int] = []
        """Uids that died or left the stream."""
        self.sent = 0
        """Chunks."""
        self._over = False
        self._email = email
        self._password = password
        self._wild = wild
        self._address = ""
        self._token = ""
        self._play: TechminoClient
        self._stream: TechminoClient
        self._seats: dict[int, int] = {}
        """sid by uid."""

    # --- coming in -------------------------------------------------------------------------

    async def log_in(self, address: str) -> None:
        """Turn email and password into an access token, and connect to `play`."""
        self._address = address
        credentials = {"email": self._email, "password": self._password}
        client = await connect("user", address, credentials, wild=self._wild)
        self.uid = int((await client.hear_until(user.UserConnect)).uid or 0)
        answer = await client.ask(user.GetAccessToken(), user.AccessToken)
        self._token = answer.accessToken
        await client.close()
        await self._connect_play()

    async def _connect_play(self) -> None:
        login = {"uid": self.uid, "accessToken": self._token}
        self._play = await connect("play", self._address, login, wild=self._wild)
        await self._play.hear_until(play.PlayConnect)

    async def join_chat(self) -> TechminoClient:
        """Return a connection that is in the chat room."""
        login = {"uid": self.uid, "accessToken": self._token}
        client = await connect("chat", self._address, login, wild=self._wild)
        await client.ask(chat.JoinChat(rid=CHAT), chat.ChatEntered)
        return client

    async def open_room(self, kind: str) -> str:
        """Create a room and return its rid."""
        wanted = play.CreateRoom(type=kind, name=f"{self.name}'s room", config=_CONFIG)
        entered = await self._play.ask(wanted, play.RoomEntered)
        self.sid = entered.data.sid
        rooms = await self._play.ask(play.ListRooms(), play.RoomList)
        self.room = rooms.roomList[-1].rid
        return self.room

    async def enter_room(self, rid: str) -> None:
        """Enter a room."""
        wanted = play.EnterRoom(rid=rid, config=_CONFIG)
        self.sid = (await self._play.ask(wanted, play.RoomEntered)).data.sid
        self.room = rid

    async def be_ready(self) -> None:
        """Press the button; the match begins when everybody has."""
        await self._play.say(play.ChangeReady(ready=True))

    async def follow(self) -> None:
        """Connect to the stream the room is sent to, and wait for the beginning."""
        self.match = (await self._play.hear_until(play.Go)).data.rid
        await self._connect_stream()
        self.seed = (await self._stream.hear_until(stream.Begin)).data.seed

    async def _connect_stream(self) -> None:
        login = {"uid": self.uid, "accessToken": self._token, "rid": self.match}
        self._stream = await connect("stream", self._address, login, wild=self._wild)
        await self._stream.hear_until(stream.StreamConnect)

    def sit_down(self, seats: dict[int, int]) -> None:
        """Begin a record; `seats` has everybody's sid by uid."""
        self._seats = seats
        in_turn = sorted(seats.values(), key=lambda sid: (sid - self.sid) % len(seats))
        self.stacker = Stacker(self.sid, in_turn[1:], seed=self.seed)

    async def come_back(self, address: str) -> list[tuple[int, str]]:
        """After a restart, take the seat again; return what is told of the others so far.

        Only so many chunks as were heard before: more may follow.
        """
        self._address = address
        await self._connect_play()
        await self.enter_room(self.room)
        await self._connect_stream()
        self.seed = (await self._stream.hear_until(stream.Begin)).data.seed
        told: list[tuple[int, str]] = []
        while len(told) < len(self.heard):
            chunk = (await self._stream.hear_until(stream.ChunkBy)).data
            if chunk.uid != self.uid:
                told.append((chunk.uid, chunk.stream))
        return told

    # --- the game --------------------------------------------------------------------------

    async def run(self) -> None:
        """Stream and listen until the stream ends, one way or another."""
        streaming = asyncio.create_task(self._send_chunks())
        try:
            with suppress(ConnectionClosed):
                await self._listen()
        finally:
            streaming.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await streaming

    async def _send_chunks(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while not self._over:  # who is dead sends the rest of his record, and no more
            due += CHUNK_SECONDS
            await asyncio.sleep(max(0.0, due - clock()))
            await self._send_chunk()

    async def _send_chunk(self) -> None:
        self.sent += 1
        await self._stream.say(stream.SendChunk(stream=self.stacker.advance()))

    async def _listen(self) -> None:
        while not isinstance(told := await self._stream.hear(), stream.End):
            match told:
                case stream.ChunkBy(data=chunk) if chunk.uid != self.uid:
                    self.heard.append((chunk.uid, chunk.stream))
                    self.stacker.hear(self._seats[chunk.uid], chunk.stream)
                case stream.DiedBy(data=data) | stream.Disconnected(data=data):
                    self.gone.append(data.uid)
                    self.stacker.forget(self._seats[data.uid])
                case _:
                    pass

    async def top_out(self) -> None:
        """Report one's own end, by one's own clock."""
        own, self._over = self.stacker, True
        await self._stream.say(stream.Die(score=own.score, survivalTime=round(own.seconds, 3)))

    def lose_stream(self) -> None:
        """Lose the stream's connection, not the room's."""
        self._stream.cut()

    async def hear_result(self) -> play.Outcome:
        """Return how the match ended, as the room is told it."""
        return (await self._play.hear_until(play.Result)).data

    async def leave(self) -> None:
        """Hang up, here and there."""
        await self._stream.close()
        await self._play.close()
