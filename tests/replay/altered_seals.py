"""Random alterations of seals; and of everything, with the whole chain made anew after it."""

from __future__ import annotations

import json
import random
import sqlite3

from altering import SEAL_COLUMNS, Altered, Past, other, other_field, put, span, where
from tampering import Tamperer

_SEAL = ("seal_",)


def bytes_of_a_seal(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    seal, column = dice.choice(past.seals), dice.choice(SEAL_COLUMNS)
    before = seal[SEAL_COLUMNS.index(column)]
    after = other(before, dice)
    # 64 bytes for a signature look like one: without the public key nobody can tell.
    if after == before or (column == "signature" and isinstance(after, bytes) and len(after) == 64):
        return None
    try:
        put(log, "seals", column, "number", seal[0], after)
    except sqlite3.IntegrityError:  # the number of another seal
        return None
    return Altered(f"seal {seal[0]} {column} {before!r} -> {after!r}", _SEAL, span(seal))


def type_in_a_seal(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    seal, column = dice.choice(past.seals), dice.choice(SEAL_COLUMNS[1:])
    before = seal[SEAL_COLUMNS.index(column)]
    made = dice.choice(["NULL", f"CAST(hex({column}) AS TEXT)||'z'", "'x'", "0.5"])
    log.sql(f"UPDATE seals SET {column}={made} WHERE number=?", seal[0])
    if log.sql(f"SELECT {column} FROM seals WHERE number=?", seal[0])[0][0] == before:
        return None
    if column == "signature" and made == "NULL" and not _signed_before(past, seal):
        return None  # no signature yet: nobody can tell that this was the first
    return Altered(f"seal {seal[0]} {column}={made}", _SEAL, span(seal))


def _signed_before(past: Past, seal: tuple) -> bool:
    return any(other[4] is not None for other in past.seals[: seal[0] - 1])


def seal_removed(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    seal = dice.choice(past.seals)
    log.sql("DELETE FROM seals WHERE number=?", seal[0])
    codes = ("event_unsealed",) if seal is past.seals[-1] else ("seal_missing",)
    return Altered(f"seal {seal[0]}", codes, span(seal))


def seals_swapped(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    one, two = dice.sample(past.seals, 2)
    column = dice.choice(["digest", "marks", "number"])
    index = SEAL_COLUMNS.index(column)
    if one[index] == two[index]:
        return None
    if column == "number":
        for old, new in ((one[0], -7), (two[0], one[0]), (-7, two[0])):
            log.sql("UPDATE seals SET number=? WHERE number=?", new, old)
    else:
        put(log, "seals", column, "number", one[0], two[index])
        put(log, "seals", column, "number", two[0], one[index])
    return Altered(f"{column} of {one[0]} and {two[0]}", _SEAL, span(one) | span(two))


def seal_added(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    number = dice.choice([0, -1, len(past.seals) + 1, len(past.seals) + 2])
    model = dice.choice(past.seals)
    log.sql("INSERT INTO seals VALUES (?,?,?,?,?,?)", number, *model[1:])
    return Altered(f"seal {model[0]} again as {number}", _SEAL)


def seals_joined(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    number = dice.randrange(len(past.seals) - 1)
    one, two = past.seals[number], past.seals[number + 1]
    log.sql("DELETE FROM seals WHERE number=?", two[0])
    log.sql(
        "UPDATE seals SET last_position=?, marks=? WHERE number=?", two[2], one[5] + two[5], one[0]
    )
    return Altered(f"{one[0]} and {two[0]}", _SEAL, span(one) | span(two))


ALTERATIONS = {
    bytes_of_a_seal: 8,
    type_in_a_seal: 3,
    seal_removed: 3,
    seals_swapped: 4,
    seal_added: 2,
    seals_joined: 2,
}


# --- the chain made anew ------------------------------------------------------------------


def rewrite_something(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    """Change, remove, add or swap something somewhere; then every seal fits what is there."""
    position = dice.randint(1, past.last)
    event = json.loads(past.event(position)[4])
    match dice.randrange(4):
        case 0:
            if position in past.alone:
                return None
            log.take_out(position)
            what = f"{position} removed"
        case 1:
            model = dice.choice(past.events)
            log.put_in(position, model[1], model[3], json.loads(model[4]))
            what = f"{model[:4]} put at {position}"
        case 2 if position < past.last:
            log.swap(position, position + 1)
            what = f"{position} swapped with the next"
        case _:
            name = dice.choice(list(event))
            log.change(position, **{name: other_field(event[name], dice)})
            what = f"{position} {name} of {event}"
    log.reseal()
    return Altered(what, ())


def cut_cleanly(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    """Cut off the end at a seal, with all claims and snapshots: a shorter log that is sound."""
    number, _, last, *_ = dice.choice(past.seals[:-1])
    log.sql("DELETE FROM stored_events WHERE rowid>?", last)
    log.sql("DELETE FROM seals WHERE number>?", number)
    log.sql("DELETE FROM claims WHERE position>?", last)
    log.sql("DELETE FROM snapshots")
    log.sql("DELETE FROM tracking WHERE notification_id>? AND notification_id>1", last)
    return Altered(f"behind seal {number}", ("head_missing",), where(past.last))


def chain_made_anew(log: Tamperer, past: Past, dice: random.Random) -> Altered | None:
    """Against a head: anything at all that is not as it was."""
    made = rewrite_something(log, past, dice)
    now = log.sql("SELECT digest FROM seals ORDER BY number DESC LIMIT 1")
    if made is None or now == [(past.seals[-1][3],)]:
        return None
    return Altered(made.what, ("head_mismatch",))


def end_told_otherwise(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    """Against a head: the end is cut off, and something else grows there."""
    cut_cleanly(log, past, dice)
    while log.last() <= past.last or dice.random() < 0.5:
        uid = dice.randint(1, 4)
        fact = {"at": dice.randrange(2**50)}
        log.append((f"account:{uid}", "account.enabled@1", fact))
    log.reseal()
    return Altered(f"{log.last()} events", ("head_mismatch", "head_missing"))


AGAINST_A_HEAD = {cut_cleanly: 4, chain_made_anew: 8, end_told_otherwise: 3}


def chain_made_anew_under_old_signatures(
    log: Tamperer, past: Past, dice: random.Random
) -> Altered | None:
    made = chain_made_anew(log, past, dice)
    return made and Altered(made.what, ("seal_forged",))


def chain_made_anew_without_signatures(
    log: Tamperer, past: Past, dice: random.Random
) -> Altered | None:
    made = chain_made_anew(log, past, dice)
    log.sql("UPDATE seals SET signature=NULL")
    return made and Altered(made.what, ("seal_unsigned",))


def chain_made_anew_with_invented_signatures(
    log: Tamperer, past: Past, dice: random.Random
) -> Altered | None:
    made = chain_made_anew(log, past, dice)
    log.sql("UPDATE seals SET signature=digest||digest")
    return made and Altered(made.what, ("seal_forged",))


def signature_replaced(log: Tamperer, past: Past, dice: random.Random) -> Altered:
    # Without its signature the first seal is one from before there was a key: the next covers it.
    seal = dice.choice(past.seals[1:])
    after = dice.choice([dice.randbytes(64), dice.choice(past.seals)[4], None, b""])
    if after == seal[4]:
        after = bytes(64)
    log.sql("UPDATE seals SET signature=? WHERE number=?", after, seal[0])
    return Altered(f"{seal[0]}: {after!r}", ("seal_forged", "seal_unsigned"), span(seal))


AGAINST_A_KEY = {
    chain_made_anew_under_old_signatures: 2,
    chain_made_anew_without_signatures: 1,
    chain_made_anew_with_invented_signatures: 1,
    signature_replaced: 3,
}
