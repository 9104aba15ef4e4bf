"""Those who play Techmino in `make soak`: three stream a match, a fourth watches it from late on.

One of the three loses his connection and dies of it, one tops out, one survives. A match in which
the engine dies is gone on with: everybody returns, is told again what he had heard, and says
again what did not reach the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from parlour.events.messages.techmino import chat, play, stream
from parlour.network.bench.soak_party import Addresses, Party, close_all, together
from parlour.network.demo.streamer import CHAT, Streamer
from parlour.network.demo.techmino_client import TechminoClient, connect

PLAYERS: Final = 3
ACCOUNTS: Final = 4
"""A party's: its players, and who watches."""
_FIRST_UID: Final = 9_000_001
"""Who logs in by name alone is given the next number: nobody else may have chosen it."""
_CONFIG: Final = '{"RS":"TRS"}'
_COUNTDOWN_SECONDS: Final = 3.0
"""Before the first piece; clients stream already."""
_STREAM_SECONDS: Final = 1.0
"""Between one thing that happens and the next."""
_SILENCE_SECONDS: Final = 1.0
"""After which a backlog is over: nobody plays on before everybody is back."""
_ROOM_TYPE: Final = "classic"


class Account(NamedTuple):
    """Who logs in with email and password."""

    uid: int
    name: str

    @property
    def email(self) -> str:
        """Unique, and nobody's."""
        return f"{self.name}@example.org"

    @property
    def password(self) -> str:
        """What nobody should use for a real account."""
        return f"{self.name}-1"


def accounts(number: int) -> Sequence[Account]:
    """Return the accounts of a party."""
    first = _FIRST_UID + ACCOUNTS * number
    return [Account(uid, f"stacker{uid}") for uid in range(first, first + ACCOUNTS)]


class _Player(Streamer):
    """One who can go on after the engine died."""

    def __init__(self, account: Account, *, wild: bool) -> None:
        super().__init__(account.name, account.email, account.password, wild=wild)
        self.own: list[str] = []
        """Chunks, in order."""
        self.dead = False

    async def open_room(self, kind: str) -> str:
        """Create a room and return its rid; others make rooms at the same time."""
        name = f"room of {self.name}"
        wanted = play.CreateRoom(type=kind, name=name, config=_CONFIG)
        self.sid = (await self._play.ask(wanted, play.RoomEntered)).data.sid
        listed = await self._play.ask(play.ListRooms(count=1000), play.RoomList)
        self.room = [room.rid for room in listed.roomList if room.name == name][-1]
        return self.room

    async def _send_chunk(self) -> None:
        chunk = self.stacker.advance()
        self.own.append(chunk)
        self.sent += 1
        await self._stream.say(stream.SendChunk(stream=chunk))

    async def return_to(self, address: str) -> str:
        """Take the seat again, and say again what is lost; return what was told wrongly.

        The others must be silent meanwhile.
        """
        self._address = address
        await self._connect_play()
        await self.enter_room(self.room)
        await self._connect_stream()
        await self._stream.hear_until(stream.Begin)
        told: list[tuple[int, str]] = []
        kept: list[str] = []
        while (heard := await self._next()) is not None:
            if isinstance(heard, stream.ChunkBy) and heard.data.uid == self.uid:
                kept.append(heard.data.stream)
            elif isinstance(heard, stream.ChunkBy):
                told.append((heard.data.uid, heard.data.stream))
            elif isinstance(heard, stream.DiedBy | stream.Disconnected):
                self.gone.append(heard.data.uid)
        wrong = ""
        if told[: len(self.heard)] != self.heard:
            wrong = f"{self.name} had heard {len(self.heard)} chunks, and is told others"
        if self.own[: len(kept)] != kept:
            wrong = f"{self.name} is told chunks as his own that he never sent"
        for uid, chunk in told[len(self.heard) :]:
            self.heard.append((uid, chunk))
            self.stacker.hear(self._seats[uid], chunk)
        self.dead = self.dead or self.uid in self.gone
        if not self.dead:
            for chunk in self.own[len(kept) :]:
                await self._stream.say(stream.SendChunk(stream=chunk))
        return wrong

    async def _next(self) -> object | None:
        try:
            async with asyncio.timeout(_SILENCE_SECONDS):
                return await self._stream.hear()
        except TimeoutError:
            return None

    async def run(self) -> None:
        """Stream and listen until the stream ends; who is dead only listens."""
        if self.dead:
            self._over = True
        await super().run()

    async def leave(self) -> None:
        """Hang up whatever is open."""
        for name in ("_stream", "_play"):
            if hasattr(self, name):
                await getattr(self, name).close()


