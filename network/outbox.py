"""What leaves in one delivery: frames by connection, each connection written once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from parlour.network.connection import Connection
from parlour.network.metrics import Metrics
from parlour.network.service import Dialect


class Outbox:
    """Collects the frames of a delivery and writes them out at its end."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        limit: int,
        too_slow: Callable[[Connection, int], None],
    ) -> None:
        """See `config.LimitSettings` for the limit.

        Args:
            metrics: Counts what leaves.
            limit: Bytes that may wait for a reader, unless its service says otherwise.
            too_slow: Ends a connection that does not read; is told the bytes that wait for it.
        """
        self._metrics = metrics
        self._limit = limit
        self._too_slow = too_slow
        self._touched: list[Connection] = []
        self._frames = 0

    def put(self, connection: Connection, frame: bytes) -> None:
        """Add a frame to what a connection is sent."""
        if not connection.out:
            self._touched.append(connection)
        connection.out.append(frame)
        self._frames += 1

    def spread(
        self,
        listeners: Iterable[Connection | None],
        piece_of: Callable[[Dialect], bytes],
        *,
        frames: int,
    ) -> None:
        """Add the same frames to what many are sent; `piece_of` makes their bytes once a dialect.

        Nobody (None) may be among the listeners.
        """
        pieces: dict[Dialect, bytes] = {}
        touched = self._touched
        heard = 0
        for connection in listeners:
            if connection is None:
                continue
            dialect = connection.dialect
            piece = pieces.get(dialect)
            if piece is None:
                piece = pieces[dialect] = piece_of(dialect)
            if not connection.out:
                touched.append(connection)
            connection.out.append(piece)
            heard += 1
        self._frames += heard * frames

    def write(self) -> None:
        """Write what was put, once a connection."""
        touched, self._touched = self._touched, []
        written = 0
        for connection in touched:
            out = connection.out
            if not out:
                continue
            piece = out[0] if len(out) == 1 else b"".join(out)
            out.clear()
            held = connection.held
            waiting = connection.link.buffered() if held is None else held.size
            limit = connection.service.out_bytes or self._limit
            if waiting and waiting + len(piece) > limit:
                self._too_slow(connection, waiting)
            elif held is not None:
                held.add(piece)
            else:
                connection.link.write(piece)
                written += len(piece)
        self._metrics.sent(self._frames, written)
        self._frames = 0
