"""Random alterations by somebody who makes every seal anew, and by a disk that loses bytes.

Under new seals only the rules can tell: `BOUND` are the fields whose value follows from something
else in the log, so that no other value is a story that keeps the rules.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Collection
from pathlib import Path

from altering import Altered, Past, other_field
from tampering import Tamperer

BOUND = {
    "account.posted@1": ("amount", "balance"),
    "account.game-counted@1": ("game", "exp", "win"),
    "techmino.match-ended@1": ("result",),
    "techmino.match-opened@1": ("players",),
    "beehive.private-copied@1": ("suid", "ssid", "seq", "duid", "text"),
    "landlord.hand-settled@1": ("lines", "ratio", "rake", "secret", "win_type", "spring"),
    "landlord.cards-played@1": ("seat", "card_type"),
    "landlord.passed@1": ("seat",),
    "landlord.hand-dealt@1": ("deal", "seats", "bottom", "nonces", "first"),
    "landlord.landlord-named@1": ("seat", "ratio"),
    "treasure.game-settled@1": ("seed", "winner", "reason", "players", "game_id"),
    "treasure.stage-begun@1": ("day", "stage", "lots"),
    "treasure.choice-made@1": ("seat",),
    "treasure.stage-ended@1": ("day", "stage", "positions", "hp", "sold", "found", "left"),
}


FIRST_TO_GO = frozenset({"treasure.stage-begun@1"})
"""What may have been the last thing in a game that was cancelled then: without it nothing lacks."""

ONCE = frozenset(
    {
        "account.renamed@1",
        "beehive.device-linked@1",
        "beehive.device-offline@1",
        "beehive.friend-asked@1",
        "beehive.friend-made@1",
        "beehive.friend-notice-sent@1",
        "beehive.group-blacklist-changed@1",
        "beehive.group-entered@1",
        "beehive.group-gag-changed@1",
        "beehive.group-left@1",
        "beehive.group-role-changed@1",
        "beehive.list-changed@1",
        "beehive.mark-set@1",
        "beehive.node-reported@1",
        "beehive.room-entered@1",
        "beehive.room-exited@1",
        "beehive.room-kicked@1",
        "beehive.room-role-changed@1",
        "landlord.table-listed@1",
        "techmino.match-delisted@1",
        "techmino.match-listed@1",
        "techmino.room-delisted@1",
        "techmino.room-listed@1",
        "treasure.room-delisted@1",
        "treasure.room-listed@1",
        "treasure.server-registered@1",
    }
)
"""What is so cannot become so: a second one beside the first is no story that keeps the rules."""


def field_of_a_fact(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    fact = _fact(past, dice)
    if fact is None:
        return None
    position, _, _, topic, state = fact
    event, name = json.loads(state), dice.choice(BOUND[topic])
    value = other_field(event[name], dice)
    if value == event[name]:
        return None
    log.change(position, **{name: value})
    _seal(log)
    return Altered(f"{position} {topic} {name}: {event[name]} -> {value}", ("",))


def fact_removed(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    fact = _fact(past, dice)
    if fact is None or fact[3] in FIRST_TO_GO or fact[0] in past.alone:
        return None
    log.take_out(fact[0])
    _seal(log)
    return Altered(f"{fact[:4]}", ("",))


def fact_told_twice(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    fact = _fact(past, dice)
    if fact is None:
        return None
    position, originator_id, _, topic, state = fact
    at = dice.randint(position, past.last)
    log.put_in(at, originator_id, topic, json.loads(state))
    _seal(log)
    return Altered(f"{fact[:4]} again at {at}", ("",))


def change_told_twice(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    """Tell a change once more right beside it, in its commit or in the next one."""
    fact = _fact(past, dice, ONCE)
    if fact is None:
        return None
    position, originator_id, _, topic, state = fact
    at = min(position + dice.randrange(2), past.last)
    log.put_in(at, originator_id, topic, json.loads(state))
    _seal(log)
    return Altered(f"{fact[:4]} again at {at}", ("",))


def table_listed_otherwise(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    fact = _fact(past, dice, {"landlord.table-listed@1"})
    if fact is None:
        return None
    name = dice.choice(["tid", "type", "zone"])
    value = other_field(log.event(fact[0])[name], dice)
    log.change(fact[0], **{name: value})
    _seal(log)
    return Altered(f"{fact[:4]} {name} -> {value}", ("table_differs",))


def room_for_another_number(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    fact = _fact(past, dice, {"treasure.room-opened@1"})
    if fact is None:
        return None
    value = dice.choice([-1, 0, 3, 9, 1_000])
    log.change(fact[0], max=value)
    _seal(log)
    return Altered(f"{fact[:4]} max -> {value}", ("treasure_step_wrong",), ids=frozenset([fact[1]]))


def _seal(log: Tamperer) -> None:
    """Leave nothing behind that tells of the log before: snapshots are made anew by the engine."""
    log.sql("DELETE FROM snapshots")
    log.reseal()


def _fact(
    past: Past, dice: random.Random, topics: Collection[str] = BOUND
) -> tuple[int, str, int, str, bytes] | None:
    """Choose a topic first: of plays and passes there are many, of settlements few."""
    facts = [event for event in past.events if event[3] in topics]
    if not facts:
        return None
    topic = dice.choice(sorted({event[3] for event in facts}))
    return dice.choice([event for event in facts if event[3] == topic])


UNDER_NEW_SEALS = {
    field_of_a_fact: 6,
    fact_removed: 2,
    fact_told_twice: 2,
    change_told_twice: 4,
    table_listed_otherwise: 1,
    room_for_another_number: 1,
}


# --- the file -----------------------------------------------------------------------------


def bytes_of_the_file(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    """Flip bits anywhere in the file; where nothing is kept, nothing was altered."""
    before = _content(log.folder)
    log.close()
    file = log.folder / "log.db"
    raw = bytearray(file.read_bytes())
    flipped = [dice.randrange(len(raw)) for _ in range(dice.choice([1, 1, 4, 64]))]
    for offset in flipped:
        raw[offset] ^= 1 << dice.randrange(8)
    file.write_bytes(raw)
    if _content(log.folder) == before:
        return None
    return Altered(f"bytes {flipped}", ("",))


def _content(folder: Path) -> object:
    """Return everything the file keeps, None when it cannot be read."""
    db = sqlite3.connect(f"file:{folder / 'log.db'}?mode=ro&immutable=1", uri=True)
    db.text_factory = bytes
    try:
        tables = ("stored_events", "seals", "claims", "snapshots", "tracking")
        rows = [db.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
        # What else SQLite notes of its own indexes it never looks at again.
        made = db.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        return rows, made, db.execute("SELECT rowid FROM stored_events").fetchall()
    except (sqlite3.Error, UnicodeDecodeError):  # whose text may quote what was read
        return None
    finally:
        db.close()


OF_THE_FILE = {bytes_of_the_file: 1}
