"""Messages as bytes: each once a dialect, however many connections hear it."""

from __future__ import annotations

from typing import Any

import msgspec
import structlog

from parlour.events.errors import EngineError
from parlour.network.metrics import Metrics
from parlour.network.service import Dialect

_log = structlog.get_logger("parlour.hub")


class Encoder:
    """Remembers the frames of one delivery."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._frames: dict[tuple[int, Dialect], bytes] = {}

    def encode_once(self, dialect: Dialect, message: Any) -> bytes:
        """Return the frame of a message that is kept by its sender until `clear`."""
        key = (id(message), dialect)
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = self.encode(dialect, message)
        return frame

    def encode(self, dialect: Dialect, message: Any) -> bytes:
        """Return the frame of a message, b"" when it cannot be said."""
        try:
            return dialect.encode(message)
        except (EngineError, msgspec.MsgspecError, TypeError, ValueError) as error:
            # Our bug; one message that cannot be said must not take the others with it.
            _log.error("encode_failed", message=type(message).__name__, error=str(error))
            self._metrics.failed("encode")
            return b""

    def clear(self) -> None:
        """Forget the delivery."""
        self._frames.clear()
