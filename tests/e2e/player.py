"""A player: a link, a uid, the cards in his hand, and a strategy of his own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import cards as rules
from wire import Link, Message

Caller = Callable[["Player", int], int]
"""Given the player and the action asked for, the action to answer."""

END = ("game_end", "table_dissolved", "unseated")


def call_lowest(player: Player, asked: int) -> int:
    """Call as low as allowed; do not rob."""
    return 0 if asked == 4 else asked


def never_call(player: Player, asked: int) -> int:
    """Answer no to everything."""
    return 0


def call_anything(player: Player, asked: int) -> int:
    """Answer anything that is allowed, but never throw in a deal alone."""
    if asked == 4:
        return player.dice.choice((0, 4))
    last = len(player.hand.calls) == 2 and not any(a for _, a in player.hand.calls)
    return player.dice.choice(range(asked, 4) if last else (0, *range(asked, 4)))


@dataclass
class Hand:
    """What one player saw of one hand."""

    commitments: tuple[str, ...] = ()
    deals: list[Message] = field(default_factory=list)
    redeals: list[Message] = field(default_factory=list)
    calls: list[tuple[int, int]] = field(default_factory=list)
    landlord: int = 0
    ratio: int = 0
    plays: list[Message] = field(default_factory=list)
    end: Message | None = None

    @property
    def last(self) -> Message | None:
        """The play that has to be beaten."""
        recent = [play for play in self.plays[-2:] if play["card_type"]]
        return recent[-1] if recent else None


class Player:
    """Plays by its own lights over any link; knows no rule but those in `cards`."""

    def __init__(self, link: Link, uid: int, *, seed: int = 0) -> None:
        self.link = link
        self.uid = uid
        self.skey = "any"
        self.dice = random.Random(f"{uid}/{seed}")
        self.seat = -1
        self.tid = 0
        self.users: list[Message] = []
        self.commitments: tuple[str, ...] = ()
        self.hand = Hand()
        self.cards: set[int] = set()
        self.asked = 0
        self.question: Message | None = None

    # --- saying ----------------------------------------------------------------------------

    async def say(self, cmd: str, **fields: Any) -> None:
        """Send a request in this player's name."""
        if cmd in ("call_landlord_submit", "play_card_submit"):
            self.question = None
        await self.link.send({"cmd": cmd, "uid": self.uid, **fields})

    async def join(self, type: int = 1, zone: int = 0) -> Message:
        """Ask for a seat; return the answer."""
        await self.say("CLIENT_JOIN_TABLE_REQ", type=type, zone=zone, skey=self.skey)
        while True:
            answer = await self.receive()
            if answer["cmd"] in ("SERVER_JOIN_TABLE_SUCC", "SERVER_JOIN_TABLE_ERR", "error"):
                return answer

    async def play(self, cards: Iterable[int], card_type: int) -> None:
        """Submit a play."""
        await self.say("play_card_submit", cards=list(cards), card_type=card_type)

    # --- hearing ---------------------------------------------------------------------------

    async def receive(self) -> Message:
        """Return the next message, having noted what it means."""
        message = await self.link.receive()
        self.note(message)
        return message

    async def expect(self, cmd: str, **fields: Any) -> Message:
        """Go on to the next message of that name and those fields."""
        while True:
            message = await self.receive()
            if message["cmd"] == cmd and all(message.get(k) == v for k, v in fields.items()):
                return message

    async def sees(self, **seats: Sequence[Any]) -> None:
        """Go on until the table has these columns, as `uid=[1001, 1002]`, in seat order."""
        while True:
            await self.expect("SERVER_TABLE_INFO_BC")
            if all([u[name] for u in self.users] == list(col) for name, col in seats.items()):
                return

    async def sync(self) -> list[Message]:
        """Return all that came up to an answer the server gives at once."""
        # A request for somebody else is refused without touching anything.
        await self.link.send({"cmd": "logout", "uid": self.uid + 10_000_000})
        seen = []
        while True:
            message = await self.receive()
            if message["cmd"] == "error" and message["error_code"] == 2:
                return seen
            seen.append(message)

    def note(self, message: Message) -> None:
        """Take one message into account."""
        note = getattr(self, f"_note_{message['cmd']}", None)
        if note is not None:
            note(message)

    def _note_SERVER_JOIN_TABLE_SUCC(self, message: Message) -> None:  # noqa: N802
        self.tid, self.seat = message["tid"], message["seatid"]

    def _note_SERVER_TABLE_INFO_BC(self, message: Message) -> None:  # noqa: N802
        self.users = message["users"]
        self.commitments = tuple(message["commitments"])

    def _note_game_start(self, message: Message) -> None:
        if self.hand.end is not None or not self.hand.redeals:
            self.hand = Hand(commitments=self.commitments)
        self.hand.deals.append(message)
        self.hand.calls.clear()
        self.cards = set(message["private"])

    def _note_redeal(self, message: Message) -> None:
        self.hand.redeals.append(message)

    def _note_call_landlord_turn(self, message: Message) -> None:
        self.question, self.asked = message, message["uid"]

    def _note_play_card(self, message: Message) -> None:
        self.question, self.asked = message, message["uid"]

    def _note_call_landlord_info(self, message: Message) -> None:
        self.hand.calls.append((message["uid"], message["action"]))

    def _note_landlord_info(self, message: Message) -> None:
        self.hand.landlord, self.hand.ratio = message["uid"], message["ratio"]
        if message["uid"] == self.uid:
            self.cards |= set(self.hand.deals[-1]["c"])

    def _note_play_card_info(self, message: Message) -> None:
        self.hand.plays.append(message)
        if message["uid"] == self.uid:
            self.cards -= set(message["cards"])

    def _note_game_end(self, message: Message) -> None:
        self.hand.end = message

    def _note_table_snapshot(self, message: Message) -> None:
        self.tid, self.seat = message["tid"], message["seatid"]
        self.cards = set(message["cards"])
        self.hand = Hand(
            commitments=tuple(message["commitments"]),
            deals=[{"c": message["c"], "private": message["cards"]}],
            landlord=message["landlord"],
            ratio=message["ratio"],
            plays=list(message["plays"]),
        )

    # --- playing ---------------------------------------------------------------------------

    def choose(self, flag: int) -> tuple[list[int], int]:
        """Return a play for a lead (0) or to follow (1); a pass when nothing else."""
        if flag == 0:
            options = list(rules.shapes(self.cards))
            kinds = sorted({kind for kind, _, _ in options if kind < rules.BOMB})
            kind = self.dice.choice(kinds) if kinds else options[-1][0]
            options = [option for option in options if option[0] == kind]
        else:
            last = self.hand.last
            assert last is not None, f"asked to follow nothing: {self.hand.plays[-3:]}"
            options = rules.answers(self.cards, last["card_type"], last["cards"])
        if not options:
            return [], rules.PASS
        card_type, _, play = options[0]
        return list(play), card_type

    async def answer(self, message: Message, caller: Caller = call_anything) -> bool:
        """Do what a message asks of this player; tell whether it did."""
        if message.get("uid") != self.uid:
            return False
        if message["cmd"] == "call_landlord_turn":
            await self.say("call_landlord_submit", action=caller(self, message["action"]))
            return True
        if message["cmd"] == "play_card":
            await self.play(*self.choose(message["flag"]))
            return True
        return False

    async def play_on(self, caller: Caller = call_anything) -> Hand:
        """Play until the hand is over; return what was seen of it."""
        while True:
            message = await self.receive()
            if message["cmd"] in END:
                return self.hand
            assert message["cmd"] not in ("play_card_ng", "error"), f"{message} to {self}"
            await self.answer(message, caller)

    async def finish(self, caller: Caller = call_anything) -> Hand:
        """Answer the question that was already read, then play on."""
        if self.question is not None:
            await self.answer(self.question, caller)
        return await self.play_on(caller)

    def __repr__(self) -> str:
        return (
            f"<{self.uid} seat {self.seat} table {self.tid} over {self.link.kind}, "
            f"holds {sorted(self.cards)}, last told {self.link.told[-5:]}>"
        )


