"""The live half of the demo: an engine, three bots, several hands, and a kill −9 in one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from parlour.events.messages import landlord as wire
from parlour.network.demo.bots import Bot
from parlour.network.demo.client import Told, Transport
from parlour.network.demo.figures import Figures
from parlour.network.demo.process import EngineFailed, EngineProcess, run_command
from parlour.network.demo.seat import Known, Seat
from parlour.network.demo.telling import Teller, drawn

PLAYERS: Final[tuple[tuple[str, int, Transport, str], ...]] = (
    ("Ada", 1, "tcp", "TCP, plain JSON"),
    ("Bo", 2, "tcp-xor", "TCP, every byte XORed with 0x0D as the old clients do"),
    ("Cy", 3, "websocket", "WebSocket"),
)
_PLAYS_BEFORE_KILL: Final = 8
_TURN_SECONDS: Final = 22.0
"""The engine's own default for a play."""
_LEAST_SECONDS: Final = 10.0
"""What a turn has left at least after a restart."""
_PATIENCE: Final = 30.0
"""Seconds after which a part of the story that does not end has failed."""


Moment = Callable[[Seat], bool]


class LiveTable:
    """Plays the demo's hands on a real engine; the log is left behind for the second half."""

    def __init__(self, teller: Teller, figures: Figures, folder: Path, *, hands: int) -> None:
        self._teller = teller
        self._figures = figures
        self._hands = hands
        self._fatal_hand = hands // 2 + 1
        self._tid = 0
        self._killed = False
        self._data = folder / "data"
        self.engine = EngineProcess(folder, self._data)
        self._bots = tuple(
            Bot(name, uid, transport, watch=self._watch) for name, uid, transport, _ in PLAYERS
        )
        self._names: Mapping[int, str] = {bot.uid: bot.name for bot in self._bots}

    @property
    def game(self) -> str:
        """Id of the hand that was interrupted."""
        return f"landlord.hand:{self._tid}:{self._fatal_hand}"

    async def run(self) -> None:
        """Tell the first half of the story."""
        self._open()
        await self._sit_down()
        await self._play_until(self._is_fatal_moment)
        known = self._kill()
        await self._come_back(known)
        await self._play_until(lambda seat: seat.hands_over >= self._hands)
        await self._close()

    # --- the parts -------------------------------------------------------------------------

    def _open(self) -> None:
        teller = self._teller
        teller.chapter("An engine starts, in a process of its own")
        self._figures.start_seconds = self.engine.start()
        teller.command(*self.engine.arguments)
        where = ", ".join(f"{kind} on {place}" for kind, place in self.engine.addresses.items())
        teller.say(f"ready after {self._figures.start_seconds:.2f} s (process {self.engine.pid})")
        teller.say(where)

    async def _sit_down(self) -> None:
        teller = self._teller
        teller.chapter("Three players get accounts and sit down; each speaks another dialect")
        for bot in self._bots:
            self._register(bot)
        for bot, (_, _, _, dialect) in zip(self._bots, PLAYERS, strict=True):
            await bot.join(self.engine.addresses)
            teller.say((f"{bot.name:4}", "bold"), dialect)
        teller.chapter("They play Dou Dizhu: a landlord against two farmers, for play money")

    def _register(self, bot: Bot) -> None:
        account = ("account", "add", "--name", bot.name, "--uid", str(bot.uid))
        arguments = (*account, "--data", str(self._data))
        self._teller.command(*arguments)
        code, lines = run_command(*arguments)
        if code != 0:
            raise EngineFailed(f"no account for {bot.name}: {' '.join(lines)}")

    async def _play_until(self, moment: Moment) -> None:
        began = time.perf_counter()
        async with asyncio.timeout(_PATIENCE):
            await asyncio.gather(*(bot.play(moment) for bot in self._bots))
        self._figures.play_seconds += time.perf_counter() - began

    def _is_fatal_moment(self, seat: Seat) -> bool:
        # A hand may end before so many plays: then the next one is it.
        return (
            seat.hands_over >= self._fatal_hand - 1
            and seat.plays >= _PLAYS_BEFORE_KILL
            and seat.turn != 0
        )

    def _kill(self) -> tuple[Known, ...]:
        teller, seat = self._teller, self._bots[0].seat
        self._fatal_hand = seat.hands_over + 1
        self._hands = max(self._hands, self._fatal_hand)
        teller.chapter(f"kill -9, in the middle of hand {self._fatal_hand}")
        self._show_cards()
        self._figures.seconds_left_before = _TURN_SECONDS - (time.monotonic() - seat.turn_at)
        teller.say(
            f"It is {self._names[seat.turn]}'s turn, "
            f"{self._figures.seconds_left_before:.1f} s are left. Now the engine is killed."
        )
        teller.shell(f"kill -9 {self.engine.pid}")
        self.engine.kill()
        self._killed = True
        return tuple(bot.seat.known for bot in self._bots)

    async def _come_back(self, known: tuple[Known, ...]) -> None:
        teller, figures = self._teller, self._figures
        teller.chapter("The engine starts again; its memory is the log")
        await asyncio.gather(*(bot.leave() for bot in self._bots))
        began = time.perf_counter()
        figures.recovery_seconds = self.engine.start()
        snapshots = [await bot.rejoin(self.engine.addresses) for bot in self._bots]
        figures.back_seconds = time.perf_counter() - began
        teller.say(
            f"accepting again after {figures.recovery_seconds:.2f} s, "
            f"all three back in their seats after {figures.back_seconds:.2f} s"
        )
        self._show_cards()
        self._compare(known, snapshots)

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

    async def _close(self) -> None:
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
        code = self.engine.stop()
        teller.promise("SIGTERM: the engine drains and exits", code == 0, f"exit code {code}")
        await asyncio.gather(*(bot.leave() for bot in self._bots))

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
        if seat.hands_over + 1 < self._fatal_hand or seat.plays > _PLAYS_BEFORE_KILL:
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
