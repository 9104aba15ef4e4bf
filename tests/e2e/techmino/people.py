"""People with all their connections, and how they come from a room to the end of a match."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from contract import name_of
from record_bytes import chunk
from tech_link import TechLink, WildLink, credentials
from wire import Message


class Person:
    """Somebody on an engine. With `--open` any token will do."""

    def __init__(self, address: str, uid: int, *, token: str = "any", wild: bool = False) -> None:
        self.address = address
        self.uid = uid
        self.token = token
        self.wild = wild
        self.name = f"player{uid}"
        """What --open calls him."""
        self.config = f'{{"das":10,"arr":2,"face":{uid}}}'
        self.sid = -1
        self.links: list[TechLink] = []
        self.chat: TechLink
        self.play: TechLink
        self.stream: TechLink
        self.sent: list[str] = []
        """Every chunk that was sent."""

    def link(self, endpoint: str) -> TechLink:
        """Return a new link of this person, not connected yet."""
        link = WildLink(endpoint) if self.wild else TechLink(endpoint)
        self.links.append(link)
        return link

    async def knock(self, endpoint: str, *, pieces: str = "one", **more: Any) -> TechLink:
        """Ask for an upgrade with uid and token; return the link, whatever was answered."""
        link = await self.link(endpoint).open(self.address)
        body = credentials(uid=self.uid, accessToken=self.token, **more)
        return await link.upgrade(body, pieces=pieces)

    async def to_chat(self) -> TechLink:
        """Connect to `chat`."""
        self.chat = await self.knock("chat")
        assert await self.chat.receive() == {"type": "Connect"}
        return self.chat

    async def to_play(self, *, pieces: str = "one") -> TechLink:
        """Connect to `play`."""
        self.play = await self.knock("play", pieces=pieces)
        assert await self.play.receive() == {"type": "Connect", "action": 0}
        return self.play

    async def to_stream(self, rid: str, *, pieces: str = "one") -> list[int]:
        """Connect to a match; return who was there before."""
        self.stream = await self.knock("stream", rid=rid, pieces=pieces)
        (connect,) = await self.stream.hear("Connect")
        return list(connect["data"]["connected"])

    # --- rooms -------------------------------------------------------------------------------

    async def create(self, kind: str = "classic", **fields: Any) -> str:
        """Create a room; return its rid, which only the list tells."""
        if not fields.get("name"):
            fields["name"] = f"of {self.uid}"
        await self.play.say(1, type=kind, config=self.config, **fields)
        (entered,) = await self.play.hear("Self 2")
        self.sid = entered["data"]["sid"]
        rooms = [room for room in await self.rooms(kind) if room["name"] == fields["name"]]
        return str(rooms[-1]["rid"])

    async def rooms(self, kind: str | None = None, **window: int) -> list[Message]:
        """Return the list of rooms."""
        wanted = {"message": kind} if kind else {}
        await self.play.say(0, **{"count": 100, **wanted, **window})
        answer = await self.play.until("Self 0")
        return list(answer["roomList"])

    async def enter(self, rid: str, **fields: Any) -> Message:
        """Enter a room; return the answer."""
        answer = await self.play.ask(2, rid=rid, config=self.config, **fields)
        if name_of("play", answer) == "Self 2":
            self.sid = answer["data"]["sid"]
        return answer

    async def leave(self) -> None:
        """Leave the room."""
        await self.play.say(3)
        await self.play.until("Self 3")

    # --- matches -----------------------------------------------------------------------------

    async def play_chunk(self, text: str) -> None:
        """Send a chunk."""
        self.sent.append(text)
        await self.stream.say(5, stream=text)

    async def die(self, score: float = 0, survival: float = 0) -> None:
        """Send the own end."""
        await self.stream.say(4, score=score, survivalTime=survival)

    async def close(self) -> None:
        """Go away on all endpoints."""
        for link in self.links:
            await link.close()

    def __repr__(self) -> str:
        return f"<{self.uid} at {self.sid}>"


async def gather_room(people: Sequence[Person], kind: str = "classic") -> str:
    """Bring people with `play` connections to one room; all have heard of all."""
    rid = await people[0].create(kind)
    for number, person in enumerate(people[1:], 1):
        answer = await person.enter(rid)
        assert [p["uid"] for p in answer["data"]["players"]] == [
            p.uid for p in people[: number + 1]
        ]
        for other in people[:number]:
            await other.play.until("Broadcast 2", uid=person.uid)
    return rid


async def make_ready(people: Sequence[Person]) -> str:
    """Make everybody ready; return the rid of the match that starts."""
    for person in people:
        await person.play.say(6, ready=True)
    started = [await person.play.until("Server 8") for person in people]
    (rid,) = {message["data"]["rid"] for message in started}
    return str(rid)


async def begin(people: Sequence[Person], rid: str) -> int:
    """Connect all players to their match and wait for its beginning; return the seed."""
    await asyncio.gather(*(person.to_stream(rid) for person in people))
    return await seed_of(people)


async def seed_of(people: Sequence[Person]) -> int:
    """Wait until all are told that the game is on; return its seed."""
    seeds = {(await person.stream.until("Server 0"))["data"]["seed"] for person in people}
    assert len(seeds) == 1
    return int(seeds.pop())


async def start_match(people: Sequence[Person], kind: str = "classic") -> tuple[str, str, int]:
    """Bring people from a new room to the beginning of a match: room, match, seed."""
    room = await gather_room(people, kind)
    rid = await make_ready(people)
    return room, rid, await begin(people, rid)


async def result_of(people: Sequence[Person]) -> list[Message]:
    """Wait for the result, which all are told alike; on the stream too the match is over."""
    results = [(await person.play.until("Server 9"))["data"]["result"] for person in people]
    assert all(result == results[0] for result in results)
    return list(results[0])


def places(result: Sequence[Message]) -> dict[int, int]:
    """Return the place of each player by uid."""
    return {line["uid"]: line["place"] for line in result}


def keys(number: int) -> str:
    """Return a chunk that any player might send: a key down and up, and a wait."""
    key = 1 + number % 8
    return chunk((3, key), (2, key + 32), (1, 0))
