"""The Techmino half of the demo's live part: a match of three, through a kill −9 to its result."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from parlour.events.messages.techmino import chat, play
from parlour.network.demo.figures import Figures
from parlour.network.demo.people import Person
from parlour.network.demo.streamer import CHAT, Streamer
from parlour.network.demo.telling import Teller

ROOM_TYPE: Final = "classic"
_POLL_SECONDS: Final = 0.01
_PLAY_ON_SECONDS: Final = 1.0
"""Between one thing that happens and the next."""
_HELLO: Final = "who is up for a round?"


class LiveMatch:
    """Plays one match; the first player's client is like the existing ones."""

    def __init__(self, teller: Teller, figures: Figures, people: Sequence[Person]) -> None:
        self._teller = teller
        self._figures = figures
        self._bots = tuple(
            Streamer(person.name, person.email, person.password, wild=number == 0)
            for number, person in enumerate(people)
        )
        self._names: Mapping[int, str] = {}
        self._playing: list[asyncio.Task[None]] = []

    @property
    def rid(self) -> str:
        """Of the stream."""
        return self._bots[0].match

    # --- before the kill -------------------------------------------------------------------

    async def open(self, address: str) -> None:
        """Log in, talk, sit down in a room, and begin."""
        teller, host = self._teller, self._bots[0]
        for bot in self._bots:
            await bot.log_in(address)
        self._names = {bot.uid: bot.name for bot in self._bots}
        await self._talk()
        rid = await host.open_room(ROOM_TYPE)
        for bot in self._bots[1:]:
            await bot.enter_room(rid)
        for bot in self._bots:
            await bot.be_ready()
        await asyncio.gather(*(bot.follow() for bot in self._bots))
        teller.say(f"{host.name} opens a room, the others enter, all are ready: the match begins")
        teller.promise(
            "all three clients are given the same seed",
            len({bot.seed for bot in self._bots}) == 1,
            str(host.seed),
        )
        seats = {bot.uid: bot.sid for bot in self._bots}
        for bot in self._bots:
            bot.sit_down(seats)
        self._play()

    async def _talk(self) -> None:
        """Say something in the chat room; everybody in it hears it."""
        clients = [await bot.join_chat() for bot in self._bots]
        await clients[0].say(chat.SayInChat(rid=CHAT, message=_HELLO))
        heard = [(await client.hear_until(chat.ChatSaidBy)).data for client in clients]
        said = heard[0]
        teller = self._teller
        teller.say(f"#{CHAT}  ", (f"{said.username}: ", "bold"), said.message)
        teller.promise(
            "everybody in the room heard it, with the same time",
            all(remark == said for remark in heard) and said.message == _HELLO,
            said.time,
        )
        for client in clients:
            await client.close()

    def _play(self) -> None:
        self._playing = [asyncio.create_task(bot.run()) for bot in self._bots]

    async def until_fatal(self) -> None:
        """Wait until everybody has received lines of somebody."""
        while not all(bot.stacker.received for bot in self._bots):
            self._must_play()
            await asyncio.sleep(_POLL_SECONDS)

    def _must_play(self) -> None:
        """Raise what ended a bot's playing."""
        for task in self._playing:
            if task.done():
                task.result()
                raise ConnectionError("a stream ended too early")

    def show(self) -> None:
        """Say where everybody's record has come to."""
        for bot in self._bots:
            own = bot.stacker
            lines = ", ".join(
                f"{attack.amount} of {self._name_of_seat(attack.sid)}" for attack in own.received
            )
            self._teller.say(
                (f"{bot.name:4}", "bold"),
                f"frame {own.frame}, {bot.sent} chunks sent, lines received: {lines or 'none'}",
            )

    def _name_of_seat(self, sid: int) -> str:
        return next((bot.name for bot in self._bots if bot.sid == sid), "nobody")

    # --- the kill and after it -------------------------------------------------------------

    async def stop(self) -> None:
        """The engine is gone: so are all connections."""
        await asyncio.gather(*self._playing)
        await asyncio.gather(*(bot.leave() for bot in self._bots))

    async def come_back(self, address: str) -> None:
        """Have everybody return with the token he had, and hear the match so far."""
        seed = self._bots[0].seed
        told = [await bot.come_back(address) for bot in self._bots]
        heard = [bot.heard for bot in self._bots]
        self._teller.promise(
            "every chunk that anybody had heard is on disk and told again, in order",
            told == heard and all(bot.seed == seed for bot in self._bots),
            f"{sum(map(len, heard))} deliveries",
        )
        self._play()

    async def play_to_end(self) -> None:
        """Have one player lose his connection and one top out; the third survives."""
        first, second, third = self._bots
        await self._play_on()
        second.lose_stream()
        await self._until_gone(second)
        self._teller.say(f"match: {second.name} loses the connection, and dies of it")
        await self._play_on()
        await first.top_out()
        await self._until_gone(first)
        self._teller.say(f"match: {first.name} tops out at frame {first.stacker.frame}")
        outcomes = await asyncio.gather(*(bot.hear_result() for bot in self._bots))
        await asyncio.gather(*self._playing)
        self._show_result(outcomes, [third, first, second])

    async def _play_on(self) -> None:
        await asyncio.sleep(_PLAY_ON_SECONDS)

    async def _until_gone(self, player: Streamer) -> None:
        """Wait until the survivor has been told."""
        while player.uid not in self._bots[-1].gone:
            await asyncio.sleep(_POLL_SECONDS)

    def _show_result(self, outcomes: Sequence[play.Outcome], expected: list[Streamer]) -> None:
        places = sorted(outcomes[0].result, key=lambda line: line.place)
        said = ", ".join(f"{line.place}. {self._names[line.uid]}" for line in places)
        self._teller.promise(
            "the match ends with everybody in his place, and everybody is told the same",
            [line.uid for line in places] == [bot.uid for bot in expected]
            and all(outcome == outcomes[0] for outcome in outcomes),
            said,
        )

    async def close(self) -> None:
        """Hang up and add up."""
        await asyncio.gather(*(bot.leave() for bot in self._bots))
        self._figures.chunks = sum(bot.sent for bot in self._bots)
        self._figures.relayed = sum(len(bot.heard) for bot in self._bots)
