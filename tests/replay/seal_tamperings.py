"""The seals of a log, altered by somebody who did not recompute them.

Each takes a Tamperer, alters one thing, and returns the code and position it must be found by.
"""


def behind_seal(log, number):
    """Return the position where the seal after this one must begin."""
    return log.sql("SELECT last_position FROM seals WHERE number=?", number)[0][0] + 1


def alter_a_digest(log):
    log.sql("UPDATE seals SET digest=zeroblob(32) WHERE number=40")
    return "seal_altered", log.sql("SELECT first_position FROM seals WHERE number=40")[0][0]


def alter_the_last_digest(log):
    log.sql("UPDATE seals SET digest=zeroblob(32) WHERE number=(SELECT MAX(number) FROM seals)")
    return "seal_altered", log.sql("SELECT MAX(first_position) FROM seals")[0][0]


def take_a_digest_away(log):
    log.sql("UPDATE seals SET digest=NULL WHERE number=40")
    return "seal_altered", log.sql("SELECT first_position FROM seals WHERE number=40")[0][0]


def alter_a_mark(log):
    log.sql("UPDATE seals SET marks=zeroblob(length(marks)) WHERE number=40")
    return "seal_altered", log.sql("SELECT first_position FROM seals WHERE number=40")[0][0]


def swap_two_digests(log):
    (one,), (other,) = log.sql("SELECT digest FROM seals WHERE number IN (40, 50) ORDER BY number")
    log.sql("UPDATE seals SET digest=? WHERE number=50", one)
    log.sql("UPDATE seals SET digest=? WHERE number=40", other)
    return "seal_altered", log.sql("SELECT first_position FROM seals WHERE number=50")[0][0]


def raise_a_first_position(log):
    log.sql("UPDATE seals SET first_position=first_position+1 WHERE number=40")
    return "seal_altered", behind_seal(log, 39)


def lower_a_last_position(log):
    log.sql("UPDATE seals SET last_position=last_position-1 WHERE number=40")
    return "seal_altered", behind_seal(log, 39)


def raise_a_last_position(log):
    log.sql("UPDATE seals SET last_position=1000000 WHERE number=40")
    return "seal_altered", behind_seal(log, 39)


def make_a_first_position_negative(log):
    log.sql("UPDATE seals SET first_position=-4 WHERE number=40")
    return "seal_altered", behind_seal(log, 39)


def number_a_seal_negative(log):
    log.sql("UPDATE seals SET number=-40 WHERE number=40")
    return "seal_missing", behind_seal(log, 39)


def number_a_seal_beyond_the_end(log):
    log.sql("UPDATE seals SET number=9000 WHERE number=40")
    return "seal_missing", behind_seal(log, 39)


def delete_a_seal(log):
    log.sql("DELETE FROM seals WHERE number=40")
    return "seal_missing", behind_seal(log, 39)


def delete_the_first_seal(log):
    log.sql("DELETE FROM seals WHERE number=1")
    return "seal_missing", 1


def delete_the_last_seal(log):
    log.sql("DELETE FROM seals WHERE number=(SELECT MAX(number) FROM seals)")
    return "event_unsealed", log.last()


def delete_every_seal(log):
    log.sql("DELETE FROM seals")
    return "event_unsealed", 1


def put_anything_for_a_signature(log):
    log.sql("UPDATE seals SET signature=x'00' WHERE number=40")
    return "seal_altered", behind_seal(log, 39)


def put_a_word_for_a_signature(log):
    log.sql("UPDATE seals SET signature='signed' WHERE number=40")
    return "seal_altered", behind_seal(log, 39)


SEAL_TAMPERINGS = [
    alter_a_digest,
    alter_the_last_digest,
    take_a_digest_away,
    alter_a_mark,
    swap_two_digests,
    raise_a_first_position,
    lower_a_last_position,
    raise_a_last_position,
    make_a_first_position_negative,
    number_a_seal_negative,
    number_a_seal_beyond_the_end,
    delete_a_seal,
    delete_the_first_seal,
    delete_the_last_seal,
    delete_every_seal,
    put_anything_for_a_signature,
    put_a_word_for_a_signature,
]
