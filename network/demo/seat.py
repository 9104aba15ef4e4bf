"""What one player knows of the hand he is in, from nothing but the messages he was sent.

Also his own check of the deal: he keeps the commitment he was shown before the cards, and
deals the deck again himself when the secret is revealed.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from parlour.events.messages import landlord as wire
from parlour.events.rules.landlord import deck
from parlour.network.demo.client import Told


class Known(NamedTuple):
    """A running hand as one player sees it; equal before and after a crash, or the log lied."""

    cards: frozenset[int]
    """His own."""
    bottom: tuple[int, ...]
    landlord: int
    """uid, like all players here."""
    turn: int
    to_beat: tuple[int, tuple[int, ...]] | None
    """Who played what must be beaten; None on a lead."""
    left: tuple[tuple[int, int], ...]
    """Cards each player holds, by uid."""
    plays: int
    """Plays so far, passes included."""


class Seat:
    """A player's memory; `hear` keeps it up."""

    def __init__(self, uid: int) -> None:
        self.uid = uid
        self.seatid = -1
        self.cards: set[int] = set()
        self.bottom: tuple[int, ...] = ()
        self.landlord = 0
        self.ratio = 0
        self.turn = 0
        self.turn_at = 0.0
        """When the running turn was announced (seconds, monotonic)."""
        self.to_beat: tuple[int, tuple[int, ...]] | None = None
        self.left: dict[int, int] = {}
        self.plays = 0
        self.calls: list[int] = []
        self.hands_over = 0
        self.redeals = 0
        self.deals_checked = 0
        """Deals whose revealed secret gave the commitment and the cards he had been shown."""
        self.commitments: tuple[str, ...] = ()
        self._deal = 0
        self._start: wire.GameStart | None = None
        self._committed: tuple[str, ...] = ()

    @property
    def known(self) -> Known:
        """The running hand as this player sees it."""
        return Known(
            cards=frozenset(self.cards),
            bottom=self.bottom,
            landlord=self.landlord,
            turn=self.turn,
            to_beat=self.to_beat,
            left=tuple(sorted(self.left.items())),
            plays=self.plays,
        )

    @property
    def enemies(self) -> frozenset[int]:
        """The uids this player plays against."""
        others = frozenset(self.left) - {self.uid}
        return others if self.landlord == self.uid else others & {self.landlord}

    def hear(self, told: Told) -> None:
        """Remember what a message says."""
        match told:
            case wire.JoinTableSucc():
                self.seatid = told.seatid
            case wire.TableInfo():
                self.commitments = told.commitments
                if self._start is None:
                    self.left = {user.uid: 0 for user in told.users}
            case wire.GameStart():
                self._on_start(told)
            case wire.CallInfo():
                self.calls.append(told.action)
            case wire.LandlordInfo():
                self._on_landlord(told)
            case wire.PlayTurn():
                self.turn, self.turn_at = told.uid, time.monotonic()
                if told.flag == 0:
                    self.to_beat = None
            case wire.PlayInfo():
                self._on_play(told)
            case wire.Redeal():
                self._check_deal(told.secret)
                self._deal += 1
                self.redeals += 1
            case wire.GameEnd():
                self._check_deal(told.secret)
                self.hands_over += 1
                self.turn, self._start, self._deal = 0, None, 0
            case wire.TableSnapshot():
                self._on_snapshot(told)
            case _:
                pass  # nothing to remember

    def _on_start(self, told: wire.GameStart) -> None:
        self._start, self._committed = told, self.commitments
        self.cards, self.bottom = set(told.private), told.c
        self.landlord = self.turn = self.plays = self.ratio = 0
        self.to_beat = None
        self.calls = []
        self.left = dict.fromkeys(self.left, len(told.private))

    def _on_landlord(self, told: wire.LandlordInfo) -> None:
        self.landlord, self.ratio = told.uid, told.ratio
        self.left[told.uid] += len(self.bottom)
        if told.uid == self.uid:
            self.cards.update(self.bottom)

    def _on_play(self, told: wire.PlayInfo) -> None:
        self.plays += 1
        self.turn = 0
        if not told.cards:
            return
        self.to_beat = (told.uid, told.cards)
        self.left[told.uid] -= len(told.cards)
        if told.uid == self.uid:
            self.cards.difference_update(told.cards)

    def _on_snapshot(self, told: wire.TableSnapshot) -> None:
        self.cards, self.bottom = set(told.cards), told.c
        self.landlord, self.turn, self.ratio = told.landlord, told.turn, told.ratio
        self.to_beat = (told.last.uid, told.last.cards) if told.last else None
        self.left = {user.uid: user.count for user in told.left}
        self.plays = len(told.plays)

    def _check_deal(self, secret: str) -> None:
        start, deal = self._start, self._deal
        if start is None:
            return
        opened = bytes.fromhex(secret)
        dealt = deck.deal(opened, start.nonces)
        if (
            deck.commitment(opened) == self._committed[deal]
            and dealt.hands[self.seatid] == start.private
            and dealt.bottom == start.c
        ):
            self.deals_checked += 1
