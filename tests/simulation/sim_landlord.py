"""Dou Dizhu players: they sit down, call, play, pass, sleep, quit, and come back."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from sim_people import Gone, Person
from sim_world import World

from parlour.events.messages import landlord as wire
from parlour.events.rules.landlord import classify
from parlour.network.demo import strategy
from parlour.network.demo.client import Told
from parlour.network.landlord.codec import HEADER, OBFUSCATED, PLAIN, TcpCodec

_DECODER = msgspec.json.Decoder(Told)


class LandlordPlayer(Person):
    """One player."""

    TOKEN = "skey"

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world, f"landlord {number}")
        self.uid = 100 + number
        self.type = 1 if number % 7 < 5 else 2  # with robbing
        self.cards: set[int] = set()
        self.bottom: tuple[int, ...] = ()
        self.to_beat: tuple[int, ...] = ()
        self.path = self.random.choice(("", "", "/landlord"))
        self.dialect = PLAIN if self.path else self.random.choice((PLAIN, OBFUSCATED))
        self.lazy = self.random.choice((0.0, 0.02, 0.3))
        self.wild = self.random.choice((0.0, 0.01, 0.1))
        self.last: bytes = b""
        self.shown: dict[str, Any] = {}

    async def visit(self) -> None:
        pipe = self._pipe = await self.pipe("landlord", self.path, HEADER)
        codec = TcpCodec(max_frame=1 << 20)
        if self.chance(0.03):
            self._pipe.write_raw(self.noise())
        self.say(wire.JoinTable(type=self.type, uid=self.uid, skey=self.credential, zone=0))
        while not self.retiring:
            data = await pipe.read(self.random.uniform(2, 30))
            if data is None:
                self.fidget()
                continue
            codec.receive_data(data)
            while (payload := codec.next_frame()) is not None:
                await self.hear(_DECODER.decode(payload))

    def say(self, request: wire.Request) -> None:
        self.last = self.dialect.encode(request)
        self._pipe.write(self.last)
        if self.chance(self.wild):
            self._pipe.write(self.last)

    def fidget(self) -> None:
        """Do something nobody asked for."""
        uid, random = self.uid, self.random
        request = random.choice(
            (
                wire.GameReady(uid=uid, nonce="n" * random.randint(0, 8)),
                wire.GameReady(uid=uid),
                wire.Logout(uid=uid),
                wire.SwapTable(uid=uid),
                wire.PlaySubmit(uid=uid, card_type=1, cards=(random.randint(-1, 60),)),
                wire.CallSubmit(uid=uid, action=random.randint(-1, 5)),
                wire.JoinTable(type=random.choice((1, 2, 9)), uid=uid, skey="", zone=0),
                wire.GameReady(uid=uid + 1),
            )
        )
        self.say(request)
        if self.chance(self.wild / 4):
            self.say(wire.ForceQuit(uid=uid))
        if self.chance(self.wild / 4):
            self._pipe.write_raw(self.noise())
        if self.chance(0.05):
            raise Gone

    async def hear(self, told: Any) -> None:
        uid = self.uid
        match told:
            case wire.JoinTableSucc():
                self.say(wire.GameReady(uid=uid, nonce=self.random.choice(("", "luck"))))
            case wire.JoinTableErr():
                raise Gone
            case wire.GameStart():
                self.cards, self.bottom, self.to_beat = set(told.private), told.c, ()
            case wire.CallTurn(uid=mine) if mine == uid and not self.sleeps():
                await self.think()
                answer = strategy.call(sorted(self.cards), told.action, must=self.chance(0.3))
                if told.action == strategy.ROB and self.chance(0.4):
                    answer = strategy.ROB
                self.say(wire.CallSubmit(uid=uid, action=answer))
            case wire.LandlordInfo():
                if told.uid == uid:
                    self.cards |= set(self.bottom)
            case wire.PlayTurn():
                if told.flag == 0:
                    self.to_beat = ()
                if told.uid == uid and not self.sleeps():
                    await self.play()
            case wire.PlayInfo():
                if told.cards:
                    self.to_beat = told.cards
                    if told.uid == uid:
                        self.cards -= set(told.cards)
            case wire.GameEnd():
                self.world.counts["hands"] += 1
                self.look_at_end(told)
                await self.think()
                self.say(wire.GameReady(uid=uid))
            case wire.TableSnapshot():
                self.cards, self.bottom = set(told.cards), told.c
                self.to_beat = told.last.cards if told.last and told.last.uid != uid else ()
                if told.turn == uid and told.state == "playing":
                    await self.play()
                elif told.turn == uid:
                    self.say(wire.CallSubmit(uid=uid, action=0))
                else:
                    self.say(wire.GameReady(uid=uid))
            case wire.Unseated() | wire.TableDissolved():
                raise Gone
        if self.chance(self.wild):
            self.fidget()

    def look_at_end(self, told: wire.GameEnd) -> None:
        """Money moves between the players and the house alone, and no farther than it should."""
        if any(line.money < 0 for line in told.users):
            self.blame(f"somebody owes money: {told}")

    def sleeps(self) -> bool:
        return self.chance(self.lazy)

    async def think(self) -> None:
        await asyncio.sleep(self.random.expovariate(1 / 0.1))

    async def play(self) -> None:
        await self.think()
        if not self.cards:
            return
        cards: tuple[int, ...]
        try:
            cards = (
                strategy.follow(sorted(self.cards), self.to_beat, friend=False, enemy_cards=3)
                if self.to_beat
                else strategy.lead(sorted(self.cards))
            )
        except (AssertionError, ValueError):  # cards of which we missed how they came to be
            cards = ()
        hand = classify(cards) if cards else None
        kind = 0 if hand is None else int(hand.card_type)
        if self.chance(self.wild):
            kind = self.random.randint(-1, 14)
        self.say(wire.PlaySubmit(uid=self.uid, card_type=kind, cards=tuple(cards)))
