"""Record bytes and replay files, written and read by the page's section 6 alone."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from typing import NamedTuple

ATTACK_SENT, ATTACK_RECEIVED = 1 << 49, 1 << 48


def vlq(number: int) -> bytes:
    """Return a number in base 128, most significant group first."""
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | (number & 0x7F))
    return bytes(reversed(groups))


def chunk(*pairs: tuple[int, int]) -> str:
    """Return the base64 of pairs of frame delta and event."""
    return base64.b64encode(b"".join(vlq(delta) + vlq(event) for delta, event in pairs)).decode()


def attack(kind: int, *, line: int, time: int, amount: int, sid: int) -> int:
    """Return the event of an attack, sent or received."""
    return kind + (line << 32) + (time << 16) + (amount << 8) + sid


def press(key: int) -> int:
    """Return the event of a key that goes down."""
    return key


def release(key: int) -> int:
    """Return the event of a key that goes up."""
    return key + 32


def joined(chunks: Iterable[str]) -> bytes:
    """Return the record bytes of chunks."""
    return b"".join(base64.b64decode(text) for text in chunks)


def events(record: bytes) -> list[tuple[int, int]]:
    """Return the frame and number of every event of a record."""
    numbers, number = [], 0
    for byte in record:
        number = number << 7 | (byte & 0x7F)
        if byte < 0x80:
            numbers.append(number)
            number = 0
    frame, found = 0, []
    for delta, event in zip(numbers[::2], numbers[1::2], strict=True):
        frame += delta
        found.append((frame, event))
    return found


class ReplayFile(NamedTuple):
    """A `.rep` file of v0.14, taken apart as its client does."""

    date: str
    mode: str
    version: str
    player: str
    seed: int
    settings: str
    mods: str
    record: bytes


def read_replay(content: bytes) -> ReplayFile:
    """Return what a replay file holds."""
    date, mode, version, player, packed = content.split(b"\n", 4)
    seed, settings, mods, record = zlib.decompress(packed).split(b"\n", 3)
    head = (line.decode() for line in (date, mode, version, player))
    return ReplayFile(*head, int(seed), settings.decode(), mods.decode(), record)
