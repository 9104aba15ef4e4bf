"""A bot: a connection, what it knows, and how it plays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from parlour.events.errors import EngineError
from parlour.events.messages import landlord as wire
from parlour.events.rules.landlord import classify
from parlour.network.demo import strategy
from parlour.network.demo.client import Client, Told, Transport, connect
from parlour.network.demo.seat import Seat

TABLE_TYPE: Final = 2
"""The level the bots play at: base 50, with robbing."""
_PLAYERS: Final = 3


class BotRefused(EngineError):
    """The engine refused what a bot asked for: the demo has gone wrong."""


class Bot:
    """One player; `watch` is told everything the engine says to it."""

    client: Client
    """From `join` on."""

    def __init__(
        self,
        name: str,
        uid: int,
        transport: Transport,
        *,
        watch: Callable[[Bot, Told], None] = lambda bot, told: None,
    ) -> None:
        self.name = name
        self.uid = uid
        self.transport: Transport = transport
        self.seat = Seat(uid)
        self.commands = 0
        self._watch = watch
        self._readied: tuple[str, ...] = ()

    async def join(self, addresses: Mapping[str, str]) -> None:
        """Connect and take a seat at a table, a new one or the one this player has."""
        self.client = await connect(self.transport, addresses)
        await self._say(wire.JoinTable(type=TABLE_TYPE, uid=self.uid, skey="demo"))
        await self._hear_until(wire.JoinTableSucc)

    async def rejoin(self, addresses: Mapping[str, str]) -> wire.TableSnapshot:
        """Come back to a running hand; return what the engine says of it."""
        await self.join(addresses)
        snapshot: wire.TableSnapshot = await self._hear_until(wire.TableSnapshot)
        return snapshot

    async def play(self, until: Callable[[Seat], bool]) -> None:
        """Play until what this bot has heard satisfies `until`; then touch nothing more."""
        await self._play_turn(self.seat.turn)
        while not until(self.seat):
            told = await self._hear()
            if not until(self.seat):
                await self._react(told)

    async def leave(self) -> None:
        """Hang up."""
        await self.client.close()

    # --- talking ---------------------------------------------------------------------------

    async def _say(self, request: wire.Request) -> None:
        self.commands += 1
        await self.client.send(request)

    async def _hear(self) -> Told:
        told = await self.client.receive()
        if isinstance(told, wire.Error | wire.PlayNg | wire.GameReadyNg | wire.JoinTableErr):
            raise BotRefused(f"{self.name} was refused: {told}")
        self.seat.hear(told)
        self._watch(self, told)
        return told

    async def _hear_until(self, kind: type[wire.Message]) -> Any:
        while not isinstance(told := await self._hear(), kind):
            pass
        return told

    # --- reacting --------------------------------------------------------------------------

    async def _react(self, told: Told) -> None:
        reaction = _REACTIONS.get(type(told))
        if reaction is not None:
            await reaction(self, told)

    async def _on_table(self, told: wire.TableInfo) -> None:
        """Be ready once for each hand the house has committed to."""
        if len(told.users) == _PLAYERS and told.commitments != self._readied:
            self._readied = told.commitments
            nonce = f"{self.name}-{self.seat.hands_over + 1}"
            await self._say(wire.GameReady(uid=self.uid, nonce=nonce))

    async def _on_call_turn(self, told: wire.CallTurn) -> None:
        if told.uid != self.uid:
            return
        must = len(self.seat.calls) == _PLAYERS - 1 and not any(self.seat.calls)
        answer = strategy.call(sorted(self.seat.cards), told.action, must=must)
        await self._say(wire.CallSubmit(uid=self.uid, action=answer))

    async def _on_play_turn(self, told: wire.PlayTurn) -> None:
        await self._play_turn(told.uid)

    async def _play_turn(self, turn: int) -> None:
        if turn != self.uid or not self.seat.landlord:
            return
        cards = self._choose()
        await self._say(wire.PlaySubmit(uid=self.uid, cards=cards, card_type=_type(cards)))

    def _choose(self) -> tuple[int, ...]:
        seat = self.seat
        cards = sorted(seat.cards)
        if seat.to_beat is None:
            return strategy.lead(cards)
        player, on_table = seat.to_beat
        return strategy.follow(
            cards,
            on_table,
            friend=player not in seat.enemies,
            enemy_cards=min(seat.left[uid] for uid in seat.enemies),
        )


def _type(cards: tuple[int, ...]) -> int:
    hand = classify(cards)
    return 0 if hand is None else int(hand.card_type)


_REACTIONS: Final[Mapping[type, Callable[[Bot, Any], Awaitable[None]]]] = {
    wire.TableInfo: Bot._on_table,
    wire.CallTurn: Bot._on_call_turn,
    wire.PlayTurn: Bot._on_play_turn,
}