class _Watcher:
    """One who comes when the match is on."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.heard: list[tuple[int, str]] = []
        self._stream: TechminoClient | None = None

    async def watch(self, address: str, rid: str) -> None:
        """Look on until the stream ends."""
        self.heard = []
        login = {"uid": self._account.uid, "accessToken": "soak", "rid": rid}
        self._stream = client = await connect("stream", address, login, wild=False)
        while not isinstance(told := await client.hear(), stream.End):
            if isinstance(told, stream.ChunkBy):
                self.heard.append((told.data.uid, told.data.stream))

    async def leave(self) -> None:
        """Hang up."""
        if self._stream is not None:
            await self._stream.close()


class MatchParty(Party):
    """Three who play, and one who watches."""

    kind = "techmino"

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.accounts = accounts(number)
        self._players: list[_Player] = []
        self._watcher = _Watcher(self.accounts[-1])
        self._running = False
        """Whether the players are in a match that has no result yet."""

    async def _round(self, where: Addresses) -> None:
        address = where["http"]
        running, self._running = self._running, False
        if running:  # only once: what fails again has failed for another reason
            await self._return(address)
            self.resumed += 1
        else:
            await self._begin(address)
            self._running = True
        await together(
            *(player.run() for player in self._players), self._watch(address), self._end_match()
        )
        self._running = False
        self._compare()

    async def _begin(self, address: str) -> None:
        self._players = [
            _Player(account, wild=place == 0)
            for place, account in enumerate(self.accounts[:PLAYERS])
        ]
        host, *others = self._players
        for player in self._players:
            await player.log_in(address)
        await self._talk()
        rid = await host.open_room(_ROOM_TYPE)
        for player in others:
            await player.enter_room(rid)
        for player in self._players:
            await player.be_ready()
        await together(*(player.follow() for player in self._players))
        seats = {player.uid: player.sid for player in self._players}
        for player in self._players:
            player.sit_down(seats)

    async def _talk(self) -> None:
        clients = [await player.join_chat() for player in self._players]
        try:
            said = f"who plays? asks party {self.number}"
            await clients[0].say(chat.SayInChat(rid=CHAT, message=said))
            for client in clients:
                while (await client.hear_until(chat.ChatSaidBy)).data.message != said:
                    pass  # the other parties talk here too
        finally:
            await close_all(*(client.close() for client in clients))

    async def _return(self, address: str) -> None:
        # All have heard the same before anybody says anything new.
        found = await asyncio.gather(*(player.return_to(address) for player in self._players))
        for wrong in filter(None, found):
            self.blame(wrong)

    async def _watch(self, address: str) -> None:
        await asyncio.sleep(_STREAM_SECONDS)
        await self._watcher.watch(address, self._players[0].match)

    async def _end_match(self) -> None:
        survivor, lost, topped = self._players
        await asyncio.sleep(_COUNTDOWN_SECONDS + _STREAM_SECONDS)
        if not lost.dead:
            lost.dead = True
            lost.lose_stream()
        await asyncio.sleep(_STREAM_SECONDS)
        if not topped.dead:
            topped.dead = True
            await topped.top_out()
        results = await asyncio.gather(*(player.hear_result() for player in self._players))
        places = [line.uid for line in sorted(results[0].result, key=lambda line: line.place)]
        if any(result != results[0] for result in results) or places[0] != survivor.uid:
            self.blame(f"not everybody was told the same result: {results}")

    def _compare(self) -> None:
        """The watcher heard of each what he said, and exactly what the survivor did."""
        for player in self._players:
            theirs = [chunk for uid, chunk in self._watcher.heard if uid == player.uid]
            if theirs != player.own[: len(theirs)]:
                self.blame(f"a watcher heard what {player.name} did not say so")
            if player is self._players[0]:
                continue
            ours = [chunk for uid, chunk in self._players[0].heard if uid == player.uid]
            if theirs != ours:
                self.blame(
                    f"a watcher heard {len(theirs)} chunks of {player.name}, a player {len(ours)}"
                )

    async def _hang_up(self) -> None:
        leaving = [player.leave() for player in self._players]
        await close_all(*leaving, self._watcher.leave())