def of(players: Sequence[Player], uid: int) -> Player:
    """Return the player with that uid."""
    return next(player for player in players if player.uid == uid)


def others(players: Sequence[Player], uid: int) -> list[Player]:
    """Return the other two, the next in turn first."""
    at = [player.uid for player in players].index(uid)
    return [players[(at + 1) % 3], players[(at + 2) % 3]]


async def refused(player: Player, code: int, cmd: str = "error") -> None:
    """Expect a refusal, and no other message with it."""
    message = await player.expect(cmd)
    assert message["error_code"] == code, message
    if cmd == "error":
        assert isinstance(message["reason"], str)
        assert message["reason"]


# --- three at a table ---------------------------------------------------------------------------


async def deal(players: Sequence[Player], nonces: Sequence[str] = ("", "", "")) -> None:
    """Make all three ready and take them to the first question of the hand."""
    for player, nonce in zip(players, nonces, strict=True):
        await player.say("game_ready", **({"nonce": nonce} if nonce else {}))
    for player in players:
        await player.expect("game_start")
        await player.expect("call_landlord_turn")


async def begin_play(players: Sequence[Player]) -> list[Player]:
    """Deal, and have the asked player call 3; return the landlord and the farmers in turn.

    For tables where nobody is asked to rob.
    """
    await deal(players)
    asked = of(players, players[0].asked)
    await asked.say("call_landlord_submit", action=3)
    for player in players:
        await player.expect("landlord_info", uid=asked.uid, ratio=3)
        await player.expect("play_card", uid=asked.uid, flag=0)
    return [asked, *others(players, asked.uid)]
