"""What somebody with an SQLite prompt, and more or less patience, can do to a log."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path


class Tamperer:
    """A log.db opened for writing, without the engine's leave."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.db = sqlite3.connect(folder / "log.db", isolation_level=None)
        self.db.execute("PRAGMA synchronous=OFF")

    def close(self) -> None:
        self.db.close()

    def sql(self, statement: str, *parameters: object) -> list[tuple]:
        return self.db.execute(statement, parameters).fetchall()

    # --- finding ---------------------------------------------------------------------------

    def find(self, name: str, *, of: str = "%", nth: int = 0, **fields: object) -> int:
        """Return the position of the nth event of a name, with these field values."""
        rows = self.sql(
            "SELECT rowid, state FROM stored_events WHERE topic LIKE ? AND originator_id LIKE ? "
            "ORDER BY rowid",
            f"{name}@%",
            of,
        )
        fits = [position for position, state in rows if fields.items() <= json.loads(state).items()]
        return fits[nth]

    def row(self, position: int) -> tuple[str, int, str, bytes]:
        return self.sql("SELECT * FROM stored_events WHERE rowid=?", position)[0]

    def event(self, position: int) -> dict:
        return json.loads(self.row(position)[3])

    def last(self) -> int:
        return self.sql("SELECT MAX(rowid) FROM stored_events")[0][0]

    def seal_of(self, position: int) -> int:
        return self.sql("SELECT number FROM seals WHERE last_position>=?", position)[0][0]

    # --- altering --------------------------------------------------------------------------

    def change(self, position: int, **fields: object) -> int:
        """Give an event other values; return its position."""
        return self.rewrite(position, {**self.event(position), **fields})

    def rewrite(self, position: int, event: dict) -> int:
        state = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        self.sql("UPDATE stored_events SET state=? WHERE rowid=?", state, position)
        return position

    def change_line(self, position: int, seat: int, **fields: object) -> int:
        """Give one line of a settlement other values."""
        lines = self.event(position)["lines"]
        lines[seat] = {**lines[seat], **fields}
        return self.change(position, lines=lines)

    def swap(self, a: int, b: int) -> None:
        for old, new in ((a, -7), (b, a), (-7, b)):
            self.sql("UPDATE stored_events SET rowid=? WHERE rowid=?", new, old)

    def shift(self, behind: int, by: int) -> None:
        """Move every row behind a position."""
        self.sql("UPDATE stored_events SET rowid=-(rowid+?) WHERE rowid>?", by, behind)
        self.sql("UPDATE stored_events SET rowid=-rowid WHERE rowid<0")

    def delete(self, position: int) -> int:
        self.sql("DELETE FROM stored_events WHERE rowid=?", position)
        return position

    def insert(self, position: int, originator_id: str, topic: str, event: dict) -> int:
        """Put an event at a free position, as the next version of its aggregate there."""
        version = self.sql(
            "SELECT COALESCE(MAX(originator_version), 0) FROM stored_events "
            "WHERE originator_id=? AND rowid<?",
            originator_id,
            position,
        )[0][0]
        self.sql(
            "UPDATE stored_events SET originator_version=-(originator_version+1) "
            "WHERE originator_id=? AND originator_version>?",
            originator_id,
            version,
        )
        self.sql(
            "UPDATE stored_events SET originator_version=-originator_version "
            "WHERE originator_version<0"
        )
        self.sql(
            "INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state) "
            "VALUES (?,?,?,?,?)",
            position,
            originator_id,
            version + 1,
            topic,
            json.dumps(event).encode(),
        )
        return position

    # --- with patience: so that the seals fit again ------------------------------------------

    def take_out(self, position: int) -> int:
        """Delete an event and close every gap it leaves, seals and claims included."""
        originator_id, version, *_ = self.row(position)
        self.delete(position)
        self.shift(position, -1)
        self.sql(
            "UPDATE stored_events SET originator_version=originator_version-1 "
            "WHERE originator_id=? AND originator_version>?",
            originator_id,
            version,
        )
        self._shift_rest(position, -1)
        return position

    def put_in(self, position: int, originator_id: str, topic: str, event: dict) -> int:
        """Insert an event before a position, under the seal that holds it."""
        self.shift(position - 1, 1)
        self.insert(position, originator_id, topic, event)
        self._shift_rest(position, 1)
        return position

    def append(self, *events: tuple[str, str, dict]) -> int:
        """Add (aggregate, topic, event)s at the end under a seal of their own; give the first."""
        first = self.last() + 1
        for position, event in enumerate(events, first):
            self.insert(position, *event)
        number = self.sql("SELECT MAX(number) FROM seals")[0][0] + 1
        self.sql("INSERT INTO seals VALUES (?,?,?,?,NULL,?)", number, first, self.last(), b"", b"")
        return first

    def _shift_rest(self, position: int, by: int) -> None:
        seal = self.seal_of(position)
        self.sql("UPDATE seals SET last_position=last_position+? WHERE number>=?", by, seal)
        self.sql("UPDATE seals SET first_position=first_position+? WHERE number>?", by, seal)
        self.sql("UPDATE claims SET position=position+? WHERE position>=?", by, position)

    def reseal(self) -> None:
        """Make the whole chain anew over what is there, in plain Python."""
        previous = bytes(32)
        seals = self.sql("SELECT number, first_position, last_position FROM seals ORDER BY number")
        for number, first, last in seals:
            texts = []
            for originator, version, topic, state in self.sql(
                "SELECT * FROM stored_events WHERE rowid BETWEEN ? AND ? ORDER BY rowid",
                first,
                last,
            ):
                id_, name = originator.encode(), topic.encode()
                texts.append(
                    struct.pack(">I", len(id_))
                    + id_
                    + struct.pack(">QI", version, len(name))
                    + name
                    + struct.pack(">I", len(state))
                    + state
                )
            header = previous + struct.pack(">QQQ", number, first, last)
            previous = sha256(header + b"".join(texts)).digest()
            marks = b"".join(zlib.crc32(text).to_bytes(4, "big") for text in texts)
            self.sql("UPDATE seals SET digest=?, marks=? WHERE number=?", previous, marks, number)


@contextmanager
def copies(tmp_path: Path) -> Iterator[Callable[[Path], Tamperer]]:
    """What copies a log's folder and opens it for tampering; all are closed at the end."""
    opened = []

    def copy(folder: Path) -> Tamperer:
        shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("lock"))
        opened.append(Tamperer(tmp_path / "copy"))
        return opened[-1]

    yield copy
    for tamperer in opened:
        tamperer.close()
