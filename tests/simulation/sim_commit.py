"""The middle of a commit: where a test makes it fail, or ends the process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parlour.events.datastore import LogDatastore


def at_each_seal(store: LogDatastore, call: Callable[[], None]) -> None:
    """Call back within every commit: its events are written, and COMMIT is not."""
    connect = store.pool.connect_writer

    def watched() -> Any:
        connection = connect()
        connection._sqlite_conn.create_function("at_the_seal", 0, call)
        connection._sqlite_conn.execute(
            "CREATE TEMP TRIGGER watched INSTEAD OF INSERT ON incoming WHEN NEW.is_seal "
            "BEGIN SELECT at_the_seal(); END"
        )
        return connection

    store.pool.connect_writer = watched  # type: ignore[method-assign]
    store._throw_away()  # the next commit is made on a new connection
