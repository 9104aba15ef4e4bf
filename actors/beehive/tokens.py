"""Tokens of devices: signed, not stored. Each is of one user and one sid, and has an end.

`im1.{uid}.{sid}.{end}.{mac}`, the end in microseconds since 1970 UTC, the mac a keyed hash of the
rest by the key beside the log; who has the log alone can make none.
"""

from __future__ import annotations

import hmac
from typing import Final

from parlour.actors.ports import DeckKey

_PREFIX: Final = "im1"
_PURPOSE: Final = "beehive device token"
_LONGEST: Final = 160
"""Characters."""


def sign_token(decks: DeckKey, uid: int, sid: int, *, expires: int) -> str:
    """Return a token for a user's device, good until `expires` (µs)."""
    said = f"{_PREFIX}.{uid}.{sid}.{expires}"
    return f"{said}.{decks.keyed_hash(_PURPOSE, said)}"


def read_token(decks: DeckKey, token: str, *, now: int) -> tuple[int, int] | None:
    """Return uid and sid of a good token; None when it is none, or over at `now` (µs)."""
    said, _, mac = token.rpartition(".")
    parts = said.split(".")
    if len(token) > _LONGEST or len(parts) != 4 or parts[0] != _PREFIX:
        return None
    if not all(part.isascii() and part.isdigit() for part in parts[1:]):
        return None
    expected = decks.keyed_hash(_PURPOSE, said)
    if not hmac.compare_digest(mac.encode("utf-8", "surrogatepass"), expected.encode()):
        return None
    uid, sid, expires = (int(part) for part in parts[1:])
    return (uid, sid) if now < expires else None
