"""Card players and treasure hunters for `make soak`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from parlour.events.messages import landlord as cards
from parlour.events.messages import treasure as seek
from parlour.network.bench.soak_party import Addresses, Party, close_all, together
from parlour.network.demo.bots import Bot, BotRefused
from parlour.network.demo.client import Told, Transport
from parlour.network.demo.treasure_bot import TreasureBot

_HANDS: Final = 2
_TRANSPORTS: Final[tuple[Transport, ...]] = ("tcp", "tcp-xor", "websocket")
_SEEKERS: Final = 5
_RETURN_SECONDS: Final = 3.0
"""How long they wait to hear where their game is; when they hear nothing there is none."""


class _ReturningBot(Bot):
    """One that goes on where its seat stands."""

    async def _hear(self) -> Told:
        while True:
            try:
                return await super()._hear()
            except BotRefused as refused:
                # Ready too early: the hand that the engine was killed in is still played.
                if cards.GameReadyNg.__name__ not in str(refused):
                    raise

    async def _react(self, told: Told) -> None:
        if isinstance(told, cards.TableSnapshot):
            await self._play_turn(self.seat.turn)
        await super()._react(told)


class CardParty(Party):
    """Three at a card table, each in another dialect."""

    kind = "cards"

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._bots: Sequence[Bot] = ()

    async def _round(self, where: Addresses) -> None:
        first = 1000 + 3 * self.number
        self._bots = [
            _ReturningBot(f"c{first + seat}", first + seat, transport)
            for seat, transport in enumerate(_TRANSPORTS)
        ]
        for bot in self._bots:
            await bot.join(where)
        over = lambda seat: seat.hands_over >= _HANDS  # noqa: E731
        await together(*(bot.play(over) for bot in self._bots))

    async def _hang_up(self) -> None:
        await close_all(*(bot.leave() for bot in self._bots if hasattr(bot, "client")))


class SeekParty(Party):
    """Five who look for treasures."""

    kind = "treasure"

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._bots: Sequence[TreasureBot] = ()

    async def _round(self, where: Addresses) -> None:
        self._bots = bots = [
            TreasureBot(
                f"t{self.number}-{place}", "websocket" if place % 2 else "tcp", number=place
            )
            for place in range(_SEEKERS)
        ]
        for bot in bots:
            await bot.log_in(where)
        rooms = {bot.room for bot in bots}
        if len(rooms) > 1 or rooms == {0}:
            await self._gather()
        elif await self._is_running():
            self.resumed += 1
        else:
            await close_all(*(bot.leave() for bot in bots))
            await together(*(bot.log_in(where) for bot in bots))
            await self._gather()
        await together(*(bot.play(lambda _: False) for bot in bots))
        for bot in bots:
            await bot.lobby.ask(seek.LeaveRoom(), seek.RoomLeft)

    async def _is_running(self) -> bool:
        """Go back into the game the engine has been killed in, if there is one."""
        try:
            async with asyncio.timeout(_RETURN_SECONDS):
                await together(*(bot.enter_game() for bot in self._bots))
        except TimeoutError:
            return False
        return True

    async def _gather(self) -> None:
        for bot in self._bots:
            if bot.room:
                await bot.lobby.ask(seek.LeaveRoom(), seek.RoomLeft)
        host, *others = self._bots
        room = await host.open_room(f"room {self.number}", most=_SEEKERS)
        for bot in others:
            await bot.join_room(room)
            await bot.be_ready()
        await host.start_game()
        await together(*(bot.enter_game() for bot in self._bots))

    async def _hang_up(self) -> None:
        await close_all(*(bot.leave() for bot in self._bots))
