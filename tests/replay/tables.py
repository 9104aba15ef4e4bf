"""Real logs without an engine: whole random hands, recorded as the table actor records them.

`Room` writes a real log.db through repository and journal, one unit for each thing that
happens; `Table` plays hands there by the rules, with a seeded random and a clock of its own, so
that the same seed always gives the same events.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parlour.events import account, landlord
from parlour.events.event import Event
from parlour.events.journal import Journal
from parlour.events.kinds import KINDS
from parlour.events.log import open_log
from parlour.events.repository import Repository
from parlour.events.rules.landlord import (
    bidding,
    classify,
    commands,
    deck,
    hand,
    legal_plays,
    settlement,
)
from parlour.events.rules.landlord import table as seating
from parlour.events.rules.landlord.state import Hand
from parlour.events.rules.landlord.state import Table as TableState
from parlour.events.writers import InlineWriter

START = 1_795_158_000_000_000
SECOND = 1_000_000
KEY = bytes(range(32))
TERMS = {
    "zone": 0,
    "base": 10,
    "rake": 5,
    "book": "lenient",
    "rob": False,
    "call_seconds": 20.0,
    "play_seconds": 22.0,
    "trustee_seconds": 1.5,
}


class Room:
    """A log with accounts and tables; `units_a_commit` of them share a seal."""

    def __init__(self, data: Path, *, seed: int = 1, units_a_commit: int = 1, **log: object):
        data.mkdir(parents=True, exist_ok=True)
        (data / "deck.key").write_bytes(KEY)
        self.data = data
        self.random = random.Random(seed)
        self.time = START
        self.log = open_log(data, open_mode=True, now=self.now, **log)
        self.writer = InlineWriter()
        self.journal = Journal(
            self.log.recorder,
            writer=self.writer,
            on_commit=lambda batch: self.repository.committed([i.unit for i in batch.items]),
            on_drop=lambda items, error: _refuse(error),
        )
        self.repository = Repository(self.log.recorder, KINDS, claimed=self.journal.claimed)
        self._units_a_commit = units_a_commit
        self._waiting = 0
        self._tables = 0

    # --- one unit after another ------------------------------------------------------------

    def now(self) -> int:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += round(seconds * SECOND)

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Everything recorded inside is one unit; nested, it belongs to the outer one."""
        if self.repository._begun:
            yield
            return
        self.repository.begin()
        yield
        self.journal.append(self.repository.take())
        self._waiting += 1
        if self._waiting >= self._units_a_commit:
            self.flush()

    def record(self, aggregate_id: str, *events: Event) -> None:
        with self.unit():
            self.repository.record(aggregate_id, *events)

    def flush(self) -> None:
        self._waiting = 0
        self.writer.flush()

    def close(self) -> None:
        self.flush()
        self.log.close()

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # --- accounts --------------------------------------------------------------------------

    def register(self, uid: int, *, money: int = 10_000, name: str | None = None) -> None:
        with self.unit():
            registered = account.Registered(
                at=self.time,
                uid=uid,
                name=name or f"player {uid}",
                email=f"p{uid}@example.org",
                password="$argon2id$not-a-real-hash",
                by="operator",
            )
            self.record(account.account_id(uid), registered)
            if money:
                self.post(account.HOUSE_UID, -money, "purse", "operator")
                self.post(uid, money, "purse", "operator")

    def post(self, uid: int, amount: int, reason: str, ref: str) -> None:
        if amount:
            balance = self.repository.get(account.account_id(uid)).money + amount
            line = account.Posted(
                at=self.time,
                currency="money",
                amount=amount,
                balance=balance,
                reason=reason,
                ref=ref,
            )
            self.record(account.account_id(uid), line)

    def token(self, uid: int) -> str:
        digest = self.random.randbytes(32).hex()
        issued = account.TokenIssued(
            at=self.time, kind="skey", digest=digest, expires=self.time + 3600 * SECOND
        )
        self.record(account.account_id(uid), issued)
        return digest

    def rename(self, uid: int, new: str) -> None:
        old = self.repository.get(account.account_id(uid)).name
        self.record(account.account_id(uid), account.Renamed(at=self.time, old=old, new=new))

    # --- tables ----------------------------------------------------------------------------

    def table(self, *, type: int = 1, **terms: object) -> Table:
        self._tables += 1
        return Table(self, self._tables, landlord.Terms(type=type, **{**TERMS, **terms}))


