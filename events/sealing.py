"""What a seal is and how one is made: canonical bytes, digest, marks, signature.

`events.seals` describes the layout, and checks what this module makes. Pure.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple
from zlib import crc32

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

GENESIS = bytes(32)
"""What seal 1 has for a previous digest."""

Content = tuple[str, int, str, bytes]
"""originator_id, originator_version, topic, state."""

StoredRow = tuple[int, str, int, str, bytes]
"""A position and the content it holds."""

MALFORMED = (TypeError, AttributeError, ValueError, struct.error)
"""What hashing a row of wrong types raises."""

_RANGE = struct.Struct(">QQQ")
_LENGTH = struct.Struct(">I").pack
_VERSION_AND_LENGTH = struct.Struct(">QI").pack


class Seal(NamedTuple):
    """A row of `seals`: the events first..last are as `digest` says."""

    number: int
    """From 1, without gaps."""
    first_position: int
    last_position: int
    digest: bytes
    signature: bytes | None = None
    marks: bytes = b""
    """Four bytes for each event (`marks_of`)."""


def canonical(originator_id: str, version: int, topic: str, state: bytes) -> bytes:
    """Return the bytes of one event that enter a digest."""
    return canonicals((originator_id,), (version,), (topic,), (state,))[0]


def canonicals(
    originator_ids: Iterable[str],
    versions: Iterable[int],
    topics: Iterable[str],
    states: Sequence[bytes],
) -> list[bytes]:
    """Return the canonical bytes of events given as columns.

    Every event is hashed when written and when read; by columns no Python code runs for each.
    """
    originators, names = list(map(str.encode, originator_ids)), list(map(str.encode, topics))
    return list(
        map(
            b"".join,
            zip(
                map(_LENGTH, map(len, originators)),
                originators,
                map(_VERSION_AND_LENGTH, versions, map(len, names)),
                names,
                map(_LENGTH, map(len, states)),
                states,
                strict=True,
            ),
        )
    )


def seal_digest(
    previous: bytes, number: int, first_position: int, rows: Sequence[Content]
) -> bytes:
    """Return the digest of seal `number` over rows that begin at `first_position`."""
    return digest_of(previous, number, first_position, [canonical(*row) for row in rows])


def make_seal(
    previous: bytes,
    number: int,
    first_position: int,
    texts: Sequence[bytes],
    *,
    key: Ed25519PrivateKey | None = None,
) -> Seal:
    """Return seal `number` over events that begin at `first_position`, signed if there is a key.

    `texts` are their canonical bytes.
    """
    digest = digest_of(previous, number, first_position, texts)
    last_position = first_position + len(texts) - 1
    signature = sign(key, digest) if key else None
    return Seal(number, first_position, last_position, digest, signature, marks_of(texts))


def fits(previous: Seal | None, seal: Seal, rows: Sequence[Content]) -> bool:
    """Tell whether `rows` are what a seal says they are; `previous` is the seal before it."""
    try:
        before = previous.digest if previous else GENESIS
        return (
            len(rows) == seal.last_position - seal.first_position + 1
            and seal_digest(before, seal.number, seal.first_position, rows) == seal.digest
        )
    except MALFORMED:
        return False


def marks_of(texts: Sequence[bytes]) -> bytes:
    """Return the marks of events, given as their canonical bytes: u32 big-endian each."""
    return struct.Struct(f">{len(texts)}I").pack(*map(crc32, texts))


def sign(key: Ed25519PrivateKey, digest: bytes) -> bytes:
    """Return the signature (64 bytes) of a seal's digest."""
    return key.sign(digest)


def verify(key: Ed25519PublicKey, digest: bytes, signature: bytes) -> bool:
    """Tell whether the signature is the key holder's, over this digest."""
    try:
        key.verify(signature, digest)
    except InvalidSignature:
        return False
    return True


def digest_of(previous: bytes, number: int, first_position: int, texts: Sequence[bytes]) -> bytes:
    """Return the digest of a seal over events given as their canonical bytes."""
    header = previous + _RANGE.pack(number, first_position, first_position + len(texts) - 1)
    digest = sha256(header)
    for text in texts:
        # One by one: for 2 KiB and more hashlib gives up the GIL, and waits to get it back.
        digest.update(text)
    return digest.digest()
