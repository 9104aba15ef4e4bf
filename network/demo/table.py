"""The card table of the demo's live part: three bots, several hands, and a kill −9 in one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

from parlour.events.messages import landlord as wire
from parlour.network.demo.bots import Bot
from parlour.network.demo.client import Told
from parlour.network.demo.figures import Figures
from parlour.network.demo.people import PEOPLE
from parlour.network.demo.seat import Known, Seat
from parlour.network.demo.telling import Teller, drawn

_PLAYS_BEFORE_KILL: Final = 8
_TURN_SECONDS: Final = 22.0
"""The engine's own default for a play."""
_LEAST_SECONDS: Final = 10.0
"""What a turn has left at least after a restart."""


Moment = Callable[[Seat], bool]


class LiveTable:
    """Plays the demo's hands; it is told when the engine dies and when it is back."""

    def __init__(self, teller: Teller, figures: Figures, *, hands: int) -> None:
        self._teller = teller
        self._figures = figures
        self._hands = hands
        self.fatal_hand = hands // 2 + 1
        """The hand that is interrupted."""
        self._tid = 0
        self._killed = False
        self._known: tuple[Known, ...] = ()
        """What each player knew when the engine was killed."""
        self._bots = tuple(
            Bot(person.name, person.uid, person.transport, watch=self._watch) for person in PEOPLE
        )
        self._names: Mapping[int, str] = {bot.uid: bot.name for bot in self._bots}

    @property
    def game(self) -> str:
        """Id of the hand that was interrupted."""
        return f"landlord.hand:{self._tid}:{self.fatal_hand}"

    # --- the parts -------------------------------------------------------------------------

    async def sit_down(self, addresses: Mapping[str, str]) -> None:
        """Take seats at a table, each in another dialect."""
        for bot, person in zip(self._bots, PEOPLE, strict=True):
            await bot.join(addresses)
            self._teller.say((f"{bot.name:4}", "bold"), person.dialect)

    async def play_to_fatal_moment(self) -> None:
        """Play into the middle of a hand; then nobody touches anything."""
        await self._play_until(self._is_fatal_moment)
        self.fatal_hand = self._bots[0].seat.hands_over + 1
        self._hands = max(self._hands, self.fatal_hand)

    async def play_to_end(self) -> None:
        """Play the hands that are left."""
        await self._play_until(lambda seat: seat.hands_over >= self._hands)

    async def leave(self) -> None:
        """Hang up, all."""
        await asyncio.gather(*(bot.leave() for bot in self._bots))

    async def _play_until(self, moment: Moment) -> None:
        began = time.perf_counter()
        await asyncio.gather(*(bot.play(moment) for bot in self._bots))
        self._figures.play_seconds += time.perf_counter() - began

    def _is_fatal_moment(self, seat: Seat) -> bool:
        # A hand may end before so many plays: then the next one is it.
        return (
            seat.hands_over >= self.fatal_hand - 1
            and seat.plays >= _PLAYS_BEFORE_KILL
            and seat.turn != 0
        )

    def show_before_kill(self) -> None:
        """Say what everybody holds, and remember what everybody knows."""
        seat = self._bots[0].seat
        self._show_cards()
        left = _TURN_SECONDS - (time.monotonic() - seat.turn_at)
        self._figures.seconds_left_before = left
        self._teller.say(f"It is {self._names[seat.turn]}'s turn, {left:.1f} s are left.")
        self._killed = True
        self._known = tuple(bot.seat.known for bot in self._bots)

    async def come_back(self, addresses: Mapping[str, str]) -> None:
        """Take the seats again, and compare."""
        snapshots = [await bot.rejoin(addresses) for bot in self._bots]
        self._show_cards()
        self._compare(self._known, snapshots)

    def _compare(self, before: tuple[Known, ...], snapshots: list[wire.TableSnapshot]) -> None:
        teller, after = self._teller, tuple(bot.seat.known for bot in self._bots)
        pairs = list(zip(before, after, strict=True))
        teller.promise("everybody holds the same cards", all(a.cards == b.cards for a, b in pairs))
        teller.promise(
            "it is the same player's turn, on the same cards",
            all(a == b for a, b in pairs),
            f"{self._names.get(after[0].turn, 'nobody')}'s",
        )
        left = self._figures.seconds_left_after = min(s.seconds for s in snapshots)
        teller.promise(
            "the clock goes on where it stood",
            _LEAST_SECONDS - 1 <= left <= _TURN_SECONDS,
            f"{left:.1f} s are left",
        )

    def judge(self) -> None:
        """Say whether all hands were played, and dealt as committed."""
        teller, seats = self._teller, [bot.seat for bot in self._bots]
        checked = sum(seat.deals_checked for seat in seats)
        deals = sum(seat.hands_over + seat.redeals for seat in seats)
        teller.promise(
            f"all {self._hands} hands were played to the end",
            all(seat.hands_over == self._hands for seat in seats),
        )
        teller.promise(
            "every player shuffled every deck again from its revealed secret",
            checked == deals,
            f"{checked} of {deals} fit the commitment made before the deal",
        )
        self._figures.hands = self._hands
        self._figures.commands = sum(bot.commands for bot in self._bots)

    # --- what is shown ---------------------------------------------------------------------

    def _show_cards(self) -> None:
        for bot in self._bots:
            role = "landlord" if bot.uid == bot.seat.landlord else "farmer"
            self._teller.say((f"{bot.name:4}", "bold"), f"{role:9}", drawn(bot.seat.cards))

    def _watch(self, bot: Bot, told: Told) -> None:
        if bot is not self._bots[0]:
            return  # everybody is told the same; one narrator is enough
        match told:
            case wire.JoinTableSucc():
                self._tid = told.tid
            case wire.PlayInfo() if not self._killed:
                self._show_play(bot.seat, told)
            case wire.GameEnd():
                self._show_end(bot.seat, told)
            case _:
                pass

    def _show_play(self, seat: Seat, told: wire.PlayInfo) -> None:
        if seat.hands_over + 1 < self.fatal_hand or seat.plays > _PLAYS_BEFORE_KILL:
            return
        if seat.plays == 1:
            landlord = self._names[seat.landlord]
            self._teller.say(f"hand {seat.hands_over + 1}: {landlord} is the landlord and leads")
        cards = drawn(told.cards) if told.cards else ("pass", "dim")
        self._teller.say("  ", (f"{self._names[told.uid]:4}", "bold"), cards)

    def _show_end(self, seat: Seat, told: wire.GameEnd) -> None:
        landlord = self._names[seat.landlord]
        won = "the landlord" if told.win_type == 0 else "the farmers"
        money = ", ".join(
            f"{self._names[user.uid]} {'+' if user.win else '−'}{user.cmoney}"
            for user in told.users
        )
        self._teller.say(f"hand {seat.hands_over}: {landlord} was landlord, {won} won: {money}")
