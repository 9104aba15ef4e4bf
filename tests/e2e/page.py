"""The shuffle and the settlement of the protocol page, in plain Python.

Written from the page to check the engine from outside; it shares no line with it.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence

from cards import DECK

BASE = {1: 10, 2: 50, 3: 200, 4: 1_000}


def _draws(stream_key: bytes) -> Iterator[int]:
    counter = 0
    while True:
        block = hashlib.sha256(stream_key + struct.pack(">I", counter)).digest()
        yield from struct.unpack(">8I", block)
        counter += 1


def deck_of(secret: str, nonces: Sequence[str]) -> list[int]:
    """Return the 54 cards in the order they are dealt."""
    key = bytes.fromhex(secret)
    for nonce in nonces:
        spoken = nonce.encode()
        key += struct.pack(">H", len(spoken)) + spoken
    draws = _draws(hashlib.sha256(key).digest())
    deck = sorted(DECK)
    for i in range(53, 0, -1):
        n = i + 1
        draw = next(draws)
        while draw >= 2**32 - 2**32 % n:
            draw = next(draws)
        deck[i], deck[draw % n] = deck[draw % n], deck[i]
    return deck


def commitment_of(secret: str) -> str:
    """Return what the house announced before, if this was its secret."""
    return hashlib.sha256(bytes.fromhex(secret)).hexdigest()


def payments(
    *, base: int, ratio: int, money: Sequence[int], landlord: int, landlord_won: bool
) -> list[int]:
    """Return the signed changes by seat, for a level without rake."""
    bet = ratio * base
    if 2 * bet > money[landlord]:
        bet = money[landlord] // 2
    stakes = [min(bet, held) if seat != landlord else 0 for seat, held in enumerate(money)]
    sign = -1 if landlord_won else 1
    changes = [sign * stake for stake in stakes]
    changes[landlord] = -sum(changes)
    return changes


def quit_payments(*, base: int, ratio: int, money: Sequence[int], quitter: int) -> list[int]:
    """Return the signed changes by seat when `quitter` leaves; the house gets the rest."""
    share = 2 * base * max(ratio, 1)
    paid = min(3 * share, money[quitter])
    got = share if paid == 3 * share else paid // 3
    return [-paid if seat == quitter else got for seat in range(3)]
