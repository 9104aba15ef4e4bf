"""Which secrets of a hand are known: those its events revealed, else those the key file gives.

Knows nothing of who may see them: a view from a seat asks only for what is that seat's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from parlour.events import landlord as facts
from parlour.events.event import Event
from parlour.events.rules.landlord import deck

DEALS: Final = 3
UNKNOWN: Final = b""
"""Stands for a secret that is not known; no commitment fits it."""


def reveals(event: Event, deal: int) -> tuple[int, str] | None:
    """Return the deal whose secret `event` reveals, and that secret in hex.

    Args:
        event: Any event of a hand.
        deal: The number of the running deal.
    """
    match event:
        case facts.DealThrownIn():
            return event.deal, event.secret
        case facts.HandSettled(secret=secret) | facts.HandCancelled(secret=secret) if secret:
            return deal, secret
        case _:
            return None


def fits(secret: bytes, commitments: tuple[str, ...], deal: int) -> bool:
    """Return whether `secret` is the one that was committed to for `deal`."""
    return deal in range(len(commitments)) and sha256(secret).hexdigest() == commitments[deal]


def known(events: Iterable[Event], key: bytes | None = None) -> deck.Secrets:
    """Return the hand's three secrets, `UNKNOWN` for each that is not known.

    A revealed secret that is not the committed one counts as unknown. The key is asked only for
    what the events do not reveal, and believed only when it fits the commitments.
    """
    opened: facts.HandOpened | None = None
    found: dict[int, bytes] = {}
    deal = 0
    for event in events:
        if isinstance(event, facts.HandOpened):
            opened = event
        elif isinstance(event, facts.HandDealt):
            deal = event.deal
        revealed = reveals(event, deal)
        if revealed is not None:
            found[revealed[0]] = from_hex(revealed[1])
    if opened is None:
        return (UNKNOWN,) * DEALS
    for number, secret in enumerate(_derived(opened, key)):
        found.setdefault(number, secret)
    secrets = [found.get(number, UNKNOWN) for number in range(DEALS)]
    return tuple(
        secret if fits(secret, opened.commitments, number) else UNKNOWN
        for number, secret in enumerate(secrets)
    )


def from_hex(text: str) -> bytes:
    """Return the bytes of a recorded secret; what is no hex is `UNKNOWN`."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return UNKNOWN


def _derived(opened: facts.HandOpened, key: bytes | None) -> tuple[bytes, ...]:
    if key is None:
        return ()
    try:
        return deck.secrets(key, opened.tid, opened.hand, opened.salt)
    except (ValueError, OverflowError, ArithmeticError):
        return ()
