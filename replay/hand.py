"""One game of Dou Dizhu, step by step, from above or as one seat saw it.

From above everything is shown, also the cards of a running hand when its key file lies beside
the log. From a seat nothing is shown that this seat could not see at the time: its own cards,
what lay on the table, and a secret only in the event that revealed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from parlour.events import landlord
from parlour.events.event import name_of
from parlour.events.reader import Recorded
from parlour.events.rules.landlord import deck, notices
from parlour.events.rules.landlord import hand as rules
from parlour.events.rules.landlord.state import SEATS, Hand
from parlour.events.times import iso
from parlour.replay import decks
from parlour.replay.games import KIND, State, state_after
from parlour.replay.seats import NoSuchSeat


class Step(NamedTuple):
    """One event of a game with the hand it found and left."""

    recorded: Recorded
    before: Hand
    after: Hand


class PlayedHand:
    """A game up to one of its events, as one seat or nobody in particular sees it."""

    def __init__(
        self,
        events: Sequence[Recorded],
        *,
        key: bytes | None = None,
        at: int | None = None,
        seat: int | None = None,
    ) -> None:
        """Fold a game.

        Args:
            events: All its events.
            key: What the key file beside the log holds.
            at: The last version to show; None for all.
            seat: Whose view it is; None for the view from above.

        Raises:
            NoSuchSeat: `seat` is no seat.
        """
        if seat is not None and seat not in range(SEATS):
            raise NoSuchSeat(f"there is no seat {seat} (--seat): seats are 0, 1 and 2")
        self.id = events[0].originator_id
        self.seat = seat
        self.secrets: deck.Secrets = decks.known((r.event for r in events), key)
        """Of each deal, as far as they are known today; what may be shown is decided here."""
        self.dealt = next(r.event for r in events if isinstance(r.event, landlord.HandDealt))
        shown = [r for r in events if at is None or r.version <= at]
        self.steps = list(fold(shown))

    @property
    def state(self) -> State:
        """What the game is at the last shown event."""
        return state_after(self.steps[-1].recorded.event) if self.steps else "running"

    @property
    def hand(self) -> Hand:
        """The hand at the last shown event."""
        return self.steps[-1].after if self.steps else Hand()

    @property
    def settled(self) -> landlord.HandSettled | None:
        """The settlement, when it is shown."""
        return self.hand.settled

    def dealt_cards(self, event: landlord.HandDealt) -> list[tuple[int, ...] | None]:
        """Return what each seat was dealt, None for what is hidden from this view."""
        secret = self.secrets[event.deal] if event.deal in range(decks.DEALS) else decks.UNKNOWN
        if secret == decks.UNKNOWN:
            return [None] * SEATS
        hands = deck.deal(secret, event.nonces).hands
        return [cards if self.sees(seat) else None for seat, cards in enumerate(hands)]

    def held(self, seat: int) -> frozenset[int] | None:
        """Return what a seat holds at the last shown event, None when that is hidden."""
        hand = self.hand
        if not hand.uids or not self.sees(seat) or self.secrets[hand.deal] == decks.UNKNOWN:
            return None
        return deck.holdings(hand, self.secrets)[seat]

    def sees(self, seat: int) -> bool:
        """Return whether this view shows the cards of `seat`."""
        return self.seat is None or self.seat == seat

    def document(self) -> dict[str, Any]:
        """Return the JSON document of `parlour replay game`."""
        settled = self.settled
        return {
            "id": self.id,
            "kind": KIND,
            "state": self.state,
            "seats": [{"seat": seat, "uid": uid} for seat, uid in enumerate(self.dealt.seats)],
            "events": [self._event(step.recorded) for step in self.steps],
            "result": msgspec.to_builtins(notices.game_end(settled)) if settled else None,
        }

    def _event(self, recorded: Recorded) -> dict[str, Any]:
        event = recorded.event
        fields: dict[str, Any] = msgspec.to_builtins(event)
        if self.seat is not None:
            # The house's salt was never sent to a seat.
            fields.pop("salt", None)
        if isinstance(event, landlord.HandDealt):
            cards = self.dealt_cards(event)
            if self.seat is None:
                fields["hands"] = None if None in cards else cards
            else:
                fields["hand"] = cards[self.seat]
        head = {
            "position": recorded.position,
            "version": recorded.version,
            "at": iso(event.at),
            "name": name_of(recorded.topic),
        }
        # No event has a field of these names but `at`, which is the time shown above.
        return {**head, **fields, **head}


def fold(events: Iterable[Recorded]) -> Iterable[Step]:
    """Yield each event of a hand with the hand before and after it."""
    before = Hand()
    for recorded in events:
        after = rules.evolve(before, recorded.event)
        yield Step(recorded, before, after)
        before = after
