"""What happened in one step of a hand, in words and cards: one line for each kind of event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from rich.text import Text

from parlour.events import landlord as facts
from parlour.events.event import Event, name_of, topic_of
from parlour.events.rules.landlord.cards import RANKS, describe, sort_key
from parlour.events.rules.landlord.hands import CardType
from parlour.events.rules.landlord.state import Hand
from parlour.events.times import MICROSECONDS
from parlour.replay.hand import Step

_RED_SUITS: Final = (0, 2)
_TYPES: Final = {
    CardType.TRIO_SINGLE: "trio + single",
    CardType.TRIO_PAIR: "trio + pair",
    CardType.AIRPLANE_SINGLES: "airplane + singles",
    CardType.AIRPLANE_PAIRS: "airplane + pairs",
    CardType.QUAD_SINGLES: "four + two singles",
    CardType.QUAD_PAIRS: "four + two pairs",
}
_DOUBLING: Final = (CardType.BOMB, CardType.ROCKET)
_DIGEST_SHOWN: Final = 12

Name = Callable[[int], str]
"""Gives the name of the player in a seat."""


def cards_text(cards: Iterable[int]) -> Text:
    """Return cards with suit glyphs, in the order given; red suits are red on a terminal."""
    drawn = []
    for card in cards:
        known = card in RANKS
        style = "red" if known and (card >> 4 in _RED_SUITS) == (card & 0x0F < 0x0E) else ""
        if known and card & 0x0F >= 0x0E:
            style = "bold magenta"
        drawn.append(Text(describe([card]) if known else f"?{card}", style=style))
    return Text(" ").join(drawn)


def in_order(cards: Iterable[int]) -> list[int]:
    """Return held cards as players sort them: highest first."""
    return sorted(cards, key=sort_key, reverse=True)


def type_name(card_type: int) -> str:
    """Return what a hand type is called."""
    try:
        kind = CardType(card_type)
    except ValueError:
        return f"type {card_type}"
    return _TYPES.get(kind, kind.name.lower().replace("_", " "))


def line_of(step: Step, name: Name) -> Text:
    """Return what happened in a step; whose doing it was stands beside it (`actor_of`)."""
    event = step.recorded.event
    tell = _LINES.get(type(event))
    if tell is None:
        return Text(name_of(topic_of(event)))
    return tell(event, step, name)


def actor_of(event: Event) -> int | None:
    """Return the seat an event is about, None when it is about the whole hand."""
    seat = getattr(event, "seat", None)
    return seat if isinstance(seat, int) else None


def _opened(event: facts.HandOpened, step: Step, name: Name) -> Text:
    digests = ", ".join(f"{digest[:_DIGEST_SHOWN]}…" for digest in event.commitments)
    return Text(f"the house commits to its secrets: {digests}")


def _dealt(event: facts.HandDealt, step: Step, name: Name) -> Text:
    line = Text(f"deal {event.deal + 1}: bottom ")
    line.append_text(cards_text(event.bottom))
    return line.append(f"; {name(event.first)} is asked first")


def _called(event: facts.Called, step: Step, name: Name) -> Text:
    return Text(f"calls {event.score}" if event.score else "does not call")


def _robbed(event: facts.Robbed, step: Step, name: Name) -> Text:
    return Text(f"robs: ratio {step.after.ratio}" if event.rob else "does not rob")


def _named(event: facts.LandlordNamed, step: Step, name: Name) -> Text:
    line = Text(f"is the landlord at ratio {event.ratio}, takes ")
    return line.append_text(cards_text(step.after.bottom))


def _thrown_in(event: facts.DealThrownIn, step: Step, name: Name) -> Text:
    return Text(
        f"nobody called: deal {event.deal + 1} is thrown in, "
        f"its secret is {event.secret[:_DIGEST_SHOWN]}…"
    )


def _played(event: facts.CardsPlayed, step: Step, name: Name) -> Text:
    line = Text("leads  " if step.before.last is None else "plays  ")
    line.append_text(cards_text(event.cards)).append(f"  {type_name(event.card_type)}")
    if event.card_type in _DOUBLING:
        line.append(f", ratio {step.after.ratio}", style="bold")
    left = _count(step.after, event.seat)
    return line.append(f"  ({left} left)" if left else "  (out)", style="" if left else "bold")


def _passed(event: facts.Passed, step: Step, name: Name) -> Text:
    return Text("passes", style="dim")


def _timed_out(event: facts.TurnTimedOut, step: Step, name: Name) -> Text:
    return Text("runs out of time", style="yellow")


def _trustee_set(event: facts.TrusteeSet, step: Step, name: Name) -> Text:
    why = "is offline" if event.why == "offline" else "is late again"
    return Text(f"{why}: the engine plays this seat", style="yellow")


def _trustee_cleared(event: facts.TrusteeCleared, step: Step, name: Name) -> Text:
    return Text("is back")


def _resumed(event: facts.HandResumed, step: Step, name: Name) -> Text:
    left = f"{event.left / MICROSECONDS:.1f} s"
    why = "the engine started again" if event.cold else "the log took no events for a while"
    return Text(f"{why}; {name(step.after.turn)} has {left}", style="yellow")


def _settled(event: facts.HandSettled, step: Step, name: Name) -> Text:
    line = Text("settled" if event.quitter is None else f"{name(event.quitter)} quit; settled")
    line.append(f" at ratio {event.ratio}")
    return line.append(", spring doubled" if event.spring else "")


def _cancelled(event: facts.HandCancelled, step: Step, name: Name) -> Text:
    return Text(f"cancelled without payment: {event.reason.replace('_', ' ')}", style="yellow")


def _count(hand: Hand, seat: int) -> int:
    return hand.counts[seat] if seat in range(len(hand.counts)) else 0


_LINES: Final[dict[type[Event], Callable[[Any, Step, Name], Text]]] = {
    facts.HandOpened: _opened,
    facts.HandDealt: _dealt,
    facts.Called: _called,
    facts.Robbed: _robbed,
    facts.LandlordNamed: _named,
    facts.DealThrownIn: _thrown_in,
    facts.CardsPlayed: _played,
    facts.Passed: _passed,
    facts.TurnTimedOut: _timed_out,
    facts.TrusteeSet: _trustee_set,
    facts.TrusteeCleared: _trustee_cleared,
    facts.HandResumed: _resumed,
    facts.HandSettled: _settled,
    facts.HandCancelled: _cancelled,
}
