"""The provable shuffle: from a secret and three nonces to what each seat was dealt.

Owns the shuffle of `docs/protocols/landlord.md`, "Fairness"; vectors for other implementers
are in `docs/protocols/landlord-shuffle-vectors.json`. Draws no randomness of its own: the key
comes from the key file, the salt and the nonces from recorded events.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from itertools import count
from struct import Struct
from typing import Final, NamedTuple

from parlour.events.rules.landlord.cards import DECK
from parlour.events.rules.landlord.state import SEATS, Hand

Secrets = tuple[bytes, ...]
"""The secret of deal 0, 1 and 2; one that is not needed (or not revealed yet) may be missing."""

Holdings = tuple[frozenset[int], frozenset[int], frozenset[int]]
"""The cards each seat holds."""

_LABEL: Final = b"parlour/landlord/deck\0"
_PLACE: Final = Struct(">QQB")
_DRAWS: Final = Struct(">8I")
_CARDS_A_SEAT: Final = 17


class Deal(NamedTuple):
    """What a shuffled deck gives."""

    hands: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    """The 17 cards of each seat, as they lie in the deck."""
    bottom: tuple[int, int, int]


def secret(key: bytes, tid: int, hand: int, deal: int, salt: bytes) -> bytes:
    """Return the secret of one deal of one hand.

    Args:
        key: What the key file holds.
        tid: The table.
        hand: The hand's number at its table.
        deal: 0, or 1 and 2 for the redeals.
        salt: The 16 bytes recorded when the hand was opened.
    """
    return hmac.digest(key, _LABEL + _PLACE.pack(tid, hand, deal) + salt, "sha256")


def secrets(key: bytes, tid: int, hand: int, salt_hex: str) -> tuple[bytes, bytes, bytes]:
    """Return the secrets of deal 0, 1 and 2 of a hand whose recorded salt is `salt_hex`."""
    salt = bytes.fromhex(salt_hex)
    return (
        secret(key, tid, hand, 0, salt),
        secret(key, tid, hand, 1, salt),
        secret(key, tid, hand, 2, salt),
    )


def commitment(secret: bytes) -> str:
    """Return what is published before a nonce is taken: the secret's hex SHA-256."""
    return sha256(secret).hexdigest()


def shuffle(secret: bytes, nonces: tuple[str, ...]) -> tuple[int, ...]:
    """Return the 54 cards in their dealt order.

    Raises:
        OverflowError: A nonce has more than 65,535 bytes.
    """
    deck = list(DECK)
    draws = _draws(_stream_key(secret, nonces))
    for i in range(len(deck) - 1, 0, -1):
        bound = i + 1
        # What lies above the last whole multiple of `bound` would favour the low cards.
        limit = 2**32 - 2**32 % bound
        draw = next(draw for draw in draws if draw < limit)
        j = draw % bound
        deck[i], deck[j] = deck[j], deck[i]
    return tuple(deck)


@lru_cache(maxsize=1024)
def deal(secret: bytes, nonces: tuple[str, ...]) -> Deal:
    """Return what each seat is dealt, and the bottom."""
    deck = shuffle(secret, nonces)
    first, second, third = (
        deck[_CARDS_A_SEAT * seat : _CARDS_A_SEAT * (seat + 1)] for seat in range(SEATS)
    )
    a, b, c = deck[_CARDS_A_SEAT * SEATS :]
    return Deal((first, second, third), (a, b, c))


def holdings(hand: Hand, secrets: Secrets) -> Holdings:
    """Return what each seat holds now; nobody holds anything before the deal."""
    if not hand.uids:
        return frozenset(), frozenset(), frozenset()
    dealt = deal(secrets[hand.deal], hand.nonces)
    held = [set(cards) for cards in dealt.hands]
    for seat, cards in enumerate(held):
        if seat == hand.landlord:
            cards.update(dealt.bottom)
        for play in hand.plays:
            if play.seat == seat:
                cards.difference_update(play.cards)
    first, second, third = map(frozenset, held)
    return first, second, third


def _stream_key(secret: bytes, nonces: tuple[str, ...]) -> bytes:
    stream = sha256(secret)
    for nonce in nonces:
        given = nonce.encode()
        stream.update(len(given).to_bytes(2, "big"))
        stream.update(given)
    return stream.digest()


def _draws(key: bytes) -> Iterator[int]:
    for block in count():
        yield from _DRAWS.unpack(sha256(key + block.to_bytes(4, "big")).digest())
