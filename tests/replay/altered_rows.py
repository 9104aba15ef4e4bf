"""Random alterations of events, by somebody who does not make the seals anew."""

from __future__ import annotations

import json
import random

from altering import EVENT_COLUMNS, Altered, Past, as_json, other, other_field, put, where
from tampering import Tamperer

_TOLD = ("event_altered", "event_malformed")
_AWAY = ("event_missing", "event_moved")
_ADDED = ("event_unsealed", "event_altered", "event_moved")


def bytes_of_an_event(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    position, column = dice.randint(1, past.last), dice.choice(EVENT_COLUMNS)
    before = past.event(position)[1 + EVENT_COLUMNS.index(column)]
    after = other(before, dice)
    if after == before:
        return None
    put(log, "stored_events", column, "rowid", position, after)
    return Altered(f"{position} {column} {before!r} -> {after!r}", _TOLD, where(position))


def type_of_a_value(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    position, column = dice.randint(1, past.last), dice.choice(EVENT_COLUMNS)
    made = dice.choice(
        [f"CAST({column} AS BLOB)", f"CAST({column} AS TEXT)", "NULL", f"{column}+0.5", "x'00ff'"]
    )
    log.sql(f"UPDATE stored_events SET {column}={made} WHERE rowid=?", position)
    now = log.sql(f"SELECT {column} FROM stored_events WHERE rowid=?", position)[0][0]
    before = past.event(position)[1 + EVENT_COLUMNS.index(column)]
    if type(now) is type(before) and now == before:
        return None
    return Altered(f"{position} {made}", _TOLD, where(position))


def field_of_an_event(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    position = dice.randint(1, past.last)
    event = json.loads(past.event(position)[4])
    name = dice.choice(list(event))
    state = as_json({**event, name: other_field(event[name], dice)})
    if state == past.event(position)[4]:
        return None
    put(log, "stored_events", "state", "rowid", position, state)
    return Altered(f"{position} {name} of {event}", ("event_altered",), where(position))


def events_removed(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    first = dice.randint(1, past.last)
    gone = range(first, min(past.last, first + dice.choice([0, 0, 1, 4])) + 1)
    for position in gone:
        log.delete(position)
    return Altered(f"{gone}", ("event_missing",), frozenset(gone))


def event_removed_and_the_gap_closed(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    position = log.delete(dice.randint(1, past.last))
    log.shift(position, -1)
    return Altered(f"{position}", _AWAY, where(position, position + 1))


def event_added(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    model = dice.choice(past.events)
    at = dice.choice([past.last + 1, past.last + 5, 0, -3])
    version = dice.choice([model[2] + 1_000, 0, -1])
    log.sql(
        "INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state) "
        "VALUES (?,?,?,?,?)",
        at,
        model[1],
        version,
        *model[3:],
    )
    return Altered(f"{model[:4]} copied to {at}, version {version}", _ADDED, where(at))


def event_put_between(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    at, model = dice.randint(1, past.last), dice.choice(past.events)
    log.shift(at - 1, 1)
    log.insert(at, model[1], model[3], json.loads(model[4]))
    return Altered(f"{model[:4]} put at {at}", _ADDED, where(at))


def events_swapped(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    one = dice.randint(1, past.last - 1)
    two = dice.choice([one + 1, dice.randint(1, past.last)])
    one, two = (one, one + 1) if one == two else (one, two)
    log.swap(one, two)
    return Altered(f"{one} and {two}", ("event_moved", "event_altered"), where(one, two))


def events_say_what_others_said(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    one, two = (past.event(dice.randint(1, past.last)) for _ in range(2))
    if one[4] == two[4]:
        return None
    put(log, "stored_events", "state", "rowid", one[0], two[4])
    put(log, "stored_events", "state", "rowid", two[0], one[4])
    return Altered(f"{one[0]} and {two[0]}", ("event_altered",), where(one[0], two[0]))


def event_moved(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    position = dice.randint(1, past.last)
    to = dice.choice([past.last + 1, past.last + 100, 0, -5])
    log.sql("UPDATE stored_events SET rowid=? WHERE rowid=?", to, position)
    return Altered(f"{position} to {to}", _AWAY, where(position, to))


def end_torn_off(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    """Cut events and whole seals, but in the middle of a seal; or only the one, or the other."""
    position = dice.randint(1, past.last - 1)
    seal = past.seal_of(position)
    match dice.randrange(3):
        case 0:
            log.sql("DELETE FROM stored_events WHERE rowid>?", position)
            return Altered(f"events > {position}", ("event_missing",), where(position + 1))
        case 1:
            if seal is past.seals[-1]:
                return None
            log.sql("DELETE FROM seals WHERE number>?", seal[0])
            return Altered(f"seals > {seal[0]}", ("event_unsealed",), where(seal[2] + 1))
        case _:
            if seal[2] == position:
                return None
            log.sql("DELETE FROM stored_events WHERE rowid>?", position)
            log.sql("DELETE FROM seals WHERE number>?", seal[0])
            return Altered(f"within seal {seal[0]}", ("event_missing",), where(position + 1))


def beginning_cut_off(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    number, _, last, *_ = dice.choice(past.seals[:-1])
    log.sql("DELETE FROM stored_events WHERE rowid<=?", last)
    log.sql("DELETE FROM seals WHERE number<=?", number)
    return Altered(f"up to seal {number}", ("seal_missing", "log_unopened"), where(1, last + 1))


ALTERATIONS = {
    bytes_of_an_event: 8,
    type_of_a_value: 4,
    field_of_an_event: 8,
    events_removed: 4,
    event_removed_and_the_gap_closed: 3,
    event_added: 3,
    event_put_between: 3,
    events_swapped: 4,
    events_say_what_others_said: 3,
    event_moved: 3,
    end_torn_off: 3,
    beginning_cut_off: 1,
}
"""Each with how often it is chosen."""
