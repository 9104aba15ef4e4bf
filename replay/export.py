"""A log as a queryable database: one pass over the events, written with sqlite-utils.

The database is made aside and put in place when it is whole. Password and token hashes stay
out, and so does whatever a running game keeps hidden.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlite_utils import Database

from parlour.events import account, landlord
from parlour.events.errors import CorruptLog, EngineError
from parlour.events.event import name_of
from parlour.events.kinds import kind_of
from parlour.events.reader import LogReader, Recorded
from parlour.events.rules.account import Account, evolve
from parlour.events.times import iso
from parlour.replay import export_schema
from parlour.replay.export_beehive import BeehiveRows
from parlour.replay.export_hand import rows_of
from parlour.replay.export_shape import Row
from parlour.replay.export_techmino import TechminoRows
from parlour.replay.export_treasure import TreasureRows
from parlour.replay.games import state_after
from parlour.replay.listing import without_hashes

BATCH: Final = 2_000
"""Rows of one table that are written together."""

_GAME_REASONS: Final = frozenset({"settlement", "quit", "rake"})

Progress = Callable[[int], object]
"""Told how many more events were taken."""


class ExportRefused(EngineError):
    """The database cannot be written there."""


def export(
    reader: LogReader,
    out: Path,
    *,
    replace: bool = False,
    progress: Progress = lambda events: None,
) -> dict[str, int]:
    """Write the log into a new SQLite database; return how many rows each table has.

    Args:
        reader: The log.
        out: The new file.
        replace: Put it in the place of a file that is there.
        progress: Told how the work goes on.

    Raises:
        ExportRefused: The file is there already, or cannot be written.
        CorruptLog: An event does not decode.
    """
    if out.exists() and not replace:
        raise ExportRefused(f"{out} is there already: name another file, or give --replace")
    if out.exists() and out.resolve() == reader.path.resolve():
        raise ExportRefused(f"{out} is the log itself: name another file")
    aside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        aside.unlink(missing_ok=True)
        database = Database(aside)
        try:
            counts = _Export(database).run(reader, progress)
        finally:
            database.close()
        aside.replace(out)
    except (OSError, sqlite3.Error) as error:
        raise ExportRefused(f"{out} cannot be written ({error}): name another file") from error
    except (OverflowError, UnicodeEncodeError) as error:
        raise CorruptLog(f"no table can hold what is in this log ({error}): audit it") from error
    finally:
        aside.unlink(missing_ok=True)
    return counts


class _Export:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, list[dict[str, Any]]] = {name: [] for name in export_schema.SHAPES}
        self._counts = dict.fromkeys(export_schema.SHAPES, 0)
        self._accounts: dict[str, Account] = {}
        self._games: dict[str, list[Recorded]] = {}
        self._techmino = TechminoRows()
        self._treasure = TreasureRows()
        self._beehive = BeehiveRows(self._accounts)

    def run(self, reader: LogReader, progress: Progress) -> dict[str, int]:
        """Take every event, then write what only the end tells."""
        # Made aside and renamed: half a file is never seen, so no journal is needed.
        self._database.execute("PRAGMA journal_mode=OFF")
        self._database.execute("PRAGMA synchronous=OFF")
        export_schema.create(self._database)
        number = 0
        for number, recorded in enumerate(reader.events(), 1):
            self._take(recorded)
            if number % BATCH == 0:
                progress(BATCH)
        progress(number % BATCH)
        for events in self._games.values():
            self._add_all(rows_of(events))
        self._add_all(self._techmino.finish())
        self._add_all(self._treasure.finish())
        self._add_all(self._beehive.finish())
        self._add_all(_account_rows(self._accounts))
        for table in self._waiting:
            self._write(table)
        export_schema.finish(self._database)
        return self._counts

    def _take(self, recorded: Recorded) -> None:
        self._add("events", _event_row(recorded))
        event, aggregate_id = recorded.event, recorded.originator_id
        kind = kind_of(aggregate_id)
        if kind == "account":
            self._accounts[aggregate_id] = evolve(
                self._accounts.get(aggregate_id, Account()), event
            )
            if isinstance(event, account.Posted):
                self._add("ledger", _ledger_row(recorded, event))
        elif kind == "landlord.hand":
            self._games.setdefault(aggregate_id, []).append(recorded)
            if state_after(event) != "running":
                self._add_all(rows_of(self._games.pop(aggregate_id)))
        elif kind.startswith("techmino."):
            self._add_all(self._techmino.take(recorded))
        elif kind.startswith("treasure."):
            self._add_all(self._treasure.take(recorded))
        elif kind.startswith("beehive."):
            self._add_all(self._beehive.take(recorded))
        elif isinstance(event, landlord.TableOpened):
            opened = iso(event.at)
            row = {"tid": event.tid, "type": event.type, "zone": event.zone, "opened": opened}
            self._add("tables", row)

    def _add_all(self, rows: Iterator[Row]) -> None:
        for table, row in rows:
            self._add(table, row)

    def _add(self, table: str, row: dict[str, Any]) -> None:
        waiting = self._waiting[table]
        waiting.append(row)
        if len(waiting) >= BATCH:
            self._write(table)

    def _write(self, table: str) -> None:
        waiting = self._waiting[table]
        if waiting:
            self._database.table(table).insert_all(waiting, batch_size=BATCH)
            self._counts[table] += len(waiting)
            waiting.clear()


def _event_row(recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    fields = without_hashes(msgspec.to_builtins(event))
    return {
        "position": recorded.position,
        "at": iso(event.at),
        "name": name_of(recorded.topic),
        "topic": recorded.topic,
        "originator": recorded.originator_id,
        "version": recorded.version,
        "json": msgspec.json.encode(fields).decode(),
    }


def _ledger_row(recorded: Recorded, event: account.Posted) -> dict[str, Any]:
    return {
        "position": recorded.position,
        "at": iso(event.at),
        "uid": _uid(recorded.originator_id),
        "currency": event.currency,
        "amount": event.amount,
        "balance": event.balance,
        "reason": event.reason,
        "ref": event.ref,
        "game": event.ref if event.reason in _GAME_REASONS else None,
    }


def _account_rows(accounts: dict[str, Account]) -> Iterator[Row]:
    columns = export_schema.SHAPES["accounts"].columns
    for aggregate_id, state in accounts.items():
        uid = _uid(aggregate_id)
        fields = {
            **{name: getattr(state, name) for name in columns if hasattr(state, name)},
            "uid": uid,
            "operator": int(state.operator),
            "disabled": int(state.disabled),
            "registered": iso(state.created) if state.registered else None,
        }
        if uid == account.HOUSE_UID:
            fields["name"] = fields["name"] or "(house)"
        yield "accounts", fields


def _uid(aggregate_id: str) -> int:
    return int(aggregate_id.partition(":")[2])
