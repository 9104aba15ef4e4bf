"""The last moment of a commit: where a test makes it fail, or ends the process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from parlour.events.datastore import LogDatastore


def before_each_end(store: LogDatastore, call: Callable[[], None]) -> None:
    """Call back within every transaction that writes: all is written but COMMIT."""
    connect, transaction = store.pool.connect_writer, store.transaction

    def watched() -> Any:
        connection = connect()
        raw = connection._sqlite_conn
        # A commit that is one statement has no later moment than this one.
        raw.create_function("at_the_seal", 0, lambda: None if raw.in_transaction else call())
        raw.execute(
            "CREATE TEMP TRIGGER watched INSTEAD OF INSERT ON incoming WHEN NEW.is_seal "
            "BEGIN SELECT at_the_seal(); END"
        )
        return connection

    @contextmanager
    def ending(*, commit: bool) -> Iterator[Any]:
        with transaction(commit=commit) as cursor:
            yield cursor
            if commit:
                call()

    store.pool.connect_writer = watched  # type: ignore[method-assign]
    store.transaction = ending  # type: ignore[method-assign]
    store._throw_away()  # the next commit is made on a new connection
