"""The treasure game of the demo's live part: five bots, a kill −9 in mid-stage, a settlement.

Three have chosen what to do, in secret, when the engine dies; the other two choose when it is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from parlour.events.messages import treasure as wire
from parlour.events.treasure import game_id
from parlour.network.demo.figures import Figures
from parlour.network.demo.telling import Teller
from parlour.network.demo.treasure_bot import TreasureBot
from parlour.network.demo.treasure_mind import ACTION, Known, TreasureMind

NAMES: Final = ("Di", "Ed", "Flo", "Gus", "Hal")
_ROOM: Final = "The five"
_FATAL_DAY: Final = 2
_CHOSEN: Final = 3
"""How many have acted in the stage in which the engine dies."""


class LiveAdventure:
    """Plays one game; it is told when the engine dies and when it is back."""

    def __init__(self, teller: Teller, figures: Figures) -> None:
        self._teller = teller
        self._figures = figures
        self._bots = tuple(
            TreasureBot(name, "websocket" if number % 2 else "tcp", number=number)
            for number, name in enumerate(NAMES)
        )
        self._known: list[Known] = []
        """What each player knew when the engine was killed."""
        self._committed = ""

    @property
    def game(self) -> str:
        """Id of the game."""
        return game_id(self._bots[0].room, 1)

    @property
    def result(self) -> wire.GameOver | None:
        """The settlement as the first player was told it."""
        return self._bots[0].mind.over

    # --- before the kill -------------------------------------------------------------------

    async def open(self, addresses: Mapping[str, str]) -> None:
        """Log in, sit down in a room, and go to the room server with a ticket each."""
        teller, host = self._teller, self._bots[0]
        for bot in self._bots:
            await bot.log_in(addresses)
        room = await host.open_room(_ROOM, most=len(NAMES))
        for bot in self._bots[1:]:
            await bot.join_room(room)
            await bot.be_ready()
        self._committed = await host.commitment()
        teller.say(f"{', '.join(NAMES)} sit in a room; the seed's SHA-256 is told beforehand:")
        teller.say("  ", (self._committed, "dim"))
        await host.start_game()
        await asyncio.gather(*(bot.enter_game() for bot in self._bots))

    async def play_to_fatal_moment(self) -> None:
        """Play into the second day; then some have chosen what to do, and some have not."""
        await asyncio.gather(*(bot.play(_is_fatal_moment) for bot in self._bots))
        roles = [bot.mind.role for bot in self._bots]
        self._teller.promise(
            "everybody is told his own role, and nobody another's",
            roles.count("evil") == 1 and all(not bot.mind.mates for bot in self._bots),
        )
        self.show()
        await self._choose()

    async def _choose(self) -> list[int]:
        """Have the first ones act in the running stage; return how each was answered."""
        return [await bot.decide() for bot in self._bots[:_CHOSEN]]

    def show(self) -> None:
        """Say where everybody is and what he has, as he knows it himself."""
        for bot in self._bots:
            mind = bot.mind
            self._teller.say(
                (f"{bot.name:4}", "bold"),
                f"{mind.role:9} in cell {mind.cell}, hp {mind.hp[bot.uid]}, gold {mind.gold}",
            )

    def show_before_kill(self) -> None:
        """Remember what everybody knows."""
        mind = self._bots[0].mind
        chosen, others = NAMES[:_CHOSEN], NAMES[_CHOSEN:]
        self._teller.say(
            f"treasure: day {mind.day}, {', '.join(chosen)} have chosen what to do, in secret; "
            f"{' and '.join(others)} have not"
        )
        self._known = [bot.mind.known for bot in self._bots]

    # --- after it --------------------------------------------------------------------------

    async def leave(self) -> None:
        """Hang up, all."""
        await asyncio.gather(*(bot.leave() for bot in self._bots))

    async def come_back(self, addresses: Mapping[str, str]) -> None:
        """Log in with the tokens, go back into the game with fresh tickets, and compare."""
        for bot in self._bots:
            await bot.log_in(addresses)
            await bot.enter_game()
            while not await bot.hear():
                pass
        self._teller.promise(
            "all five are back where they were, with fresh tickets: place, hp, gold, items",
            [bot.mind.known for bot in self._bots] == self._known,
        )
        codes = await self._choose()
        self._teller.promise(
            "what was chosen in secret before the kill stands",
            codes == [wire.CODES["already_acted"]] * _CHOSEN,
            f"to choose again is refused with code {codes[0]}",
        )

    async def play_to_end(self) -> None:
        """Have the others act, play on, and compare the settlements."""
        for bot in self._bots[_CHOSEN:]:
            await bot.act()
        await asyncio.gather(*(bot.play(lambda _: False) for bot in self._bots))
        self._figures.treasure_commands = sum(bot.commands for bot in self._bots)
        results = [bot.mind.over for bot in self._bots]
        result = results[0]
        if result is None:
            return
        won = [bot.name for bot, line in zip(self._bots, result.players, strict=True) if line.win]
        self._teller.promise(
            "everybody is told the same settlement",
            all(other == result for other in results),
            f"{result.winner} wins on day {self._bots[0].mind.day} ({', '.join(won)})",
        )
        self._teller.promise(
            "the revealed seed is the one committed to before the game",
            all(b.mind.seed_fits and b.mind.commitment == self._committed for b in self._bots),
            f"{result.seed[:16]}…",
        )


def _is_fatal_moment(mind: TreasureMind) -> bool:
    return (mind.day, mind.stage) == (_FATAL_DAY, ACTION)
