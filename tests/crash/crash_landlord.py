"""A Dou Dizhu hand: three sit down one after the other, call, and play to the settlement."""

from __future__ import annotations

from typing import Any

import msgspec
from crash_clients import Client, Script
from crash_facts import Fact, named

from parlour.events.messages import landlord as wire
from parlour.events.rules.landlord import classify
from parlour.network.demo import strategy
from parlour.network.demo.client import Told
from parlour.network.landlord.codec import OBFUSCATED, PLAIN, TcpCodec

LISTENERS = ("landlord",)
UIDS = (101, 102, 103)
_DECODER = msgspec.json.Decoder(Told)


class Player(Client):
    """One player; what he plays follows from his cards and from what lies."""

    def __init__(self, script: Script, seat: int) -> None:
        super().__init__(script)
        self.seat = seat
        self.uid = UIDS[seat]
        self.dialect = OBFUSCATED if seat == 1 else PLAIN
        self.cards: set[int] = set()
        self.bottom: tuple[int, ...] = ()
        self.to_beat: tuple[int, ...] = ()
        self.over = False
        self.commitments: tuple[str, ...] = ()
        """Of the hand that he is here to play."""
        self.told: list[tuple[Any, ...]] = []
        """Calls and plays he was told of, each time he was told."""
        self.ends: list[wire.GameEnd] = []

    async def visit(self) -> None:
        await self.script.wait_for(*(f"seated {seat}" for seat in range(self.seat)))
        self.reader, self.writer = await self.open("landlord")
        self.asked = False
        self.codec = TcpCodec(max_frame=1 << 20)
        self.say(wire.JoinTable(type=1, uid=self.uid, skey="any", zone=0))
        while not self.over:
            self.codec.receive_data(await self.read(self.reader))
            while (payload := self.codec.next_frame()) is not None:
                await self.hear(_DECODER.decode(payload))
        # Who goes home leaves the table as it was when the hand was over.
        await self.script.wait_for(*(f"over {seat}" for seat in range(3)))

    def say(self, request: wire.Request) -> None:
        self.writer.write(self.dialect.encode(request))

    async def hear(self, told: Any) -> None:
        uid = self.uid
        match told:
            case wire.JoinTableSucc():
                assert told.seatid == self.seat, told
                # From now on the next one may come: this seat is taken, on disk.
                await self.script.done(f"seated {self.seat}")
            case wire.CallTurn(uid=mine) if mine == uid:
                self.call(told.action)
            case wire.GameStart():
                self.cards, self.bottom, self.to_beat = set(told.private), told.c, ()
            case wire.CallInfo():
                self.told.append(("call", told.uid, told.action))
            case wire.LandlordInfo(uid=mine) if mine == uid:
                self.cards |= set(self.bottom)
            case wire.PlayTurn():
                self.to_beat = () if told.flag == 0 else self.to_beat
                if told.uid == uid:
                    self.play()
            case wire.PlayInfo():
                self.told.append(("play", told.uid, tuple(told.cards)))
                self.to_beat = told.cards or self.to_beat
                self.cards -= set(told.cards) if told.uid == uid else set()
            case wire.TableInfo():
                self.commitments = self.commitments or told.commitments
                if not self.cards and not self.asked:
                    self.get_ready()
            case wire.GameEnd():
                self.ends.append(told)
                await self.finish()
            case wire.TableSnapshot():
                await self.look(told)
            case wire.Error() | wire.JoinTableErr() | wire.PlayNg():
                raise AssertionError(f"{uid} was told {told}")

    async def look(self, told: wire.TableSnapshot) -> None:
        """Go on where the table stands."""
        self.cards, self.bottom = set(told.cards), told.c
        self.to_beat = told.last.cards if told.last and told.last.uid != self.uid else ()
        self.commitments = self.commitments or told.commitments
        if told.state == "waiting" and told.commitments != self.commitments:
            await self.finish()  # the next hand is announced: this one is settled
        elif told.turn == self.uid:
            self.play() if told.state == "playing" else self.call(told.floor)

    async def finish(self) -> None:
        self.over = True
        await self.script.done(f"over {self.seat}")

    def get_ready(self) -> None:
        self.asked = True
        self.say(wire.GameReady(uid=self.uid, nonce=f"nonce {self.seat}"))

    def call(self, asked: int) -> None:
        answer = strategy.call(sorted(self.cards), asked, must=self.seat == 2)
        self.say(wire.CallSubmit(uid=self.uid, action=answer))

    def play(self) -> None:
        cards = (
            strategy.follow(sorted(self.cards), self.to_beat, friend=False, enemy_cards=3)
            if self.to_beat
            else strategy.lead(sorted(self.cards))
        )
        hand = classify(cards) if cards else None
        kind = 0 if hand is None else int(hand.card_type)
        self.say(wire.PlaySubmit(uid=self.uid, card_type=kind, cards=tuple(cards)))


def clients(script: Script) -> list[Player]:
    """Return the three players."""
    return [Player(script, seat) for seat in range(3)]


_HAND = (
    "landlord.hand-opened",
    "landlord.hand-dealt",
    "landlord.called",
    "landlord.robbed",
    "landlord.landlord-named",
    "landlord.cards-played",
    "landlord.passed",
    "landlord.deal-thrown-in",
    "landlord.hand-settled",
    "landlord.turn-timed-out",
)


def result(facts: list[Fact]) -> Any:
    """Return what no crash may change: the hand from its cards to its settlement, and the money."""
    hand = [fact for fact in facts if fact.aggregate == "landlord.hand:1:1"]
    return {
        "hand": named(hand, *_HAND),
        "money": sorted(named(facts, "account.posted", "account.game-counted")),
    }


def promised(players: list[Player], facts: list[Fact]) -> list[str]:
    """Return what somebody was told and is not in the log, or is there twice."""
    uids, found, faults = dict(enumerate(UIDS)), [], []
    for fact in facts:
        match fact.name:
            case "landlord.called":
                found.append(("call", uids[fact.fields["seat"]], fact.fields["score"]))
            case "landlord.cards-played":
                cards = tuple(fact.fields["cards"])
                found.append(("play", uids[fact.fields["seat"]], cards))
            case "landlord.passed":
                found.append(("play", uids[fact.fields["seat"]], ()))
    for player in players:
        rest = iter(found)
        if not all(told in rest for told in player.told):  # in this order, each once
            faults.append(f"{player.uid} was told {player.told}, and the log has {found}")
        if len(player.ends) > 1:
            faults.append(f"{player.uid} was told the end {len(player.ends)} times")
    return faults
