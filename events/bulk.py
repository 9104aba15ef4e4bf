"""A whole commit in one statement: many events and the seal over them.

Python's sqlite3 gives up the GIL around every step of a statement, and once more when it is reset.
Beside a busy event loop each time may cost a switch interval: with executemany, once a row, 640
rows/s were written here where 200,000/s were possible. So all rows of a commit, events and seal,
are the rows of one INSERT. What it inserts into is a view that exists on the writing connection
only, never in the file; the view's triggers put each row where it belongs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from eventsourcing.sqlite import SQLiteCursor

from parlour.events.sealing import Seal

MAX_ROWS: Final = 512
"""Events that one statement takes."""
PREPARATION: Final = (
    "CREATE TEMP VIEW incoming AS SELECT 0 is_seal, 0 a, 0 b, 0 c, 0 d, 0 e, 0 f",
    "CREATE TEMP TRIGGER incoming_event INSTEAD OF INSERT ON incoming WHEN NOT NEW.is_seal BEGIN "
    "INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state) "
    "VALUES (NEW.a, NEW.b, NEW.c, NEW.d, NEW.e); END",
    "CREATE TEMP TRIGGER incoming_seal INSTEAD OF INSERT ON incoming WHEN NEW.is_seal BEGIN "
    "INSERT INTO seals (number, first_position, last_position, digest, signature, marks) "
    "VALUES (NEW.a, NEW.b, NEW.c, NEW.d, NEW.e, NEW.f); END",
)
"""Makes the view and its triggers on a connection."""
_COLUMNS: Final = 5
_ROW_STEP: Final = 16
_NO_SEAL: Final = [None] * len(Seal._fields)


def insert_sealed(c: SQLiteCursor, values: list[object], seal: Seal) -> None:
    """Insert events and their seal; in one statement, if they are not more than `MAX_ROWS`.

    Args:
        c: A cursor of a connection on which `PREPARATION` was run.
        values: rowid, originator_id, originator_version, topic, state of each event, one after
            the other in one list.
        seal: Is inserted last.
    """
    step = MAX_ROWS * _COLUMNS
    last = (len(values) - 1) // step * step
    for start in range(0, last + 1, step):
        _insert(c, values[start : start + step], _NO_SEAL if start < last else seal)


def _insert(c: SQLiteCursor, values: list[object], seal: Sequence[object]) -> None:
    rows = len(values) // _COLUMNS
    # Few distinct sizes, so that SQLite's compiled statements stay in the cache; a row that is
    # left over holds NULLs and is none.
    size = -(-rows // _ROW_STEP) * _ROW_STEP
    # executemany, of one: execute would give up the GIL once more, to learn the last rowid.
    c.executemany(_statement(size), [[*values, *[None] * ((size - rows) * _COLUMNS), *seal]])


@lru_cache(maxsize=64)
def _statement(rows: int) -> str:
    values = ",".join(["(?,?,?,?,?)"] * rows)
    # ABORT, also where somebody's table or trigger says FAIL, which would keep what came before.
    return (
        "INSERT OR ABORT INTO incoming SELECT * FROM ("
        f"SELECT 0, column1 a, column2, column3, column4, column5, NULL FROM (VALUES {values}) "
        "UNION ALL SELECT 1, ?,?,?,?,?,?) WHERE a IS NOT NULL"
    )
