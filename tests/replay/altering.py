"""What all random alterations of a log have in common: the log before, chance, what must be found.

An alteration is a function of (`Tamperer`, `Past`, dice). It changes the opened copy and returns
the `Altered` that the audit has to name, or None when chance chose what changes nothing.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple

from tampering import Tamperer

EVENT_COLUMNS = ("originator_id", "originator_version", "topic", "state")
SEAL_COLUMNS = ("number", "first_position", "last_position", "digest", "signature", "marks")
CLAIM_COLUMNS = ("key", "originator_id", "position")
SNAPSHOT_COLUMNS = ("originator_id", "originator_version", "topic", "state")


class Altered(NamedTuple):
    """An alteration that was made, and what a finding must have to name it."""

    what: str
    """For people: enough to see what was done."""
    codes: tuple[str, ...]
    """Beginnings of codes, one of which the finding's must have."""
    positions: frozenset[int] = frozenset()
    """One of these …"""
    ids: frozenset[str] = frozenset()
    """… or one of these originators it must tell; any, when both are empty."""


class Past:
    """A log as it was before somebody altered it."""

    def __init__(self, log: Tamperer):
        self.events = log.sql("SELECT rowid, * FROM stored_events ORDER BY rowid")
        self.seals = log.sql("SELECT * FROM seals ORDER BY number")
        self.claims = log.sql("SELECT * FROM claims ORDER BY key")
        self.snapshots = log.sql("SELECT * FROM snapshots ORDER BY originator_id")
        self.last = len(self.events)
        self.alone = frozenset(first for _, first, last, *_ in self.seals if first == last)
        """Positions that have a seal for themselves."""

    def event(self, position: int) -> tuple[int, str, int, str, bytes]:
        return self.events[position - 1]

    def seal_of(self, position: int) -> tuple[int, int, int, bytes, bytes | None, bytes]:
        return next(seal for seal in self.seals if seal[1] <= position <= seal[2])


Alteration = Callable[[Tamperer, Past, random.Random], Altered | None]


class NoText(NamedTuple):
    """Bytes to be stored as if they were text."""

    raw: bytes


def where(*positions: int) -> frozenset[int]:
    return frozenset(positions)


def span(seal: tuple) -> frozenset[int]:
    """Where something about a seal may be told: at its events, or where the next one begins."""
    return frozenset(range(seal[1], seal[2] + 2))


def other(value: Any, dice: random.Random) -> Any:
    """Return a value near this one: a bit, a character or a step away."""
    if value is None:
        return dice.choice([b"", dice.randbytes(64)])
    if isinstance(value, int):
        return dice.choice([value ^ 1 << dice.randrange(8), value + 1, -value, value + 2**40])
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    match dice.randrange(3) if raw else 1:
        case 0:
            raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
        case 1:
            raw.insert(dice.randrange(len(raw) + 1), dice.randrange(32, 127))
        case _:
            del raw[dice.randrange(len(raw))]
    if isinstance(value, bytes):
        return bytes(raw)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return NoText(bytes(raw))


def other_field(value: Any, dice: random.Random) -> Any:
    """Return a value that JSON could hold in the place of this one."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + dice.choice([1, -1, 1_000])
        case str():
            return dice.choice([f"{value}x", value[:-1] or "y", "0" * len(value) or "z"])
        case None:
            return 5
        case list():
            return dice.choice([value[:-1], value[::-1], [*value, *value[:1]]]) if value else [1]
        case _:
            if not value:
                return {"x": 1}
            name = dice.choice(list(value))
            return {**value, name: other_field(value[name], dice)}


def put(log: Tamperer, table: str, column: str, key: str, of: object, value: object) -> None:
    """Set one value, also one that is no text where text belongs."""
    given, raw = ("CAST(? AS TEXT)", value.raw) if isinstance(value, NoText) else ("?", value)
    log.sql(f"UPDATE {table} SET {column}={given} WHERE {key}=?", raw, of)


def as_json(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
