"""Many tables played in one thread by the real engine: logs that the benches stand on.

No sockets and no waiting: commands go straight to the session actors, outputs come straight
back, and one commit takes what all tables did in one turn. What lies in the log afterwards is
what players over sockets would have left there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from parlour.actors.engine import Engine
from parlour.actors.landlord.lobby import Lobby
from parlour.actors.landlord.session import LandlordSession
from parlour.actors.landlord.table import LandlordTable
from parlour.actors.messages import FromSession, SessionOpened
from parlour.actors.ports import Bind, Output, Publish
from parlour.actors.settings import ActorSettings
from parlour.actors.user import User
from parlour.events.kinds import KINDS
from parlour.events.landlord import LOBBY_ID
from parlour.events.log import open_log
from parlour.events.messages import landlord as wire
from parlour.events.rules.landlord import classify
from parlour.events.writers import InlineWriter
from parlour.network.demo import strategy
from parlour.network.production import KeyFileDecks, SystemRandomness, WallClock

SEATS: Final = 3
_LEVEL: Final = 3
_PURSE: Final = 100_000_000
"""Nobody may run out of money in a long bench."""


class _Player:
    """One account at a table, and what it was last told."""

    def __init__(self, uid: int) -> None:
        self.uid = uid
        self.cards: set[int] = set()
        self.to_beat: tuple[int, ...] = ()
        self.bottom: tuple[int, ...] = ()
        self.readied: tuple[str, ...] = ()
        self.answer: wire.Request | None = None
        """What to say next, None while nothing is asked."""

    @property
    def goes_out(self) -> bool:
        """Whether what he says next ends the hand."""
        answer = self.answer
        return isinstance(answer, wire.PlaySubmit) and len(answer.cards) == len(self.cards)

    def hear(self, told: wire.Message) -> None:
        """Take a message to this player or his table."""
        match told:
            case wire.GameStart():
                self.cards, self.bottom = set(told.private), told.c
            case wire.LandlordInfo() if told.uid == self.uid:
                self.cards.update(self.bottom)
            case wire.PlayInfo():
                self.to_beat = told.cards or self.to_beat
                if told.uid == self.uid:
                    self.cards.difference_update(told.cards)
            case wire.CallTurn() if told.uid == self.uid:
                action = told.action if told.action < strategy.ROB else 0
                self.answer = wire.CallSubmit(uid=self.uid, action=action)
            case wire.PlayTurn() if told.uid == self.uid:
                self.to_beat = self.to_beat if told.flag else ()
                self.answer = self._play()
            case wire.TableInfo() if len(told.users) == SEATS:
                self._be_ready(told.commitments)
            case _:
                pass

    def _be_ready(self, commitments: tuple[str, ...]) -> None:
        if commitments != self.readied:
            self.readied = commitments
            self.answer = wire.GameReady(uid=self.uid, nonce=str(self.uid))

    def _play(self) -> wire.Request:
        cards = sorted(self.cards)
        if self.to_beat:
            play = strategy.follow(cards, self.to_beat, friend=False, enemy_cards=SEATS)
        else:
            play = strategy.lead(cards)
        hand = classify(play)
        return wire.PlaySubmit(
            uid=self.uid, cards=play, card_type=int(hand.card_type) if hand else 0
        )


class _Room:
    """The hub: every player is always connected, on the session of his uid's number."""

    def __init__(self, players: dict[int, _Player]) -> None:
        self._players = players
        self.hands_over = 0

    def online(self, protocol: str, uid: int) -> bool:
        return uid in self._players

    def announce(self, session: int, protocol: str, uid: int, device: int = 0) -> None:
        pass

    def retract(self, session: int) -> None:
        pass

    def admitted(self, session: int) -> bool:
        return True

    def speaker(self, session: int) -> int:
        return session

    def deliver(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            if isinstance(output, Publish):
                self.hands_over += isinstance(output.message, wire.GameEnd)
                for uid in output.uids or ():
                    self._players[uid].hear(output.message)
            elif not isinstance(output, Bind) and not _is_welcome(output):
                raise RuntimeError(f"unexpected in a bench: {output}")


def _is_welcome(output: Output) -> bool:
    return isinstance(getattr(output, "message", None), wire.JoinTableSucc)


class Tables:
    """Full tables on a new log; a context manager that closes it."""

    def __init__(self, data: Path, *, tables: int) -> None:
        """Seat `3 × tables` new accounts."""
        self._log = open_log(data, open_mode=True)
        self._players = {uid: _Player(uid) for uid in range(1, SEATS * tables + 1)}
        self._room = _Room(self._players)
        self._writer = InlineWriter()
        self._engine = Engine(
            recorder=self._log.recorder,
            writer=self._writer,
            kinds=KINDS,
            actors={
                "user": User,
                "landlord.session": LandlordSession,
                "landlord.lobby": Lobby,
                "landlord.table": LandlordTable,
            },
            roots=[LOBBY_ID],
            hub=self._room,
            clock=WallClock(),
            randomness=SystemRandomness(),
            decks=KeyFileDecks(self._log.deck_key),
            settings=ActorSettings(open=True, default_purse=_PURSE),
            report=_complain,
        )
        for uid in self._players:
            self._engine.tell(f"landlord.session:{uid}", SessionOpened(uid, "bench"))
            self._say(uid, wire.JoinTable(type=_LEVEL, uid=uid, skey="bench"))

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *exc: object) -> None:
        self._log.close()

    @property
    def events(self) -> int:
        """Events in the log."""
        return self._log.recorder.last_position()

    @property
    def hands_over(self) -> int:
        """Hands settled so far, all tables together."""
        return self._room.hands_over

    def turn(self, *, to_the_end: bool = True) -> int:
        """Have everybody who is asked something answer; return how many did.

        Args:
            to_the_end: Also those whose last cards these are; else they keep them.
        """
        said = 0
        for player in self._players.values():
            if player.goes_out and not to_the_end:
                continue
            answer, player.answer = player.answer, None
            if answer is not None:
                self._say(player.uid, answer)
                said += 1
        self._writer.flush()
        return said

    def play_into(self, turns: int) -> None:
        """Begin a hand at every table and leave it in play, however few cards somebody has.

        Args:
            turns: Answers of each table: three to be ready come in one of them.
        """
        for _ in range(turns):
            self.turn(to_the_end=False)

    def _say(self, uid: int, request: wire.Request) -> None:
        self._engine.tell(f"landlord.session:{uid}", FromSession(uid, request))


def _complain(event: str, **fields: Any) -> None:
    raise RuntimeError(f"{event}: {fields}")