def _refuse(error: Exception) -> None:
    raise error


class Table:
    """One table of a room."""

    def __init__(self, room: Room, tid: int, terms: landlord.Terms):
        self.room = room
        self.tid = tid
        self.id = landlord.table_id(tid)
        self.terms = terms
        kind = {"tid": tid, "type": terms.type, "zone": terms.zone}
        with room.unit():
            room.record(landlord.LOBBY_ID, landlord.TableListed(at=room.time, **kind))
            room.record(self.id, landlord.TableOpened(at=room.time, **kind))

    @property
    def state(self) -> TableState:
        return self.room.repository.get(self.id)

    @property
    def game(self) -> str:
        return landlord.hand_id(self.tid, self.state.hand)

    @property
    def hand(self) -> Hand:
        return self.room.repository.get(self.game)

    @property
    def secrets(self) -> tuple[bytes, bytes, bytes]:
        return deck.secrets(KEY, self.tid, self.state.hand, self.hand.salt)

    # --- seats -----------------------------------------------------------------------------

    def seat(self, *uids: int) -> None:
        for uid in uids:
            with self.room.unit():
                if not seating.seated(self.state):
                    self._open_next()
                seat = seating.free_seat(self.state)
                at = self.room.time
                self.room.record(self.id, landlord.PlayerSeated(at=at, uid=uid, seat=seat))
                self.room.record(account.account_id(uid), account.Seated(at=at, seat=self.id))

    def leave(self, uid: int, reason: str = "logout") -> None:
        with self.room.unit():
            at, seat = self.room.time, seating.seat_of(self.state, uid)
            left = landlord.PlayerLeft(at=at, uid=uid, seat=seat, reason=reason)
            self.room.record(self.id, left)
            self.room.record(account.account_id(uid), account.Unseated(at=at, seat=self.id))

    def ready(self, *nonces: str) -> None:
        """Make all three players ready, which deals."""
        for (seat, chair), nonce in zip(
            seating.seated(self.state), nonces or ("", "n1", "nonce zwei"), strict=True
        ):
            self.room.wait(1.25)
            at = self.room.time
            with self.room.unit():
                readied = landlord.PlayerReadied(at=at, uid=chair.uid, seat=seat, nonce=nonce)
                self.room.record(self.id, readied)
                if all(chair.ready for _, chair in seating.seated(self.state)):
                    self._begin()

    def _open_next(self) -> None:
        at, number = self.room.time, self.state.hand + 1
        salt = self.room.random.randbytes(16).hex()
        self.room.record(self.id, landlord.HandNumbered(at=at, hand=number))
        command = commands.OpenHand(at=at, tid=self.tid, hand=number, salt=salt)
        secrets = deck.secrets(KEY, self.tid, number, salt)
        self.room.record(self.game, *hand.decide(self.hand, command, secrets))

    def _begin(self) -> None:
        state = self.state
        a, b, c = state.chairs
        self.room.record(self.id, landlord.HandBegun(at=self.room.time, hand=state.hand))
        self.obey(
            commands.Deal(
                at=self.room.time,
                uids=(a.uid, b.uid, c.uid),
                nonces=(a.nonce, b.nonce, c.nonce),
                terms=self.terms,
                first=seating.first_caller(state),
            )
        )

    # --- the hand --------------------------------------------------------------------------

    def obey(self, command: commands.Command) -> None:
        with self.room.unit():
            events = hand.decide(self.hand, command, self.secrets)
            self.room.record(self.game, *events)
            if self.hand.phase == "won":
                self._pay(settlement.settle(*self._accounts(), at=self.room.time))
            elif self.hand.phase == "cancelled":
                self._dissolve()

    def call(self, *actions: int) -> None:
        for action in actions:
            self.room.wait(0.75)
            at = self.room.time
            self.obey(commands.AnswerCall(at=at, seat=self.hand.turn, action=action))

    def play(self, *cards: int) -> None:
        self.room.wait(1.5)
        kind = classify(cards, book=self.terms.book) if cards else None
        self.obey(
            commands.PlayCards(
                at=self.room.time,
                seat=self.hand.turn,
                cards=cards,
                card_type=kind.card_type.value if kind else 0,
            )
        )

    def time_out(self, *, online: bool = True) -> None:
        self.room.time = self.hand.deadline
        self.obey(commands.TimeOut(at=self.room.time, online=(online, online, online)))

    def quit(self, uid: int) -> None:
        with self.room.unit():
            seat = seating.seat_of(self.state, uid)
            state, purses, coins, secret = self._accounts()
            self._pay(settlement.settle_quit(state, seat, purses, coins, secret, at=self.room.time))
            self.leave(uid, "quit")

    def lose(self, seat: int) -> None:
        with self.room.unit():
            uid, at = self.state.chairs[seat].uid, self.room.time
            self.room.record(self.id, landlord.ConnectionLost(at=at, uid=uid, seat=seat))
            self.obey(commands.LoseConnection(at=at, seat=seat))

    def regain(self, seat: int) -> None:
        with self.room.unit():
            uid, at = self.state.chairs[seat].uid, self.room.time
            self.room.record(self.id, landlord.ConnectionRegained(at=at, uid=uid, seat=seat))
            self.obey(commands.RegainConnection(at=at, seat=seat))

    def crash(self) -> None:
        """The engine stops here and starts again a minute later."""
        left_at = self.room.time
        self.room.wait(60)
        with self.room.unit():
            at = self.room.time
            self.room.record(self.id, landlord.TableResumed(at=at, cold=True, paused=0))
            self.obey(commands.Resume(at=at, left_at=left_at, floor_us=10 * SECOND, cold=True))

    def lose_key(self) -> None:
        """Cancel the hand as an engine does that finds another key."""
        with self.room.unit():
            cancelled = landlord.HandCancelled(at=self.room.time, reason="key_lost", secret="")
            self.room.record(self.game, cancelled)
            self._close(None)

    def held(self, seat: int) -> list[int]:
        return sorted(deck.holdings(self.hand, self.secrets)[seat], key=lambda card: card & 15)

    def _accounts(self):
        money, coins = [], []
        for uid in self.hand.uids:
            state = self.room.repository.get(account.account_id(uid))
            money.append(state.money)
            coins.append(state.coin)
        return self.hand, tuple(money), tuple(coins), self.secrets[self.hand.deal]

    def _pay(self, settled: landlord.HandSettled) -> None:
        game, seat = self.game, self.hand.landlord
        reason = "quit" if settled.win_type == 2 else "settlement"
        self.room.record(game, settled)
        for line in settled.lines:
            self.room.post(line.uid, line.change, reason, game)
            counted = account.GameCounted(at=settled.at, game=game, exp=line.exp, win=line.win)
            self.room.record(account.account_id(line.uid), counted)
        self.room.post(account.HOUSE_UID, settled.rake, "rake", game)
        self._close(seat)

    def _close(self, seat: int | None) -> None:
        closed = landlord.HandClosed(at=self.room.time, hand=self.state.hand, landlord=seat)
        self.room.record(self.id, closed)
        self._open_next()

    def _dissolve(self) -> None:
        uids = [chair.uid for _, chair in seating.seated(self.state)]
        self._close(None)
        for uid in uids:
            self.leave(uid, "dissolved")

    # --- chance ----------------------------------------------------------------------------

    def play_hand(self, *, rest: float = 0.0) -> str:
        """Play one hand to its end and return its game; `rest` is how often a turn runs out."""
        self.ready()
        game = self.game
        while self.game == game and self.state.playing:
            self.step(rest=rest)
        return game

    def step(self, *, rest: float = 0.0) -> None:
        """Let the player in turn do something that the rules allow."""
        dice = self.room.random
        if dice.random() < rest or self.hand.trustees[self.hand.turn]:
            self.time_out()
        elif self.hand.phase == "playing":
            self.play(*self._choose())
        else:
            floor = bidding.floor(self.hand)
            top = floor if self.hand.phase == "robbing" else bidding.HIGHEST_CALL
            self.call(dice.choice([0, *range(floor, top + 1)]))

    def _choose(self) -> tuple[int, ...]:
        state = self.hand
        to_beat = state.last.cards if state.last else None
        plays = legal_plays(self.held(state.turn), to_beat, book=self.terms.book)
        if not plays or (to_beat and self.room.random.random() < 0.3):
            return ()
        return self.room.random.choice(plays)
